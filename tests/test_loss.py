"""§4.3 and the first step of §4.4: the squared error of a batch."""

from typing import Any

from hypothesis import strategies as st

from tests.generators import Draw
from tests.properties import Arrays, Equation


class Loss(Equation):
    def arguments(self, draw: Draw, array: Arrays) -> tuple[Any, ...]:
        # A power of two, so that the division by N is exact too.
        classes, N = draw(st.integers(2, 4)), draw(st.sampled_from([1, 2, 4]))
        return array(classes, N), array(classes, N)


class TestEq26(Loss):
    function = "squared_error"


class TestEq27(Loss):
    function = "squared_error_gradient"
