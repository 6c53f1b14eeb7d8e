"""§4.2.2 and §4.2.4: mean-pooling; and beyond the paper (L3) and (L4): max-pooling."""

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
from vanillacnn.beyond import layers
from vanillacnn.equations import pooling

FORMS = pytest.mark.parametrize("form", ["operator", "index"])


class Pooling(Judged):
    sizes = pooling_sizes
    catalogue: ClassVar = [
        {"q": 2, "x": 4, "y": 6, "i": 2, "j": 3, "n": 2},
        {"q": 3, "x": 8, "y": 2, "i": 4, "j": 1, "n": 3},
    ]

    def terms(self, sizes: Sizes) -> int:
        return 4


class TestEq16Eq20(Pooling):
    """S¹ from C¹_σ, S² from C²_σ."""

    function = "mean_pool"

    def oracle(self, C_s: Any) -> np.ndarray:
        return value(jax_forward.mean_pool, C_s)

    @pytest.mark.parametrize("sides", [(3, 4), (4, 3)])
    def test_odd_sides_are_refused(self, sides) -> None:
        with pytest.raises(ValueError, match=f"^C_s: .*even.*{sides[0]}×{sides[1]}"):
            pooling.mean_pool(np.zeros((2, *sides, 1)))


class TestEq34Eq39(Pooling):
    """ΔC²_σ from ΔS², ΔC¹_σ from ΔS¹. A division by four rounds only what underflows: the error is none, or there."""

    function, reached = "mean_pool_gradient", 0.0

    def oracle(self, dS: Any) -> np.ndarray:
        q, i, j, n = dS.shape
        return pullback(jax_forward.mean_pool, dS, np.zeros((q, 2 * i, 2 * j, n), dS.dtype))[0]


class MaxPooling(Pooling):
    """It rounds nothing: the bound is 0."""

    reached: ClassVar = 0.0

    def terms(self, sizes: Sizes) -> int:
        return 0


class TestL3(MaxPooling):
    function = "max_pool"

    def oracle(self, C_s: Any) -> np.ndarray:
        return value(jax_forward.max_pool, C_s)

    @FORMS
    @pytest.mark.parametrize("sides", [(3, 4), (4, 3)])
    def test_odd_sides_are_refused(self, form: str, sides: tuple[int, int]) -> None:
        max_pool = {"operator": layers, "index": INDEX_FORM}[form].max_pool
        with pytest.raises(ValueError, match=f"^C_s: .*even.*{sides[0]}×{sides[1]}"):
            max_pool(np.zeros((2, *sides, 1)))

    @pytest.mark.form("the maximum of NaN and numbers")
    @FORMS
    @pytest.mark.parametrize("where", [[0], [1], [2], [3], [1, 2], [0, 1, 2, 3]])
    def test_nan_stays_nan(self, implementation: Implementation, form: str, where: list[int]) -> None:
        """It is the maximum of its own cell only."""
        cells = np.arange(8.0)
        cells[where] = np.nan
        C_s = np.concatenate([*cells.reshape(2, 1, 2, 2, 1)], axis=2)
        S = {"operator": implementation, "index": INDEX_FORM}[form].max_pool(C_s)
        assert np.isnan(S).ravel().tolist() == [True, False]
        assert S[0, 0, 1, 0] == 7


class TestL4(PieceByPiece, MaxPooling):
    """Its sizes are those of C_σ. Where entries are equal the first takes ΔS, as JAX's reduce_window has it."""

    function, forward, by = "max_pool_gradient", "max_pool", "C_s"

    def oracle(self, dS: Any, C_s: Any) -> np.ndarray:
        return pullback(jax_forward.max_pool, dS, C_s)[0]

    @pytest.mark.form("which of several equal entries takes the gradient")
    @given(data=st.data())
    def test_the_first_of_several_takes_it_exactly(self, implementation: Implementation, data: st.DataObject) -> None:
        s = pooling_sizes(data.draw)
        C_s, dS = data.draw(tied(s["q"], s["x"], s["y"], s["n"])), data.draw(dyadic(s["q"], s["i"], s["j"], s["n"]))
        expected = np.zeros(C_s.shape)
        for q, i, j, n in np.ndindex(dS.shape):
            u, v = divmod(int(np.argmax(C_s[q, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, n])), 2)
            expected[q, 2 * i + u, 2 * j + v, n] = dS[q, i, j, n]
        same(implementation.max_pool_gradient(dS, C_s), expected, {"dS": dS, "C_s": C_s})

    @pytest.mark.form("the maximum of NaN and numbers")
    @FORMS
    @pytest.mark.parametrize("where", [[0], [1], [2], [3], [1, 2], [0, 1, 2, 3]])
    def test_one_entry_of_a_cell_with_nan_takes_it(
        self, implementation: Implementation, form: str, where: list[int]
    ) -> None:
        C_s = np.arange(4.0)
        C_s[where] = np.nan
        gradient = {"operator": implementation, "index": INDEX_FORM}[form].max_pool_gradient
        dC_s = gradient(np.full((1, 1, 1, 1), 5.0), C_s.reshape(1, 2, 2, 1))
        assert sorted(dC_s.ravel()) == [0, 0, 0, 5]

    @pytest.mark.form("a gradient that is NaN")
    def test_a_gradient_that_is_nan_is_not_lost(self, implementation: Implementation) -> None:
        dS, C_s = np.array([np.nan, 1.0]).reshape(1, 1, 2, 1), np.arange(8.0).reshape(1, 2, 4, 1)
        dC_s = implementation.max_pool_gradient(dS, C_s)
        assert np.isnan(dC_s[0, 1, 1, 0])
        assert dC_s[0, 1, 3, 0] == 1


@pytest.mark.needs("mean_pool", "mean_pool_gradient")
@given(data=st.data())
def test_pooling_and_its_gradient_are_adjoint(implementation: Implementation, data: st.DataObject) -> None:
    """⟨pool C, D⟩ = ⟨C, unpool D⟩."""
    s = pooling_sizes(data.draw)
    C, D = data.draw(dyadic(s["q"], s["x"], s["y"], s["n"])), data.draw(dyadic(s["q"], s["i"], s["j"], s["n"]))
    expected = np.sum(implementation.mean_pool(C) * D)
    same(np.sum(C * implementation.mean_pool_gradient(D)), expected, {"C": C, "D": D})
