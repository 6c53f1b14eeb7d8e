"""The user's side: axes by their letters, how the functions are called, and what their results are."""

from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from vanillacnn.checks import require, whole


def check_letters(name: str, letters: str, allowed: str, needed: str = "") -> None:
    """Raises: ValueError when a letter is none of the allowed, stands twice, or is needed and missing."""
    if not isinstance(letters, str) or len(set(letters)) != len(letters) or not set(letters) <= set(allowed):
        raise ValueError(f"{name}: expected some of the letters {allowed} in any order, each once, got {letters!r}")
    if not set(needed) <= set(letters):
        raise ValueError(f"{name}: expected {' and '.join(needed)} among the letters, got {letters!r}")


def check_samples(name: str, letters: str, x: str) -> None:
    """Raises: ValueError when one of two arrays has an axis for the samples and the other has none."""
    if ("N" in letters) != ("N" in x):
        raise ValueError(f"{name}: expected {'an' if 'N' in x else 'no'} N, as x is {x!r}, got {letters!r}")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raises: ValueError when the value is none of the choices."""
    if value not in choices:
        raise ValueError(f"{name}: expected one of {', '.join(choices)}, got {value!r}")


def check_precision(dtype: DTypeLike) -> None:
    """Raises: ValueError for what is no type of floats."""
    try:
        floats = np.dtype(dtype).kind == "f"
    except TypeError:
        floats = False
    require("dtype", dtype, "a type of floats", floats)


def check_bias(bias: tuple[int, ...] | None, several: bool) -> None:
    """Raises: ValueError for a shape that not every number of maps fits; a single map needs no axis."""
    fits = isinstance(bias, tuple) and set(bias) <= {1, -1} and several <= bias.count(-1) <= 1
    expected = "a shape with one -1 and ones beside it, such as (1, -1), or None"
    require("bias", bias, expected, fits or bias is None)


def two(name: str, value: Any, least: int) -> tuple[int, int]:
    """For rows and columns. Raises: ValueError when it is neither a whole number from `least` nor two of them."""
    rows, columns = value if isinstance(value, tuple) and len(value) == 2 else (value, value)
    require(name, value, f"a whole number from {least}, or two", whole(rows, least) and whole(columns, least))
    return rows, columns


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


def optional_bias(b: np.ndarray, shape: tuple[int, ...] | None) -> dict[str, np.ndarray]:
    return {} if shape is None else {"b": b.reshape(shape)}


def split(result: Any, default: Any) -> tuple[Any, Any]:
    """(out, cache) of what forward returned; the default when there is no cache."""
    if isinstance(result, list) and is_ragged(result):
        result = tuple(result)
    if not isinstance(result, tuple) or not result:
        return result, default
    if len(result) == 1:
        return result[0], default
    return (result[0], result[1]) if len(result) == 2 else (result[0], result[1:])


def is_ragged(values: list[Any]) -> bool:
    """Whether a list is no array: then it is out and cache, and not numbers."""
    try:
        return np.asarray(values).dtype == object
    except ValueError:
        return True


def call_pair(
    forward: Callable[..., Any], backward: Callable[..., Any] | None, gradients: tuple[str, ...]
) -> Callable[..., Iterator[tuple[str, Any]]]:
    """forward(*inputs), then backward(dout, cache), which gives the gradients in this order, or one, or a dict."""

    def call(dout: np.ndarray, **inputs: np.ndarray) -> Iterator[tuple[str, Any]]:
        values = tuple(inputs.values())
        out, cache = split(forward(*values), values if len(values) > 1 else values[0])
        yield "out", out
        if backward is None:
            return
        try:
            given = backward(dout, cache)
        except Exception as error:
            error.add_note("called as backward(dout, cache)")
            raise
        yield from named(given, gradients)

    return call


def named(given: Any, gradients: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """The gradients by name. Raises: ValueError when there is none of them, or one too many."""
    expected = f"gradients: expected ({', '.join(gradients)}), or a dict of these names"
    if given is None:
        raise ValueError(f"{expected}, got None; take a layer's gradients from where it keeps them")
    if isinstance(given, dict):
        by_name = {str(name).lower(): gradient for name, gradient in given.items()}
        if not by_name.keys() & {name.lower() for name in gradients}:
            raise ValueError(f"{expected}, got a dict of {', '.join(map(str, given)) or 'nothing'}")
        yield from ((name, by_name[name.lower()]) for name in gradients if name.lower() in by_name)
        return
    one = isinstance(given, list) and len(given) == 1 and hasattr(given[0], "shape")  # and no array of a single row
    several = isinstance(given, tuple) or one or (isinstance(given, list) and len(gradients) > 1)
    results = given if several else (given,)
    if len(results) > len(gradients):
        raise ValueError(f"{expected}, got {len(results)} results")
    yield from zip(gradients, results, strict=False)
