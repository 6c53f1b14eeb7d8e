"""§4.4 for all sizes at once: the index form of each gradient is the derivative of the index form of §4.2, by SymPy.

Both are read from the one text of vanillacnn/index_form.py; nothing of it is retyped.
"""

import ast
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import pytest
from sympy import Integer, Max, Min, Symbol, lambdify, symbols

from reference.formulas.evaluation import sides as sides_of
from reference.formulas.grammar import parse
from reference.formulas.indexed import Sums, derived, entries, is_derivative, within
from reference.formulas.loops import Array, read
from reference.formulas.notation import Argument, formulas
from tests.proofs.notation import P, Q, sides, x_i, x_k, x_s, y_i, y_k, y_s
from tests.suite.traceability import INDEX_SOURCE


class Case(NamedTuple):
    """A gradient of the index form and its forward function, with their arguments, as docs/equations.toml has them."""

    forward: str
    given: tuple[Any, ...]
    operand: Array
    backward: str
    arguments: tuple[Any, ...]  # "D" stands for the cotangent

    def holds(self, source: str) -> bool:
        """Whether the gradient is the derivative of ⟨D, forward⟩ by the operand."""
        forward = read(source, self.forward, *self.given)
        D = Array("D", forward.shape)
        backward = read(source, self.backward, *(D if each == "D" else each for each in self.arguments))
        return is_derivative(forward, D, self.operand, backward, periods(self.operand))


def periods(array: Array) -> tuple[int, ...]:
    """Along each axis: 2 where the side is 2x_s, for pooling reads two entries of it in turn."""
    return tuple(int(side.as_coeff_Mul()[0]) if side.free_symbols else 1 for side in array.shape)


def plain(argument: Argument) -> Any:
    shape = sides(argument)
    return Array(argument.name, shape) if argument.name else shape


@cache
def case(label: str) -> Case:
    gradient = formulas()[label]
    forward = formulas()[gradient.derivative_of]
    left, _ = sides_of(parse(gradient.text))
    of = left.name.removeprefix("Δ")
    given = [plain(argument) for argument in forward.arguments]
    operand = next(x for x, argument in zip(given, forward.arguments, strict=True) if argument.name in (of, f"{of}_q"))
    arguments = ["D" if argument.name.startswith("Δ") else plain(argument) for argument in gradient.arguments]
    return Case(forward.index_function, (*given,), operand, gradient.index_function, (*arguments,))


GRADIENTS = [label for label, each in formulas().items() if "all_sizes" not in each.exempt]
EACH = pytest.mark.parametrize("label", GRADIENTS)


@EACH
def test_is_derivative_of_the_forward_sum_exactly(label: str) -> None:
    assert case(label).holds(INDEX_SOURCE)


@pytest.mark.slow
@EACH
def test_no_bound_and_no_index_may_be_one_more(label: str) -> None:
    mutants = list(one_more(INDEX_SOURCE, case(label).backward))
    assert len(mutants) >= 2
    for line, mutant in mutants:
        assert not case(label).holds(mutant), line


def test_the_bounds_of_eq38_are_the_intersection_of_those_of_i_and_u() -> None:
    """0 ≤ i-u ≤ x_c-1 and 0 ≤ u ≤ x_k-1 are max(0, i-x_c+1) ≤ u ≤ min(x_k-1, i)."""
    forward, S = read(INDEX_SOURCE, case("(38)").forward, *case("(38)").given), case("(38)").operand
    ((entry, given),) = entries(S, (1, 1, 1))
    ((where, _),) = derived(forward, Array("D", forward.shape), S, entry, given).items()
    (_, i, _), (_, x_c, _) = entry, forward.shape
    u = Symbol("u", integer=True)
    expected = within(u, Max(0, i - x_c + 1), Min(x_k - 1, i))
    assert {c for c in where if c.has(u)} == expected
    assert expected == within(i - u, Integer(0), x_c - 1) | within(u, Integer(0), x_k - 1)


def one_more(source: str, function: str) -> Iterator[tuple[str, str]]:
    """Copies of the source in which one index or one bound of the function is greater by one, and the changed line."""
    body = next(node.body for node in ast.parse(source).body if getattr(node, "name", None) == function)
    for node in places(ast.Module(body)):
        lines = source.encode().splitlines(keepends=True)
        line, k, end = lines[node.lineno - 1], node.col_offset, node.end_col_offset
        changed = lines[node.lineno - 1] = line[:k] + b"(" + line[k:end] + b" + 1)" + line[end:]
        yield changed.decode(), b"".join(lines).decode()


def places(body: ast.Module) -> Iterator[ast.expr]:
    """What stands in brackets behind an array, and what range and ndindex are given, but for a whole shape."""
    for node in ast.walk(body):
        match node:
            case ast.Subscript(slice=where):
                yield from where.elts if isinstance(where, ast.Tuple) else [where]
            case ast.Call(ast.Name("range") | ast.Attribute(attr="ndindex"), arguments):
                yield from (bound for bound in arguments if getattr(bound, "attr", None) != "shape")


U = "range(max(0, i - x_c + 1), min(x_k - 1, i) + 1)"
PRINTED = {
    "(14) sums to 3": ("(36)", "for u in range(x_k)", "for u in range(3)"),
    "(16) without its quarter": ("(34)", "= total / 4", "= total"),
    "(27) as in the step before it": ("(27)", "= yhat_s[i] - y[i]", "= 2 * yhat_s[i] - y[i]"),
    "(31) without its transpose": ("(31)", "W[i, m] * dyhat[i]", "W[m, i] * dyhat[i]"),
    "(33) with maps from 1 on": ("(33)", "dv[x_i * y_i * q", "dv[x_i * y_i * (q - 1)"),
    "(34) without its quarter": ("(34)", "j // 2] / 4", "j // 2]"),
    "(36) with i twice": ("(36)", "S[p, u + i, v + j]", "S[p, u + i, v + i]"),
    "(36) with a correlation turned": (
        "(36)",
        "dC[q, i, j]\n        dK",
        "dC[q, x_c - 1 - i, y_c - 1 - j]\n        dK",
    ),
    "(38) without bounds": ("(38)", U, "range(x_k)"),
    "(38) sums to 3": ("(38)", U, "range(3)"),
    "(38) without the upper bound of i - u": ("(38)", U, U.replace("i - x_c + 1", "0")),
    "(38) without the lower bound of i - u": ("(38)", U, "range(max(0, i - x_c + 1), x_k)"),
    "(38) with a kernel turned": ("(38)", "* K[p, q, u, v]\n        dS", "* K[p, q, x_k-1-u, y_k-1-v]\n        dS"),
    "(41) with ΔC_p": ("(36)", "dC[q, i, j]\n        dK", "dC[p, i, j]\n        dK"),
    "ΔI of one map": (
        "ΔI",
        "for q in range(Q):\n            for u",
        "for q in range(1):\n            for u",
    ),
}


@pytest.mark.parametrize(("gradient", "right", "wrong"), PRINTED.values(), ids=PRINTED)
def test_a_misprint_is_rejected(gradient: str, right: str, wrong: str) -> None:
    assert right in INDEX_SOURCE
    assert not case(gradient).holds(INDEX_SOURCE.replace(right, wrong))


@pytest.mark.slow
@pytest.mark.parametrize("forward", sorted({case(label).forward for label in GRADIENTS}))
def test_no_bound_and_no_index_of_a_forward_equation_may_be_one_more(forward: str) -> None:
    """Its derivatives with respect to its operands tell between them: that to K does not know of b."""
    derivatives = [case(label) for label in GRADIENTS if case(label).forward == forward]
    for line, mutant in one_more(INDEX_SOURCE, forward):
        assert not all(each.holds(mutant) for each in derivatives), line


@pytest.mark.parametrize("label", ["(38)", "(34)"])
def test_the_derived_sum_is_the_derivative_at_a_size(label: str) -> None:
    """Where nothing is collapsed: every sum is written out, then differentiated."""
    at_size = {P: 1, Q: 2, x_i: 4, y_i: 3, x_k: 2, y_k: 3, x_s: 2, y_s: 1}
    forward, X = read(INDEX_SOURCE, case(label).forward, *case(label).given), case(label).operand
    D = Array("D", forward.shape)
    letters = [letter for letter, _, _ in forward.loops]
    outputs = product(*(range(last.subs(at_size) + 1) for _, _, last in forward.loops))
    product_of_both = (D[forward.indices] * forward.value).subs(at_size)
    pairing = sum(product_of_both.subs(dict(zip(letters, at, strict=True))).doit() for at in outputs)
    for entry, given in entries(X, periods(X)):
        sums = derived(forward, D, X, entry, given)
        e = [index.free_symbols.pop() for index in entry]
        for at in product(range(2), repeat=len(e)):
            place = dict(zip(e, at, strict=True))
            where = tuple(index.subs(place) for index in entry)
            if all(k < n.subs(at_size) for k, n in zip(where, X.shape, strict=True)):
                assert written_out(sums, at_size | place) == pairing.diff(X[where])


def written_out(sums: Sums, sizes: dict[Symbol, int]) -> Any:
    """Every Σ as the sum of its terms, found by trying all small integers."""
    letters = symbols("q i j u v", integer=True)
    total = 0
    for where, summand in sums.items():
        free = [letter for letter in letters if summand.has(letter) or any(c.has(letter) for c in where)]
        inside = lambdify(free, [c.subs(sizes) for c in where])
        for at in product(range(5), repeat=len(free)):
            if all(c >= 0 for c in inside(*at)):
                total += summand.subs(sizes).subs(dict(zip(free, at, strict=True)))
    return total
