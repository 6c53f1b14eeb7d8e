"""Correlation and convolution of one matrix with one kernel, §2.2. The layers sum them over maps; see `convolution`.

⋆  valid correlation (1)        I ⋆ K
∗  valid convolution (2)        I ∗ K = I ⋆ K_rot
⊛  padded convolution (3)       I ⊛ K = I_pad ⋆ K_rot
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from vanillacnn.arrays import Real
from vanillacnn.checks import checked

Shape = tuple[int, int]


@checked
def correlate(I: Real[np.ndarray, "x_i y_i"], K: Real[np.ndarray, "x_k y_k"]) -> Real[np.ndarray, "x_o y_o"]:
    """Eq. (1): (I ⋆ K)(i,j) = Σ_u Σ_v I(i+u, j+v) K(u,v). The output has `valid_shape`."""
    x_o, y_o = valid_shape(I.shape, K.shape)
    windows = sliding_window_view(I, K.shape)
    return (windows.reshape(x_o * y_o, K.size) @ K.reshape(K.size)).reshape(x_o, y_o)


@checked
def convolve(I: Real[np.ndarray, "x_i y_i"], K: Real[np.ndarray, "x_k y_k"]) -> Real[np.ndarray, "x_o y_o"]:
    """Eq. (2): (I ∗ K)(i,j) = Σ_u Σ_v I(i+x_k-1-u, j+y_k-1-v) K(u,v), which is I ⋆ K_rot.

    Paper: the printed I(i-u, j-v) has negative indices; here they start at 0, as §1.2 asks.
    """
    return correlate(I, rotate(K))


@checked
def convolve_padded(I: Real[np.ndarray, "x_i y_i"], K: Real[np.ndarray, "x_k y_k"]) -> Real[np.ndarray, "x_o y_o"]:
    """Eq. (3): (I ⊛ K)(i,j) = Σ_u Σ_v I(i-u, j-v) K(u,v), zero outside I. The output has `padded_shape`.

    Paper: the printed sums and bounds go one too far, and I_pad is read at negative indices.
    """
    return convolve(pad(I, K.shape), K)


def valid_shape(image: tuple[int, ...], kernel: tuple[int, ...]) -> Shape:
    """Eq. (4): (x_o, y_o) = (x_i - x_k + 1, y_i - y_k + 1), the shape without padding.

    Raises: ValueError when the kernel is empty or larger than the image.
    """
    (x_i, y_i), (x_k, y_k) = image, kernel
    if not (1 <= x_k <= x_i and 1 <= y_k <= y_i):
        raise ValueError(f"K: expected a kernel of at least 1×1 and at most the image's {x_i}×{y_i}, got {x_k}×{y_k}")
    return x_i - x_k + 1, y_i - y_k + 1


def padded_shape(image: tuple[int, ...], kernel: tuple[int, ...]) -> Shape:
    """Eq. (5): (x_o, y_o) = (x_i + x_k - 1, y_i + y_k - 1), the shape with padding.

    Raises: ValueError when the image or the kernel is empty.
    """
    (x_i, y_i), (x_k, y_k) = image, kernel
    if min(x_i, y_i, x_k, y_k) < 1:
        raise ValueError(f"I, K: expected sides of at least 1, got {x_i}×{y_i} and {x_k}×{y_k}")
    return x_i + x_k - 1, y_i + y_k - 1


@checked
def rotate(K: Real[np.ndarray, "x_k y_k"]) -> Real[np.ndarray, "x_k y_k"]:
    """§2.2.1: K_rot(u,v) = K(x_k-1-u, y_k-1-v), the kernel turned by 180°."""
    return K[::-1, ::-1].copy()


@checked
def pad(I: Real[np.ndarray, "x_i y_i"], kernel: Shape) -> Real[np.ndarray, "x_p y_p"]:
    """§2.2.3: I_pad(i,j) = I(i-x_k+1, j-y_k+1), zero outside I. It adds x_k-1 rows, y_k-1 columns on each side."""
    (x_i, y_i), (x_k, y_k) = I.shape, kernel
    padded = np.zeros((x_i + 2 * (x_k - 1), y_i + 2 * (y_k - 1)), I.dtype)
    padded[x_k - 1 : x_k - 1 + x_i, y_k - 1 : y_k - 1 + y_i] = I
    return padded
