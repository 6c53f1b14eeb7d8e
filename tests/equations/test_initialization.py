"""§4.1: the initial parameters as distributions, each test with its probability of a false alarm."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vanillacnn as vc
from tests.suite.implementation import Implementation

FALSE_ALARM = 1e-10  # of one test, if the seed were not fixed
SAMPLES = 200  # arrays drawn
SIZES = st.integers(1, 5)
DTYPES = st.sampled_from([np.float64, np.float32])


class Drawn:
    """Entries independent and uniform on ±a, to be inherited: a, the paper's sizes, and what counts as a connection."""

    function: ClassVar[str]
    sizes: ClassVar[tuple[int, ...]]
    shape: ClassVar[tuple[int, ...]]
    a: ClassVar[float]  # to six digits, as the paper's formula gives it by hand
    arguments: ClassVar[int]
    connections: ClassVar[Callable[..., int]]

    def sample(self, implementation: Implementation) -> np.ndarray:
        rng = np.random.default_rng(0)
        draws = [getattr(implementation, self.function)(rng, *self.sizes, np.float64) for _ in range(SAMPLES)]
        assert draws[0].shape == self.shape
        return np.array(draws).reshape(SAMPLES, -1)

    def test_entries_fill_the_bound(self, implementation: Implementation) -> None:
        """n uniform draws all miss the outer share t of ±a with probability (1 - t)ⁿ < e^(-tn)."""
        entries = self.sample(implementation)
        share = -math.log(FALSE_ALARM) / entries.size
        assert self.a * (1 - share) - 1e-6 <= np.abs(entries).max() <= self.a + 1e-6

    def test_entries_are_uniform(self, implementation: Implementation) -> None:
        """Dvoretzky, Kiefer, Wolfowitz and Massart: P(sup |F_n - F| > ε) ≤ 2 e^(-2nε²)."""
        uniform = (np.sort(self.sample(implementation), axis=None) / self.a + 1) / 2
        n = uniform.size
        distance = max(np.abs(uniform - np.arange(n) / n).max(), np.abs(uniform - np.arange(1, n + 1) / n).max())
        assert distance <= math.sqrt(math.log(2 / FALSE_ALARM) / (2 * n)) + 1e-5  # the digits of a

    def test_entries_are_independent(self, implementation: Implementation) -> None:
        """Products of disjoint pairs lie in ±a² with mean 0. Hoeffding: P(|mean| > t a²) ≤ 2 e^(-nt²/2)."""
        entries = self.sample(implementation)
        within_an_array = entries[:, 0::2] * entries[:, 1::2]
        between_arrays = entries[0::2] * entries[1::2]
        for products in (within_an_array, between_arrays):
            assert abs(products.mean()) <= math.sqrt(2 * math.log(2 / FALSE_ALARM) / products.size) * self.a**2

    @given(data=st.data())
    def test_is_inside_its_definition_exactly(self, implementation: Implementation, data: st.DataObject) -> None:
        """θ² (n_in + n_out) ≤ 6 in rational arithmetic, up to the rounding of a and of θ, at any sizes."""
        dtype, seed = data.draw(DTYPES), data.draw(st.integers(0, 99))
        sizes = [data.draw(SIZES) for _ in range(self.arguments)]
        theta = getattr(implementation, self.function)(np.random.default_rng(seed), *sizes, dtype)
        assert theta.dtype == dtype
        assert theta.shape == tuple(sizes)
        rounding = 1 + 8 * Fraction(float(np.finfo(dtype).eps))
        for entry in theta.flat:
            assert Fraction(float(entry)) ** 2 * type(self).connections(*sizes) <= 6 * rounding

    @pytest.mark.form("the same seed in float32 and float64")
    @given(seed=st.integers(0, 99))
    def test_is_rounded_from_float64_exactly(self, implementation: Implementation, seed: int) -> None:
        """The same seed is the same network in every dtype."""
        double, single = (
            getattr(implementation, self.function)(np.random.default_rng(seed), *self.sizes, dtype)
            for dtype in (np.float64, np.float32)
        )
        np.testing.assert_array_equal(double.astype(np.float32), single, strict=True)


class Kernels(Drawn):
    function, arguments = "initialize_kernels", 4

    def connections(P: int, Q: int, x_k: int, y_k: int) -> int:
        return (P + Q) * x_k * y_k


class TestEq07(Kernels):
    sizes, shape, a = (1, 6, 5, 5), (1, 6, 5, 5), 0.185164


class TestEq09(Kernels):
    sizes, shape, a = (6, 12, 5, 5), (6, 12, 5, 5), 0.115470


class TestL5(Drawn):
    """Wider than (9) by more than half: only the number of inputs counts."""

    function, arguments = "initialize_kernels_he", 4
    sizes, shape, a = (6, 12, 5, 5), (6, 12, 5, 5), 0.2

    def connections(P: int, Q: int, x_k: int, y_k: int) -> int:
        return P * x_k * y_k


class TestEq11(Drawn):
    function, sizes, shape, a, arguments = "initialize_weights", (10, 192), (10, 192), 0.172345, 2

    def connections(classes: int, features: int) -> int:
        return classes + features


class TestEq08Eq10Eq12:
    function = "initialize_bias"

    @given(size=SIZES, dtype=DTYPES)
    def test_is_zero_exactly(self, implementation: Implementation, size: int, dtype: Any) -> None:
        np.testing.assert_array_equal(implementation.initialize_bias(size, dtype), np.zeros(size, dtype), strict=True)


@pytest.mark.parametrize(("name", "shape"), [("K1", (1, 6, 5, 5)), ("K2", (6, 12, 5, 5)), ("W", (10, 192))])
def test_the_network_draws_each_array_on_its_own(name: str, shape: tuple[int, ...]) -> None:
    params = vc.initialize(np.random.default_rng(0))._asdict()
    assert params[name].shape == shape
    assert all(not np.isin(params[name], params[other]).any() for other in {"K1", "K2", "W"} - {name})
    assert not any(params[bias].any() for bias in ("b1", "b2", "b"))


@pytest.mark.parametrize("maps", [(2, 9), (9, 2)])
@pytest.mark.parametrize(
    ("activation", "connections"), [("sigmoid", lambda P, Q: 25 * (P + Q)), ("relu", lambda P, Q: 25 * P)]
)
def test_the_network_s_kernels_fill_their_bound_and_biases_are_zero(activation, connections, maps) -> None:
    """n uniform draws all miss the outer share t of ±a with probability (1 - t)ⁿ < e^(-tn)."""
    P, Q = maps
    params = vc.initialize(np.random.default_rng(0), maps=maps, architecture=vc.Architecture(activation))
    for K, bound in ((params.K1, connections(1, P)), (params.K2, connections(P, Q))):
        largest = float(np.abs(K).max()) / math.sqrt(6 / bound)
        assert 1 + math.log(FALSE_ALARM) / K.size <= largest <= 1 + 1e-6
    assert (params.K1.shape, params.K2.shape) == ((1, P, 5, 5), (P, Q, 5, 5))
    assert not any(bias.any() for bias in (params.b1, params.b2, params.b))
