"""How far each intermediate and each gradient of the whole network may be from the exact one.

Every X is known up to a radius r_X ≥ |X̂ - X|, whoever evaluates it in the given dtype. The radius of a result is what
the radii of its operands become, plus what the operation itself rounds (`bounds`). Sums of products are linear, so
radii go through the very same forward equation or pullback, with the sizes of the other operand.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import DTypeLike

from reference import bounds, forward
from reference.autodiff import pullback
from reference.bounds import Floats

Arrays = Mapping[str, Floats]


def radii(params: Arrays, trace: Arrays, grads: Arrays, y: Floats, dtype: DTypeLike) -> dict[str, Floats]:
    """r_X of every X in `trace` and in `grads`, which are float64 evaluations of the network, by their names."""
    size = {name: np.abs(np.asarray(x, np.float64)) for name, x in {**params, **trace, **grads}.items()}
    r: dict[str, Floats] = {"I": np.zeros_like(size["I"])}
    N, one = y.shape[1], np.float64(1)

    def upper(name: str) -> Floats:
        return size[name] + r[name]

    def terms(*sides: int) -> int:
        return int(np.prod(sides)) + 1

    def conv(S: Floats, K: Floats, b: Floats) -> Floats:
        return np.asarray(forward.conv_forward(S, K, b))

    # §4.2: ⋆ and W v are linear, σ has a slope of at most ¼.
    I, W, zeros = size["I"][np.newaxis], size["W"], np.zeros_like
    k1, k2 = terms(*size["K1"].shape[2:]), terms(size["K2"].shape[0], *size["K2"].shape[2:])
    r["C1"] = bounds.sums(k1, conv(I, size["K1"], size["b1"]), dtype)
    r["C1_s"] = r["C1"] / 4 + bounds.sigmoid(one, dtype)
    r["S1"] = np.asarray(forward.mean_pool(r["C1_s"])) + bounds.sums(4, one, dtype)
    r["C2"] = conv(r["S1"], size["K2"], zeros(size["b2"]))
    r["C2"] = r["C2"] + bounds.sums(k2, conv(upper("S1"), size["K2"], size["b2"]), dtype)
    r["C2_s"] = r["C2"] / 4 + bounds.sigmoid(one, dtype)
    r["S2"] = np.asarray(forward.mean_pool(r["C2_s"])) + bounds.sums(4, one, dtype)
    r["v"] = np.asarray(forward.vectorize(r["S2"]))
    r["yhat"] = W @ r["v"] + bounds.sums(terms(W.shape[1]), W @ upper("v") + size["b"][:, np.newaxis], dtype)
    r["yhat_s"] = r["yhat"] / 4 + bounds.sigmoid(one, dtype)

    def slope(dX: str, X: str) -> Floats:
        """Δ s (1 - s), where s (1 - s) is at most ¼ and moves by at most the error of s."""
        return r[dX] / 4 + upper(dX) * r[X] + bounds.sums(4, upper(dX) / 4 + upper(dX) * r[X], dtype)

    def unpool(dS: str) -> Floats:
        C = np.repeat(np.repeat(zeros(size[dS]), 2, axis=1), 2, axis=2)
        return pullback(forward.mean_pool, r[dS], C)[0] + bounds.sums(4, one * size[dS].max(initial=0), dtype)

    def product(dC: Floats, S: Floats, K: Floats) -> tuple[Floats, ...]:
        """ΔS, ΔK and Δb, of sizes or of radii."""
        return pullback(forward.conv_forward, dC, S, K, np.zeros(len(dC)))

    # §4.4: a product of two operands that are both known up to a radius moves by |a| r_b + |b| r_a + r_a r_b.
    r["dyhat_s"] = r["yhat_s"] / N + bounds.sums(4, (np.abs(trace["yhat_s"] - y) + r["yhat_s"]) / N, dtype)
    r["dyhat"] = slope("dyhat_s", "yhat_s")
    D, v = upper("dyhat"), upper("v")
    r["dW"] = r["dyhat"] @ v.T + size["dyhat"] @ r["v"].T + bounds.sums(terms(N), D @ v.T, dtype)
    r["db"] = r["dyhat"].sum(axis=1) + bounds.sums(terms(N), D.sum(axis=1), dtype)
    r["dv"] = W.T @ r["dyhat"] + bounds.sums(terms(len(W)), W.T @ D, dtype)
    r["dS2"] = r["dv"].reshape(size["S2"].shape)
    for layer, source, S in (("2", "S1", upper("S1")), ("1", "I", I)):
        dC, K = f"dC{layer}", size[f"K{layer}"]
        r[f"{dC}_s"] = unpool(f"dS{layer}")
        r[dC] = slope(f"{dC}_s", f"C{layer}_s")
        _, Q, x_k, y_k = K.shape
        rounds = (terms(Q, x_k, y_k), terms(*size[dC].shape[1:]), terms(*size[dC].shape[1:]))
        moved = product(r[dC], S, K)
        of_S = product(size[dC], r[source].reshape(S.shape), K)[1]
        dS, dK, db = (
            m + bounds.sums(k, most, dtype) for m, k, most in zip(moved, rounds, product(upper(dC), S, K), strict=True)
        )
        r[f"dK{layer}"], r[f"db{layer}"] = dK + of_S, db
        r["dS1" if layer == "2" else "dI"] = dS if layer == "2" else dS[0]
    return r
