"""§4.2.6, and the gradients of §4.4.1 and §4.4.2."""

from typing import Any, ClassVar

import numpy as np

from reference import forward as jax_forward
from reference.autodiff import pullback, value
from tests.equations.test_sigmoid import Slope
from tests.suite.generators import Sizes, dense_sizes
from tests.suite.properties import Equation, Judged


class Dense(Judged):
    sizes = dense_sizes
    catalogue: ClassVar = [{"c": 3, "m": 4, "n": 2}, {"c": 4, "m": 7, "n": 1}, {"c": 2, "m": 5, "n": 6}]


class TestEq23Eq24(Dense):
    function = "dense_forward"

    def oracle(self, W: Any, v: Any, b: Any) -> np.ndarray:
        return value(jax_forward.dense_forward, W, v, b)

    def terms(self, sizes: Sizes) -> int:
        return sizes["m"] + 1


class TestEq28(Slope, Equation):
    """Δŷ through the sigmoid."""

    function, sizes, forward = "dense_preactivation_gradient", dense_sizes, jax_forward.dense_activation
    catalogue: ClassVar = [(3, 2), (4, 1)]


class TestEq29(Dense):
    function = "weight_gradient"

    def oracle(self, dyhat: Any, v: Any) -> np.ndarray:
        W, b = np.zeros((len(dyhat), len(v)), v.dtype), np.zeros(len(dyhat), v.dtype)
        return pullback(jax_forward.dense_forward, dyhat, W, v, b)[0]

    def terms(self, sizes: Sizes) -> int:
        return sizes["n"]


class TestEq30(Dense):
    function = "dense_bias_gradient"

    def oracle(self, dyhat: Any) -> np.ndarray:
        c, n = dyhat.shape
        W, v, b = np.zeros((c, 1), dyhat.dtype), np.zeros((1, n), dyhat.dtype), np.zeros(c, dyhat.dtype)
        return pullback(jax_forward.dense_forward, dyhat, W, v, b)[2]

    def terms(self, sizes: Sizes) -> int:
        return sizes["n"]


class TestEq31(Dense):
    function = "dense_input_gradient"

    def oracle(self, W: Any, dyhat: Any) -> np.ndarray:
        (c, m), (_, n) = W.shape, dyhat.shape
        return pullback(jax_forward.dense_forward, dyhat, W, np.zeros((m, n), W.dtype), np.zeros(c, W.dtype))[1]

    def terms(self, sizes: Sizes) -> int:
        return sizes["c"]
