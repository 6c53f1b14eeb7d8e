"""Padding and stride around the paper's equations: zeros around the image, every s-th row and column of the result.

Both are linear and exact, so that the derivation is the oracle of a layer that has them, too.
"""

from dataclasses import dataclass, replace

import numpy as np

from vanillacnn.equations.convolution import conv_forward, conv_input_gradient, kernel_gradient

Sides = tuple[int, int]


@dataclass(frozen=True)
class Geometry:
    stride: Sides = (1, 1)
    padding: Sides = (0, 0)

    def padded(self, S: np.ndarray) -> np.ndarray:
        rows, columns = self.padding
        if not rows and not columns:
            return S  # np.pad takes as long as a small convolution
        return np.pad(S, ((0, 0), (rows, rows), (columns, columns), (0, 0)))

    def unpadded(self, S: np.ndarray) -> np.ndarray:
        rows, columns = self.padding
        return S[:, rows : S.shape[1] - rows, columns : S.shape[2] - columns]

    def strided(self, C: np.ndarray) -> np.ndarray:
        return C[:, :: self.stride[0], :: self.stride[1]]


@dataclass(frozen=True)
class Layer:
    """One case of the layer in the paper's axes: C = S ⋆ K + b of the padded image, at every s-th place, and its ΔC."""

    geometry: Geometry
    S: np.ndarray
    K: np.ndarray
    b: np.ndarray
    dC: np.ndarray

    def sizes(self) -> "Layer":
        """The same of absolute values: its results are the sums of the sizes of all terms."""
        return replace(self, S=abs(self.S), K=abs(self.K), b=abs(self.b), dC=abs(self.dC))

    def C(self) -> np.ndarray:
        """(17)."""
        return self.geometry.strided(conv_forward(self.geometry.padded(self.S), np.ascontiguousarray(self.K), self.b))

    def dS(self, dilated: np.ndarray | None = None) -> np.ndarray:
        """(38) of the dilated ΔC, without the padding's share."""
        whole = self.dilated() if dilated is None else dilated
        return self.geometry.unpadded(conv_input_gradient(whole, np.ascontiguousarray(self.K)))

    def dK(self, dilated: np.ndarray | None = None) -> np.ndarray:
        """(36) of the padded image and the dilated ΔC."""
        return kernel_gradient(self.geometry.padded(self.S), self.dilated() if dilated is None else dilated)

    def db(self) -> np.ndarray:
        """(37)."""
        return np.einsum("qijn->q", self.dC)

    def dilated(self) -> np.ndarray:
        """ΔC at stride 1: zeros where no output was taken."""
        whole = self.zeros()
        self.geometry.strided(whole)[:] = self.dC
        return whole

    def packed(self) -> np.ndarray:
        """What a backward pass that ignores the stride would take for `dilated`."""
        whole = self.zeros()
        whole[:, : self.dC.shape[1], : self.dC.shape[2]] = self.dC
        return whole

    def zeros(self) -> np.ndarray:
        image, kernel = self.geometry.padded(self.S).shape[1:3], self.K.shape[2:]
        sides = (x - k + 1 for x, k in zip(image, kernel, strict=True))
        return np.zeros((self.dC.shape[0], *sides, self.dC.shape[3]))
