"""The bounds themselves, compared with their theorems in rational arithmetic, term by term.

A bound that is too small would call right code wrong, and one that is too large would let a fault pass; neither is seen
where code under test and oracle agree. So each term is looked at where the others vanish.
"""

import math
from fractions import Fraction

import numpy as np
import pytest

from reference.rounding import bounds

HALF = Fraction(1, 2)
FORMATS = {np.float16: (HALF**11, HALF**24, HALF**14), np.float32: (HALF**24, HALF**149, HALF**126),
           np.float64: (HALF**53, HALF**1074, HALF**1022)}  # fmt: skip
DTYPES = pytest.mark.parametrize("dtype", FORMATS)


def is_rounded(actual: float, exact: Fraction) -> None:
    """Up to the few roundings of float64 that computing a bound takes."""
    assert abs(Fraction(float(actual)) - exact) <= 16 * HALF**53 * exact


@DTYPES
def test_the_formats_are_those_of_ieee_754(dtype) -> None:
    u, η, _ = FORMATS[dtype]
    assert Fraction(bounds.roundoff(dtype)) == u
    assert Fraction(bounds.smallest(dtype)) == η


@DTYPES
@pytest.mark.parametrize("k", [1, 3, 600])
def test_gamma(dtype, k: int) -> None:
    u = FORMATS[dtype][0]
    is_rounded(bounds.gamma(k, dtype), k * u / (1 - k * u))


@DTYPES
@pytest.mark.parametrize("k", [1, 3, 600])
def test_sums_of_nothing_lose_what_underflows(dtype, k: int) -> None:
    is_rounded(bounds.sums(k, np.float64(0), dtype), k * FORMATS[dtype][2])


@pytest.mark.parametrize("k", [3, 2**30])
@pytest.mark.parametrize("size", [1, 8])
def test_sums_are_within_gamma_of_their_terms(k: int, size: int) -> None:
    """With so many terms that γ_k of float64, in which the sizes are summed up, is seen."""
    gamma = k * HALF**53 / (1 - k * HALF**53)
    is_rounded(bounds.sums(k, np.float64(size), np.float64), gamma * (1 + 2 * gamma) * size)


@DTYPES
@pytest.mark.parametrize("s", [0, HALF, 1])
def test_sigmoid_and_its_derivative(dtype, s: Fraction) -> None:
    """e^-x is off by 6u, the sum and the quotient by u each; each result may underflow by η."""
    u, η, _ = FORMATS[dtype]
    at = np.float64(float(s))
    is_rounded(bounds.sigmoid(at, dtype), 8 * u * s + 2 * η)
    is_rounded(bounds.sigmoid_derivative(at, dtype), 8 * u * s + 2 * u * s * (1 - s) + 4 * η)


@DTYPES
def test_sigmoid_where_its_exponential_may_overflow(dtype) -> None:
    """The largest float is 4 (1 - u)/normal, and e^-x is off by 6u. Up to that σ all may be lost, beyond it none."""
    u, η, normal = FORMATS[dtype]
    last = normal / (4 * (1 - u) * (1 - 6 * u))
    is_rounded(bounds.overflowed(dtype), last)
    for s, lost in ((normal / 8, 1), (bounds.overflowed(dtype), 1), (normal / 2, 0)):
        is_rounded(bounds.sigmoid(np.float64(float(s)), dtype), (8 * u + lost) * Fraction(float(s)) + 2 * η)


@pytest.mark.parametrize(("beta", "t"), [(0.0, 1), (0.5, 1), (0.75, 2), (0.875, 3)])
def test_unbiasing(beta: float, t: int) -> None:
    """β^t is off by 2u of itself, and what is left of 1 is as many times smaller; the difference is rounded once."""
    power = Fraction(beta) ** t
    assert bounds.unbiasing(beta, t) == math.ceil(2 * power / (1 - power)) + 1


@DTYPES
@pytest.mark.parametrize("spread", [0, 5, 64])
@pytest.mark.parametrize("s", [[0, 0], [0, 1], [HALF / 2, HALF / 2, HALF]], ids=str)
def test_softmax(dtype, s: list, spread: int) -> None:
    """e^z is off by `spread` and 6 roundings, once above the line and once below, where c - 1 additions and the
    quotient round too; and c terms, a score and the sum may each underflow."""
    u, _, normal = FORMATS[dtype]
    k = 2 * (spread + 6) + len(s)
    found = bounds.softmax(np.array(s, float), spread, dtype)
    for actual, exact in zip(found, s, strict=True):
        is_rounded(actual, k * u / (1 - k * u) * exact + (len(s) + 2) * normal)


@DTYPES
@pytest.mark.parametrize("s", [0, HALF / 2, HALF, 1])
def test_slope(dtype, s: Fraction) -> None:
    u, η, _ = FORMATS[dtype]
    is_rounded(bounds.slope(np.float64(float(s)), dtype), u * s + 3 * u / (1 - 3 * u) * s * (1 - s) + 4 * η)
