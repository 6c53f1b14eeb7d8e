"""The errata that change a result, a shape or a range: what is right, and the smallest example that shows it.

Arrays hold 1, 2, 3, …, so that no two entries can be taken for each other, and sizes are tried from the smallest on.
What is right is the index form, or the definition of a range. An example on which the print gives a wrong value is
preferred to one on which it reads outside an array and gives none.
"""

import re
from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from tests.errata import as_printed as printed
from tests.errata.as_printed import Cell, Sides, cells
from vanillacnn import index_form

PRINTED = {name: value for name, value in vars(printed).items() if re.fullmatch(r"E\d\d", name)}


class Sizes(NamedTuple):
    """Numbers of input and output maps, the sides of a kernel and those of the result."""

    p: int
    q: int
    x_k: int
    y_k: int
    x_c: int
    y_c: int

    @property
    def image(self) -> Sides:
        return self.x_c + self.x_k - 1, self.y_c + self.y_k - 1

    @property
    def kernel(self) -> Sides:
        return self.x_k, self.y_k


SIZES = sorted((Sizes(*sides) for sides in product((1, 2), repeat=6)), key=sum)
Examples = Callable[[Sizes], list[tuple[Any, ...]]]  # the arguments, of these sizes


def consecutive(*sides: int) -> np.ndarray:
    return 1.0 + np.arange(np.prod(sides)).reshape(sides)


def operands(s: Sizes) -> list[tuple[Any, ...]]:
    return [(consecutive(*s.image), consecutive(*s.kernel))]


def shapes(s: Sizes) -> list[tuple[Any, ...]]:
    return [(s.image, s.kernel)]


def shapes_and_cell(s: Sizes) -> list[tuple[Any, ...]]:
    return [(s.image, s.kernel, cell) for cell in cells(*s.image)]


def vector(of: str) -> Examples:
    """Those of a vector x and the shape of the maps that it holds, as maps S or as they are."""
    arguments = {"S": lambda S: (S,), "v": lambda S: (S.ravel(), S.shape), "xx": lambda S: (S.ravel(), S.ravel())}
    return lambda s: [arguments[of](consecutive(s.q, s.x_c, s.y_c))]


def layer(of: str, P: tuple[int, ...] = (1, 2)) -> Examples:
    """Those of S, K, b and C that are asked for, with so many input maps."""

    def arguments(s: Sizes) -> list[tuple[Any, ...]]:
        sides = {"S": (s.p, *s.image), "K": (s.p, s.q, *s.kernel), "b": (s.q,), "C": (s.q, s.x_c, s.y_c)}
        return [tuple(consecutive(*sides[name]) for name in of)] if s.p in P else []

    return arguments


def side(shape: Callable[..., Sides], axis: int) -> Callable[..., int]:
    return lambda image, kernel: shape(image, kernel)[axis]


def smallest_difference(shape: Callable[..., Sides], axis: int) -> Callable[..., int]:
    """The smallest i-u, or j-v, that occurs, counted out."""
    return lambda image, kernel: min(i - u for i in range(shape(image, kernel)[axis]) for u in range(kernel[axis]))


def cells_fed(image: Sides, kernel: Sides, cell: Cell) -> set[tuple[int, ...]]:
    """The cells of C that change with S(i,j)."""
    S = np.zeros((1, *image))
    S[0, *cell] = 1
    C = index_form.conv_forward(S, np.ones((1, 1, *kernel)), np.zeros(1))[0]
    return {k for k in cells(*C.shape) if C[k]}


VALID, PADDED = index_form.valid_shape, index_form.padded_shape
RIGHT: dict[str, tuple[Callable[..., Any], Examples]] = {
    "E07": (index_form.convolve, operands),
    "E08": (index_form.convolve, operands),
    "E09": (index_form.convolve, operands),
    "E13": (side(VALID, 0), shapes),
    "E14": (smallest_difference(VALID, 0), shapes),
    "E15": (side(VALID, 1), shapes),
    "E16": (smallest_difference(VALID, 1), shapes),
    "E24": (index_form.convolve_padded, operands),
    "E25": (index_form.convolve_padded, operands),
    "E26": (index_form.convolve_padded, operands),
    "E27": (side(PADDED, 0), shapes),
    "E28": (side(PADDED, 1), shapes),
    "E29": (smallest_difference(PADDED, 1), shapes),
    "E36": (index_form.conv_forward, layer("SKb", (1,))),
    "E37": (index_form.conv_forward, layer("SKb", (2,))),
    "E41": (index_form.vectorize, vector("S")),
    "E43": (index_form.squared_error_gradient, vector("xx")),
    "E48": (index_form.unvectorize, vector("v")),
    "E52": (index_form.kernel_gradient, layer("SC")),
    "E53": (index_form.kernel_gradient, layer("SC")),
    "E54": (index_form.kernel_gradient, layer("SC")),
    "E56": (cells_fed, shapes_and_cell),
    "E57": (index_form.conv_input_gradient, layer("CK")),
    "E59": (index_form.conv_input_gradient, layer("CK")),
    "E60": (index_form.conv_input_gradient, layer("CK")),
    "E61": (index_form.conv_input_gradient, layer("CK")),
    "E62": (index_form.conv_input_gradient, layer("CK")),
    "E65": (index_form.kernel_gradient, layer("SC", (1,))),
    "E68": (index_form.kernel_gradient, layer("SC", (1,))),
}


class Refutation(NamedTuple):
    """Arguments by their names, and what the printed formula and the right one make of them."""

    arguments: dict[str, Any]
    printed: Any
    right: Any

    @property
    def outside(self) -> bool:
        """Whether the print gives no value, as it reads outside an array or needs a larger one."""
        return isinstance(self.printed, Exception)


def result(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """What a formula gives: a value, or the error that says why it gives none."""
    try:
        return function(*arguments)
    except (IndexError, ValueError) as error:
        return error


def refutations(name: str) -> list[Refutation]:
    """All examples on which the print is wrong, from the smallest on."""
    (right, examples), formula = RIGHT[name], PRINTED[name]
    letters = formula.__code__.co_varnames
    tried = [
        Refutation(dict(zip(letters, x, strict=False)), result(formula, x), right(*x))
        for s in SIZES
        for x in examples(s)
    ]
    return [found for found in tried if not np.array_equal(found.printed, found.right)]


def refutation(name: str) -> Refutation:
    return min(refutations(name), key=lambda found: found.outside)
