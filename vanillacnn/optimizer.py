"""Update rules and learning-rate schedules by name: which equations a step goes through. No formula stands here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from vanillacnn.arrays import Real, Scalar
from vanillacnn.beyond import rules
from vanillacnn.beyond.schedules import cosine_decay, exponential_decay, linear_warmup, step_decay
from vanillacnn.checks import expect, expect_array, real, require, scalar, unchecked, whole
from vanillacnn.equations import update

Moments = tuple[np.ndarray, ...]
Direction = Callable[["Rule", np.ndarray, Moments, int], tuple[np.ndarray, Moments]]

# A rule checks its arrays once, in `step`.
gradient_descent = unchecked(update.gradient_descent)
momentum, nesterov = unchecked(rules.momentum), unchecked(rules.nesterov)
first_moment, second_moment = unchecked(rules.first_moment), unchecked(rules.second_moment)
unbiased, adam_direction = unchecked(rules.unbiased), unchecked(rules.adam_direction)
weight_decay, decoupled_decay = unchecked(rules.weight_decay), unchecked(rules.decoupled_decay)


def along_the_gradient(rule: "Rule", dtheta: np.ndarray, moments: Moments, t: int) -> tuple[np.ndarray, Moments]:
    return dtheta, ()


def along_the_moment(rule: "Rule", dtheta: np.ndarray, moments: Moments, t: int) -> tuple[np.ndarray, Moments]:
    (m,) = moments
    m = momentum(m, dtheta, mu=rule.mu)
    return m, (m,)


def ahead_of_the_moment(rule: "Rule", dtheta: np.ndarray, moments: Moments, t: int) -> tuple[np.ndarray, Moments]:
    (m,) = moments
    m = momentum(m, dtheta, mu=rule.mu)
    return nesterov(dtheta, m, mu=rule.mu), (m,)


def by_both_moments(rule: "Rule", dtheta: np.ndarray, moments: Moments, t: int) -> tuple[np.ndarray, Moments]:
    m, c = moments
    m, c = first_moment(m, dtheta, rule.beta_1), second_moment(c, dtheta, rule.beta_2)
    m_hat, c_hat = unbiased(m, rule.beta_1, t), unbiased(c, rule.beta_2, t)
    return adam_direction(m_hat, c_hat, rule.epsilon), (m, c)


class Kind(NamedTuple):
    """The symbols of the moments that a rule keeps; and (Δθ, moments, t) → what the step goes along in place of Δθ, and
    the moments that have Δθ in them."""

    symbols: tuple[str, ...]
    direction: Direction


RULES = {
    "gradient_descent": Kind((), along_the_gradient),
    "heavy_ball": Kind(("m",), along_the_moment),
    "nesterov": Kind(("m",), ahead_of_the_moment),
    "adam": Kind(("m", "c"), by_both_moments),
    "adamw": Kind(("m", "c"), by_both_moments),
}
SCHEDULES: dict[str, Callable[["Schedule", float, int, int], float]] = {  # (α, k, T) → α_k
    "constant": lambda schedule, alpha, k, T: alpha,
    "step_decay": lambda schedule, alpha, k, T: step_decay(alpha, k, schedule.gamma, schedule.period),
    "exponential_decay": lambda schedule, alpha, k, T: exponential_decay(alpha, k, schedule.gamma, schedule.period),
    "cosine_decay": lambda schedule, alpha, k, T: cosine_decay(alpha, k, T),
}


@dataclass(frozen=True)
class Rule:
    """How one array of parameters follows its gradient. `weight_decay` is the λ of (G7), and for adamw of (G8)."""

    name: str = "gradient_descent"
    mu: float = 0.9
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        require("name", self.name, f"one of {', '.join(RULES)}", self.name in RULES)
        for name in ("mu", "beta_1", "beta_2", "epsilon", "weight_decay"):
            object.__setattr__(self, name, scalar(getattr(self, name)))
        for name in ("mu", "beta_1", "beta_2"):
            value: Any = getattr(self, name)
            require(name, value, "a number from 0 to below 1", real(value) and 0 <= value < 1)
        require("epsilon", self.epsilon, "a finite number above 0", real(self.epsilon) and self.epsilon > 0)
        require("weight_decay", self.weight_decay, "a finite number from 0",
                real(self.weight_decay) and self.weight_decay >= 0)  # fmt: skip

    @property
    def symbols(self) -> tuple[str, ...]:
        """The names of the moments, in their order."""
        return RULES[self.name].symbols

    def begin(self, theta: Real[np.ndarray, "*sides"]) -> Moments:
        """The moments before the first step, in the shape and dtype of θ."""
        return tuple(np.zeros(theta.shape, theta.dtype) for _ in self.symbols)

    def step(
        self,
        theta: Real[np.ndarray, "*sides"],
        dtheta: Real[np.ndarray, "*sides"],
        moments: Moments,
        alpha: Scalar,
        t: int,
    ) -> tuple[Real[np.ndarray, "*sides"], Moments]:
        """θ and its moments after step t, which counts from 1.

        Raises: ValueError when the gradient or a moment does not have the shape and dtype of θ, or α or t is none.
        """
        alpha, t = scalar(alpha), scalar(t)
        expect_array("theta", theta)
        require("alpha", alpha, "a finite learning rate", real(alpha))
        require("t", t, "a whole number from 1", whole(t, 1))
        require("moments", len(moments), f"{len(self.symbols)} of them", len(moments) == len(self.symbols))
        for symbol, array in zip(("dtheta", *self.symbols), (dtheta, *moments), strict=True):
            expect(symbol, array, theta.shape, theta.dtype)
        return self.step_unchecked(theta, dtheta, moments, alpha, t)

    def step_unchecked(
        self, theta: np.ndarray, dtheta: np.ndarray, moments: Moments, alpha: Scalar, t: int
    ) -> tuple[np.ndarray, Moments]:
        if self.weight_decay:
            if self.name == "adamw":
                theta = decoupled_decay(theta, alpha=alpha, lambda_=self.weight_decay)
            else:
                dtheta = weight_decay(dtheta, theta, lambda_=self.weight_decay)
        direction, moments = RULES[self.name].direction(self, dtheta, moments, t)
        return gradient_descent(theta, direction, alpha=alpha), moments


@dataclass(frozen=True)
class Schedule:
    """The learning rate of each step: a decay by its name, and a linear warm-up over it."""

    name: str = "constant"
    gamma: float = 0.5
    """The factor γ that each period brings, by step_decay or exponential_decay."""
    period: int = 2000
    """Steps, the h of (G9) and (G10); 2000 are an epoch of the paper's."""
    warmup: int = 0
    """Steps, the w of (G12)."""

    def __post_init__(self) -> None:
        require("name", self.name, f"one of {', '.join(SCHEDULES)}", self.name in SCHEDULES)
        for name in ("gamma", "period", "warmup"):
            object.__setattr__(self, name, scalar(getattr(self, name)))
        require("gamma", self.gamma, "a number above 0, at most 1", real(self.gamma) and 0 < self.gamma <= 1)
        require("period", self.period, "a whole number from 1", whole(self.period, 1))
        require("warmup", self.warmup, "a whole number from 0", whole(self.warmup, 0))

    def __call__(self, alpha: float, step: int, steps: int) -> float:
        """The rate of a step, counted from 0, of so many.

        Raises: ValueError when α is no finite number, or there is no such step.
        """
        alpha, step, steps = scalar(alpha), scalar(step), scalar(steps)
        require("alpha", alpha, "a finite learning rate", real(alpha))
        require("step", step, f"a whole number from 0 to below {steps}", whole(step, 0) and whole(steps, step + 1))
        alpha = SCHEDULES[self.name](self, alpha, step, steps)
        return float(linear_warmup(alpha, step, self.warmup) if self.warmup else alpha)


GRADIENT_DESCENT, CONSTANT = Rule(), Schedule()  # the paper's
