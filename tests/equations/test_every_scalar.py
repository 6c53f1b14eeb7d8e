"""σ and σ′ at every number there is: all 65,536 float16 always, all 2³² float32 by `pytest -m exhaustive`."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
from tqdm import tqdm

from reference.rounding import bounds
from tests.suite.compare import Mismatch, same
from tests.suite.implementation import Implementation

BLOCK = 2**14  # numbers at once: all their arrays stay in the cache, three times as fast as 2¹⁸ at once
BITS = {np.float16: np.uint16, np.float32: np.uint32}


class Exact(NamedTuple):
    """σ(x) and σ′(x) in float64, from the first line of §2.3, and how far these may be from the exact values."""

    s: np.ndarray
    slope: np.ndarray
    r_s: np.ndarray
    r_slope: np.ndarray


def exact(x: np.ndarray) -> Exact:
    """With e = exp(-x), σ = 1/(1 + e) and σ′ = (e σ) σ, where nothing cancels: e's error comes through at most once,
    the two roundings of σ twice, and the products add two.

    Beyond ±700 both change by less than e⁻⁷⁰⁰, which is below the smallest of all smaller floats.
    """
    e = np.exp(-np.clip(x.astype(np.float64), -700, 700))
    s = 1 / (1 + e)
    slope = (e * s) * s
    beyond = np.exp(-700)
    r_slope = (bounds.EXP + 6) * bounds.roundoff(np.float64) * slope + beyond
    return Exact(s, slope, bounds.sigmoid(s, np.float64) + beyond, r_slope)


def everywhere(held: np.ndarray, x: np.ndarray, what: str) -> None:
    if not np.all(held):
        raise Mismatch(f"{what}: not at {np.count_nonzero(~held)} numbers, the first of them", {"x": x[~held][:4]})


def examine(implementation: Any, x: np.ndarray) -> None:
    """Everything that is said of σ and σ′ in either dtype, at each x."""
    dtype, u, nan = x.dtype, bounds.roundoff(x.dtype), np.isnan(x)
    with np.errstate(invalid="ignore"):  # IEEE 754 wants a signaling NaN to be an invalid operation
        for function in (implementation.sigmoid, implementation.sigmoid_derivative):
            everywhere(np.isnan(function(x[nan])), x[nan], "NaN stays NaN")
    x = x[~nan]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        s, slope = implementation.sigmoid(x), implementation.sigmoid_derivative(x)
    assert s.dtype == slope.dtype == dtype
    true = exact(x)
    error, error_slope = np.abs(s - true.s), np.abs(slope - true.slope)
    everywhere(error <= bounds.sigmoid(true.s, dtype) + true.r_s, x, "σ is within its bound")
    everywhere(error_slope <= bounds.sigmoid_derivative(true.s, dtype) + true.r_slope, x, "σ′ is within its bound")
    everywhere((s >= 0) & (s <= 1), x, "σ is between 0 and 1")
    everywhere((slope >= 0) & (slope <= 0.25), x, "σ′ is between 0 and ¼")

    # σ(1 - σ) near saturation. Left of 0 its relative error is small, as long as e^-x does not overflow: σ has EXP + 2
    # roundings, which come through at most once, and 1 - σ and the product add two.
    left = (x <= 0) & (true.s > bounds.overflowed(dtype))
    relative = bounds.gamma(bounds.EXP + 4, dtype) * true.slope + 4 * bounds.smallest(dtype) + true.r_slope
    everywhere(~left | (error_slope <= relative), x, "σ′ has a small relative error left of 0")
    # On the right, from e^-x ≤ u on, 1 + e^-x rounds to 1: σ is 1, and σ′ is 0 in place of about e^-x. The relative
    # error is 100 %, the absolute one at most u.
    saturated = x >= np.log(1 / u) * (1 + bounds.EXP * u)
    everywhere(~saturated | ((s == 1) & (slope == 0)), x, "σ′ is 0 where σ rounds to 1")
    everywhere(~saturated | (error_slope <= u), x, "σ′ is off by at most u where it is 0")


def blocks(dtype: type[np.floating]) -> Iterator[range]:
    """All bit patterns of a dtype."""
    end = 2 ** (8 * np.dtype(dtype).itemsize)
    for first in range(0, end, BLOCK):
        yield range(first, min(first + BLOCK, end))


def floats(patterns: range, dtype: type[np.floating]) -> np.ndarray:
    return np.arange(patterns.start, patterns.stop, patterns.step, dtype=np.int64).astype(BITS[dtype]).view(dtype)


@pytest.mark.form("σ and σ′ of every float16")
@pytest.mark.needs("sigmoid", "sigmoid_derivative")
class TestSection23Eq06:
    def test_is_its_definition_at_all_float16_within_the_bound(self, implementation: Implementation) -> None:
        for patterns in blocks(np.float16):
            examine(implementation, floats(patterns, np.float16))

    def test_is_monotone_at_all_float16_right_of_zero_exactly(self, implementation: Implementation) -> None:
        """Left of 0 an e^x over 1 + e^x may fall by a unit in the last place, where the two round apart."""
        x = floats(range(2**16), np.float16)
        x = np.sort(x[~np.isnan(x)])
        s = implementation.sigmoid(x)
        steps = np.diff(s)
        everywhere((steps >= 0) | (x[1:] < 0), x[1:], "σ never falls right of 0")
        everywhere(steps >= -np.spacing(s[1:]), x[1:], "σ never falls by more than a unit in the last place")

    def test_is_its_definition_at_one_float32_in_five_hundred_within_the_bound(
        self, implementation: Implementation
    ) -> None:
        """No interval of a thousand neighbours is left out."""
        for patterns in (range(k, min(k + 500 * BLOCK, 2**32), 500) for k in range(0, 2**32, 500 * BLOCK)):
            examine(implementation, floats(patterns, np.float32))

    @pytest.mark.parametrize("dtype", [np.float16, np.float32])
    def test_is_its_limits_at_the_infinities_exactly(self, implementation: Implementation, dtype) -> None:
        x = np.array([-np.inf, np.inf], dtype)
        same(implementation.sigmoid(x), np.array([0, 1], dtype), {"x": x})
        same(implementation.sigmoid_derivative(x), np.array([0, 0], dtype), {"x": x})

    @pytest.mark.exhaustive
    def test_is_its_definition_at_all_float32_within_the_bound(
        self, implementation: Implementation, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with capfd.disabled():
            for patterns in tqdm(list(blocks(np.float32)), "all float32", unit="block", mininterval=5):
                examine(implementation, floats(patterns, np.float32))


def test_the_blocks_are_all_bit_patterns() -> None:
    assert [k for patterns in blocks(np.float16) for k in patterns] == list(range(2**16))
    edges = [(patterns.start, patterns.stop) for patterns in blocks(np.float32)]
    assert edges == [(first, first + BLOCK) for first in range(0, 2**32, BLOCK)]


@pytest.mark.parametrize("at", [np.nan, -np.inf, -9, -0.0, 2.0**-24, 1, 7, 9, 65504])
@pytest.mark.parametrize("name", ["sigmoid", "sigmoid_derivative"])
def test_one_wrong_number_is_found(implementation: Implementation, name: str, at: float) -> None:
    """One value is moved by a hundredth."""

    def wrong(x: np.ndarray) -> np.ndarray:
        right = getattr(implementation, name)(x)
        moved = np.where(np.isnan(right), 1, right + np.float16(0.01))
        return np.where((x == at) | (np.isnan(x) & np.isnan(at)), moved, right)

    both = {"sigmoid": implementation.sigmoid, "sigmoid_derivative": implementation.sigmoid_derivative}
    with pytest.raises(Mismatch):
        examine(SimpleNamespace(**both | {name: wrong}), floats(range(2**16), np.float16))
