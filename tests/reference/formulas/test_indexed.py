"""Derivatives of indexed sums, against those worked out by hand."""

from typing import Any

import pytest
from sympy import Expr, IndexedBase, KroneckerDelta, Max, Min, S, Sum

from reference.formulas.indexed import (
    at_least_zero,
    collapse,
    counts_through,
    derived,
    entries,
    is_derivative,
    stated,
    terms,
    within,
)
from reference.formulas.loops import Array, Equation, read
from reference.formulas.meaning import symbol
from tests.reference.formulas.by_hand import hand

COUNTED = [  # shape, indices and loops of a result; whether every entry is met once
    ("(n, m)", "(i, j)", "(i, 0, n - 1), (j, 0, m - 1)", True),
    ("(n, m)", "(j, i)", "(i, 0, m - 1), (j, 0, n - 1)", True),
    ("(P * n * m,)", "(n * m * p + m * i + j,)", "(p, 0, P - 1), (i, 0, n - 1), (j, 0, m - 1)", True),
    ("(n * m, P)", "(m * i + j, p)", "(i, 0, n - 1), (p, 0, P - 1), (j, 0, m - 1)", True),
    ("(1,)", "(i,)", "(i, 0, 0),", True),
    ("()", "()", "()", True),
    ("(n,)", "(i + 1,)", "(i, 0, n - 1),", False),
    ("(n,)", "(i - 1,)", "(i, 0, n - 1),", False),
    ("(n,)", "(2 * i,)", "(i, 0, n - 1),", False),
    ("(n + 1,)", "(i,)", "(i, 0, n - 1),", False),
    ("(n - 1,)", "(i,)", "(i, 0, n - 1),", False),
    ("(n, m)", "(i, j)", "(i, 1, n - 1), (j, 0, m - 1)", False),
    ("(n,)", "(i,)", "(i, -1, n - 1),", False),
    ("(n * m,)", "(m * i + j,)", "(j, 0, m - 1), (i, 0, n - 1)", False),
    ("(n * m,)", "(n * i + j,)", "(i, 0, n - 1), (j, 0, m - 1)", False),
    ("(n,)", "(i,)", "(i, 0, n - 1), (j, 0, m - 1)", False),
    ("(n, n)", "(i, i)", "(i, 0, n - 1),", False),
]


@pytest.mark.parametrize(("shape", "indices", "loops", "met"), COUNTED)
def test_loops_count_through_a_result_if_they_meet_each_entry_once(
    shape: str, indices: str, loops: str, met: bool
) -> None:
    spans = tuple((index, S(first), S(last)) for index, first, last in hand(loops))
    result = Array("O", hand(shape))
    assert counts_through(Equation(result.shape, hand(indices), S.Zero, spans)) is met


def test_the_terms_of_a_value_are_its_sums_and_what_stands_outside() -> None:
    i, u, x = map(symbol, "iux")
    value = 2 * (Sum(hand("A[i, u]"), (u, 0, x - 1)) + hand("B[i]") / 2)
    assert {*terms(value)} == {(hand("B[i]"), ()), (hand("2 * A[i, u]"), ((u, 0, x - 1),))}
    assert [*terms(Sum(hand("A[u, i]"), (u, 0, x), (i, 0, 1)))] == [(hand("A[u, i]"), ((u, 0, x), (i, 0, 1)))]


BOUNDS = {  # an expression is at least zero where the other is, at whole numbers
    "i": "i",
    "2 * i - 2 * j + 1": "i - j",
    "3 * i + 6 * j - 4": "i + 2 * j - 2",
    "4 * i - 2": "i - 1",
    "4 * i - 4 * j - 2": "i - j - 1",
    "3 - 2 * i": "1 - i",
    "2 * (i + 3) - 3 * j": "2 * i - 3 * j + 6",
}


@pytest.mark.parametrize(("c", "expected"), BOUNDS.items())
def test_a_bound_has_no_common_factor(c: str, expected: str) -> None:
    assert at_least_zero(hand(c)) == hand(expected)


def test_a_bound_may_be_a_number() -> None:
    assert [at_least_zero(S(c)) for c in (-5, 0, 5)] == [-5, 0, 5]


def test_a_range_is_a_bound_at_either_end_or_several() -> None:
    i, j, n = map(symbol, "ijn")
    assert within(i, S(1), n) == {i - 1, n - i}
    assert within(i - j, S.Zero, n - 1) == {i - j, n - 1 - i + j}
    assert within(i, Max(0, j - n), Min(n, j, 5)) == {i, i - j + n, n - i, j - i, 5 - i}


def δ(one: str, other: str) -> Expr:
    return KroneckerDelta(hand(one), hand(other))


COLLAPSED = [  # a product with deltas, its loops; where it is summed, and what
    (δ("i + u", "e") * hand("A[i]"), "(i, 0, n - 1), (u, 0, m - 1)", "e - u, n - 1 - e + u, u, m - 1 - u", "A[e - u]"),
    (δ("u", "e") * hand("A[i + u]"), "(i, 0, n - 1), (u, 0, m - 1)", "i, n - 1 - i, e, m - 1 - e", "A[e + i]"),
    (δ("a", "i") * hand("A[i]"), "(i, 0, n),", "a, n - a", "A[a]"),
    (δ("i", "z") * hand("A[i]"), "(i, 0, n),", "z, n - z", "A[z]"),
    (δ("i - u", "e") * hand("A[u]"), "(u, 0, n),", "i - e, n - i + e", "A[i - e]"),
    (δ("2 * i", "e") * hand("A[i]"), "(i, 0, n),", "i, n - i", None),
    # In (34) opposite bounds determine i.
    (δ("2 * i + u", "2 * e + 1") * hand("A[i]"), "(i, 0, n - 1), (u, 0, 1)", "e, n - 1 - e", "A[e]"),
    (hand("A[i]"), "(i, e, e),", "()", "A[e]"),
    (hand("A[i]"), "(i, 3, 3),", "()", "A[3]"),
    (hand("A[i] * (A[j] + B[j])"), "(i, 0, n),", "i, n - i", "A[i] * A[j] + A[i] * B[j]"),
    (hand("A[i]"), "(i, 0, 1), (j, 0, 1)", "i, 1 - i, j, 1 - j", "A[i]"),
]  # fmt: skip


@pytest.mark.parametrize(("summand", "loops", "where", "expected"), COLLAPSED)
def test_a_delta_determines_the_outermost_index(summand: Any, loops: str, where: str, expected: str | None) -> None:
    spans = tuple((index, S(first), S(last)) for index, first, last in hand(loops))
    found = collapse(summand, spans)
    whole = hand(where)
    assert found == (frozenset(whole), summand if expected is None else hand(expected))


def test_which_delta_and_which_bound_comes_first_does_not_depend_on_the_order_of_a_set() -> None:
    """The first in alphabetical order."""
    for n in range(4):
        i, letters = symbol(f"z{n}"), [symbol(f"{letter}{n}") for letter in "abcdefgh"]
        product = IndexedBase("A")[i]
        for letter in letters:
            product *= KroneckerDelta(letter, i)
        _, summand = collapse(product, ((i, S.Zero, symbol("n")),))
        assert summand.has(IndexedBase("A")[letters[0]])
        _, summand = collapse(IndexedBase("A")[i], ((i, Max(*letters), Min(*letters)),))
        assert summand == IndexedBase("A")[letters[0]]


def function(body: str, *arguments: Any) -> Equation:
    names = ", ".join(str(argument.symbol) for argument in arguments if isinstance(argument, Array))
    return read(f"def f({names}):{body}", "f", *arguments)


n, m = symbol("n"), symbol("m")
A, K, L, D = Array("A", n + m - 1), Array("K", m), Array("L", m), Array("D", n)
FORWARD = """
    O = np.empty(A.size - K.size + 1, A.dtype)
    for i in range(A.size - K.size + 1):
        total = 0
        for u in range(K.size):
            total += A[i + u] * K[u]
        O[i] = total + L[0]
    return O
"""
BACKWARD = """
    dK = np.empty(A.size - D.size + 1, A.dtype)
    for u in range(A.size - D.size + 1):
        total = 0
        for i in range(D.size):
            total += A[u + i] * D[i]
        dK[u] = total
    return dK
"""
forward, backward = function(FORWARD, A, K, L), function(BACKWARD, A, D)
E0 = symbol("e_0")
GIVEN = {E0, m - 1 - E0}


def test_the_derivative_of_a_correlation_to_its_kernel_is_a_correlation() -> None:
    """Σ_i A(e+i) D(i), over 0 ≤ i ≤ n-1."""
    i = symbol("i")
    expected = {frozenset({i, n - 1 - i}): hand("A[i + e_0] * D[i]")}
    assert derived(forward, D, K, (E0,), GIVEN) == expected
    assert stated(backward, (E0,)) == expected
    unbounded = {frozenset({i, n - 1 - i, *GIVEN}): hand("A[i + e_0] * D[i]")}
    assert derived(forward, D, K, (E0,), set()) == unbounded


def test_slopes_over_one_region_are_added_and_those_that_are_zero_are_left_out() -> None:
    i, u = symbol("i"), symbol("u")
    each = (i, S.Zero, n - 1)
    twice = Sum(hand("B[i] * K[u]"), (u, 0, m)) + Sum(hand("B[i] * L[u] * L[u]"), (u, 0, m)) + hand("C[i]")
    equation = Equation((n,), (i,), twice, (each,))
    given = {E0, n - 1 - E0}
    expected = {frozenset({u, m - u}): hand("D[e_0] * K[u] + D[e_0] * L[u] * L[u]")}
    assert derived(equation, D, Array("B", n), (E0,), given) == expected
    backward = Equation((n,), (i,), twice - hand("C[i]"), (each,))
    assert stated(backward, (E0,)) == {frozenset({u, m - u}): hand("B[e_0] * K[u] + B[e_0] * L[u] * L[u]")}


def test_a_number_is_differentiated_without_a_cotangent() -> None:
    """Of Σ B(i) - 3 the slope is 1 everywhere, of Σ -B(i) it is -1."""
    i = symbol("i")
    for sign in (1, -1):
        loss = Equation((), (), Sum(sign * hand("B[i]"), (i, 0, n - 1)) - 3, ())
        assert derived(loss, D, Array("B", n), (E0,), {E0, n - 1 - E0}) == {frozenset(): sign}


def test_the_entries_of_an_operand_are_those_of_each_remainder() -> None:
    x, y, e_0, e_1 = map(symbol, ("x", "y", "e_0", "e_1"))
    given = {e_0, x - 1 - e_0, e_1, y - 1 - e_1}
    assert [*entries(Array("A", (2 * x, y)), (2, 1))] == [((2 * e_0, e_1), given), ((2 * e_0 + 1, e_1), given)]
    assert [*entries(Array("A", (x, y)), (1, 1))] == [((e_0, e_1), given)]


def test_the_gradient_of_a_correlation_is_its_derivative() -> None:
    assert is_derivative(forward, D, K, backward, (1,))


WRONG = {
    "another summand": (FORWARD, BACKWARD.replace("A[u + i]", "A[u]")),
    "twice": (FORWARD, BACKWARD.replace("= total", "= 2 * total")),
    "one term less": (FORWARD, BACKWARD.replace("range(D.size)", "range(D.size - 1)")),
    "a result that is longer": (FORWARD, BACKWARD.replace("np.empty(A.size - D.size + 1", "np.empty(A.size")),
    "a result of another rank": (FORWARD, BACKWARD.replace("(A.size - D.size + 1,", "((A.size, 1),")),
    "an entry that is not met": (FORWARD, BACKWARD.replace("for u in range(A.size - D.size + 1)", "for u in range(2)")),
    "a forward entry that is not met": (FORWARD.replace("np.empty(A.size - K.size + 1", "np.empty(A.size"), BACKWARD),
}


@pytest.mark.parametrize(("right", "wrong"), WRONG.values(), ids=WRONG)
def test_what_is_no_derivative_is_told(right: str, wrong: str) -> None:
    assert not is_derivative(function(right, A, K, L), D, K, function(wrong, A, D), (1,))


def test_a_gradient_of_another_shape_is_no_derivative() -> None:
    assert not is_derivative(forward, D, Array("K", (m, m)), backward, (1, 1))


POOLED = """
    O = np.empty(D.size, D.dtype)
    for i in range(D.size):
        total = 0
        for u in range(2):
            total += (1 + 2 * u) * B[2 * i + u]
        O[i] = total / 4
    return O
"""
UNPOOLED = """
    dB = np.empty(2 * D.size, D.dtype)
    for i in range(2 * D.size):
        dB[i] = {} * D[i // 2] / 4
    return dB
"""


@pytest.mark.parametrize(("factor", "right"), [("(1 + 2 * (i - 2 * (i // 2)))", True), ("1", False), ("3", False)])
def test_a_gradient_is_right_at_every_remainder_or_it_is_wrong(factor: str, right: bool) -> None:
    """An even entry of B has the slope ¼, an odd one ¾."""
    B = Array("B", 2 * n)
    pooled, unpooled = function(POOLED, B, D), function(UNPOOLED.format(factor), D)
    assert is_derivative(pooled, D, B, unpooled, (2,)) is right
