"""How much of its bound each equation uses: the largest error / bound met so far, under the name of its test class."""

from collections import defaultdict

import numpy as np

_largest: dict[str, float] = defaultdict(float)


def record(equation: str, error: np.ndarray, bound: np.ndarray) -> None:
    used = np.asarray(error, np.float64) / np.where(bound == 0, 1, bound)
    _largest[equation] = max(_largest[equation], float(used.max(initial=0)))


def largest(equation: str) -> float:
    return _largest[equation]
