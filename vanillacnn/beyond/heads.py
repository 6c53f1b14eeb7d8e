"""Heads beyond the paper, (H1) to (H8): the softmax in place of the last sigmoid, and three cross-entropies.

Each loss is the mean over the batch; the factor 1/N enters in its gradient. A Δŷ replaces (28), a Δŷ_σ goes into it.
"""

import numpy as np

from vanillacnn.arrays import Real, Scalar
from vanillacnn.checks import checked


@checked
def softmax(yhat: Real[np.ndarray, "i n"]) -> Real[np.ndarray, "i n"]:
    """(H1): s(i) = e^{ŷ(i)-m} / Σ_k e^{ŷ(k)-m}, for m = max_k ŷ(k).

    No exponent is positive and one is 0, so nothing overflows and the sum is at least 1. A class that is NaN makes
    all scores of its sample NaN; so does one that is infinite.
    """
    e = np.exp(yhat - yhat.max(axis=0))
    return e / e.sum(axis=0)


@checked
def softmax_gradient(ds: Real[np.ndarray, "i n"], s: Real[np.ndarray, "i n"]) -> Real[np.ndarray, "i n"]:
    """(H4): Δŷ(i) = s(i) (Δs(i) - Σ_k s(k) Δs(k)).

    Unlike (28) it mixes the classes, for each score depends on all of them.
    """
    return s * (ds - (s * ds).sum(axis=0))


@checked
def softmax_cross_entropy(yhat: Real[np.ndarray, "i n"], y: Real[np.ndarray, "i n"]) -> Scalar:
    """(H2): L = 1/N Σ_n Σ_i y(i) (log(Σ_k e^{ŷ(k)-m}) - (ŷ(i) - m)), for m = max_k ŷ(k).

    This is -y(i) log(s(i)), from ŷ and not from s, whose logarithm would be -∞ where s(i) underflows.
    """
    z = yhat - yhat.max(axis=0)
    return (y * (np.log(np.exp(z).sum(axis=0)) - z)).sum() / y.shape[1]


@checked
def softmax_cross_entropy_gradient(s: Real[np.ndarray, "i n"], y: Real[np.ndarray, "i n"]) -> Real[np.ndarray, "i n"]:
    """(H3): Δŷ(i) = 1/N (s(i) Σ_k y(k) - y(i)). With one-hot y it is s - y."""
    return (s * y.sum(axis=0) - y) / y.shape[1]


@checked
def binary_cross_entropy(yhat: Real[np.ndarray, "i n"], y: Real[np.ndarray, "i n"]) -> Scalar:
    """(H5): L = 1/N Σ_n Σ_i (max(ŷ(i), 0) - ŷ(i) y(i) + log(1 + e^{-|ŷ(i)|})).

    This is -y(i) log(ŷ_σ(i)) - (1 - y(i)) log(1 - ŷ_σ(i)), from ŷ; the exponent is never positive.
    """
    entropy = np.maximum(yhat, 0) - yhat * y + np.log1p(np.exp(-np.maximum(yhat, -yhat)))
    return entropy.sum() / y.shape[1]


@checked
def binary_cross_entropy_gradient(
    yhat_s: Real[np.ndarray, "i n"], y: Real[np.ndarray, "i n"]
) -> Real[np.ndarray, "i n"]:
    """(H6): Δŷ(i) = (ŷ_σ(i) - y(i)) / N. The right side is that of (27), but the left side is Δŷ."""
    return (yhat_s - y) / y.shape[1]


@checked
def normalized_cross_entropy(yhat_s: Real[np.ndarray, "i n"], y: Real[np.ndarray, "i n"]) -> Scalar:
    """(H7): L = -1/N Σ_n Σ_i y(i) log(ŷ_σ(i) / Σ_k ŷ_σ(k)), for positive scores.

    Where a score is 0 the result is infinite, or NaN if its y is 0.
    """
    return -(y * np.log(yhat_s / yhat_s.sum(axis=0))).sum() / y.shape[1]


@checked
def normalized_cross_entropy_gradient(
    yhat_s: Real[np.ndarray, "i n"], y: Real[np.ndarray, "i n"]
) -> Real[np.ndarray, "i n"]:
    """(H8): Δŷ_σ(i) = 1/N ((Σ_k y(k)) / (Σ_k ŷ_σ(k)) - y(i) / ŷ_σ(i)), for positive scores."""
    return (y.sum(axis=0) / yhat_s.sum(axis=0) - y / yhat_s) / y.shape[1]
