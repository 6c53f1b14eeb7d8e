"""§4.5: gradient descent; the rules beyond the paper, one by one. As whole optimizers: training/test_optimizer.py."""

from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vanillacnn as vc
from reference import optimizers
from reference.exact.numbers import identical, variables
from reference.rounding import bounds
from tests.suite.compare import same
from tests.suite.generators import Array, Draw, Sizes, dyadic, entry_sizes
from tests.suite.implementation import Implementation
from tests.suite.properties import DTYPES, Equation, Judged
from vanillacnn.beyond.rules import adam_direction, first_moment, momentum, nesterov, second_moment, unbiased
from vanillacnn.equations.update import gradient_descent

RNG = np.random.default_rng(0)


class TestSection45(Equation):
    function = "gradient_descent"

    def sizes(draw: Draw) -> Sizes:
        return entry_sizes(draw) | {"eighths": draw(st.integers(-16, 16))}

    def arguments(self, sizes: Sizes, array: Array) -> dict[str, Any]:
        return super().arguments(sizes, array) | {"alpha": sizes["eighths"] / 8}

    test_is_linear_in_the_cotangent = None  # θ - αΔθ is affine in Δθ


class Rule(Judged):
    """A rule against Optax, with eighths for the numbers that govern it: on dyadic arrays nothing rounds."""

    scalars: ClassVar[tuple[str, ...]]
    eighths: ClassVar = st.integers(0, 7)

    @classmethod
    def sizes(cls, draw: Draw) -> Sizes:
        return entry_sizes(draw) | {name: draw(cls.eighths) for name in cls.scalars}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.catalogue = [{"a": a} | dict.fromkeys(cls.scalars, eighths) for a, eighths in [(3, 4), (5, 2), (2, 1)]]

    def arguments(self, sizes: Sizes, array: Array) -> dict[str, Any]:
        return super().arguments(sizes, array) | {name: sizes[name] / 8 for name in self.scalars}

    def oracle(self, **arguments: Any) -> np.ndarray:
        return getattr(optimizers, self.function)(**arguments)

    test_is_optax_exactly = Judged.test_is_autodiff_exactly
    test_is_optax_within_the_bound = Judged.test_is_autodiff_within_the_bound
    test_is_autodiff_exactly = test_is_autodiff_within_the_bound = None
    test_is_linear_in_the_cotangent = None  # these are affine in Δθ, or no gradient


class TestG1(Rule):
    function, scalars = "momentum", ("mu",)

    def terms(self, sizes: Sizes) -> int:
        return 2


class TestG2(Rule):
    function, scalars = "nesterov", ("mu",)
    eighths = st.sampled_from([1, 2, 4])  # powers of two, by which the oracle divides

    def bound(self, sizes: Sizes, arguments: dict[str, Any], dtype: Any) -> Any:
        """The oracle's m is (m - Δθ)/μ times μ plus Δθ: four operations, on terms of at most |m| + 2|Δθ|."""
        g, m, mu = (np.abs(x) for x in arguments.values())
        return bounds.sums(2, g + mu * m, dtype) + bounds.sums(6, g + mu * (m + 2 * g), np.float64)


class TestG3(Rule):
    function, scalars = "first_moment", ("beta_1",)

    def terms(self, sizes: Sizes) -> int:
        return 4


class TestG4(Rule):
    function, scalars = "second_moment", ("beta_2",)

    def terms(self, sizes: Sizes) -> int:
        return 5


class TestG5(Rule):
    function, scalars = "unbiased", ("beta", "t")
    eighths = st.integers(1, 4)

    def arguments(self, sizes: Sizes, array: Array) -> dict[str, Any]:
        """m = (1 - β^t) m̂, for a dyadic m̂."""
        beta, t = sizes["beta"] / 8, sizes["t"]
        return {"m": array(sizes["a"]) * (1 - beta**t), "beta": beta, "t": t}

    @given(data=st.data())
    def test_is_optax_exactly(self, implementation: Implementation, data: st.DataObject) -> None:
        """Where 1 - β^t is a power of two, for XLA multiplies by its reciprocal."""
        dtype, sizes = data.draw(DTYPES), {"a": 3, "beta": data.draw(st.sampled_from([4, 6, 7])), "t": 1}
        arguments = self.arguments(sizes, lambda *sides: data.draw(dyadic(*sides, dtype=dtype)))
        same(self.call(implementation, arguments), self.oracle(**arguments), arguments)

    def bound(self, sizes: Sizes, arguments: dict[str, Any], dtype: Any) -> Any:
        """1 - β^t in float64, rounded to the dtype, perhaps its reciprocal, and the quotient or product."""
        size = np.abs(self.oracle(**arguments))
        share = bounds.gamma(bounds.unbiasing(arguments["beta"], arguments["t"]), np.float64)
        return bounds.sums(3, (1 + share) * size, dtype) + bounds.sums(3, size, np.float64) + 2 * share * size


class TestG6(Rule):
    function, scalars = "adam_direction", ("epsilon",)
    eighths = st.integers(1, 7)

    def arguments(self, sizes: Sizes, array: Array) -> dict[str, Any]:
        """ĉ = r² and m̂ = d (r + ε), for dyadic d and r."""
        d, r, epsilon = array(sizes["a"]), np.abs(array(sizes["a"])), sizes["epsilon"] / 8
        return {"m_hat": d * (r + epsilon), "c_hat": r * r, "epsilon": epsilon}

    def terms(self, sizes: Sizes) -> int:
        return 3


class TestG7(Rule):
    function, scalars = "weight_decay", ("lambda_",)

    def terms(self, sizes: Sizes) -> int:
        return 2


class TestG8(Rule):
    function, scalars = "decoupled_decay", ("alpha", "lambda_")

    def bound(self, sizes: Sizes, arguments: dict[str, Any], dtype: Any) -> Any:
        """1 and α λ are the terms, and -λ makes their signs the same."""
        theta, alpha, lambda_ = arguments.values()
        size = self.oracle(theta=np.abs(theta), alpha=alpha, lambda_=-lambda_)
        return bounds.sums(4, size, dtype) + bounds.sums(4, size, np.float64)


def test_nesterov_is_the_gradient_at_the_point_ahead() -> None:
    """The form that looks ahead, w with the gradient at w - α μ m, is this one with θ = w - α μ m.

    As polynomials in μ, α, θ and the gradients of three steps, whatever they are: their points are the same.
    """
    mu, alpha = variables("mu", ())[()], variables("alpha", ())[()]
    theta = w = variables("theta", (2,))
    m = ahead = np.zeros(2, int).astype(object)
    for g in (variables(f"g{t}", (2,)) for t in range(3)):
        assert identical(theta, w - alpha * mu * ahead)
        m = momentum(m, g, mu)
        theta = gradient_descent(theta, nesterov(g, m, mu), alpha)
        ahead = mu * ahead + g
        w = w - alpha * ahead


def test_the_moments_of_a_constant_gradient_are_unbiased() -> None:
    """After t steps m̂ = g and ĉ = g²: every step of Adam is like its first, α g/(|g| + ε)."""
    g, beta_1, beta_2 = variables("g", (3,)), Fraction(9, 10), Fraction(999, 1000)
    m = c = np.zeros(3, int).astype(object)
    for t in range(1, 6):
        m, c = first_moment(m, g, beta_1), second_moment(c, g, beta_2)
        assert identical(unbiased(m, beta_1, t), g)
        assert identical(unbiased(c, beta_2, t), g * g)


def test_adam_goes_by_the_sign_of_the_gradient_up_to_epsilon() -> None:
    g = np.array([-4.0, -0.125, 0.0, 0.5, 3.0])
    d = adam_direction(g, g * g, 2.0**-30)
    exact = [Fraction(x) / (abs(Fraction(x)) + Fraction(1, 2**30)) for x in g]
    assert [*d] == [float(x) for x in exact]
    assert all(abs(x - int(np.sign(y))) * abs(Fraction(y)) <= Fraction(1, 2**30) for x, y in zip(exact, g, strict=True))


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
    with pytest.raises(ValueError, match=f"^alpha: expected a finite learning rate, got {alpha}$"):
        vc.update(*step, alpha=alpha)


@pytest.mark.parametrize("name", vc.Parameters._fields)
def test_a_gradient_of_another_shape_or_dtype_is_refused(step, name) -> None:
    params, grads = step
    gradient = getattr(grads, f"d{name}")
    for wrong in (gradient[..., :-1], gradient.astype(np.float64)):
        with pytest.raises(ValueError, match=f"^d{name}: expected "):
            vc.update(params, grads._replace(**{f"d{name}": wrong}), alpha=1.0)
