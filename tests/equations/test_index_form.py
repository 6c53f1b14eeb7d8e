"""The index form: literal in its source and in bounds at every shape."""

import ast
import math
import re
from collections import Counter
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from reference.formulas.evaluation import evaluate
from reference.formulas.notation import Argument, formulas
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


Sizes = dict[str, int]
POSITIVE = ("ŷ_σ", "ĉ")  # one is divided by, of the other the root is taken
NUMBERS = dict.fromkeys(("α", "β", "β_1", "β_2", "γ", "ε", "λ", "μ"), 0.5)


def sizes(p: int, q: int, x_k: int, y_k: int, x_c: int, y_c: int) -> Sizes:
    """All sizes, by their letters. Pooling makes x_s of 2x_s; step k comes before T."""
    sides = {"x_k": x_k, "y_k": y_k, "x_c": x_c, "y_c": y_c, "x_s": x_c, "y_s": y_c}
    sides |= {"x_i": x_c + x_k - 1, "y_i": y_c + y_k - 1}
    steps = {"t": 2, "k": x_k - 1, "T": x_k, "w": x_k, "h": y_k}
    return {"P": p, "Q": q, "Y": q, "M": x_k, **sides, **steps}


def given(argument: Argument, known: Sizes) -> Any:
    """The argument of a function at these sizes."""
    if argument.sides is None:
        return {**known, **NUMBERS}[argument.name]
    shape = tuple(evaluate(side, known, {}) for side in argument.sides)
    if not argument.name:
        return shape
    whole = known["Q"], known["x_c"], known["y_c"]
    return strict(*(shape or whole), first=3 if argument.name in POSITIVE else -11)


ENTRIES = {formula.function: formula for formula in formulas().values() if formula.arrays}  # the most general layer
SIZES = st.builds(sizes, *[st.integers(1, 3)] * 4, *[st.integers(1, 4)] * 2)


@pytest.mark.parametrize("name", FUNCTIONS)
@drawn(sizes=SIZES)
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
        result = literal(name)(*(given(argument, sizes) for argument in ENTRIES[name].arguments))
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
