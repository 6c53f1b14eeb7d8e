"""The rules and schedules of Optax, under the names of the equations: NumPy arrays and floats in and out.

`trajectory` takes whole runs of its optimizers. What Optax has only inside an optimizer is brought to light by a state
and options that leave nothing else of it, or nothing else but exact factors.
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]
from jax import lax

# With x64 off, JAX turns float64 into float32 without a word.
jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

Floats = np.ndarray | np.floating[Any]
Rate = Any

STEPS, ENTRIES = 8, 27  # to which a trajectory is filled up, so that XLA compiles each optimizer once


def momentum(m: Floats, dtheta: Floats, mu: Rate) -> np.ndarray:
    return np.asarray(optax.trace(mu).update(dtheta, optax.TraceState(m))[0])


def nesterov(dtheta: Floats, m: Floats, mu: Rate) -> np.ndarray:
    """Optax makes m itself, so it is given the m before: exact on dyadic numbers when μ is a power of two."""
    before = optax.TraceState((m - dtheta) / mu)
    return np.asarray(optax.trace(mu, nesterov=True).update(dtheta, before)[0])


def first_moment(m: Floats, dtheta: Floats, beta_1: Rate) -> np.ndarray:
    return np.asarray(optax.tree.update_moment(dtheta, m, beta_1, 1))


def second_moment(c: Floats, dtheta: Floats, beta_2: Rate) -> np.ndarray:
    return np.asarray(optax.tree.update_moment_per_elem_norm(dtheta, c, beta_2, 2))


def unbiased(m: Floats, beta: Rate, t: Any) -> np.ndarray:
    return np.asarray(optax.tree.bias_correction(m, beta, t))


def adam_direction(m_hat: Floats, c_hat: Floats, epsilon: Rate) -> np.ndarray:
    """With a gradient of zero and β = ½ the first step halves both moments, and then doubles them."""
    state = optax.ScaleByAdamState(jnp.zeros([], jnp.int32), m_hat, c_hat)
    adam = optax.scale_by_adam(0.5, 0.5, epsilon)
    return np.asarray(adam.update(np.zeros_like(m_hat), state)[0])


def weight_decay(dtheta: Floats, theta: Floats, lambda_: Rate) -> np.ndarray:
    return np.asarray(optax.add_decayed_weights(lambda_).update(dtheta, optax.EmptyState(), theta)[0])


def decoupled_decay(theta: Floats, alpha: Rate, lambda_: Rate) -> np.ndarray:
    """What AdamW does where the gradient is zero and always was."""
    optimizer = optax.adamw(alpha, weight_decay=lambda_)
    updates, _ = optimizer.update(np.zeros_like(theta), optimizer.init(theta), theta)
    return np.asarray(optax.apply_updates(theta, updates))


def step_decay(alpha: float, k: int, gamma: float, h: int) -> float:
    return _number(optax.exponential_decay(alpha, h, gamma, staircase=True)(k))


def exponential_decay(alpha: float, k: int, gamma: float, h: int) -> float:
    return _number(optax.exponential_decay(alpha, h, gamma)(k))


def cosine_decay(alpha: float, k: int, T: int) -> float:
    return _number(optax.cosine_decay_schedule(alpha, T)(k))


def linear_warmup(alpha: float, k: int, w: int) -> float:
    """From step 0, which has its share already, to step w - 1; so w is to be more than 1."""
    return _number(optax.linear_schedule(alpha / w, alpha, w - 1)(k))


def _number(rate: Any) -> float:
    if rate.dtype != np.float64:
        raise TypeError(f"expected a float64 rate, got {rate.dtype}: is x64 on?")
    return float(rate)


def _optimizer(name: str, rate: Rate, mu: Rate, beta_1: Rate, beta_2: Rate, epsilon: Rate, decay: Rate) -> Any:
    l2 = optax.add_decayed_weights(decay)
    return {
        "gradient_descent": lambda: optax.chain(l2, optax.sgd(rate)),
        "heavy_ball": lambda: optax.chain(l2, optax.sgd(rate, mu)),
        "nesterov": lambda: optax.chain(l2, optax.sgd(rate, mu, nesterov=True)),
        "adam": lambda: optax.chain(l2, optax.adam(rate, beta_1, beta_2, epsilon)),
        "adamw": lambda: optax.adamw(rate, beta_1, beta_2, epsilon, weight_decay=decay),
    }[name]()


@functools.cache
def _run(name: str) -> Callable[..., jax.Array]:
    def run(theta: jax.Array, gradients: jax.Array, rates: jax.Array, *options: jax.Array) -> jax.Array:
        def step(carry: Any, given: Any) -> Any:
            (theta, state), (gradient, rate) = carry, given
            updates, state = _optimizer(name, rate, *options).update(gradient, state, theta)
            theta = optax.apply_updates(theta, updates)
            return (theta, state), theta

        begin = theta, _optimizer(name, rates[0], *options).init(theta)
        return lax.scan(step, begin, (gradients, rates))[1]

    return jax.jit(run)


def trajectory(name: str, theta: np.ndarray, gradients: np.ndarray, rates: np.ndarray, *options: float) -> np.ndarray:
    """θ after each step along these gradients at these rates, by the optimizer; options μ, β_1, β_2, ε, λ."""
    t, size = len(gradients), theta.size
    given = np.zeros(ENTRIES), np.zeros((STEPS, ENTRIES)), np.zeros(STEPS)
    given[0][:size], given[1][:t, :size], given[2][:t] = theta.ravel(), gradients.reshape(t, size), rates
    return np.asarray(_run(name)(*given, *options))[:t, :size].reshape(t, *theta.shape)
