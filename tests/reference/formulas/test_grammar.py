"""A formula's text and the tree written down by hand; what is no formula, and what is said of it."""

import re
from typing import Any

import pytest

from reference.formulas.grammar import Parser, parse
from reference.formulas.tree import Apply, At, Cell, Name, Node, Over, Sum, Where


def cell(name: str, at: str | None = "", below: str = "", layer: str = "", transposed: bool = False) -> Cell:
    """With letters for its indices; None for a whole array."""
    indices = None if at is None else tuple(map(Name, at))
    return Cell(name, layer, tuple(map(Name, below)), indices, transposed)


def of(what: str, *parts: Node | str) -> Apply:
    return Apply(what, tuple(Name(part) if isinstance(part, str) else part for part in parts))


A, I, K, W = (cell(name, None) for name in "LIKW")
v, m = cell("v", None), cell("m", None)
TREES: dict[str, Any] = {
    # Names
    "12": Name("12"),
    " x_k ": Name("x_k"),
    "β_1": Name("β_1"),
    "½": Name("½"),
    # Arrays: subscripts, layers, indices; v and m are indices within those.
    "L": A,
    "ΔC²_{σ,q}(i,j)": cell("ΔC_σ", "ij", "q", "²"),
    "C_{r,q}": cell("C_r", None, "q"),
    "K¹_{0,p}(u,v)": cell("K", "uv", "0p", "¹"),
    "K_{p, q}": cell("K", None, "pq"),
    "b¹_p": cell("b", None, "p", "¹"),
    "ŷ_σ(i)": cell("ŷ_σ", "i"),
    "K_rot(u,v)": cell("K_rot", "uv"),
    "I_pad": cell("I_pad", None),
    "K_qᵀ": cell("K", None, "q", transposed=True),
    "K²_{p,q}ᵀ(u)": cell("K", "u", "pq", "²", transposed=True),
    "Wᵀ": cell("W", None, transposed=True),
    "W(m,v) v": of("·", cell("W", "mv"), v),
    "v(v) m": of("·", cell("v", "v"), m),
    "W (v)": of("·", W, v),
    # Sums and products of them; a Σ ends at the next + or -.
    "i + j - k": of("-", of("+", "i", "j"), "k"),
    "i - (j + k)": of("-", "i", of("+", "j", "k")),
    "2i + 3 j": of("+", of("·", "2", "i"), of("·", "3", "j")),
    "M (i) α": of("·", "M", "i", "α"),
    "-i j": of("·", of("-", "i"), "j"),
    "i/j k": of("·", of("/", "i", "j"), "k"),
    "i j/k": of("·", "i", of("/", "j", "k")),
    "i/j/k": of("/", of("/", "i", "j"), "k"),
    "I ⋆ K + L": of("+", of("⋆", I, K), A),
    "I ⋆ K α ⊙ L": of("⊙", of("⋆", I, of("·", K, "α")), A),
    "I ∗ K ⊛ L": of("⊛", of("∗", I, K), A),
    "(I ⋆ K)(i,v)": At(of("⋆", I, K), (Name("i"), Name("v"))),
    "(i,j)": of(",", "i", "j"),
    "(i)": Name("i"),
    "(i - j)² k": of("·", of("²", of("-", "i", "j")), "k"),
    "(i - j) 2": of("·", of("-", "i", "j"), "2"),
    "Σ_u W": Sum("u", None, None, W),
    "Σ_{u<M} i j + k": of("+", Sum("u", Name("0"), of("-", "M", "1"), of("·", "i", "j")), "k"),
    "Σ_{u=i}^{M-1} I ⋆ K": Sum("u", Name("i"), of("-", "M", "1"), of("⋆", I, K)),
    "α Σ_u i": of("·", "α", Sum("u", None, None, Name("i"))),
    "Σ_{m<v} m": Sum("m", Name("0"), of("-", "v", "1"), m),
    "max_{u<2} i k - j": of("-", Over("max", "u", Name("2"), of("·", "i", "k")), "j"),
    "2 argmax_{k<M} I ⋆ K": of("·", "2", Over("argmax", "k", Name("M"), of("⋆", I, K))),
    # Functions and powers
    "σ(i) j": of("·", of("σ", "i"), "j"),
    "σ′(i)": of("σ′", "i"),
    "max(0, i-j)": of("max", "0", of("-", "i", "j")),
    "min(i)": of("min", "i"),
    "log(i + 1)": of("log", of("+", "i", "1")),
    "cos(π k)": of("cos", of("·", "π", "k")),
    "e^{-i} j": of("·", of("e^", of("-", "i")), "j"),
    "e^x": of("e^", "x"),
    "√(i + j) k": of("·", of("√", of("+", "i", "j")), "k"),
    "√ĉ + ε": of("+", of("√", cell("ĉ", None)), "ε"),
    "U(±√(6/M))": of("U", of("±", of("√", of("/", "6", "M")))),
    "±(i + 1)": of("±", of("+", "i", "1")),
    "β^t α": of("·", of("^", "β", "t"), "α"),
    "γ^{k/h}": of("^", "γ", of("/", "k", "h")),
    "γ^⌊k/h⌋": of("^", "γ", of("⌊", of("/", "k", "h"))),
    "⌊i/2⌋ j": of("·", of("⌊", of("/", "i", "2")), "j"),
    "i ⌊j⌋": of("·", "i", of("⌊", "j")),
    "|i - j| k": of("·", of("|", of("-", "i", "j")), "k"),
    "i [v > 0] v": of("·", "i", of("[]", of(">", "v", "0")), v),
    "[i = 2j] m": of("·", of("[]", of("=", "i", of("·", "2", "j"))), m),
    # Relations, conditions, and what is zero outside
    "i < x_k": of("<", "i", "x_k"),
    "θ ← α": of("←", cell("θ", None), "α"),
    "L ~ U(i)": of("~", A, of("U", "i")),
    "L = i = 2 ≤ j": of("=", A, "i", "2", "j"),
    "L = i where 0 ≤ v ≤ m, else 0": of("=", A, Where(Name("i"), (of("≤", "0", "v", "m"),))),
    "i where i ≤ j ≤ k and 0 ≤ u ≤ 1, else 0": Where(Name("i"), (of("≤", "i", "j", "k"), of("≤", "0", "u", "1"))),
    "L = i j, zero outside I": of("=", A, Where(of("·", "i", "j"), (I,))),
    "i, zero outside K_{p,q}": Where(Name("i"), (cell("K", None, "pq"),)),
}  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), TREES.items())
def test_a_text_is_read_as_the_tree_written_by_hand(text: str, tree: Node) -> None:
    assert parse(text) == tree


def test_whether_letters_are_indices_ends_with_the_brackets() -> None:
    parser = Parser("W(v) [m = v] Σ_{u<v} v")
    assert parser.inside is False
    assert parser.statement().of[-1] == Sum("u", Name("0"), of("-", "v", "1"), v)
    assert parser.inside is False


SYMBOL, END = "expected a symbol of the notation at", "expected an end at"
NO_FORMULAS = {
    "": "expected (, got ''",
    "L =": "expected (, got ''",
    "∫": f"{SYMBOL} '∫'",
    "L ∫ v": f"{SYMBOL} ' ∫ v'",
    "L = v)": f"{END} ')'",
    "i j ]": f"{END} ' ]'",
    "i j 0 else": f"{END} ' else'",
    "(i": "expected , or ), got ''",
    "(i]": "expected , or ), got ']'",
    "W(i": "expected , or ), got ''",
    "⌊i": "expected ⌋, got ''",
    "|i 2 = 3": "expected |, got ' = 3'",
    "[i < j]": "expected > or =, got ' < j]'",
    "[i = j)": "expected ], got ')'",
    "i + ]": "expected (, got ' ]'",
    "σ i": "expected (, got ' i'",
    "i, zero outside": "expected an array, got ''",
    "i, zero outside +": "expected an array, got ' +'",
    "i, zero outside 2": "expected an array, got ' 2'",
    "√(i + j)²": f"{END} '²'",
    "i, j": "expected zero outside, got ' j'",
    "i where 0 ≤ j": "expected ≤, got ''",
    "i where 0 < j ≤ 1": "expected ≤, got ' < j ≤ 1'",
    "i where 0 ≤ j < 1": "expected ≤, got ' < 1'",
    "i where 0 ≤ j ≤ 1": "expected ,, got ''",
    "i where 0 ≤ j ≤ 1, 0": "expected else, got ' 0'",
    "i where 0 ≤ j ≤ 1, else 1": "expected 0, got ' 1'",
    "Σ_{i=0}(M) i": "expected ^, got '(M) i'",
    "Σ_α i": "expected i or j or u or v or p or q or m or n or k or x, got 'α i'",
    "Σ_{i≤0} i": "expected =, got '≤0} i'",
    "Σ_{i<M) i": "expected , or }, got ') i'",
    "max_u i": "expected {, got 'u i'",
    "max_{u=2} i": "expected <, got '=2} i'",
}


@pytest.mark.parametrize(("text", "said"), NO_FORMULAS.items())
def test_what_is_no_formula_is_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(f'{text!r}: {said}')}$"):
        parse(text)
