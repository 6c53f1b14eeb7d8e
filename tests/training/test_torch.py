"""The rules against torch.optim, step by step: a second library, written independently."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.test_optimizer import EACH_RULE, judge, run, runs
from vanillacnn.optimizer import Rule

pytestmark = pytest.mark.bench


def optimizer(rule: Rule, parameter: Any, rate: float) -> Any:
    from torch import optim

    adam = {
        "betas": (rule.beta_1, rule.beta_2),
        "eps": rule.epsilon,
        "weight_decay": rule.weight_decay,
        "foreach": False,
    }
    sgd = {"weight_decay": rule.weight_decay, "foreach": False}
    return {
        "gradient_descent": lambda: optim.SGD([parameter], rate, **sgd),
        "heavy_ball": lambda: optim.SGD([parameter], rate, momentum=rule.mu, **sgd),
        "nesterov": lambda: optim.SGD([parameter], rate, momentum=rule.mu, nesterov=rule.mu > 0, **sgd),
        "adam": lambda: optim.Adam([parameter], rate, **adam),
        "adamw": lambda: optim.AdamW([parameter], rate, **adam),
    }[rule.name]()


def by_torch(rule: Rule, theta: np.ndarray, gradients: np.ndarray, rates: list[float]) -> np.ndarray:
    """θ after each step, in float64."""
    import torch

    parameter = torch.nn.Parameter(torch.tensor(theta, dtype=torch.float64))
    steps, found = optimizer(rule, parameter, rates[0]), []
    for dtheta, rate in zip(gradients, rates, strict=True):
        steps.param_groups[0]["lr"] = rate
        parameter.grad = torch.tensor(dtheta, dtype=torch.float64)
        steps.step()
        found.append(parameter.detach().numpy().copy())
    return np.stack(found)


@EACH_RULE
@given(data=st.data())
def test_every_step_is_the_one_of_torch_within_the_bound(name: str, data: st.DataObject) -> None:
    """Except Adam with (G7), for the reason that test_optimizer.py gives. torch has no Nesterov without momentum."""
    given = data.draw(runs(name, decays=name != "adam"))
    judge(np.stack([theta for theta, _ in run(*given)]), by_torch(*given), given)
