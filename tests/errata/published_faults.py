"""An implementation to be found wrong: the library with the four faults of the code that the paper's author published.

Written from their description, as mutants of our own functions. The rest of the interface is the library's.
"""

import numpy as np

from vanillacnn.equations import convolution
from vanillacnn.equations.convolution import conv_activation, conv_bias_gradient, conv_preactivation_gradient
from vanillacnn.equations.correlation import (
    convolve,
    convolve_padded,
    correlate,
    pad,
    padded_shape,
    rotate,
    valid_shape,
)
from vanillacnn.equations.dense import (
    dense_activation,
    dense_bias_gradient,
    dense_forward,
    dense_input_gradient,
    dense_preactivation_gradient,
    weight_gradient,
)
from vanillacnn.equations.initialization import initialize_bias, initialize_kernels, initialize_weights
from vanillacnn.equations.loss import squared_error, squared_error_gradient
from vanillacnn.equations.pooling import mean_pool_gradient
from vanillacnn.equations.sigmoid import sigmoid, sigmoid_derivative
from vanillacnn.equations.update import gradient_descent
from vanillacnn.equations.vectorization import unvectorize, unvectorize_map, vectorize, vectorize_map

__all__ = [
    "conv_activation", "conv_bias_gradient", "conv_forward", "conv_input_gradient", "conv_preactivation_gradient",
    "convolve", "convolve_padded", "correlate", "dense_activation", "dense_bias_gradient", "dense_forward",
    "dense_input_gradient", "dense_preactivation_gradient", "gradient_descent", "initialize_bias",
    "initialize_kernels", "initialize_weights", "kernel_gradient", "mean_pool", "mean_pool_gradient", "pad",
    "padded_shape", "rotate", "sigmoid", "sigmoid_derivative", "squared_error", "squared_error_gradient",
    "unvectorize", "unvectorize_map", "valid_shape", "vectorize", "vectorize_map", "weight_gradient",
]  # fmt: skip


def conv_forward(S: np.ndarray, K: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The sum over p is started anew for each input map, so that only the last one counts."""
    return convolution.conv_forward(S[-1:], K[-1:], b)


def mean_pool(C_s: np.ndarray) -> np.ndarray:
    """The sums over u and v stop after their first term."""
    return C_s[:, ::2, ::2] / 4


def conv_input_gradient(dC: np.ndarray, K: np.ndarray) -> np.ndarray:
    """ΔC_p for ΔC_q."""
    P, Q = K.shape[:2]
    maps = [convolution.conv_input_gradient(dC[[p % Q] * Q], K[p : p + 1]) for p in range(P)]
    return np.concatenate(maps)


def kernel_gradient(S: np.ndarray, dC: np.ndarray) -> np.ndarray:
    """ΔC_p for ΔC_q here too: one gradient for all kernels of an input map."""
    P, Q = len(S), len(dC)
    rows = [convolution.kernel_gradient(S[p : p + 1], dC[[p % Q] * Q]) for p in range(P)]
    return np.concatenate(rows)
