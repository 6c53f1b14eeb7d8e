"""The name of a fault, where the numbers give it away."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from vanillacnn.check.judge import Quantity


def explain(actual: np.ndarray, q: "Quantity", bound: np.ndarray) -> Iterator[str]:
    """Every explanation that gives all the numbers, the particular ones first, or where they differ."""
    if not np.isfinite(actual).all():
        yield "NaN or ∞ where every right value is finite"
        return
    named = [
        name
        for name, wrong in q.faults().items()
        if wrong.shape == actual.shape and (np.abs(actual - wrong) <= 4 * bound + 1e-12 * np.abs(wrong)).all()
    ]
    yield from named
    general = factor(actual, q.expected) or moved(actual, q.expected) or accuracy(actual, q)
    if general and general not in named:
        yield general
    if not named and not general:
        yield from place(np.asarray(np.abs(actual - q.expected) > bound), actual, q.letters)


def factor(actual: np.ndarray, expected: np.ndarray) -> str:
    """A constant factor c, where the result is c times what is right. A single number needs a simple factor."""
    size = float((expected * expected).sum())
    c = float((actual * expected).sum()) / size if size else 1.0
    rest = float(np.abs(actual - c * expected).max() / max(float(np.abs(expected).max()), 1e-300))
    if abs(c - 1) < 1e-6 or rest > min(1e-5, 1e-2 * abs(c - 1)):
        return ""
    if actual.size == 1 and not any(abs(k - round(k)) < 1e-6 for k in (c, 12 * c, 1 / c if c else 0)):
        return ""
    return "all values are zero" if abs(c) < 1e-12 else f"off by the constant factor {c:.6g}"


def moved(actual: np.ndarray, expected: np.ndarray) -> str:
    """The right values, or what is left of them as integers."""
    if (actual == np.trunc(expected)).all():
        return "rounded to integers: an array inside is one of integers"
    close = 1e-6 * np.abs(expected).max()
    elsewhere = actual.size > 2 and np.abs(actual - expected).max() > close
    if elsewhere and (np.abs(np.sort(actual.ravel()) - np.sort(expected.ravel())) <= close).all():
        return "the right values in other places, as when axes are reshaped and not transposed"
    return ""


def accuracy(actual: np.ndarray, q: "Quantity") -> str:
    """The precision that the error is typical of, when it is small everywhere and at most places there is some."""
    error = np.abs(actual - q.expected)
    for name, dtype in (("float32", np.float32), ("float16", np.float16)):
        small = 16 * float(np.finfo(dtype).eps) * np.minimum(q.magnitude, np.abs(q.expected).max())
        if (error <= small).all() and 2 * np.count_nonzero(error > 1e-4 * small) >= error.size > 1:
            meant = ": declare dtype=np.float32 if that is meant" if name == "float32" else ""
            return f"of {name} accuracy, as something inside is computed in {name}{meant}"
    return ""


def place(differs: np.ndarray, actual: np.ndarray, letters: str) -> Iterator[str]:
    """The rows along one axis that have all differences, when they are at an end and most of them is wrong."""
    for axis, letter in enumerate(letters if len(letters) == actual.ndim else ""):
        rows = np.flatnonzero(differs.any(axis=tuple(i for i in range(actual.ndim) if i != axis)))
        size = actual.shape[axis]
        if (
            size <= 2
            or len(rows) == size
            or 2 * np.count_nonzero(differs.take(rows, axis)) < differs.take(rows, axis).size
        ):
            continue
        if rows[-1] == size - 1 and len(rows) == size - rows[0]:
            zero = not actual.take(rows, axis=axis).any()
            yield f"wrong only from index {rows[0]} of axis {letter} on" + (", where it is zero" if zero else "")
        if rows[0] == 0 and len(rows) == rows[-1] + 1:
            yield f"wrong only up to index {rows[-1]} of axis {letter}"
