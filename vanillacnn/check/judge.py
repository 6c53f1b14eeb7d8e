"""The verdict on one result: its shape and values first, in the precision of the user, then the notes on its form."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vanillacnn.check import hints
from vanillacnn.check.layouts import fits, ones_apart
from vanillacnn.check.report import ABSENT, RIGHT, WRONG, Row


@dataclass(frozen=True)
class Quantity:
    """What is right, in the user's axes.

    A sum of at most `terms` products whose sizes add up to `magnitude` is within γ_terms · magnitude of the exact one
    in any order (Higham, Accuracy and Stability of Numerical Algorithms, §3.1). `norm` is the product of the factors'
    norms: an FFT is accurate only relative to that.
    """

    name: str
    expected: np.ndarray
    magnitude: np.ndarray
    terms: int
    letters: str = ""
    norm: float = 0.0
    loose: bool = False  # whether a result of another shape counts when the shapes differ by axes of size 1
    faults: Callable[[], dict[str, np.ndarray]] = field(default=dict)
    variants: Callable[[], dict[str, np.ndarray]] = field(default=dict)  # right too, each with its note


def gamma(k: int | float, dtype: Any) -> float:
    """γ_k = ku / (1 - ku), with u half the distance from 1 to the next float."""
    u = float(np.finfo(dtype).eps) / 2
    return k * u / (1 - k * u)


def bound(q: Quantity, dtype: Any) -> np.ndarray:
    """How far a right result in this precision may be from ours, which float64 rounds too."""
    k = q.terms + 4  # the factors may have been rounded to the precision first, and so may the result
    share = gamma(k, dtype) + gamma(k, np.float64)
    return np.asarray(share * q.magnitude + k * float(np.finfo(dtype).smallest_normal))


def bound_of_transforms(q: Quantity, dtype: Any) -> float:
    """What an FFT may be off: some eight roundings for each of its log₂ stages, three times, of the norms' product."""
    return gamma(24 * (math.log2(q.terms + q.expected.size + 2) + 1), dtype) * q.norm


def as_array(result: Any) -> np.ndarray:
    """The result as an array; a tensor of PyTorch is detached first."""
    return np.asarray(result.detach() if hasattr(result, "detach") else result)


def precision(result: np.ndarray, given: Any) -> Any:
    """The coarser of the two dtypes. Integers and Python numbers count as given."""
    if result.dtype.kind != "f":
        return np.dtype(given)
    return max(result.dtype, np.dtype(given), key=lambda dtype: np.finfo(dtype).eps)


def judge(result: Any, q: Quantity, size: str, arguments: dict[str, np.ndarray]) -> Row:
    """Right, wrong or not given, with the notes on the form."""
    if result is None:
        return Row(q.name, size, ABSENT)
    given = next(iter(arguments.values())).dtype
    try:
        actual, notes = as_array(result), form(result, q, arguments)
    except Exception as refusal:  # a ragged list, or a tensor on a GPU
        return Row(q.name, size, WRONG, f"expected an array, got {type(result).__name__}: {refusal}")
    if actual.dtype.kind not in "fiub":
        return Row(q.name, size, WRONG, f"expected numbers, got {type(result).__name__} of dtype {actual.dtype}")
    dtype = precision(actual, given)
    actual = actual.astype(np.float64)
    if actual.shape != q.expected.shape:
        if not (q.loose and ones_apart(actual.shape, q.expected.shape)):
            close = float(bound(q, dtype).max()) + bound_of_transforms(q, dtype)
            other = fits(actual, q.expected, q.letters, close)
            hint = f"layout: the values are right in the order {other}, not {q.letters}" if other else ""
            message = f"expected shape {q.expected.shape}, got {actual.shape}"
            return Row(q.name, size, WRONG, message, hint, notes)
        notes.append(f"of the shape of {actual.ndim} axes, not {q.expected.ndim}: they differ by axes of size 1")
        actual = actual.reshape(q.expected.shape)
    error = np.abs(actual - q.expected)
    if (error <= bound(q, dtype)).all():
        return Row(q.name, size, RIGHT, notes=notes)
    if (error <= bound_of_transforms(q, dtype)).all():
        return Row(q.name, size, RIGHT, notes=[*notes, "accurate only relative to the largest values, as an FFT is"])
    for note, variant in q.variants().items():
        if (np.abs(actual - variant) <= bound(q, dtype)).all():
            return Row(q.name, size, RIGHT, notes=[*notes, note])
    where = first_difference(np.asarray(~(error <= bound(q, dtype))), q.expected)  # so that NaN differs
    message = f"{q.name}{list(where)}: expected {q.expected[where]:.17g}, got {actual[where]:.17g}"
    return Row(q.name, size, WRONG, message, hints.explain(actual, q, bound(q, dtype)), notes)


def first_difference(differs: np.ndarray, expected: np.ndarray) -> tuple[int, ...]:
    """Where to look: the first difference at which the right value is not zero, if there is one."""
    telling = differs & (expected != 0)
    places = np.argwhere(telling if telling.any() else differs)
    return tuple(int(i) for i in places[0])


def form(result: Any, q: Quantity, arguments: dict[str, np.ndarray]) -> list[str]:
    """What is not as the library has it but changes no value."""
    given = next(iter(arguments.values())).dtype
    if isinstance(result, float | int) and not isinstance(result, np.generic):
        return ["a Python number, which drops the dtype"]
    actual = as_array(result)
    notes = [f"{actual.dtype} where {given} was given"] if actual.dtype != given else []
    if isinstance(result, np.ndarray):
        notes += [f"a view of the argument {name}" for name, a in arguments.items() if np.shares_memory(result, a)]
    return notes
