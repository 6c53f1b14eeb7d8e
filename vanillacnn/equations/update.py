"""Gradient descent, §4.5."""

import numpy as np

from vanillacnn.arrays import Real, Scalar
from vanillacnn.checks import checked


@checked
def gradient_descent(
    theta: Real[np.ndarray, "*sides"], dtheta: Real[np.ndarray, "*sides"], alpha: Scalar
) -> Real[np.ndarray, "*sides"]:
    """§4.5: θ ← θ - α Δθ, for one array of parameters."""
    return theta - alpha * dtheta
