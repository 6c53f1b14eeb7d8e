"""Activations, with the derivation as the oracle, in float64."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from vanillacnn.beyond import heads
from vanillacnn.check.interface import call_pair, check_choice, check_letters, check_precision, split
from vanillacnn.check.judge import Quantity, as_array
from vanillacnn.check.report import RIGHT, WRONG, Report
from vanillacnn.check.runner import Case, Data, Sizes, run, to_precision
from vanillacnn.checks import real, require
from vanillacnn.equations.sigmoid import sigmoid

Function = Callable[..., Any]
ROUNDINGS = 24  # of exp, log and a few operations after it; each is within 4 units in the last place
FAR_OUT = {"±1000": [1000.0, -1000.0], "±∞": [np.inf, -np.inf], "NaN": [np.nan], "the tail": [-30.0, -80.0]}
KINDS = ("sigmoid", "tanh", "relu", "leaky_relu", "softmax")


def check_activation(
    kind: str,
    forward: Function,
    backward: Function | None = None,
    *,
    given: str = "input",
    shape: str = "NC",
    slope: float = 0.01,
    dtype: DTypeLike = np.float64,
    strict: bool = False,
) -> Report:
    """σ, tanh or a rectifier, entry by entry, with dx = dout ⊙ f′(x), or the softmax over the axis C, (H1) and (H4).

    forward(x) -> out or (out, cache); backward(dout, cache) -> dx. Without a cache, backward gets x for it, or out if
    `given` is "output". `shape` has a letter for each axis, such as "NCHW". `slope` is that of leaky_relu below zero.
    """
    check_choice("kind", kind, KINDS)
    check_choice("given", given, ("input", "output"))
    check_letters("shape", shape, "NCHW")
    require("shape", shape, "a letter for each axis", shape != "")
    require("slope", slope, "a finite number that is not 0", real(slope) and slope != 0)
    check_precision(dtype)
    if kind == "softmax" and "C" not in shape:
        raise ValueError(f"shape: expected an axis C for the classes of the softmax, got {shape!r}")
    f, gradient = formulas(kind, slope, shape.find("C"))
    piecewise = kind in ("relu", "leaky_relu")

    def pair(x: np.ndarray) -> tuple[Any, Any]:
        out, cache = split(forward(x), None)
        kept = x if given == "input" else out if out is not None else f(x).astype(dtype)
        return out, kept if cache is None else cache

    def make(size: Sizes, data: Data) -> Case:
        x, dout = (to_precision(data(*size.values()), dtype) for _ in range(2))
        if piecewise:  # to find a bend anywhere up to some thousands
            x *= 2.0 ** (np.arange(x.size).reshape(x.shape) % 12)
        y, ones = f(x), np.ones(x.shape)
        terms = 1 if piecewise else ROUNDINGS + (size["C"] + int(2 * np.ptp(x)) if kind == "softmax" else 0)
        sized = y * np.abs(dout) + y * (y * np.abs(dout)).sum(shape.find("C"), keepdims=True)

        def wrong_output() -> dict[str, np.ndarray]:
            if kind != "softmax":
                return {}
            e = np.exp(x)
            faults = {"normalized over all entries, not over the classes of each sample": e / e.sum()}
            if "N" in shape:
                over_samples = e / e.sum(axis=shape.find("N"), keepdims=True)
                faults["normalized over the samples, not over the classes"] = over_samples
            return faults

        def wrong() -> dict[str, np.ndarray]:
            faults = {"the slope is left out": dout, "the incoming gradient is left out": gradient(x, ones)}
            faults["the slope is taken of the output where the input is given, or the reverse"] = gradient(y, dout)
            faults["the incoming gradient and what is kept are exchanged"] = gradient(dout, x)
            faults |= {"y(1 - y) with the input for y": dout * x * (1 - x)} if kind == "sigmoid" else {}
            alone = "y(1 - y) alone, where the classes depend on each other"
            return faults | ({alone: dout * y * (1 - y)} if kind == "softmax" else {})

        quantities = [
            Quantity("out", y, np.abs(y) if piecewise else ones, terms, shape, faults=wrong_output),
            Quantity("dx", gradient(x, dout), sized if kind == "softmax" else abs(dout), terms, shape, faults=wrong),
        ]
        typed = {"x": x.astype(dtype), "dout": dout.astype(dtype)}
        return Case(typed, call_pair(pair, backward, ("dx",)), quantities)

    letters = [dict(zip(shape, s, strict=False)) for s in [(3, 3, 3, 3), (2, 5, 3, 4), (1, 1, 1, 1), (65, 41, 2, 3)]]
    small = [dict.fromkeys(shape, 1), {letter: 2 if letter == "C" else 1 for letter in shape}]
    report = run(Report(f"check_activation ({kind})", strict=strict), letters, make, small)
    along, zero = ("C" if kind == "softmax" else shape[-1]), np.zeros([1] * len(shape), dtype)
    if report.verdict("out") == RIGHT:
        cases = {name: values for name, values in FAR_OUT.items() if kind != "softmax" or name != "±∞"}  # that is NaN
        out = extremes(lambda x: split(forward(x), None)[0], f, cases, zero, shape.index(along))
        report.of("out", RIGHT)[0].notes += out
        if piecewise:
            judge_zero(report, forward, zero)
    if backward is not None and report.verdict("dx") == RIGHT:
        call = call_pair(pair, backward, ("dx",))
        far = {"±1000": FAR_OUT["±1000"]}
        report.of("dx", RIGHT)[0].notes += extremes(
            lambda x: dict(call(dout=first_alone(x), x=x))["dx"],
            lambda x: gradient(x, first_alone(x)),
            far,
            zero,
            shape.index(along),
        )
        if piecewise:
            judge_kink(report, call, zero, (0.0, 1.0) if kind == "relu" else (slope, 1.0))
    return report


def first_alone(x: np.ndarray) -> np.ndarray:
    """An incoming gradient of 1 for the first entry."""
    dout = np.zeros_like(x)
    dout.flat[0] = 1
    return dout


def formulas(kind: str, slope: float, axis: int) -> tuple[Function, Function]:
    """f(x), and the gradient as a function of x and the incoming one."""

    def softmax(x: np.ndarray) -> np.ndarray:
        return over(axis, heads.softmax, x)

    pairs: dict[str, tuple[Function, Function]] = {
        "sigmoid": (sigmoid, lambda x, d: d * sigmoid(x) * (1 - sigmoid(x))),
        "tanh": (np.tanh, lambda x, d: d * (1 - np.tanh(x) ** 2)),
        "relu": (lambda x: np.maximum(x, 0), lambda x, d: d * (x > 0)),
        "leaky_relu": (lambda x: np.where(x > 0, x, slope * x), lambda x, d: d * np.where(x > 0, 1.0, slope)),
        "softmax": (softmax, lambda x, d: over(axis, heads.softmax_gradient, d, softmax(x))),
    }
    return pairs[kind]


def over(axis: int, f: Function, *arrays: np.ndarray) -> np.ndarray:
    """f of arrays whose classes come first and whose other axes are one."""
    moved = [np.moveaxis(a, axis, 0) for a in arrays]
    rows = f(*(np.ascontiguousarray(a.reshape(len(a), -1)) for a in moved))
    return np.moveaxis(rows.reshape(moved[0].shape), 0, axis)


def judge_zero(report: Report, forward: Function, zero: np.ndarray) -> None:
    """A rectifier of zero is zero."""
    row = report.of("out", RIGHT)[0]
    try:
        got = as_array(split(forward(zero.copy()), None)[0]).astype(float).ravel().tolist()
    except Exception as error:
        row.notes.append(f"refuses zero: {type(error).__name__}: {error}")
        return
    if got != [0.0]:
        row.verdict, row.message = WRONG, f"x = 0: expected 0, got {got}"


def judge_kink(report: Report, call: Function, x: np.ndarray, slopes: tuple[float, float]) -> None:
    """At zero any slope from that below to that above is a rectifier's. A note says if it is not the first, as here."""
    row = report.of("dx", RIGHT)[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            at_zero = float(as_array(dict(call(dout=np.ones_like(x), x=x))["dx"]).ravel()[0])
        except Exception as error:
            row.notes.append(f"refuses zero: {type(error).__name__}: {error}")
            return
    least, most, near = min(slopes), max(slopes), 1e-3 * abs(slopes[0])  # for it may be rounded to a half
    if not least - near <= at_zero <= most:
        row.verdict, row.hints = WRONG, ["at zero, the slope is none between those on its two sides"]
        row.message = f"x = 0, dout = 1: expected dx from {least:g} to {most:g}, got {at_zero}"
    elif abs(at_zero - slopes[0]) > near:
        row.notes.append(f"at zero, the slope is {at_zero:g}; here it is {slopes[0]:g}, and both are right")


def extremes(give: Function, right: Function, cases: dict[str, list[float]], zero: np.ndarray, axis: int) -> list[str]:
    """How it takes what is far out: overflow, NaN, ±∞ and the tail, where only the relative error tells."""
    notes = []
    for name, values in cases.items():
        x = np.array(values, zero.dtype).reshape([-1 if k == axis else 1 for k in range(zero.ndim)])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                actual = as_array(give(x.copy())).astype(float)
            except Exception as error:
                notes.append(f"refuses {name}: {type(error).__name__}: {error}")
                continue
        with np.errstate(all="ignore"):
            expected = right(x.astype(np.float64))
            allowed = 1e-3 * np.minimum(np.abs(expected), 1 if name == "the tail" else 1e3)
            if name in ("±1000", "±∞"):  # where σ is less than any float, what is nearly nothing will do
                allowed += np.sqrt(float(np.finfo(zero.dtype).smallest_normal))
            differs = (actual != expected) & ~(np.abs(actual - expected) <= allowed) & ~np.isnan(expected)
        if caught:
            notes.append(f"warns at {name}: {caught[0].message}")
        if (np.isnan(actual) != np.isnan(expected)).any() or differs.any():
            notes.append(f"at {name} it gives {actual.ravel().tolist()}, where {expected.ravel().tolist()} is right")
    return notes
