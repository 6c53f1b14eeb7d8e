"""What usual faults would give, each with its name, and the explanation of wrong numbers."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from vanillacnn.check.geometry import Geometry, Layer

if TYPE_CHECKING:
    from vanillacnn.check.judge import Quantity

Faults = dict[str, np.ndarray]
ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}
KERNEL_SIDES = {2: "the kernel's rows", 3: "the kernel's columns"}
REDUCTIONS = ("mean", "sum", "elements")  # of a loss: the mean over the samples, the sum, the mean over all entries
OUTPUT = {3: "the samples", 1: "the output's rows", 2: "the output's columns"}


def partial(a: np.ndarray, axis: int, name: str) -> Iterator[tuple[str, np.ndarray]]:
    """`a` with only some of the indices of an axis, each with the name of the loop that would reach no others."""
    size = a.shape[axis]
    kept = {
        **{
            f"the sum over {name} stops at the {ORDINALS.get(t, f'{t}th')} of {size}": np.arange(size) < t
            for t in range(1, size)
        },
        f"the sum over {name} starts one too late": np.arange(size) > 0,
        f"only the last of {name} is counted": np.arange(size) == size - 1,
    }
    for fault, indices in kept.items():
        yield fault, a * indices.reshape([-1 if i == axis else 1 for i in range(a.ndim)])


def partial_sums(a: np.ndarray, axes: dict[int, str], f: Callable[[np.ndarray], np.ndarray]) -> Faults:
    """What f gives for each incomplete sum over one axis of `a`, and over the two of a square together."""
    faults = {
        fault: f(part) for axis, name in axes.items() for fault, part in partial(a, axis, name) if a.shape[axis] > 1
    }
    sides = [axis for axis in axes if axes[axis].endswith(("rows", "columns"))]
    if len(sides) == 2 and a.shape[sides[0]] == a.shape[sides[1]]:
        for (fault, part), (_, both) in zip(
            partial(a, sides[0], "rows and columns"), partial(np.ones_like(a), sides[1], ""), strict=True
        ):
            faults[fault] = f(part * both)
    return faults


def factors(right: np.ndarray, N: int) -> Faults:
    mean = 'off by the constant factor 1/N: if the mean over the samples is meant, declare parameter_gradients="mean"'
    names = {mean: 1 / N, "off by the constant factor N": N, "off by the constant factor 1/N², 1/N twice": 1 / N**2}
    return {name: c * right for name, c in names.items() if N > 1}


def turned(K: np.ndarray) -> np.ndarray:
    """Each kernel rotated by 180°."""
    return K[:, :, ::-1, ::-1]


def transposed(K: np.ndarray) -> Faults:
    """Its two sides exchanged, where they are equal."""
    return {"the kernel is transposed": K.transpose(0, 1, 3, 2)} if K.shape[2] == K.shape[3] else {}


def of_output(layer: Layer, rotated: bool) -> Faults:
    (I, _, u, v), b = layer.K.shape, layer.b
    other = "not rotated: correlation" if rotated else "rotated by 180°: convolution"
    kernels = {f"{other} where the other is declared": turned(layer.K)} | transposed(layer.K)
    biases = {
        "the bias is left out": 0 * b,
        "the bias is added k·k times": u * v * b,
        "the bias is added for each product": u * v * I * b,
        "the bias is added for each input map": I * b,
    }
    faults = {name: replace(layer, K=K).C() for name, K in kernels.items()}
    faults |= {name: replace(layer, b=wrong).C() for name, wrong in biases.items() if (wrong != b).any()}
    return faults | partial_sums(layer.K, {0: "the input maps"} | KERNEL_SIDES, lambda part: replace(layer, K=part).C())


def of_input_gradient(layer: Layer) -> Faults:
    kernels = {"the kernel is rotated by 180° where it should not be": turned(layer.K)} | transposed(layer.K)
    faults = {name: replace(layer, K=K).dS() for name, K in kernels.items()}
    if layer.geometry.stride != (1, 1):
        faults["the stride is ignored"] = layer.dS(layer.packed())
    if layer.geometry.padding != (0, 0):
        whole = replace(layer, S=layer.geometry.padded(layer.S), geometry=Geometry(layer.geometry.stride))
        uncut = whole.dS()
        faults["the padding is cut off at the end alone"] = uncut[:, : layer.S.shape[1], : layer.S.shape[2]]
    return faults | partial_sums(
        layer.K, {1: "the output maps"} | KERNEL_SIDES, lambda part: replace(layer, K=part).dS()
    )


def of_kernel_gradient(layer: Layer) -> Faults:
    right = layer.dK()
    faults = {"rotated by 180°": turned(right), **factors(right, layer.S.shape[3])}
    if right.shape[2] == right.shape[3]:
        faults["transposed"] = right.transpose(0, 1, 3, 2)
    if layer.geometry.stride != (1, 1):
        faults["the stride is ignored"] = layer.dK(layer.packed())
    faults |= partial_sums(layer.dC, OUTPUT, lambda part: replace(layer, dC=part).dK())
    loops = partial_sums(right, KERNEL_SIDES, lambda part: part)
    return faults | {f"{name}: elsewhere it is zero".replace("sum", "loop"): a for name, a in loops.items()}


def of_bias_gradient(layer: Layer) -> Faults:
    right = layer.db()
    sides, N = layer.dC[0, ..., 0].size, layer.S.shape[3]
    faults = factors(right, N) | {"added k·k times": layer.K[0, 0].size * right}
    faults["the mean over rows and columns, not the sum"] = right / sides
    faults["the mean over samples, rows and columns, not the sum"] = right / sides / N
    return faults | partial_sums(layer.dC, OUTPUT, lambda part: replace(layer, dC=part).db())


def share(reduction: str, N: int, C: int) -> float:
    """How many times the mean over the samples."""
    return {"mean": 1.0, "sum": float(N), "elements": 1 / C}[reduction]


def declarations(reduction: str, factor: float, factors: set[float], N: int, C: int) -> dict[str, float]:
    """By how much a loss is off whose author meant another reduction, or one of these factors; what to declare."""
    found = {}
    for r, f in product(REDUCTIONS, {factor, *factors}):
        changed = [f'{{}}reduction="{r}"'] * (r != reduction) + [f"factor={f:g}"] * (f != factor)
        hint = f"off by a constant factor: if that is what you mean, declare {', '.join(changed)}"
        found[hint] = f * share(r, N, C) / (factor * share(reduction, N, C))
    return {hint: c for hint, c in found.items() if c != 1}


def constants(N: int, C: int) -> dict[str, float]:
    """Factors that are often one too many or too few, by their names."""
    named = {"1/N: 1/N twice": 1 / N, "N": N, "2": 2, "1/2": 1 / 2, "1/C": 1 / C, "C": C, "2·N": 2 * N, "2/C": 2 / C}
    return {f"off by the constant factor {name}": c for name, c in named.items() if c != 1}


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
