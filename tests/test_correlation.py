"""§2.2: the operators on one matrix and one kernel."""

from typing import Any

import pytest

from tests.generators import KERNELS, SIDES, Draw
from tests.implementation import Implementation
from tests.properties import INDEX_FORM, Arrays, Equation


class Operator(Equation):
    def arguments(self, draw: Draw, array: Arrays) -> tuple[Any, ...]:
        (x_k, y_k), (x_o, y_o) = draw(KERNELS), draw(SIDES)
        return array(x_o + x_k - 1, y_o + y_k - 1), array(x_k, y_k)


class TestEq01(Operator):
    function = "correlate"


class TestEq02(Operator):
    function = "convolve"


class TestEq03(Operator):
    function = "convolve_padded"

    def arguments(self, draw: Draw, array: Arrays) -> tuple[Any, ...]:
        """The image may be smaller than the kernel."""
        return array(*draw(SIDES)), array(*draw(KERNELS))


class TestRotation(Equation):
    function = "rotate"

    def arguments(self, draw: Draw, array: Arrays) -> tuple[Any, ...]:
        return (array(*draw(KERNELS)),)


class TestPadding(Equation):
    function = "pad"

    def arguments(self, draw: Draw, array: Arrays) -> tuple[Any, ...]:
        return array(*draw(SIDES)), draw(KERNELS)


class TestEq04:
    @pytest.mark.parametrize(("image", "kernel", "output"), [((28, 28), (5, 5), (24, 24)), ((4, 6), (2, 3), (3, 4))])
    def test_shape(self, implementation: Implementation, image, kernel, output) -> None:
        assert implementation.valid_shape(image, kernel) == INDEX_FORM.valid_shape(image, kernel) == output

    @pytest.mark.parametrize("kernel", [(4, 2), (2, 7), (0, 2), (2, -1)])
    def test_a_kernel_that_does_not_fit_is_refused(self, implementation: Implementation, kernel) -> None:
        with pytest.raises(ValueError, match=rf"^K: .*3×6.*{kernel[0]}×{kernel[1]}"):
            implementation.valid_shape((3, 6), kernel)


class TestEq05:
    @pytest.mark.parametrize(("image", "kernel", "output"), [((8, 8), (5, 5), (12, 12)), ((3, 4), (2, 3), (4, 6))])
    def test_shape(self, implementation: Implementation, image, kernel, output) -> None:
        assert implementation.padded_shape(image, kernel) == INDEX_FORM.padded_shape(image, kernel) == output

    def test_an_empty_side_is_refused(self, implementation: Implementation) -> None:
        with pytest.raises(ValueError, match=r"^I, K: .*0×3"):
            implementation.padded_shape((0, 3), (2, 2))
