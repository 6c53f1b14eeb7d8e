"""Rules and schedules as they are put together: whole runs against Optax, closed forms, and what is refused."""

import dataclasses
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import vanillacnn as vc
from reference import optimizers
from reference.rounding import bounds
from tests.suite.compare import same, within
from tests.suite.generators import dyadic, entries
from tests.suite.properties import DTYPES
from vanillacnn.beyond.rules import weight_decay
from vanillacnn.optimizer import RULES, SCHEDULES, Moments, Rule, Schedule

UNCHECKED = pytest.mark.usefixtures("unchecked_annotations")
EACH_RULE = pytest.mark.parametrize("name", RULES)
SHAPES = hnp.array_shapes(max_dims=4, max_side=3).filter(lambda sides: np.prod(sides) <= optimizers.ENTRIES)
THOUSANDTHS = st.integers(0, 990).map(lambda k: k / 1000)

# How often an entry is rounded in a step, with the rounding of the rule's numbers to the dtype: three times each for
# λθ, for μm twice and for αd. With Adam 7 to m̂ and 8 to ĉ, 4 on to d, 3 for αd, or 4 for (1 - αλ)θ; later steps add 6.
ROUNDINGS = {"gradient_descent": 12, "heavy_ball": 12, "nesterov": 12, "adam": 24, "adamw": 24}


def moderate(*sides: int, dtype: Any = np.float64) -> st.SearchStrategy[np.ndarray]:
    """Entries of 24 bits between 2⁻³¹ and 2⁷, whose squares no dtype loses; and zeros."""
    return entries(sides, np.int32, lambda k: np.ldexp((k >> 8) / 2.0**23, (k & 15) - 8).astype(dtype))


def run(rule: Rule, theta: np.ndarray, gradients: Any, rates: Any) -> Iterator[tuple[np.ndarray, Moments]]:
    """θ and its moments after each step."""
    moments = rule.begin(theta)
    for t, (dtheta, alpha) in enumerate(zip(gradients, rates, strict=True), start=1):
        theta, moments = rule.step(theta, dtheta, moments, alpha, t)
        yield theta, moments


@st.composite
def runs(draw: Any, name: str, decays: bool = True) -> tuple[Rule, np.ndarray, np.ndarray, list[float]]:
    """A rule, θ, and gradients and rates of some steps."""
    dtype, sides, t = draw(DTYPES), draw(SHAPES), draw(st.integers(1, optimizers.STEPS))
    mu, beta_1, beta_2, alpha, lambda_ = (draw(THOUSANDTHS) for _ in range(5))
    rule = Rule(name, mu, beta_1, beta_2, draw(st.sampled_from([1e-8, 1e-3, 0.5])), lambda_ if decays else 0.0)
    return (
        rule,
        draw(moderate(*sides, dtype=dtype)),
        draw(moderate(t, *sides, dtype=dtype)),
        [alpha / (k + 1) for k in range(t)],
    )


def options(rule: Rule) -> list[float]:
    return [rule.mu, rule.beta_1, rule.beta_2, rule.epsilon]


def radius(rule: Rule, theta: np.ndarray, gradients: np.ndarray, rates: list[float], dtype: Any) -> np.ndarray:
    """How far θ may be from the exact one after each step, computed in the dtype.

    θ is a sum of products. With |θ|, -|Δθ| and -λ all terms have one sign, so the result is the sum of their sizes.
    This leaves ĉ as it is, because it is made of squares. In addition m̂ and ĉ are off by what 1 - β^t loses in
    float64, and that is most at the first step.
    """
    sizes = optimizers.trajectory(
        rule.name, np.abs(theta), -np.abs(gradients), np.array(rates), *options(rule), -rule.weight_decay
    )
    roundings = ROUNDINGS[rule.name] * np.arange(1, len(gradients) + 1).reshape(-1, *[1] * theta.ndim)
    lost = bounds.unbiasing(rule.beta_1, 1) + bounds.unbiasing(rule.beta_2, 1) if "c" in rule.symbols else 0
    share = bounds.gamma(lost, np.float64)
    return (
        np.stack(
            [bounds.sums(int(k.item()), (1 + share) * size, dtype) for k, size in zip(roundings, sizes, strict=True)]
        )
        + share * sizes
    )


def judge(actual: np.ndarray, expected: np.ndarray, given: tuple[Rule, np.ndarray, np.ndarray, list[float]]) -> float:
    """Each is within its bound of the exact θ, so they differ by the sum at most. Returns the share that is used."""
    rule, theta, gradients, rates = given
    double = theta.astype(np.float64), gradients.astype(np.float64)
    bound = radius(rule, *double, rates, theta.dtype) + radius(rule, *double, rates, np.float64)
    within(actual, expected, bound, {"rule": rule, "theta": theta, "gradients": gradients, "rates": rates})
    return float((np.abs(actual - expected) / bound).max())


def by_optax(rule: Rule, theta: np.ndarray, gradients: np.ndarray, rates: list[float]) -> np.ndarray:
    double = theta.astype(np.float64), gradients.astype(np.float64)
    return optimizers.trajectory(rule.name, *double, np.array(rates), *options(rule), rule.weight_decay)


# Whole runs


@EACH_RULE
@given(data=st.data())
def test_every_step_is_the_one_of_optax_within_the_bound(name: str, data: st.DataObject) -> None:
    """Except Adam with (G7): where Δθ + λθ cancels, one rounding can turn the whole direction. See below."""
    given = data.draw(runs(name, decays=name != "adam"))
    judge(np.stack([theta for theta, _ in run(*given)]), by_optax(*given), given)


@EACH_RULE
def test_the_bound_is_sharp(name: str) -> None:
    rng = np.random.default_rng(0)
    gradients = rng.standard_normal((optimizers.STEPS, 9)).astype(np.float32)
    given = Rule(name), rng.standard_normal(9).astype(np.float32), gradients, [0.1] * optimizers.STEPS
    assert judge(np.stack([theta for theta, _ in run(*given)]), by_optax(*given), given) >= 1e-3


@given(data=st.data())
def test_adam_with_weight_decay_is_optax_at_the_first_step_within_the_bound(data: st.DataObject) -> None:
    """On dyadic numbers, on which Δθ + λθ is not rounded: the bound is that of Adam along it."""
    sides = data.draw(SHAPES)
    theta, dtheta, lambda_ = data.draw(dyadic(*sides)), data.draw(dyadic(*sides)), data.draw(st.integers(1, 8)) / 8
    rule, rates = Rule("adam", weight_decay=lambda_), np.array([0.125])
    after, _ = rule.step(theta, dtheta, rule.begin(theta), 0.125, 1)
    expected = by_optax(rule, theta, dtheta[np.newaxis], rates)
    g = (dtheta + lambda_ * theta)[np.newaxis]
    judge(after[np.newaxis], expected, (Rule("adam"), theta, g, [0.125]))


@pytest.mark.parametrize("name", [name for name in RULES if name != "adamw"])
@given(data=st.data())
def test_weight_decay_comes_before_the_rule(name: str, data: st.DataObject) -> None:
    rule, theta, gradients, rates = data.draw(runs(name))
    plain = dataclasses.replace(rule, weight_decay=0.0)
    moments = rule.begin(theta)
    for t, (dtheta, alpha) in enumerate(zip(gradients, rates, strict=True), start=1):
        expected = plain.step(theta, weight_decay(dtheta, theta, rule.weight_decay), moments, alpha, t)
        theta, moments = rule.step(theta, dtheta, moments, alpha, t)
        for actual, known in zip((theta, *moments), (expected[0], *expected[1]), strict=True):
            same(actual, known, {"theta": theta, "dtheta": dtheta})


@given(data=st.data())
def test_the_moments_know_nothing_of_a_decoupled_decay(data: st.DataObject) -> None:
    rule, *given = data.draw(runs("adamw"))
    for (_, ours), (_, plain) in zip(
        run(rule, *given), run(dataclasses.replace(rule, name="adam", weight_decay=0.0), *given), strict=True
    ):
        for actual, expected in zip(ours, plain, strict=True):
            same(actual, expected, {})


@EACH_RULE
def test_without_a_decay_theta_is_only_where_the_step_begins(name: str) -> None:
    theta, dtheta = np.array([1.0, -2.0]), np.array([0.5, 0.25])
    rule, nowhere = Rule(name), np.array([np.inf, np.nan])
    (_, known), (lost, moments) = (rule.step(x, dtheta, rule.begin(x), 0.5, 1) for x in (theta, nowhere))
    np.testing.assert_array_equal(lost, nowhere)
    for actual, expected in zip(moments, known, strict=True):
        same(actual, expected, {})


# Closed forms: of a constant gradient, where θ moves along it by α times what is summed up here


def geometric(steps: int, mu: Fraction) -> list[Fraction]:
    """Σ_{s<t} μ^s for t = 1, 2, …, by its closed form."""
    return [(1 - mu**t) / (1 - mu) for t in range(1, steps + 1)]


@pytest.mark.parametrize(
    ("name", "shares"),
    [
        ("gradient_descent", [Fraction(1)] * 7),
        ("heavy_ball", geometric(7, Fraction(3, 4))),
        ("nesterov", geometric(8, Fraction(3, 4))[1:]),
    ],
)
def test_along_a_constant_gradient(name: str, shares: list[Fraction]) -> None:
    """The heavy ball's m is a geometric sum; Nesterov's direction is that of the step after."""
    theta, dtheta = np.array([[1.0, -2.0, 0.5]]), np.array([[0.25, 1.0, -3.0]])
    steps = run(Rule(name, mu=0.75), theta, [dtheta] * 7, [0.5] * 7)
    for t, (after, _) in enumerate(steps, start=1):
        same(after, theta - 0.5 * float(sum(shares[:t])) * dtheta, {"t": t})


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_the_first_step_of_adam_goes_by_the_sign_of_the_gradient(name: str) -> None:
    """By α g/(|g| + ε), which is within α ε/|g| of α sign(g). With β = ½ nothing else is rounded."""
    g, ε = np.array([[-4.0, 0.125], [0.5, 3.0]]), 2.0**-30
    after, (m, c) = Rule(name, beta_1=0.5, beta_2=0.5, epsilon=ε).step(0 * g, g, (0 * g, 0 * g), 1.0, 1)
    exact = [-x / (abs(x) + Fraction(ε)) for x in map(Fraction, g.flat)]
    same(after, np.array([float(x) for x in exact]).reshape(g.shape), {})
    assert all(abs(x + int(np.sign(y))) <= Fraction(ε) / abs(Fraction(y)) for x, y in zip(exact, g.flat, strict=True))
    same(m, g / 2, {})
    same(c, g * g / 2, {})


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_adam_goes_the_same_way_at_each_step_along_a_constant_gradient(name: str) -> None:
    """m_t = (1 - β^t) g, so m̂ = g, and ĉ = g² likewise: by α g/(|g| + ε), however many steps there were."""
    g, rule = np.array([-4.0, 0.125, 0.5, 3.0]), Rule(name)
    exact = np.array([float(Fraction(x) / (abs(Fraction(x)) + Fraction(rule.epsilon))) for x in g])
    before = np.zeros(4)
    for t, (after, _) in enumerate(run(rule, before, [g] * 200, [1.0] * 200), start=1):
        # The moments have two roundings more with each step, and 1 - β^t loses what `unbiasing` says.
        lost = bounds.unbiasing(rule.beta_1, t) + bounds.unbiasing(rule.beta_2, t)
        within(
            before - after,
            exact,
            bounds.gamma(4 * t + lost + 12, np.float64) * (np.abs(exact) + np.abs(after)),
            {"t": t},
        )
        before = after


def test_adamw_decays_where_there_is_no_gradient() -> None:
    theta, nothing = np.array([8.0, -4.0]), np.zeros(2)
    steps = run(Rule("adamw", weight_decay=0.5), theta, [nothing] * 4, [0.5, 0.25, 1.0, 2.0**-20])
    decayed = 1 - 2.0**-21
    assert [[*after] for after, _ in steps] == [
        [6.0, -3.0], [5.25, -2.625], [2.625, -1.3125], [2.625 * decayed, -1.3125 * decayed]
    ]  # fmt: skip


# What a step does to its arguments, and what it takes


@EACH_RULE
@given(data=st.data())
def test_a_step_is_pure_and_keeps_dtype_and_shape(name: str, data: st.DataObject) -> None:
    rule, theta, (dtheta, *_), (alpha, *_) = data.draw(runs(name))
    moments = rule.begin(theta)
    assert [m.dtype for m in moments] == [theta.dtype] * len(rule.symbols)
    assert not any(m.any() for m in moments)
    moments = tuple(m + 1 for m in moments)
    given = theta, dtheta, *moments
    before = [x.copy() for x in given]
    after, later = rule.step(theta, dtheta, moments, alpha, 1)
    for x, y in zip(given, before, strict=True):
        same(x, y, {})
    for k, x in enumerate((after, *later)):
        assert (x.shape, x.dtype) == (theta.shape, theta.dtype)
        assert not any(np.shares_memory(x, y) for y in (*given, *(after, *later)[:k]))


@pytest.mark.parametrize(
    ("name", "symbols"),
    [("gradient_descent", ""), ("heavy_ball", "m"), ("nesterov", "m"), ("adam", "mc"), ("adamw", "mc")],
)
def test_the_moments_have_names(name: str, symbols: str) -> None:
    assert Rule(name).symbols == tuple(symbols)
    assert len(Rule(name).begin(np.ones(2))) == len(symbols)


def test_the_defaults_are_the_papers_rule_at_its_rate() -> None:
    theta, dtheta = np.array([1.0, 2.0]), np.array([0.5, -1.0])
    same(vc.Rule().step(theta, dtheta, (), 0.5, 1)[0], np.array([0.75, 2.5]), {})
    assert vc.Schedule()(0.3, 7, 8) == 0.3


# Schedules


@pytest.mark.parametrize("name", SCHEDULES)
@given(alpha=st.floats(1e-6, 10), k=st.integers(0, 19), warmup=st.sampled_from([0, 1, 2, 7]))
def test_a_schedule_is_the_one_of_optax_under_a_warm_up_within_the_bound(name, alpha, k, warmup) -> None:
    decayed = {
        "constant": lambda: alpha,
        "step_decay": lambda: optimizers.step_decay(alpha, k, 0.7, 3),
        "exponential_decay": lambda: optimizers.exponential_decay(alpha, k, 0.7, 3),
        "cosine_decay": lambda: optimizers.cosine_decay(alpha, k, 20),
    }[name]()
    expected = optimizers.linear_warmup(decayed, k, warmup) if warmup > 1 else decayed
    rate = Schedule(name, gamma=0.7, period=3, warmup=warmup)(alpha, k, 20)
    # Those of tests/beyond/test_schedules.py: 10 in shares of α at most, and 12 for the warm-up.
    within(rate, expected, 2 * bounds.sums(22, alpha, np.float64), {"alpha": alpha, "k": k})


@UNCHECKED
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_rate_is_a_float_of_python(name: str) -> None:
    for warmup in (0, 3):
        assert {type(Schedule(name, warmup=warmup)(1, k, 5)) for k in range(5)} == {float}
