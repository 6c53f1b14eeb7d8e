"""Sums that are not whole: the arguments with a part of one axis set to zero, and what such a fault is called."""

from collections.abc import Callable, Iterator

import numpy as np

ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}


def partial(a: np.ndarray, axis: int, name: str) -> Iterator[tuple[str, np.ndarray]]:
    """`a` with only some of the indices of an axis, each with the name of the loop that would reach no others."""
    size = a.shape[axis]
    kept = {
        **{
            f"the sum over {name} stops at the {ORDINALS.get(t, f'{t}th')} of {size}": np.arange(size) < t
            for t in range(1, size)
        },
        f"the sum over {name} starts one too late": np.arange(size) > 0,
        f"only the last of {name} is counted": np.arange(size) == size - 1,
    }
    for fault, indices in kept.items():
        yield fault, a * indices.reshape([-1 if i == axis else 1 for i in range(a.ndim)])


def partial_sums(a: np.ndarray, axes: dict[int, str], f: Callable[[np.ndarray], np.ndarray]) -> dict[str, np.ndarray]:
    """What f gives for each incomplete sum over one axis of `a`, and over the two of a square together."""
    faults = {
        fault: f(part) for axis, name in axes.items() for fault, part in partial(a, axis, name) if a.shape[axis] > 1
    }
    sides = [axis for axis in axes if axes[axis].endswith(("rows", "columns"))]
    if len(sides) == 2 and a.shape[sides[0]] == a.shape[sides[1]]:
        for (fault, part), (_, both) in zip(
            partial(a, sides[0], "rows and columns"), partial(np.ones_like(a), sides[1], ""), strict=True
        ):
            faults[fault] = f(part * both)
    return faults
