"""A formula's LaTeX, against that written by hand."""

from typing import Any

import pytest

from reference.formulas.grammar import parse
from reference.formulas.latex import aligned, latex, ranges
from reference.formulas.tree import Name, Sum

WRITTEN = {
    # Names and arrays
    "12": "12",
    "½": r"\frac{1}{2}",
    "¼": r"\frac{1}{4}",
    "β_1": r"\beta_1",
    "x_k": "x_k",
    "L": "L",
    "L̄": r"\bar{L}",
    "v": r"\mathbf{v}",
    "Δŷ": r"\Delta \hat{\mathbf{y}}",
    "b": r"\mathbf{b}",
    "b(i)": r"\mathbf{b}(i)",
    "Δb¹_p": r"\Delta b^1_{p}",
    "ΔK²_{p,q}(u,v)": r"\Delta K^2_{p,q}(u,v)",
    "C²_{σ,q}(2i+u, j)": r"C^2_{\sigma,q}(2 i + u,\, j)",
    "C_{r,q}": "C_{r,q}",
    "K_rot(x_k,v)": r"K_{\mathrm{rot}}(x_k,\, v)",
    "I_pad": r"I_{\mathrm{pad}}",
    "Wᵀ": r"W^\top",
    "α_k": r"\alpha_{k}",
    "m̂": r"\hat{m}",
    # Sums and products
    "i+1": "i+1",
    "x_i-x_k": "x_i-x_k",
    "i+x_k-1": "i+x_k - 1",
    "1 + 2 i": "1 + 2 i",
    "2i - 3": "2 i - 3",
    "i - (j + k)": "i - (j+k)",
    "i - 2 (j + k)": "i - 2 (j+k)",
    "y(i) - y(j)": r"\mathbf{y}(i) - \mathbf{y}(j)",
    "-i": "-i",
    "i j": "i j",
    "α Δθ": r"\alpha \Delta \theta",
    "W v": r"W \mathbf{v}",
    "y(i) v(j)": r"\mathbf{y}(i)\, \mathbf{v}(j)",
    "y(i) 2 v(j)": r"\mathbf{y}(i)\, 2 \mathbf{v}(j)",
    "(1 - i) v": r"(1-i)\, \mathbf{v}",
    "(i + j) Σ_u u": r"(i+j) \sum_{u} u",
    "α (1 - i)": r"\alpha (1-i)",
    "Σ_{u=0}^{M-1} (i + j)": r"\sum_{u=0}^{M-1} (i+j)",
    "Σ_{u=0}^{M-1} W(i,u)": r"\sum_{u=0}^{M-1} W(i,u)",
    "Σ_u (i - j)": r"\sum_{u} (i-j)",
    "Σ_u i": r"\sum_{u} i",
    "max_{u<2} W(i,u)": r"\max_{u \lt 2} W(i,u)",
    "argmax_{k<x_k} y(k)": r"\operatorname{argmax}_{k \lt x_k} \mathbf{y}(k)",
    # Functions
    "(x_o, y_o)": r"(x_o,\, y_o)",
    "(i,j)": "(i,j)",
    "(2, x_k)": r"(2,\, x_k)",
    "i/j": r"\frac{i}{j}",
    "(i + 1)/w": r"\frac{i+1}{w}",
    "√(6/M)": r"\sqrt{\frac{6}{M}}",
    "(i - j)²": "(i-j)^2",
    "⌊i/2⌋": r"\lfloor i/2 \rfloor",
    "⌊i + j⌋": r"\lfloor i+j \rfloor",
    "⌊α/2⌋": r"\lfloor \alpha/2 \rfloor",
    "⌊(i + j)/2⌋": r"\lfloor \frac{i+j}{2} \rfloor",
    "γ^{k/h}": r"\gamma^{k/h}",
    "β^t": r"\beta^{t}",
    "|i|": "|i|",
    "[v > 0]": r"[v \gt 0]",
    "[i = j]": "[i = j]",
    "e^{-i}": "e^{-i}",
    "U(±i)": r"U(\pm i)",
    "σ(i)": r"\sigma(i)",
    "σ′(i)": r"\sigma'(i)",
    "max(0, i-j)": r"\max(0,\, i-j)",
    "log(i)": r"\log(i)",
    # Relations and operators
    "I ⋆ K": r"I \star K",
    "(I ⋆ K)(i,j)": r"(I \star K)(i,j)",
    "I ⊛ K_rot": r"I \circledast K_{\mathrm{rot}}",
    "I ∗ (K + 1)": r"I \ast (K + 1)",
    "(1 - i) ⊙ I": r"(1-i) \odot I",
    "I ⋆ K + b_q": r"I \star K + b_{q}",
    "L = i + 1 = 2": "L = i+1 = 2",
    "θ ← α": r"\theta \leftarrow \alpha",
    "L ~ U(i)": r"L \sim U(i)",
    "L = i where 0 ≤ i ≤ j and 1 ≤ u ≤ 2, else 0":
        r"L = i \quad \text{where } 0 \le i \le j \text{ and } 1 \le u \le 2, \text{ else } 0",
}  # fmt: skip


@pytest.mark.parametrize(("text", "written"), WRITTEN.items())
def test_a_formula_is_set_as_written_by_hand(text: str, written: str) -> None:
    assert latex(parse(text)) == written


@pytest.mark.parametrize("node", [Sum("u", Name("0"), None, Name("i")), "a text", None])
def test_what_is_no_formula_is_refused(node: Any) -> None:
    with pytest.raises(ValueError, match="^expected a formula, got "):
        latex(node)


def test_formulas_stand_one_below_the_other_at_their_first_relation() -> None:
    assert aligned("", "a = b = c") == "a = b = c"
    assert aligned("a = b", "") == "a = b"
    two = "\\begin{aligned}\na &= b = c \\\\[4pt]\nd &= e\n\\end{aligned}"
    assert aligned("a = b = c", "d = e") == two


def test_ranges_are_formulas_of_their_own() -> None:
    assert ranges("u < x_k") == r"$0 \le u \lt x_k$"
    assert ranges("i < x_s+1, k < β_1") == r"$0 \le i \lt x_s+1$, $0 \le k \lt \beta_1$"
