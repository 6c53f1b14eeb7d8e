"""How far each intermediate and each gradient of the whole network may be from the exact one.

Every X is known up to a radius r_X ≥ |X̂ - X|, for any evaluation in the given dtype. The radius of a result is what
the radii of its operands become, plus what the operation itself rounds (`bounds`). Sums of products are linear, so
radii go through the very same forward equation or pullback, with the sizes of the other operand.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import DTypeLike

from reference import forward
from reference.autodiff import pullback, value
from reference.rounding import bounds
from reference.rounding.bounds import Floats

Arrays = Mapping[str, Floats]

PAPER = ("sigmoid", "mean", "squared_error")


def radii(
    params: Arrays, trace: Arrays, grads: Arrays, y: Floats, dtype: DTypeLike, names: tuple[str, str, str] = PAPER
) -> dict[str, Floats]:
    """r_X of every X in `trace` and in `grads`, which are float64 evaluations of the network, by their names.

    `names` say what stands in the places of the activation, the pooling and the head.
    """
    found = Radii(params, trace, grads, y, dtype, names)
    found.forward()
    found.backward_head()
    found.backward()
    return found.r


class Radii:
    """What `radii` knows as it goes through the network. A product of two operands that are both known up to a radius
    moves by |a| r_b + |b| r_a + r_a r_b."""

    def __init__(
        self, params: Arrays, trace: Arrays, grads: Arrays, y: Floats, dtype: DTypeLike, names: tuple[str, str, str]
    ) -> None:
        self.exact, self.y, self.dtype = {**params, **trace, **grads}, y, dtype
        self.size = {name: np.abs(np.asarray(X, np.float64)) for name, X in self.exact.items()}
        self.r: dict[str, Floats] = {"I": np.zeros_like(self.size["I"])}
        self.activation, self.pooling, self.head = names

    def upper(self, name: str) -> Floats:
        return self.size[name] + self.r[name]

    def sums(self, terms: int, magnitude: Floats) -> Floats:
        return bounds.sums(terms, magnitude, self.dtype)

    def forward(self) -> None:
        """§4.2: ⋆ and W v are linear, σ has a slope of at most ¼, and a rectifier or a maximum one of at most 1."""
        size, r = self.size, self.r
        for layer, source in (("1", "I"), ("2", "S1")):
            C, C_s, K, b = f"C{layer}", f"C{layer}_s", size[f"K{layer}"], size[f"b{layer}"]
            k = K.size // K.shape[1] + 1
            S, r_S = (X.reshape(K.shape[0], *X.shape[-3:]) for X in (self.upper(source), r[source]))
            r[C] = value(forward.conv_forward, r_S, K, np.zeros_like(b))
            r[C] = r[C] + self.sums(k, value(forward.conv_forward, S, K, b))
            r[C_s] = self.sigmoid(r[C]) if self.activation == "sigmoid" else r[C]
            if self.pooling == "max":
                r[f"S{layer}"] = value(forward.max_pool, r[C_s])
            else:
                rounded = self.sums(4, value(forward.mean_pool, self.upper(C_s)))
                r[f"S{layer}"] = value(forward.mean_pool, r[C_s]) + rounded
        W, b = size["W"], size["b"][:, np.newaxis]
        r["v"] = value(forward.vectorize, r["S2"])
        r["yhat"] = W @ r["v"] + self.sums(W.shape[1] + 1, W @ self.upper("v") + b)
        r["yhat_s"] = self.softmax(r["yhat"]) if self.head.startswith("softmax") else self.sigmoid(r["yhat"])

    def sigmoid(self, r: Floats) -> Floats:
        return r / 4 + bounds.sigmoid(np.float64(1), self.dtype)

    def softmax(self, r: Floats) -> Floats:
        """Each e^ŷ and their sum change by a factor of at most e^r, and their quotient by one of e^2r."""
        s, grown = self.size["yhat_s"], np.exp(2 * r.max(axis=0))
        spread = 2 * (self.size["yhat"] + r).max()
        return s * (grown - 1) + bounds.softmax(s * grown, spread, self.dtype)

    def backward_head(self) -> None:
        """From the loss to Δŷ, by way of Δŷ_σ where there is one."""
        y, r, r_s, s = self.y, self.r, self.r["yhat_s"], self.size["yhat_s"]
        N, k, total = y.shape[1], len(y) + 4, y.sum(axis=0)
        if self.head in ("softmax_cross_entropy", "binary_cross_entropy"):
            share = total if self.head == "softmax_cross_entropy" else 1
            r["dyhat_s"] = np.zeros_like(s)
            r["dyhat"] = share * r_s / N + self.sums(k, (share * (s + r_s) + np.abs(y)) / N)
            return
        r["dyhat_s"] = r_s / N + self.sums(4, (np.abs(self.exact["yhat_s"] - y) + r_s) / N)
        if self.head == "normalized_cross_entropy":
            Z, r_Z, low = s.sum(axis=0), r_s.sum(axis=0), s - r_s
            if not (low > 0).all():
                raise ValueError("yhat_s: expected scores that are certainly positive")
            moved = (total * r_Z / (Z * (Z - r_Z)) + y * r_s / (s * low)) / N
            r["dyhat_s"] = moved + self.sums(2 * k, (total / (Z - r_Z) + y / low) / N)
        if self.head != "softmax_squared_error":
            r["dyhat"] = self.slope("dyhat_s", "yhat_s")
            return
        ds, r_ds = self.size["dyhat_s"], r["dyhat_s"]
        inner = ds + (s * ds).sum(axis=0)
        r_inner = r_ds + (s * r_ds + r_s * (ds + r_ds)).sum(axis=0)
        r["dyhat"] = s * r_inner + r_s * (inner + r_inner) + self.sums(k, (s + r_s) * (inner + r_inner))

    def slope(self, dX: str, X: str) -> Floats:
        """Δ s (1 - s), where s (1 - s) is at most ¼ and moves by at most the error of s."""
        D = self.upper(dX)
        return self.r[dX] / 4 + D * self.r[X] + self.sums(4, D / 4 + D * self.r[X])

    def switched(self, dX: str, C: str) -> Floats:
        """Through a rectifier. Where C may have either sign, all may get through, or nothing."""
        return np.where(np.abs(self.exact[C]) > self.r[C], self.r[dX] * (self.exact[C] > 0), self.upper(dX))

    def unpooled(self, dS: str, S: str, C_s: str) -> Floats:
        if self.pooling == "mean":
            return doubled(self.r[dS] / 4 + self.sums(4, self.upper(dS) / 4))
        # Where another entry may be the greatest too, either of them may get all.
        near = (self.exact[C_s] + self.r[C_s] >= doubled(self.exact[S] - self.r[S])).astype(np.float64)
        alone = doubled(value(forward.mean_pool, near) == 1 / 4)
        (back,) = pullback(forward.max_pool, self.r[dS], self.exact[C_s])
        return np.where(alone, back, doubled(self.upper(dS)))

    def backward(self) -> None:
        """§4.4, from Δŷ back to I."""
        size, r, W = self.size, self.r, self.size["W"]
        D, v, N = self.upper("dyhat"), self.upper("v"), self.y.shape[1]
        r["dW"] = r["dyhat"] @ v.T + size["dyhat"] @ r["v"].T + self.sums(N + 1, D @ v.T)
        r["db"] = r["dyhat"].sum(axis=1) + self.sums(N + 1, D.sum(axis=1))
        r["dv"] = W.T @ r["dyhat"] + self.sums(len(W) + 1, W.T @ D)
        r["dS2"] = r["dv"].reshape(size["S2"].shape)
        for layer, source in (("2", "S1"), ("1", "I")):
            dC, C, K = f"dC{layer}", f"C{layer}", size[f"K{layer}"]
            r[f"{dC}_s"] = self.unpooled(f"dS{layer}", f"S{layer}", f"{C}_s")
            r[dC] = self.slope(f"{dC}_s", f"{C}_s") if self.activation == "sigmoid" else self.switched(f"{dC}_s", C)
            S, r_S = (X.reshape(K.shape[0], *X.shape[-3:]) for X in (self.upper(source), r[source]))
            entries = size[dC].size // K.shape[1] + 1
            counts, most = (K.size // K.shape[0] + 1, entries, entries), self.product(self.upper(dC), S, K)
            of_dC = zip(self.product(r[dC], S, K), counts, most, strict=True)
            dS, dK, r[f"db{layer}"] = (far + self.sums(k, magnitude) for far, k, magnitude in of_dC)
            r[f"dK{layer}"] = dK + self.product(size[dC], r_S, K)[1]
            r[f"d{source}"] = dS.reshape(size[source].shape)

    @staticmethod
    def product(dC: Floats, S: Floats, K: Floats) -> tuple[Floats, ...]:
        """ΔS, ΔK and Δb, of sizes or of radii."""
        return pullback(forward.conv_forward, dC, S, K, np.zeros(len(dC)))


def doubled(S: Floats) -> Floats:
    """Each entry for the four of its cell."""
    return np.repeat(np.repeat(S, 2, axis=1), 2, axis=2)
