"""The index form: literal in its source and in bounds at every shape."""

import ast
import math
import re
from collections import Counter
from contextlib import ExitStack
from types import SimpleNamespace
from typing import NamedTuple
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.suite.traceability import INDEX_MODULES, INDEX_SOURCE, literal

TREE = ast.parse(INDEX_SOURCE)
FUNCTIONS = {node.name: node for node in TREE.body if isinstance(node, ast.FunctionDef)}


# The source


def test_imports_nothing_but_numpy_and_the_array_type():
    imports = [ast.unparse(n) for n in ast.walk(TREE) if isinstance(n, ast.Import | ast.ImportFrom)]
    types = "from vanillacnn.index_form import Array, Convolved, Maps, Scores"
    assert imports == [*["import math", "import numpy as np", "from vanillacnn.arrays import Real, Scalar"] * 2, types]


def test_calls_are_plain():
    calls = {ast.unparse(n.func) for n in ast.walk(TREE) if isinstance(n, ast.Call)}
    library = {"range", "max", "min", "abs", "np.empty", "np.ndindex", "ValueError"}
    library |= {"math.exp", "math.log", "math.sqrt", "math.cos"}
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
    cited = [re.match(r"Eq\. ((?:\(\d+\)(?:, )?)+)|§[\d.]+|\([GHL]\d+\)", line) for line in first_lines]
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


def strict(*shape, first=-11):
    """A read-only array of distinct dyadic numbers, of both signs unless the first is positive."""
    array = (np.arange(math.prod(shape)) * 8 + first).reshape(shape) / 8
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
        squares, positive = (np.asarray(maps) ** 2).view(Strict), strict(q, first=3)
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
            "softmax": (vector,),
            "softmax_cross_entropy": (vector, vector),
            "softmax_cross_entropy_gradient": (vector, vector),
            "softmax_gradient": (vector, vector),
            "binary_cross_entropy": (vector, vector),
            "binary_cross_entropy_gradient": (vector, vector),
            "normalized_cross_entropy": (positive, vector),
            "normalized_cross_entropy_gradient": (positive, vector),
            "relu": (maps,),
            "relu_gradient": (maps, maps),
            "max_pool": (strict(q, 2 * x_c, 2 * y_c),),
            "max_pool_gradient": (maps, strict(q, 2 * x_c, 2 * y_c)),
            "momentum": (maps, maps, 0.5),
            "nesterov": (maps, maps, 0.5),
            "first_moment": (maps, maps, 0.5),
            "second_moment": (maps, maps, 0.5),
            "unbiased": (maps, 0.5, 2),
            "adam_direction": (maps, squares, 0.5),
            "weight_decay": (maps, maps, 0.5),
            "decoupled_decay": (maps, 0.5, 0.5),
            "step_decay": (1.0, x_c, 0.5, x_k),
            "exponential_decay": (1.0, x_c, 0.5, x_k),
            "cosine_decay": (1.0, x_k - 1, x_k),
            "linear_warmup": (1.0, x_c, x_k),
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

    with ExitStack() as stack:
        for module in INDEX_MODULES:
            stack.enter_context(mock.patch.object(module, "np", SimpleNamespace(empty=empty, ndindex=np.ndindex)))
        result = literal(name)(*sizes.arguments(name))
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
    ids=[str(k) for k in range(15)],
)
def test_the_strict_array_refuses(use):
    array = strict(2, 3)
    assert array[1, 2] == 29 / 8
    with pytest.raises((IndexError, TypeError, ValueError)):
        use(array)
