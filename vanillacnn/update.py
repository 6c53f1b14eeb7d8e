"""Gradient descent, §4.5: the only place that makes new parameters."""

import math

import numpy as np

from vanillacnn.arrays import Gradients, Parameters, Real, Scalar
from vanillacnn.checks import check_parameters, expect


def gradient_descent(
    theta: Real[np.ndarray, "*sides"], dtheta: Real[np.ndarray, "*sides"], alpha: Scalar
) -> Real[np.ndarray, "*sides"]:
    """§4.5: θ ← θ - α Δθ, for one array of parameters."""
    return theta - alpha * dtheta


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
