"""The examples of the errata: the index form on numbers small enough to be computed by hand, and exact."""

import math
from fractions import Fraction

import numpy as np
import pytest

from tests.equations.test_index_form import FUNCTIONS
from tests.suite.traceability import literal
from vanillacnn import index_form

ONE_TO_NINE = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
A, B = [[1, 2], [3, 4]], [[5, 6], [7, 8]]
CORNER = np.zeros((12, 12), int)
CORNER[:5, :5] = 1
DELTA_00, DELTA_44 = np.zeros((8, 8), int), np.zeros((5, 5), int)
DELTA_00[0, 0] = DELTA_44[4, 4] = 1
COUNT = np.arange(192).reshape(12, 4, 4)


def ones(*shape):
    return np.ones(shape, int)


EXAMPLES = {
    "eq01": ("correlate", [ONE_TO_NINE, A], [[37, 47], [67, 77]]),
    "eq01-wide": ("correlate", [[[1, 2, 3], [4, 5, 6]], [[1, 10]]], [[21, 32], [54, 65]]),
    "eq02": ("convolve", [ONE_TO_NINE, A], [[23, 33], [53, 63]]),
    "eq02-wide": ("convolve", [[[1, 2, 3], [4, 5, 6]], [[1, 10]]], [[12, 23], [45, 56]]),
    "eq03": ("convolve_padded", [A, A], [[1, 4, 4], [6, 20, 16], [9, 24, 16]]),
    "eq03-ones": ("convolve_padded", [A, ones(2, 2)], [[1, 3, 2], [4, 10, 6], [3, 7, 4]]),
    "eq03-wide": ("convolve_padded", [[[1, 2]], [[1, 10, 100]]], [[1, 12, 120, 200]]),
    "eq04-layer1": ("valid_shape", [(28, 28), (5, 5)], (24, 24)),
    "eq04-wide": ("valid_shape", [(4, 6), (2, 3)], (3, 4)),
    "eq05-layer2": ("padded_shape", [(8, 8), (5, 5)], (12, 12)),
    "eq05-wide": ("padded_shape", [(2, 3), (4, 2)], (5, 4)),
    "section221": ("rotate", [[[1, 2, 3], [4, 5, 6]]], [[6, 5, 4], [3, 2, 1]]),
    "section223": ("pad", [[[1, 2]], (2, 3)], [[0] * 6, [0, 0, 1, 2, 0, 0], [0] * 6]),
    "eq14-ones": ("conv_forward", [ones(1, 5, 5), ones(1, 1, 5, 5), [0]], [[[25]]]),
    "eq14-delta": ("conv_forward", [np.arange(25).reshape(1, 5, 5), [[DELTA_44]], [0.5]],
                   [[[24.5]]]),
    "eq14-maps": ("conv_forward", [[A], [[[[1]], [[10]]]], [0.5, 0.25]],
                  [[[1.5, 2.5], [3.5, 4.5]], [[10.25, 20.25], [30.25, 40.25]]]),
    "eq18-ones": ("conv_forward", [ones(6, 5, 5), ones(6, 1, 5, 5), [0]], [[[150]]]),
    "eq18-sum-over-maps": ("conv_forward", [[A, [[10, 20], [30, 40]]], ones(2, 1, 1, 1), [0.5]],
                           [[[11.5, 22.5], [33.5, 44.5]]]),
    "eq18-maps": ("conv_forward", [[A, B], [[A, [[0, 1], [0, 0]]], [[[0, 0], [1, 0]], B]], [1, 2]],
                  [[[30 + 7 + 1]], [[2 + 174 + 2]]]),
    "eq16": ("mean_pool", [[A]], [[[2.5]]]),
    "eq20-wide": ("mean_pool", [[[[1, 2, 5, 6], [3, 4, 7, 8]], [[8, 0, 0, 4], [0, 0, 0, 0]]]],
                  [[[2.5, 6.5]], [[2, 1]]]),
    "eq21": ("vectorize_map", [[[1, 2, 3], [4, 5, 6]]], [1, 2, 3, 4, 5, 6]),
    "eq22": ("vectorize", [COUNT], range(192)),
    "eq22-wide": ("vectorize", [[[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [0, 1, 2]]]],
                  [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2]),
    "eq24": ("dense_forward", [[[1, 2, 3], [4, 5, 6]], [1, 10, 100], [0.5, 0.25]], [321.5, 654.25]),
    "eq26": ("squared_error", [[3, 0.5], [1, 1]], 2.125),
    "eq27": ("squared_error_gradient", [[3, 0.5], [1, 1]], [2, -0.5]),
    "eq28": ("dense_preactivation_gradient", [[3, -1], [0.25, 0.5]], [0.5625, -0.25]),
    "eq29": ("weight_gradient", [[1, 2], [3, 4, 5]], [[3, 4, 5], [6, 8, 10]]),
    "eq30": ("dense_bias_gradient", [[3, -1]], [3, -1]),
    "eq31": ("dense_input_gradient", [[[1, 2, 3], [4, 5, 6]], [1, 10]], [41, 52, 63]),
    "eq32": ("unvectorize_map", [[1, 2, 3, 4, 5, 6], (2, 3)], [[1, 2, 3], [4, 5, 6]]),
    "eq33": ("unvectorize", [range(192), (12, 4, 4)], COUNT),
    "eq33-wide": ("unvectorize", [range(6), (2, 1, 3)], [[[0, 1, 2]], [[3, 4, 5]]]),
    "eq34": ("mean_pool_gradient", [[[[4, 8]], [[1, 2]]]],
             [[[1, 1, 2, 2], [1, 1, 2, 2]], [[0.25, 0.25, 0.5, 0.5], [0.25, 0.25, 0.5, 0.5]]]),
    "eq35": ("conv_preactivation_gradient", [[[[3, -1]], [[8, 2]]], [[[0.25, 0.5]], [[0.75, 1]]]],
             [[[0.5625, -0.25]], [[1.5, 0]]]),
    "eq36": ("kernel_gradient", [[ONE_TO_NINE], [A]], [[[[37, 47], [67, 77]]]]),
    "eq36-ones": ("kernel_gradient", [ones(1, 12, 12), ones(1, 8, 8)], 64 * ones(1, 1, 5, 5)),
    "eq36-input-maps": ("kernel_gradient", [[A, B], [[[1]]]], [[A], [B]]),
    "eq36-output-maps": ("kernel_gradient", [[[[1]], [[2]]], [[[1]], [[10]], [[100]]]],
                         [[[[1]], [[10]], [[100]]], [[[2]], [[20]], [[200]]]]),
    "eq37": ("conv_bias_gradient", [[A, B]], [10, 26]),
    "eq38": ("conv_input_gradient", [[[[1, 10], [100, 1000]]], [[A]]],
             [[[1, 12, 20], [103, 1234, 2040], [300, 3400, 4000]]]),
    "eq38-corner": ("conv_input_gradient", [[DELTA_00], ones(1, 1, 5, 5)], [CORNER]),
    "eq38-input-maps": ("conv_input_gradient", [[[[1]]], [[A], [B]]], [A, B]),
    "eq38-output-maps": ("conv_input_gradient",
                         [[[[1]], [[10]], [[100]]], [[[[1]], [[2]], [[3]]], [[[4]], [[5]], [[6]]]]],
                         [[[321]], [[654]]]),
    "eq38-dI": ("conv_input_gradient", [[[[1]], [[10]]], [[A, B]]], [[[51, 62], [73, 84]]]),
    "eq41": ("kernel_gradient", [[ONE_TO_NINE], [[[1, 0], [0, 0]], [[0, 0], [0, 1]]]],
             [[[[1, 2], [4, 5]], [[5, 6], [8, 9]]]]),
    "section45": ("gradient_descent", [[[1, 2]], [[0.5, -1]], 0.5], [[0.75, 2.5]]),
    "H3": ("softmax_cross_entropy_gradient", [[0.25, 0.75], [0, 1]], [0.25, -0.25]),
    "H3-not-one-hot": ("softmax_cross_entropy_gradient", [[0.25, 0.75], [3, 1]], [-2, 2]),
    "H4": ("softmax_gradient", [[8, 0], [0.25, 0.75]], [1.5, -1.5]),
    "H6": ("binary_cross_entropy_gradient", [[0.25, 0.75], [0, 1]], [0.25, -0.25]),
    "H8": ("normalized_cross_entropy_gradient", [[1, 3], [2, 3]], [-0.75, 0.25]),
    "L1": ("relu", [[[[-1, 0], [0.5, 2]]]], [[[0, 0], [0.5, 2]]]),
    "L2": ("relu_gradient", [[[[3, 5], [7, 9]]], [[[-1, 0], [0.5, 2]]]], [[[0, 0], [7, 9]]]),
    "L3": ("max_pool", [[[[1, 2, -5, -6], [3, 0, -7, -8]]]], [[[3, -5]]]),
    "L4": ("max_pool_gradient", [[[[10, 20]]], [[[1, 2, -5, -6], [3, 0, -7, -8]]]], [[[0, 0, 20, 0], [10, 0, 0, 0]]]),
    "L4-first-of-several": ("max_pool_gradient", [[[[10, 20]]], [[[0, 3, 1, 1], [3, 3, 1, 1]]]],
                              [[[0, 10, 20, 0], [0, 0, 0, 0]]]),
    "G1": ("momentum", [[[8, -4]], [[1, 2]], 0.75], [[7, -1]]),
    "G2": ("nesterov", [[[1, 2]], [[8, -4]], 0.75], [[7, -1]]),
    "G3": ("first_moment", [[[8, -4]], [[4, 16]], 0.75], [[7, 1]]),
    "G4": ("second_moment", [[[8, 4]], [[4, -2]], 0.75], [[10, 4]]),
    "G5": ("unbiased", [[[3, -6]], 0.5, 2], [[4, -8]]),
    "G7": ("weight_decay", [[[1, 2]], [[8, -4]], 0.25], [[3, 1]]),
    "G8": ("decoupled_decay", [[[8, -4]], 0.5, 0.25], [[7, -3.5]]),
    "G9": ("step_decay", [3, 5, 0.5, 2], 0.75),
    "G12": ("linear_warmup", [4, 1, 8], 1),
}  # fmt: skip


def entries(values, number):
    """`values` as an array of `number`; shapes, which are tuples, and scalars pass through."""
    if isinstance(values, tuple):
        return values
    values = np.array(values, object)
    if values.ndim == 0:
        return number(values[()])
    out = np.empty(values.shape, object if number is Fraction else number)
    for k in np.ndindex(values.shape):
        out[k] = number(values[k])
    return out


@pytest.mark.parametrize("number", [np.float64, np.float32, Fraction])
@pytest.mark.parametrize(("name", "arguments", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_example(name, arguments, expected, number):
    arguments = [entries(argument, number) for argument in arguments]
    before = [np.copy(argument) for argument in arguments]
    result, expected = literal(name)(*arguments), entries(expected, number)
    assert np.shape(result) == np.shape(expected)
    assert np.all(result == expected)
    if not isinstance(result, tuple):
        assert np.asarray(result).dtype == np.asarray(expected).dtype
        if number is Fraction:
            assert {type(entry) for entry in np.ravel(result)} <= {Fraction, int}
    for argument, copy in zip(arguments, before, strict=True):
        assert np.array_equal(argument, copy)


def test_every_equation_without_a_sigmoid_has_an_example():
    sigmoids = {"sigmoid", "sigmoid_derivative", "conv_activation", "dense_activation"}
    roots = {name for name, *_ in ROOTS} | {name for name, *_ in LOGARITHMS}
    assert {name for name, *_ in EXAMPLES.values()} == set(FUNCTIONS) - sigmoids - roots


@pytest.mark.parametrize("k", [(4, 2), (2, 5)])
@pytest.mark.parametrize("name", ["correlate", "convolve"])
def test_eq04_refuses_a_kernel_larger_than_the_image(name, k):
    with pytest.raises(ValueError, match=f"k: expected .* at most x = 3×4, got {k[0]}×{k[1]}"):
        literal(name)(np.ones((3, 4)), np.ones(k))


def test_eq04_admits_a_kernel_as_large_as_the_image():
    assert index_form.valid_shape((3, 4), (3, 4)) == (1, 1)


@pytest.mark.parametrize("sides", [(3, 2), (2, 5)])
def test_eq16_refuses_odd_sides(sides):
    with pytest.raises(ValueError, match=f"C_s: .* even sides, got {sides[0]}×{sides[1]}"):
        index_form.mean_pool(np.ones((1, *sides)))


# A root, a broken power and a cosine, which have no fractions for their values


ROOTS = [
    ("adam_direction", [[[3, -8]], [[4, 9]], 1], [[1, -2]]),
    ("exponential_decay", [3, 1, 0.25, 2], 1.5),
    ("cosine_decay", [3, 4, 4], 0),
]


@pytest.mark.parametrize("number", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "arguments", "expected"), ROOTS)
def test_example_in_floats(name, arguments, expected, number):
    arrays = [entries(argument, number) if isinstance(argument, list) else argument for argument in arguments]
    assert np.array_equal(literal(name)(*arrays), expected)


# The sigmoid: computed in float64, each value here rounds to the expected float32


@pytest.mark.parametrize(
    ("x", "expected"),
    [(0, 1 / 2), (math.log(3), 3 / 4), (-math.log(3), 1 / 4), (-40, math.exp(-40)),
     (800, 1), (-800, 0), (math.inf, 1), (-math.inf, 0)],
)  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float64, object])
def test_sigmoid(x, expected, dtype):
    for result in [
        index_form.sigmoid(np.array(x, dtype)),
        index_form.conv_activation(np.array([[[x]]], dtype)),
        index_form.dense_activation(np.array([x], dtype)),
    ]:
        assert result.dtype == dtype
        assert result.astype(np.float32) == np.float32(expected)


@pytest.mark.parametrize(("x", "expected"), [(0, 4 / 16), (math.log(3), 3 / 16), (800, 0)])
@pytest.mark.parametrize("sign", [1, -1])
def test_eq06(x, expected, sign):
    result = index_form.sigmoid_derivative(np.array([[sign * x]], np.float64))
    assert result.astype(np.float32) == expected


# What has an exponential or a logarithm in it, likewise


LOGARITHMS = [
    ("softmax", [[0, math.log(3)]], [1 / 4, 3 / 4]),
    ("softmax", [[-math.log(2), 0, -math.log(2)]], [1 / 4, 1 / 2, 1 / 4]),
    ("softmax", [[2000, 0]], [1, 0]),
    ("softmax_cross_entropy", [[0, math.log(3)], [1, 0]], math.log(4)),
    ("softmax_cross_entropy", [[math.log(3), 0], [2, 1]], 2 * math.log(4 / 3) + math.log(4)),
    ("softmax_cross_entropy", [[2000, 0], [0, 1]], 2000),
    ("binary_cross_entropy", [[0, math.log(3)], [0, 1]], math.log(2) + math.log(4 / 3)),
    ("binary_cross_entropy", [[-2000, 2000], [1, 0]], 4000),
    ("normalized_cross_entropy", [[0.9, 0.6, 0.5], [1, 0, 0]], -math.log(0.9 / 2)),  # 0.7985, as Keras has it
    ("normalized_cross_entropy", [[1, 3], [1, 2]], math.log(4) + 2 * math.log(4 / 3)),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), LOGARITHMS)
def test_logarithm(name, arguments, expected):
    result = literal(name)(*(np.array(argument, np.float64) for argument in arguments))
    np.testing.assert_array_equal(np.float32(result), np.float32(expected))


@pytest.mark.parametrize("name", ["sigmoid", "sigmoid_derivative"])
def test_sigmoid_keeps_dtype_shape_and_nan(name):
    x = np.array([[0, np.nan, 1]], np.float32)
    result = literal(name)(x)
    assert (result.dtype, result.shape) == (x.dtype, x.shape)
    assert np.isnan(result).tolist() == [[False, True, False]]
