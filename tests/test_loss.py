"""§4.3 and the first step of §4.4: the squared error of a batch."""

from typing import Any, ClassVar

import numpy as np

from reference import bounds, pullback
from reference import forward as jax_forward
from tests.generators import Sizes, dense_sizes
from tests.properties import Judged


class Loss(Judged):
    sizes = dense_sizes
    catalogue: ClassVar = [{"c": 3, "n": 2}, {"c": 4, "n": 1}, {"c": 2, "n": 4}]


class TestEq26(Loss):
    function = "squared_error"

    def oracle(self, yhat_s: Any, y: Any) -> Any:
        return np.asarray(jax_forward.squared_error(yhat_s, y))[()]

    def bound(self, sizes: Sizes, arguments: dict[str, Any], dtype: Any) -> Any:
        """A difference, a square, a sum and two divisions. All terms are positive: Σ|term| is L itself."""
        k, L = sizes["c"] * sizes["n"] + 5, self.oracle(**arguments)
        return bounds.sums(k, L, dtype) + bounds.sums(k, L, np.float64)


class TestEq27(Loss):
    function = "squared_error_gradient"

    def oracle(self, yhat_s: Any, y: Any) -> np.ndarray:
        return pullback(jax_forward.squared_error, np.ones((), y.dtype)[()], yhat_s, y)[0]

    def bound(self, sizes: Sizes, arguments: dict[str, Any], dtype: Any) -> Any:
        """A difference and a division, and as JAX writes it twice as many: no cancellation beyond the difference."""
        size = np.abs(self.oracle(**arguments))
        return bounds.sums(4, size, dtype) + bounds.sums(4, size, np.float64)
