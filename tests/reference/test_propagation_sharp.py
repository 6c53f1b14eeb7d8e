"""Each radius of the whole network, entry by entry: a sum of products, with its terms written out by their indices.

The radii of the operands are those that the propagation gives, so that each test is about one step. The dtype is
float16, whose radii are large: products of two of them count, and so do the smallest numbers.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any, NamedTuple

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


def off(k: int, terms: Iterable[Known]) -> Known:
    """The radius of a sum, to whose entries k operations lead; and the size of its terms."""
    terms = list(terms)
    most = sum(term.most for term in terms)
    return Known(most, sum(term.radius for term in terms) + float(bounds.sums(k, most, HALF)))


def close(actual: np.float64, expected: Known, where: object) -> None:
    """What either side rounds in float64: fewer than 256 operations lead to a radius, and a difference of two sizes
    is off by what both are."""
    assert abs(float(actual) - expected.radius) <= 2 * bounds.sums(256, 2 * expected.most, np.float64), where


class Network(NamedTuple):
    """The values, the radii and the labels."""

    x: Values
    r: Values
    y: np.ndarray

    def __call__(self, name: str, *index: int) -> Known:
        radius = self.r[name][index] if name in self.r else 0  # the parameters are exact
        return Known(abs(float(self.x[name][index])), float(radius))

    def maps(self, name: str, *index: int) -> Known:
        """An entry of S1, or of I as the only one of its maps."""
        return self(name, *(index[1:] if name in ("I", "dI") else index))

    def each(self, name: str) -> Entries:
        return np.ndindex(self.x[name].shape)


def propagated(architecture: Architecture) -> Radii:
    """With images that are off too, and labels that do not add up to 1."""
    names = (architecture.activation, architecture.pooling, architecture.head)
    y = np.array([[0.3, 0.0], [0.5, 0.7], [0.0, 0.6]])
    known = Radii(*exact(architecture, y), y, HALF, names)
    assert not known.r["I"].any()
    known.r["I"] = np.random.default_rng(5).uniform(0.01, 0.02, known.size["I"].shape)
    known.forward()
    known.backward_head()
    known.backward()
    return known


def network(architecture: Architecture) -> Network:
    known = propagated(architecture)
    return Network(known.exact, known.r, known.y)


def same(x: Network, name: str, expected: Callable[..., Known]) -> None:
    assert x.r[name].shape == x.x[name].shape, name
    for entry in x.each(name):
        close(x.r[name][entry], expected(*entry), (name, entry))


@EACH
def test_a_convolution_adds_a_product_for_each_weight_and_the_bias(architecture: Architecture) -> None:
    x = network(architecture)
    for layer, source, count in (("1", "I", 7), ("2", "S1", 9)):

        def C(q: int, i: int, j: int, n: int, layer: str = layer, source: str = source, count: int = count) -> Known:
            weights = np.ndindex(*x.x[f"K{layer}"][:, q].shape)
            terms = [x.maps(source, p, i + a, j + b, n) * x(f"K{layer}", p, q, a, b) for p, a, b in weights]
            return off(count, [*terms, x(f"b{layer}", q)])

        same(x, f"C{layer}", C)


@EACH
def test_an_activation_passes_on_what_its_slope_lets_through(architecture: Architecture) -> None:
    x = network(architecture)
    own, relu = float(bounds.sigmoid(np.float64(1), HALF)), architecture.activation == "relu"
    for C in ("C1", "C2"):
        same(x, f"{C}_s", lambda *k, C=C: Known(0, x(C, *k).radius if relu else x(C, *k).radius / 4 + own))
    if not architecture.head.startswith("softmax"):
        same(x, "yhat_s", lambda *k: Known(0, x("yhat", *k).radius / 4 + own))


@EACH
def test_a_pooling_adds_the_quarters_of_a_cell_or_takes_its_greatest_radius(architecture: Architecture) -> None:
    x = network(architecture)
    for layer in "12":

        def S(q: int, i: int, j: int, n: int, layer: str = layer) -> Known:
            cell = [x(f"C{layer}_s", q, 2 * i + a, 2 * j + b, n) for a, b in product((0, 1), repeat=2)]
            if architecture.pooling == "max":
                return Known(0, max(entry.radius for entry in cell))
            return off(4, [QUARTER * entry for entry in cell])

        same(x, f"S{layer}", S)


@EACH
def test_the_dense_layer_adds_a_product_for_each_class_or_input_or_image(architecture: Architecture) -> None:
    x = network(architecture)
    _, rows, columns, _ = x.x["S2"].shape
    c, m, N = 3, 6, 2
    for q, i, j, n in x.each("S2"):
        place = (q * rows + i) * columns + j
        assert x("v", place, n) == x("S2", q, i, j, n)
        assert x("dS2", q, i, j, n) == x("dv", place, n)
    same(x, "yhat", lambda i, n: off(m + 1, [x("W", i, k) * x("v", k, n) for k in range(m)] + [x("b", i)]))
    same(x, "dW", lambda i, k: off(N + 1, [x("dyhat", i, n) * x("v", k, n) for n in range(N)]))
    same(x, "db", lambda i: off(N + 1, [x("dyhat", i, n) for n in range(N)]))
    same(x, "dv", lambda k, n: off(c + 1, [x("W", i, k) * x("dyhat", i, n) for i in range(c)]))


@EACH
def test_the_gradients_of_a_convolution_add_their_products(architecture: Architecture) -> None:
    x = network(architecture)
    for layer, source, of_an_input, of_a_weight in (("1", "I", 13, 121), ("2", "S1", 13, 17)):
        K, dC = f"K{layer}", f"dC{layer}"
        terms: dict[tuple[str, tuple[int, ...]], list[Known]] = {}

        def add(name: str, index: tuple[int, ...], term: Known, terms: Any = terms) -> None:
            terms.setdefault((name, index), []).append(term)

        for q, i, j, n in x.each(dC):
            entry = x(dC, q, i, j, n)
            add(f"db{layer}", (q,), entry)
            for p, a, b in np.ndindex(*x.x[K][:, q].shape):
                add(f"d{K}", (p, q, a, b), x.maps(source, p, i + a, j + b, n) * entry)
                add(f"d{source}", (p, i + a, j + b, n), x(K, p, q, a, b) * entry)
        assert len(terms) == sum(x.x[name].size for name in (f"db{layer}", f"d{K}", f"d{source}"))
        for (name, index), found in terms.items():
            expected = off(of_an_input if name == f"d{source}" else of_a_weight, found)
            close(np.float64(x.maps(name, *index).radius), expected, (name, index))


@EACH
def test_the_slope_of_an_activation_is_known_up_to_a_radius(architecture: Architecture) -> None:
    x = network(architecture)
    seen = set()
    if architecture.head in ("squared_error", "normalized_cross_entropy"):
        same(x, "dyhat", lambda *k: off(4, [x("dyhat_s", *k) * Known(1 / 4, x("yhat_s", *k).radius)]))
    for dC, C in (("dC1", "C1"), ("dC2", "C2")):

        def through(*k: int, dC: str = dC, C: str = C) -> Known:
            D, C_s = x(f"{dC}_s", *k), x(f"{C}_s", *k)
            if architecture.activation == "sigmoid":
                return off(4, [D * Known(1 / 4, C_s.radius)])
            low, high = (x.x[C][k] + sign * x(C, *k).radius for sign in (-1, 1))
            seen.add((low > 0, high > 0))
            return Known(0, D.radius if low > 0 else 0 if high < 0 else D.most)

        same(x, dC, through)
    assert architecture.activation == "sigmoid" or len(seen) == 3


@EACH
def test_a_pooling_passes_back_a_quarter_or_all_to_where_the_greatest_may_be(architecture: Architecture) -> None:
    x = network(architecture)
    seen = set()
    for layer in "12":
        C_s, dS = f"C{layer}_s", f"dS{layer}"

        def back(q: int, i: int, j: int, n: int, layer: str = layer, C_s: str = C_s, dS: str = dS) -> Known:
            D = x(dS, q, i // 2, j // 2, n)
            if architecture.pooling == "mean":
                return off(4, [QUARTER * D])
            cell = [(q, i // 2 * 2 + a, j // 2 * 2 + b, n) for a, b in product((0, 1), repeat=2)]
            greatest = max(cell, key=lambda k: x.x[C_s][k])
            least = x.x[C_s][greatest] - x(f"S{layer}", q, i // 2, j // 2, n).radius
            near = [k for k in cell if x.x[C_s][k] + x(C_s, *k).radius >= least]
            seen.add(len(near))
            return Known(0, D.most if len(near) > 1 else D.radius if (q, i, j, n) == greatest else 0)

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

    def dyhat_s(i: int, n: int) -> Known:
        if head in ("softmax_cross_entropy", "binary_cross_entropy"):
            return Known(0, 0)
        if head != "normalized_cross_entropy":
            return off(4, [share(n) * Known(abs(x.x["yhat_s"][i, n] - x.y[i, n]), x("yhat_s", i, n).radius)])
        s = [x("yhat_s", k, n) for k in range(c)]
        Z = Known(sum(X.size for X in s), sum(X.radius for X in s))
        return off(2 * (c + 4), [share(n) * Known(total[n], 0) * inverse(Z), share(n) * label(i, n) * inverse(s[i])])

    def dyhat(i: int, n: int) -> Known:
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

    def s(i: int, n: int) -> Known:
        factor = math.exp(max(x("yhat", k, n).radius for k in range(len(x.y)))) ** 2
        grown = np.array([[x("yhat_s", k, n).size * factor] for k in range(len(x.y))])
        own = bounds.softmax(grown, largest + largest, HALF)[i, 0]
        return Known(grown[i, 0], float(grown[i, 0] - x("yhat_s", i, n).size + own))

    same(x, "yhat_s", s)


def test_a_rectifier_may_let_all_through_where_its_entry_may_be_zero() -> None:
    known = propagated(ARCHITECTURES[1])
    known.r["C1"] = known.size["C1"]
    np.testing.assert_array_equal(known.switched("dC1_s", "C1"), known.size["dC1_s"] + known.r["dC1_s"])


def test_each_that_may_just_be_the_greatest_may_get_all() -> None:
    known = propagated(ARCHITECTURES[1])
    C_s, S = np.ones_like(known.size["C1_s"]), np.full_like(known.size["S1"], 2)
    C_s[:, ::2, 1::2] = 2
    known.exact |= {"C1_s": C_s, "S1": S}
    known.r |= {"C1_s": np.full_like(C_s, 1 / 2), "S1": np.full_like(S, 1 / 2)}
    back, most = known.unpooled("dS1", "S1", "C1_s"), known.size["dS1"] + known.r["dS1"]
    for q, i, j, n in np.ndindex(back.shape):
        assert back[q, i, j, n] == most[q, i // 2, j // 2, n]


def test_scores_that_may_be_zero_have_no_logarithm() -> None:
    known = propagated(ARCHITECTURES[4])
    known.r["yhat_s"][1, 0] = known.size["yhat_s"][1, 0] * (1 - 2.0**-50)
    known.backward_head()
    known.r["yhat_s"][1, 0] = known.size["yhat_s"][1, 0]
    with pytest.raises(ValueError, match="yhat_s"):
        known.backward_head()
