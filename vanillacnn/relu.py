"""The rectifier, in the place of the sigmoid behind a convolution; beyond the paper. Its slope at 0 counts as 0."""

import numpy as np

from vanillacnn.arrays import Real


def relu(C: Real[np.ndarray, "q x_c y_c n"]) -> Real[np.ndarray, "q x_c y_c n"]:
    """(L1): C_{r,q}(i,j) = max(C_q(i,j), 0). NaN stays NaN."""
    return np.maximum(C, 0)


def relu_gradient(
    dC_r: Real[np.ndarray, "q x_c y_c n"], C: Real[np.ndarray, "q x_c y_c n"]
) -> Real[np.ndarray, "q x_c y_c n"]:
    """(L2): ΔC_q(i,j) = ΔC_{r,q}(i,j) [C_q(i,j) > 0].

    C_r in the place of C gives the same. It is a product: a ΔC_r that is NaN is not lost, whatever C is.
    """
    return dC_r * (C > 0)
