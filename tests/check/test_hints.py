"""The explanations of wrong numbers: each is given for its own fault, and for none that only looks like it."""

import numpy as np
import pytest

from tests.suite import hints as of_the_suite
from vanillacnn.check.faults import explain
from vanillacnn.check.judge import Quantity, bound

RIGHT = np.random.default_rng(0).integers(1, 99, (2, 3, 5, 5)) / 8

ACCURACY = "of float32 accuracy, as something inside is computed in float32: declare dtype=np.float32 if that is meant"


def said(actual: np.ndarray, expected: np.ndarray = RIGHT) -> list[str]:
    q = Quantity("dw", expected, np.asarray(np.abs(expected)), 9, "OIHW"[: expected.ndim])
    return list(explain(actual, q, bound(q, np.float64)))


@pytest.mark.parametrize(
    ("actual", "hint"),
    [
        (3 * RIGHT, "off by the constant factor 3"),
        (0 * RIGHT, "all values are zero"),
        (RIGHT[..., ::-1], "the right values in other places, as when axes are reshaped and not transposed"),
        (np.trunc(RIGHT), "rounded to integers: an array inside is one of integers"),
        (RIGHT * (1 + 1e-7 * np.sin(RIGHT)), ACCURACY),
        (RIGHT * (np.arange(5) < 4), "wrong only from index 4 of axis W on, where it is zero"),
        (RIGHT + (np.arange(5) < 1), "wrong only up to index 0 of axis W"),
        (RIGHT * np.where(np.arange(5) == 2, np.nan, 1), "NaN or ∞ where every right value is finite"),
    ],
)
def test_each_explanation_has_its_fault(actual: np.ndarray, hint: str) -> None:
    assert said(actual) == [hint]


def test_what_has_no_pattern_is_not_explained() -> None:
    rng = np.random.default_rng(1)
    assert not said(RIGHT + rng.standard_normal(RIGHT.shape))
    assert not said(RIGHT + 1e-4 * (rng.random(RIGHT.shape) < 0.1))
    assert not said(np.array(1.37), np.array(1.0)), "any number is a constant factor times another"
    assert said(np.array(0.5), np.array(1.0)) == ["off by the constant factor 0.5"]


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("axes", [[2], [3], [2, 3]])
def test_where_a_loop_stops(k: int, axes: list[int]) -> None:
    found = set(of_the_suite.fitting(of_the_suite.cut(RIGHT, axes, k), RIGHT, "pquv"))
    assert found == {of_the_suite.STOPS[k - 1]}
    assert not set(of_the_suite.STOPS) & set(of_the_suite.fitting(RIGHT + 1, RIGHT, "pquv"))


def test_which_kernels_are_large() -> None:
    found = list(of_the_suite.large({"C": ("qijn", (1, 2, 2, 1)), "K": ("pquv", (1, 1, 2, 5))}))
    assert found == ["wrong only for kernels of more than 4 rows or columns", *of_the_suite.LARGE[2:]]
    assert not list(of_the_suite.large({"K": ("pquv", (1, 1, 3, 3)), "C": ("qijn", (1, 2, 2, 1))}))
