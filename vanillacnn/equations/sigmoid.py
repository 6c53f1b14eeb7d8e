"""The sigmoid, §2.3."""

import numpy as np

from vanillacnn.arrays import Real
from vanillacnn.checks import checked, unchecked


@checked
def sigmoid(x: Real[np.ndarray, "*sides"]) -> Real[np.ndarray, "*sides"]:
    """§2.3: σ(x) = 1 / (1 + e^-x) = e^x / (1 + e^x).

    The exponent is never positive, so nothing overflows; the numerator is 1 where x ≥ 0, e^x elsewhere. NaN stays NaN.
    """
    e = np.abs(x)
    np.negative(e, out=e)
    np.exp(e, out=e)
    # e ≤ 1, so the maximum chooses the numerator; np.where takes five times as long on mixed signs.
    s = np.maximum(e, x >= 0)
    e += 1
    s /= e
    return s


@checked
def sigmoid_derivative(x: Real[np.ndarray, "*sides"]) -> Real[np.ndarray, "*sides"]:
    """Eq. (6): σ′(x) = σ(x) (1 - σ(x)).

    Where σ(x) rounds to 1 this is 0, although e^-x is not: a tiny error in absolute terms, but all of the value.
    """
    s = unchecked(sigmoid)(x)
    return s * (1 - s)
