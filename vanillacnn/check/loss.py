"""Losses, with the derivation as the oracle, in float64."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from vanillacnn.beyond import heads
from vanillacnn.check import sizes
from vanillacnn.check.activation import ROUNDINGS
from vanillacnn.check.faults import REDUCTIONS, constants, declarations, share
from vanillacnn.check.interface import check_choice, check_letters, check_precision, split, to_user
from vanillacnn.check.judge import Quantity, as_array
from vanillacnn.check.report import RIGHT, Report
from vanillacnn.check.runner import Case, Data, Sizes, run, to_precision
from vanillacnn.checks import real, require
from vanillacnn.equations import loss as squared
from vanillacnn.equations.sigmoid import sigmoid

Function = Callable[..., Any]
DECIMALS = {m * 10.0**-k for k in range(5, 17) for m in (1, 2, 5)}
GUARDS = sorted(DECIMALS | {float(np.finfo(dtype).eps) for dtype in ("f4", "f8")})  # usual ε


def entropy(p: np.ndarray, y: np.ndarray, guard: float = 0.0) -> Any:
    return -(y * np.log(p + guard)).sum() / y.shape[1]


def entropy_gradient(p: np.ndarray, y: np.ndarray, guard: float = 0.0) -> np.ndarray:
    return -y / (p + guard) / y.shape[1]


def binary_entropy(p: np.ndarray, y: np.ndarray, guard: float = 0.0) -> Any:
    return entropy(p, y, guard) + entropy(1 - p, 1 - y, guard)


def binary_entropy_gradient(p: np.ndarray, y: np.ndarray, guard: float = 0.0) -> np.ndarray:
    return entropy_gradient(p, y, guard) - entropy_gradient(1 - p, 1 - y, guard)


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
    "cross_entropy": (entropy, entropy_gradient),
    "binary_cross_entropy": (binary_entropy, binary_entropy_gradient),
}
BINARY = ("sigmoid_cross_entropy", "binary_cross_entropy")
PROBABILITIES: dict[str, Function] = {
    "softmax_cross_entropy": heads.softmax,
    "cross_entropy": lambda p: p,
    "sigmoid_cross_entropy": sigmoid,
    "binary_cross_entropy": lambda p: p,
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
    """A loss and its gradient: squared_error (26), softmax_ (H2) or sigmoid_cross_entropy (H5) of scores, or plain
    cross_entropy or binary_cross_entropy of probabilities.

    forward(x, y) -> loss, or (loss, dx) with no backward; backward(x, y) -> dx. (26) has a factor ½; `factor`
    multiplies it, so that 2 is for a loss without it. `reduction` is the "mean" or the "sum" over the samples, or
    "elements", the mean over all entries; the gradient may have its own.
    """
    check_choice("kind", kind, tuple(LOSSES))
    check_choice("labels", labels, ("one-hot", "integers"))
    check_letters("x", x, "CN")
    require("x", x, "a letter for each axis", x != "")
    check_precision(dtype)
    if "C" not in x and kind not in ("squared_error", *BINARY):
        raise ValueError(f"x: expected an axis C for the classes of {kind}, got {x!r}")
    reductions = (reduction, reduction if gradient_reduction is None else gradient_reduction)
    check_choice("reduction", reductions[0], REDUCTIONS)
    check_choice("gradient_reduction", reductions[1], REDUCTIONS)
    require("factor", factor, "a finite number that is not 0", real(factor) and factor != 0)

    def make(size: Sizes, data: Data) -> Case:
        N, C = size.values()
        z = to_precision(data(C, N), dtype)
        if kind == "cross_entropy":
            z = to_precision(heads.softmax(z), dtype)
        if kind == "binary_cross_entropy":
            z = to_precision(sigmoid(z), dtype)
        classes = np.arange(C // 2, C // 2 + N) % max(C, 2)
        y = np.eye(C)[:, classes] if C > 1 else classes[np.newaxis].astype(float)
        if kind == "squared_error" and labels == "one-hot":  # which has no need of classes
            y = to_precision(data(C, N), dtype)
        shares = [factor * share(each, N, C) for each in reductions]
        arguments = {"x": to_user(z, "CN", x).astype(dtype), "y": classes if "N" in x else classes[0]}
        if labels == "one-hot":
            arguments["y"] = to_user(y, "CN", x).astype(dtype)
        free: set[float] = {1, 2} if kind == "squared_error" else set()  # a gradient cannot have another than its loss
        others = [declarations(reductions[0], factor, free, N, C), declarations(reductions[1], factor, set(), N, C)]
        return Case(arguments, call, quantities(kind, z, y, shares, others, x))

    def call(x: np.ndarray, y: np.ndarray) -> Iterator[tuple[str, Any]]:
        value, dx = split(forward(x, y), None)
        yield "loss", value
        if backward is not None:
            dx = backward(x, y)
        if dx is not None:
            yield "dx", dx

    here, small = (sizes.without(each, {"N": x, "C": x}) for each in (sizes.scores(), sizes.small_scores()))
    report = run(Report(f"check_loss ({kind})", strict=strict), here, make, small)
    if kind in ("softmax_cross_entropy", "sigmoid_cross_entropy") and report.verdict("loss") == RIGHT:
        report.of("loss", RIGHT)[0].notes += far_out(call, x, labels, dtype)
    return report


def quantities(
    kind: str, z: np.ndarray, y: np.ndarray, shares: list[float], others: list[dict[str, float]], x: str
) -> list[Quantity]:
    """What is right, and what the usual faults would give."""
    (C, N), (loss, gradient) = z.shape, LOSSES[kind]
    right, dz = shares[0] * loss(z, y), shares[1] * gradient(z, y)
    scale = abs(right) + abs(shares[0]) * float(np.abs(z).max()) * (C if kind in BINARY else 1)
    # A term of the gradient is a difference of a score and a label, whose sizes add up
    terms = np.abs(z) + np.abs(y) if kind == "squared_error" else np.maximum(1, np.abs(gradient(z, y)) * N)
    if kind == "binary_cross_entropy":
        terms = 1 / (z * (1 - z))
    roundings = ROUNDINGS + C + int(2 * np.ptp(z))

    def user(a: np.ndarray) -> np.ndarray:
        return to_user(a, "CN", x)

    def loss_faults() -> dict[str, np.ndarray]:
        wrong = {hint.format(""): np.array(right * c) for hint, c in (others[0] | constants(N, C)).items()}
        return wrong | {f"the logarithm to the base {b}": np.array(right / np.log(b)) for b in (2, 10)}

    def gradient_faults() -> dict[str, np.ndarray]:
        wrong = {hint.format("gradient_"): user(dz * c) for hint, c in (others[1] | constants(N, C)).items()}
        if kind in PROBABILITIES:
            wrong["these are the probabilities: check lambda x, y: loss(x, y)[0]"] = user(PROBABILITIES[kind](z))
        return wrong | {"of the wrong sign": user(-dz)}

    def guarded_loss() -> dict[str, np.ndarray]:
        p, f = PROBABILITIES[kind](z), binary_entropy if kind in BINARY else entropy
        return {f"an ε of {ε:.2g} inside the logarithm": np.array(shares[0] * f(p, y, ε)) for ε in GUARDS}

    def through_guard(ε: float) -> np.ndarray:
        """What autodiff makes of a loss with this ε inside its logarithm."""
        p = PROBABILITIES[kind](z)
        if kind == "sigmoid_cross_entropy":
            return np.asarray(p * (1 - p) * binary_entropy_gradient(p, y, ε))
        if kind == "softmax_cross_entropy":
            return heads.softmax_gradient(entropy_gradient(p, y, ε), p)
        return np.asarray(gradient(z, y, ε))

    def guarded_gradient() -> dict[str, np.ndarray]:
        found = {f"an ε of {ε:.2g} beside the probability": user(shares[1] * through_guard(ε)) for ε in GUARDS}
        if kind == "binary_cross_entropy":
            found |= {
                f"an ε of {ε:.2g} beside p(1 - p)": user(shares[1] * (z - y) / (z * (1 - z) + ε) / N) for ε in GUARDS
            }
        return found

    return [
        Quantity(
            "loss",
            np.array(right),
            np.array(scale),
            roundings + C * N,
            loose=True,
            faults=loss_faults,
            variants=guarded_loss if kind in PROBABILITIES else dict,
        ),
        Quantity(
            "dx",
            user(dz),
            user(abs(shares[1]) * terms / N),
            roundings,
            x,
            faults=gradient_faults,
            variants=guarded_gradient if kind in PROBABILITIES else dict,
        ),
    ]


def far_out(call: Function, x: str, labels: str, dtype: DTypeLike) -> list[str]:
    """Scores of ±1000, whose exponentials overflow: the loss is 2000 or less, and finite."""
    z, y, classes = np.array([[1000.0], [-1000.0]]), np.array([[0.0], [1.0]]), np.array([1])
    if "C" not in x:  # two samples of one score
        z, y, classes = z.T, y.T, np.array([0, 1])
    given = to_user(y, "CN", x).astype(dtype) if labels == "one-hot" else classes if "N" in x else classes[0]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            results = dict(call(x=to_user(z, "CN", x).astype(dtype), y=given))
            values = {name: as_array(value).astype(float) for name, value in results.items()}
        except Exception as error:
            return [f"refuses scores of ±1000: {type(error).__name__}: {error}"]
    notes = [f"warns at scores of ±1000: {caught[0].message}"] if caught else []
    for name, value in values.items():
        if not np.isfinite(value).all():
            notes.append(f"at scores of ±1000 {'it' if name == 'loss' else 'its gradient'} gives {value.tolist()}")
    return notes
