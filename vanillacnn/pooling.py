"""Mean-pooling over cells of 2×2, §4.2.2 and §4.2.4, and its gradient; and max-pooling, beyond the paper."""

import numpy as np

from vanillacnn.arrays import Real, rows_first


def mean_pool(C_s: Real[np.ndarray, "q x_c y_c n"]) -> Real[np.ndarray, "q x_s y_s n"]:
    """Eq. (16), (20): S_q(i,j) = ¼ Σ_{u<2} Σ_{v<2} C_{σ,q}(2i+u, 2j+v).

    Raises: ValueError when a side of C_σ is odd, for then its last row or column would belong to no cell.
    """
    _check_even_sides(C_s)
    C_s = rows_first(C_s)
    rows = C_s[0::2] + C_s[1::2]
    return rows_first((rows[:, :, 0::2] + rows[:, :, 1::2]) / 4)


def mean_pool_gradient(dS: Real[np.ndarray, "q x_s y_s n"]) -> Real[np.ndarray, "q x_c y_c n"]:
    """Eq. (34), (39): ΔC_{σ,q}(i,j) = ¼ ΔS_q(⌊i/2⌋, ⌊j/2⌋)."""
    return rows_first((rows_first(dS) / 4).repeat(2, axis=0).repeat(2, axis=2))


def max_pool(C_s: Real[np.ndarray, "q x_c y_c n"]) -> Real[np.ndarray, "q x_s y_s n"]:
    """(L3): S_q(i,j) = max_{u<2} max_{v<2} C_{σ,q}(2i+u, 2j+v). NaN in a cell makes it NaN.

    Raises: ValueError when a side of C_σ is odd.
    """
    _check_even_sides(C_s)
    C_s = rows_first(C_s)
    rows = np.maximum(C_s[0::2], C_s[1::2])
    return rows_first(np.maximum(rows[:, :, 0::2], rows[:, :, 1::2]))


def max_pool_gradient(
    dS: Real[np.ndarray, "q x_s y_s n"], C_s: Real[np.ndarray, "q x_c y_c n"]
) -> Real[np.ndarray, "q x_c y_c n"]:
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


def _check_even_sides(C_s: np.ndarray) -> None:
    _, x_c, y_c, _ = C_s.shape
    if x_c % 2 or y_c % 2:
        raise ValueError(f"C_s: expected even sides to pool by 2×2, got {x_c}×{y_c}")
