"""The smallest fault that the suite catches: one entry of a gradient, wrong by a relative ε, at the paper's sizes.

For each gradient and each of six seeds, random data and a random entry. The figure is the largest of the six
thresholds: of the property under a rounding-error bound, and of the exact one on dyadic data. And how loose the bounds
are that go through the whole network: the smallest ε that they notice when all of a gradient is wrong by it.
"""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from tests.proofs.symbolic import SHIPPED
from tests.suite.compare import Mismatch, same
from tests.suite.generators import Sizes, convolution_sizes, dense_sizes, first_layer_sizes, pooling_sizes, vector_sizes
from tests.suite.network import PAPER as NETWORK
from tests.suite.network import batch, exact
from tests.suite.properties import Judged
from tests.suite.signatures import SIGNATURES
from tests.suite.traceability import labels_of_test, suite
from vanillacnn.arrays import Gradients

LAYER_1 = {"p": 1, "q": 6, "x": 28, "y": 28, "u": 5, "v": 5, "i": 24, "j": 24, "n": 2}
LAYER_2 = {"p": 6, "q": 12, "x": 12, "y": 12, "u": 5, "v": 5, "i": 8, "j": 8, "n": 2}
PAPER: dict[Any, Sizes] = {  # for each way to draw sizes, those of the paper
    first_layer_sizes: LAYER_1,
    convolution_sizes: LAYER_2,
    pooling_sizes: {"q": 12, "x": 8, "y": 8, "i": 4, "j": 4, "n": 2},
    vector_sizes: {"k": 12, "i": 4, "j": 4, "n": 2},
    dense_sizes: {"c": 10, "m": 192, "n": 2},
}
SEEDS = range(6)


class Smallest(NamedTuple):
    bounded: float
    exact: float


def gradients() -> Iterator[tuple[list[str], type[Judged]]]:
    """Every gradient that is compared with autodiff under a bound and, where nothing rounds, exactly; by its labels."""
    for name, test in suite():
        known = isinstance(test, type) and issubclass(test, Judged) and test.sizes in PAPER
        exact = getattr(test, "test_is_autodiff_exactly", None) is not None  # not (H8), whose quotients round
        if known and exact and SIGNATURES[test.function].split(" -> ")[1].startswith("d"):
            yield labels_of_test(name), test


def propagated() -> dict[str, dict[str, float]]:
    """Of each Δ of §4.4 in each dtype, for the paper's network on two images: what share of some entry its bound is."""
    found: dict[str, dict[str, float]] = {}
    for dtype in ("float32", "float64"):
        values, bounds = exact(*batch(NETWORK, 2, dtype))
        for name in Gradients._fields:
            X, r = (np.broadcast_to(a, values[name].shape)[values[name] != 0] for a in (values[name], bounds[name]))
            found.setdefault(name, {})[dtype] = float((r / np.abs(X)).min())
    return found


def smallest(test: type[Judged]) -> Smallest:
    return Smallest(*(max(threshold(check, test(), seed) for seed in SEEDS) for check in (under_bound, exactly)))


def threshold(check: Callable[..., None], test: Judged, seed: int) -> float:
    """The smallest power of 2^(1/4) by which an entry can be off and every larger one is caught too."""
    caught = 1.0
    for ε in 2.0 ** -np.arange(0, 60, 0.25):
        try:
            check(test, seed, ε)
            return caught
        except Mismatch:
            caught = float(ε)
    return caught


def under_bound(test: Judged, seed: int, ε: float) -> None:
    rng, sizes = np.random.default_rng(seed), PAPER[type(test).sizes]
    arguments = test.arguments(sizes, lambda *sides: rng.standard_normal(sides))
    test.judge(faulty(test.function, rng, ε), sizes, arguments, np.float64)


def exactly(test: Judged, seed: int, ε: float) -> None:
    rng = np.random.default_rng(seed)
    arguments = test.arguments(PAPER[type(test).sizes], lambda *sides: rng.integers(-32, 32, sides) / 8)
    same(test.call(faulty(test.function, rng, ε), arguments), test.oracle(**arguments), arguments)


def faulty(function: str, rng: np.random.Generator, ε: float) -> Any:
    """The library's function with one entry of its result, never a zero, times 1 + ε."""

    def wrong(*arguments: Any) -> np.ndarray:
        result: np.ndarray = getattr(SHIPPED, function)(*arguments)
        k = rng.choice(np.flatnonzero(result))
        result.flat[k] *= 1 + ε
        return result

    return SimpleNamespace(**{function: wrong})
