"""The properties that every equation has, to be inherited: a test class names a function and draws its arguments."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.compare import same
from tests.generators import Draw, dyadic
from tests.implementation import FUNCTIONS, Implementation
from vanillacnn import index_form

INDEX_FORM = Implementation(index_form, sample_axis="none")
DTYPES = st.sampled_from([np.float64, np.float32])

Arrays = Callable[..., np.ndarray]  # the sides of an array -> the array, drawn


class Equation:
    """One function of the interface, with arguments at random sizes."""

    function: ClassVar[str]

    def arguments(self, draw: Draw, array: Arrays) -> tuple[Any, ...]:
        raise NotImplementedError

    @property
    def symbols(self) -> list[str]:
        return FUNCTIONS[self.function].arguments.split()

    @given(data=st.data())
    def test_is_the_index_form_exactly(self, implementation: Implementation, data: st.DataObject) -> None:
        """Operator form and nested sum, on dyadic data, where no operation rounds."""
        dtype = data.draw(DTYPES)
        arguments = self.arguments(data.draw, lambda *sides: data.draw(dyadic(*sides, dtype=dtype)))
        actual = getattr(implementation, self.function)(*arguments)
        expected = getattr(INDEX_FORM, self.function)(*arguments)
        same(actual, expected, **dict(zip(self.symbols, arguments, strict=True)))
