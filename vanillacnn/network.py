"""The network: composition only. `forward` reads as §4.2 from top to bottom, `backward` as §4.4, `update` as §4.5."""

import math

import numpy as np
from numpy.typing import DTypeLike

from vanillacnn.architecture import PAPER, Architecture
from vanillacnn.arrays import Gradients, Parameters, Real, Scalar, Trace
from vanillacnn.checks import (
    check_images,
    check_labels,
    check_parameters,
    check_samples,
    check_trace,
    expect,
    pooled_sides,
)
from vanillacnn.equations.convolution import conv_bias_gradient, conv_forward, conv_input_gradient, kernel_gradient
from vanillacnn.equations.correlation import Shape
from vanillacnn.equations.dense import dense_bias_gradient, dense_forward, dense_input_gradient, weight_gradient
from vanillacnn.equations.initialization import initialize_bias, initialize_weights
from vanillacnn.equations.update import gradient_descent
from vanillacnn.equations.vectorization import unvectorize, vectorize

SAMPLES_AT_ONCE = 64  # bounds the memory of `scores`, and keeps most of it in the cache


def initialize(
    rng: np.random.Generator,
    *,
    image: Shape = (28, 28),
    maps: Shape = (6, 12),
    kernels: tuple[Shape, Shape] = ((5, 5), (5, 5)),
    classes: int = 10,
    architecture: Architecture = PAPER,
    dtype: DTypeLike = np.float32,
) -> Parameters:
    """§4.1: initial parameters, by default of the paper's network.

    Raises: ValueError when the sizes do not fit: a kernel larger than what it slides over, an odd side before pooling.
    """
    if np.dtype(dtype).kind != "f":
        raise ValueError(f"dtype: expected a floating-point dtype, got {np.dtype(dtype)}")
    (P, Q), (k1, k2), (activation, _, _) = maps, kernels, architecture.functions()
    if min(P, Q, classes) < 1:
        raise ValueError(f"maps, classes: expected at least 1 of each, got {P}, {Q}, {classes}")
    x_s, y_s = pooled_sides(image, k1, k2)
    return Parameters(
        K1=activation.initialize_kernels(rng, 1, P, *k1, dtype),
        b1=initialize_bias(P, dtype),
        K2=activation.initialize_kernels(rng, P, Q, *k2, dtype),
        b2=initialize_bias(Q, dtype),
        W=initialize_weights(rng, classes, Q * x_s * y_s, dtype),
        b=initialize_bias(classes, dtype),
    )


def forward(params: Parameters, I: Real[np.ndarray, "x y n"], architecture: Architecture = PAPER) -> Trace:
    """§4.2: from the images I to the scores ŷ_σ, keeping every intermediate.

    Raises: ValueError naming the symbol whose shape or dtype does not fit.
    """
    check_parameters(params)
    check_images(params, I)
    return propagate(params, I, architecture)


def propagate(params: Parameters, I: np.ndarray, architecture: Architecture = PAPER) -> Trace:
    """`forward` without its checks."""
    activation, pooling, head = architecture.functions()
    C1 = conv_forward(I[np.newaxis], params.K1, params.b1)
    C1_s = activation.forward(C1)
    S1 = pooling.forward(C1_s)
    C2 = conv_forward(S1, params.K2, params.b2)
    C2_s = activation.forward(C2)
    S2 = pooling.forward(C2_s)
    v = vectorize(S2)
    yhat = dense_forward(params.W, v, params.b)
    yhat_s = head.forward(yhat)
    return Trace(I.copy(), C1, C1_s, S1, C2, C2_s, S2, v, yhat, yhat_s)


def loss(trace: Trace, y: Real[np.ndarray, "i n"], architecture: Architecture = PAPER) -> Scalar:
    """§4.3: the mean over the batch of the squared error (26), or of what the head has in its place.

    Raises: ValueError when y has not the shape and dtype of ŷ_σ, is not finite, or the batch is empty.
    """
    check_labels(y, trace.yhat_s.shape, trace.yhat_s.dtype)
    check_samples(y)
    return architecture.functions()[2].loss(trace.yhat, trace.yhat_s, y)


def backward(
    params: Parameters,
    trace: Trace,
    y: Real[np.ndarray, "i n"],
    architecture: Architecture = PAPER,
    *,
    input_gradient: bool = True,
) -> Gradients:
    """§4.4: every gradient of the loss, from ŷ_σ back to I. Training has no use for ΔI and goes without.

    Raises: ValueError naming the symbol whose shape, dtype or labels do not fit.
    """
    check_parameters(params)
    check_trace(params, trace)
    check_labels(y, trace.yhat_s.shape, trace.yhat_s.dtype)
    return backpropagate(params, trace, y, architecture, input_gradient)


def backpropagate(
    params: Parameters, trace: Trace, y: np.ndarray, architecture: Architecture = PAPER, input_gradient: bool = True
) -> Gradients:
    """`backward` without its checks."""
    activation, pooling, head = architecture.functions()
    dyhat_s, dyhat = head.backward(trace.yhat_s, y)
    dW = weight_gradient(dyhat, trace.v)
    db = dense_bias_gradient(dyhat)
    dv = dense_input_gradient(params.W, dyhat)
    dS2 = unvectorize(dv, trace.S2.shape[:3])
    dC2_s = pooling.backward(dS2, trace.C2_s)
    dC2 = activation.backward(dC2_s, trace.C2_s)
    dK2 = kernel_gradient(trace.S1, dC2)
    db2 = conv_bias_gradient(dC2)
    dS1 = conv_input_gradient(dC2, params.K2)
    dC1_s = pooling.backward(dS1, trace.C1_s)
    dC1 = activation.backward(dC1_s, trace.C1_s)
    dK1 = kernel_gradient(trace.I[np.newaxis], dC1)
    db1 = conv_bias_gradient(dC1)
    dI = conv_input_gradient(dC1, params.K1)[0] if input_gradient else None
    return Gradients(dK1, db1, dK2, db2, dW, db, dyhat_s, dyhat, dv, dS2, dC2_s, dC2, dS1, dC1_s, dC1, dI)


def update(params: Parameters, grads: Gradients, alpha: Scalar) -> Parameters:
    """§4.5: all six arrays at once, so that every gradient is of the old parameters.

    Raises: ValueError when a gradient has not its parameter's shape and dtype, or α is not finite.
    """
    check_parameters(params)
    if not math.isfinite(alpha):
        raise ValueError(f"alpha: expected a finite learning rate, got {alpha}")
    new = {}
    for name, theta in params._asdict().items():
        dtheta = getattr(grads, f"d{name}")
        expect(f"d{name}", dtheta, theta.shape, theta.dtype)
        new[name] = gradient_descent(theta, dtheta, alpha)
    return Parameters(**new)


def outputs(
    params: Parameters, I: Real[np.ndarray, "x y n"], architecture: Architecture = PAPER
) -> tuple[Real[np.ndarray, "i n"], Real[np.ndarray, "i n"]]:
    """ŷ and ŷ_σ of any number of images, in bounded memory. Raises as `forward`."""
    check_parameters(params)
    check_images(params, I)
    slices = [I[..., k : k + SAMPLES_AT_ONCE] for k in range(0, max(I.shape[2], 1), SAMPLES_AT_ONCE)]
    found = [(trace.yhat, trace.yhat_s) for trace in (propagate(params, some, architecture) for some in slices)]
    yhat, yhat_s = (np.concatenate(parts, axis=1) for parts in zip(*found, strict=True))
    return yhat, yhat_s


def scores(
    params: Parameters, I: Real[np.ndarray, "x y n"], architecture: Architecture = PAPER
) -> Real[np.ndarray, "i n"]:
    """ŷ_σ of any number of images, in bounded memory. Raises as `forward`."""
    return outputs(params, I, architecture)[1]


def predict(params: Parameters, I: Real[np.ndarray, "x y n"], architecture: Architecture = PAPER) -> np.ndarray:
    """The class with the largest score for each image, the first of equals. Raises as `forward`."""
    return scores(params, I, architecture).argmax(axis=0)
