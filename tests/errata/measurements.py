"""What the paper says in words, measured: for each such erratum the figures that stand on its page.

Each function computes, and nothing in it is known beforehand but the paper's sizes and a small example.
"""

import re
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.stats import binom, binomtest

import vanillacnn as vc
from tests.errata import as_printed as printed
from tests.errata import published_faults
from tests.errata.entries import FAULTS, REFUTED
from tests.errata.refutations import cells_fed, consecutive, refutations
from tests.suite.implementation import Implementation
from tests.suite.signatures import FUNCTIONS
from tests.suite.traceability import MODULES
from vanillacnn import index_form, mnist
from vanillacnn.training.batches import one_hot, scale
from vanillacnn.training.config import Config
from vanillacnn.training.run import evaluate

Figures = dict[str, Any]
LIBRARY = Implementation(*MODULES)


def E01() -> Figures:
    batch = Config().batch_size
    return {"batch": batch, "updates": len(mnist.load().train.labels) // batch}


def E02() -> Figures:
    """Gradient descent on one sigmoid that is saturated."""
    start, steps, w, y = -20, 1000, np.array([-20.0]), np.array([1.0])
    losses = []
    for _ in range(steps):
        s = index_form.dense_activation(w)
        losses.append(index_form.squared_error(s, y))
        dw = index_form.dense_preactivation_gradient(index_form.squared_error_gradient(s, y), s)
        w = index_form.gradient_descent(w, dw, 1.0)
    return {"start": start, "steps": steps, "first": losses[0], "last": losses[-1], "slope": dw[0]}


def E04() -> Figures:
    """The printed (2) as NumPy reads it, where -1 is the last entry."""
    I, K = consecutive(3, 3), consecutive(2, 2)
    wrapped = np.array([[sum(I[i - u, j - v] * K[u, v] for u, v in np.ndindex(2, 2)) for j in (0, 1)] for i in (0, 1)])
    outside = [x.id for x in REFUTED if any(isinstance(found.printed, IndexError) for found in refutations(x.id))]
    right = index_form.convolve(I, K)
    return {"wrapped": rows(wrapped), "right": rows(right), "outside": len(outside), "refuted": len(REFUTED)}


def E10() -> Figures:
    """How many cells (i,j) of O_conv have a cell of O_corr at (i,j) moved by a shift of the rows and columns."""
    x_k = 2
    side, _ = index_form.valid_shape((4, 4), (x_k, x_k))

    def partners(shift: int) -> int:
        return sum(0 <= i + shift < side for i in range(side)) ** 2

    return {"cells": side**2, "printed": partners(-x_k - 1), "shifted": partners(-x_k + 1), "zero_based": partners(0)}


def E19() -> Figures:
    """One linear layer, learned as correlation and as convolution, exactly."""
    steps, alpha = 5, Fraction(1, 256)
    I, target, K = (fractions(sides) for sides in ((4, 4), (3, 3), (2, 2)))
    correlated = descend(K, lambda K: index_form.correlate(I, index_form.correlate(I, K) - target), steps, alpha)

    def gradient(K: np.ndarray) -> np.ndarray:
        return index_form.rotate(index_form.correlate(I, index_form.convolve(I, K) - target))

    def difference(start: np.ndarray) -> float:
        return float(abs(descend(start, gradient, steps, alpha) - index_form.rotate(correlated)).max())

    begun, learned = (float(((index_form.correlate(I, K) - target) ** 2).sum() / 2) for K in (K, correlated))
    differences = {"rotated": difference(index_form.rotate(K)), "same": difference(K)}
    return {"steps": steps, "begun": begun, "learned": learned, **differences}


def descend(K: np.ndarray, gradient: Any, steps: int, alpha: Fraction) -> np.ndarray:
    for _ in range(steps):
        K = index_form.gradient_descent(K, gradient(K), alpha)
    return K


def fractions(sides: tuple[int, int]) -> np.ndarray:
    """Whole numbers in no order that a rotation would keep, as fractions."""
    return np.array([Fraction(k * k % 7) for k in range(np.prod(sides))], object).reshape(sides)


def E21() -> Figures:
    S1, dC2 = (12, 12), (8, 8)
    return {"kernel": index_form.valid_shape(S1, dC2), "padded": index_form.padded_shape(S1, dC2)}


def E22() -> Figures:
    fed = np.array([[len(cells_fed((5, 5), (2, 2), (i, j))) for j in range(5)] for i in range(5)])
    edge = np.pad(np.zeros((3, 3), bool), 1, constant_values=True)
    return {"fed": rows(fed), "edge": edge.sum(), "one": (fed[edge] == 1).sum(), "corners": fed[::4, ::4]}


def E56() -> Figures:
    """§4.4.5 at the paper's sizes."""
    S1, K2 = (12, 12), (5, 5)
    inside, corner = (cells_fed(S1, K2, cell) for cell in ((4, 4), (0, 0)))
    named = [printed.E56(S1, K2, cell) for cell in ((4, 4), (0, 0))]
    missing = sum(min(cell) < 0 for cell in named[1])
    return {"inside": len(inside), "corner": len(corner), "printed": len(named[0]), "missing": missing}


def E61() -> Figures:
    dC2, K2 = (8, 8), (5, 5)
    return {"valid": index_form.valid_shape(dC2, K2), "padded": index_form.padded_shape(dC2, K2)}


def E62() -> Figures:
    (side, _), (x_k, _) = dC2, K2 = (8, 8), (5, 5)
    reached = {i - u for i in range(index_form.padded_shape(dC2, K2)[0]) for u in range(x_k)}
    return {"least": min(reached), "most": max(reached), "side": side}


def E74() -> Figures:
    """Which of the published functions differ from the library's on small arrays."""
    sizes = dict(zip("pquvxyijn", (2, 3, 2, 2, 4, 4, 3, 3, 1), strict=True))
    wrong = []
    for fault in FAULTS:
        axes = FUNCTIONS[fault.function].arguments.values()
        arguments = [consecutive(*(sizes[letter] for letter in letters)) for letters in axes]
        ours, theirs = (getattr(of, fault.function)(*arguments) for of in (LIBRARY, published_faults))
        wrong += [fault] * (not np.array_equal(ours, theirs))
    return {"faults": len(wrong), "equations": len({label for fault in wrong for label in fault.equations} - {"ΔI"})}


def E75() -> Figures:
    """The paper's network learns b and nothing else."""
    steps, params = 100, vc.initialize(np.random.default_rng(0), dtype=np.float64)
    (images, labels), test = (mnist.Subset(X[..., :1000], y[:1000]) for X, y in mnist.load())
    v, y, losses = vc.forward(params, scale(images, "float64")).v, one_hot(labels, 10, "float64"), []
    for _ in range(steps):
        yhat_s = LIBRARY.dense_activation(LIBRARY.dense_forward(params.W, v, params.b))
        losses.append(LIBRARY.squared_error(yhat_s, y))
        dyhat = LIBRARY.dense_preactivation_gradient(LIBRARY.squared_error_gradient(yhat_s, y), yhat_s)
        params = params._replace(b=params.b - LIBRARY.dense_bias_gradient(dyhat))
    learned = {"first": losses[0], "last": losses[-1], "accuracy": evaluate(params, test).accuracy}
    return {"steps": steps, "images": len(labels), "tested": len(test.labels), **learned}


def E76() -> Figures:
    sizes = {"keras": (6, 6), "paper": (6, 12)}
    rng = np.random.default_rng(0)
    return {name: sum(theta.size for theta in vc.initialize(rng, maps=maps)) for name, maps in sizes.items()}


def E77() -> Figures:
    return E83()


def E78() -> Figures:
    """Two samples of one parameter, (27) and §4.5."""
    w, targets = np.zeros(1), (np.array([1.0]), np.array([3.0]))
    gradients = [index_form.squared_error_gradient(w, y) for y in targets]
    mean, total = (index_form.gradient_descent(w, sum(gradients) / n, 1.0)[0] for n in (len(targets), 1))
    for y in targets:
        w = index_form.gradient_descent(w, index_form.squared_error_gradient(w, y), 1.0)
    return {"targets": [int(y[0]) for y in targets], "mean": mean, "sum": total, "sequence": w[0]}


def E80() -> Figures:
    return {name: value for name, value in E04().items() if name in ("outside", "refuted")}


def E83() -> Figures:
    n, right, later = 30, 3, 23
    (low, high), (later_low, later_high) = (
        binomtest(k, n).proportion_ci(0.95, method="wilson") for k in (right, later)
    )
    chance = binom.cdf(right, n, 1 / 5)
    figures = {"low": low, "high": high, "later_low": later_low, "later_high": later_high, "chance": chance}
    return {"n": n, "right": right, "later": later, **figures}


def rows(A: np.ndarray) -> str:
    """A matrix of whole numbers in a line."""
    return ", ".join(" ".join(f"{x:g}" for x in row) for row in A)


MEASURED = {name: value for name, value in vars().items() if re.fullmatch(r"E\d\d", name)}
