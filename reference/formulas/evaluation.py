"""A formula of the notation at given sizes, one entry at a time: of numbers, or of whatever the arrays hold.

`reference.formulas.meaning` reads sums of products at all sizes at once. Here all that the notation can say is read,
at one size: a Σ is written out, a max is taken, [a > b] is 0 or 1. With symbols for entries the result is an expression
in them, and the functions are those of SymPy; a max and what stands in [] are for numbers, which can be compared.
"""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import product
from typing import Any, no_type_check

from reference.formulas.grammar import parse
from reference.formulas.meaning import counted
from reference.formulas.notation import Formula
from reference.formulas.tree import Apply, Cell, Name, Node, Over, Sum

Entry = Any  # a number, or what calculates like one
Known = Mapping[str, Any]  # sizes and indices by their letters, arrays by their names

OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, *y: x - y[0] if y else -x,
    "·": lambda x, *others: x * OPERATIONS["·"](*others) if others else x,
    "/": lambda x, y: Fraction(x, y) if isinstance(x, int) and isinstance(y, int) else x / y,
    "²": lambda x: x * x,
    "⌊": lambda x: x // 1,
    "|": abs,
    "max": max,
    ">": lambda x, y: x > y,
    "=": lambda x, y: x == y,
    "[]": int,
}


@no_type_check  # to the import hook of the tests, which costs a hundred times as much as the values
def evaluate(node: Node, known: Known, functions: Mapping[str, Callable[..., Entry]]) -> Entry:
    """The value of an expression. `functions` are e^, log and σ, and may replace others. A Σ_n is of one sample."""

    def value(node, known=known):
        return evaluate(node, known, functions)

    def each(letter, span, body):
        return [value(body, {**known, letter: k}) for k in span]

    match node:
        case Name(text):
            return int(text) if text.isdecimal() else known[text]
        case Cell(name, _, below, at):
            indices = tuple(value(index) for index in (*counted(below), *(at or ())))
            if not all(isinstance(index, int) and index >= 0 for index in indices):
                raise IndexError(f"{name}{indices}: expected whole numbers from 0 on")
            return known[name][indices] if indices else known[name]  # a number has no indices, as the m of (H2)
        case Sum("n", None, None, body):
            return value(body)
        case Sum(letter, None, None, body):  # over the classes, which is all that a head knows
            return sum(each(letter, range(known["Y"]), body))
        case Sum(letter, first, last, body):
            return sum(each(letter, range(value(first), value(last) + 1), body))
        case Over(what, letter, stop, body):
            values = each(letter, range(value(stop)), body)
            return values.index(max(values)) if what == "argmax" else max(values)
        case Apply(what, of):
            return {**OPERATIONS, **functions}[what](*map(value, of))
    raise ValueError(f"expected a formula, got {node!r}")


def sides(tree: Node) -> tuple[Node, tuple[Node, ...]]:
    """The left side of A = B = …, and all others.

    Raises: ValueError when it is no equation.
    """
    match tree:
        case Apply("=", (left, *others)):
            return left, tuple(others)
    raise ValueError(f"expected an equation, got {tree!r}")


def places(formula: Formula, known: Known) -> Iterator[tuple[tuple[int, ...], dict[str, int]]]:
    """The indices of each entry on the left, and the letters that lead there."""
    left, _ = sides(parse(formula.text))
    assert isinstance(left, Cell)
    ranges = [part.split(" < ") for part in formula.ranges.split(", ") if part]
    for at in product(*(range(evaluate(parse(size), known, {})) for _, size in ranges)):
        letters = dict(zip((letter for letter, _ in ranges), at, strict=True))
        yield (
            tuple(evaluate(index, {**known, **letters}, {}) for index in (*counted(left.below), *(left.at or ()))),
            letters,
        )
