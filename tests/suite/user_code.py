"""Somebody else's implementation: its values are judged, and how they are given is noted.

The strict properties stay as they are. Between them and the code stands a guard, which hands out results in the form
that the properties expect, and notes what it had to change. What the code refuses is neither right nor wrong.
"""

import math
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any

import jax
import numpy as np
from hypothesis.errors import UnsatisfiedAssumption

from tests.suite import compare
from tests.suite.compare import Mismatch
from tests.suite.implementation import Implementation
from tests.suite.signatures import FUNCTIONS

ROUNDS = "rounds otherwise, within the error of an FFT or of sums in another order"
REFUSALS = (ValueError, NotImplementedError, AssertionError)


@contextmanager
def x64(on: bool) -> Iterator[None]:
    """JAX with 64 bits or without, as the code in here expects it."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", on)
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)


class UserCode(Implementation):
    """Functions by their names, and what has been seen of them since the last look."""

    def __init__(
        self,
        functions: dict[str, Callable[..., Any]],
        sample_axis: str = "last",
        folder: Path = Path("/"),
        with_x64: bool = False,
        hints: list[str] | None = None,
    ) -> None:
        super().__init__(sample_axis=sample_axis)
        self.folder, self.with_x64, self.hints = folder, with_x64, hints or []
        self.functions = {name: self.guarded(name, function) for name, function in functions.items()}
        self.raising = False  # whether an exception is a fault of form, as where a test is of that
        self.begin()

    def begin(self) -> None:
        self.notes: dict[tuple[str, str], None] = {}
        self.refused: dict[tuple[str, str, str], None] = {}
        self.accepted: dict[tuple[str, str], None] = {}
        self.cases = 0

    def note(self, function: str, text: str) -> None:
        self.notes[function, text] = None

    def guarded(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self.cases += 1
            named = dict(zip(FUNCTIONS[name].arguments, arguments, strict=True))
            arrays = {key: x for key, x in named.items() if isinstance(x, np.ndarray)}
            before = {key: x.copy() for key, x in arrays.items()}
            sizes = ", ".join(f"{key} {'×'.join(map(str, x.shape))}" for key, x in arrays.items())
            result = self.result_of(name, function, arguments, sizes)
            self.accepted[name, sizes] = None
            given = next((x.dtype for x in arrays.values()), named.get("dtype"))
            formed = self.formed(name, result, given, arrays)
            for key, x in arrays.items():
                if not unchanged(x, before[key]):
                    self.note(name, f"writes to its argument {key}")
                    x[...] = before[key]
            return formed

        call.__module__ = getattr(function, "__module__", None) or ""
        return call

    def result_of(self, name: str, function: Callable[..., Any], arguments: tuple[Any, ...], sizes: str) -> Any:
        """What the code returns. Its warnings are notes, and x64 is as it had it when it was imported."""
        try:
            with warnings.catch_warnings(record=True) as caught, x64(self.with_x64):
                warnings.simplefilter("always")
                result = function(*arguments)
                result = np.asarray(result.detach()) if hasattr(result, "detach") else result
        except Exception as error:
            if self.raising:
                raise
            text = f"{type(error).__name__}: {error}{self.place(error)}"
            if not isinstance(error, REFUSALS):
                raise Mismatch(f"raises {text}", dict(zip(FUNCTIONS[name].arguments, arguments, strict=True))) from None
            self.refused[name, sizes, text] = None
            raise UnsatisfiedAssumption from None
        for each in caught:
            self.note(name, f"warns: {each.category.__name__}: {each.message}")
        return result

    def place(self, error: Exception) -> str:
        """The last line of the user's own that an exception comes from."""
        frames = [
            each for each in traceback.extract_tb(error.__traceback__) if self.folder in Path(each.filename).parents
        ]
        return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno}: {frames[-1].line})" if frames else ""

    def formed(self, name: str, result: Any, given: Any, arrays: dict[str, np.ndarray]) -> Any:
        """The result as the properties expect it: an array of the dtype that was given, which shares no memory."""
        axes = FUNCTIONS[name].result
        if axes is None:
            return float(result) if np.ndim(result) == 0 else tuple(int(side) for side in result)
        if np.dtype(given).kind == "O":
            return result
        if isinstance(result, float | int) and not isinstance(result, np.generic):
            self.note(name, "returns a Python number, which has no dtype")
            array = np.asarray(result, given)
        else:
            array = np.asarray(result)
            if array.dtype.kind not in "fiub":
                raise Mismatch(f"expected numbers, got {type(result).__name__} of dtype {array.dtype}", arrays)
            if array.dtype != given:
                self.note(name, f"returns {array.dtype} for {given}")
        for key, x in arrays.items():
            if isinstance(result, np.ndarray) and np.may_share_memory(result, x):
                self.note(name, f"returns a view of its argument {key}")
        compare.precision = array.dtype if array.dtype.kind == "f" else np.dtype(given)
        return self.squeezed(name, array, axes, arrays).astype(given)[()]

    def squeezed(self, name: str, array: np.ndarray, axes: str, arrays: dict[str, np.ndarray]) -> np.ndarray:
        """Without axes of size 1 that are too many."""
        axes = self.order(axes)
        ones = [axis for axis, size in enumerate(array.shape) if size == 1]
        for extra in combinations(ones, max(array.ndim - len(axes), 0)):
            squeezed = np.squeeze(array, extra)
            sizes = dict(zip(axes, squeezed.shape, strict=True))
            if extra and all(self.size(name, letter, arrays) in (None, size) for letter, size in sizes.items()):
                self.note(name, f"returns {array.ndim} axes, not {len(axes)}: what is too much has size 1")
                return squeezed
        return array

    def size(self, name: str, letter: str, arrays: dict[str, np.ndarray]) -> int | None:
        """Of an axis, if an argument tells it."""
        for key, x in arrays.items():
            axes = self.order(FUNCTIONS[name].arguments[key] or "")
            if letter in axes and len(axes) == x.ndim:
                return x.shape[axes.index(letter)]
        return None

    def order(self, axes: str) -> str:
        """The axes as the code has them, that of the samples where it is expected."""
        rest = axes.replace("n", "")
        return {"last": axes, "first": "n" * ("n" in axes) + rest, "none": rest}[self.sample_axis]


def unchanged(x: np.ndarray, before: np.ndarray) -> bool:
    return bool(np.all((x == before) | ((x != x) & (before != before))))


def close(actual: Any, expected: Any, arguments: dict[str, Any]) -> bool:
    """Whether somebody else's result is off by roundings only, of the precision that it has.

    By no more than an FFT, which is accurate relative to the norms of its factors: some eight roundings for each of its
    log₂ stages, three times. A wrong term is larger than that on the small dyadic arrays.
    """
    arrays = [np.asarray(x, np.float64) for x in arguments.values() if isinstance(x, np.ndarray) and x.dtype != object]
    norm = math.prod(max(1.0, float(np.linalg.norm(x.ravel()))) for x in arrays)
    stages = 1 + math.log2(2 + sum(x.size for x in arrays) + np.size(expected))
    eps = float(np.finfo(compare.precision).eps)
    with np.errstate(invalid="ignore"):
        error = np.abs(np.subtract(actual, expected, dtype=np.float64))
    if not np.all(error <= 12 * stages * eps * max(norm, float(np.max(np.abs(expected), initial=0)))):
        return False
    if compare.note:
        compare.note(ROUNDS)
    return True
