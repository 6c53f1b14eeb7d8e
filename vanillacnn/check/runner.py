"""Runs the user's functions at each size and collects the rows. Nothing that they raise stops a check."""

import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike

from vanillacnn.check.judge import Quantity, as_array, bound, judge
from vanillacnn.check.report import ABSENT, REFUSED, RIGHT, WRONG, Report, Row, telling

Data = Callable[..., np.ndarray]
Sizes = dict[str, int]
WORST = (WRONG, REFUSED, ABSENT, RIGHT)


@dataclass
class Case:
    """The arguments of one call, the calls that give results by name, and what is right."""

    arguments: dict[str, np.ndarray]
    call: Callable[..., Iterator[tuple[str, Any]]]
    quantities: list[Quantity]


def dyadic(rng: np.random.Generator) -> Data:
    """Eighths of integers, not zero: their products and sums are exact in float32 and float64."""
    return lambda *shape: rng.integers(1, 17, shape) * rng.choice([-0.125, 0.125], shape)


def general(rng: np.random.Generator) -> Data:
    return lambda *shape: rng.standard_normal(shape)


def to_precision(a: np.ndarray, dtype: DTypeLike) -> np.ndarray:
    """The oracle's float64, of values that the precision has."""
    return a.astype(dtype).astype(np.float64)


def run(report: Report, sizes: list[Sizes], make: Callable[[Sizes, Data], Case], small: list[Sizes]) -> Report:
    for size in sizes:
        for kind in (dyadic, general):
            rows = run_case(make(size, kind(np.random.default_rng(0))), spell(size))
            report.rows += rows
    unite(report)
    note_memory_order(report, make(sizes[0], dyadic(np.random.default_rng(0))), spell(sizes[0]))
    for quantity in report.quantities:
        wrong = report.of(quantity, WRONG)
        if wrong:
            if not any(row.hints for row in wrong):
                wrong[0].hints = only_some_sizes(report.of(quantity, RIGHT), wrong)
            telling(wrong)[0].counterexample = counterexample(quantity, make, small + sizes)
    return report


def unite(report: Report) -> None:
    """One row for each quantity and size: the two kinds of data agree, or the worse of them stands."""
    rows: dict[tuple[str, str], Row] = {}
    for row in report.rows:
        kept = rows.setdefault((row.quantity, row.size), row)
        kept.notes += [note for note in row.notes if note not in kept.notes]
        if WORST.index(row.verdict) < WORST.index(kept.verdict):
            row.notes = kept.notes
            rows[row.quantity, row.size] = row
    report.rows = list(rows.values())
    for quantity in report.quantities:
        right, absent = report.of(quantity, RIGHT), report.of(quantity, ABSENT)
        if right and absent:
            right[0].notes.append(f"not given at {'; '.join(row.size for row in absent)}")


def note_memory_order(report: Report, case: Case, size: str) -> None:
    """The same arguments, column after column in memory: what was right has to stay right."""
    right = {row.quantity: row for row in report.rows if row.size == size and row.verdict == RIGHT}
    for row in run_case(case, size, "F"):
        if row.verdict == WRONG and row.quantity in right:
            right[row.quantity].notes.append("the answer depends on the order of the arguments in memory")
        if row.verdict == REFUSED and row.quantity in right:
            right[row.quantity].notes.append(f"refuses arguments in Fortran order: {row.message}")


def results_of(case: Case, given: dict[str, np.ndarray]) -> tuple[dict[str, Any], str, list[warnings.WarningMessage]]:
    """The results by name, why there are no more, and what was warned of: nothing of the user's ends a check."""
    results: dict[str, Any] = {}
    refusal = ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            for name, value in case.call(**given):
                results[name] = kept(value, given)
        except Exception as error:
            refusal = describe(error)
    return results, refusal, caught


def kept(value: Any, given: dict[str, np.ndarray]) -> Any:
    """A result as it is now: a backward pass may compute in its place. A view of an argument stays one."""
    if not isinstance(value, np.ndarray) or any(np.shares_memory(value, a) for a in given.values()):
        return value
    return value.copy()


def run_case(case: Case, size: str, order: Literal["C", "F"] = "C") -> list[Row]:
    """A row for each quantity; what an exception kept from being computed was refused."""
    given = {name: np.array(a, order=order) for name, a in case.arguments.items()}
    results, refusal, caught = results_of(case, given)
    written = [f"writes to the argument {n}" for n, a in given.items() if not np.array_equal(a, case.arguments[n])]
    warned = [f"warns: {each.message}" for each in caught if issubclass(each.category, RuntimeWarning)]
    rows = []
    for q in case.quantities:
        if refusal and q.name not in results:
            rows.append(Row(q.name, size, REFUSED, refusal))
            continue
        row = judge(results.get(q.name), q, size, given)
        if row.verdict == WRONG:
            row.hints = [*mistaken(results[q.name], q, case.quantities), *row.hints]
        row.notes += written + list(dict.fromkeys(warned)) if q.name in results else []
        rows.append(row)
    return rows


def mistaken(result: Any, q: Quantity, others: list[Quantity]) -> Iterator[str]:
    """The other gradient that a wrong result is, when it is one."""
    try:
        actual = as_array(result)
    except Exception:  # the verdict says so
        return
    if actual.dtype.kind not in "fiub":
        return
    for other in others[1:]:
        alike = other.name != q.name and actual.shape == other.expected.shape and actual.size > 1
        if alike and (np.abs(actual - other.expected) <= bound(other, np.float32)).all():
            order = ", ".join(each.name for each in others[1:])
            yield f"these are the values of {other.name}: give the gradients in the order ({order})"


def describe(error: BaseException) -> str:
    """The exception's type and message, and the last line of the user's own that it came from."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
    ours = "vanillacnn/check/", "<frozen "
    frames = [f for f in frames if not any(part in f.filename.replace("\\", "/") for part in ours)]
    place = f" ({frames[-1].filename}, line {frames[-1].lineno}, in {frames[-1].name})" if frames else ""
    return f"{type(error).__name__}: {error}{place}" + "".join(f", {note}" for note in getattr(error, "__notes__", ()))


def only_some_sizes(right: list[Row], wrong: list[Row]) -> list[str]:
    """What is common to all sizes at which it is right, and to none at which it is wrong."""
    if not any(is_square(row) for row in wrong) and any(is_square(row) for row in right):
        return ["right where images and kernels are square: if no others are meant, declare square=True"]
    kernels = {side_of(row, "u") for row in right} - {""}
    if len(kernels) == 1 and not kernels & {side_of(row, "u") for row in wrong}:
        (k,) = kernels
        return [f"right for kernels of {k} rows: if no others are meant, declare kernel_size={k}"]
    return []


def sides(row: Row) -> dict[str, str]:
    return dict(part.split("=") for part in row.size.split(", "))


def is_square(row: Row) -> bool:
    """Whether the image and the kernel at this size are as high as they are wide."""
    of = sides(row)
    return of.get("u") == of.get("v") and of.get("H") == of.get("W")


def side_of(row: Row, letter: str) -> str:
    return sides(row).get(letter, "")


def spell(size: Sizes) -> str:
    return ", ".join(f"{name}={value}" for name, value in size.items())


def counterexample(quantity: str, make: Callable[[Sizes, Data], Case], sizes: list[Sizes]) -> str:
    """The arguments of the first size at which it is wrong, ready to be pasted, with what is expected and what came."""
    for size, kind in product(sizes, (dyadic, general)):
        case = make(size, kind(np.random.default_rng(0)))
        rows = [row for row in run_case(case, spell(size)) if (row.quantity, row.verdict) == (quantity, WRONG)]
        if not rows:
            continue
        results, _, _ = results_of(case, {name: a.copy() for name, a in case.arguments.items()})
        expected = next(q.expected for q in case.quantities if q.name == quantity)
        try:
            arrays = case.arguments | {"expected": expected, "actual": as_array(results[quantity])}
        except Exception:  # no array, or none this time
            continue
        if sum(a.size for a in arrays.values()) <= 400:
            return "\n".join([f"# {spell(size)}", *(f"{name} = np.array({a.tolist()})" for name, a in arrays.items())])
    return ""
