"""The verdict on one result: its shape and values first, in the precision of the user, then the notes on its form."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vanillacnn.check import hints
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
    """What an FFT may be off: four roundings for each of its log₂ stages, of the norms' product.

    That is eight times what those of NumPy and SciPy were seen to be off.
    """
    return gamma(4 * (math.log2(q.terms + q.expected.size + 2) + 1), dtype) * q.norm


def bound_of_steps(q: Quantity, parameter: np.ndarray, dtype: Any) -> np.ndarray:
    """What a difference of weights before and after a step may be off, with a rate of 1 or, in float64, down to 0.001.

    That is two roundings of the weights' size, over the rate.
    """
    roundings = 2000 if dtype == np.float64 else 2
    return np.asarray(bound(q, dtype) + gamma(roundings, dtype) * (parameter + np.abs(q.expected)))


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
    error = np.abs(actual - q.expected)
    if (error <= bound(q, dtype)).all():
        exact = not error.any() or not is_dyadic(q.expected)
        return Row(q.name, size, RIGHT, notes=notes if exact else [*notes, INEXACT])
    if (error <= bound_of_transforms(q, dtype)).all():
        return Row(q.name, size, RIGHT, notes=[*notes, "accurate only relative to the largest values, as an FFT is"])
    if q.parameter is not None and (error <= bound_of_steps(q, q.parameter, dtype)).all():
        return Row(q.name, size, RIGHT, notes=[*notes, "accurate only relative to the parameters, as a step's size is"])
    for note, variant in q.variants().items():
        if (np.abs(actual - variant) <= bound(q, dtype)).all():
            return Row(q.name, size, RIGHT, notes=[*notes, note])
    return wrong(actual, q, size, dtype, notes)


def wrong(actual: np.ndarray, q: Quantity, size: str, dtype: Any, notes: list[str]) -> Row:
    with np.errstate(invalid="ignore"):
        within = np.abs(actual - q.expected) <= bound(q, dtype)  # NaN is not
    where = first_difference(np.asarray(~within), q.expected)
    message = f"{q.name}{list(where)}: expected {q.expected[where]:.17g}, got {actual[where]:.17g}"
    return Row(q.name, size, WRONG, message, list(hints.explain(actual, q, np.asarray(bound(q, dtype)))), notes)


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
