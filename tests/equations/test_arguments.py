"""What every equation refuses, read off the signatures: whatever NumPy would broadcast, wrap around or round."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from tests.suite.implementation import Implementation
from tests.suite.signatures import FUNCTIONS
from tests.suite.traceability import MODULES
from vanillacnn.checks import checked, unchecked

LIBRARY = Implementation(*MODULES)
SIZES = {"p": 2, "q": 4, "k": 2, "c": 5, "x": 6, "y": 4, "u": 4, "v": 3, "i": 3, "j": 2, "n": 3, "m": 12, "a": 7}
NUMBERS = ("alpha", "mu", "beta", "beta_1", "beta_2", "epsilon", "lambda_")
OTHERS = {"shape": (2, 3, 2), "kernel": (4, 3), "t": 2} | dict.fromkeys(NUMBERS, 0.5)
TAKE_ARRAYS = [name for name, function in FUNCTIONS.items() if any(function.arguments.values())]
EACH = pytest.mark.parametrize("name", TAKE_ARRAYS)


def valid(name: str, dtype: Any = np.float32) -> dict[str, Any]:
    """Arguments of sizes that fit."""
    sizes, others = SIZES, OTHERS
    if name.endswith("vectorize_map"):
        sizes, others = SIZES | {"m": 6}, OTHERS | {"shape": (3, 2)}
    arguments = FUNCTIONS[name].arguments.items()
    return {key: np.full([*map(sizes.get, axes)], 0.25, dtype) if axes else others[key] for key, axes in arguments}


def arrays(name: str) -> list[str]:
    return [key for key, axes in FUNCTIONS[name].arguments.items() if axes]


def checking(name: str) -> Any:
    """The function, with the check that stands in the library now."""
    return checked(unchecked(getattr(LIBRARY, name)))


def refused(name: str, symbols: list[str], expected: str = ".*", **wrong: Any) -> None:
    with pytest.raises(ValueError, match=rf"^({'|'.join(symbols)}): expected {expected}, got "):
        checking(name)(**valid(name) | wrong)


@EACH
def test_the_library_checks(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{arrays(name)[0]}: expected a plain NumPy array, got NoneType$"):
        getattr(LIBRARY, name)(**valid(name) | {arrays(name)[0]: None})


@EACH
def test_arguments_that_fit_are_taken(name: str) -> None:
    result = checking(name)(*valid(name).values())
    assert np.asarray(result).dtype == np.float32
    np.testing.assert_array_equal(checking(name)(**valid(name)), result, strict=True)


@EACH
def test_an_axis_too_few_or_too_many_is_refused(name: str) -> None:
    for key in arrays(name):
        array, alike = valid(name)[key], FUNCTIONS[name].arguments[key] == "a"
        if not alike or len(arrays(name)) > 1:
            refused(name, arrays(name), **{key: array[np.newaxis]})
        refused(name, arrays(name), **{key: array[0]})


@EACH
def test_sides_that_differ_are_refused(name: str) -> None:
    """One for all would be broadcast, one too few would not."""
    axes = {key: FUNCTIONS[name].arguments[key] for key in arrays(name)}
    counts = Counter("".join(axes.values()))
    if name == "max_pool_gradient":  # whose sides are the double of the other's
        counts.update("xyij")
    if "shape" in FUNCTIONS[name].arguments:
        counts.update("m")
    for key, letters in axes.items():
        for k, letter in enumerate(letters):
            if counts[letter] > 1:
                array = valid(name)[key]
                refused(name, list(axes), **{key: np.take(array, [0], k)})
                refused(name, list(axes), **{key: np.delete(array, 0, k)})


@EACH
def test_no_maps_no_classes_and_no_sides_are_refused(name: str) -> None:
    for key in arrays(name):
        letters = FUNCTIONS[name].arguments[key]
        for k, letter in enumerate(letters):
            if letter not in "na":
                refused(name, arrays(name), **{key: np.delete(valid(name)[key], np.s_[:], k)})


@EACH
def test_other_dtypes_and_what_is_no_plain_array_are_refused(name: str) -> None:
    for key in arrays(name):
        array = valid(name)[key]
        kinds = [np.uint8, np.int64, bool, "U1", array.dtype.newbyteorder()] + [np.float64] * (len(arrays(name)) > 1)
        wrong = [array.astype(kind) for kind in kinds]
        wrong += [np.ma.masked_array(array), array.tolist(), None, 0.5, "x"]
        if array.ndim == 2:
            wrong.append(array.view(np.matrix))
        for value in wrong:
            refused(name, arrays(name), **{key: value})


@EACH
def test_numbers_of_any_kind_keep_the_dtype(name: str) -> None:
    arguments = valid(name)
    expected = checking(name)(**arguments)
    for key in [key for key in arguments if key in NUMBERS]:
        for kind in (np.float16, np.float64, np.longdouble, np.array):
            actual = checking(name)(**arguments | {key: kind(0.5)})
            np.testing.assert_array_equal(actual, expected, strict=True)
        for value in (None, "0.5", [0.5], (), np.array([0.5])):
            refused(name, [key], "a number", **{key: value})


@EACH
def test_sizes_are_whole_numbers(name: str) -> None:
    arguments = valid(name)
    expected = checking(name)(**arguments)
    for key in [key for key in arguments if key in ("shape", "kernel", "t")]:
        kinds = (np.int64, np.uint8, np.array)
        alike = [kind(2) for kind in kinds] if key == "t" else [tuple(map(kind, arguments[key])) for kind in kinds]
        for value in alike:
            actual = checking(name)(**arguments | {key: value})
            np.testing.assert_array_equal(actual, expected, strict=True)
        for value in (None, 0, -1, 1.5, "2", (), (0, 3), (-1, 3), (1.5, 2), (1, 2, 3, 4)):
            refused(name, [key], "(a whole number from 1|[23] sides of at least 1)", **{key: value})
    if "t" in arguments:
        assert np.isfinite(checking(name)(**arguments | {"t": 1})).all()
    if "kernel" in arguments:
        np.testing.assert_array_equal(checking(name)(arguments["I"], (1, 1)), arguments["I"])
