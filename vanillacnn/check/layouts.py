"""Axes by their letters: from the paper's order to the user's, and which letters there may be."""

from itertools import permutations

import numpy as np


def check_letters(name: str, letters: str, allowed: str) -> None:
    """Raises: ValueError when a letter is none of the allowed, or stands twice."""
    if len(set(letters)) != len(letters) or not set(letters) <= set(allowed):
        raise ValueError(f"{name}: expected some of the letters {allowed} in any order, each once, got {letters!r}")


def to_user(a: np.ndarray, ours: str, letters: str) -> np.ndarray:
    """A copy in the user's axes. An axis that the user does not have is of size 1 and goes."""
    kept = a.reshape([size for letter, size in zip(ours, a.shape, strict=True) if letter in letters])
    order = [letter for letter in ours if letter in letters]
    return np.array(kept.transpose([order.index(letter) for letter in letters]), order="C")


def fits(actual: np.ndarray, expected: np.ndarray, letters: str, close: float) -> str:
    """The other order of the letters in which the result would be right, or nothing."""
    if not letters or actual.ndim != expected.ndim or len(letters) != expected.ndim:
        return ""
    for order in permutations(range(expected.ndim)):
        other = expected.transpose(order)
        if (
            order != tuple(range(expected.ndim))
            and other.shape == actual.shape
            and np.abs(actual - other).max() <= close
        ):
            return "".join(letters[axis] for axis in order)
    return ""


def ones_apart(shape: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """Whether two shapes differ only by axes of size 1, so that one broadcasts as the other."""
    return [s for s in shape if s != 1] == [s for s in expected if s != 1]
