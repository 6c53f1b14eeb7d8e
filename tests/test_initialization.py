"""§4.1: the initial parameters as distributions, each test with its probability of a false alarm."""

import math

import numpy as np
import pytest

import vanillacnn as vc
from tests.implementation import Implementation

FALSE_ALARM = 1e-10  # of one test, had the seed not been fixed
SAMPLES = 200  # networks drawn

# The bounds a of U(±a) in the paper's network, to the digits that the paper's formulas give by hand.
DRAWN = pytest.mark.parametrize(
    ("name", "shape", "a"),
    [
        pytest.param("K1", (1, 6, 5, 5), 0.185164, id="eq07"),
        pytest.param("K2", (6, 12, 5, 5), 0.115470, id="eq09"),
        pytest.param("W", (10, 192), 0.172345, id="eq11"),
    ],
)


@pytest.fixture(scope="module")
def networks() -> list[vc.Parameters]:
    rng = np.random.default_rng(0)
    return [vc.initialize(rng, dtype=np.float64) for _ in range(SAMPLES)]


@DRAWN
class TestDrawn:
    def test_every_entry_lies_within_the_bound_and_they_fill_it(self, networks, name, shape, a) -> None:
        """n uniform draws all miss the outer share t of ±a with probability (1 - t)ⁿ < e^(-tn)."""
        entries = np.array([getattr(network, name) for network in networks])
        assert entries.shape == (SAMPLES, *shape)
        share = -math.log(FALSE_ALARM) / entries.size
        assert a * (1 - share) - 1e-6 <= np.abs(entries).max() <= a + 1e-6

    def test_entries_are_uniform(self, networks, name, shape, a) -> None:
        """Dvoretzky, Kiefer, Wolfowitz and Massart: P(sup |F_n - F| > ε) ≤ 2 e^(-2nε²)."""
        entries = np.sort([getattr(network, name) for network in networks], axis=None)
        n = entries.size
        uniform = (entries / a + 1) / 2
        distance = max(np.abs(uniform - np.arange(n) / n).max(), np.abs(uniform - np.arange(1, n + 1) / n).max())
        assert distance <= math.sqrt(math.log(2 / FALSE_ALARM) / (2 * n)) + 1e-5  # the digits of a

    def test_entries_are_independent(self, networks, name, shape, a) -> None:
        """Products of disjoint pairs lie in ±a² with mean 0. Hoeffding: P(|mean| > t a²) ≤ 2 e^(-nt²/2)."""
        entries = np.array([getattr(network, name) for network in networks]).reshape(SAMPLES, -1)
        neighbours = entries[:, 0::2] * entries[:, 1::2]  # within a network
        networks_apart = entries[0::2] * entries[1::2]  # the same entry of two networks
        for products in (neighbours, networks_apart):
            assert abs(products.mean()) <= math.sqrt(2 * math.log(2 / FALSE_ALARM) / products.size) * a**2


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        pytest.param("b1", (6,), id="eq08"),
        pytest.param("b2", (12,), id="eq10"),
        pytest.param("b", (10,), id="eq12"),
    ],
)
def test_biases_are_zero(networks, name, shape) -> None:
    np.testing.assert_array_equal(getattr(networks[0], name), np.zeros(shape), strict=True)


def test_the_bound_follows_the_sizes(implementation: Implementation) -> None:
    """Twice as many connections, a bound √2 smaller: of the same draws, every one."""
    few, many = (implementation.initialize_kernels(np.random.default_rng(1), 2, Q, 2, 3, np.float64) for Q in (1, 4))
    assert few.shape == (2, 1, 2, 3)
    np.testing.assert_array_max_ulp(few.ravel(), many.ravel()[:12] * math.sqrt(2), maxulp=4)
    tall, wide = (
        implementation.initialize_kernels(np.random.default_rng(1), 2, 3, *k, np.float64) for k in ((2, 3), (3, 2))
    )
    np.testing.assert_array_equal(tall.ravel(), wide.ravel())
    few, many = (implementation.initialize_weights(np.random.default_rng(1), 3, m, np.float64) for m in (5, 29))
    np.testing.assert_array_max_ulp(few.ravel(), many.ravel()[:15] * 2, maxulp=4)
