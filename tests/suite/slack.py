"""How much of its bound each equation uses: the largest error / bound met so far, under the name of its test class."""

from typing import NamedTuple

import numpy as np


class Worst(NamedTuple):
    """Where the most of a bound was used."""

    used: float = 0.0
    error: float = 0.0
    bound: float = 0.0


_worst: dict[str, Worst] = {}


def record(equation: str, error: np.ndarray, bound: np.ndarray) -> None:
    error, bound = (np.ravel(x) for x in np.broadcast_arrays(np.asarray(error, np.float64), bound))
    with np.errstate(over="ignore"):  # of somebody else's error, where the bound is tiny
        used = error / np.where(bound == 0, 1, bound)
    if error.size and used.max() >= largest(equation):
        k = used.argmax()
        _worst[equation] = Worst(float(used[k]), float(error[k]), float(bound[k]))


def worst(equation: str) -> Worst | None:
    return _worst.get(equation)


def largest(equation: str) -> float:
    return _worst.get(equation, Worst()).used
