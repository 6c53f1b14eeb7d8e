"""Update rules and learning-rate schedules by name: which equations a step goes through. No formula stands here."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vanillacnn.arrays import Real, Scalar
from vanillacnn.beyond.rules import (
    adam_direction,
    decoupled_decay,
    first_moment,
    momentum,
    nesterov,
    second_moment,
    unbiased,
    weight_decay,
)
from vanillacnn.beyond.schedules import cosine_decay, exponential_decay, linear_warmup, step_decay
from vanillacnn.checks import expect, real, require, whole
from vanillacnn.equations.update import gradient_descent

Moments = tuple[np.ndarray, ...]

SYMBOLS = {  # of the moments that a rule keeps
    "gradient_descent": (),
    "heavy_ball": ("m",),
    "nesterov": ("m",),
    "adam": ("m", "c"),
    "adamw": ("m", "c"),
}
SCHEDULES = ("constant", "step_decay", "exponential_decay", "cosine_decay")


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
        require("name", self.name, f"one of {', '.join(SYMBOLS)}", self.name in SYMBOLS)
        for name in ("mu", "beta_1", "beta_2"):
            value: Any = getattr(self, name)
            require(name, value, "a number from 0 to below 1", real(value) and 0 <= value < 1)
        require("epsilon", self.epsilon, "a finite number above 0", real(self.epsilon) and self.epsilon > 0)
        require("weight_decay", self.weight_decay, "a finite number from 0",
                real(self.weight_decay) and self.weight_decay >= 0)  # fmt: skip

    @property
    def symbols(self) -> tuple[str, ...]:
        """The names of the moments, in their order."""
        return SYMBOLS[self.name]

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

        Raises: ValueError when the gradient or a moment has not the shape and dtype of θ, or α or t is none.
        """
        require("alpha", alpha, "a finite learning rate", real(alpha))
        require("t", t, "a whole number from 1", whole(t, 1))
        require("moments", len(moments), f"{len(self.symbols)} of them", len(moments) == len(self.symbols))
        for symbol, array in zip(("dtheta", *self.symbols), (dtheta, *moments), strict=True):
            expect(symbol, array, theta.shape, theta.dtype)
        return self.follow(theta, dtheta, moments, alpha, t)

    def follow(
        self, theta: np.ndarray, dtheta: np.ndarray, moments: Moments, alpha: Scalar, t: int
    ) -> tuple[np.ndarray, Moments]:
        """`step` without its checks."""
        if self.weight_decay:
            if self.name == "adamw":
                theta = decoupled_decay(theta, alpha=alpha, lambda_=self.weight_decay)
            else:
                dtheta = weight_decay(dtheta, theta, lambda_=self.weight_decay)
        direction, moments = self._direction(dtheta, moments, t)
        return gradient_descent(theta, direction, alpha=alpha), moments

    def _direction(self, dtheta: np.ndarray, moments: Moments, t: int) -> tuple[np.ndarray, Moments]:
        """What the step goes along in place of Δθ, and the moments that have Δθ in them."""
        if self.name == "gradient_descent":
            return dtheta, ()
        if self.name in ("heavy_ball", "nesterov"):
            (m,) = moments
            m = momentum(m, dtheta, mu=self.mu)
            return (m if self.name == "heavy_ball" else nesterov(dtheta, m, mu=self.mu)), (m,)
        m, c = moments
        m, c = first_moment(m, dtheta, self.beta_1), second_moment(c, dtheta, self.beta_2)
        m_hat, c_hat = unbiased(m, self.beta_1, t), unbiased(c, self.beta_2, t)
        return adam_direction(m_hat, c_hat, self.epsilon), (m, c)


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
        require("gamma", self.gamma, "a number above 0, at most 1", real(self.gamma) and 0 < self.gamma <= 1)
        require("period", self.period, "a whole number from 1", whole(self.period, 1))
        require("warmup", self.warmup, "a whole number from 0", whole(self.warmup, 0))

    def __call__(self, alpha: float, step: int, steps: int) -> float:
        """The rate of a step, counted from 0, of so many.

        Raises: ValueError when α is no finite number, or there is no such step.
        """
        require("alpha", alpha, "a finite learning rate", real(alpha))
        require("step", step, f"a whole number from 0 to below {steps}", whole(step, 0) and whole(steps, step + 1))
        if self.name == "step_decay":
            alpha = step_decay(alpha, step, self.gamma, self.period)
        if self.name == "exponential_decay":
            alpha = exponential_decay(alpha, step, self.gamma, self.period)
        if self.name == "cosine_decay":
            alpha = cosine_decay(alpha, step, steps)
        return float(linear_warmup(alpha, step, self.warmup) if self.warmup else alpha)


GRADIENT_DESCENT, CONSTANT = Rule(), Schedule()  # the paper's
