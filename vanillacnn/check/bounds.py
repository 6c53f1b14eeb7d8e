"""How far a right result may be from another one, and the comparison itself."""

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

ROUNDED = 4  # the factors may have been rounded to the precision first, and so may the result


def within(actual: np.ndarray, expected: np.ndarray, bound: Any) -> np.ndarray:
    """Where an entry is no further off than its bound. NaN is never within, and ∞ is not either."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(actual - expected) <= bound)


def gamma(k: int | float, dtype: DTypeLike) -> float:
    """γ_k = ku / (1 - ku), with u half the distance from 1 to the next float; ∞ where ku is no less than 1."""
    u = float(np.finfo(dtype).eps) / 2
    return k * u / (1 - k * u) if k * u < 1 else math.inf


def of_sums(terms: int, sizes: np.ndarray, dtype: DTypeLike) -> np.ndarray:
    """Of sums of so many products whose sizes add up to this, in any order: ours is rounded in float64, too.

    Higham, Accuracy and Stability of Numerical Algorithms, §3.1.
    """
    k = terms + ROUNDED
    share = gamma(k, dtype) + gamma(k, np.float64)
    return np.asarray(share * sizes + k * float(np.finfo(dtype).smallest_normal))


def of_transforms(entries: int, norm: float, dtype: DTypeLike) -> float:
    """Of an FFT: four roundings for each of its log₂ stages, of the product of the factors' norms.

    That is eight times what those of NumPy and SciPy were seen to be off.
    """
    return gamma(4 * (math.log2(entries + 2) + 1), dtype) * norm


def of_steps(sizes: np.ndarray, dtype: DTypeLike) -> np.ndarray:
    """Of a difference of weights before and after a step, with a rate of 1 or, in float64, down to 0.001.

    That is two roundings of the weights' size, over the rate.
    """
    return np.asarray(gamma(2000 if np.dtype(dtype) == np.float64 else 2, dtype) * sizes)
