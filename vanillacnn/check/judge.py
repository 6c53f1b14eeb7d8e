"""The verdict on one result: its shape and values first, in the precision of the user, then the notes on its form."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vanillacnn.check import bounds
from vanillacnn.check.bounds import within
from vanillacnn.check.faults import explain
from vanillacnn.check.interface import fits, ones_apart
from vanillacnn.check.report import ABSENT, RIGHT, WRONG, Row

INEXACT = "within the bound but not exact, where every order of a sum is: something is rounded on the way"


@dataclass(frozen=True)
class Quantity:
    """What is right, in the user's axes.

    A sum of at most `terms` products whose sizes add up to `magnitude` is within γ_terms · magnitude of the exact one
    in any order (Higham, Accuracy and Stability of Numerical Algorithms, §3.1). `norm` is the product of the factors'
    norms: an FFT is accurate only relative to that. `parameter` has the sizes of what a gradient is the gradient of:
    one that is taken as the difference of the weights before and after a step is accurate only relative to them.
    """

    name: str
    expected: np.ndarray
    magnitude: np.ndarray
    terms: int
    letters: str = ""
    norm: float = 0.0
    parameter: np.ndarray | None = None
    loose: bool = False  # whether a result of another shape counts when the shapes differ by axes of size 1
    faults: Callable[[], dict[str, np.ndarray]] = field(default=dict)
    variants: Callable[[], dict[str, np.ndarray]] = field(default=dict)  # right too, each with its note


def bound(q: Quantity, dtype: Any) -> np.ndarray:
    """How far a right result in this precision may be from ours."""
    return bounds.of_sums(q.terms, q.magnitude, dtype)


def bound_of_transforms(q: Quantity, dtype: Any) -> float:
    return bounds.of_transforms(q.terms + q.expected.size, q.norm, dtype)


def is_dyadic(a: np.ndarray) -> bool:
    """Multiples of 1/64: sums and products of eighths, which every order of the operations gives exactly."""
    return bool((np.rint(64 * a) == 64 * a).all())


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
            message = f"expected shape {q.expected.shape}, got {actual.shape}"
            return Row(q.name, size, WRONG, message, explain_shape(actual, q, dtype), notes)
        notes.append(f"of the shape of {actual.ndim} axes, not {q.expected.ndim}: they differ by axes of size 1")
        actual = actual.reshape(q.expected.shape)
    if not np.isfinite(actual).all():
        return wrong(actual, q, size, dtype, notes)
    summed = bound(q, dtype)
    if within(actual, q.expected, summed).all():
        exact = (actual == q.expected).all() or not is_dyadic(q.expected)
        return Row(q.name, size, RIGHT, notes=notes if exact else [*notes, INEXACT])
    if within(actual, q.expected, bound_of_transforms(q, dtype)).all():
        return Row(q.name, size, RIGHT, notes=[*notes, "accurate only relative to the largest values, as an FFT is"])
    if q.parameter is not None:
        sizes = q.parameter + np.abs(q.expected)
        if within(actual, q.expected, summed + bounds.of_steps(sizes, dtype)).all():
            note = "accurate only relative to the parameters, as a step's size is"
            return Row(q.name, size, RIGHT, notes=[*notes, note])
    for note, variant in q.variants().items():
        if within(actual, variant, summed).all():
            return Row(q.name, size, RIGHT, notes=[*notes, note])
    return wrong(actual, q, size, dtype, notes)


def wrong(actual: np.ndarray, q: Quantity, size: str, dtype: Any, notes: list[str]) -> Row:
    where = first_difference(np.asarray(~within(actual, q.expected, bound(q, dtype))), q.expected)
    message = f"{q.name}{list(where)}: expected {q.expected[where]:.17g}, got {actual[where]:.17g}"
    return Row(q.name, size, WRONG, message, list(explain(actual, q, bound(q, dtype))), notes)


def explain_shape(actual: np.ndarray, q: Quantity, dtype: Any) -> list[str]:
    """The order of the axes that is right, or the sum that was not taken."""
    close = float(bound(q, dtype).max()) + bound_of_transforms(q, dtype)
    other = fits(actual, q.expected, q.letters, close)
    if other:
        return [f"layout: the values are right in the order {other}, not {q.letters}"]
    sums = {"mean": float(actual.mean()), "sum": float(actual.sum())} if actual.size > 1 else {}
    return [
        f"a value for each entry, whose {name} is right: check lambda x, y: np.{name}(loss(x, y))"
        for name, value in sums.items()
        if q.expected.ndim == 0 and abs(value - float(q.expected)) <= close
    ]


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
