"""The checks of activations and losses."""

import numpy as np
import pytest

from tests.suite.planted import Planted
from vanillacnn.check import (
    check_activation,
    check_loss,
)

RIGHT = Planted("none", "", "", "").functions()


def test_a_clipped_sigmoid_is_right_with_a_note() -> None:
    report = check_activation("sigmoid", lambda x: 1 / (1 + np.exp(-np.clip(x, -20, 20))))
    assert report.ok
    assert "the tail" in str(report)
    naive = check_activation("sigmoid", RIGHT["sigmoid"])
    assert naive.ok
    assert "warns at ±1000: overflow" in str(naive)


def test_the_slope_of_the_output() -> None:
    assert check_activation("sigmoid", RIGHT["sigmoid"], lambda d, s: d * s * (1 - s), given="output").ok
    assert not check_activation("sigmoid", RIGHT["sigmoid"], lambda d, s: d * s * (1 - s)).ok


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_loss_as_declared(reduction: str) -> None:
    def loss(x: np.ndarray, y: np.ndarray) -> float:
        total = float(((x - y) ** 2).sum())
        return total / len(x) if reduction == "mean" else total

    def gradient(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 2 * (x - y) / (len(x) if reduction == "mean" else 1)

    report = check_loss("squared_error", loss, gradient, reduction=reduction, factor=2)
    assert report.ok, str(report)
    assert "a Python number" in str(report)
    other = check_loss("squared_error", loss, gradient, reduction={"mean": "sum", "sum": "mean"}[reduction], factor=2)
    assert not other.ok
    assert "off by the constant factor" in str(other)


@pytest.mark.parametrize("eps", [1e-15, 1e-12, 1e-8])
def test_a_guarded_logarithm_is_right_with_a_note(eps: float) -> None:
    def loss(x: np.ndarray, y: np.ndarray) -> float:
        return -(y * np.log(x + eps)).sum() / len(x)

    report = check_loss("cross_entropy", loss, lambda x, y: -y / (x + eps) / len(x))
    assert report.ok, str(report)
    assert eps == 1e-15 or f"an ε of {eps:.0e} inside the logarithm" in str(report)
    assert not check_loss("cross_entropy", lambda x, y: loss(x, y) + 1e-6).ok
