"""Runs the user's functions at each size and collects the rows. Nothing that they raise stops a check."""

import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np

from vanillacnn.check.judge import Quantity, as_array, judge
from vanillacnn.check.report import ABSENT, REFUSED, RIGHT, WRONG, Report, Row

Data = Callable[..., np.ndarray]
Sizes = dict[str, int]


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
            if report.of(quantity, RIGHT) and {"u", "v"} <= sizes[0].keys() and not any(square(row) for row in wrong):
                wrong[0].hint = wrong[0].hint or "right for every square kernel: the code takes its two sides for equal"
            wrong[0].counterexample = counterexample(quantity, make, small + sizes)
    return report


def unite(report: Report) -> None:
    """One row for each quantity and size: the two kinds of data agree, or the wrong one stands."""
    rows: dict[tuple[str, str], Row] = {}
    for row in report.rows:
        kept = rows.setdefault((row.quantity, row.size), row)
        kept.notes += [note for note in row.notes if note not in kept.notes]
        if row.verdict == WRONG and kept.verdict != WRONG:
            row.notes = kept.notes
            rows[row.quantity, row.size] = row
    report.rows = list(rows.values())


def note_memory_order(report: Report, case: Case, size: str) -> None:
    """The same arguments, column after column in memory: what was right has to stay right."""
    right = {row.quantity: row for row in report.rows if row.size == size and row.verdict == RIGHT}
    for row in run_case(case, size, "F"):
        if row.verdict not in (RIGHT, ABSENT) and row.quantity in right:
            right[row.quantity].notes.append("the answer depends on the order of the arguments in memory")


def run_case(case: Case, size: str, order: Literal["C", "F"] = "C") -> list[Row]:
    """A row for each quantity; what an exception kept from being computed was refused."""
    given = {name: np.array(a, order=order) for name, a in case.arguments.items()}
    results: dict[str, Any] = {}
    refusal = ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            for name, value in case.call(**given):
                results[name] = value
        except Exception as error:
            refusal = describe(error)
    written = [f"writes to the argument {n}" for n, a in given.items() if not np.array_equal(a, case.arguments[n])]
    warned = [f"warns: {each.message}" for each in caught if issubclass(each.category, RuntimeWarning)]
    rows = []
    for q in case.quantities:
        if refusal and q.name not in results:
            rows.append(Row(q.name, size, REFUSED, refusal))
            continue
        row = judge(results.get(q.name), q, size, given)
        row.notes += written + list(dict.fromkeys(warned)) if q.name in results else []
        rows.append(row)
    return rows


def describe(error: Exception) -> str:
    """The exception's type and message, and the last line of the user's own that it came from."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
    frames = [frame for frame in frames if "vanillacnn/check/" not in frame.filename.replace("\\", "/")]
    place = f" ({frames[-1].filename}, line {frames[-1].lineno}, in {frames[-1].name})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"


def square(row: Row) -> bool:
    """Whether the kernel at this size is as high as it is wide."""
    sides = dict(part.split("=") for part in row.size.split(", "))
    return sides["u"] == sides["v"]


def spell(size: Sizes) -> str:
    return ", ".join(f"{name}={value}" for name, value in size.items())


def counterexample(quantity: str, make: Callable[[Sizes, Data], Case], sizes: list[Sizes]) -> str:
    """The arguments of the first size at which it is wrong, ready to be pasted, with what is expected and what came."""
    for size, kind in product(sizes, (dyadic, general)):
        case = make(size, kind(np.random.default_rng(0)))
        rows = [row for row in run_case(case, spell(size)) if (row.quantity, row.verdict) == (quantity, WRONG)]
        if not rows:
            continue
        results: dict[str, Any] = {}
        for name, value in case.call(**{name: a.copy() for name, a in case.arguments.items()}):
            results[name] = value
            if name == quantity:
                break
        expected = next(q.expected for q in case.quantities if q.name == quantity)
        arrays = case.arguments | {"expected": expected, "actual": as_array(results[quantity])}
        if sum(a.size for a in arrays.values()) <= 400:
            return "\n".join(f"{name} = np.array({a.tolist()})" for name, a in arrays.items())
    return ""
