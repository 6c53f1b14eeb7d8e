"""The oracle's own tests: JAX's forward pass against SciPy, its gradients against exact identities.

Most data are dyadic, k/4 with |k| <= 4, on which both dtypes compute without rounding: there,
equal means equal. Where an exponential stands in between, the bound is derived on the spot.
"""

from decimal import Decimal, localcontext
from fractions import Fraction

import jax
import numpy as np
import pytest
from scipy.signal import convolve2d, correlate2d

from reference import forward as fw
from reference.autodiff import gradients, pullback

PARAMS = {"K1": (1, 2, 2, 3), "b1": (2,), "K2": (2, 3, 2, 3), "b2": (3,), "W": (4, 18), "b": (4,)}
ORDER = "dK1 db1 dK2 db2 dW db dyhat_s dyhat dv dS2 dC2_s dC2 dS1 dC1_s dC1 dI"
DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def dyadic(seed, *shape, dtype=np.float64):
    return np.asarray(np.random.default_rng(seed).integers(-4, 5, shape) / 4, dtype)


def direction(X):
    """A cotangent with the shape and dtype of X; no entry is zero, so that no wrong entry is multiplied away."""
    choice = np.random.default_rng(9).choice([-0.75, -0.25, 0.25, 0.75], X.shape)
    return np.asarray(choice, X.dtype)


def network(dtype=np.float64):
    """Two maps, then three, neither side nor kernel square, two samples, four classes."""
    params = {name: dyadic(i, *PARAMS[name], dtype=dtype) for i, name in enumerate(PARAMS)}
    return params, dyadic(6, 11, 18, 2, dtype=dtype), np.eye(4, dtype=dtype)[:, [2, 0]]


@pytest.fixture
def affine(monkeypatch):
    """σ(x) = 2x + 1: the network is exact on dyadic data, and L quadratic in every single array."""
    jax.clear_caches()  # or JAX goes on using what it has traced with the other σ
    monkeypatch.setattr(fw, "sigmoid", lambda x: 2 * x + 1)
    yield
    jax.clear_caches()


def same(actual, expected):
    np.testing.assert_array_equal(np.asarray(actual), np.asarray(expected), strict=True)


def inner(a, b):
    """⟨a, b⟩ without rounding."""
    pairs = zip(np.asarray(a).flat, np.asarray(b).flat, strict=True)
    return sum(Fraction(float(x)) * Fraction(float(y)) for x, y in pairs)


@DTYPES
@pytest.mark.parametrize(("x", "k"), [((5, 7), (2, 3)), ((6, 4), (4, 2)), ((3, 4), (3, 1))])
def test_correlation_and_convolution_are_those_of_scipy(x, k, dtype):
    I, K = dyadic(0, *x, dtype=dtype), dyadic(1, *k, dtype=dtype)
    same(fw.correlate(I, K), correlate2d(I, K, "valid"))
    same(fw.convolve(I, K), convolve2d(I, K, "valid"))
    same(fw.convolve_padded(I, K), convolve2d(I, K, "full"))
    same(fw.correlate(fw.pad(I, k), K), correlate2d(I, K, "full"))
    same(fw.rotate(K), np.rot90(K, 2))


@DTYPES
def test_layers_map_by_map(dtype):
    params, _, y = network(dtype)
    S, K, b = dyadic(7, 2, 5, 8, 2, dtype=dtype), params["K2"], params["b2"]
    C = np.asarray(fw.conv_forward(S, K, b))
    S2, box = np.asarray(fw.mean_pool(C)), np.full((2, 2), 0.25, dtype)
    v = np.asarray(fw.vectorize(S2))
    for q, n in np.ndindex(3, 2):
        maps = [correlate2d(S[p, :, :, n], K[p, q], "valid") for p in range(2)]
        same(C[q, :, :, n], maps[0] + maps[1] + b[q])
        same(S2[q, :, :, n], correlate2d(C[q, :, :, n], box, "valid")[::2, ::2])
        same(v[6 * q : 6 * q + 6, n], S2[q, :, :, n].flatten())
        same(fw.vectorize_map(S2[q])[:, n], S2[q, :, :, n].flatten())
    W, b = params["W"], params["b"]
    yhat = np.asarray(fw.dense_forward(W, v, b))
    for i, n in np.ndindex(4, 2):
        assert yhat[i, n] == inner(W[i], v[:, n]) + Fraction(float(b[i]))
    for odd in (S, C[:, :, 1:]):
        with pytest.raises(ValueError, match="even sides"):
            fw.mean_pool(odd)
    L = fw.squared_error(yhat, y)
    assert (L.dtype, Fraction(float(L))) == (dtype, inner(yhat - y, yhat - y) / 2 / 2)


@DTYPES
def test_sigmoid_and_its_pullback(dtype):
    # With e^{-x} right to an ulp, which is 2u, and u for the sum and for the quotient, s = σ(x) is
    # right to 4u relatively. JAX then forms D s(1-s): s|1-2s| <= 1 passes on at most 4u, and three
    # more roundings of a number <= 1/4 make it less than 5u |D|. The difference quotient in 60
    # digits is off by h²/6 max|σ‴| = 1e-40/48, and less than that by rounding.
    x, u, h = np.linspace(-80, 80, 161, dtype=dtype), np.finfo(dtype).eps / 2, Decimal("1e-20")
    u, D = Decimal(u.item()), dyadic(3, x.size, dtype=dtype)
    results = (x, D, np.asarray(fw.sigmoid(x)), *pullback(fw.sigmoid, D, x))
    with localcontext(prec=60):
        for at, d, s, dx in zip(*(map(Decimal, a.tolist()) for a in results), strict=True):
            below, exact, above = (1 / (1 + (-z).exp()) for z in (at - h, at, at + h))
            assert abs(s - exact) <= 4 * u * exact
            assert abs(dx - d * (above - below) / (2 * h)) <= 5 * u * abs(d) + Decimal("1e-40")


# The gradients. If f is at most quadratic in a, then f(a + X) - f(a - X) is 2 ∂f/∂a X exactly.

ADJOINT = [
    (fw.correlate, [(5, 7), (2, 3)]),
    (fw.convolve, [(5, 7), (2, 3)]),
    (fw.convolve_padded, [(5, 7), (2, 3)]),
    (fw.conv_forward, [(2, 5, 7, 2), (2, 3, 2, 3), (3,)]),
    (fw.mean_pool, [(3, 4, 6, 2)]),
    (fw.vectorize_map, [(2, 3, 2)]),
    (fw.vectorize, [(3, 2, 3, 2)]),
    (fw.dense_forward, [(4, 6), (6, 2), (4,)]),
    (fw.squared_error, [(4, 2), (4, 2)]),
]


@DTYPES
@pytest.mark.parametrize(("function", "shapes"), ADJOINT)
def test_pullbacks_are_adjoint(function, shapes, dtype):
    primals = [dyadic(i, *shape, dtype=dtype) for i, shape in enumerate(shapes)]
    D = direction(function(*primals))
    for i, da in enumerate(pullback(function, D, *primals)):
        a, X = primals[i], direction(primals[i])
        assert (type(da), da.shape, da.dtype) == (np.ndarray, a.shape, dtype)
        assert not any(np.shares_memory(da, x) for x in (D, *primals))
        plus, minus = (function(*primals[:i], b, *primals[i + 1 :]) for b in (a + X, a - X))
        assert 2 * inner(da, X) == inner(D, plus) - inner(D, minus)


def loss_change(params, I, y):
    """(name, X) -> L(name + X) - L(name - X), for a parameter, the image or an intermediate."""

    @jax.jit
    def L(shifts):
        moved = {name: params[name] + shifts[name] for name in params}
        return fw.loss(moved, I + shifts["I"], y, lambda name, X: X + shifts[name])

    zeros = {name: np.zeros(X.shape) for name, X in (params | fw.forward(params, I)).items()}

    def change(name, X):
        plus, minus = (Fraction(float(L(zeros | {name: Z}))) for Z in (X, -X))
        return plus - minus

    return change


def test_forward_composes_the_equations_and_taps_are_gradients(affine):
    params, I, y = network()
    K1, b1, K2, b2, W, b = params.values()
    seen = {}
    t = fw.forward(params, I, lambda name, X: seen.setdefault(name, X))
    assert " ".join(t) == "I C1 C1_s S1 C2 C2_s S2 v yhat yhat_s"
    assert [t[name] is seen.get(name, I) for name in t] == [True] * 10

    def tail_of_C2_s(C2_s):
        yhat = fw.dense_forward(W, fw.vectorize(fw.mean_pool(C2_s)), b)
        return fw.squared_error(2 * yhat + 1, y)

    def tail_of_C1(C1):
        return tail_of_C2_s(2 * fw.conv_forward(fw.mean_pool(2 * C1 + 1), K2, b2) + 1)

    same(t["C1"], fw.conv_forward(I[None], K1, b1))
    for before, after in [("C1", "C1_s"), ("C2", "C2_s"), ("yhat", "yhat_s")]:
        same(t[after], 2 * t[before] + 1)
    same(t["C2"], fw.conv_forward(fw.mean_pool(t["C1_s"]), K2, b2))
    same(fw.loss(params, I, y), tail_of_C1(t["C1"]))
    found = gradients(params, I, y)
    same(found["dC1"], jax.jit(jax.grad(tail_of_C1))(t["C1"]))
    same(found["dC2_s"], jax.jit(jax.grad(tail_of_C2_s))(t["C2_s"]))

    change = loss_change(params, I, y)
    assert " ".join(found) == ORDER
    for name, dX in found.items():
        X = direction((params | t)[name[1:]])
        assert dX.shape == X.shape
        assert 2 * inner(dX, X) == change(name[1:], X) != 0, name


def test_the_sigmoid_network_against_central_differences():
    # Truncation, at most h²/6 |L‴|: one term of L is g(ŷ) = ½(σ(ŷ)-y)², |g‴| <= 3|σ′σ″| + |σ‴| <=
    # 0.2, and |W| <= 1, so along one entry of v |L‴| <= 4 · 0.2 / 2 = 0.4. Along the others it is
    # less: before v come a factor ¼ and a second σ, after it a single class.
    # Rounding, in units of u, with |C2| < 16, |ŷ| < 20: C2_σ 16/4 + 4, S2 4 more, ŷ 18 · 12 + 19 ·
    # 20 + 20, ŷ_σ a quarter of that and 4, L four terms of that and their sum: below 1000.
    params, I, y = network()
    h, u = 2.0**-13, 2.0**-53
    bound = h**2 / 6 * 0.4 + 1000 * u * (1 / h + 1)
    change, found = loss_change(params, I, y), gradients(params, I, y)
    for name in ("C2", "C2_s", "S2", "v", "yhat", "yhat_s"):
        for entry, dx in np.ndenumerate(found[f"d{name}"]):
            step = np.zeros_like(found[f"d{name}"])
            step[entry] = h
            assert abs(float(change(name, step)) / (2 * h) - dx) <= bound, (name, entry)


def test_dtypes_are_kept_or_refused():
    for dtype in (np.float64, np.float32):
        found = gradients(*network(dtype)).values()
        assert {(type(dX), dX.dtype) for dX in found} == {(np.ndarray, np.dtype(dtype))}
    S, K, b, low = dyadic(0, 2, 5, 8, 2), dyadic(1, 2, 3, 2, 3), dyadic(2, 3), np.float32
    for mixed in [(S.astype(low), K, b), (S, K, b.astype(low))]:
        with pytest.raises(TypeError, match="dtype"):
            fw.conv_forward(*mixed)
    jax.config.update("jax_enable_x64", False)
    try:
        for call in (lambda: gradients(*network()), lambda: pullback(fw.rotate, K[0, 0], K[1, 0])):
            with pytest.raises(TypeError, match="float64"):
                call()
    finally:
        jax.config.update("jax_enable_x64", True)
