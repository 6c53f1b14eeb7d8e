"""The name of a fault, where the numbers give it away."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from vanillacnn.check.judge import Quantity


def explain(actual: np.ndarray, q: "Quantity", bound: np.ndarray) -> str:
    """The first explanation that gives all the numbers, or where they differ."""
    expected = q.expected
    if not np.isfinite(actual).all():
        return "NaN or ∞ where every right value is finite"
    for name, wrong in q.faults().items():
        if wrong.shape == actual.shape and (np.abs(actual - wrong) <= 4 * bound + 1e-12 * np.abs(wrong)).all():
            return name
    return factor(actual, expected) or accuracy(actual, expected) or place(actual, q, bound)


def factor(actual: np.ndarray, expected: np.ndarray) -> str:
    """A constant factor c, where the result is c times what is right."""
    size = float((expected * expected).sum())
    c = float((actual * expected).sum()) / size if size else 1.0
    if abs(c - 1) < 1e-6 or np.abs(actual - c * expected).max() > 1e-5 * np.abs(expected).max():
        return ""
    return "all values are zero" if abs(c) < 1e-12 else f"off by the constant factor {c:.6g}"


def accuracy(actual: np.ndarray, expected: np.ndarray) -> str:
    """The precision that the error is typical of, when it is small everywhere."""
    share = float(np.abs(actual - expected).max() / max(float(np.abs(expected).max()), 1e-300))
    for name, dtype in (("float32", np.float32), ("float16", np.float16)):
        if share < 16 * float(np.finfo(dtype).eps):
            return f"of {name} accuracy: something inside is computed in {name}"
    return ""


def place(actual: np.ndarray, q: "Quantity", bound: np.ndarray) -> str:
    """The rows along one axis to which all differences are confined, when they are at an end."""
    differs = np.abs(actual - q.expected) > bound
    for axis, letter in enumerate(q.letters if len(q.letters) == actual.ndim else ""):
        rows = np.flatnonzero(differs.any(axis=tuple(i for i in range(actual.ndim) if i != axis)))
        size = actual.shape[axis]
        if size > 2 and len(rows) < size and rows[-1] == size - 1 and len(rows) == size - rows[0]:
            zero = not actual.take(rows, axis=axis).any()
            return f"wrong only from index {rows[0]} of axis {letter} on" + (", where it is zero" if zero else "")
        if size > 2 and len(rows) < size and rows[0] == 0 and len(rows) == rows[-1] + 1:
            return f"wrong only up to index {rows[-1]} of axis {letter}"
    return ""
