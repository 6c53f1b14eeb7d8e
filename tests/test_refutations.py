"""The errata that change a result, a shape or a range, each refuted: the smallest example on which the print is wrong.

Hypothesis finds the example and shrinks it. What is right is the index form, or the definition of a range.
"""

import math
import re
from collections.abc import Callable
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from tests import printed
from tests.generators import entries
from tests.printed import cells
from vanillacnn import index_form

SETTINGS = hypothesis.settings(
    max_examples=100, derandomize=True, database=None, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
)
SIDE = st.integers(1, 3)
SIDES = st.tuples(SIDE, SIDE)


def numbers(*sides: int) -> st.SearchStrategy[np.ndarray]:
    """Whole numbers from -8 to 7."""
    return entries(sides, np.int8, lambda k: (k >> 4).astype(float))


@st.composite
def operands(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """An image, and a kernel that fits."""
    (x_k, y_k), (x_o, y_o) = draw(SIDES), draw(SIDES)
    return draw(numbers(x_o + x_k - 1, y_o + y_k - 1)), draw(numbers(x_k, y_k))


@st.composite
def shapes(draw: st.DrawFn) -> tuple[tuple[int, int], tuple[int, int]]:
    I, K = draw(operands())
    return I.shape, K.shape


@st.composite
def shapes_and_cell(draw: st.DrawFn) -> tuple[Any, ...]:
    image, kernel = draw(shapes())
    return image, kernel, tuple(draw(st.integers(0, side - 1)) for side in image)


def layer(of: str, P: st.SearchStrategy[int] = SIDE) -> st.SearchStrategy[tuple[np.ndarray, ...]]:
    """Those of S, K, b and C that are asked for."""

    @st.composite
    def arrays(draw: st.DrawFn) -> tuple[np.ndarray, ...]:
        p, q, (x_k, y_k), (x_c, y_c) = draw(P), draw(SIDE), draw(SIDES), draw(SIDES)
        sides = {"S": (p, x_c + x_k - 1, y_c + y_k - 1), "K": (p, q, x_k, y_k), "b": (q,), "C": (q, x_c, y_c)}
        return tuple(draw(numbers(*sides[name])) for name in of)

    return arrays()


MAPS = st.tuples(SIDE, SIDE, SIDE)
ONE = st.just(1)


def smallest_difference(shape: Callable[..., tuple[int, int]], axis: int) -> Callable[..., int]:
    """The smallest i-u, or j-v, that occurs, counted out."""

    def least(image: tuple[int, int], kernel: tuple[int, int]) -> int:
        return min(i - u for i in range(shape(image, kernel)[axis]) for u in range(kernel[axis]))

    return least


def side(shape: Callable[..., tuple[int, int]], axis: int) -> Callable[..., int]:
    return lambda image, kernel: shape(image, kernel)[axis]


def cells_fed(image: tuple[int, int], kernel: tuple[int, int], cell: tuple[int, int]) -> set[tuple[int, ...]]:
    """The cells of C that change with S(i,j)."""
    S = np.zeros((1, *image))
    S[0, *cell] = 1
    C = index_form.conv_forward(S, np.ones((1, 1, *kernel)), np.zeros(1))[0]
    return {k for k in cells(*C.shape) if C[k]}


VALID, PADDED = index_form.valid_shape, index_form.padded_shape
RIGHT: dict[str, tuple[Callable[..., Any], st.SearchStrategy[Any]]] = {
    "E07": (index_form.convolve, operands()),
    "E08": (index_form.convolve, operands()),
    "E09": (index_form.convolve, operands()),
    "E13": (side(VALID, 0), shapes()),
    "E14": (smallest_difference(VALID, 0), shapes()),
    "E15": (side(VALID, 1), shapes()),
    "E16": (smallest_difference(VALID, 1), shapes()),
    "E24": (index_form.convolve_padded, operands()),
    "E25": (index_form.convolve_padded, operands()),
    "E26": (index_form.convolve_padded, operands()),
    "E27": (side(PADDED, 0), shapes()),
    "E28": (side(PADDED, 1), shapes()),
    "E29": (smallest_difference(PADDED, 1), shapes()),
    "E36": (index_form.conv_forward, layer("SKb", ONE)),
    "E37": (index_form.conv_forward, layer("SKb", st.integers(2, 3))),
    "E41": (index_form.vectorize, MAPS.flatmap(lambda sides: st.tuples(numbers(*sides)))),
    "E43": (index_form.squared_error_gradient, SIDE.flatmap(lambda n: st.tuples(numbers(n), numbers(n)))),
    "E48": (index_form.unvectorize, MAPS.flatmap(lambda sides: st.tuples(numbers(math.prod(sides)), st.just(sides)))),
    "E52": (index_form.kernel_gradient, layer("SC")),
    "E53": (index_form.kernel_gradient, layer("SC")),
    "E54": (index_form.kernel_gradient, layer("SC")),
    "E56": (cells_fed, shapes_and_cell()),
    "E57": (index_form.conv_input_gradient, layer("CK")),
    "E59": (index_form.conv_input_gradient, layer("CK")),
    "E60": (index_form.conv_input_gradient, layer("CK")),
    "E61": (index_form.conv_input_gradient, layer("CK")),
    "E62": (index_form.conv_input_gradient, layer("CK")),
    "E65": (index_form.kernel_gradient, layer("SC", ONE)),
    "E68": (index_form.kernel_gradient, layer("SC", ONE)),
}
PRINTED = {name: value for name, value in vars(printed).items() if re.fullmatch(r"E\d\d", name)}


def result(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """What a formula gives: a value, or the reason why it gives none."""
    try:
        return function(*arguments)
    except (IndexError, ValueError) as error:
        return repr(error)


def differ(one: Any, other: Any) -> bool:
    return not np.array_equal(one, other)


def refutation(name: str) -> tuple[Any, ...]:
    right, examples = RIGHT[name]
    return hypothesis.find(examples, lambda x: differ(result(PRINTED[name], x), right(*x)), settings=SETTINGS)


@pytest.mark.parametrize("name", RIGHT)
def test_the_printed_formula_is_wrong_on_an_example_of_three_by_three_at_most(name: str) -> None:
    example = refutation(name)
    sides = [np.shape(x) if isinstance(x, np.ndarray) else x for x in example]
    assert all(size <= 3 for shape in sides for size in shape), example


def test_every_formula_is_refuted_and_no_other() -> None:
    """29 of the 83 errata change a result, a shape or a range."""
    assert list(PRINTED) == list(RIGHT)
    assert len(RIGHT) == 29


@pytest.mark.parametrize("name", ["E07", "E13", "E43"])
def test_the_right_formula_is_not_refuted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRINTED, name, RIGHT[name][0])
    with pytest.raises(hypothesis.errors.NoSuchExample):
        refutation(name)
