"""What the properties draw: shapes that nothing hides behind, and arrays that shrink.

A square image, a single map, a 1×1 kernel or a cotangent of ones each lets some wrong gradient pass. So shapes are
built here, not filtered, and no array is filled with one value. One example in two is long along one axis.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import DTypeLike

Draw = Callable[[st.SearchStrategy[Any]], Any]
Sizes = dict[str, int]  # by the letter of the axis
Array = Callable[..., np.ndarray]  # the sides of an array -> the array, drawn

# Square kernels too: they are what everybody has, and some code takes no other.
KERNELS = st.sampled_from([(2, 3), (3, 2), (3, 3), (2, 4), (4, 3), (5, 5), (5, 6), (6, 4), (6, 6)])
SIDES = st.sampled_from([(1, 1), (1, 2), (2, 1), (2, 3), (3, 2)])
MAPS = st.integers(2, 3)
SAMPLES = st.sampled_from([1, 2, 4])  # powers of two, so that a mean over them rounds nothing
# Where loops and blocks change: behind 4 and 8 numbers at once, 16 to a register, blocks of 32, 64 and 128.
LONG = {"i": [5, 9], "j": [5, 9], "p": [5, 9, 17], "q": [5, 9, 17], "k": [5, 9, 17], "c": [9, 40], "m": [65, 200]}
LONG |= {"n": [8, 64, 128], "a": [9, 65, 200]}


def dyadic(*sides: int, dtype: DTypeLike = np.float64) -> st.SearchStrategy[np.ndarray]:
    """Entries k/8 with -32 ≤ k < 32: sums of 2¹⁴ products of two, or of 2⁹ of three, are exact in float32."""
    return entries(sides, np.int8, lambda k: ((k >> 2) / 8).astype(dtype))


def general(*sides: int, dtype: DTypeLike = np.float64) -> st.SearchStrategy[np.ndarray]:
    """Entries of 24 bits between 2⁻⁶⁵ and 2³⁹: tiny ones whose products underflow, huge ones, and zeros.

    Products of three do not overflow, and no entry is subnormal: XLA on the CPU takes such a one for zero.
    """

    def value(k: np.ndarray) -> np.ndarray:
        exponent = (k & 255).astype(np.int8) // 3
        return np.where(exponent > 39, 0, np.ldexp((k >> 8) / 2.0**23, exponent)).astype(dtype)

    return entries(sides, np.int32, value)


def activations(*sides: int, dtype: DTypeLike = np.float64) -> st.SearchStrategy[np.ndarray]:
    """Arguments of a sigmoid, k³/2¹⁵ with -128 ≤ k < 128: dense where it bends, and up to 64 where it is saturated."""
    return entries(sides, np.int8, lambda k: (k.astype(float) ** 3 / 2**15).astype(dtype))


def tied(*sides: int, dtype: DTypeLike = np.float64) -> st.SearchStrategy[np.ndarray]:
    """Entries -1/8, 0 and 1/8: many are equal, and many are zero."""
    return entries(sides, np.uint8, lambda k: ((k % 3 - 1.0) / 8).astype(dtype))


def distinct(*sides: int, dtype: DTypeLike = object) -> st.SearchStrategy[np.ndarray]:
    """Fractions k/16 with k odd, in any order: no two are equal, none is zero."""
    size = math.prod(sides)
    halves = st.permutations([Fraction(2 * k + 1 - 2 * (size // 2), 16) for k in range(size)])
    return halves.map(lambda k: np.array(k, dtype).reshape(sides))


def positive(*sides: int, dtype: DTypeLike = np.float64) -> st.SearchStrategy[np.ndarray]:
    """Scores k/256 with 1 ≤ k ≤ 256, as a sigmoid has them, but for none being tiny."""
    return entries(sides, np.uint8, lambda k: ((k + 1.0) / 256).astype(dtype))


def entries(
    sides: tuple[int, ...], integer: type[np.integer], value: Callable[[np.ndarray], np.ndarray]
) -> st.SearchStrategy[np.ndarray]:
    """An array from one string of bytes, drawn at once and shrunk byte by byte: ten times faster than entries.

    A long string comes from a seed: Hypothesis gives an example up, without a word, that takes more than 8 KB.
    """
    size = math.prod(sides) * np.dtype(integer).itemsize
    drawn = st.binary(min_size=size, max_size=size)
    if size > 1024:
        drawn = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).bytes(size))
    return drawn.map(lambda k: value(np.frombuffer(k, integer)).reshape(sides))


def stretched(draw: Draw, **sizes: int) -> Sizes:
    """The sizes, half of the time with one of them long: all at once would take the index form minutes."""
    if not draw(st.booleans()):
        return sizes
    letter = draw(st.sampled_from(sorted(sizes.keys() & LONG.keys())))
    return sizes | {letter: draw(st.sampled_from(LONG[letter]))}


def long_axes(sizes: Sizes) -> list[str]:
    """Those that may be long: not that of the image, which is the only input map of the first layer."""
    return sorted(letter for letter in LONG.keys() & sizes.keys() if (letter, sizes[letter]) != ("p", 1))


def lengthened(sizes: Sizes, letter: str) -> Sizes:
    """The sizes with this axis at its longest, and those of the image with it."""
    long = sizes | {letter: LONG[letter][-1]}
    if {"i", "x"} <= sizes.keys():
        long = on_an_image(long) if "u" in sizes else doubled(long)
    return long


def on_an_image(sizes: Sizes) -> Sizes:
    """With the sides x y of the image on which a kernel u v has the places i j."""
    return sizes | {"x": sizes["i"] + sizes["u"] - 1, "y": sizes["j"] + sizes["v"] - 1}


def doubled(sizes: Sizes) -> Sizes:
    """With the sides x y of the map that i j is pooled from."""
    return sizes | {"x": 2 * sizes["i"], "y": 2 * sizes["j"]}


def kernel_sizes(draw: Draw) -> Sizes:
    """x y of an image, u v of a kernel that fits, and i j of their correlation."""
    (u, v), (i, j) = draw(KERNELS), draw(SIDES)
    return on_an_image(stretched(draw, i=i, j=j, u=u, v=v))


def convolution_sizes(draw: Draw) -> Sizes:
    (u, v), (i, j) = draw(KERNELS), draw(SIDES)
    return on_an_image(stretched(draw, i=i, j=j, u=u, v=v, p=draw(MAPS), q=draw(MAPS), n=draw(SAMPLES)))


def first_layer_sizes(draw: Draw) -> Sizes:
    """The image is the only input map."""
    return convolution_sizes(draw) | {"p": 1}


def pooling_sizes(draw: Draw) -> Sizes:
    i, j = draw(SIDES)
    return doubled(stretched(draw, i=i, j=j, q=draw(MAPS), n=draw(SAMPLES)))


def vector_sizes(draw: Draw) -> Sizes:
    i, j = draw(SIDES)
    return stretched(draw, i=i, j=j, k=draw(MAPS), n=draw(SAMPLES))


def dense_sizes(draw: Draw) -> Sizes:
    return stretched(draw, c=draw(st.integers(2, 4)), m=draw(st.integers(2, 6)), n=draw(SAMPLES))


def entry_sizes(draw: Draw) -> Sizes:
    """The shapes for a rule, which works entry by entry."""
    return stretched(draw, a=draw(st.integers(1, 4)))
