"""Gradient descent, §4.5: the only place that makes new parameters; and the rules beyond the paper, (G1) to (G8).

A rule makes of the gradient Δθ the direction that gradient descent takes in its place. What it remembers from step to
step are moments, which begin as zeros: m of the gradients, c of their squares. m̂ and ĉ are free of that beginning.
"""

import math

import numpy as np

from vanillacnn.arrays import Gradients, Parameters, Real, Scalar
from vanillacnn.checks import check_parameters, expect


def gradient_descent(
    theta: Real[np.ndarray, "*sides"], dtheta: Real[np.ndarray, "*sides"], alpha: Scalar
) -> Real[np.ndarray, "*sides"]:
    """§4.5: θ ← θ - α Δθ, for one array of parameters."""
    return theta - alpha * dtheta


def momentum(
    m: Real[np.ndarray, "*sides"], dtheta: Real[np.ndarray, "*sides"], mu: Scalar
) -> Real[np.ndarray, "*sides"]:
    """(G1): m ← μ m + Δθ. Along m gradient descent is the heavy ball."""
    return mu * m + dtheta


def nesterov(
    dtheta: Real[np.ndarray, "*sides"], m: Real[np.ndarray, "*sides"], mu: Scalar
) -> Real[np.ndarray, "*sides"]:
    """(G2): d = Δθ + μ m, for the m that has Δθ in it already."""
    return dtheta + mu * m


def first_moment(
    m: Real[np.ndarray, "*sides"], dtheta: Real[np.ndarray, "*sides"], beta_1: Scalar
) -> Real[np.ndarray, "*sides"]:
    """(G3): m ← β_1 m + (1 - β_1) Δθ."""
    return beta_1 * m + (1 - beta_1) * dtheta


def second_moment(
    c: Real[np.ndarray, "*sides"], dtheta: Real[np.ndarray, "*sides"], beta_2: Scalar
) -> Real[np.ndarray, "*sides"]:
    """(G4): c ← β_2 c + (1 - β_2) (Δθ)²."""
    return beta_2 * c + (1 - beta_2) * (dtheta * dtheta)


def unbiased(m: Real[np.ndarray, "*sides"], beta: Scalar, t: int) -> Real[np.ndarray, "*sides"]:
    """(G5): m̂ = m/(1 - β^t), the moment after t steps without the zeros that it began with; and ĉ of c."""
    return m / (1 - beta**t)


def adam_direction(
    m_hat: Real[np.ndarray, "*sides"], c_hat: Real[np.ndarray, "*sides"], epsilon: Scalar
) -> Real[np.ndarray, "*sides"]:
    """(G6): d = m̂/(√ĉ + ε)."""
    return m_hat / (np.sqrt(c_hat) + epsilon)


def weight_decay(
    dtheta: Real[np.ndarray, "*sides"], theta: Real[np.ndarray, "*sides"], lambda_: Scalar
) -> Real[np.ndarray, "*sides"]:
    """(G7): g = Δθ + λ θ, the gradient of L + ½ λ ‖θ‖²."""
    return dtheta + lambda_ * theta


def decoupled_decay(theta: Real[np.ndarray, "*sides"], alpha: Scalar, lambda_: Scalar) -> Real[np.ndarray, "*sides"]:
    """(G8): θ ← (1 - α λ) θ. It takes no part in the moments, as (G7) does."""
    return (1 - alpha * lambda_) * theta


def update(params: Parameters, grads: Gradients, alpha: Scalar) -> Parameters:
    """§4.5: all six arrays at once, so that every gradient is of the old parameters.

    Raises: ValueError when a gradient has not its parameter's shape and dtype, or α is not finite.
    """
    check_parameters(params)
    if not math.isfinite(alpha):
        raise ValueError(f"alpha: expected a finite learning rate, got {alpha}")
    new = {}
    for name, theta in params._asdict().items():
        dtheta = getattr(grads, f"d{name}")
        expect(f"d{name}", dtheta, theta.shape, theta.dtype)
        new[name] = gradient_descent(theta, dtheta, alpha)
    return Parameters(**new)
