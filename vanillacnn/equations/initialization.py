"""Initial parameters, §4.1: kernels and weights uniform within the bound of Glorot and Bengio (2010), biases zero.

The bound is √(6 / (n_in + n_out)), where n_in and n_out count the connections into and out of a cell. Numbers are drawn
in float64 and then rounded, so that the same seed gives the same network in every dtype.
"""

import math

import numpy as np
from jaxtyping import Float
from numpy.typing import DTypeLike


def initialize_kernels(
    rng: np.random.Generator, P: int, Q: int, x_k: int, y_k: int, dtype: DTypeLike = np.float32
) -> Float[np.ndarray, "p q x_k y_k"]:
    """Eq. (7), (9): every K_{p,q}(u,v) ~ U(±√(6 / ((P + Q) x_k y_k))), independently."""
    a = math.sqrt(6 / ((P + Q) * x_k * y_k))
    return rng.uniform(-a, a, (P, Q, x_k, y_k)).astype(dtype)


def initialize_bias(size: int, dtype: DTypeLike = np.float32) -> Float[np.ndarray, "size"]:
    """Eq. (8), (10), (12): b = 0."""
    return np.zeros(size, dtype)


def initialize_weights(
    rng: np.random.Generator, classes: int, features: int, dtype: DTypeLike = np.float32
) -> Float[np.ndarray, "classes features"]:
    """Eq. (11): every W(i,j) ~ U(±√(6 / (M + Y))), independently, for M features and Y classes."""
    a = math.sqrt(6 / (features + classes))
    return rng.uniform(-a, a, (classes, features)).astype(dtype)
