"""The arguments on which level 7 reads each function of the index form, named as in docs/equations.toml."""

from typing import Any, NamedTuple

from sympy import Expr, Symbol, symbols

from reference.formulas.loops import Array
from reference.formulas.meaning import symbol
from reference.formulas.sums import Relations

P, Q, x_i, y_i, x_k, y_k, x_c, y_c, x_s, y_s, Y, M = symbols(
    "P Q x_i y_i x_k y_k x_c y_c x_s y_s Y M", integer=True
)  # fmt: skip


class OnlyMap(Array):
    """The array of a single input map, whose subscript is left out: S[0,i,j] is I(i,j)."""

    def __getitem__(self, index: Any) -> Expr:
        return self.symbol[index[1:]]


class OneOfMaps(Array):
    """One map of several: S_q[i,j] is S(q,i,j)."""

    def __getitem__(self, index: Any) -> Expr:
        return self.symbol[(symbol("q"), *(index if isinstance(index, tuple) else (index,)))]


class Whole(Array):
    """An array that the formula does not index."""

    def __getitem__(self, index: Any) -> Expr:
        return symbol(str(self.symbol))


ALL_FREE: Relations = {}


class Case(NamedTuple):
    """How a function of the index form is called, and what one size is in terms of others."""

    arguments: tuple[Any, ...]
    relations: Relations = ALL_FREE
    periods: tuple[int, ...] = ()
    over: str = ""  # what the formula counts through and the function does not: it is of one


def convolved(name: str, maps: Symbol) -> Array:
    return Array(name, (maps, x_i - x_k + 1, y_i - y_k + 1))


I, K = Array("I", (x_i, y_i)), Array("K", (x_k, y_k))
I_0, K_0, b_p = OnlyMap("I", (1, x_i, y_i)), OnlyMap("K", (1, P, x_k, y_k)), Array("b", P)
S_p, K_pq, b_q = Array("S", (P, x_i, y_i)), Array("K", (P, Q, x_k, y_k)), Array("b", Q)
W, v, b, y, yhat, yhat_s = Array("W", (Y, M)), Array("v", M), *(Array(name, Y) for name in ("b", "y", "ŷ", "ŷ_σ"))
dyhat, dyhat_s = Array("Δŷ", Y), Array("Δŷ_σ", Y)
s, ds = Array("s", Y), Array("Δs", Y)
CONVOLVED = {x_c: x_i - x_k + 1, y_c: y_i - y_k + 1}
POOLED = {x_c: 2 * x_s, y_c: 2 * y_s}
theta, dtheta, m, c, m_hat, c_hat = (Whole(name, 1) for name in ("θ", "Δθ", "m", "c", "m̂", "ĉ"))
alpha, beta, gamma, lam, mu, k, h, t, w, T = map(symbol, "αβγλμkhtwT")
READ = {x_s: x_i, y_s: y_i}  # (21) and (22) read what was pooled

CASES = {
    "(1)": Case((I, K)),
    "§2.2.1": Case((K,)),
    "(2)": Case((I, K)),
    "(3)": Case((I, K)),
    "(13)": Case((I_0, K_0, b_p), CONVOLVED),
    "(14)": Case((I_0, K_0, b_p), CONVOLVED),
    "(16)": Case((Array("C_σ", (P, 2 * x_s, 2 * y_s)),), POOLED),
    "(17)": Case((S_p, K_pq, b_q), CONVOLVED),
    "(18)": Case((S_p, K_pq, b_q), CONVOLVED),
    "(20)": Case((Array("C_σ", (Q, 2 * x_s, 2 * y_s)),), POOLED),
    "(21)": Case((OneOfMaps("S", (x_i, y_i)),), READ, over="q < Q"),
    "(22)": Case((Array("S", (Q, x_i, y_i)),), READ),
    "(23)": Case((W, v, b)),
    "(24)": Case((W, v, b)),
    "(26)": Case((yhat_s, y)),
    "(27)": Case((yhat_s, y)),
    "(28)": Case((dyhat_s, yhat_s)),
    "(29)": Case((dyhat, v)),
    "(30)": Case((dyhat,)),
    "(31)": Case((W, dyhat)),
    "(32)": Case((OneOfMaps("Δv", M), (x_i, y_i)), READ, over="q < Q"),
    "(33)": Case((Array("Δv", M), (Q, x_i, y_i)), READ),
    "(34)": Case((Array("ΔS", (Q, x_s, y_s)),), POOLED, (1, 2, 2)),
    "(35)": Case((convolved("ΔC_σ", Q), convolved("C_σ", Q)), CONVOLVED),
    "(36)": Case((S_p, convolved("ΔC", Q)), CONVOLVED),
    "(37)": Case((convolved("ΔC", Q),), CONVOLVED),
    "(38)": Case((convolved("ΔC", Q), K_pq), CONVOLVED),
    "(39)": Case((Array("ΔS", (P, x_s, y_s)),), POOLED, (1, 2, 2)),
    "(40)": Case((convolved("ΔC_σ", P), convolved("C_σ", P)), CONVOLVED),
    "(41)": Case((I_0, convolved("ΔC", P)), CONVOLVED),
    "(42)": Case((convolved("ΔC", P),), CONVOLVED),
    "ΔI": Case((convolved("ΔC", P), K_0), CONVOLVED),
    "(H3)": Case((s, y)),
    "(H4)": Case((ds, s)),
    "(H6)": Case((yhat_s, y)),
    "§4.5": Case((Whole("θ", 1), Whole("Δθ", 1), symbol("α"))),
    "(G1)": Case((m, dtheta, mu)),
    "(G2)": Case((dtheta, m, mu)),
    "(G3)": Case((m, dtheta, symbol("β_1"))),
    "(G4)": Case((c, dtheta, symbol("β_2"))),
    "(G5)": Case((m, beta, t)),
    "(G6)": Case((m_hat, c_hat, symbol("ε"))),
    "(G7)": Case((dtheta, theta, lam)),
    "(G8)": Case((theta, alpha, lam)),
    "(G9)": Case((alpha, k, gamma, h), over="k < T"),
    "(G10)": Case((alpha, k, gamma, h), over="k < T"),
    "(G11)": Case((alpha, k, T), over="k < T"),
    "(G12)": Case((alpha, k, w), over="k < T"),
}
