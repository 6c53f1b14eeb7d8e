"""Formulas with a logarithm, a maximum or a condition, written out at one size: what they say of each entry.

Where the functions are smooth the entries are symbols, and SymPy differentiates. Where a formula compares entries they
are fractions in general position: what is linear in pieces has its difference quotient for a derivative, exactly, as
long as the step is shorter than the gap to the next piece.
"""

from collections.abc import Callable
from contextlib import ExitStack
from fractions import Fraction
from inspect import unwrap
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import sympy

from reference.formulas.evaluation import evaluate, places, sides
from reference.formulas.grammar import parse
from reference.formulas.notation import Argument, formulas
from reference.formulas.tree import Cell, Node
from tests.suite.compare import Mismatch
from tests.suite.traceability import INDEX_FORM, INDEX_MODULES

Sizes = dict[str, int]
Arrays = dict[str, np.ndarray]
Entries = dict[tuple[int, ...], Any]


# What is no sum beyond the paper, and the gradients of it. Entries of layers are compared, so they are numbers.
NO_SUM = [label for label, each in formulas().items() if label[1] in "HL" and each.arrays and "sums" in each.exempt]
LABELS = [label for label, each in formulas().items() if label in NO_SUM or each.derivative_of in NO_SUM]
COMPARED = [label for label in LABELS if label[1] == "L"]
GRADIENTS = [label for label in LABELS if formulas()[label].derivative_of]
HEADS = [{"Y": n} for n in (1, 2, 3)]
LAYERS = [{"Q": q, "x_s": x, "y_s": y, "x_c": 2 * x, "y_c": 2 * y} for q, x, y in [(1, 1, 1), (3, 2, 1), (2, 2, 3)]]
M = sympy.Symbol("m", real=True)  # the greatest of the classes, of which it need not be known which that is
SHIFTED = ("(H1)", "(H2)")
SYMBOLIC = {"e^": sympy.exp, "log": sympy.log, "max": sympy.Max}
ACTIVATIONS: dict[str, Callable[[np.ndarray, int], Any]] = {  # in terms of the classes
    "s": lambda x, i: sympy.exp(x[i]) / sum(map(sympy.exp, x)),
    "ŷ_σ": lambda x, i: 1 / (1 + sympy.exp(-x[i])),
}


def sizes(label: str) -> list[Sizes]:
    return LAYERS if label in COMPARED else HEADS


def by(label: str) -> str:
    """The array that a forward formula is differentiated with respect to."""
    return formulas()[label].arguments[0].name


def arrays(label: str, size: Sizes) -> Arrays:
    return {argument.name: array(label, argument, size) for argument in formulas()[label].arguments}


def array(label: str, argument: Argument, size: Sizes) -> np.ndarray:
    """Fractions, no two of them equal and none zero; or symbols, positive and negative in turn, because of |x|."""
    name, shape = argument.name, tuple(evaluate(side, size, {}) for side in argument.sides or ())
    out = np.empty(shape, object)
    for n, at in enumerate(np.ndindex(shape)):
        sign = {"positive": True} if n % 2 or name == "ŷ_σ" else {"negative": True}
        shuffled = Fraction(2 * ((37 * n + 17 * len(name)) % 101) - 101, 16)
        out[at] = shuffled if label in COMPARED else sympy.Symbol(f"{name}_{n}", **sign)
    return out


def stated(label: str, size: Sizes, given: Arrays, tree: Node | None = None) -> Entries:
    """What the last side of a formula, or of another tree, says of each entry."""
    formula = formulas()[label]
    last = sides(tree or parse(formula.text))[1][-1]
    known: dict[str, Any] = {**size, **given, "m": M, "N": 1}
    functions = {} if label in COMPARED else SYMBOLIC
    return {at: evaluate(last, {**known, **letters}, functions) for at, letters in places(formula, known)}


def computed(label: str, given: Arrays) -> Entries:
    """What the function of the index form makes of the entries. The greatest of symbols is called m, where it is."""
    function = unwrap(getattr(INDEX_FORM, formulas()[label].index_function))
    with ExitStack() as stack:
        if label not in COMPARED:
            greatest = (lambda *_: M) if label in SHIFTED else sympy.Max
            symbolic = {"math": SimpleNamespace(exp=sympy.exp, log=sympy.log), "max": greatest}
            for module in INDEX_MODULES:
                stack.enter_context(mock.patch.multiple(module, create=True, **symbolic))
        result = np.asarray(function(*given.values()), object)
    return {at: result[at] for at in np.ndindex(result.shape)}


def equal(one: Entries, other: Entries) -> bool:
    return one.keys() == other.keys() and all(is_zero(one[at] - other[at]) for at in one)


def hold(one: Entries, other: Entries, where: str) -> None:
    """Raises: Mismatch with the first entry that differs, both sides of it and their difference."""
    if not equal(one, other):
        places = [at for at in one.keys() | other.keys() if not equal({0: one.get(at, 0)}, {0: other.get(at, 0)})]
        at = min(places, default=())
        seen = {"formula": one.get(at), "other": other.get(at)}
        raise Mismatch(f"{where}: the entry {at} differs", {}, **seen)


def is_zero(value: Any) -> bool:
    """Symbols are replaced by x = log(e): exponentials become e, and all but the logarithms is rational in them."""
    if isinstance(value, int | Fraction):
        return value == 0
    positive = {x: sympy.log(sympy.Symbol(f"e^{x}", positive=True)) for x in value.free_symbols if x.name[0] in "ŷm"}
    rational = value.subs(positive).replace(
        sympy.log, lambda x: sympy.expand_log(sympy.log(sympy.factor(x)), force=True)
    )
    return sympy.cancel(rational) == 0


def is_derivative(label: str, size: Sizes, tree: Node | None = None) -> bool:
    """Whether the formula, or another tree, is the derivative of its forward formula."""
    forward, given = formulas()[label].derivative_of, arrays(label, size)
    argument = formulas()[forward].arguments[0]
    x = given.get(argument.name, array(forward, argument, size))
    after = stated(label, size, given, tree)
    if argument.name not in given:  # s or ŷ_σ, written out
        entries = {name: given[name] for name in ACTIVATIONS if name in given}
        known = {entry: ACTIVATIONS[name](x, i) for name, array in entries.items() for i, entry in enumerate(array)}
        after = {at: sympy.S(value).subs(known) for at, value in after.items()}
    return equal(after, derivative(forward, size, {**given, argument.name: x}))


def derivative(label: str, size: Sizes, given: Arrays) -> Entries:
    """Σ Δ(o) ∂forward(o)/∂x over the entries o, for each entry of x; of a loss, Δ is 1."""
    left = sides(parse(formulas()[label].text))[0]
    assert isinstance(left, Cell)
    cotangent = given.get(f"Δ{left.name}")
    known = {argument.name: given[argument.name] for argument in formulas()[label].arguments}
    found = {}
    for at in np.ndindex(known[by(label)].shape):
        slopes = slope(label, size, known, at)
        found[at] = sum(value * (1 if cotangent is None else cotangent[o]) for o, value in slopes.items())
    return found


def slope(label: str, size: Sizes, given: Arrays, at: tuple[int, ...]) -> Entries:
    """The derivative of every entry with respect to one."""
    before, x = stated(label, size, given), given[by(label)]
    if label not in COMPARED:
        return {o: value.diff(x[at]) for o, value in before.items()}
    step, moved = Fraction(1, 100), x.copy()
    moved[at] += step
    after = stated(label, size, given | {by(label): moved})
    return {o: (after[o] - before[o]) / step for o in before}
