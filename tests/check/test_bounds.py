"""The bounds of the checks, at sizes where their values are known, and the comparison on both of its sides."""

import numpy as np
import pytest

from vanillacnn.check import bounds

u64, u32 = 2.0**-53, 2.0**-24
SIZES = np.array([1.0, 0.0, 8.0])


def test_gamma() -> None:
    assert bounds.gamma(2**50, np.float64) == 1 / 7  # an eighth over seven eighths
    assert bounds.gamma(2**20, np.float32) == 1 / 15
    assert bounds.gamma(1, np.float64) == u64 * (1 + 2 * u64)
    assert bounds.gamma(2**11, np.float16) == bounds.gamma(2**12, np.float16) == np.inf  # no bound, and none below zero
    assert bounds.gamma(2**11 - 1, np.float16) == 2**11 - 1


@pytest.mark.parametrize(
    ("dtype", "terms", "share"),
    [(np.float64, 2**50, 2 / 7), (np.float32, 2**20, 1 / 15 + 2.0**-33 / (1 - 2.0**-33))],
)
def test_the_bound_of_sums_is_that_of_the_theorem(dtype: type, terms: int, share: float) -> None:
    """Once in the precision and once in float64, with four roundings of the factors and the result."""
    found = bounds.of_sums(terms - 4, SIZES, dtype)
    smallest = terms * float(np.finfo(dtype).smallest_normal)
    np.testing.assert_array_equal(found, [share + smallest, smallest, 8 * share + smallest], strict=True)


def test_the_bound_of_transforms() -> None:
    """Four roundings for each of 46 + 1 and of 3 + 1 stages."""
    assert bounds.of_transforms(2**46 - 2, 3.0, np.float64) == 3 * (188 * u64 / (1 - 188 * u64))
    assert bounds.of_transforms(6, 3.0, np.float64) == 3 * (16 * u64 / (1 - 16 * u64))
    assert bounds.of_transforms(6, 0.0, np.float64) == 0


@pytest.mark.parametrize(("dtype", "roundings"), [(np.float64, 2000 * u64), (np.float32, 2 * u32), ("f4", 2 * u32)])
def test_the_bound_of_steps(dtype: type | str, roundings: float) -> None:
    found = bounds.of_steps(SIZES, dtype)
    np.testing.assert_array_equal(found, roundings / (1 - roundings) * SIZES, strict=True)


def test_within_is_up_to_the_bound_on_both_sides_and_never_nan() -> None:
    expected = np.array([2.0, 2.0, 2.0, 2.0, 2.0, 2.0, np.inf])
    actual = np.array([2.5, 1.5, 2.5 + 1e-9, 1.5 - 1e-9, np.nan, -2.0, np.inf])
    assert bounds.within(actual, expected, 0.5).tolist() == [True, True, False, False, False, False, False]
    assert bounds.within(np.array(1.0), np.array(2.0), 1.0).shape == ()
    assert bounds.within(actual, expected, 0.5).dtype == bool
