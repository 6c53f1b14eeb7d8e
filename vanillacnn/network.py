"""The network: composition only. `forward` reads as §4.2 from top to bottom, `backward` as §4.4, `update` as §4.5.

What ends in `_unchecked` leaves out the checks; training calls it, whose arrays fit by construction.
"""

import numpy as np
from numpy.typing import DTypeLike

from vanillacnn.architecture import PAPER, Architecture
from vanillacnn.arrays import Gradients, Parameters, Real, Scalar, Trace
from vanillacnn.checks import expect, real, require, scalar, unchecked
from vanillacnn.equations import convolution, dense, vectorization
from vanillacnn.equations import update as updates
from vanillacnn.equations.correlation import Shape
from vanillacnn.equations.initialization import initialize_bias, initialize_weights
from vanillacnn.network_checks import (
    check_finite,
    check_gradients,
    check_images,
    check_labels,
    check_parameters,
    check_record,
    check_samples,
    check_scores,
    check_sizes,
    check_trace,
    pooled_sides,
)

# Once the records are checked, the arrays that the equations hand on to each other fit.
conv_forward = unchecked(convolution.conv_forward)
conv_bias_gradient = unchecked(convolution.conv_bias_gradient)
conv_input_gradient = unchecked(convolution.conv_input_gradient)
kernel_gradient = unchecked(convolution.kernel_gradient)
vectorize, unvectorize = unchecked(vectorization.vectorize), unchecked(vectorization.unvectorize)
dense_forward = unchecked(dense.dense_forward)
dense_bias_gradient = unchecked(dense.dense_bias_gradient)
dense_input_gradient = unchecked(dense.dense_input_gradient)
weight_gradient = unchecked(dense.weight_gradient)
gradient_descent = unchecked(updates.gradient_descent)

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
    check_sizes(rng, image, maps, kernels, classes, dtype)
    check_record("architecture", architecture, Architecture)
    (P, Q), (k1, k2), activation = maps, kernels, architecture.functions().activation
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
    check_record("architecture", architecture, Architecture)
    return forward_unchecked(params, I, architecture)


def forward_unchecked(params: Parameters, I: np.ndarray, architecture: Architecture = PAPER) -> Trace:
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

    Raises: ValueError when ŷ or y does not have the shape and dtype of ŷ_σ, y is not finite, or the batch is empty.
    """
    check_scores(trace)
    check_labels(y, trace.yhat_s)
    check_samples(y)
    check_record("architecture", architecture, Architecture)
    return architecture.functions().head.loss(trace.yhat, trace.yhat_s, y)


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
    check_labels(y, trace.yhat_s)
    check_record("architecture", architecture, Architecture)
    return backward_unchecked(params, trace, y, architecture, input_gradient)


def backward_unchecked(
    params: Parameters, trace: Trace, y: np.ndarray, architecture: Architecture = PAPER, input_gradient: bool = True
) -> Gradients:
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

    Raises: ValueError when a gradient does not have its parameter's shape and dtype, or α is not finite.
    """
    check_parameters(params)
    check_gradients(params, grads)
    require("alpha", alpha, "a finite learning rate", real(alpha))
    rate, new = scalar(alpha), {}
    for name, theta in params._asdict().items():
        new[name] = gradient_descent(theta, getattr(grads, f"d{name}"), rate)
    return Parameters(**new)


def outputs(
    params: Parameters, I: Real[np.ndarray, "x y n"], architecture: Architecture = PAPER
) -> tuple[Real[np.ndarray, "i n"], Real[np.ndarray, "i n"]]:
    """ŷ and ŷ_σ of any number of images, in bounded memory. Raises as `forward`."""
    check_parameters(params)
    check_images(params, I)
    check_record("architecture", architecture, Architecture)
    slices = [I[..., k : k + SAMPLES_AT_ONCE] for k in range(0, max(I.shape[2], 1), SAMPLES_AT_ONCE)]
    found = [(trace.yhat, trace.yhat_s) for trace in (forward_unchecked(params, some, architecture) for some in slices)]
    yhat, yhat_s = (np.concatenate(parts, axis=1) for parts in zip(*found, strict=True))
    return yhat, yhat_s


def scores(
    params: Parameters, I: Real[np.ndarray, "x y n"], architecture: Architecture = PAPER
) -> Real[np.ndarray, "i n"]:
    """ŷ_σ of any number of images, in bounded memory. Raises as `forward`."""
    return outputs(params, I, architecture)[1]


def predict(params: Parameters, I: Real[np.ndarray, "x y n"], architecture: Architecture = PAPER) -> np.ndarray:
    """The class with the largest score for each image, the first of equals.

    Raises: ValueError as `forward`, and when an image or a score is NaN or infinite.
    """
    expect("I", I, ("x", "y", "n"))
    check_finite("I", I)
    yhat_s = scores(params, I, architecture)
    check_finite("yhat_s", yhat_s)
    return yhat_s.argmax(axis=0)
