"""The index form: literal in its source, in bounds at every shape, exact where it can be exact."""

import ast
import inspect
import math
import re
from collections import Counter
from fractions import Fraction
from types import SimpleNamespace
from typing import NamedTuple
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vanillacnn import index_form

TREE = ast.parse(inspect.getsource(index_form))
FUNCTIONS = {node.name: node for node in TREE.body if isinstance(node, ast.FunctionDef)}


# The source


def test_imports_nothing_but_numpy_and_the_array_type():
    imports = [ast.unparse(n) for n in ast.walk(TREE) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert imports == ["import math", "import numpy as np", "from vanillacnn.arrays import Real, Scalar"]


def test_calls_are_plain():
    calls = {ast.unparse(n.func) for n in ast.walk(TREE) if isinstance(n, ast.Call)}
    library = {"range", "max", "min", "np.empty", "np.ndindex", "math.exp", "ValueError"}
    assert calls == library | {"valid_shape", "padded_shape", "sigmoid"}


def test_entries_are_indexed_one_by_one():
    unwanted = ast.Slice | ast.MatMult | ast.comprehension | ast.Lambda
    assert not [ast.unparse(n) for n in ast.walk(TREE) if isinstance(n, unwanted)]
    assert not {None, ...} & {n.value for n in ast.walk(TREE) if isinstance(n, ast.Constant)}


def test_sizes_come_from_the_arrays():
    constants = [n.value for n in ast.walk(TREE) if isinstance(n, ast.Constant)]
    assert {value for value in constants if not isinstance(value, str)} == {0, 1, 2, 4}
    fours = [n for n in ast.walk(TREE) if isinstance(n, ast.BinOp) and ast.unparse(n.right) == "4"]
    assert [ast.unparse(n) for n in fours] == ["total / 4", "dS[q, i // 2, j // 2] / 4"]


def test_every_equation_is_cited_once():
    first_lines = [ast.get_docstring(node).splitlines()[0] for node in FUNCTIONS.values()]
    cited = [re.match(r"Eq\. ((?:\(\d+\)(?:, )?)+)|§[\d.]+", line) for line in first_lines]
    assert all(cited), first_lines
    numbers = [int(n) for c in cited for n in re.findall(r"\d+", c[1] or "")]
    initialization = range(7, 13)
    assert sorted(numbers) == [n for n in range(1, 43) if n not in initialization]


# In bounds


class Strict(np.ndarray):
    """Gives and takes single entries, at indices inside it, and does nothing as a whole."""

    __array_ufunc__ = None
    writes: Counter

    def __array_function__(self, func, types, args, kwargs):
        return NotImplemented

    def __iter__(self):
        raise TypeError("iterates over slices")

    def entry(self, index):
        index = index if isinstance(index, tuple) else (index,)
        for k, size in zip(index, self.shape, strict=True):
            if type(k) is not int or not 0 <= k < size:
                raise IndexError(f"{index} is no entry of shape {self.shape}")
        return index

    def __getitem__(self, index):
        return self.view(np.ndarray)[self.entry(index)]

    def __setitem__(self, index, value):
        index = self.entry(index)
        self.view(np.ndarray)[index] = value
        self.writes[index] += 1


def strict(*shape):
    """A read-only array of distinct dyadic numbers of both signs."""
    array = (np.arange(math.prod(shape)) * 8 - 11).reshape(shape) / 8
    array.flags.writeable = False
    return array.view(Strict)


class Sizes(NamedTuple):
    p: int
    q: int
    x_k: int
    y_k: int
    x_c: int
    y_c: int

    def arguments(self, name):
        p, q, x_k, y_k, x_c, y_c = self
        x_i, y_i = x_c + x_k - 1, y_c + y_k - 1
        shape, maps = (x_c, y_c), strict(q, x_c, y_c)
        image, kernel = strict(x_i, y_i), strict(x_k, y_k)
        vector, features, weights = strict(q), strict(x_k), strict(q, x_k)
        return {
            "correlate": (image, kernel),
            "convolve": (image, kernel),
            "convolve_padded": (image, kernel),
            "valid_shape": (image.shape, kernel.shape),
            "padded_shape": (image.shape, kernel.shape),
            "rotate": (kernel,),
            "pad": (image, kernel.shape),
            "sigmoid": (maps,),
            "sigmoid_derivative": (maps,),
            "conv_forward": (strict(p, x_i, y_i), strict(p, q, x_k, y_k), vector),
            "conv_activation": (maps,),
            "mean_pool": (strict(q, 2 * x_c, 2 * y_c),),
            "vectorize_map": (image,),
            "vectorize": (maps,),
            "dense_forward": (weights, features, vector),
            "dense_activation": (vector,),
            "squared_error": (vector, vector),
            "squared_error_gradient": (vector, vector),
            "dense_preactivation_gradient": (vector, vector),
            "weight_gradient": (vector, features),
            "dense_bias_gradient": (vector,),
            "dense_input_gradient": (weights, vector),
            "unvectorize_map": (strict(x_c * y_c), shape),
            "unvectorize": (strict(q * x_c * y_c), (q, *shape)),
            "mean_pool_gradient": (maps,),
            "conv_preactivation_gradient": (maps, maps),
            "kernel_gradient": (strict(p, x_i, y_i), maps),
            "conv_bias_gradient": (maps,),
            "conv_input_gradient": (maps, strict(p, q, x_k, y_k)),
            "gradient_descent": (maps, maps, 0.5),
        }[name]


SIZES = st.builds(Sizes, *[st.integers(1, 3)] * 4, *[st.integers(1, 4)] * 2)


@pytest.mark.parametrize("name", FUNCTIONS)
@given(sizes=SIZES)
@settings(deadline=None)
def test_reads_inside_the_inputs_and_writes_each_output_entry_once(name, sizes):
    outputs = []

    def empty(shape, dtype):
        outputs.append(np.full(shape, np.nan, dtype).view(Strict))
        outputs[-1].writes = Counter()
        return outputs[-1]

    with mock.patch.object(index_form, "np", SimpleNamespace(empty=empty, ndindex=np.ndindex)):
        result = getattr(index_form, name)(*sizes.arguments(name))
    assert all(out.writes == Counter(np.ndindex(out.shape)) for out in outputs)
    assert not isinstance(result, np.ndarray) or result is outputs[-1]


@pytest.mark.parametrize(
    "use",
    [
        lambda a: a[-1, 0],
        lambda a: a[2, 0],
        lambda a: a[0, 3],
        lambda a: a[np.int64(0), 0],
        lambda a: a[:, 0],
        lambda a: a[0],
        lambda a: a[..., 0],
        lambda a: a[[0], 0],
        lambda a: a[None, 0],
        lambda a: a.__setitem__((0, -1), 0.0),
        lambda a: a.__setitem__((0, 0), 0.0),  # an input is read-only
        lambda a: a + 1,
        lambda a: -a,
        lambda a: np.sum(a),
        lambda a: list(a),
    ],
)
def test_the_strict_array_refuses(use):
    array = strict(2, 3)
    assert array[1, 2] == 29 / 8
    with pytest.raises((IndexError, TypeError, ValueError)):
        use(array)


# By hand

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
    "rotate": ("rotate", [[[1, 2, 3], [4, 5, 6]]], [[6, 5, 4], [3, 2, 1]]),
    "pad": ("pad", [[[1, 2]], (2, 3)], [[0] * 6, [0, 0, 1, 2, 0, 0], [0] * 6]),
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
    "update": ("gradient_descent", [[[1, 2]], [[0.5, -1]], 0.5], [[0.75, 2.5]]),
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


def fractions(*shape):
    """Strategy: an array of k/8."""
    size = math.prod(shape)
    eighths = st.lists(st.integers(-40, 40), min_size=size, max_size=size)
    return eighths.map(lambda ks: np.array([Fraction(k, 8) for k in ks], object).reshape(shape))


@pytest.mark.parametrize("number", [np.float64, np.float32, Fraction])
@pytest.mark.parametrize(("name", "arguments", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_example(name, arguments, expected, number):
    arguments = [entries(argument, number) for argument in arguments]
    before = [np.copy(argument) for argument in arguments]
    result, expected = getattr(index_form, name)(*arguments), entries(expected, number)
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
    assert {name for name, *_ in EXAMPLES.values()} == set(FUNCTIONS) - sigmoids


@pytest.mark.parametrize("k", [(4, 2), (2, 5)])
@pytest.mark.parametrize("name", ["correlate", "convolve"])
def test_eq04_refuses_a_kernel_larger_than_the_image(name, k):
    with pytest.raises(ValueError, match=f"k: expected .* at most x = 3×4, got {k[0]}×{k[1]}"):
        getattr(index_form, name)(np.ones((3, 4)), np.ones(k))


def test_eq04_admits_a_kernel_as_large_as_the_image():
    assert index_form.valid_shape((3, 4), (3, 4)) == (1, 1)


@pytest.mark.parametrize("sides", [(3, 2), (2, 5)])
def test_eq16_refuses_odd_sides(sides):
    with pytest.raises(ValueError, match=f"C_s: .* even sides, got {sides[0]}×{sides[1]}"):
        index_form.mean_pool(np.ones((1, *sides)))


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


@pytest.mark.parametrize("name", ["sigmoid", "sigmoid_derivative"])
def test_sigmoid_keeps_dtype_shape_and_nan(name):
    x = np.array([[0, np.nan, 1]], np.float32)
    result = getattr(index_form, name)(x)
    assert (result.dtype, result.shape) == (x.dtype, x.shape)
    assert np.isnan(result).tolist() == [[False, True, False]]


# Each Δ is the adjoint of its forward equation, exactly and at every shape


def inner(a, b):
    assert a.shape == b.shape
    return sum(a.ravel() * b.ravel())


@given(st.data(), SIZES)
@settings(deadline=None)
def test_eq01_eq02_eq03_adjoints_and_rotation(data, sizes):
    _, _, x_k, y_k, x_c, y_c = sizes
    I = data.draw(fractions(x_c + x_k - 1, y_c + y_k - 1))
    K, D = data.draw(fractions(x_k, y_k)), data.draw(fractions(x_c, y_c))
    O, K_rot, I_pad = index_form.correlate(I, K), index_form.rotate(K), index_form.pad(I, K.shape)
    assert inner(O, D) == inner(I, index_form.convolve_padded(D, K))
    assert inner(O, D) == inner(K, index_form.correlate(I, D))
    assert np.array_equal(O, index_form.convolve(I, K_rot))
    assert np.array_equal(index_form.convolve_padded(I, K), index_form.correlate(I_pad, K_rot))


@given(st.data(), SIZES)
@settings(deadline=None)
def test_eq36_eq37_eq38_are_the_adjoints_of_eq18(data, sizes):
    p, q, x_k, y_k, x_c, y_c = sizes
    S = data.draw(fractions(p, x_c + x_k - 1, y_c + y_k - 1))
    K, b = data.draw(fractions(p, q, x_k, y_k)), data.draw(fractions(q))
    dC = data.draw(fractions(q, x_c, y_c))
    without_bias = inner(index_form.conv_forward(S, K, 0 * b), dC)
    assert without_bias == inner(K, index_form.kernel_gradient(S, dC))
    assert without_bias == inner(S, index_form.conv_input_gradient(dC, K))
    db = index_form.conv_bias_gradient(dC)
    assert inner(index_form.conv_forward(S, K, b), dC) == without_bias + inner(b, db)


@given(st.data(), SIZES)
@settings(deadline=None)
def test_eq34_is_the_adjoint_of_eq20(data, sizes):
    C_s = data.draw(fractions(sizes.q, 2 * sizes.x_c, 2 * sizes.y_c))
    dS = data.draw(fractions(sizes.q, sizes.x_c, sizes.y_c))
    assert inner(index_form.mean_pool(C_s), dS) == inner(C_s, index_form.mean_pool_gradient(dS))


@given(st.data(), SIZES)
@settings(deadline=None)
def test_eq32_eq33_are_the_inverses_of_eq21_eq22(data, sizes):
    S = data.draw(fractions(sizes.q, sizes.x_c, sizes.y_c))
    v = index_form.vectorize(S)
    assert np.array_equal(index_form.unvectorize(v, S.shape), S)
    maps = [index_form.vectorize_map(S_q) for S_q in S]
    assert np.array_equal(v, np.concatenate(maps))
    for S_q, v_q in zip(S, maps, strict=True):
        assert np.array_equal(index_form.unvectorize_map(v_q, S_q.shape), S_q)


@given(st.data(), SIZES)
@settings(deadline=None)
def test_eq29_eq30_eq31_are_the_adjoints_of_eq24(data, sizes):
    W, v = data.draw(fractions(sizes.q, sizes.x_c)), data.draw(fractions(sizes.x_c))
    b, dyhat = data.draw(fractions(sizes.q)), data.draw(fractions(sizes.q))
    without_bias = inner(index_form.dense_forward(W, v, 0 * b), dyhat)
    assert without_bias == inner(W, index_form.weight_gradient(dyhat, v))
    assert without_bias == inner(v, index_form.dense_input_gradient(W, dyhat))
    db = index_form.dense_bias_gradient(dyhat)
    assert inner(index_form.dense_forward(W, v, b), dyhat) == without_bias + inner(b, db)


@given(st.data(), SIZES)
@settings(deadline=None)
def test_eq27_is_the_derivative_of_eq26(data, sizes):
    yhat_s, y, h = (data.draw(fractions(sizes.x_c)) for _ in range(3))
    above, below = index_form.squared_error(yhat_s + h, y), index_form.squared_error(yhat_s - h, y)
    # (26) is quadratic, so its central difference is exact
    assert above - below == 2 * inner(index_form.squared_error_gradient(yhat_s, y), h)
