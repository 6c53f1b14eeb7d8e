"""What explains a wrong result, where the numbers give it away."""

from collections.abc import Iterator

import numpy as np

ROTATED, TRANSPOSED, ZERO = "rotated by 180°", "transposed", "all zero"
FACTOR, ACCURACY = "off by a constant factor", "of float32 accuracy"
STOPS = [f"a loop over the kernel's rows or columns stops at {k}: beyond it is zero" for k in range(1, 6)]
LARGE = [f"wrong only for kernels of more than {k} rows or columns" for k in range(5, 2, -1)]
ORDER = [ROTATED, TRANSPOSED, *STOPS, *LARGE, ZERO, ACCURACY, FACTOR]
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
    axes = [axis for axis, letter in enumerate(letters or "") if letter in "uv" and len(letters or "") == expected.ndim]
    for k, text in enumerate(STOPS, 1):
        for sides in (axes, axes[:1], axes[1:]):
            if any(expected.shape[axis] > k for axis in sides) and equal(cut(expected, sides, k)):
                yield text
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


def cut(a: np.ndarray, axes: list[int], k: int) -> np.ndarray:
    """Zero from index k on along each of these axes."""
    a = a.copy()
    for axis in axes:
        np.moveaxis(a, axis, 0)[k:] = 0
    return a


def large(shapes: dict[str, tuple[str, tuple[int, ...]]]) -> Iterator[str]:
    """Which kernels of this example are large, where an array has sides u and v."""
    for letters, shape in shapes.values():
        if "uv" in letters and len(letters) == len(shape):
            side = max(shape[letters.index("u")], shape[letters.index("v")])
            yield from (text for k, text in zip(range(5, 2, -1), LARGE, strict=True) if side > k)
            return
