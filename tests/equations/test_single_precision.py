"""float32 at the paper's sizes, where the bound of the whole network is loose: each equation against its own float64.

On dyadic numbers nothing rounds in either, so that every bit is the same. On positive numbers nothing cancels, so that
the bound of an equation is a small share of each result.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.beyond import test_heads, test_layers
from tests.equations import test_convolution, test_dense, test_loss, test_pooling, test_vectorization
from tests.proofs.symbolic import SHIPPED
from tests.suite.compare import Mismatch, same, within
from tests.suite.properties import Equation, Judged
from tests.suite.sensitivity import PAPER

FILES = (test_convolution, test_dense, test_loss, test_pooling, test_vectorization, test_heads, test_layers)
OF_THE_PAPER = [
    value
    for file in FILES
    for name, value in vars(file).items()
    if name.startswith("Test") and issubclass(value, Equation) and value.sizes in PAPER
]
EXACT = [test for test in OF_THE_PAPER if getattr(test, "test_is_the_index_form_exactly", None)]
BOUNDED = [test for test in OF_THE_PAPER if issubclass(test, Judged)]


def name(test: type) -> str:
    return test.__name__


def exactly(test: type[Equation], implementation: Any) -> None:
    rng = np.random.default_rng(0)
    single = test().arguments(PAPER[test.sizes], lambda *sides: (rng.integers(-32, 32, sides) / 8).astype(np.float32))
    double = {symbol: x.astype(np.float64) if isinstance(x, np.ndarray) else x for symbol, x in single.items()}
    expected = test().call(SHIPPED, double)
    same(test().call(implementation, single), expected.astype(np.float32), single)
    same(expected.astype(np.float32).astype(np.float64), expected, double)


def bounded(test: type[Judged], implementation: Any) -> None:
    rng, sizes = np.random.default_rng(0), PAPER[test.sizes]
    single = test().arguments(sizes, lambda *sides: rng.uniform(0.5, 1, sides).astype(np.float32))
    double = {symbol: x.astype(np.float64) if isinstance(x, np.ndarray) else x for symbol, x in single.items()}
    bound = test().bound(sizes, double, np.float32)
    within(test().call(implementation, single), test().call(SHIPPED, double), bound, single)


@pytest.mark.parametrize("test", EXACT, ids=name)
def test_float32_is_float64_where_nothing_rounds(test: type[Equation]) -> None:
    exactly(test, SHIPPED)


@pytest.mark.parametrize("test", BOUNDED, ids=name)
def test_float32_is_float64_within_the_bound(test: type[Judged]) -> None:
    bounded(test, SHIPPED)


@pytest.mark.parametrize("test", EXACT, ids=name)
def test_a_single_bit_is_noticed(test: type[Equation]) -> None:
    def wrong(*arguments: Any) -> Any:
        return np.nextafter(getattr(SHIPPED, test.function)(*arguments), np.float32(np.inf))

    with pytest.raises(Mismatch):
        exactly(test, SimpleNamespace(**{test.function: wrong}))
