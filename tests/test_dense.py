"""§4.2.6, and the gradients of §4.4.1 and §4.4.2."""

from typing import Any

from hypothesis import strategies as st

from tests.generators import SAMPLES, Draw
from tests.properties import Arrays, Equation


class Dense(Equation):
    def arguments(self, draw: Draw, array: Arrays) -> tuple[Any, ...]:
        classes, features, N = draw(st.integers(2, 4)), draw(st.integers(2, 6)), draw(SAMPLES)
        scores = dict.fromkeys(("dyhat", "dyhat_s", "yhat_s"), (classes, N))
        sides = {"W": (classes, features), "v": (features, N), "b": (classes,), **scores}
        return tuple(array(*sides[name]) for name in self.symbols)


class TestEq23Eq24(Dense):
    function = "dense_forward"


class TestEq28(Dense):
    function = "dense_preactivation_gradient"


class TestEq29(Dense):
    function = "weight_gradient"


class TestEq30(Dense):
    function = "dense_bias_gradient"


class TestEq31(Dense):
    function = "dense_input_gradient"
