"""Vectorization and concatenation, §4.2.5, and the way back, §4.4.3. Row-major order is the whole of it."""

import numpy as np

from vanillacnn.arrays import Real
from vanillacnn.checks import checked


@checked
def vectorize_map(S_q: Real[np.ndarray, "x_s y_s n"]) -> Real[np.ndarray, "m n"]:
    """Eq. (21): v_q(y_s i + j) = S_q(i,j), the rows of one map one after the other."""
    x_s, y_s, n = S_q.shape
    return S_q.copy().reshape(x_s * y_s, n)


@checked
def vectorize(S: Real[np.ndarray, "q x_s y_s n"]) -> Real[np.ndarray, "m n"]:
    """Eq. (22): v(x_s y_s q + y_s i + j) = S_q(i,j), the vectors v_q one after the other.

    Paper: the printed stack runs from v_1 to v_12, though q starts at 0.
    """
    q, x_s, y_s, n = S.shape
    return S.copy().reshape(q * x_s * y_s, n)


@checked
def unvectorize_map(
    dv_q: Real[np.ndarray, "{shape[0]*shape[1]} n"], shape: tuple[int, int]
) -> Real[np.ndarray, "x_s y_s n"]:
    """Eq. (32): ΔS_q(i,j) = Δv_q(y_s i + j)."""
    return dv_q.copy().reshape(*shape, dv_q.shape[1])


@checked
def unvectorize(
    dv: Real[np.ndarray, "{shape[0]*shape[1]*shape[2]} n"], shape: tuple[int, int, int]
) -> Real[np.ndarray, "q x_s y_s n"]:
    """Eq. (33): ΔS_q(i,j) = Δv(x_s y_s q + y_s i + j)."""
    return dv.copy().reshape(*shape, dv.shape[1])
