"""Learning-rate schedules beyond the paper, (G9) to (G12): α_k, the rate of step k of T, counted over the whole run.

Each takes the rate that it scales, so one may follow the other. A constant rate needs none.
"""

import math


def step_decay(alpha: float, k: int, gamma: float, h: int) -> float:
    """(G9): α_k = α γ^⌊k/h⌋. A factor γ after every h steps."""
    return alpha * gamma ** (k // h)


def exponential_decay(alpha: float, k: int, gamma: float, h: int) -> float:
    """(G10): α_k = α γ^{k/h}. The same by degrees."""
    return alpha * gamma ** (k / h)


def cosine_decay(alpha: float, k: int, T: int) -> float:
    """(G11): α_k = ½ α (1 + cos(π k/T)). From α down to 0."""
    return alpha * (1 + math.cos(math.pi * k / T)) / 2


def linear_warmup(alpha: float, k: int, w: int) -> float:
    """(G12): α_k = α min(1, (k + 1)/w). Up to α within w steps."""
    return alpha * min(1.0, (k + 1) / w)
