"""§2.3: σ and σ′, compared with 60 decimal digits under the bounds of reference/rounding/bounds.py."""

from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reference import forward as jax_forward
from reference.autodiff import pullback
from reference.rounding import bounds
from tests.suite import slack
from tests.suite.compare import same, within
from tests.suite.generators import activations, general
from tests.suite.implementation import Implementation
from tests.suite.properties import INDEX_FORM
from vanillacnn.equations.sigmoid import sigmoid

DTYPES = st.sampled_from([np.float16, np.float32, np.float64])
FLOATS = st.sampled_from([np.float32, np.float64])  # that JAX keeps
FORMS = pytest.mark.parametrize("form", ["operator", "index"])


@st.composite
def arguments(draw: Any) -> np.ndarray:
    """Any float: zeros, subnormals, saturated on either side, infinite."""
    dtype = np.dtype(draw(DTYPES))
    width = 8 * dtype.itemsize
    entries = (
        st.floats(-20, 20, width=width) | st.floats(-800, 800, width=width) | st.floats(allow_nan=False, width=width)
    )
    return draw(hnp.arrays(dtype, st.integers(1, 4), elements=entries, fill=st.nothing()))


def exact(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """σ(x) and σ′(x), rounded once, to float64."""
    with localcontext(prec=60, Emax=10**15, Emin=-(10**15)):
        powers = [Decimal(float(max(min(t, 1000), -1000))).exp() for t in -x.astype(np.float64)]
        return np.array([float(1 / (1 + e)) for e in powers]), np.array([float(e / (1 + e) ** 2) for e in powers])


@pytest.fixture(scope="session")
def forms(implementation: Implementation) -> dict[str, Implementation]:
    return {"operator": implementation, "index": INDEX_FORM}


@FORMS
@pytest.mark.needs("sigmoid")
class TestSection23:
    @given(data=st.data())
    def test_is_right_where_it_bends(self, forms: dict[str, Implementation], form: str, data: st.DataObject) -> None:
        x = data.draw(activations(4, dtype=data.draw(FLOATS)))
        s, _ = exact(x)
        within(forms[form].sigmoid(x), s, bounds.sigmoid(s, x.dtype) + bounds.roundoff(np.float64) * s, {"x": x})

    @pytest.mark.form("the accuracy of σ in its tails")
    @given(x=arguments())
    def test_is_sixty_digits_within_the_bound(self, forms: dict[str, Implementation], form: str, x: np.ndarray) -> None:
        s, _ = exact(x)
        actual = forms[form].sigmoid(x)
        assert actual.dtype == x.dtype
        # float64 is the dtype of the exact value too, which is rounded once.
        bound = bounds.sigmoid(s, x.dtype) + bounds.roundoff(np.float64) * s
        within(actual.astype(np.float64), s, bound, {"x": x})
        slack.record(type(self).__name__, np.abs(actual - s), bound)

    @pytest.mark.form("σ at ±∞")
    def test_is_its_limits_exactly(self, forms: dict[str, Implementation], form: str) -> None:
        x = np.array([-np.inf, -0.0, 0.0, np.inf])
        same(forms[form].sigmoid(x), np.array([0.0, 0.5, 0.5, 1.0]), {"x": x})

    @pytest.mark.form("σ where e^-x overflows")
    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    def test_is_the_bound_where_its_exponential_overflows(
        self, forms: dict[str, Implementation], form: str, dtype
    ) -> None:
        """Where e^-x overflows: on either side of the logarithm of the largest float, number by number."""
        first = dtype(-np.log(np.float64(np.finfo(dtype).max)))
        x = first + np.arange(-50, 50).astype(dtype) * np.spacing(first)
        s, _ = exact(x)
        within(forms[form].sigmoid(x).astype(np.float64), s, bounds.sigmoid(s, dtype), {"x": x})

    @pytest.mark.form("σ of NaN, or an overflow that warns")
    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    def test_nan_stays_nan_and_nothing_warns(self, forms: dict[str, Implementation], form: str, dtype) -> None:
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            s = forms[form].sigmoid(np.array([np.nan, 1e4, -1e4], dtype))
        assert np.isnan(s[0])
        same(s[1:], np.array([1, 0], dtype), {})


@FORMS
@pytest.mark.needs("sigmoid_derivative")
class TestEq06:
    @given(data=st.data())
    def test_is_right_where_it_bends(self, forms: dict[str, Implementation], form: str, data: st.DataObject) -> None:
        x = data.draw(activations(4, dtype=data.draw(FLOATS)))
        s, slope = exact(x)
        bound = bounds.sigmoid_derivative(s, x.dtype) + bounds.roundoff(np.float64) * slope
        within(forms[form].sigmoid_derivative(x), slope, bound, {"x": x})

    @pytest.mark.form("the accuracy of σ′ in its tails")
    @given(x=arguments())
    def test_is_sixty_digits_within_the_bound(self, forms: dict[str, Implementation], form: str, x: np.ndarray) -> None:
        s, slope = exact(x)
        actual = forms[form].sigmoid_derivative(x).astype(np.float64)
        bound = bounds.sigmoid_derivative(s, x.dtype) + bounds.roundoff(np.float64) * slope
        within(actual, slope, bound, {"x": x})
        slack.record(type(self).__name__, np.abs(actual - slope), bound)

    @pytest.mark.form("the accuracy of σ′ in its tails")
    @given(x=arguments())
    def test_is_autodiff_within_the_bound(self, forms: dict[str, Implementation], form: str, x: np.ndarray) -> None:
        x = x.clip(-700, 700)  # beyond, σ is subnormal or nearly so, and XLA takes it for zero
        double = x.astype(np.float64)
        (expected,) = pullback(jax_forward.sigmoid, np.ones_like(double), double)
        s, _ = exact(x)
        bound = bounds.sigmoid_derivative(s, x.dtype) + bounds.sigmoid_derivative(s, np.float64)
        within(forms[form].sigmoid_derivative(x), expected, bound, {"x": x})

    @pytest.mark.form("σ′ where σ rounds to 1")
    @given(x=st.floats(18, 80, width=32))
    def test_is_zero_where_sigma_rounds_to_one_exactly(
        self, forms: dict[str, Implementation], form: str, x: float
    ) -> None:
        """A property of the paper's formula: the derivative is e^-x there, the formula's relative error 1."""
        points = np.array([x, 18], np.float32)
        assert (exact(points)[1] > 0).all()
        same(forms[form].sigmoid_derivative(points), np.zeros(2, np.float32), {"x": points})


@pytest.mark.needs("sigmoid")
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_section23_is_analytic_within_the_bound(dtype) -> None:
    """A step along the imaginary axis gives the slope: σ(x + ih) = σ(x) + ih σ′(x), but for terms below h².

    Neither part cancels. The exponential has the roundings of a real one and of a cosine; a complex quotient takes ten
    operations at most.
    """
    x, h, real = np.array([-20, -1, 0, 0.5, 20]), 2.0**-40, np.finfo(dtype).dtype
    s, slope = exact(x)
    actual = sigmoid((x + 1j * h).astype(dtype))
    assert actual.dtype == dtype
    share = bounds.gamma(bounds.EXP + bounds.COS + 10, real) + h**2
    within(actual.real.astype(np.float64), s, share * s, {"x": x})
    within(actual.imag.astype(np.float64) / h, slope, share * slope, {"x": x})


class Slope:
    """(28), (35) and (40), to be inherited: Δ ⊙ s ⊙ (1 - s) is JAX's pullback through σ, where s = σ(x)."""

    function: ClassVar[str]
    forward: ClassVar[Callable[..., Any]]
    catalogue: ClassVar[list[tuple[int, ...]]]

    @given(data=st.data())
    def test_is_autodiff_within_the_bound(self, implementation: Implementation, data: st.DataObject) -> None:
        dtype, sides = data.draw(FLOATS), data.draw(st.sampled_from(self.catalogue))
        x, d = data.draw(activations(*sides, dtype=dtype)), data.draw(general(*sides, dtype=dtype))
        s = exact(x.ravel())[0].reshape(sides)
        x, double = x.astype(np.float64), d.astype(np.float64)
        (expected,) = pullback(type(self).forward, double, x)
        bound = np.abs(double) * (bounds.slope(s, dtype) + bounds.sigmoid_derivative(s, np.float64))
        bound = bound * (1 + bounds.gamma(4, dtype)) + 4 * np.finfo(dtype).smallest_normal
        actual = getattr(implementation, self.function)(d, s.astype(dtype))
        within(actual, expected, bound, {"d": d, "s": s.astype(dtype)})
        slack.record(type(self).__name__, np.abs(actual - expected), bound)


class Activation:
    """(15), (19) and (25), to be inherited: σ of every entry."""

    function: ClassVar[str]
    sides: ClassVar[tuple[int, ...]]

    @given(data=st.data())
    def test_is_the_sigmoid_entry_by_entry_exactly(self, implementation: Implementation, data: st.DataObject) -> None:
        x = data.draw(activations(*self.sides, dtype=data.draw(DTYPES)))
        activation = getattr(implementation, self.function)
        one_by_one = [activation(np.full_like(x, entry)).flat[0] for entry in x.flat]
        same(activation(x), np.array(one_by_one, x.dtype).reshape(x.shape), {"x": x})

    def test_it_reaches_the_end_of_every_axis(self, implementation: Implementation) -> None:
        x = np.resize(np.array([-1.0, 0.5, 2.0]), [side + 5 for side in self.sides])
        activation = getattr(implementation, self.function)
        one_by_one = {entry: activation(np.full_like(x, entry)).flat[0] for entry in (-1.0, 0.5, 2.0)}
        same(activation(x), np.vectorize(one_by_one.get)(x), {"x": x})

    @given(data=st.data())
    def test_is_autodiff_within_the_bound(self, implementation: Implementation, data: st.DataObject) -> None:
        """The forward pass that JAX differentiates, the index form, and σ to sixty digits."""
        dtype = data.draw(FLOATS)
        x = data.draw(activations(*self.sides, dtype=dtype))
        s, actual = exact(x.ravel())[0].reshape(x.shape), getattr(implementation, self.function)(x)
        bound = bounds.sigmoid(s, dtype)
        within(actual, s, bound + bounds.roundoff(np.float64) * s, {"x": x})
        slack.record(type(self).__name__, np.abs(actual - s), bound + bounds.roundoff(np.float64) * s)
        for twin in (getattr(jax_forward, self.function), getattr(INDEX_FORM, self.function)):
            within(actual, np.asarray(twin(x)), 2 * bound, {"x": x})


class TestEq15Eq19(Activation):
    function, sides = "conv_activation", (2, 3, 2, 2)


class TestEq25(Activation):
    function, sides = "dense_activation", (4, 3)
