"""What the properties draw: shapes that nothing hides behind, and arrays that shrink.

A square side, a single map, a 1×1 kernel or a cotangent of ones each lets some wrong gradient pass. So shapes are
built here, not filtered, and every entry of every array is drawn on its own.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import DTypeLike

Draw = Callable[[st.SearchStrategy[Any]], Any]
Sizes = dict[str, int]  # by the letter of the axis
Array = Callable[..., np.ndarray]  # the sides of an array -> the array, drawn

KERNELS = st.sampled_from([(2, 3), (3, 2), (2, 4), (4, 3)])
SIDES = st.sampled_from([(1, 1), (1, 2), (2, 1), (2, 3), (3, 2)])
MAPS = st.integers(2, 3)
SAMPLES = st.sampled_from([1, 2, 4])  # powers of two, so that a mean over them rounds nothing


def dyadic(*sides: int, dtype: DTypeLike = np.float64) -> st.SearchStrategy[np.ndarray]:
    """Entries k/8 with |k| ≤ 64: sums of 2¹² products of two, or of 2⁶ of three, are exact in float32."""
    return entries(st.integers(-64, 64).map(lambda k: k / 8), sides, dtype)


def general(*sides: int, dtype: DTypeLike = np.float64) -> st.SearchStrategy[np.ndarray]:
    """Entries of any kind: zeros of both signs, tiny ones whose products underflow, and huge ones.

    Products of three do not overflow. No entry is subnormal: XLA on the CPU takes such a one for zero.
    """
    width = 8 * np.dtype(dtype).itemsize
    wide = st.floats(-(2.0**40), 2.0**40, width=width, allow_subnormal=False)
    return entries(wide | st.floats(-2, 2, width=width, allow_subnormal=False), sides, dtype)


def activations(*sides: int, dtype: DTypeLike = np.float64) -> st.SearchStrategy[np.ndarray]:
    """Arguments of a sigmoid: where it bends, and where it is saturated."""
    width = 8 * np.dtype(dtype).itemsize
    return entries(st.floats(-4, 4, width=width) | st.floats(-60, 60, width=width), sides, dtype)


def entries(of: st.SearchStrategy[float], sides: tuple[int, ...], dtype: DTypeLike) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(dtype, sides, elements=of, fill=st.nothing())


def kernel_sizes(draw: Draw) -> Sizes:
    """x y of an image, u v of a kernel that fits, and i j of their correlation."""
    (u, v), (i, j) = draw(KERNELS), draw(SIDES)
    return {"x": i + u - 1, "y": j + v - 1, "u": u, "v": v, "i": i, "j": j}


def convolution_sizes(draw: Draw) -> Sizes:
    return kernel_sizes(draw) | {"p": draw(MAPS), "q": draw(MAPS), "n": draw(SAMPLES)}


def first_layer_sizes(draw: Draw) -> Sizes:
    """The image is the only input map."""
    return convolution_sizes(draw) | {"p": 1}


def pooling_sizes(draw: Draw) -> Sizes:
    i, j = draw(SIDES)
    return {"q": draw(MAPS), "x": 2 * i, "y": 2 * j, "i": i, "j": j, "n": draw(SAMPLES)}


def vector_sizes(draw: Draw) -> Sizes:
    i, j = draw(SIDES)
    return {"k": draw(MAPS), "i": i, "j": j, "n": draw(SAMPLES)}


def dense_sizes(draw: Draw) -> Sizes:
    return {"c": draw(st.integers(2, 4)), "m": draw(st.integers(2, 6)), "n": draw(SAMPLES)}
