"""Layers beyond the paper, (L1) to (L5): the rectifier, whose slope at 0 counts as 0, max-pooling, and He's kernels."""

import math

import numpy as np
from jaxtyping import Float
from numpy.typing import DTypeLike

from vanillacnn.arrays import Real, rows_first
from vanillacnn.checks import checked
from vanillacnn.equations.pooling import check_even_sides


@checked
def relu(C: Real[np.ndarray, "q x_c y_c n"]) -> Real[np.ndarray, "q x_c y_c n"]:
    """(L1): C_{r,q}(i,j) = max(C_q(i,j), 0). NaN stays NaN."""
    return np.maximum(C, 0)


@checked
def relu_gradient(
    dC_r: Real[np.ndarray, "q x_c y_c n"], C: Real[np.ndarray, "q x_c y_c n"]
) -> Real[np.ndarray, "q x_c y_c n"]:
    """(L2): ΔC_q(i,j) = ΔC_{r,q}(i,j) [C_q(i,j) > 0].

    C_r in the place of C gives the same. It is a product: a ΔC_r that is NaN is not lost, whatever C is.
    """
    return dC_r * (C > 0)


@checked
def max_pool(C_s: Real[np.ndarray, "q x_c y_c n"]) -> Real[np.ndarray, "q x_s y_s n"]:
    """(L3): S_q(i,j) = max_{u<2} max_{v<2} C_{σ,q}(2i+u, 2j+v). NaN in a cell makes it NaN.

    Raises: ValueError when a side of C_σ is odd.
    """
    check_even_sides(C_s)
    C_s = rows_first(C_s)
    rows = np.maximum(C_s[0::2], C_s[1::2])
    return rows_first(np.maximum(rows[:, :, 0::2], rows[:, :, 1::2]))


@checked
def max_pool_gradient(
    dS: Real[np.ndarray, "q x_s y_s n"], C_s: Real[np.ndarray, "q 2*x_s 2*y_s n"]
) -> Real[np.ndarray, "q 2*x_s 2*y_s n"]:
    """(L4): ΔC_{σ,q}(2i+u, 2j+v) = ΔS_q(i,j) [2u+v = argmax_{k<4} C_{σ,q}(2i+⌊k/2⌋, 2j+k-2⌊k/2⌋)].

    Of several maximisers the first takes it, row by row: right and below win only if they are greater. Where a cell has
    NaN, one entry of it does. It is a product, as (L2): a ΔS that is NaN is not lost.
    """
    dS, C_s = rows_first(dS), rows_first(C_s)
    left, right = C_s[:, :, 0::2], C_s[:, :, 1::2]
    is_right, columns = right > left, np.maximum(left, right)
    is_below = columns[1::2] > columns[0::2]
    dcolumns, dC_s = np.empty(columns.shape, dS.dtype), np.empty(C_s.shape, dS.dtype)
    np.multiply(dS, ~is_below, out=dcolumns[0::2])  # np.where takes five times as long
    np.multiply(dS, is_below, out=dcolumns[1::2])
    np.multiply(dcolumns, ~is_right, out=dC_s[:, :, 0::2])
    np.multiply(dcolumns, is_right, out=dC_s[:, :, 1::2])
    return rows_first(dC_s)


def initialize_kernels_he(
    rng: np.random.Generator, P: int, Q: int, x_k: int, y_k: int, dtype: DTypeLike = np.float32
) -> Float[np.ndarray, "p q x_k y_k"]:
    """(L5): every K_{p,q}(u,v) ~ U(±√(6 / (P x_k y_k))), independently.

    The bound of He et al. (2015): a variance of 2 / n_in, since a rectifier sets half of its input to 0.
    """
    a = math.sqrt(6 / (P * x_k * y_k))
    return rng.uniform(-a, a, (P, Q, x_k, y_k)).astype(dtype)
