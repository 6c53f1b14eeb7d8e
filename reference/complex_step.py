"""The gradient of the whole network by the complex step: no rule of differentiation, only the forward pass.

L(θ + ihe_k) = L(θ) + ih ∂L/∂θ_k - h²/2 ∂²L/∂θ_k² - …, so ∂L/∂θ_k is Im L / h. Nothing is subtracted, so h may be so
small that h² vanishes (Squire and Trapp, SIAM Review 40, 1998). One forward pass to an entry, many of them at once.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Complex, Float
from numpy.lib.stride_tricks import sliding_window_view

from reference import forward
from reference.autodiff import pullback
from reference.rounding import bounds

Arrays = Mapping[str, np.ndarray]

H = 2.0**-332  # about 1e-100, and a power of two: to divide by it rounds nothing
AT_ONCE = 64  # entries; bounds the memory of the patches, 30 MB to one pass with two samples


def loss(arguments: Arrays, y: Float[np.ndarray, "c n"]) -> Complex[np.ndarray, "t"]:
    """Eq. (13)-(26). Every argument has a leading index t, of length T or, where it is the same for all t, 1."""
    K1, b1, K2, b2, W, b, I = (arguments[name] for name in ("K1", "b1", "K2", "b2", "W", "b", "I"))
    S = np.moveaxis(I, -1, 1)[:, :, np.newaxis]  # t n p i j
    for K, bias in ((K1, b1), (K2, b2)):
        S = mean_pool(sigmoid(correlate_maps(S, K, bias)))
    v = S.reshape(*S.shape[:2], -1)
    scores = sigmoid(v @ np.swapaxes(W, 1, 2) + b[:, np.newaxis])  # t n c
    return ((scores - y.T) ** 2).sum(axis=(1, 2)) / (2 * y.shape[1])


def correlate_maps(
    S: Complex[np.ndarray, "#t n p i j"], K: Complex[np.ndarray, "#t p q u v"], b: Complex[np.ndarray, "#t q"]
) -> Complex[np.ndarray, "_t n q x_o y_o"]:
    """Eq. (14), (18), as one matrix product of all windows and all kernels."""
    (p, q, u, v), b = K.shape[1:], b[:, np.newaxis, :, np.newaxis, np.newaxis]
    windows = np.moveaxis(sliding_window_view(S, (u, v), axis=(3, 4)), 2, 4)  # t n i j p u v
    kernels = np.swapaxes(K, 2, 1).reshape(len(K), 1, q, p * u * v)
    C = kernels @ np.swapaxes(windows.reshape(*windows.shape[:2], -1, p * u * v), 2, 3)
    return C.reshape(*C.shape[:3], *windows.shape[2:4]) + b


def sigmoid(z: Complex[np.ndarray, "*shape"]) -> Complex[np.ndarray, "*shape"]:
    """§2.3, as printed."""
    return 1 / (1 + np.exp(-z))


def mean_pool(C: Complex[np.ndarray, "t n q i j"]) -> Complex[np.ndarray, "t n q i/2 j/2"]:
    """Eq. (16), (20)."""
    *sides, x, y = C.shape
    return C.reshape(*sides, x // 2, 2, y // 2, 2).mean(axis=(-3, -1))


def partial_derivatives(
    arguments: Arrays, y: Float[np.ndarray, "c n"], name: str, where: np.ndarray
) -> Float[np.ndarray, "k"]:
    """∂L/∂X at the entries `where` of X = arguments[name], counted through in C order."""
    found = []
    fixed = {other: X[np.newaxis].astype(complex) for other, X in arguments.items()}
    for some in np.array_split(where, -(-len(where) // AT_ONCE)):
        moved = np.repeat(fixed[name], len(some), axis=0)
        moved.reshape(len(some), -1)[np.arange(len(some)), some] += 1j * H
        found.append(loss(fixed | {name: moved}, y).imag / H)
    return np.concatenate(found)


# How far the computed Im L / h may be from ∂L/∂X. Im L / h is a sum over all paths from the entry of X to L: products
# of weights, of slopes σ′, of one activation (or one pixel, or 1) and of one residual ŷ_σ - y. Each path meets at most
# D roundings, of a factor of at most e^u each. A slope whose argument is off by r is off by a factor of at most e^r,
# for (log σ′)′ = 1 - 2σ. Residuals and activations are off by their radii.

SIGMOID = 4 * bounds.EXP  # u: exp and sin and their product, 1 + e twice, and a complex quotient
UNDERFLOW = 2.0**-500  # far more than what underflows, 2⁻¹⁰⁷⁴/h, and than h² times a third derivative


def paths(params: Arrays, trace: Arrays, residual: np.ndarray, I: np.ndarray, S1: np.ndarray, v: np.ndarray) -> Arrays:
    """Σ|path| for each entry, with residuals, pixels and activations of these sizes."""

    def through(K: np.ndarray, S: np.ndarray, dS: np.ndarray, C: str) -> tuple[np.ndarray, ...]:
        (dC_s,) = pullback(forward.mean_pool, dS, trace[f"{C}_s"])
        (dC,) = pullback(forward.conv_activation, dC_s, trace[C])
        return pullback(forward.conv_forward, dC, S, np.abs(K), np.zeros(K.shape[1]))

    (D,) = pullback(forward.dense_activation, residual / residual.shape[1], trace["yhat"])
    W, v, b = pullback(forward.dense_forward, D, np.abs(params["W"]), v, params["b"])
    (dS2,) = pullback(forward.vectorize, v, trace["S2"])
    dS1, K2, b2 = through(params["K2"], S1, dS2, "C2")
    dI, K1, b1 = through(params["K1"], I[np.newaxis], dS1, "C1")
    return {"K1": K1, "b1": b1, "K2": K2, "b2": b2, "W": W, "b": b, "I": dI[0]}


def error(params: Arrays, trace: Arrays, r: Arrays, y: Float[np.ndarray, "c n"]) -> Arrays:
    """|Im L / h - ∂L/∂X| at most, where r is how far `trace`, in float64, may be off (see reference.rounding)."""
    (_, _, *k1), (P, _, *k2) = params["K1"].shape, params["K2"].shape
    terms = np.prod(k1) + P * np.prod(k2) + params["W"].shape[1] + y.size
    D = terms + 3 * (SIGMOID + 3) + 2 * 4 + 8  # with the sums also a complex product and a bias, pooling, and (26)
    x = D * bounds.roundoff(np.float64) + sum(r[C].max() for C in ("C1", "C2", "yhat"))

    I, residual = np.abs(trace["I"]), np.abs(trace["yhat_s"] - y) + 2 * r["yhat_s"]
    S1, v = trace["S1"] + 2 * r["S1"], trace["v"] + 2 * r["v"]
    everything = paths(params, trace, residual, I, S1, v)
    of_residual = paths(params, trace, r["yhat_s"], I, S1, v)
    of_activation = paths(params, trace, residual, 0 * I, r["S1"], r["v"])
    moved = {"K2", "W"}  # their paths begin at an activation; the others at a pixel, at 1 or at a weight
    return {
        name: (np.expm1(x) * everything[name] + of_residual[name] + (name in moved) * of_activation[name])
        * np.exp(x)  # the paths themselves are computed in float64, from the slopes at `trace`
        + UNDERFLOW
        for name in everything
    }
