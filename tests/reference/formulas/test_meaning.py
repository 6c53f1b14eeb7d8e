"""What a formula says, against expressions written down by hand."""

import re
from typing import Any

import pytest
from sympy import Integer, Max, Min, Rational, cos, exp, expand, pi

from reference.formulas.grammar import parse
from reference.formulas.meaning import Reader, Sigma, cells, counted, is_whole, right, side_along, sides, symbol
from reference.formulas.tree import Cell, Name, Over
from tests.reference.formulas.by_hand import hand, terms_of, written_out

SUMS = [  # a formula, the place asked for, sizes, and what it says there
    ("3", "", "", "3"),
    ("¼ + ½", "", "", "half * half + half"),
    ("α", "", "", "α"),
    ("α - 2 β", "", "", "α - 2 * β"),
    ("-α", "", "", "-α"),
    ("M", "", "M=2", "2"),
    ("I(i+1,j)", "", "", "I[i + 1, j]"),
    ("K²_{p,q}(u,v)", "", "", "K[p, q, u, v]"),
    ("K¹_{0,p}(u,v)", "", "", "K[p, u, v]"),
    # A whole array is read at the place asked for, and a map at its last two indices.
    ("v", "i", "", "V[i]"),
    ("v + b", "i", "", "V[i] + b[i]"),
    ("v - b", "i", "", "V[i] - b[i]"),
    ("S²_q", "i,j", "", "S[q, i, j]"),
    ("S²_q", "p,i,j", "", "S[q, i, j]"),
    ("S²_q + b²_q", "p,i,j", "", "S[q, i, j] + b[q]"),
    ("Δb²_q", "i,j", "", "Δb[q]"),
    ("Wᵀ", "j,i", "", "W[i, j]"),
    ("θ", "", "", "θ"),
    ("ŷ_σ ⊙ y", "i", "", "ŷ_σ[i] * y[i]"),
    # Sums with bounds, without, over maps, and over samples.
    ("Σ_{j=1}^{M} W(i,j) v(j)", "", "M=2", "W[i, 1] * V[1] + W[i, 2] * V[2]"),
    ("Σ_{j=0}^{M-1} W(i,j) v(j) + b(i)", "", "M=2", "W[i, 0] * V[0] + W[i, 1] * V[1] + b[i]"),
    ("Σ_j α W(i,j)", "", "M=2", "α * W[i, 0] + α * W[i, 1]"),
    ("Σ_j α v W(i,j)", "i", "M=2", "α * V[i] * W[i, 0] + α * V[i] * W[i, 1]"),
    ("Σ_p S_p(i,j)", "", "P=2", "S[0, i, j] + S[1, i, j]"),
    ("Σ_q K_{p,q}(u,v)", "", "Q=2", "K[p, 0, u, v] + K[p, 1, u, v]"),
    ("Σ_n y(i)", "", "", "y[i]"),
    ("Σ_{n=0}^{N-1} L_n", "", "N=2", "L[0] + L[1]"),
    ("Σ_{u=0}^{1} Σ_{v=0}^{u} I(u,v)", "", "", "I[0, 0] + I[1, 0] + I[1, 1]"),
    ("Σ_{i=0}^{1} (y(i) - v(i))²", "", "", "(y[0] - V[0]) ** 2 + (y[1] - V[1]) ** 2"),
    ("(y(i) - Σ_{k=0}^{1} s(k) y(k)) s(i)", "", "", "y[i] * s[i] - s[i] * (s[0] * y[0] + s[1] * y[1])"),
    # Products of matrices.
    ("W v", "i", "M=2", "W[i, 0] * V[0] + W[i, 1] * V[1]"),
    ("W v + b", "i", "M=1", "W[i, 0] * V[0] + b[i]"),
    ("Wᵀ y", "j", "Y=2", "W[0, j] * y[0] + W[1, j] * y[1]"),
    ("Δŷ vᵀ", "i,j", "", "Δŷ[i] * V[j]"),
    ("α v", "i", "", "α * V[i]"),
    ("v(j) v", "i", "", "V[j] * V[i]"),
    ("v v(j)", "i", "", "V[j] * V[i]"),
    # Operators: their definitions, on the sides of what they are of.
    ("I ⋆ K", "i,j", "x_k=1, y_k=2", "I[i, j] * K[0, 0] + I[i, j + 1] * K[0, 1]"),
    ("(I ⋆ K)(2,j)", "", "x_k=2, y_k=1", "I[2, j] * K[0, 0] + I[3, j] * K[1, 0]"),
    ("I ∗ K", "i,j", "x_k=1, y_k=2", "I[i, j + 1] * K[0, 0] + I[i, j] * K[0, 1]"),
    ("I ⋆ K_rot", "i,j", "x_k=2, y_k=1", "I[i, j] * K[1, 0] + I[i + 1, j] * K[0, 0]"),
    ("S_p ⋆ ΔC_q", "q,u,v", "x_c=1, y_c=2", "S[p, u, v] * ΔC[q, 0, 0] + S[p, u, v + 1] * ΔC[q, 0, 1]"),
    ("Σ_{p=0}^{1} S_p ⋆ K_{p,q} + b_q", "i,j", "x_k=1, y_k=1",
     "S[0, i, j] * K[0, q, 0, 0] + S[1, i, j] * K[1, q, 0, 0] + b[q]"),
    ("K_rot(i,0)", "", "x_k=3, y_k=2", "K[2 - i, 1]"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "sizes", "expected"), SUMS, ids=lambda part: str(part)[:24])
def test_a_formula_says_what_is_written_by_hand(text: str, place: str, sizes: str, expected: str) -> None:
    assert written_out(terms_of(text, place), sizes) == expand(hand(expected))


def test_at_the_edge_a_padded_convolution_has_fewer_terms() -> None:
    """At the place 0, 0 only the first entries meet; at the last place only the last."""
    sizes = "x_i=2, y_i=2, x_k=2, y_k=2"
    assert written_out(terms_of("(I ⊛ K)(0,0)"), sizes) == hand("I[0, 0] * K[0, 0]")
    assert written_out(terms_of("(I ⊛ K)(2,2)"), sizes) == hand("I[1, 1] * K[1, 1]")


def test_a_letter_stands_for_what_it_is_given() -> None:
    letters = {"x_k": Integer(5), "i": symbol("k"), "N": Integer(1)}
    assert written_out(terms_of("α N K_rot(i,v)", **letters)) == hand("α * K[4 - k, y_k - 1 - v]")
    assert written_out(terms_of("Σ_{u=0}^{1} W(i,u)", **letters)) == hand("W[k, 0] + W[k, 1]")
    assert written_out(terms_of("Σ_{u=0}^{1} Σ_{v=0}^{0} W(u,v) y(i)", **letters)) == hand(
        "W[0, 0] * y[k] + W[1, 0] * y[k]"
    )


def test_an_array_stands_for_what_another_reader_reads() -> None:
    reader = Reader({}, {"K": (Reader({"i": symbol("k")}), parse("2 W"))})
    assert written_out(reader.terms(parse("K(u,v)"))) == hand("2 * W[u, v]")
    assert written_out(reader.terms(parse("Σ_{u=0}^{1} K(u,i)"))) == hand("2 * W[0, i] + 2 * W[1, i]")
    assert written_out(reader.terms(parse("K_rot(u,v)"))) == hand("2 * W[x_k - 1 - u, y_k - 1 - v]")
    assert written_out(reader.terms(parse("K(i,j), zero outside I"))) == hand("2 * W[i, j]")


FUNCTIONS = {
    "π": pi,
    "cos(π α)": cos(pi * symbol("α")),
    "√(α + 1)": (symbol("α") + 1) ** Rational(1, 2),
    "⌊α/2⌋": hand("floor(α / 2)"),
    "γ^⌊k/h⌋": hand("γ ** floor(k / h)"),
    "max(α, 3)": Max(symbol("α"), 3),
    "min(α, 3)": Min(symbol("α"), 3),
    "e^{-α}": exp(-symbol("α")),
    "σ(α)": Sigma(symbol("α")),
    "(2 α)²": 4 * symbol("α") ** 2,
}


@pytest.mark.parametrize(("text", "expected"), FUNCTIONS.items())
def test_a_function_is_that_of_sympy(text: str, expected: Any) -> None:
    assert Reader({}).value(parse(text)) == expected


def test_the_slope_of_sigma_is_sigma_times_one_minus_sigma() -> None:
    sigma = Sigma(symbol("α"))
    assert (sigma.fdiff() - sigma * (1 - sigma)).expand() == 0


def test_a_condition_is_a_loop_over_an_expression() -> None:
    ((summand, loops),) = terms_of("K(i-1,j) where 1 ≤ i ≤ x_k and 2 ≤ j ≤ 3, else 0")
    assert summand == hand("K[i - 1, j]")
    assert loops == hand("(i, 1, x_k), (j, 2, 3)")


def test_conditions_come_after_the_loops_of_what_they_hold_for() -> None:
    ((_, (inner, condition)),) = terms_of("Σ_{u=0}^{1} y(u) where 1 ≤ i ≤ 2, else 0")
    assert (str(inner[0]), *inner[1:], *condition) == ("_u", 0, 1, *hand("i, 1, 2"))


def test_zero_outside_an_array_is_its_sides_as_conditions() -> None:
    ((summand, loops),) = terms_of("I(i-1,j) K(u,v), zero outside I")
    assert summand == hand("I[i - 1, j] * K[u, v]")
    assert loops == hand("(i - 1, 0, x_i - 1), (j, 0, y_i - 1)")
    ((_, within_a_sum),) = terms_of("Σ_{u=0}^{1} I(i,j) α, zero outside I")
    assert within_a_sum[:2] == hand("(i, 0, x_i - 1), (j, 0, y_i - 1)")
    assert len(within_a_sum) == 3


@pytest.mark.parametrize("text", ["Σ_{j=0}^{M-1} v(j)", "Σ_j v(j)", "W v"])
def test_an_index_of_a_sum_is_a_whole_number(text: str) -> None:
    """And SymPy may take the floor of it."""
    assert [loop[0].is_integer for _, loops in terms_of(text, "i") for loop in loops] == [True]
    assert symbol("i").is_integer


def test_a_value_has_no_sum_in_it() -> None:
    assert Reader({}).value(parse("α + 2")) == hand("α + 2")
    assert Reader({}).values((parse("v"), parse("2"))) == hand("v, 2")
    with pytest.raises(ValueError, match=r"^expected no Σ in Apply\(what='\+'"):
        Reader({}).value(parse("α + Σ_{j=0}^{1} v(j)"))


def test_what_has_no_meaning_as_a_sum_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^expected a formula, got Over\(what='max'"):
        Reader({}).terms(Over("max", "k", Name("2"), Name("k")))


def test_the_right_side_is_the_last() -> None:
    assert right("α = 1 = 2 = 3") == Name("3")
    with pytest.raises(ValueError, match="^expected a relation, got 'α'$"):
        right("α")


def test_the_sides_of_an_array_are_those_of_its_letter() -> None:
    assert [*map(sides, ("I", "ΔC_σ", "K_rot", "W", "L", "Δθ"))] == [
        ["x_i", "y_i"], ["x_c", "y_c"], ["x_k", "y_k"], ["Y", "M"], [], [],
    ]  # fmt: skip


def test_a_factor_is_an_array_if_it_has_sides_and_no_index() -> None:
    texts = ["W", "ΔC", "W(i,j)", "K_{p,q}", "b_q", "α_k", "θ", "3", "2 α"]
    assert [is_whole(parse(text)) for text in texts] == [True] * 2 + [False] * 7


def test_a_subscript_is_a_letter_or_0_which_counts_through_nothing() -> None:
    assert counted((Name("0"), Name("p"), Name("q"))) == (Name("p"), Name("q"))
    for digits in ("1", "9", "10"):
        said = re.escape(f"expected letters and 0 as subscripts, got [Name(text='{digits}')]")
        with pytest.raises(ValueError, match=f"^{said}$"):
            counted((Name("p"), Name(digits)))


def test_a_letter_alone_runs_along_the_side_that_it_stands_at() -> None:
    body = parse("α v W(i+1,j) K(u,i)")
    assert [side_along(letter, body) for letter in "pquij"] == ["P", "Q", "x_k", "y_k", "M"]
    with pytest.raises(ValueError, match="^Σ_x: expected x alone at a side of an array$"):
        side_along("x", parse("v(x+1) x"))


def test_the_entries_of_a_tree_are_found_within_others_too() -> None:
    found = [*cells((parse("W(y(i),j) + 2 b"), None, "C"))]
    assert found == [parse("W(y(i),j)"), parse("y(i)"), parse("b")]
    assert all(isinstance(each, Cell) for each in found)
