"""The checks of activations, losses and whole networks."""

import ast
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import vanillacnn as vc
from tests.suite.planted import Planted
from vanillacnn.arrays import Parameters
from vanillacnn.check import (
    Report,
    check_activation,
    check_loss,
    check_network,
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
    assert "off by a constant factor: if that is what you mean, declare " in str(other)


MEANINGS = [(reduction, factor) for reduction in ("mean", "sum", "elements") for factor in (1, 2)]


@pytest.mark.parametrize("meant", MEANINGS)
@pytest.mark.parametrize("declared", MEANINGS)
def test_what_to_declare_for_another_reduction(meant: tuple[str, int], declared: tuple[str, int]) -> None:
    """Declared as the hint says, the same functions pass; and so where the gradient alone has another reduction."""

    def total(x: np.ndarray, of: tuple[str, int]) -> float:
        return of[1] / 2 * {"mean": 1 / len(x), "sum": 1.0, "elements": 1 / x.size}[of[0]]

    def check(loss: tuple[str, int], gradient: tuple[str, int], **options: Any) -> Report:
        return check_loss(
            "squared_error",
            lambda x, y: total(x, loss) * ((x - y) ** 2).sum(),
            lambda x, y: 2 * total(x, gradient) * (x - y),
            **options,
        )

    options: dict[str, Any] = {"reduction": declared[0], "factor": declared[1]}
    assert check(meant, meant, **options).ok == (meant == declared)
    if meant != declared:
        assert check(meant, meant, **options | advised(check(meant, meant, **options), "loss")).ok
    of_gradient = meant[0], declared[1]
    if of_gradient != declared:
        changed = advised(check(declared, of_gradient, **options), "dx")
        assert changed == {"gradient_reduction": meant[0]}
        assert check(declared, of_gradient, **options | changed).ok


def advised(report: Report, quantity: str) -> dict[str, Any]:
    """The options that the hint says to declare."""
    said = re.findall(r"declare (.*)$", "\n".join(report.lines(quantity)), re.M)
    return {name: ast.literal_eval(value) for name, value in (option.split("=") for option in said[0].split(", "))}


@pytest.mark.parametrize("eps", [1e-15, 1e-12, 1e-8])
def test_a_guarded_logarithm_is_right_with_a_note(eps: float) -> None:
    def loss(x: np.ndarray, y: np.ndarray) -> float:
        return -(y * np.log(x + eps)).sum() / len(x)

    report = check_loss("cross_entropy", loss, lambda x, y: -y / (x + eps) / len(x))
    assert report.ok, str(report)
    assert eps == 1e-15 or f"an ε of {eps:.0e} inside the logarithm" in str(report)
    assert not check_loss("cross_entropy", lambda x, y: loss(x, y) + 1e-6).ok


# Networks

SIZES = {"image": (14, 18), "maps": (2, 3), "kernels": (3, 3), "classes": 4}
NAMES = ("K1", "b1", "K2", "b2", "W", "b")


def network(faults: dict[str, Callable[[np.ndarray], np.ndarray]]) -> Callable[..., Any]:
    def both(x: np.ndarray, y: np.ndarray, *values: np.ndarray) -> Any:
        K1, b1, K2, b2, W, b = values
        params = Parameters(K1.transpose(1, 0, 2, 3), b1, K2.transpose(1, 0, 2, 3), b2, W, b)
        trace = vc.forward(params, np.ascontiguousarray(x.transpose(1, 2, 0)))
        grads = vc.backward(params, trace, np.ascontiguousarray(y.T))
        given = {f"d{name}": getattr(grads, f"d{name}") for name in NAMES}
        given |= {name: given[name].transpose(1, 0, 2, 3) for name in ("dK1", "dK2")}
        return vc.loss(trace, np.ascontiguousarray(y.T)), given | {n: f(given[n]) for n, f in faults.items()}

    return both


def test_the_derivation_is_right() -> None:
    report = check_network(network({}), **SIZES)
    assert report.ok, str(report)


@pytest.mark.parametrize("name", [f"d{name}" for name in NAMES])
@pytest.mark.parametrize(
    "fault",
    [lambda a: 2 * a, lambda a: a[..., ::-1], lambda a: a.astype(np.float16).astype(a.dtype)],
    ids=["twice", "reversed", "float16"],
)
def test_a_fault_in_one_gradient_is_found_there(name: str, fault: Callable[[np.ndarray], np.ndarray]) -> None:
    report = check_network(network({name: fault}), **SIZES)
    assert {row.quantity for row in report.rows if row.verdict == "wrong"} == {name}


@pytest.mark.parametrize(("dtype", "share"), [(np.float32, 1e-4), (np.float64, 1e-11)])
def test_a_small_error_is_found_in_either_precision(dtype: type, share: float) -> None:
    def off(a: np.ndarray) -> np.ndarray:
        return a + share * np.abs(a).max()

    for name in ("dK1", "db2"):
        assert not check_network(network({name: off}), dtype=dtype, **SIZES).ok
    assert check_network(network({}), dtype=dtype, **SIZES).ok


def test_gradients_by_other_names_are_none() -> None:
    report = check_network(lambda *given: (network({})(*given)[0], {"grad": given[2]}), **SIZES)
    assert not report.ok
    assert "got a dict of grad" in str(report)
