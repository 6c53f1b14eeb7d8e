"""Activations and losses, with the derivation as the oracle, in float64."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from vanillacnn.beyond import heads
from vanillacnn.check import sizes
from vanillacnn.check.convolution import to_precision
from vanillacnn.check.judge import Quantity, as_array
from vanillacnn.check.layouts import check_letters, to_user
from vanillacnn.check.protocol import call_pair, split
from vanillacnn.check.report import RIGHT, Report
from vanillacnn.check.runner import Case, Data, Sizes, run
from vanillacnn.equations import loss as squared
from vanillacnn.equations.sigmoid import sigmoid

Function = Callable[..., Any]
ROUNDINGS = (
    24  # of exp, log and a few operations after it; each is within 4 units in the last place, two roundings each
)
ACTIVATIONS: dict[str, tuple[Function, Function]] = {
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0),
}


def check_activation(
    kind: str,
    forward: Function,
    backward: Function | None = None,
    *,
    given: str = "input",
    shape: str = "NC",
    dtype: DTypeLike = np.float64,
    strict: bool = False,
) -> Report:
    """σ, tanh or the rectifier, entry by entry, and dx = dout ⊙ f′(x).

    forward(x) -> out or (out, cache); backward(dout, cache) -> dx. Without a cache, backward gets x for it, or out if
    `given` is "output". `shape` has a letter for each axis, such as "NCHW".
    """
    if kind not in ACTIVATIONS:
        raise ValueError(f"kind: expected one of {', '.join(ACTIVATIONS)}, got {kind!r}")
    if given not in ("input", "output"):
        raise ValueError(f'given: expected "input" or "output", got {given!r}')
    check_letters("shape", shape, "NCHW")
    f, slope = ACTIVATIONS[kind]

    def pair(x: np.ndarray) -> tuple[Any, Any]:
        out, cache = split(forward(x), None)
        return out, (x if given == "input" else out) if cache is None else cache

    def make(size: Sizes, data: Data) -> Case:
        x, dout = (to_precision(data(*size.values()), dtype) for _ in range(2))
        roundings = 1 if kind == "relu" else ROUNDINGS
        y, dx = f(x), dout * slope(x)
        absolute = np.abs(y) if kind == "relu" else np.ones(x.shape)
        wrong = {"the slope is left out": dout, "the incoming gradient is left out": slope(x)}
        wrong |= {"the slope is taken of the output where the input is given, or the reverse": dout * slope(y)}
        wrong |= {"y(1 - y) with the input for y": dout * x * (1 - x)} if kind == "sigmoid" else {}
        quantities = [
            Quantity("out", y, absolute, roundings, shape),
            Quantity("dx", dx, np.abs(dout), roundings, shape, faults=lambda: wrong),
        ]
        typed = {"x": x.astype(dtype), "dout": dout.astype(dtype)}
        return Case(typed, call_pair(pair, backward, ("dx",)), quantities)

    letters = [dict(zip(shape, s, strict=False)) for s in [(3, 3, 3, 3), (2, 5, 3, 4), (1, 1, 1, 1), (65, 41, 2, 3)]]
    report = run(Report(f"check_activation ({kind})", strict=strict), letters, make, [dict.fromkeys(shape, 1)])
    if report.verdict("out") == RIGHT:
        report.of("out", RIGHT)[0].notes += extremes(kind, forward, f, dtype, len(shape))
    return report


def extremes(kind: str, forward: Function, f: Function, dtype: DTypeLike, axes: int) -> list[str]:
    """How it takes what is far out: overflow, NaN, ±∞ and the tail, where only the relative error tells."""
    notes = []
    for name, values in (
        ("±1000", [1000.0, -1000.0]),
        ("±∞", [np.inf, -np.inf]),
        ("NaN", [np.nan]),
        ("the tail", [-30.0, -80.0]),
    ):
        x = np.array(values, dtype).reshape([1] * (axes - 1) + [-1])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                actual = as_array(split(forward(x.copy()), None)[0]).astype(float)
            except Exception as error:
                notes.append(f"refuses {name}: {type(error).__name__}: {error}")
                continue
        with np.errstate(all="ignore"):
            expected = f(x.astype(np.float64))
            allowed = 1e-3 * np.minimum(np.abs(expected), 1 if name == "the tail" else 1e3)
            differs = (actual != expected) & (np.abs(actual - expected) > allowed) & ~np.isnan(expected)
        if caught:
            notes.append(f"warns at {name}: {caught[0].message}")
        if (np.isnan(actual) != np.isnan(expected)).any() or differs.any():
            notes.append(f"at {name} it gives {actual.ravel().tolist()}, where {expected.ravel().tolist()} is right")
    return notes


LOSSES: dict[str, tuple[Function, Function]] = {
    "squared_error": (squared.squared_error, squared.squared_error_gradient),
    "softmax_cross_entropy": (
        heads.softmax_cross_entropy,
        lambda z, y: heads.softmax_cross_entropy_gradient(heads.softmax(z), y),
    ),
    "sigmoid_cross_entropy": (
        heads.binary_cross_entropy,
        lambda z, y: heads.binary_cross_entropy_gradient(sigmoid(z), y),
    ),
    "cross_entropy": (lambda s, y: -(y * np.log(s)).sum() / y.shape[1], lambda s, y: -y / s / y.shape[1]),
}


def check_loss(
    kind: str,
    forward: Function,
    backward: Function | None = None,
    *,
    x: str = "NC",
    labels: str = "one-hot",
    reduction: str = "mean",
    gradient_reduction: str | None = None,
    factor: int | float = 1.0,
    dtype: DTypeLike = np.float64,
    strict: bool = False,
) -> Report:
    """A loss and its gradient: squared_error (26), softmax_ (H2), sigmoid_ (H5) or plain cross_entropy.

    forward(x, y) -> loss, or (loss, dx) with no backward; backward(x, y) -> dx. (26) has a factor ½; `factor`
    multiplies it, so that 2 is for a loss without it. `reduction` is the "mean" or the "sum" over the samples, or
    "elements", the mean over all entries; the gradient may have its own. cross_entropy has probabilities in x, the
    others scores.
    """
    if kind not in LOSSES:
        raise ValueError(f"kind: expected one of {', '.join(LOSSES)}, got {kind!r}")
    if labels not in ("one-hot", "integers"):
        raise ValueError(f'labels: expected "one-hot" or "integers", got {labels!r}')
    check_letters("x", x, "CN")
    reductions = (reduction, reduction if gradient_reduction is None else gradient_reduction)
    for each in reductions:
        if each not in ("mean", "sum", "elements"):
            raise ValueError(f'reduction: expected "mean", "sum" or "elements", got {each!r}')
    loss, gradient = LOSSES[kind]

    def make(size: Sizes, data: Data) -> Case:
        N, C = size.values()
        z = to_precision(data(C, N), dtype)
        if kind == "cross_entropy":
            z = to_precision(heads.softmax(z), dtype)
        classes = np.arange(1, N + 1) % C
        y = np.eye(C)[:, classes]
        shares = [factor * {"mean": 1.0, "sum": float(N), "elements": 1 / C}[each] for each in reductions]
        right, dz = shares[0] * loss(z, y), shares[1] * gradient(z, y)
        scale = abs(right) + shares[0] * float(np.abs(z).max()) * (C if kind == "sigmoid_cross_entropy" else 1)
        # A term of the gradient is a difference of a score and a label, whose sizes add up
        size_of = (
            shares[1] * (np.abs(z) + y if kind == "squared_error" else np.maximum(1, np.abs(gradient(z, y)) * N)) / N
        )

        def user(a: np.ndarray) -> np.ndarray:
            return to_user(a, "CN", x)

        def loss_faults() -> dict[str, np.ndarray]:
            return {f"off by the constant factor {name}": np.array(right * c) for name, c in constants(N, C).items()}

        def faults() -> dict[str, np.ndarray]:
            wrong = {f"off by the constant factor {name}": user(dz * c) for name, c in constants(N, C).items()}
            return wrong | {"of the wrong sign": user(-dz)}

        def guarded(differentiated: bool) -> dict[str, np.ndarray]:
            share = shares[differentiated] / N
            probabilities = {"softmax_cross_entropy": heads.softmax, "sigmoid_cross_entropy": sigmoid}
            p = probabilities[kind](z) if kind in probabilities else z
            pairs = [(p, y), (1 - p, 1 - y)] if kind == "sigmoid_cross_entropy" else [(p, y)]
            found = {}
            for eps in 10.0 ** np.arange(-16, -5):
                if not differentiated:
                    value = np.array(-share * sum((t * np.log(s + eps)).sum() for s, t in pairs))
                elif kind == "cross_entropy":
                    value = user(-share * y / (p + eps))
                else:
                    continue
                found[f"an ε of {eps:.0e} inside the logarithm"] = value
            return found

        guards = {} if kind == "squared_error" else {False: lambda: guarded(False), True: lambda: guarded(True)}
        spread = float(np.ptp(z))
        terms = ROUNDINGS + C * N + int(2 * spread)
        quantities = [
            Quantity(
                "loss",
                np.array(right),
                np.array(scale),
                terms,
                loose=True,
                faults=loss_faults,
                variants=guards.get(False, dict),
            ),
            Quantity(
                "dx",
                user(dz),
                user(size_of),
                ROUNDINGS + C + int(2 * spread),
                x,
                faults=faults,
                variants=guards.get(True, dict),
            ),
        ]
        arguments = {"x": user(z).astype(dtype), "y": user(y).astype(dtype) if labels == "one-hot" else classes}
        return Case(arguments, call, quantities)

    def call(x: np.ndarray, y: np.ndarray) -> Iterator[tuple[str, Any]]:
        value, dx = split(forward(x, y), None)
        yield "loss", value
        if backward is not None:
            dx = backward(x, y)
        if dx is not None:
            yield "dx", dx

    small = [{"N": n, "C": c} for n, c in [(1, 2), (2, 2), (2, 3)]]
    report = Report(f"check_loss ({kind})", strict=strict)
    return run(report, sizes.without(sizes.scores(), {"N": x}), make, sizes.without(small, {"N": x}))


def constants(N: int, C: int) -> dict[str, float]:
    """Factors that are often one too many or too few, by their names."""
    named = {
        "1/N: 1/N twice, or the mean for the sum": 1 / N,
        "N: the sum for the mean": float(N),
        "2": 2.0,
        "1/2": 0.5,
    }
    named |= {"1/C: the mean over all entries": 1 / C, "C": float(C)}
    return {name: c for name, c in named.items() if c != 1}
