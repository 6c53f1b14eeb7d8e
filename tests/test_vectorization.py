"""§4.2.5 and §4.4.3: from maps to one vector and back."""

from typing import Any

from tests.generators import MAPS, SAMPLES, SIDES, Draw
from tests.properties import Arrays, Equation


class TestEq21(Equation):
    function = "vectorize_map"

    def arguments(self, draw: Draw, array: Arrays) -> tuple[Any, ...]:
        return (array(*draw(SIDES), draw(SAMPLES)),)


class TestEq22(Equation):
    function = "vectorize"

    def arguments(self, draw: Draw, array: Arrays) -> tuple[Any, ...]:
        return (array(draw(MAPS), *draw(SIDES), draw(SAMPLES)),)


class TestEq32(Equation):
    function = "unvectorize_map"

    def arguments(self, draw: Draw, array: Arrays) -> tuple[Any, ...]:
        x_s, y_s = draw(SIDES)
        return array(x_s * y_s, draw(SAMPLES)), (x_s, y_s)


class TestEq33(Equation):
    function = "unvectorize"

    def arguments(self, draw: Draw, array: Arrays) -> tuple[Any, ...]:
        q, (x_s, y_s) = draw(MAPS), draw(SIDES)
        return array(q * x_s * y_s, draw(SAMPLES)), (q, x_s, y_s)
