"""§4.5: gradient descent."""

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import vanillacnn as vc
from tests.generators import Array, Draw, Sizes
from tests.properties import Equation

RNG = np.random.default_rng(0)


class TestSection45(Equation):
    function = "gradient_descent"

    def sizes(draw: Draw) -> Sizes:
        return {"a": draw(st.integers(1, 4)), "eighths": draw(st.integers(-16, 16))}

    def arguments(self, sizes: Sizes, array: Array) -> dict[str, Any]:
        return super().arguments(sizes, array) | {"alpha": sizes["eighths"] / 8}

    test_is_linear_in_the_cotangent = None  # θ - αΔθ is affine in Δθ


@pytest.fixture
def step() -> tuple[vc.Parameters, vc.Gradients]:
    params = vc.initialize(RNG)
    trace = vc.forward(params, RNG.random((28, 28, 2), np.float32))
    return params, vc.backward(params, trace, np.zeros((10, 2), np.float32))


def test_every_parameter_goes_against_its_own_gradient(step) -> None:
    params, grads = step
    for name, theta in vc.update(params, grads, alpha=0.25)._asdict().items():
        np.testing.assert_array_equal(theta, getattr(params, name) - 0.25 * getattr(grads, f"d{name}"), strict=True)


def test_parameters_of_no_network_are_refused(step) -> None:
    params, grads = step
    with pytest.raises(ValueError, match="^b1: expected shape "):
        vc.update(params._replace(b1=params.b1[1:]), grads._replace(db1=grads.db1[1:]), alpha=1.0)


@pytest.mark.parametrize("alpha", [np.nan, np.inf])
def test_a_rate_that_is_not_finite_is_refused(step, alpha) -> None:
    with pytest.raises(ValueError, match="^alpha: "):
        vc.update(*step, alpha=alpha)


@pytest.mark.parametrize("name", vc.Parameters._fields)
def test_a_gradient_of_another_shape_or_dtype_is_refused(step, name) -> None:
    params, grads = step
    gradient = getattr(grads, f"d{name}")
    for wrong in (gradient[..., :-1], gradient.astype(np.float64)):
        with pytest.raises(ValueError, match=f"^d{name}: expected "):
            vc.update(params, grads._replace(**{f"d{name}": wrong}), alpha=1.0)
