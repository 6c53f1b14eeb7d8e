"""What holds the gradient of a function that is linear in pieces, besides autodiff; to be inherited."""

from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.suite.compare import same
from tests.suite.generators import distinct, dyadic, tied
from tests.suite.implementation import Implementation
from tests.suite.properties import Equation
from tests.suite.signatures import FUNCTIONS

STEP = Fraction(1, 100)  # shorter than the least distance between two entries, and from one to zero


class PieceByPiece(Equation):
    """Its arguments are Δ and what the forward function, which is homogeneous, takes."""

    forward: ClassVar[str]
    by: ClassVar[str]

    @pytest.mark.form  # in fractions, which hardly anyone else's code takes
    @given(data=st.data())
    def test_is_the_difference_quotient_exactly(self, implementation: Implementation, data: st.DataObject) -> None:
        """Inside a piece a step of any length shorter than the piece gives the derivative, in fractions exactly."""
        D, x = self.cotangent_and_point(data, distinct)
        D = np.asarray(np.frompyfunc(lambda entry: Fraction(float(entry)), 1, 1)(D), object)
        f, expected = getattr(implementation, self.forward), np.empty(x.shape, object)
        before = f(x)
        for at in np.ndindex(x.shape):
            moved = x.copy()
            moved[at] += STEP
            expected[at] = (D * (f(moved) - before)).sum() / STEP
        same(getattr(implementation, self.function)(D, x), expected, {"D": D, self.by: x})

    @given(data=st.data())
    def test_is_euler_s_identity_exactly(self, implementation: Implementation, data: st.DataObject) -> None:
        """f(tx) = t f(x) for t > 0, so ⟨Δ, f(x)⟩ = ⟨Δx, x⟩: at the kinks too, whichever piece the gradient is of."""
        D, x = self.cotangent_and_point(data, tied)
        expected = np.sum(getattr(implementation, self.forward)(x) * D)
        same(np.sum(getattr(implementation, self.function)(D, x) * x), expected, {"D": D, self.by: x})

    def cotangent_and_point(self, data: st.DataObject, of: Any) -> tuple[np.ndarray, np.ndarray]:
        """Few samples: difference quotients of all entries take the square of their number."""
        sizes, axes = type(self).sizes(data.draw), FUNCTIONS[self.function].arguments
        sizes |= {"n": min(sizes["n"], 2)}
        (d, x) = (tuple(sizes[letter] for letter in letters or "") for letters in axes.values())
        return data.draw(dyadic(*d)), data.draw(of(*x))
