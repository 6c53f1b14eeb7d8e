"""The arguments of docs/equations.toml in symbols, as SymPy reads a function of the index form with them."""

from collections.abc import Mapping
from typing import Any

from sympy import Expr, symbols

from reference.formulas.evaluation import evaluate
from reference.formulas.loops import Array
from reference.formulas.meaning import symbol
from reference.formulas.notation import Argument, Formula
from reference.formulas.sums import Relations

P, Q, x_i, y_i, x_k, y_k, x_c, y_c, x_s, y_s, Y, M = symbols(
    "P Q x_i y_i x_k y_k x_c y_c x_s y_s Y M", integer=True
)  # fmt: skip
SIZES: Mapping[str, Expr] = {size.name: size for size in (P, Q, x_i, y_i, x_k, y_k, x_c, y_c, x_s, y_s, Y, M)}


class OnlyMap(Array):
    """The array of a single input map, whose subscript is left out: S[0,i,j] is I(i,j)."""

    def __getitem__(self, index: Any) -> Expr:
        return self.symbol[index[1:]]


class OneOfMaps(Array):
    """One map of several: S_q[i,j] is S(q,i,j)."""

    def __getitem__(self, index: Any) -> Expr:
        return self.symbol[(symbol("q"), *(index if isinstance(index, tuple) else (index,)))]


class Whole(Array):
    """An array that the formula does not index."""

    def __getitem__(self, index: Any) -> Expr:
        return symbol(str(self.symbol))


def sides(argument: Argument) -> tuple[Expr, ...]:
    return tuple(evaluate(side, SIZES, {}) for side in argument.sides or ())


def symbolic(argument: Argument) -> Any:
    """An array, a shape or a number, as the formula names it."""
    name, shape = argument.name, sides(argument)
    if not name:
        return shape
    if argument.sides is None:
        return symbol(name)
    if not shape:
        return Whole(name, 1)
    if name.endswith("_q"):
        return OneOfMaps(name.removesuffix("_q"), shape)
    return (OnlyMap if shape[0] == 1 else Array)(name, shape)


def relations(formula: Formula) -> Relations:
    """What some sides are in terms of others: before and after pooling, or behind a convolution."""
    if "x_s" in formula.arrays:
        return {x_c: 2 * x_s, y_c: 2 * y_s, x_i: x_s, y_i: y_s}
    return {x_c: x_i - x_k + 1, y_c: y_i - y_k + 1}


def over(formula: Formula) -> str:
    """What the formula counts through and the function does not: the latter is of one map, or of one step."""
    if any(argument.name.endswith("_q") for argument in formula.arguments):
        return "q < Q"
    return formula.ranges if all(argument.sides is None for argument in formula.arguments) else ""
