"""Expressions written down by hand, and sums of the library written out at small sizes to compare with them."""

from collections.abc import Iterable
from typing import Any

from sympy import Add, Expr, IndexedBase, S, expand, floor

from reference.formulas.grammar import parse
from reference.formulas.meaning import Reader, symbol

ARRAYS = {"I", "K", "C", "S", "W", "y", "ŷ", "s", "b", "L", "A", "B", "D"}
SIZES = {"x_i", "y_i", "x_k", "y_k", "x_c", "y_c", "x_s", "y_s"}


class Names(dict[str, Any]):
    """A name is an array if its letter is one, V is the vector v, and all others are whole numbers."""

    def __missing__(self, name: str) -> Any:
        stem = name.removeprefix("Δ").split("_")[0]
        return IndexedBase(name) if stem in ARRAYS and name not in SIZES else symbol(name)


def hand(text: str) -> Any:
    """The expressions that stand in a text of Python."""
    return eval(text, {"__builtins__": {}}, Names(floor=floor, half=S.Half, V=IndexedBase("v")))


def at(sizes: str) -> dict[Any, int]:
    """M=2, Y=3 as what SymPy substitutes."""
    return {symbol(name): int(n) for name, n in (part.split("=") for part in sizes.split(", ") if part)}


def written_out(terms: Iterable[tuple[Expr, tuple[Any, ...]]], sizes: str = "") -> Expr:
    """Every Σ as the sum of its terms; the last loop is the outermost."""
    return expand(Add(*(spelled(each, loops, at(sizes)) for each, loops in terms)))


def spelled(summand: Expr, loops: tuple[Any, ...], known: dict[Any, Any]) -> Expr:
    if not loops:
        return summand.subs(known)
    *inner, (index, first, last) = loops
    span = range(int(first.subs(known)), int(last.subs(known)) + 1)
    return Add(*(spelled(summand, tuple(inner), {**known, index: k}) for k in span))


def terms_of(text: str, place: str = "", **letters: Expr) -> list[Any]:
    """What the formula says at a place such as i,j."""
    return Reader(letters).terms(parse(text), tuple(map(symbol, place.split(","))) if place else ())
