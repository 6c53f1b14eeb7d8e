"""The value of a formula at small arrays, worked out by hand."""

import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from reference.formulas.evaluation import evaluate, places, sides
from reference.formulas.grammar import parse
from reference.formulas.notation import Formula
from reference.formulas.tree import Apply, Name

KNOWN: dict[str, Any] = {
    "i": 1, "j": 0, "k": 7, "p": 1, "u": 0, "v": 1, "Y": 2, "m": 11, "α": 4,
    "y": np.array([2, 5, 5, 1], object),
    "W": np.array([[1, 2, 3], [4, 5, 6]], object),
    "s": np.array([3, 6], object),
    "K": np.arange(8).astype(object).reshape(2, 2, 2),
}  # fmt: skip
VALUES = {
    "12": 12,
    "α": 4,
    "m": 11,
    "y(0)": 2,
    "y(i)": 5,
    "y(j)": 2,
    "W(i,j)": 4,
    "W(0, i+1)": 3,
    "K_{0,p}(u,v)": 5,
    "K_{p,0}(v,u)": 6,
    "s_i": 6,
    "2 i 3": 6,
    "2 - i": 1,
    "-α": -4,
    "α/m": Fraction(4, 11),
    "(α - m)²": 49,
    "⌊(2 α + 1)/2⌋": 4,
    "|α - m|": 7,
    "max(α, m, 3)": 11,
    "[α > m] + [m > α] 10": 10,
    "[i = j] + [i = 1] 10": 10,
    "Σ_{k=1}^{3} y(k)": 11,
    "Σ_{k=2}^{2} y(k)": 5,
    "Σ_{k=2}^{1} y(k)": 0,
    "Σ_{k=1}^{2} k k": 5,
    "Σ_k y(k)": 7,
    "Σ_n y(i)": 5,
    "Σ_{n=0}^{3} y(n)": 13,
    "Σ_{k=0}^{1} Σ_{u=0}^{2} W(k,u)": 21,
    "max_{k<4} y(k)": 5,
    "max_{k<1} y(k)": 2,
    "argmax_{k<4} y(k)": 1,
    "max_{k<2} max_{u<2} W(k,u)": 5,
}


@pytest.mark.parametrize(("text", "value"), VALUES.items())
def test_a_formula_has_the_value_worked_out_by_hand(text: str, value: Any) -> None:
    assert evaluate(parse(text), KNOWN, {}) == value


def test_functions_are_those_given_and_replace_others() -> None:
    given = {"e^": lambda x: 10**x, "max": lambda *of: ("max", *of)}
    assert evaluate(parse("e^{2} + α"), KNOWN, given) == 104
    assert evaluate(parse("Σ_{k=1}^{2} e^{k}"), KNOWN, given) == 110
    assert evaluate(parse("max(α, 3)"), KNOWN, given) == ("max", 4, 3)


OUTSIDE = {
    "y(i-2)": "y(-1,)",
    "W(0,-1)": "W(0, -1)",
    "W(-1,0)": "W(-1, 0)",
    "y(i/2)": "y(Fraction(1, 2),)",
    "Σ_{k=-1}^{0} y(k)": "y(-1,)",
}


@pytest.mark.parametrize(("text", "said"), OUTSIDE.items())
def test_what_is_no_index_is_refused(text: str, said: str) -> None:
    with pytest.raises(IndexError, match=f"^{re.escape(said)}: expected whole numbers from 0 on$"):
        evaluate(parse(text), KNOWN, {})


def test_what_has_no_value_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^expected a formula, got At\(whole="):
        evaluate(parse("(y ⋆ W)(i,j)"), KNOWN, {})


def test_the_sides_of_an_equation_are_the_first_and_all_others() -> None:
    assert sides(parse("α = 1 = 2")) == (Name("α"), (Name("1"), Name("2")))
    with pytest.raises(ValueError, match=r"^expected an equation, got Apply\(what='\+'"):
        sides(Apply("+", (Name("1"), Name("2"))))


def test_each_entry_on_the_left_has_its_place_and_its_letters() -> None:
    formula = Formula(text="C_q(2i+1, u) = 0", ranges="q < Y, i < 2, u < 1")
    letters = [{"q": q, "i": i, "u": 0} for q, i in [(0, 0), (0, 1), (1, 0), (1, 1)]]
    assert [*places(formula, {"Y": 2})] == [*zip([(0, 1, 0), (0, 3, 0), (1, 1, 0), (1, 3, 0)], letters, strict=True)]


def test_a_subscript_0_has_no_place() -> None:
    assert [*places(Formula(text="K_{0,p}(u) = 0", ranges="p < 1, u < 2"), {})] == [
        ((0, 0), {"p": 0, "u": 0}),
        ((0, 1), {"p": 0, "u": 1}),
    ]


def test_a_number_on_the_left_has_one_place_without_indices() -> None:
    assert [*places(Formula(text="L = 0"), {})] == [((), {})]
