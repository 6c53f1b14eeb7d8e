"""§4.2.2 and §4.2.4: mean-pooling."""

from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import forward as jax_forward
from reference import pullback
from tests.compare import same
from tests.generators import Sizes, dyadic, pooling_sizes
from tests.implementation import Implementation
from tests.properties import Judged
from vanillacnn import pooling


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
        return np.asarray(jax_forward.mean_pool(C_s))

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


@pytest.mark.needs("mean_pool", "mean_pool_gradient")
@given(data=st.data())
def test_pooling_and_its_gradient_are_adjoint(implementation: Implementation, data: st.DataObject) -> None:
    """⟨pool C, D⟩ = ⟨C, unpool D⟩."""
    s = pooling_sizes(data.draw)
    C, D = data.draw(dyadic(s["q"], s["x"], s["y"], s["n"])), data.draw(dyadic(s["q"], s["i"], s["j"], s["n"]))
    expected = np.sum(implementation.mean_pool(C) * D)
    same(np.sum(C * implementation.mean_pool_gradient(D)), expected, {"C": C, "D": D})
