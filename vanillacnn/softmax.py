"""The softmax, in the place of the last sigmoid: scores that add up to 1. Beyond the paper."""

import numpy as np

from vanillacnn.arrays import Real


def softmax(yhat: Real[np.ndarray, "i n"]) -> Real[np.ndarray, "i n"]:
    """(H1): s(i) = e^{ŷ(i)-m} / Σ_k e^{ŷ(k)-m}, for m = max_k ŷ(k).

    No exponent is positive and one is 0, so nothing overflows and the sum is at least 1. A class that is NaN makes
    all scores of its sample NaN; so does one that is infinite.
    """
    e = np.exp(yhat - yhat.max(axis=0))
    return e / e.sum(axis=0)


def softmax_gradient(ds: Real[np.ndarray, "i n"], s: Real[np.ndarray, "i n"]) -> Real[np.ndarray, "i n"]:
    """(H4): Δŷ(i) = s(i) (Δs(i) - Σ_k s(k) Δs(k)).

    Unlike (28) it mixes the classes, for each score depends on all of them.
    """
    return s * (ds - (s * ds).sum(axis=0))
