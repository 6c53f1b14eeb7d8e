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


@pytest.mark.parametrize(("dtype", "unit"), [(np.float64, 2 * u64), (np.float32, u32 + u64)])
def test_the_bound_of_sums_is_the_theorems_twice_rounded(dtype: type, unit: float) -> None:
    """With four roundings of the factors and the result, and our own in float64."""
    found = bounds.of_sums(9, SIZES, dtype)
    np.testing.assert_allclose(found[[0, 2]], [13 * unit, 8 * 13 * unit], rtol=2e-6 if dtype == np.float32 else 1e-12)
    assert found[1] == 13 * np.finfo(dtype).smallest_normal


def test_the_bound_of_sums_to_the_last_digit() -> None:
    found = bounds.of_sums(2**50 - 4, np.array([1.0]), np.float64)
    assert found == [2 / 7]
    assert found.dtype == np.float64


def test_the_bound_of_transforms() -> None:
    assert bounds.of_transforms(2**46 - 2, 3.0, np.float64) == pytest.approx(3 * 4 * 47 * u64, rel=1e-10, abs=0)
    assert bounds.of_transforms(6, 3.0, np.float64) == pytest.approx(3 * 4 * 4 * u64, rel=1e-10, abs=0)
    assert bounds.of_transforms(6, 0.0, np.float64) == 0


def test_the_bound_of_steps() -> None:
    np.testing.assert_allclose(bounds.of_steps(SIZES, np.float64), 2000 * u64 * SIZES, rtol=1e-10, strict=True)
    np.testing.assert_allclose(bounds.of_steps(SIZES, np.float32), 2 * u32 * SIZES, rtol=1e-6, strict=True)
    exact = 2 * u32 / (1 - 2 * u32)
    np.testing.assert_allclose(bounds.of_steps(SIZES, "float32"), exact * SIZES, rtol=1e-12, strict=True)


def test_within_is_up_to_the_bound_on_both_sides_and_never_nan() -> None:
    expected = np.array([2.0, 2.0, 2.0, 2.0, 2.0, 2.0, np.inf])
    actual = np.array([2.5, 1.5, 2.5 + 1e-9, 1.5 - 1e-9, np.nan, -2.0, np.inf])
    assert bounds.within(actual, expected, 0.5).tolist() == [True, True, False, False, False, False, False]
    assert bounds.within(np.array(1.0), np.array(2.0), 1.0).shape == ()
    assert bounds.within(actual, expected, 0.5).dtype == bool
