"""Statements and what is summed where, against those written down by hand."""

import re
from textwrap import dedent
from typing import Any

import pytest
from sympy import Dummy, IndexedBase, Integer, S

from reference.formulas.grammar import parse
from reference.formulas.loops import Array
from reference.formulas.meaning import symbol
from reference.formulas.notation import Formula
from reference.formulas.sums import (
    Statement,
    bound,
    content,
    in_letters_of,
    is_whole,
    loop,
    meaning,
    place,
    read,
    statement_of,
    with_named_indices,
)
from reference.formulas.tree import Name
from tests.reference.formulas.by_hand import hand, terms_of, written_out

STATEMENTS = [  # a formula and the ranges of its letters; the array, its indices, and what its entry is at M=2, x_k=1
    ("C_q(i,j) = Σ_{u=0}^{1} S_q(i+u,j)", "q < Q, i < x_c, j < y_c", "C", "q, i, j", "S[q, i, j] + S[q, i + 1, j]"),
    ("ŷ(i) = 1 = 2 = b(i)", "i < Y", "ŷ", "i,", "b[i]"),
    ("ŷ = W v + b", "i < Y", "ŷ", "i,", "W[i, 0] * V[0] + W[i, 1] * V[1] + b[i]"),
    ("C_q = I ⋆ K_{0,q}", "q < Q, i < x_c, j < y_c", "C", "q, i, j", "I[i, j] * K[q, 0, 0]"),
    ("(I ⋆ K)(i,j) = I(j,i)", "i < x_c, j < y_c", "⋆", "i, j", "I[j, i]"),
    ("I ⋆ K = I", "i < x_c, j < y_c", "⋆", "i, j", "I[i, j]"),
    ("v(y_s i + j) = y(j)", "i < x_s, j < y_s", "v", "y_s * i + j,", "y[j]"),
    ("θ ← N θ", "", "θ", "()", "N * θ"),
    ("W(i,j) ~ α", "i < Y, j < M", "W", "i, j", "α"),
    ("L = ½ M", "", "L", "()", "1"),
]


@pytest.mark.parametrize(("text", "ranges", "name", "indices", "value"), STATEMENTS, ids=lambda part: part[:24])
def test_a_formula_is_a_statement_about_each_entry(text: str, ranges: str, name: str, indices: str, value: str) -> None:
    said = statement_of(Formula(text=text, ranges=ranges))
    assert (said.name, said.indices) == (name, hand(indices))
    assert said.loops == tuple(loop(part) for part in ranges.split(", ") if part)
    assert written_out(said.terms, "M=2, x_k=1, y_k=1") == hand(value)


OTHERS = [  # what another tree says of the entries of a formula, in the letters of the formula
    ("v(y_s i + j) = 1", "i < x_s, j < y_s", "v(k) = α k", "y_s * i + j,", "α * y_s * i + α * j"),
    ("ŷ = 1", "i < Y", "ŷ(k) = N b(k)", "i,", "b[i]"),
    ("C_q(i,j) = 1", "q < Q, i < x_c, j < y_c", "C_p(i,j) = S_p(j,i)", "q, i, j", "S[q, j, i]"),
]


@pytest.mark.parametrize(("text", "ranges", "other", "indices", "value"), OTHERS, ids=lambda part: part[:24])
def test_of_one_sample_a_statement_may_have_letters_of_its_own(
    text: str, ranges: str, other: str, indices: str, value: str
) -> None:
    said = statement_of(Formula(text=text, ranges=ranges), parse(other), sample=True)
    assert (said.indices, written_out(said.terms)) == (hand(indices), hand(value))


def test_otherwise_the_letters_are_those_of_the_formula() -> None:
    said = statement_of(Formula(text="v(i) = 1", ranges="i < M"), parse("v(k) = N k"))
    assert (said.indices, written_out(said.terms)) == hand("(k,), N * k")


SIDES = {  # alone, not of a relation
    "b(i)": ("b", "i,", "b[i]"),
    "2 b(i)": ("·", "i,", "2 * b[i]"),
    "2": ("", "i,", "2"),
}


@pytest.mark.parametrize(("text", "said"), SIDES.items())
def test_what_is_no_relation_is_a_right_side(text: str, said: Any) -> None:
    found = statement_of(Formula(text="α = 1", ranges="i < Y"), parse(text))
    assert (found.name, found.indices, written_out(found.terms)) == (said[0], *map(hand, said[1:]))


def test_a_range_is_a_loop_from_0_on() -> None:
    assert loop("u < x_k") == hand("u, 0, x_k - 1")
    assert loop("i < x_i+2(x_k-1)") == hand("i, 0, x_i + 2 * x_k - 3")
    for text in ("u", "u ≤ x_k", "u + 1"):
        said = re.escape(f"expected a range such as u < x_k, got {text!r}")
        with pytest.raises(ValueError, match=f"^{said}$"):
            loop(text)


PLACES = {
    "ΔK_{0,p}(u,v) = b(i) = 2": ("ΔK", "p u v", False),
    "(I ⋆ K)(i,j) = b": ("⋆", "i j", False),
    "b(i)": ("b", "i", False),
    "ŷ = b(i)": ("ŷ", "", True),
    "ŷ ← b(i) = 2": ("ŷ", "", True),
    "I ⋆ K = b(i) = b": ("⋆", "", True),
    "b(i) + α": ("+", "", True),
    "ŷ": ("ŷ", "", True),
    "2": ("", "", True),
}


@pytest.mark.parametrize(("text", "said"), PLACES.items())
def test_on_the_left_stands_an_entry_or_a_whole_array(text: str, said: tuple[str, str, bool]) -> None:
    name, letters, whole = said
    assert place(parse(text)) == (name, tuple(map(Name, letters.split())))
    assert is_whole(parse(text)) == whole


SOURCE = dedent(
    """
    def f(A, B):
        n, m = A.shape
        O = np.empty((1, n, 2), A.dtype)
        for p, i, j in np.ndindex(O.shape):
            total = 0
            for u in range(m):
                total += A[i, u] * B[u]
            O[p, i, j] = total + B[j]
        return O
    """
)


def test_a_function_is_a_statement_without_the_index_of_an_only_map() -> None:
    A, B = Array("A", hand("M, 2")), Array("B", 2)
    said = read(SOURCE, "f", A, B, over=(hand("q, 0, Q - 1"),))
    assert said[:3] == ("", hand("q, i, j"), hand("(q, 0, Q - 1), (i, 0, M - 1), (j, 0, 1)"))
    assert written_out(said.terms) == hand("A[i, 0] * B[0] + A[i, 1] * B[1] + B[j]")
    assert [type(each[0]) for _, loops in said.terms for each in loops] == [Dummy]


def test_summed_indices_are_no_longer_the_letters_of_others() -> None:
    summand, loops = bound(hand("A[u, v] * B[i]"), hand("(v, 0, u), (u, 0, 1)"))
    (v, u), free = [each[0] for each in loops], {symbol("u"), symbol("v")}
    assert summand == IndexedBase("A")[u, v] * IndexedBase("B")[symbol("i")]
    assert loops == ((v, 0, u), (u, 0, 1))
    assert not free & {v, u}
    assert (str(u), u.is_integer, v.is_integer) == ("_u", True, True)


def summed(text: str, given: str = "()", relations: Any = None, at: str = "i") -> Any:
    return meaning(terms_of(text, at), {*hand(given)}, relations or {})


def named(name: str) -> Any:
    """What stands at an axis of an array, as W.1."""
    return symbol(name)


def test_an_index_is_named_after_the_first_place_where_it_stands() -> None:
    (W1, (M,)) = named("W.1"), hand("M,")
    expected = IndexedBase("W")[symbol("i"), W1] * IndexedBase("v")[W1]
    assert summed("Σ_{j=0}^{M-1} W(i,j) v(j)") == {frozenset({W1, M - 1 - W1}): expected}


def test_two_ways_to_write_a_sum_are_one() -> None:
    """S(i+u) ΔC(u) over u < x_c, and S(u) ΔC(u-i) over i ≤ u < i + x_c."""
    S0, (i, x_c) = named("S.0"), hand("i, x_c")
    expected = {frozenset({S0 - i, x_c - 1 - S0 + i}): IndexedBase("S")[S0] * IndexedBase("ΔC")[S0 - i]}
    assert summed("Σ_{u=0}^{x_c-1} S(i+u) ΔC(u)") == expected
    assert summed("Σ_{u=i}^{i+x_c-1} ΔC(u-i) S(u)") == expected
    assert summed("Σ_{k=1}^{x_c} S(i+x_c-k) ΔC(x_c-k)") == expected


def test_an_index_of_one_value_is_put_in_and_gone() -> None:
    assert summed("Σ_{u=2}^{2} y(u) v(u+i)") == {frozenset(): hand("y[2] * V[i + 2]")}


def test_terms_of_one_region_are_added_and_those_that_cancel_are_gone() -> None:
    assert summed("v(i) + 2 v(i)") == {frozenset(): hand("3 * V[i]")}
    assert summed("v(i) + b(i) - v(i)") == {frozenset(): hand("b[i]")}
    assert summed("v(i) - v(i)") == {}
    assert (summed("1"), summed("0 - 1")) == ({frozenset(): 1}, {frozenset(): -1})


def test_a_condition_is_where_something_is_summed_unless_it_is_given() -> None:
    text = "y(i) where 1 ≤ i ≤ M, else 0"
    first, last = hand("i - 1, M - i")
    assert summed(text) == {frozenset({first, last}): hand("y[i]")}
    assert summed(text, "i - 1, M + 1") == {frozenset({last}): hand("y[i]")}
    assert summed(text, "i - 1, M - i") == {frozenset(): hand("y[i]")}
    W1 = named("W.1")
    both = summed("Σ_{j=0}^{M-1} W(i,j) where 1 ≤ i ≤ M, else 0", "M - i,")
    assert both == {frozenset({first, W1, hand("M") - 1 - W1}): IndexedBase("W")[symbol("i"), W1]}


def test_a_size_is_put_in_terms_of_others() -> None:
    v0, (x_i, x_k) = named("v.0"), hand("x_i, x_k")
    expected = x_i * IndexedBase("v")[v0] - x_k * IndexedBase("v")[v0]
    found = summed("Σ_{j=0}^{x_c-1} x_c v(j)", relations={hand("x_c"): x_i - x_k})
    assert found == {frozenset({v0, x_i - x_k - 1 - v0}): expected}


A, B, i, j = IndexedBase("A"), IndexedBase("B"), symbol("i"), symbol("j")
a, b = Dummy("a", integer=True), Dummy("b", integer=True)
A0, A1, B0 = map(named, ("A.0", "A.1", "B.0"))
NAMED = [  # where and summand with dummies a and b; the same with names
    ({a, 3 - a}, A[a + i] * B[a], A[A0] * B[A0 - i], {A0 - i, 3 - A0 + i}),
    ({a}, A[i - a] * B[a], A[A0] * B[i - A0], {i - A0}),
    # An index that stands there twice, or half of it, has its name from elsewhere.
    ({a}, A[2 * a] * B[a + 1], A[2 * B0 - 2] * B[B0], {B0 - 1}),
    ({a, b}, A[a + b] * B[a], A[A0] * B[B0], {B0, A0 - B0}),
    ({a}, A[i, a] * B[a], A[i, A1] * B[A1], {A1}),
    ({a, b}, A[a, b] * B[b], A[A0, A1] * B[A1], {A0, A1}),
    ({a}, A[3] * B[a + i, i], A[3] * B[B0, i], {B0 - i}),
    ({a, S(2)}, A[2 * a], A[2 * a], {a}),
    ({i}, A[i] * B[j], A[i] * B[j], {i}),
]


@pytest.mark.parametrize(("where", "summand", "expected", "there"), NAMED)
def test_summed_indices_have_names(where: Any, summand: Any, expected: Any, there: Any) -> None:
    assert with_named_indices(where, summand) == (expected, there)


def test_of_two_indices_at_one_place_only_the_first_is_named() -> None:
    """Else a square of a sum would be a sum of squares."""
    found, _ = with_named_indices(set(), A[a] * A[b])
    assert found == A[A0] * A[b]


def test_names_do_not_depend_on_the_order_in_which_sympy_keeps_things() -> None:
    """The first array in alphabetical order names an index, and the first of the entries of one array."""
    for n in range(4):
        index, letters = Dummy(f"i{n}", integer=True), "ABCDEFGHIJ"
        summand = S.One
        for letter in letters:
            summand *= IndexedBase(f"{letter}{n}")[index]
        found, _ = with_named_indices(set(), summand)
        assert found.has(IndexedBase(f"A{n}")[named(f"A{n}.0")])
        several = [Dummy(f"{letter}{n}", integer=True) for letter in letters]
        summand = S.One
        for index in several:
            summand *= A[index]
        found, _ = with_named_indices(set(), summand)
        assert found.has(A0)
        assert not found.has(several[0])


def test_the_content_of_a_statement_is_what_is_compared() -> None:
    terms = terms_of("y(i) where 1 ≤ i ≤ x_c, else 0")
    statement = Statement("C", hand("x_c + i,"), hand("(i, 0, x_c - 1),"), terms)
    name, indices, ranges, sums = content(statement, {hand("x_c"): hand("M + 1")})
    assert (name, indices) == ("C", [hand("M + 1 + i")])
    assert ranges == {*hand("i, M - i")}
    assert sums == {frozenset(hand("i - 1, M + 1 - i")): hand("y[i]")}


def test_a_statement_is_put_in_the_letters_of_another() -> None:
    own = Statement("", hand("u, v + 3"), hand("(u, 0, u + 1),"), [(hand("A[u, k]"), hand("(k, 0, u),"))])
    other = Statement("C", hand("i, j, q"), (), [])
    found = in_letters_of(own, other)
    assert found == Statement("C", hand("i, v + 3"), hand("(i, 0, i + 1),"), [(hand("A[i, k]"), hand("(k, 0, i),"))])
    assert found.loops[0][1] == Integer(0)
