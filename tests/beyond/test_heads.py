"""(H1) and (H4): the softmax, compared with JAX and with sixty digits, and its pullback."""

from decimal import Decimal, localcontext
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import heads as jax_heads
from reference.autodiff import pullback, value
from reference.rounding import bounds
from tests.suite import compare, slack
from tests.suite.compare import same, within
from tests.suite.generators import Sizes, activations, dense_sizes, dyadic
from tests.suite.implementation import Implementation
from tests.suite.properties import DTYPES, INDEX_FORM, Equation, Rounded

CATALOGUE = [{"c": 3, "n": 2}, {"c": 4, "n": 1}, {"c": 2, "n": 4}]
FORMS = pytest.mark.parametrize("form", ["operator", "index"])


def exact(yhat: np.ndarray) -> np.ndarray:
    """s, rounded once, to float64."""
    with localcontext(prec=60, Emax=10**15, Emin=-(10**15)):
        powers = np.frompyfunc(lambda x: Decimal(float(x)).exp(), 1, 1)(yhat)
        return (powers / powers.sum(axis=0)).astype(np.float64)


def spread(yhat: np.ndarray) -> Any:
    return yhat.max() - yhat.min()


class TestH1(Rounded):
    function, sizes, catalogue, entries = "softmax", dense_sizes, CATALOGUE, activations

    def oracle(self, yhat: Any) -> np.ndarray:
        return value(jax_heads.softmax, yhat)

    def bound(self, sizes: Sizes, arguments: dict[str, Any], dtype: Any) -> Any:
        yhat = arguments["yhat"]
        return sum(bounds.softmax(exact(yhat), spread(yhat), each) for each in (dtype, np.float64))

    @given(data=st.data())
    def test_is_sixty_digits_within_the_bound(self, implementation: Implementation, data: st.DataObject) -> None:
        dtype = data.draw(DTYPES)
        yhat = data.draw(activations(4, 2, dtype=dtype))
        s = exact(yhat)
        bound = bounds.softmax(s, spread(yhat.astype(np.float64)), dtype) + bounds.roundoff(np.float64) * s
        within(implementation.softmax(yhat), s, bound, {"yhat": yhat})

    @pytest.mark.form("classes so far apart that exponentials overflow")
    @FORMS
    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    def test_is_its_limits_exactly(self, implementation: Implementation, form: str, dtype: Any) -> None:
        """No class is too great, and of one class the score is 1."""
        softmax = {"operator": implementation, "index": INDEX_FORM}[form].softmax
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            s = softmax(np.array([[3e4, -3e4, 0], [-3e4, -3e4, 3e4]], dtype))
            same(s, np.array([[1, 0.5, 0], [0, 0.5, 1]], dtype), {})
            same(softmax(np.array([[-7.0, 3e4]], dtype)), np.ones((1, 2), dtype), {})

    @pytest.mark.form("the softmax of NaN")
    @FORMS
    @pytest.mark.parametrize("where", [0, 1, 2])
    def test_nan_stays_nan(self, implementation: Implementation, form: str, where: int) -> None:
        """It spreads over its sample and to no other."""
        yhat = np.zeros((3, 2))
        yhat[where, 1] = np.nan
        s = {"operator": implementation, "index": INDEX_FORM}[form].softmax(yhat)
        assert np.isnan(s).tolist() == [[False, True]] * 3


class TestH4(Equation):
    """Linear in Δs, and a polynomial in s. Of s only autodiff asks that it be a softmax."""

    function, sizes = "softmax_gradient", dense_sizes
    reached: ClassVar = 1e-3

    @given(data=st.data())
    def test_is_autodiff_within_the_bound(self, implementation: Implementation, data: st.DataObject) -> None:
        dtype, sizes = data.draw(DTYPES), data.draw(st.sampled_from(CATALOGUE))
        yhat, ds = (data.draw(activations(sizes["c"], sizes["n"], dtype=dtype)) for _ in range(2))
        self.judge(implementation, yhat.astype(np.float64), ds)

    @given(data=st.data())
    def test_adds_up_to_zero_exactly(self, implementation: Implementation, data: st.DataObject) -> None:
        """A number added to all classes changes no score, so the gradient is orthogonal to it, where Σ s = 1."""
        s, ds = np.array([[0.5], [0.125], [0.375]]), data.draw(dyadic(3, 1))
        same(implementation.softmax_gradient(ds, s).sum(axis=0), np.zeros(1), {"ds": ds})

    def test_the_bound_is_sharp(self, implementation: Implementation) -> None:
        rng = np.random.default_rng(0)
        for dtype in (np.float64, np.float32):
            for _ in range(5):
                self.judge(implementation, rng.standard_normal((4, 3)), rng.standard_normal((4, 3)).astype(dtype))
        assert compare.note or slack.largest("TestH4") >= self.reached

    def judge(self, implementation: Implementation, yhat: np.ndarray, ds: np.ndarray) -> None:
        """ŝ is s rounded once; a product, a sum, a difference and a product follow. The oracle begins with s itself,
        which is off by the bound of the softmax, and the factors of |Δs| are at most 64, so what underflows is too."""
        s, double = exact(yhat), ds.astype(np.float64)
        (expected,) = pullback(jax_heads.softmax, double, yhat)
        size = s * (np.abs(double) + (s * np.abs(double)).sum(axis=0))
        c = len(s)
        oracle = 2 * bounds.gamma(2 * (np.abs(yhat).max() + bounds.EXP) + c, np.float64) * size
        bound = bounds.sums(c + 4, size, ds.dtype) + bounds.sums(3 * c + 8, size, np.float64) + oracle
        actual = implementation.softmax_gradient(ds, s.astype(ds.dtype))
        within(actual, expected, bound, {"ds": ds, "s": s.astype(ds.dtype)})
        slack.record("TestH4", np.abs(actual - expected), bound)
