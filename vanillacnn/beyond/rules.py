"""Update rules beyond the paper, (G1) to (G8).

A rule turns the gradient Δθ into the direction that gradient descent takes instead. It remembers moments from step to
step, which begin as zeros: m of the gradients, c of their squares. m̂ and ĉ are free of that beginning.
"""

import numpy as np

from vanillacnn.arrays import Real, Scalar
from vanillacnn.checks import checked


@checked
def momentum(
    m: Real[np.ndarray, "*sides"], dtheta: Real[np.ndarray, "*sides"], mu: Scalar
) -> Real[np.ndarray, "*sides"]:
    """(G1): m ← μ m + Δθ. Along m gradient descent is the heavy ball."""
    return mu * m + dtheta


@checked
def nesterov(
    dtheta: Real[np.ndarray, "*sides"], m: Real[np.ndarray, "*sides"], mu: Scalar
) -> Real[np.ndarray, "*sides"]:
    """(G2): d = Δθ + μ m, for the m that has Δθ in it already."""
    return dtheta + mu * m


@checked
def first_moment(
    m: Real[np.ndarray, "*sides"], dtheta: Real[np.ndarray, "*sides"], beta_1: Scalar
) -> Real[np.ndarray, "*sides"]:
    """(G3): m ← β_1 m + (1 - β_1) Δθ."""
    return beta_1 * m + (1 - beta_1) * dtheta


@checked
def second_moment(
    c: Real[np.ndarray, "*sides"], dtheta: Real[np.ndarray, "*sides"], beta_2: Scalar
) -> Real[np.ndarray, "*sides"]:
    """(G4): c ← β_2 c + (1 - β_2) (Δθ)²."""
    return beta_2 * c + (1 - beta_2) * (dtheta * dtheta)


@checked
def unbiased(m: Real[np.ndarray, "*sides"], beta: Scalar, t: int) -> Real[np.ndarray, "*sides"]:
    """(G5): m̂ = m/(1 - β^t), the moment after t steps without the zeros that it began with; and ĉ of c."""
    return m / (1 - beta**t)


@checked
def adam_direction(
    m_hat: Real[np.ndarray, "*sides"], c_hat: Real[np.ndarray, "*sides"], epsilon: Scalar
) -> Real[np.ndarray, "*sides"]:
    """(G6): d = m̂/(√ĉ + ε)."""
    return m_hat / (np.sqrt(c_hat) + epsilon)


@checked
def weight_decay(
    dtheta: Real[np.ndarray, "*sides"], theta: Real[np.ndarray, "*sides"], lambda_: Scalar
) -> Real[np.ndarray, "*sides"]:
    """(G7): g = Δθ + λ θ, the gradient of L + ½ λ ‖θ‖²."""
    return dtheta + lambda_ * theta


@checked
def decoupled_decay(theta: Real[np.ndarray, "*sides"], alpha: Scalar, lambda_: Scalar) -> Real[np.ndarray, "*sides"]:
    """(G8): θ ← (1 - α λ) θ. It takes no part in the moments, as (G7) does."""
    return (1 - alpha * lambda_) * theta
