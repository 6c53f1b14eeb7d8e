"""The loss of a batch, §4.3: the mean of (26) over the samples; and its gradient (27), where the factor 1/N enters."""

import numpy as np

from vanillacnn.arrays import Real, Scalar
from vanillacnn.checks import checked


@checked
def squared_error(yhat_s: Real[np.ndarray, "i n"], y: Real[np.ndarray, "i n"]) -> Scalar:
    """Eq. (26): L = 1/N Σ_n ½ Σ_i (ŷ_σ(i) - y(i))²."""
    error = yhat_s - y
    return (error * error).sum() / (2 * y.shape[1])


@checked
def squared_error_gradient(yhat_s: Real[np.ndarray, "i n"], y: Real[np.ndarray, "i n"]) -> Real[np.ndarray, "i n"]:
    """Eq. (27): Δŷ_σ(i) = (ŷ_σ(i) - y(i)) / N.

    Paper: the step before it prints 2ŷ_σ(i) - y(i) without the parentheses; (27) itself is right.
    """
    return (yhat_s - y) / y.shape[1]
