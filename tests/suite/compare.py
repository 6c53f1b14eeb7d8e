"""The comparisons. A mismatch carries the arguments that led to it, ready to be pasted into Python."""

from collections.abc import Callable
from typing import Any

import numpy as np

# For somebody else's code: who takes a note, and the dtype of the last result. Without the first, all is strict.
note: Callable[[str], None] | None = None
precision: np.dtype = np.dtype(np.float64)
failed: Callable[["Mismatch"], None] | None = None  # who looks at every mismatch
# Whether a difference is let pass: actual, expected and arguments. Without it none is.
forgive: Callable[[Any, Any, dict[str, Any]], bool] | None = None


class Mismatch(AssertionError):
    """A wrong result, with its arguments and what else there is to see. Put into words only where somebody reads it."""

    def __init__(self, what: str, arguments: dict[str, Any], **seen: Any) -> None:
        super().__init__(what)
        self.what, self.seen = what, arguments | seen
        self.size = sum(np.size(value) for value in arguments.values())
        if failed:
            failed(self)

    def __str__(self) -> str:
        return "\n".join([self.what, *(f"{name} = {pasteable(value)}" for name, value in self.seen.items())])


def same(actual: Any, expected: Any, arguments: dict[str, Any]) -> None:
    """Equal in type, shape, dtype and every entry. NaN equals nothing."""
    forms = [f"{type(x).__name__} of shape {np.shape(x)} and dtype {np.asarray(x).dtype}" for x in (actual, expected)]
    if forms[0] != forms[1]:
        raise Mismatch(f"expected {forms[1]}, got {forms[0]}", arguments, actual=actual)
    if not np.all(actual == expected) and not (forgive and forgive(actual, expected, arguments)):
        raise Mismatch("wrong values", arguments, expected=expected, actual=actual)


def same_entries(actual: np.ndarray, expected: np.ndarray, where: object) -> None:
    """Equal in shape and in every exact entry; or the first that differs, both sides of it and their difference."""
    if actual.shape != expected.shape:
        raise Mismatch(f"expected shape {expected.shape}, got {actual.shape} at {where}", {})
    for place in np.ndindex(actual.shape):
        found, wanted = actual[place], expected[place]
        difference = found - wanted
        if str(difference).partition(" ")[0] != "0":  # exact numbers cannot be compared; this may be "0 mod 7"
            seen = {"expected": wanted, "actual": found, "difference": difference}
            raise Mismatch(f"the entry {place} differs at {where}", {}, **seen)


def within(actual: Any, expected: Any, bound: Any, arguments: dict[str, Any]) -> None:
    """Equal in shape, and no entry further from the expected one than its bound. NaN is never within."""
    if np.shape(actual) != np.shape(expected):
        raise Mismatch(f"expected shape {np.shape(expected)}, got {np.shape(actual)}", arguments, actual=actual)
    error = np.abs(np.subtract(actual, expected, dtype=np.float64))
    if not np.all(error <= bound) and not (forgive and forgive(actual, expected, arguments)):
        raise Mismatch("error above the bound", arguments, expected=expected, actual=actual, bound=np.asarray(bound))


def pasteable(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()}, np.{value.dtype})"
    return repr(value)
