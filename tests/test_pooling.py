"""§4.2.2 and §4.2.4: mean-pooling."""

from typing import Any

import numpy as np
import pytest

from tests.generators import MAPS, SAMPLES, SIDES, Draw
from tests.implementation import Implementation
from tests.properties import Arrays, Equation


class TestEq16Eq20(Equation):
    function = "mean_pool"

    def arguments(self, draw: Draw, array: Arrays) -> tuple[Any, ...]:
        x_s, y_s = draw(SIDES)
        return (array(draw(MAPS), 2 * x_s, 2 * y_s, draw(SAMPLES)),)

    @pytest.mark.parametrize("sides", [(3, 4), (4, 3)])
    def test_odd_sides_are_refused(self, implementation: Implementation, sides) -> None:
        with pytest.raises(ValueError, match=f"^C_s: .*even.*{sides[0]}×{sides[1]}"):
            implementation.mean_pool(np.zeros((2, *sides, 1)))


class TestEq34Eq39(Equation):
    function = "mean_pool_gradient"

    def arguments(self, draw: Draw, array: Arrays) -> tuple[Any, ...]:
        return (array(draw(MAPS), *draw(SIDES), draw(SAMPLES)),)
