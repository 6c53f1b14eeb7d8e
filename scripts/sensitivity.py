"""The smallest fault that the suite catches: one entry of a gradient, wrong by a relative ε.

For each gradient and each of six seeds, random data at the paper's sizes and a random entry. Printed is the largest of
the six thresholds: of the property under a rounding-error bound, and of the exact one on dyadic data.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests are no package that is installed

from tests.compare import Mismatch, same
from tests.properties import Judged
from tests.test_convolution import TestEq36, TestEq38
from tests.test_dense import TestEq29
from tests.traceability import MODULES

PAPER = {"p": 6, "q": 12, "x": 12, "y": 12, "u": 5, "v": 5, "i": 8, "j": 8, "c": 10, "m": 192, "n": 2}
GRADIENTS = {"ΔK² (36)": TestEq36, "ΔS¹ (38)": TestEq38, "ΔW (29)": TestEq29}
SEEDS = range(6)


def main() -> None:
    print(f"{'gradient':10} {'under the bound':>18} {'exactly':>12}")
    for name, test in GRADIENTS.items():
        bounded, exact = (max(threshold(check, test(), seed) for seed in SEEDS) for check in (under_bound, exactly))
        print(f"{name:10} {bounded:18.1e} {exact:12.1e}")


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
    rng = np.random.default_rng(seed)
    arguments = test.arguments(PAPER, lambda *sides: rng.standard_normal(sides))
    test.judge(faulty(test.function, rng, ε), PAPER, arguments, np.float64)


def exactly(test: Judged, seed: int, ε: float) -> None:
    rng = np.random.default_rng(seed)
    arguments = test.arguments(PAPER, lambda *sides: rng.integers(-32, 32, sides) / 8)
    same(test.call(faulty(test.function, rng, ε), arguments), test.oracle(**arguments), arguments)


def faulty(function: str, rng: np.random.Generator, ε: float) -> Any:
    """The library's function with one entry of its result, never a zero, times 1 + ε."""
    correct = next(getattr(module, function) for module in MODULES if hasattr(module, function))

    def wrong(*arguments: Any) -> np.ndarray:
        result: np.ndarray = correct(*arguments)
        k = rng.choice(np.flatnonzero(result))
        result.flat[k] *= 1 + ε
        return result

    return SimpleNamespace(**{function: wrong})


if __name__ == "__main__":
    main()
