"""The tree of a formula: `grammar` reads it, `latex` prints it, `meaning` understands it."""

from typing import NamedTuple, Union


class Name(NamedTuple):
    """A number, an index or a size."""

    text: str


class Cell(NamedTuple):
    """An array with its layer, its subscripts, and its indices, None where the whole array is meant."""

    name: str
    layer: str
    below: tuple["Node", ...]
    at: tuple["Node", ...] | None
    transposed: bool = False


class Sum(NamedTuple):
    """Σ over an index; without bounds, over the side of the array that the index runs along."""

    letter: str
    first: Union["Node", None]
    last: Union["Node", None]
    body: "Node"


class Over(NamedTuple):
    """The max over an index from 0 on, or its argmax: the index at which the max is, the first of several."""

    what: str
    letter: str
    stop: "Node"
    body: "Node"


class Apply(NamedTuple):
    """A function, an operator or a relation, and what it is of. "·" is a product, "[]" is 1 where a relation holds."""

    what: str
    of: tuple["Node", ...]


class At(NamedTuple):
    """The entry of an expression: (I ⋆ K)(i,j)."""

    whole: "Node"
    at: tuple["Node", ...]


class Where(NamedTuple):
    """A value where all conditions hold, else 0; the condition may be an array, outside of which its entries are 0."""

    value: "Node"
    conditions: tuple["Node", ...]


Node = Name | Cell | Sum | Over | Apply | At | Where
