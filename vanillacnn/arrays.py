"""The arrays: what an entry may be, and the records that the network passes around."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import AbstractDtype

__all__ = [
    "Gradients",
    "ParameterGradients",
    "Parameters",
    "Real",
    "Scalar",
    "Trace",
    "flatten",
    "rows_first",
    "unflatten",
]

Scalar = Any  # one entry of a Real array

if TYPE_CHECKING:
    # To a static checker Real[np.ndarray, "i j"] is the array alone, as jaxtyping has it for its own names.
    from typing import Annotated as Real
else:

    class Real(AbstractDtype):
        """Entries that an equation runs on: floats, complex numbers, and exact numbers in object arrays."""

        dtypes = ("float16", "float32", "float64", "complex64", "complex128", "object_")


class Parameters(NamedTuple):
    """What is learned. K1 has the paper's single input map at index 0."""

    K1: Real[np.ndarray, "1 p x_1 y_1"]
    b1: Real[np.ndarray, "p"]
    K2: Real[np.ndarray, "p q x_2 y_2"]
    b2: Real[np.ndarray, "q"]
    W: Real[np.ndarray, "i m"]
    b: Real[np.ndarray, "i"]


class Trace(NamedTuple):
    """Everything that §4.2 computes on the way from I to ŷ_σ."""

    I: Real[np.ndarray, "x y n"]
    C1: Real[np.ndarray, "p i j n"]
    C1_s: Real[np.ndarray, "p i j n"]
    S1: Real[np.ndarray, "p i j n"]
    C2: Real[np.ndarray, "q i j n"]
    C2_s: Real[np.ndarray, "q i j n"]
    S2: Real[np.ndarray, "q i j n"]
    v: Real[np.ndarray, "m n"]
    yhat: Real[np.ndarray, "i n"]
    yhat_s: Real[np.ndarray, "i n"]


class Gradients(NamedTuple):
    """Every Δ of §4.4, ΔX = ∂L/∂X in the shape of X; and ΔI, which the paper leaves out."""

    dK1: Real[np.ndarray, "1 p x_1 y_1"]
    db1: Real[np.ndarray, "p"]
    dK2: Real[np.ndarray, "p q x_2 y_2"]
    db2: Real[np.ndarray, "q"]
    dW: Real[np.ndarray, "i m"]
    db: Real[np.ndarray, "i"]
    dyhat_s: Real[np.ndarray, "i n"] | None  # where the loss is one of ŷ, there is none
    dyhat: Real[np.ndarray, "i n"]
    dv: Real[np.ndarray, "m n"]
    dS2: Real[np.ndarray, "q i j n"]
    dC2_s: Real[np.ndarray, "q i j n"]
    dC2: Real[np.ndarray, "q i j n"]
    dS1: Real[np.ndarray, "p i j n"]
    dC1_s: Real[np.ndarray, "p i j n"]
    dC1: Real[np.ndarray, "p i j n"]
    dI: Real[np.ndarray, "x y n"] | None


class ParameterGradients(NamedTuple):
    """What a step of training takes: the gradients of the parameters alone, in the order of `Parameters`."""

    dK1: Real[np.ndarray, "1 p x_1 y_1"]
    db1: Real[np.ndarray, "p"]
    dK2: Real[np.ndarray, "p q x_2 y_2"]
    db2: Real[np.ndarray, "q"]
    dW: Real[np.ndarray, "i m"]
    db: Real[np.ndarray, "i"]


def rows_first(X: np.ndarray) -> np.ndarray:
    """X[p,i,j,n] as X[i,p,j,n], and back: the order in which the layers lay their maps in memory, for the products."""
    return X.transpose(1, 0, 2, 3)


def flatten(arrays: Iterable[np.ndarray]) -> np.ndarray:
    """All entries in one new vector."""
    return np.concatenate([X.ravel() for X in arrays])


def unflatten(vector: np.ndarray, like: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The vector as arrays of these shapes, views of it."""
    ends = accumulate(X.size for X in like)
    return [vector[end - X.size : end].reshape(X.shape) for X, end in zip(like, ends, strict=True)]
