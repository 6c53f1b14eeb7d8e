"""Mean-pooling over cells of 2×2, §4.2.2 and §4.2.4, and its gradient."""

import numpy as np

from vanillacnn.arrays import Real, rows_first
from vanillacnn.checks import checked


@checked
def mean_pool(C_s: Real[np.ndarray, "q x_c y_c n"]) -> Real[np.ndarray, "q x_s y_s n"]:
    """Eq. (16), (20): S_q(i,j) = ¼ Σ_{u<2} Σ_{v<2} C_{σ,q}(2i+u, 2j+v).

    Raises: ValueError when a side of C_σ is odd, for then its last row or column would belong to no cell.
    """
    check_even_sides(C_s)
    C_s = rows_first(C_s)
    rows = C_s[0::2] + C_s[1::2]
    return rows_first((rows[:, :, 0::2] + rows[:, :, 1::2]) / 4)


@checked
def mean_pool_gradient(dS: Real[np.ndarray, "q x_s y_s n"]) -> Real[np.ndarray, "q 2*x_s 2*y_s n"]:
    """Eq. (34), (39): ΔC_{σ,q}(i,j) = ¼ ΔS_q(⌊i/2⌋, ⌊j/2⌋)."""
    return rows_first((rows_first(dS) / 4).repeat(2, axis=0).repeat(2, axis=2))


def check_even_sides(C_s: np.ndarray) -> None:
    _, x_c, y_c, _ = C_s.shape
    if x_c % 2 or y_c % 2:
        raise ValueError(f"C_s: expected even sides to pool by 2×2, got {x_c}×{y_c}")
