"""(L1) and (L2): the rectifier, and its gradient."""

from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import forward as jax_forward
from reference.autodiff import pullback, value
from tests.beyond.piecewise_linear import PieceByPiece
from tests.suite.compare import same
from tests.suite.generators import Sizes, dyadic, pooling_sizes, tied
from tests.suite.implementation import Implementation
from tests.suite.properties import INDEX_FORM, Judged

FORMS = pytest.mark.parametrize("form", ["operator", "index"])


class Rectifier(Judged):
    """It rounds nothing: the bound is 0."""

    sizes, reached = pooling_sizes, 0.0
    catalogue: ClassVar = [{"q": 2, "i": 2, "j": 3, "n": 2}, {"q": 3, "i": 4, "j": 1, "n": 3}]

    def terms(self, sizes: Sizes) -> int:
        return 0


class TestL1(Rectifier):
    function = "relu"

    def oracle(self, C: Any) -> np.ndarray:
        return value(jax_forward.relu, C)

    def bound(self, sizes: Sizes, arguments: dict[str, Any], dtype: Any) -> Any:
        return 0

    @pytest.mark.form("the rectifier of NaN and ±∞")
    @FORMS
    def test_nan_stays_nan(self, implementation: Implementation, form: str) -> None:
        C = np.array([np.nan, -1.0, -np.inf, np.inf]).reshape(1, 4, 1, 1)
        C_r = {"operator": implementation, "index": INDEX_FORM}[form].relu(C).ravel()
        assert np.isnan(C_r[0])
        same(C_r[1:], np.array([0, 0, np.inf]), {"C": C})


class TestL2(PieceByPiece, Rectifier):
    function, forward, by = "relu_gradient", "relu", "C"

    def oracle(self, dC_r: Any, C: Any) -> np.ndarray:
        return pullback(jax_forward.relu, dC_r, C)[0]

    def bound(self, sizes: Sizes, arguments: dict[str, Any], dtype: Any) -> Any:
        return 0

    @pytest.mark.form("the slope at zero")
    @given(data=st.data())
    def test_the_slope_at_zero_is_zero_exactly(self, implementation: Implementation, data: st.DataObject) -> None:
        """Where C is 0, of either sign, and where it is negative; elsewhere 1. C_r tells as well as C."""
        C, dC_r = data.draw(tied(2, 3, 2, 2)), data.draw(dyadic(2, 3, 2, 2))
        C = np.where(C == 0, -C, C)
        expected = np.array([d if c > 0 else 0.0 for c, d in zip(C.flat, dC_r.flat, strict=True)]).reshape(C.shape)
        for x in (C, implementation.relu(C)):
            same(implementation.relu_gradient(dC_r, x), expected, {"dC_r": dC_r, "C": x})

    @pytest.mark.form("a gradient that is NaN")
    @FORMS
    def test_a_gradient_that_is_nan_is_not_lost(self, implementation: Implementation, form: str) -> None:
        C = np.array([1.0, 0.0, -1.0, np.nan]).reshape(1, 4, 1, 1)
        gradient = {"operator": implementation, "index": INDEX_FORM}[form].relu_gradient
        assert np.isnan(gradient(np.full(C.shape, np.nan), C)).all()
