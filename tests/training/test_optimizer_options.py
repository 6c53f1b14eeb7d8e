"""What rules, schedules and steps refuse, and the limits of what they take."""

from typing import Any

import numpy as np
import pytest

from vanillacnn.optimizer import Rule, Schedule

UNCHECKED = pytest.mark.usefixtures("unchecked_annotations")
THETA = np.ones((2, 3), np.float32)
GIVEN: dict[str, Any] = {"theta": THETA, "dtheta": THETA, "moments": (THETA, THETA), "alpha": 0.1, "t": 1}


@UNCHECKED
@pytest.mark.parametrize(
    ("symbol", "wrong", "came"),
    [
        ("dtheta", {"dtheta": THETA[:1]}, "shape"),
        ("dtheta", {"dtheta": THETA.astype(np.float64)}, "dtype"),
        ("m", {"moments": (THETA[:, :1], THETA)}, "shape"),
        ("c", {"moments": (THETA, THETA.astype(np.float16))}, "dtype"),
        ("moments", {"moments": (THETA,)}, "2 of them, got 1"),
        ("moments", {"moments": (THETA,) * 3}, "2 of them, got 3"),
        ("alpha", {"alpha": float("nan")}, "a finite learning rate, got nan"),
        ("alpha", {"alpha": float("inf")}, "a finite learning rate, got inf"),
        ("t", {"t": 0}, "a whole number from 1, got 0"),
        ("t", {"t": True}, "a whole number from 1, got True"),
    ],
)
def test_what_no_step_can_be_made_of_is_refused(symbol: str, wrong: dict[str, Any], came: str) -> None:
    with pytest.raises(ValueError, match=rf"^{symbol}: expected {came}"):
        Rule("adam").step(**GIVEN | wrong)


NAN, INF = float("nan"), float("inf")


@UNCHECKED
@pytest.mark.parametrize(
    ("option", "values", "expected"),
    [
        ("name", ["sgd", ""], "one of gradient_descent, heavy_ball, nesterov, adam, adamw"),
        *(
            (option, [-1e-9, 1.0, 1, NAN, "0.9", None, True], "a number from 0 to below 1")
            for option in ("mu", "beta_1", "beta_2")
        ),
        ("epsilon", [0.0, -1e-8, INF, NAN, None, True], "a finite number above 0"),
        ("weight_decay", [-1e-9, INF, NAN, "", True], "a finite number from 0"),
    ],
)
def test_options_of_no_rule_are_refused(option: str, values: list[Any], expected: str) -> None:
    for value in values:
        with pytest.raises(ValueError, match=f"^{option}: expected {expected}, got {value!r}$"):
            Rule(**{option: value})


@UNCHECKED
@pytest.mark.parametrize(
    ("option", "values", "expected"),
    [
        ("name", ["cosine", ""], "one of constant, step_decay, exponential_decay, cosine_decay"),
        ("gamma", [0.0, -0.5, 1.000001, NAN, True, None], "a number above 0, at most 1"),
        ("period", [0, 1.0, True], "a whole number from 1"),
        ("warmup", [-1, 1.0, True], "a whole number from 0"),
    ],
)
def test_options_of_no_schedule_are_refused(option: str, values: list[Any], expected: str) -> None:
    for value in values:
        with pytest.raises(ValueError, match=f"^{option}: expected {expected}, got {value!r}$"):
            Schedule(**{option: value})


@UNCHECKED
def test_the_limits_of_the_options_are_taken() -> None:
    Rule("adam", mu=0, beta_1=0.0, beta_2=1 - 2.0**-53, epsilon=5e-324, weight_decay=0)
    Schedule("step_decay", gamma=1, period=1, warmup=0)


@UNCHECKED
@pytest.mark.parametrize("step", [-1, 5, 6, 1.0, True])
def test_a_step_that_there_is_not_is_refused(step: Any) -> None:
    with pytest.raises(ValueError, match=f"^step: expected a whole number from 0 to below 5, got {step!r}$"):
        Schedule()(0.1, step, 5)


def test_a_rate_that_is_not_finite_is_no_rate() -> None:
    with pytest.raises(ValueError, match="^alpha: expected a finite learning rate, got nan$"):
        Schedule()(NAN, 0, 5)
