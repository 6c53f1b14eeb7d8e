"""Learning-rate schedules against Optax, and where they begin, turn and end."""

import math
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import optimizers
from reference.rounding import bounds
from tests.suite.compare import same, within
from tests.suite.implementation import Implementation
from tests.suite.properties import INDEX_FORM

RATES = st.integers(1, 64).map(lambda k: k / 8)
GENERAL = st.floats(1e-6, 10)
STEPS = st.integers(0, 40)


class Rate:
    """A schedule, to be inherited: `general` draws any arguments, `dyadic` those on which nothing rounds."""

    function: ClassVar[str]
    general: ClassVar[st.SearchStrategy[tuple[Any, ...]]]
    dyadic: ClassVar[st.SearchStrategy[tuple[Any, ...]]]

    def roundings(self, *arguments: Any) -> float:
        """How often each side rounds, in shares of α."""
        raise NotImplementedError

    @given(data=st.data())
    def test_is_the_index_form_exactly(self, implementation: Implementation, data: st.DataObject) -> None:
        arguments = data.draw(self.general)
        same(self.of(implementation, arguments), self.of(INDEX_FORM, arguments), {"arguments": arguments})

    @given(data=st.data())
    def test_is_optax_exactly(self, implementation: Implementation, data: st.DataObject) -> None:
        arguments = data.draw(self.dyadic)
        same(self.of(implementation, arguments), self.of(optimizers, arguments), {"arguments": arguments})

    @given(data=st.data())
    def test_is_optax_within_the_bound(self, implementation: Implementation, data: st.DataObject) -> None:
        arguments = data.draw(self.general)
        actual, expected = self.of(implementation, arguments), self.of(optimizers, arguments)
        size = self.size(expected, *arguments)
        bound = 2 * bounds.sums(math.ceil(self.roundings(*arguments)), size, np.float64)
        within(actual, expected, bound, {"arguments": arguments})

    def size(self, expected: float, *arguments: Any) -> float:
        """The size of the terms: the rate itself, where there is one term."""
        return expected

    def of(self, forms: Any, arguments: tuple[Any, ...]) -> float:
        return getattr(forms, self.function)(*arguments)


class TestG9(Rate):
    function = "step_decay"
    general = st.tuples(GENERAL, STEPS, st.floats(0.01, 1), st.integers(1, 9))
    dyadic = st.tuples(RATES, STEPS, st.integers(1, 8).map(lambda k: k / 8), st.integers(5, 9))

    def roundings(self, *arguments: Any) -> float:
        """The power and the product."""
        return bounds.POW + 1

    def test_is_a_staircase_exactly(self, implementation: Implementation) -> None:
        rates = [implementation.step_decay(3.0, k, 0.25, 2) for k in range(6)]
        assert rates == [3.0, 3.0, 0.75, 0.75, 0.1875, 0.1875]


class TestG10(Rate):
    function = "exponential_decay"
    general = st.tuples(GENERAL, STEPS, st.floats(0.01, 1), st.integers(1, 9))
    dyadic = st.tuples(RATES, STEPS, st.sampled_from([1.0, 2.0**-4, 2.0**-8]), st.sampled_from([1, 2, 4]))

    def roundings(self, alpha: float, k: int, gamma: float, h: int) -> float:
        """A share u of the exponent k/h moves the power by |k/h log γ| u; then the power and the product."""
        return k / h * abs(math.log(gamma)) + bounds.POW + 1

    def test_meets_the_staircase_where_it_steps_exactly(self, implementation: Implementation) -> None:
        rates = [implementation.exponential_decay(3.0, k, 0.25, 2) for k in range(5)]
        assert rates == [3.0, 1.5, 0.75, 0.375, 0.1875]


class TestG11(Rate):
    function = "cosine_decay"
    general = st.tuples(GENERAL, st.integers(0, 20), st.integers(20, 40))
    dyadic = st.tuples(RATES, st.just(0), st.integers(1, 40)) | st.integers(1, 20).flatmap(
        lambda k: st.tuples(RATES, st.sampled_from([k, 2 * k]), st.just(2 * k))
    )

    def roundings(self, *arguments: Any) -> float:
        """In halves of α: π k/T is at most π and rounded three times, the cosine off by COS·u and the sum, at most 2,
        once; then at most four factors, of which Optax has two more than needed."""
        return (3 * math.pi + bounds.COS + 2) / 2 + 4

    def size(self, expected: float, *arguments: Any) -> float:
        return arguments[0]

    def test_begins_at_alpha_passes_half_and_ends_at_zero_exactly(self, implementation: Implementation) -> None:
        assert [implementation.cosine_decay(3.0, k, 10) for k in (0, 5, 10)] == [3.0, 1.5, 0.0]

    def test_the_two_halves_mirror_each_other(self, implementation: Implementation) -> None:
        """α_k + α_{T-k} = α, up to the roundings of both: at every step of runs of up to 40."""
        bound = 3 * bounds.sums(math.ceil(self.roundings()), 3.0, np.float64)
        for T in range(1, 41):
            for k in range(T + 1):
                total = sum(Fraction(implementation.cosine_decay(3.0, j, T)) for j in (k, T - k))
                within(float(total), 3.0, bound, {"k": k, "T": T})

    def test_falls_at_every_step(self, implementation: Implementation) -> None:
        """Most of all in the middle, by a chord of the sine: no step falls by more than α π/(2T)."""
        for T in range(1, 41):
            falls = -np.diff([implementation.cosine_decay(1.0, k, T) for k in range(T + 1)])
            assert falls.min() > 0
            assert falls.max() <= math.pi / (2 * T) + 2.0**-50


class TestG12(Rate):
    function = "linear_warmup"
    general = st.tuples(GENERAL, STEPS, st.integers(2, 40))
    dyadic = st.tuples(RATES, STEPS, st.sampled_from([2, 3, 5, 9])).map(lambda a: (a[0] * a[2], *a[1:]))

    def roundings(self, *arguments: Any) -> float:
        """Optax goes from α/w to α: both ends, 1 - k/(w - 1), the product and the sum; terms of at most 2α."""
        return 2 * 6

    def size(self, expected: float, *arguments: Any) -> float:
        return arguments[0]

    def test_reaches_alpha_with_the_last_of_its_steps_exactly(self, implementation: Implementation) -> None:
        assert [implementation.linear_warmup(4.0, k, 4) for k in range(6)] == [1.0, 2.0, 3.0, 4.0, 4.0, 4.0]

    @pytest.mark.parametrize("k", [0, 1, 7])
    def test_one_step_is_no_warm_up(self, implementation: Implementation, k: int) -> None:
        assert implementation.linear_warmup(3.0, k, 1) == 3.0
