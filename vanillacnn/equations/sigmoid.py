"""The sigmoid, §2.3."""

import numpy as np

from vanillacnn.arrays import Real
from vanillacnn.checks import checked, unchecked


@checked
@np.errstate(over="ignore")
def sigmoid(x: Real[np.ndarray, "*sides"]) -> Real[np.ndarray, "*sides"]:
    """§2.3: σ(x) = 1 / (1 + e^-x) = e^x / (1 + e^x).

    This is the first form. Where e^-x overflows, in float32 below -88.7, the result is 0; σ is less than a quarter of
    the smallest normal number there. NaN stays NaN.
    """
    return 1 / (1 + np.exp(-x))


@checked
def sigmoid_derivative(x: Real[np.ndarray, "*sides"]) -> Real[np.ndarray, "*sides"]:
    """Eq. (6): σ′(x) = σ(x) (1 - σ(x)).

    Where σ(x) rounds to 1 this is 0, although e^-x is not: a tiny error in absolute terms, but all of the value.
    """
    s = unchecked(sigmoid)(x)
    return s * (1 - s)
