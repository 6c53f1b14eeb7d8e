"""All sizes at once: the derivative of one indexed sum against another, in SymPy.

Sizes stay symbols. Differentiating ⟨D, forward⟩ with respect to one entry of an operand leaves Kronecker
deltas. Each removes one index, whose bounds pass on to what replaces it. What comes out must be what the backward
equation states: the same summand over the same indices. SymPy is trusted: its derivative of an indexed symbol, and its
arithmetic of linear expressions.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache, reduce
from itertools import product
from math import prod

from sympy import Add, Expr, KroneckerDelta, Max, Min, S, Sum, Symbol, expand, floor, gcd  # type: ignore[import-untyped]

from reference.formulas.loops import Array, Equation, Loop

Term = tuple[Expr, tuple[Loop, ...]]  # a summand, and the loops that it is summed over
Sums = dict[frozenset[Expr], Expr]  # what is summed, by where: at all integers for which none of these is negative


def counts_through(equation: Equation) -> bool:
    """Whether the loops meet every entry of the result once: each index counts as nested loops do."""
    met: list[Loop] = []
    for index, n in zip(equation.indices, equation.shape, strict=True):
        own = [loop for loop in equation.loops if index.has(loop[0])]
        number: Expr = reduce(lambda k, loop: k * (loop[2] + 1) + loop[0], own, S.Zero)
        if expand(number) != expand(index) or expand(prod(last + 1 for _, _, last in own)) != expand(n):
            return False
        met += own
    return sorted(met, key=str) == sorted(equation.loops, key=str) and all(first == 0 for _, first, _ in met)


def terms(value: Expr) -> Iterator[Term]:
    """Every Σ of a value; what stands outside is a term without loops."""
    for term in Add.make_args(expand(value)):
        sums = term.atoms(Sum)
        yield from ((term.xreplace({whole: whole.function}), tuple(map(tuple, whole.limits))) for whole in sums)
        if not sums:
            yield term, ()


@cache
def at_least_zero(c: Expr) -> Expr:
    """c ≥ 0 over the integers, without a common factor of its coefficients: 2a - 2i + 1 ≥ 0 is a - i ≥ 0."""
    coefficients = dict(expand(c).as_coefficients_dict())
    constant = coefficients.pop(S.One, S.Zero)
    factor = abs(gcd(list(coefficients.values()))) if coefficients else S.One
    return Add(*(k / factor * s for s, k in coefficients.items()), floor(constant / factor))


def within(index: Expr, first: Expr, last: Expr) -> set[Expr]:
    """first ≤ index ≤ last. A maximum is several first ones, a minimum several last ones."""
    firsts = first.args if isinstance(first, Max) else [first]
    lasts = last.args if isinstance(last, Min) else [last]
    return {at_least_zero(index - k) for k in firsts} | {at_least_zero(k - index) for k in lasts}


def collapse(summand: Expr, loops: tuple[Loop, ...]) -> tuple[frozenset[Expr], Expr]:
    """Where a product of deltas is summed, and what: δ(a, b) is solved for the outermost index that it determines.

    In (38), δ(i+u, e) turns i into e - u, and 0 ≤ i ≤ x_c - 1 into two more bounds of u. In (34), δ(2i+u, 2e+r) turns u
    into 2e + r - 2i, and 0 ≤ u ≤ 1 into e ≤ i ≤ e: opposite bounds, which determine i.
    """
    where = {c for loop in loops for c in within(*loop)}

    def solutions() -> Iterator[tuple[Symbol, Expr]]:
        deltas = [delta.args[0] - delta.args[1] for delta in sorted(summand.atoms(KroneckerDelta), key=str)]
        opposite = [c for c in sorted(where, key=str) if at_least_zero(-c) in where]
        for zero, (index, _, _) in product([*deltas, *opposite], loops):
            if abs(zero.coeff(index)) == 1:
                yield index, expand(index - zero.coeff(index) * zero)

    while solution := next(solutions(), None):
        summand = summand.subs(*solution)
        where = {at_least_zero(c.subs(*solution)) for c in where}
    return frozenset(c for c in where if not c.is_nonnegative), expand(summand)


def derived(forward: Equation, D: Array, operand: Array, entry: tuple[Expr, ...], given: set[Expr]) -> Sums:
    """∂⟨D, forward⟩/∂operand[entry], by SymPy. What holds for every entry is left out of the bounds."""
    sums: Sums = defaultdict(lambda: S.Zero)
    cotangent = D[forward.indices] if forward.indices else S.One
    for summand, loops in terms(forward.value):
        for slope in Add.make_args(expand((cotangent * summand).diff(operand[entry]))):
            where, collapsed = collapse(slope, (*forward.loops, *loops))
            sums[where - given] += collapsed
    return {where: summand for where, summand in sums.items() if summand != 0}


def stated(backward: Equation, entry: tuple[Expr, ...]) -> Sums:
    """What the backward equation says of the same entry."""
    sums: Sums = defaultdict(lambda: S.Zero)
    for summand, loops in terms(backward.value.subs(dict(zip(backward.indices, entry, strict=True)))):
        sums[frozenset(c for loop in loops for c in within(*loop))] += expand(summand)
    return dict(sums)


def entries(operand: Array, periods: tuple[int, ...]) -> Iterator[tuple[tuple[Expr, ...], set[Expr]]]:
    """The entries of an operand, and what holds for them. Along an axis of period 2 the index is 2e or 2e + 1."""
    letters = [Symbol(f"e_{axis}", integer=True) for axis in range(len(operand.shape))]
    for remainders in product(*map(range, periods)):
        entry = tuple(k * e + r for k, e, r in zip(periods, letters, remainders, strict=True))
        yield entry, set().union(*(within(e, S.Zero, n - 1) for e, n in zip(entry, operand.shape, strict=True)))


def is_derivative(forward: Equation, D: Array, operand: Array, backward: Equation, periods: tuple[int, ...]) -> bool:
    """Whether the backward equation is ∂⟨D, forward⟩/∂operand: in its shape, and entry by entry."""
    if backward.shape != operand.shape or not (counts_through(forward) and counts_through(backward)):
        return False
    return all(derived(forward, D, operand, *e) == stated(backward, e[0]) for e in entries(operand, periods))
