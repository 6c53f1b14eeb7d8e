"""How far a float result may be from the exact one: bounds that are theorems, not tolerances.

u is the unit roundoff: a single operation returns the exact value times 1 + δ, |δ| ≤ u, or is off by at most the
smallest number η when it underflows (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., §2.2).
"""

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

Floats = Any  # an array of floats, or one

# exp is no single operation. NumPy's own accuracy tests hold its float32 version, the worst, to 2.52 units in the last
# place, and a unit in the last place is at most 2u of the value.
EXP = 2 * 3
# Likewise log, with 4 units in the last place in float32, and log1p with 2.
LOG = 2 * 4
# pow and cos are the C library's, in XLA too: glibc knows of no error above one unit in the last place.
POW = COS = 2


def roundoff(dtype: DTypeLike) -> float:
    """u, half the distance from 1 to the next float."""
    return float(np.finfo(dtype).eps) / 2


def smallest(dtype: DTypeLike) -> float:
    """η, the smallest positive float: what an underflow may lose."""
    return float(np.finfo(dtype).smallest_subnormal)


def gamma(k: Floats, dtype: DTypeLike) -> Floats:
    """γ_k = ku / (1 - ku): k roundings change a value by at most this share of it (Higham, Lemma 3.1)."""
    return k * roundoff(dtype) / (1 - k * roundoff(dtype))


def sums(k: int, magnitude: Floats, dtype: DTypeLike) -> Floats:
    """|ŝ - s| for a sum of products with at most k operations to an entry, in any order.

    Each term is met by at most k roundings, fused or not, so ŝ is within γ_k Σ|term| of s (Higham, §3.1). Each
    operation may also lose the smallest normal number, since XLA takes what underflows for zero. `magnitude` is
    Σ|term|, itself computed in float64 and so by γ_k too small at most.
    """
    share = gamma(k, dtype) * (1 + 2 * gamma(k, np.float64))
    return share * magnitude + k * float(np.finfo(dtype).smallest_normal)


def sigmoid(s: Floats, dtype: DTypeLike) -> Floats:
    """|σ̂ - σ| where σ = s, for 1 / (1 + e^-x) as it stands and for the form without overflow.

    With e off by EXP·u of itself, the sum 1 + e and the quotient add u each. The derivative of log σ with respect to
    log e is at most 1 in size, so e's error comes through undiminished at worst. Where e^-x overflows, the result is 0
    in place of s. The exact e^-x is then above (1 - EXP·u) times the largest float, so s is below `overflowed`.
    """
    rounded = (EXP + 2) * roundoff(dtype) * s + 2 * smallest(dtype)
    return rounded + np.where(s <= overflowed(dtype), s, 0)


def overflowed(dtype: DTypeLike) -> float:
    """The largest σ(x) for which e^-x may overflow: about a quarter of the smallest normal number."""
    return 1 / ((1 - EXP * roundoff(dtype)) * float(np.finfo(dtype).max))


def sigmoid_derivative(s: Floats, dtype: DTypeLike) -> Floats:
    """|σ̂′ - σ′| where σ = s: s(1 - s) moves by at most |1 - 2s| ≤ 1 times the error of s, and is rounded twice.

    This is an absolute bound. A relative one does not exist: where s rounds to 1, σ(1 - σ) is 0.
    """
    return sigmoid(s, dtype) + 2 * roundoff(dtype) * s * (1 - s) + 2 * smallest(dtype)


def softmax(s: Floats, spread: Floats, dtype: DTypeLike) -> Floats:
    """|ŝ - s| where s is the softmax of classes that differ by at most `spread`.

    A difference z rounded once is z(1 + δ), so e^z is off by a factor of at most e^(u·spread) < 1/(1 - u·spread), and
    by EXP roundings. All terms of the sum are positive, so it is off by no more than they are, and one rounding for
    each addition; the quotient rounds once. What underflows is small beside the sum, which is at least 1.
    """
    k = 2 * (spread + EXP) + len(s)
    return gamma(k, dtype) * s + (len(s) + 2) * float(np.finfo(dtype).smallest_normal)


def slope(s: Floats, dtype: DTypeLike) -> Floats:
    """|ŝ(1 - ŝ) - σ′| where σ = s and ŝ is s rounded once: the error of s comes through at most whole, and three
    operations with a factor Δ round once each."""
    return roundoff(dtype) * s + gamma(3, dtype) * s * (1 - s) + 4 * smallest(dtype)


def unbiasing(beta: float, t: int) -> int:
    """How many roundings there are to 1 - β^t: β^t is off by POW·u of itself, and the difference is rounded."""
    return math.ceil(POW * beta**t / (1 - beta**t)) + 1
