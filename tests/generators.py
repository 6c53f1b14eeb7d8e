"""What the properties draw: shapes that nothing hides behind, and arrays that shrink.

A square side, a single map, a 1×1 kernel or a cotangent of ones each lets some wrong gradient pass. So shapes are
built here, not filtered, and every entry of every array is drawn on its own.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

KERNELS = st.sampled_from([(2, 3), (3, 2), (2, 4), (4, 3)])
SIDES = st.sampled_from([(1, 1), (1, 2), (2, 1), (2, 3), (3, 2)])
MAPS = st.integers(2, 3)
SAMPLES = st.integers(1, 3)

Draw = Callable[[st.SearchStrategy[Any]], Any]


def dyadic(*shape: int, dtype: Any = np.float64) -> st.SearchStrategy[np.ndarray]:
    """Entries k/8 with |k| ≤ 64: sums of 2¹² products of two, or of 2⁶ of three, are exact in float32."""
    entries = st.integers(-64, 64).map(lambda k: k / 8)
    return hnp.arrays(dtype, shape, elements=entries, fill=st.nothing())


def convolution_sizes(draw: Draw, one_map: bool) -> dict[str, int]:
    """P, Q, the sides of a kernel and of C, and N. Layer 1 has the single input map of the image."""
    (x_k, y_k), (x_c, y_c) = draw(KERNELS), draw(SIDES)
    P = 1 if one_map else draw(MAPS)
    return {"P": P, "Q": draw(MAPS), "x_k": x_k, "y_k": y_k, "x_c": x_c, "y_c": y_c, "N": draw(SAMPLES)}
