"""Each radius of the whole network, entry by entry: a sum of products, with its terms written out by their indices.

The radii of the operands are those that the propagation gives, so that each test is about one step. The dtype is
float16, whose radii are large: products of two of them count, and so do the smallest numbers.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
import pytest

from reference.rounding import bounds
from reference.rounding.propagation import Radii
from tests.reference.test_propagation import ARCHITECTURES, EACH, Values, exact
from vanillacnn.architecture import Architecture

HALF = np.float16
Entries = Iterator[tuple[int, ...]]


class Known(NamedTuple):
    """The size of a number, and its radius."""

    size: float
    radius: float

    def __mul__(self, other: "Known") -> "Known":  # type: ignore[override]
        """The most that a product moves: both factors are off, in the direction that makes it larger."""
        most, size = self.most * other.most, self.size * other.size
        return Known(size, most - size)

    @property
    def most(self) -> float:
        return self.size + self.radius


QUARTER = Known(1 / 4, 0)


def off(k: int, terms: Iterable[Known]) -> float:
    """The radius of a sum, to whose entries k operations lead."""
    terms = list(terms)
    return sum(term.radius for term in terms) + float(bounds.sums(k, sum(term.most for term in terms), HALF))


class Network(NamedTuple):
    """The values, the radii and the labels."""

    x: Values
    r: Values
    y: np.ndarray
    names: tuple[str, str, str]

    def __call__(self, name: str, *index: int) -> Known:
        radius = self.r[name][index] if name in self.r else 0  # the parameters are exact
        return Known(abs(float(self.x[name][index])), float(radius))

    def maps(self, name: str, *index: int) -> Known:
        """An entry of S1, or of I as the only one of its maps."""
        return self(name, *(index[1:] if name in ("I", "dI") else index))

    def each(self, name: str) -> Entries:
        return np.ndindex(self.x[name].shape)


def network(architecture: Architecture, scale: float = 1) -> Network:
    """With images that are off by so much too, and labels that do not add up to 1."""
    names = (architecture.activation, architecture.pooling, architecture.head)
    y = np.array([[0.3, 0.0], [0.5, 0.7], [0.0, 0.6]])
    params, trace, grads = exact(architecture, y)
    known = Radii(params, trace, grads, y, HALF, names)
    assert not known.r["I"].any()
    known.r["I"] = scale * np.random.default_rng(5).uniform(0.01, 0.02, trace["I"].shape)
    known.forward()
    known.backward_head()
    known.backward()
    return Network(params | trace | grads, known.r, y, names)


def same(x: Network, name: str, expected: Callable[..., float]) -> None:
    assert x.r[name].shape == x.x[name].shape, name
    for entry in x.each(name):
        assert x.r[name][entry] == pytest.approx(expected(*entry), rel=1e-11, abs=0), (name, entry)


@EACH
def test_a_convolution_adds_a_product_for_each_weight_and_the_bias(architecture: Architecture) -> None:
    x = network(architecture)
    for layer, source in (("1", "I"), ("2", "S1")):
        P, _, u, v = x.x[f"K{layer}"].shape

        def C(q: int, i: int, j: int, n: int, layer: str = layer, source: str = source) -> float:
            terms = [
                x.maps(source, p, i + a, j + b, n) * x(f"K{layer}", p, q, a, b)
                for p, a, b in np.ndindex(*x.x[f"K{layer}"][:, 0].shape)
            ]
            return off(len(terms) + 1, [*terms, x(f"b{layer}", q)])

        assert P * u * v + 1 == (7 if layer == "1" else 9)
        same(x, f"C{layer}", C)


@EACH
def test_an_activation_passes_on_what_its_slope_lets_through(architecture: Architecture) -> None:
    x = network(architecture)
    own = float(bounds.sigmoid(np.float64(1), HALF))
    for C in ("C1", "C2"):
        relu = architecture.activation == "relu"
        same(x, f"{C}_s", lambda *k, C=C: x(C, *k).radius if relu else x(C, *k).radius / 4 + own)
    if not architecture.head.startswith("softmax"):
        same(x, "yhat_s", lambda *k: x("yhat", *k).radius / 4 + own)


@EACH
def test_a_pooling_adds_the_quarters_of_a_cell_or_takes_its_greatest_radius(architecture: Architecture) -> None:
    x = network(architecture)
    for layer in "12":

        def S(q: int, i: int, j: int, n: int, layer: str = layer) -> float:
            cell = [x(f"C{layer}_s", q, 2 * i + a, 2 * j + b, n) for a, b in product((0, 1), repeat=2)]
            if architecture.pooling == "max":
                return max(entry.radius for entry in cell)
            return off(4, [QUARTER * entry for entry in cell])

        same(x, f"S{layer}", S)


@EACH
def test_the_dense_layer_adds_a_product_for_each_class_or_input_or_image(architecture: Architecture) -> None:
    x = network(architecture)
    _, rows, columns, _ = x.x["S2"].shape
    assert (c := len(x.x["W"]), m := len(x.x["v"]), N := x.y.shape[1]) == (3, 6, 2)
    place = lambda q, i, j: (q * rows + i) * columns + j  # noqa: E731
    for q, i, j, n in x.each("S2"):
        assert x("v", place(q, i, j), n) == x("S2", q, i, j, n)
        assert x("dS2", q, i, j, n) == x("dv", place(q, i, j), n)
    same(x, "yhat", lambda i, n: off(m + 1, [x("W", i, k) * x("v", k, n) for k in range(m)] + [x("b", i)]))
    same(x, "dW", lambda i, k: off(N + 1, [x("dyhat", i, n) * x("v", k, n) for n in range(N)]))
    same(x, "db", lambda i: off(N + 1, [x("dyhat", i, n) for n in range(N)]))
    same(x, "dv", lambda k, n: off(c + 1, [x("W", i, k) * x("dyhat", i, n) for i in range(c)]))


@EACH
def test_the_gradients_of_a_convolution_add_their_products(architecture: Architecture) -> None:
    x = network(architecture)
    for layer, source in (("1", "I"), ("2", "S1")):
        K, dC = f"K{layer}", f"dC{layer}"
        (_, Q, u, v), (_, rows, columns, N) = x.x[K].shape, x.x[dC].shape
        terms: dict[tuple[object, ...], list[Known]] = {}
        for p, q, a, b, i, j, n in np.ndindex(*x.x[K].shape, rows, columns, N):
            entry = x(dC, q, i, j, n)
            terms.setdefault(("dK", p, q, a, b), []).append(x.maps(source, p, i + a, j + b, n) * entry)
            terms.setdefault(("dS", p, i + a, j + b, n), []).append(x(K, p, q, a, b) * entry)
        count = rows * columns * N + 1
        for key, found in terms.items():
            if key[0] == "dK":
                assert x.r[f"dK{layer}"][key[1:]] == pytest.approx(off(count, found), rel=1e-11, abs=0), key
            else:
                known = x.maps(f"d{source}", *key[1:]).radius
                assert known == pytest.approx(off(Q * u * v + 1, found), rel=1e-11, abs=0), key
        same(x, f"db{layer}", lambda q, dC=dC: off(count, [x(dC, q, *k) for k in np.ndindex(rows, columns, N)]))


@EACH
def test_the_slope_of_an_activation_is_known_up_to_a_radius(architecture: Architecture) -> None:
    x = network(architecture)
    seen = set()
    layers = {"dC1": "C1", "dC2": "C2"}
    if architecture.head in ("squared_error", "normalized_cross_entropy"):
        same(x, "dyhat", lambda *k: off(4, [x("dyhat_s", *k) * Known(1 / 4, x("yhat_s", *k).radius)]))
    for dC, C in layers.items():

        def through(*k: int, dC: str = dC, C: str = C) -> float:
            D, C_s = x(f"{dC}_s", *k), x(f"{C}_s", *k)
            if architecture.activation == "sigmoid":
                return off(4, [D * Known(1 / 4, C_s.radius)])
            low, high = (x.x[C][k] + sign * x(C, *k).radius for sign in (-1, 1))
            seen.add((low > 0, high > 0))
            return D.radius if low > 0 else 0 if high < 0 else D.most

        same(x, dC, through)
    assert architecture.activation == "sigmoid" or len(seen) == 3


@EACH
def test_a_pooling_passes_back_a_quarter_or_all_to_where_the_greatest_may_be(architecture: Architecture) -> None:
    x = network(architecture)
    seen = set()
    for layer in "12":
        C_s, dS = f"C{layer}_s", f"dS{layer}"

        def back(q: int, i: int, j: int, n: int, layer: str = layer, C_s: str = C_s, dS: str = dS) -> float:
            D = x(dS, q, i // 2, j // 2, n)
            if architecture.pooling == "mean":
                return off(4, [QUARTER * D])
            cell = [(q, i // 2 * 2 + a, j // 2 * 2 + b, n) for a, b in product((0, 1), repeat=2)]
            greatest = max(cell, key=lambda k: x.x[C_s][k])
            least = x.x[C_s][greatest] - x(f"S{layer}", q, i // 2, j // 2, n).radius
            near = [k for k in cell if x.x[C_s][k] + x(C_s, *k).radius >= least]
            seen.add(len(near))
            return D.most if len(near) > 1 else D.radius if (q, i, j, n) == greatest else 0

        same(x, f"d{C_s}", back)
    assert architecture.pooling == "mean" or seen >= {1, 2}


@EACH
def test_a_head_moves_by_its_terms(architecture: Architecture) -> None:
    x = network(architecture)
    (c, N), head = x.y.shape, architecture.head
    total = [float(sum(x.y[i, n] for i in range(c))) for n in range(N)]
    label = lambda i, n: Known(float(x.y[i, n]), 0)  # noqa: E731
    share = lambda n: Known(1 / N, 0)  # noqa: E731

    def inverse(X: Known) -> Known:
        return Known(1 / X.size, 1 / (X.size - X.radius) - 1 / X.size)

    def dyhat_s(i: int, n: int) -> float:
        if head in ("softmax_cross_entropy", "binary_cross_entropy"):
            return 0
        if head != "normalized_cross_entropy":
            return off(4, [share(n) * Known(abs(x.x["yhat_s"][i, n] - x.y[i, n]), x("yhat_s", i, n).radius)])
        s = [x("yhat_s", k, n) for k in range(c)]
        Z = Known(sum(X.size for X in s), sum(X.radius for X in s))
        return off(2 * (c + 4), [share(n) * Known(total[n], 0) * inverse(Z), share(n) * label(i, n) * inverse(s[i])])

    def dyhat(i: int, n: int) -> float:
        s, D = ([x(name, k, n) for k in range(c)] for name in ("yhat_s", "dyhat_s"))
        if head == "softmax_squared_error":  # s(i) Δ(i) - Σ_k s(i) s(k) Δ(k)
            return off(c + 4, [s[i] * D[i], *(s[i] * s[k] * D[k] for k in range(c))])
        whole = Known(total[n] if head == "softmax_cross_entropy" else 1, 0)
        return off(c + 4, [share(n) * whole * s[i], share(n) * label(i, n)])

    same(x, "dyhat_s", dyhat_s)
    if head not in ("squared_error", "normalized_cross_entropy"):  # these have the slope of a sigmoid
        same(x, "dyhat", dyhat)


def test_a_softmax_grows_and_shrinks_by_its_exponentials() -> None:
    x = network(ARCHITECTURES[1])
    largest = max(x("yhat", *k).most for k in x.each("yhat"))

    def s(i: int, n: int) -> float:
        factor = math.exp(max(x("yhat", k, n).radius for k in range(len(x.y)))) ** 2
        grown = np.array([[x("yhat_s", k, n).size * factor] for k in range(len(x.y))])
        own = bounds.softmax(grown, largest + largest, HALF)[i, 0]
        return float(grown[i, 0] - x("yhat_s", i, n).size + own)

    same(x, "yhat_s", s)
