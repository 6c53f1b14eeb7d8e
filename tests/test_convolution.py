"""§4.2.1 and §4.2.3, and the gradients of §4.4.4 to §4.4.6."""

from typing import Any, ClassVar

from tests.generators import Draw, convolution_sizes
from tests.properties import Arrays, Equation


class Convolution(Equation):
    one_map: ClassVar[bool]

    def arguments(self, draw: Draw, array: Arrays) -> tuple[Any, ...]:
        s = convolution_sizes(draw, self.one_map)
        sides = {
            "S": (s["P"], s["x_c"] + s["x_k"] - 1, s["y_c"] + s["y_k"] - 1, s["N"]),
            "K": (s["P"], s["Q"], s["x_k"], s["y_k"]),
            "b": (s["Q"],),
            **dict.fromkeys(("C", "dC", "dC_s", "C_s"), (s["Q"], s["x_c"], s["y_c"], s["N"])),
        }
        return tuple(array(*sides[name]) for name in self.symbols)


class TestEq13Eq14(Convolution):
    function, one_map = "conv_forward", True


class TestEq17Eq18(Convolution):
    function, one_map = "conv_forward", False


class TestEq35Eq40(Convolution):
    function, one_map = "conv_preactivation_gradient", False


class TestEq36(Convolution):
    function, one_map = "kernel_gradient", False


class TestEq41(Convolution):
    function, one_map = "kernel_gradient", True


class TestEq37Eq42(Convolution):
    function, one_map = "conv_bias_gradient", False


class TestEq38(Convolution):
    function, one_map = "conv_input_gradient", False


class TestDeltaI(Convolution):
    function, one_map = "conv_input_gradient", True
