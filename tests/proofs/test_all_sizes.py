"""§4.4 for all sizes at once: the index form of each gradient is the derivative of the index form of §4.2, by SymPy.

Both are read from the one text of vanillacnn/index_form.py; nothing of it is retyped.
"""

import ast
from collections.abc import Iterator
from itertools import product
from typing import Any, ClassVar

import pytest
from sympy import Integer, Max, Min, Symbol, lambdify, symbols

from reference.formulas.indexed import Sums, derived, entries, is_derivative, within
from reference.formulas.loops import Array, read
from tests.suite.traceability import INDEX_SOURCE

P, Q, x_i, y_i, x_k, y_k, x_s, y_s, Y, M = symbols("P Q x_i y_i x_k y_k x_s y_s Y M", integer=True)
S, I, S_q = Array("S", (P, x_i, y_i)), Array("S", (1, x_i, y_i)), Array("S", (x_s, y_s))
K, K_1, b_q = Array("K", (P, Q, x_k, y_k)), Array("K", (1, Q, x_k, y_k)), Array("b", Q)
C_s, S_pooled = Array("C_s", (Q, 2 * x_s, 2 * y_s)), Array("S", (Q, x_s, y_s))  # (16) refuses odd sides
W, v, b, yhat_s, y = Array("W", (Y, M)), Array("v", M), Array("b", Y), Array("yhat_s", Y), Array("y", Y)


class Derivative:
    """To be inherited: `backward` is the derivative of ⟨D, forward⟩ with respect to `operand`."""

    forward: ClassVar[tuple[Any, ...]]  # a function of the index form and its arguments
    operand: ClassVar[Array]
    backward: ClassVar[tuple[Any, ...]]  # likewise; "D" stands for the cotangent
    periods: ClassVar[tuple[int, ...]] = ()  # along the axes of the operand, where they are not 1

    @classmethod
    def holds(cls, source: str) -> bool:
        forward = read(source, *cls.forward)
        D = Array("D", forward.shape)
        backward = read(source, *(D if argument == "D" else argument for argument in cls.backward))
        return is_derivative(forward, D, cls.operand, backward, cls.periods or (1,) * len(cls.operand.shape))

    def test_is_derivative_of_the_forward_sum_exactly(self) -> None:
        assert self.holds(INDEX_SOURCE)

    def test_no_bound_and_no_index_may_be_one_more(self) -> None:
        mutants = list(one_more(INDEX_SOURCE, self.backward[0]))
        assert len(mutants) >= 2
        for line, mutant in mutants:
            assert not self.holds(mutant), line


class TestEq36(Derivative):
    forward, operand, backward = ("conv_forward", S, K, b_q), K, ("kernel_gradient", S, "D")


class TestEq41(Derivative):
    forward, operand, backward = ("conv_forward", I, K_1, b_q), K_1, ("kernel_gradient", I, "D")


class TestEq37Eq42(Derivative):
    forward, operand, backward = ("conv_forward", S, K, b_q), b_q, ("conv_bias_gradient", "D")


class TestEq38(Derivative):
    forward, operand, backward = ("conv_forward", S, K, b_q), S, ("conv_input_gradient", "D", K)

    def test_its_bounds_are_the_intersection_of_those_of_i_and_u(self) -> None:
        """0 ≤ i-u ≤ x_c-1 and 0 ≤ u ≤ x_k-1 are max(0, i-x_c+1) ≤ u ≤ min(x_k-1, i)."""
        forward = read(INDEX_SOURCE, *self.forward)
        ((entry, given),) = entries(S, (1, 1, 1))
        ((where, _),) = derived(forward, Array("D", forward.shape), S, entry, given).items()
        (_, i, _), (_, x_c, _) = entry, forward.shape
        u = Symbol("u", integer=True)
        expected = within(u, Max(0, i - x_c + 1), Min(x_k - 1, i))
        assert {c for c in where if c.has(u)} == expected
        assert expected == within(i - u, Integer(0), x_c - 1) | within(u, Integer(0), x_k - 1)


class TestDeltaI(Derivative):
    forward, operand, backward = ("conv_forward", I, K_1, b_q), I, ("conv_input_gradient", "D", K_1)


class TestEq34Eq39(Derivative):
    forward, operand, backward, periods = ("mean_pool", C_s), C_s, ("mean_pool_gradient", "D"), (1, 2, 2)


class TestEq32(Derivative):
    forward, operand, backward = ("vectorize_map", S_q), S_q, ("unvectorize_map", "D", S_q.shape)


class TestEq33(Derivative):
    forward, operand, backward = ("vectorize", S_pooled), S_pooled, ("unvectorize", "D", S_pooled.shape)


class TestEq29(Derivative):
    forward, operand, backward = ("dense_forward", W, v, b), W, ("weight_gradient", "D", v)


class TestEq30(Derivative):
    forward, operand, backward = ("dense_forward", W, v, b), b, ("dense_bias_gradient", "D")


class TestEq31(Derivative):
    forward, operand, backward = ("dense_forward", W, v, b), v, ("dense_input_gradient", W, "D")


class TestEq27(Derivative):
    forward, operand = ("squared_error", yhat_s, y), yhat_s
    backward = ("squared_error_gradient", yhat_s, y)


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
    "(14) sums to 3": (TestEq36, "for u in range(x_k)", "for u in range(3)"),
    "(16) without its quarter": (TestEq34Eq39, "= total / 4", "= total"),
    "(27) as in the step before it": (TestEq27, "= yhat_s[i] - y[i]", "= 2 * yhat_s[i] - y[i]"),
    "(31) without its transpose": (TestEq31, "W[i, m] * dyhat[i]", "W[m, i] * dyhat[i]"),
    "(33) with maps from 1 on": (TestEq33, "dv[x_i * y_i * q", "dv[x_i * y_i * (q - 1)"),
    "(34) without its quarter": (TestEq34Eq39, "j // 2] / 4", "j // 2]"),
    "(36) with i twice": (TestEq36, "S[p, u + i, v + j]", "S[p, u + i, v + i]"),
    "(36) with a correlation turned": (
        TestEq36,
        "dC[q, i, j]\n        dK",
        "dC[q, x_c - 1 - i, y_c - 1 - j]\n        dK",
    ),
    "(38) without bounds": (TestEq38, U, "range(x_k)"),
    "(38) sums to 3": (TestEq38, U, "range(3)"),
    "(38) without the upper bound of i - u": (TestEq38, U, U.replace("i - x_c + 1", "0")),
    "(38) without the lower bound of i - u": (TestEq38, U, "range(max(0, i - x_c + 1), x_k)"),
    "(38) with a kernel turned": (TestEq38, "* K[p, q, u, v]\n        dS", "* K[p, q, x_k-1-u, y_k-1-v]\n        dS"),
    "(41) with ΔC_p": (TestEq36, "dC[q, i, j]\n        dK", "dC[p, i, j]\n        dK"),
    "ΔI of one map": (
        TestDeltaI,
        "for q in range(Q):\n            for u",
        "for q in range(1):\n            for u",
    ),
}


@pytest.mark.parametrize(("equation", "right", "wrong"), PRINTED.values(), ids=PRINTED)
def test_a_misprint_is_rejected(equation: type[Derivative], right: str, wrong: str) -> None:
    assert right in INDEX_SOURCE
    assert not equation.holds(INDEX_SOURCE.replace(right, wrong))


@pytest.mark.parametrize("forward", sorted({equation.forward[0] for equation in Derivative.__subclasses__()}))
def test_no_bound_and_no_index_of_a_forward_equation_may_be_one_more(forward: str) -> None:
    """Its derivatives with respect to its operands tell between them: that to K does not know of b."""
    derivatives = [equation for equation in Derivative.__subclasses__() if equation.forward[0] == forward]
    for line, mutant in one_more(INDEX_SOURCE, forward):
        assert not all(equation.holds(mutant) for equation in derivatives), line


@pytest.mark.parametrize("equation", [TestEq38, TestEq34Eq39])
def test_the_derived_sum_is_the_derivative_at_a_size(equation: type[Derivative]) -> None:
    """Where nothing is collapsed: every sum is written out, then differentiated."""
    sizes = {P: 1, Q: 2, x_i: 4, y_i: 3, x_k: 2, y_k: 3, x_s: 2, y_s: 1}
    forward, X = read(INDEX_SOURCE, *equation.forward), equation.operand
    D = Array("D", forward.shape)
    letters = [letter for letter, _, _ in forward.loops]
    outputs = product(*(range(last.subs(sizes) + 1) for _, _, last in forward.loops))
    product_of_both = (D[forward.indices] * forward.value).subs(sizes)
    pairing = sum(product_of_both.subs(dict(zip(letters, at, strict=True))).doit() for at in outputs)
    for entry, given in entries(X, equation.periods or (1,) * len(X.shape)):
        sums = derived(forward, D, X, entry, given)
        e = [index.free_symbols.pop() for index in entry]
        for at in product(range(2), repeat=len(e)):
            place = dict(zip(e, at, strict=True))
            where = tuple(index.subs(place) for index in entry)
            if all(k < n.subs(sizes) for k, n in zip(where, X.shape, strict=True)):
                assert written_out(sums, sizes | place) == pairing.diff(X[where])


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
