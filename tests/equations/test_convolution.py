"""§4.2.1 and §4.2.3, and the gradients of §4.4.4 to §4.4.6."""

from typing import Any, ClassVar

import numpy as np
import pytest

from reference import forward as jax_forward
from reference.autodiff import pullback, value
from tests.equations.test_sigmoid import Slope
from tests.suite.generators import Sizes, convolution_sizes, first_layer_sizes
from tests.suite.properties import Equation, Judged
from vanillacnn.equations import bands, convolution

LAYER_2 = [
    {"p": 2, "q": 3, "x": 4, "y": 5, "u": 3, "v": 2, "i": 2, "j": 4, "n": 2},
    {"p": 3, "q": 2, "x": 5, "y": 4, "u": 2, "v": 4, "i": 4, "j": 1, "n": 1},
    {"p": 3, "q": 4, "x": 6, "y": 9, "u": 4, "v": 3, "i": 3, "j": 7, "n": 3},
    {"p": 2, "q": 12, "x": 6, "y": 4, "u": 3, "v": 2, "i": 4, "j": 3, "n": 2},  # two bands that overlap, two rows each
]
LAYER_1 = [sizes | {"p": 1} for sizes in LAYER_2]


def zeros_like_kernels(S: np.ndarray, dC: np.ndarray) -> np.ndarray:
    """The gradient with respect to K does not depend on K; JAX wants one all the same."""
    (P, x, y, _), (Q, i, j, _) = S.shape, dC.shape
    return np.zeros((P, Q, x - i + 1, y - j + 1), S.dtype)


class Layer2(Judged):
    sizes, catalogue = convolution_sizes, LAYER_2


class Layer1(Judged):
    sizes, catalogue = first_layer_sizes, LAYER_1


class TestEq17Eq18(Layer2):
    """C² from S¹."""

    function = "conv_forward"

    def oracle(self, S: Any, K: Any, b: Any) -> np.ndarray:
        return value(jax_forward.conv_forward, S, K, b)

    def terms(self, sizes: Sizes) -> int:
        return sizes["p"] * sizes["u"] * sizes["v"] + 1  # the products and their sum, and the bias


class TestEq13Eq14(Layer1, TestEq17Eq18):
    """C¹ from I."""


class TestEq36(Layer2):
    """ΔK² from S¹ and ΔC²."""

    function = "kernel_gradient"

    def oracle(self, S: Any, dC: Any) -> np.ndarray:
        K = zeros_like_kernels(S, dC)
        return pullback(jax_forward.conv_forward, dC, S, K, np.zeros(len(dC), S.dtype))[1]

    def terms(self, sizes: Sizes) -> int:
        return sizes["i"] * sizes["j"] * sizes["n"]

    def test_the_result_is_contiguous(self) -> None:
        """Kernels that were saved and loaded are contiguous: only then do the next steps have the same bits."""
        S, dC = np.ones((2, 4, 5, 1)), np.ones((3, 2, 4, 1))
        assert convolution.kernel_gradient(S, dC).flags.c_contiguous


class TestEq41(Layer1, TestEq36):
    """ΔK¹ from I and ΔC¹."""


class TestEq37Eq42(Layer2):
    """Δb² from ΔC², Δb¹ from ΔC¹."""

    function = "conv_bias_gradient"

    def oracle(self, dC: Any) -> np.ndarray:
        Q, i, j, n = dC.shape
        S, K = np.zeros((1, i, j, n), dC.dtype), np.zeros((1, Q, 1, 1), dC.dtype)
        return pullback(jax_forward.conv_forward, dC, S, K, np.zeros(Q, dC.dtype))[2]

    def terms(self, sizes: Sizes) -> int:
        return sizes["i"] * sizes["j"] * sizes["n"]


class TestEq38(Layer2):
    """ΔS¹ from ΔC² and K²."""

    function = "conv_input_gradient"

    def oracle(self, dC: Any, K: Any) -> np.ndarray:
        (_, i, j, n), (P, Q, u, v) = dC.shape, K.shape
        S = np.zeros((P, i + u - 1, j + v - 1, n), dC.dtype)
        return pullback(jax_forward.conv_forward, dC, S, K, np.zeros(Q, dC.dtype))[0]

    def terms(self, sizes: Sizes) -> int:
        return sizes["q"] * sizes["u"] * sizes["v"]


class TestDeltaI(Layer1, TestEq38):
    """ΔI from ΔC¹ and K¹."""


class TestEq35Eq40(Slope, Equation):
    """ΔC² and ΔC¹ through the sigmoid."""

    function, sizes, forward = "conv_preactivation_gradient", convolution_sizes, jax_forward.conv_activation
    catalogue: ClassVar = [(2, 2, 3, 2), (3, 4, 1, 1)]


@pytest.mark.parametrize(
    ("x", "Q", "n", "r"),
    [
        (24, 6, 64, 4), (8, 12, 64, 2), (24, 6, 2, 4), (24, 1, 2, 24), (24, 5, 2, 4),  # up to 24 rows in a product
        (6, 6, 2, 2), (9, 6, 2, 1),  # and a divisor of x
        (24, 24, 2, 1), (24, 48, 2, 1),  # many maps are enough by themselves
        (24, 6, 1, 1),  # and so is a single sample
    ],
)  # fmt: skip
def test_a_product_has_about_24_rows(x: int, Q: int, n: int, r: int) -> None:
    assert bands.rows_at_once(x, Q, n) == r
