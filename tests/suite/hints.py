"""What explains a wrong result, where the numbers give it away."""

from collections.abc import Iterator

import numpy as np

ROTATED, TRANSPOSED, ZERO = "rotated by 180°", "transposed", "all zero"
FACTOR, ACCURACY = "off by a constant factor", "of float32 accuracy"
ORDER = [ZERO, ROTATED, TRANSPOSED, ACCURACY, FACTOR]
PAIRS = ("uv", "xy", "ij")


def fitting(actual: np.ndarray, expected: np.ndarray, letters: str | None) -> Iterator[str]:
    """Every explanation of this example."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    if actual.shape != expected.shape or not np.isfinite(actual).all():
        return
    largest = float(np.max(np.abs(expected), initial=0))

    def equal(other: np.ndarray) -> bool:
        return other.shape == actual.shape and bool(np.all(np.abs(actual - other) <= 1e-5 * largest))

    if not actual.any():
        yield ZERO
    for pair in PAIRS:
        axes = tuple((letters or "").find(letter) for letter in pair)
        if min(axes) >= 0 and expected.ndim == len(letters or ""):
            if equal(np.flip(expected, axes)):
                yield ROTATED
            if equal(np.swapaxes(expected, *axes)):
                yield TRANSPOSED
    size = float((expected * expected).sum())
    if actual.any() and size and equal(float((actual * expected).sum()) / size * expected):
        yield FACTOR
    if equal(expected):
        yield ACCURACY
