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


@pytest.mark.parametrize("eps", [1e-12, 1e-8])
@pytest.mark.parametrize("kind", ["softmax_cross_entropy", "sigmoid_cross_entropy"])
def test_what_autodiff_makes_of_a_guarded_logarithm_is_right_with_a_note(kind: str, eps: float) -> None:
    """The gradient of the guarded loss itself, by complex steps."""

    def loss(x: np.ndarray, y: np.ndarray) -> Any:
        if kind == "softmax_cross_entropy":
            return -(y * np.log(np.exp(x) / np.exp(x).sum(axis=1, keepdims=True) + eps)).sum() / len(x)
        p = 1 / (1 + np.exp(-x))
        return -(y * np.log(p + eps) + (1 - y) * np.log(1 - p + eps)).sum() / len(x)

    def gradient(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        steps = 1e-30j * np.eye(x.size).reshape(x.size, *x.shape)
        return np.array([loss(x + step, y).imag / 1e-30 for step in steps]).reshape(x.shape)

    report = check_loss(kind, loss, gradient)
    assert report.ok, str(report)
    assert f"dx: an ε of {eps:.0e} beside the probability" in report.notes
    assert not check_loss(kind, loss, lambda x, y: gradient(x, y) + 1e-6).ok


@pytest.mark.parametrize("sign", [1, -1])
def test_a_likelihood_is_a_loss_of_the_factor_minus_one(sign: int) -> None:
    def loss(x: np.ndarray, y: np.ndarray) -> Any:
        return -0.5 * ((x - y) ** 2).sum() / len(x)

    assert check_loss("squared_error", loss, lambda x, y: sign * (y - x) / len(x), factor=-1).ok is (sign == 1)


@pytest.mark.parametrize("dtype", [bool, int])
def test_a_squared_error_takes_any_targets(dtype: type) -> None:
    def loss(x: np.ndarray, y: np.ndarray) -> Any:
        return 0.5 * ((x - y.astype(dtype)) ** 2).sum() / len(x)

    assert not check_loss("squared_error", loss).ok
    assert not check_loss("squared_error", loss, x="N").ok


def test_a_single_sample_has_a_label_of_any_class() -> None:
    def loss(x: np.ndarray, y: Any) -> Any:
        assert np.ndim(y) == 0
        return np.log(np.exp(x - x.max()).sum()) + x.max() - x[y]

    options = {"x": "C", "labels": "integers"}
    report = check_loss("softmax_cross_entropy", loss, **options)
    assert report.ok, str(report)
    assert not report.notes
    assert not check_loss("softmax_cross_entropy", lambda x, y: loss(x, 1), **options).ok


# Far out, and at zero


def test_a_gradient_that_is_no_number_far_out_is_noted() -> None:
    def exp(x: np.ndarray) -> np.ndarray:
        return np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)

    def backward(dout: np.ndarray, x: np.ndarray) -> np.ndarray:
        return dout * np.exp(-x) / (1 + np.exp(-x)) ** 2

    sigmoid = check_activation("sigmoid", RIGHT["sigmoid"], backward)
    assert sigmoid.ok
    assert "dx: at ±1000 it gives [0.0, nan], where [0.0, 0.0] is right" in sigmoid.notes
    stable = check_activation("sigmoid", RIGHT["sigmoid"], lambda dout, s: dout * s * (1 - s), given="output")
    assert not any(note.startswith("dx: at ±1000") for note in stable.notes)
    loss = check_loss(
        "softmax_cross_entropy",
        lambda x, y: (np.logaddexp.reduce(x, axis=1) - (x * y).sum(axis=1)).sum() / len(x),
        lambda x, y: (exp(x) - y) / len(x),
    )
    assert "loss: at scores of ±1000 its gradient gives [[nan, -1.0]]" in loss.notes


def test_a_loss_of_one_score_is_tried_on_both_sides() -> None:
    naive = check_loss("sigmoid_cross_entropy", lambda x, y: (np.log(1 + np.exp(x)) - x * y).sum() / len(x), x="N")
    assert "loss: at scores of ±1000 it gives inf" in naive.notes
    stable = check_loss("sigmoid_cross_entropy", lambda x, y: (np.logaddexp(0, x) - x * y).sum() / len(x), x="N")
    assert stable.ok
    assert not stable.notes


def test_nearly_nothing_is_nothing_far_out() -> None:
    report = check_activation("sigmoid", lambda x: 1 / (1 + np.exp(-np.clip(x, -500, 500))))
    assert report.ok
    assert not report.notes


@pytest.mark.parametrize("at_zero", [1.0, np.nan])
def test_a_rectifier_of_zero_is_zero(at_zero: float) -> None:
    report = check_activation("relu", lambda x: np.where(x == 0, at_zero, np.maximum(x, 0)))
    assert report.verdict("out") == "wrong"
    assert f"x = 0: expected 0, got [{at_zero}]" in str(report)


@pytest.mark.parametrize(
    ("slope", "at_zero", "ok", "note"),
    [
        (0.2, 0.2, True, ""), (0.2, 1, True, "at zero, the slope is 1; here it is 0.2, and both are right"),
        (0.2, 0, False, ""), (0.2, 1.1, False, ""), (2, 2, True, ""), (2, 1, True, "at zero, the slope is 1; "),
        (2, 0.9, False, ""), (-0.5, -0.5, True, ""), (-0.5, 0, True, "at zero, the slope is 0; "),
        (-0.5, -1, False, ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("alone", [False, True])
def test_the_slope_at_zero_is_one_of_a_leaky_rectifiers(
    slope: float, at_zero: float, ok: bool, note: str, alone: bool
) -> None:
    report = check_activation(
        "leaky_relu",
        (lambda x: None) if alone else lambda x: np.where(x > 0, x, slope * x),
        lambda dout, x: dout * np.where(x > 0, 1, np.where(x < 0, slope, at_zero)),
        slope=slope,
    )
    assert report.ok is ok, str(report)
    said = [each for each in report.notes if "the slope is" in each]
    assert len(said) == bool(note)
    assert all(each.startswith(f"dx: {note}") for each in said)


def test_a_gradient_alone_gets_the_right_output() -> None:
    sigmoid = check_activation("sigmoid", lambda x: None, lambda dout, s: dout * s * (1 - s), given="output")
    assert (sigmoid.ok, sigmoid.verdict("dx")) == (True, "right")
    relu = check_activation("relu", lambda x: None, lambda dout, x: dout * np.where(x == 0, 7, x > 0))
    assert relu.verdict("dx") == "wrong"


# Networks


@pytest.mark.parametrize(
    ("result", "came"), [(7.0, "float"), ((7.0,), "1 results"), ((1, 2, 3), "3 results"), (None, "NoneType")]
)
def test_what_is_no_loss_with_gradients_is_said(result: Any, came: str) -> None:
    report = check_network(lambda *given: result, **SIZES)
    assert f"refused at every size: ValueError: expected (loss, gradients), got {came}" in str(report)


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
