"""Reads a function of nested loops as an equation: a result's shape, an entry of it, and its value, bounded sums.

Sizes stay symbols, and indices become symbols. What the index form is made of can be read, and nothing else.
"""

import ast
from functools import cache, partial, reduce
from math import prod
from types import SimpleNamespace
from typing import Any, NamedTuple

from sympy import Expr, IndexedBase, Max, Min, S, Sum, Symbol, cos, pi, sign, sqrt, sympify  # type: ignore[import-untyped]

Loop = tuple[Expr, Expr, Expr]  # an index, its first value, its last; a condition is a loop over an expression


class Array:
    """A symbol with indices, and its symbolic shape."""

    def __init__(self, name: str, shape: Any) -> None:
        self.symbol = IndexedBase(name)
        self.shape = tuple(sympify(n) for n in (shape if isinstance(shape, tuple) else (shape,)))
        self.size, self.dtype = prod(self.shape), None

    def __getitem__(self, index: Any) -> Expr:
        return self.symbol[index]


class Equation(NamedTuple):
    """result[indices] = value, for all values of the loops."""

    shape: tuple[Expr, ...]
    indices: tuple[Expr, ...]
    value: Expr
    loops: tuple[Loop, ...]


def read(source: str, name: str, *arguments: Any) -> Equation:
    """The function of this name in the source, called with these arrays and shapes.

    Raises: NotImplementedError at a statement that is none of those which the index form is made of.
    """
    entries: list[tuple[Any, Expr, tuple[Loop, ...]]] = []
    result = _call(_functions(source), entries, name, *arguments)
    if not isinstance(result, Array):
        return Equation((), (), result, ())
    ((indices, value, loops),) = entries
    return Equation(result.shape, indices if isinstance(indices, tuple) else (indices,), value, loops)


@cache
def _functions(source: str) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def _call(functions: dict[str, ast.FunctionDef], entries: list[Any], name: str, *arguments: Any) -> Any:
    """What the function returns. Each assignment of an entry is added to `entries`."""
    scope: dict[str, Any] = {other: partial(_call, functions, [], other) for other in functions}
    scope |= {"np": NUMPY, "math": MATH, "range": _range, "max": Max, "min": Min}
    scope |= zip((argument.arg for argument in functions[name].args.args), arguments, strict=True)
    depth: dict[str, int] = {}  # of the loops around an accumulator

    def value(node: ast.expr) -> Any:
        return eval(compile(ast.Expression(node), name, "eval"), scope)

    def run(statements: list[ast.stmt], loops: tuple[Loop, ...]) -> Any:
        for statement in statements:
            match statement:
                case ast.Expr(ast.Constant(str())) | ast.If(body=[ast.Raise()], orelse=[]):
                    pass  # a docstring, or a refusal of sizes that do not fit
                case ast.If(test, body, []):
                    run(body, reduce(_narrowed, map(value, _conditions(test)), loops))
                case ast.For(target, iterable, body):
                    letters = target.elts if isinstance(target, ast.Tuple) else [target]
                    indices = [Symbol(ast.unparse(letter), integer=True) for letter in letters]
                    scope.update({index.name: index for index in indices})
                    bounds = zip(indices, value(iterable), strict=True)
                    run(body, (*loops, *((index, first, stop - 1) for index, (first, stop) in bounds)))
                case ast.Assign([ast.Subscript(slice=where)], what):
                    entries.append((value(where), sympify(value(what)), loops))
                case ast.Assign([ast.Name(total)], ast.Constant(0)):
                    scope[total], depth[total] = S.Zero, len(loops)
                case ast.Assign():
                    exec(compile(ast.Module([statement], []), name, "exec"), scope)
                case ast.AugAssign(ast.Name(total), ast.Add(), what):
                    scope[total] += Sum(value(what), *loops[depth[total] :])
                case ast.Return(ast.expr() as what):
                    return value(what)
                case _:
                    raise NotImplementedError(ast.unparse(statement))
        return None

    return run(functions[name].body, ())


def _conditions(test: ast.expr) -> list[ast.expr]:
    """a ≤ index ≤ b and …, each as the tuple of its three parts."""
    match test:
        case ast.BoolOp(ast.And(), parts):
            return [condition for part in parts for condition in _conditions(part)]
        case ast.Compare(first, [ast.LtE(), ast.LtE()], [middle, last]):
            return [ast.copy_location(ast.Tuple([first, middle, last], ast.Load()), test)]
    raise NotImplementedError(ast.unparse(test))


def _narrowed(loops: tuple[Loop, ...], condition: tuple[Any, ...]) -> tuple[Loop, ...]:
    """The loops with a condition in the bounds of the innermost index that it holds for: of u in 0 ≤ i-u ≤ n."""
    first, middle, last = condition
    index, lower, upper = next(loop for loop in reversed(loops) if middle.has(loop[0]))
    slope = middle.coeff(index)
    ends = [index + (end - middle) / slope for end in (first, last)]
    least, most = ends[:: sign(slope)]
    narrow = index, Max(lower, least), Min(upper, most)
    return tuple(narrow if loop[0] == index else loop for loop in loops)


def _range(*bounds: Any) -> list[tuple[Expr, Expr]]:
    first, stop = bounds if len(bounds) == 2 else (0, *bounds)
    return [(sympify(first), sympify(stop))]


def _ndindex(*shape: Any) -> list[tuple[Expr, Expr]]:
    match shape:
        case (tuple() as whole,):
            return _ndindex(*whole)
    return [(S.Zero, n) for n in shape]


NUMPY = SimpleNamespace(empty=lambda shape, dtype: Array("result", shape), ndindex=_ndindex)
MATH = SimpleNamespace(sqrt=sqrt, cos=cos, pi=pi)
