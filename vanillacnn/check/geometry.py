"""Padding and stride around the paper's equations: zeros around the image, every s-th row and column of the result."""

from dataclasses import dataclass

import numpy as np

from vanillacnn.equations.convolution import conv_forward, conv_input_gradient
from vanillacnn.equations.convolution import kernel_gradient as valid_kernel_gradient

Sides = tuple[int, int]


@dataclass(frozen=True)
class Geometry:
    stride: Sides = (1, 1)
    padding: Sides = (0, 0)

    def padded(self, S: np.ndarray) -> np.ndarray:
        rows, columns = self.padding
        return np.pad(S, ((0, 0), (rows, rows), (columns, columns), (0, 0)))

    def valid(self, image: Sides, kernel: Sides) -> Sides:
        """The shape of the result at stride 1."""
        rows, columns = (x + 2 * p - k + 1 for x, p, k in zip(image, self.padding, kernel, strict=True))
        return rows, columns

    def strided(self, C: np.ndarray) -> np.ndarray:
        return C[:, :: self.stride[0], :: self.stride[1]]

    def dilated(self, dC: np.ndarray, valid: Sides) -> np.ndarray:
        """The transpose of `strided`: zeros where no output was taken."""
        whole = np.zeros((dC.shape[0], *valid, dC.shape[3]))
        self.strided(whole)[:] = dC
        return whole

    def packed(self, dC: np.ndarray, image: Sides, kernel: Sides) -> np.ndarray:
        """What a backward pass that ignores the stride would take for `dilated`."""
        whole = np.zeros((dC.shape[0], *self.valid(image, kernel), dC.shape[3]))
        whole[:, : dC.shape[1], : dC.shape[2]] = dC
        return whole


def pair(sides: int | Sides) -> Sides:
    return (sides, sides) if isinstance(sides, int) else sides


def convolve(g: Geometry, S: np.ndarray, K: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(17) of the padded image, at every s-th place."""
    return g.strided(conv_forward(g.padded(S), np.ascontiguousarray(K), b))


def kernel_gradient(g: Geometry, S: np.ndarray, dC: np.ndarray, kernel: Sides, dilated: bool = False) -> np.ndarray:
    """(36) of the padded image and the dilated ΔC."""
    whole = dC if dilated else g.dilated(dC, g.valid(S.shape[1:3], kernel))
    return valid_kernel_gradient(g.padded(S), whole)


def input_gradient(g: Geometry, dC: np.ndarray, K: np.ndarray, image: Sides, dilated: bool = False) -> np.ndarray:
    """(38) of the dilated ΔC, without the padding's share."""
    whole = dC if dilated else g.dilated(dC, g.valid(image, K.shape[2:]))
    dS = conv_input_gradient(whole, np.ascontiguousarray(K))
    (rows, columns), (x, y) = g.padding, image
    return dS[:, rows : rows + x, columns : columns + y]
