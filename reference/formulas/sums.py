"""Whether two formulas are the same sum, or one the derivative of the other; at all sizes.

An index that is summed over is named after the place where it stands. So two ways to write a sum become one:
S(u+i) ΔC(i) over i, and S(i) ΔC(i-u) over i.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from sympy import Add, Dummy, Expr, S, Symbol, expand  # type: ignore[import-untyped]
from sympy.tensor.indexed import Indexed  # type: ignore[import-untyped]

from reference.formulas import indexed
from reference.formulas import loops as nested
from reference.formulas.grammar import parse
from reference.formulas.indexed import Sums, collapse, within
from reference.formulas.loops import Loop
from reference.formulas.meaning import Reader, Terms, counted, symbol
from reference.formulas.notation import Formula
from reference.formulas.tree import Apply, At, Cell, Name, Node

Relations = dict[Symbol, Expr]  # what a size is in terms of others


class Statement(NamedTuple):
    """name[indices] = the sum of the terms, for all values of the loops."""

    name: str
    indices: tuple[Expr, ...]
    loops: tuple[Loop, ...]
    terms: Terms


def statement_of(formula: Formula, tree: Node | None = None, sample: bool = False) -> Statement:
    """What the formula says; or what another says of the same entries: of one sample in letters of its own."""
    loops = tuple(loop(part) for part in formula.ranges.split(", ") if part)
    letters = tuple(letter for letter, _, _ in loops)
    tree = tree or parse(formula.text)
    name, at = place(tree)
    renamed: dict[str, Expr] = {}
    if sample:
        own = Reader({}).values(place(parse(formula.text))[1])
        renamed = {"N": S.One} | {x.text: y for x, y in zip(at, own or letters, strict=False) if isinstance(x, Name)}
    indices = Reader(renamed).values(at)
    right = tree.of[-1] if isinstance(tree, Apply) and tree.what in "=←~" else tree
    whole = letters[len(indices) :] if is_whole(tree) else ()
    return Statement(name, (*indices, *whole), loops, Reader(renamed).terms(right, letters))


def loop(text: str) -> Loop:
    """u < x_k, from 0 on."""
    tree = parse(text)
    if not isinstance(tree, Apply) or tree.what != "<":
        raise ValueError(f"expected a range such as u < x_k, got {text!r}")
    letter, size = Reader({}).values(tree.of)
    return letter, S.Zero, size - 1


def place(tree: Node) -> tuple[str, tuple[Node, ...]]:
    """What stands on the left, and its subscripts, but for constants, and indices."""
    left = tree.of[0] if isinstance(tree, Apply) and tree.what in "=←~" else tree
    match left:
        case Cell(name, _, below, at):
            return name, (*counted(below), *(at or ()))
        case At(Apply(operator), at):
            return operator, at
        case Apply(operator):
            return operator, ()
    return "", ()


def is_whole(tree: Node) -> bool:
    """Whether there is an array on the left rather than an entry of one."""
    left = tree.of[0] if isinstance(tree, Apply) and tree.what in "=←~" else tree
    return not isinstance(left, At) and not (isinstance(left, Cell) and left.at is not None)


def read(source: str, function: str, *arguments: object, over: tuple[Loop, ...] = ()) -> Statement:
    """What a function of the index form says. An index that takes one value is dropped; `over` are further ones."""
    equation = nested.read(source, function, *arguments)
    single = {letter for letter, _, last in equation.loops if last == 0}
    indices = tuple(index for index in equation.indices if index not in single)
    loops = tuple(loop for loop in equation.loops if loop[0] not in single)
    terms = [bound(summand, inner) for summand, inner in indexed.terms(equation.value)]
    return Statement("", (*(letter for letter, _, _ in over), *indices), (*over, *loops), terms)


def bound(summand: Expr, loops: tuple[Loop, ...]) -> tuple[Expr, tuple[Loop, ...]]:
    """The same term, its summed indices no longer to be mixed up with free ones of the same letter."""
    dummies = {letter: Dummy(letter.name, integer=True) for letter, _, _ in loops}
    renamed = tuple(tuple(S(part).xreplace(dummies) for part in loop) for loop in loops)
    return summand.xreplace(dummies), renamed


def meaning(terms: Terms, given: set[Expr], relations: Relations) -> Sums:
    """What is summed where. What is given for the free indices is left out."""
    sums: Sums = defaultdict(lambda: S.Zero)
    for summand, loops in terms:
        inner = tuple(loop for loop in loops if isinstance(loop[0], Dummy))
        conditions = {c for loop in loops if not isinstance(loop[0], Dummy) for c in within(*loop)}
        where, collapsed = collapse(expand(summand), inner)
        for part in Add.make_args(expand(collapsed.xreplace(relations))):
            named, place = with_named_indices(
                {indexed.at_least_zero(c.xreplace(relations)) for c in where | conditions}, part
            )
            sums[frozenset(place - given)] += named
    return {where: summand for where, summand in sums.items() if summand != 0}


def with_named_indices(where: set[Expr], summand: Expr) -> tuple[Expr, set[Expr]]:
    """Every Dummy as a symbol for the array and the axis that it stands at, the first in alphabetical order."""
    positions = [(str(entry.base), axis) for entry in summand.atoms(Indexed) for axis in range(entry.rank)]
    for base, axis in sorted(positions) * len(summand.atoms(Dummy)):
        here = symbol(f"{base}.{axis}")
        for found in standing_at(base, axis, summand):
            dummies = found.atoms(Dummy)
            if len(dummies) == 1 and not summand.has(here):  # of A(i) A(j), i and j are two
                (index,) = dummies
                slope = found.coeff(index)
                if abs(slope) == 1:
                    solution = {index: expand(index + slope * (here - found))}
                    summand = summand.xreplace(solution)
                    where = {indexed.at_least_zero(c.xreplace(solution)) for c in where}
    return expand(summand), {c for c in where if not c.is_nonnegative}


def standing_at(base: str, axis: int, summand: Expr) -> Iterator[Expr]:
    """What stands at an axis of an array, in each of its entries."""
    for entry in sorted(summand.atoms(Indexed), key=str):
        yield from (index for k, index in enumerate(entry.indices) if (str(entry.base), k) == (base, axis))


def ranges(statement: Statement, relations: Relations) -> set[Expr]:
    return {indexed.at_least_zero(c.xreplace(relations)) for loop in statement.loops for c in within(*loop)}


def content(statement: Statement, relations: Relations) -> tuple[str, list[Expr], set[Expr], Sums]:
    """The array, its indices, their ranges, and what is summed where: equal for two ways to write one statement."""
    given = ranges(statement, relations)
    indices = [expand(index.xreplace(relations)) for index in statement.indices]
    return statement.name, indices, given, meaning(statement.terms, given, relations)


def in_letters_of(statement: Statement, other: Statement) -> Statement:
    """The same statement about the array of the other, in its letters."""
    pairs = zip(statement.indices, other.indices, strict=False)
    letters = {y: x for y, x in pairs if isinstance(y, Symbol)}
    terms = [(s.xreplace(letters), substituted(loops, letters)) for s, loops in statement.terms]
    indices = tuple(index.xreplace(letters) for index in statement.indices)
    return Statement(other.name, indices, substituted(statement.loops, letters), terms)


def substituted(loops: tuple[Loop, ...], letters: dict[Expr, Expr]) -> tuple[Loop, ...]:
    return tuple(tuple(S(part).xreplace(letters) for part in loop) for loop in loops)
