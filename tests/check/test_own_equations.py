"""The library's own equations under the strict rules: right at every size, and without a note."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from vanillacnn.beyond import heads, layers
from vanillacnn.check import Report, check_activation, check_convolution, check_dense, check_loss, check_pooling
from vanillacnn.equations import convolution, dense, loss, pooling
from vanillacnn.equations.sigmoid import sigmoid


def conv_gradients(dC: np.ndarray, cache: Any) -> tuple[np.ndarray, ...]:
    S, K, _ = cache
    dS, dK = convolution.conv_input_gradient(dC, K), convolution.kernel_gradient(S, dC)
    return dS, dK, convolution.conv_bias_gradient(dC)


def dense_gradients(dyhat: np.ndarray, cache: Any) -> tuple[np.ndarray, ...]:
    v, W, _ = cache
    return dense.dense_input_gradient(W, dyhat), dense.weight_gradient(dyhat, v), dense.dense_bias_gradient(dyhat)


def softmax_gradient(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    return heads.softmax_cross_entropy_gradient(heads.softmax(z), y)


def sigmoid_gradient(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    return heads.binary_cross_entropy_gradient(sigmoid(z), y)


CHECKS: dict[str, tuple[Callable[..., Report], dict[str, Any]]] = {
    "convolution": (
        lambda **k: check_convolution(convolution.conv_forward, conv_gradients, **k),
        {"x": "CHWN", "kernel": "IOHW"},
    ),
    "dense": (
        lambda **k: check_dense(lambda v, W, b: dense.dense_forward(W, v, b), dense_gradients, **k),
        {"x": "MN", "weight": "CM"},
    ),
    "mean-pooling": (
        lambda **k: check_pooling(pooling.mean_pool, lambda dS, C_s: pooling.mean_pool_gradient(dS), **k),
        {"x": "CHWN"},
    ),
    "max-pooling": (
        lambda **k: check_pooling(layers.max_pool, layers.max_pool_gradient, kind="max", **k),
        {"x": "CHWN"},
    ),
    "sigmoid": (lambda **k: check_activation("sigmoid", sigmoid, **k), {}),
    "relu": (lambda **k: check_activation("relu", layers.relu, layers.relu_gradient, **k), {"shape": "CHWN"}),
    "softmax": (
        lambda **k: check_activation("softmax", heads.softmax, heads.softmax_gradient, **k),
        {"shape": "CN", "given": "output"},
    ),
    "squared error": (
        lambda **k: check_loss("squared_error", loss.squared_error, loss.squared_error_gradient, **k),
        {"x": "CN"},
    ),
    "softmax cross-entropy": (
        lambda **k: check_loss("softmax_cross_entropy", heads.softmax_cross_entropy, softmax_gradient, **k),
        {"x": "CN"},
    ),
    "sigmoid cross-entropy": (
        lambda **k: check_loss("sigmoid_cross_entropy", heads.binary_cross_entropy, sigmoid_gradient, **k),
        {"x": "CN"},
    ),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CHECKS)
def test_the_library_is_right_without_a_note(name: str, dtype: type) -> None:
    check, axes = CHECKS[name]
    report = check(**axes, dtype=dtype, strict=True)
    assert report.ok, str(report)
    assert not report.notes
    assert {row.verdict for row in report.rows} <= {"right", "not given"}
