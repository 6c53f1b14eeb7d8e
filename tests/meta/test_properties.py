"""The inherited properties: each equation has them, each runs on what it is said to, and each notices its own fault."""

import ast
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.equations.test_convolution import TestEq17Eq18 as Convolution
from tests.equations.test_convolution import TestEq36 as KernelGradient
from tests.equations.test_correlation import TestSection221Rotation as Rotation
from tests.equations.test_dense import TestEq29 as WeightGradient
from tests.equations.test_loss import TestEq26 as Loss
from tests.suite.compare import Mismatch
from tests.suite.implementation import Implementation
from tests.suite.properties import Equation, Judged, layouts
from tests.suite.traceability import MODULES, TESTS, suite

SHIPPED = Implementation(*MODULES)
EXAMPLES = 30

# What each property needs of an equation is written down here once more, by function: a property that is misspelt, or
# left out of a class by mistake, is then missed.
PURE, LAYOUT = "test_is_pure", "test_every_memory_layout_gives_the_same"
LONG_AXIS = "test_a_long_axis_hides_nothing"
EVERY = {PURE, LAYOUT, LONG_AXIS}
EXAMPLES_OF = {LONG_AXIS: 5}
SCALE = "test_is_linear_in_the_cotangent"
BATCH, ORDER = "test_a_batch_is_its_samples", "test_a_permutation_goes_through"
OF_ONE_IMAGE = {"correlate", "convolve", "convolve_padded", "rotate", "pad"}
OF_EACH_ENTRY = {
    "gradient_descent", "momentum", "nesterov", "first_moment", "second_moment", "unbiased", "adam_direction",
    "weight_decay", "decoupled_decay",
}  # fmt: skip
GRADIENTS = {
    "softmax_gradient", "relu_gradient", "conv_preactivation_gradient", "kernel_gradient", "conv_bias_gradient",
    "conv_input_gradient", "mean_pool_gradient", "max_pool_gradient", "unvectorize_map", "unvectorize",
    "dense_preactivation_gradient", "weight_gradient", "dense_bias_gradient", "dense_input_gradient",
}  # fmt: skip
OF_SAMPLES = GRADIENTS | {
    "softmax", "relu", "conv_forward", "mean_pool", "max_pool", "vectorize_map", "vectorize", "dense_forward",
    "squared_error", "squared_error_gradient", "softmax_cross_entropy", "softmax_cross_entropy_gradient",
    "binary_cross_entropy", "binary_cross_entropy_gradient", "normalized_cross_entropy",
    "normalized_cross_entropy_gradient",
}  # fmt: skip
JUDGED_OTHERWISE = {"rotate", "pad", "gradient_descent"}  # a definition, and a rule with one line


def properties(cls: type) -> set[str]:
    """What pytest collects of a class, by its rule: methods whose names begin with test."""
    return {name for name in dir(cls) if name.startswith("test") and callable(getattr(cls, name))}


@cache
def equations() -> dict[str, list[type]]:
    """The classes that pytest collects, whose names begin with Test, by their function."""
    found = defaultdict(list)
    for _, cls in suite():
        if isinstance(cls, type) and issubclass(cls, Equation):
            found[cls.function].append(cls)
    return found


def test_each_of_these_functions_has_properties() -> None:
    assert equations().keys() >= OF_ONE_IMAGE | OF_EACH_ENTRY | OF_SAMPLES


@pytest.mark.parametrize("function", sorted(OF_ONE_IMAGE | OF_EACH_ENTRY | OF_SAMPLES))
def test_each_equation_has_its_properties(function: str) -> None:
    for cls in equations()[function]:
        found = properties(cls)
        assert found >= EVERY
        assert (SCALE in found) == (function in GRADIENTS)
        assert (BATCH in found) == (ORDER in found) == (function in OF_SAMPLES)
        assert any(name.startswith("test_is_the_index_form_") for name in found)
        judged = {name for name in found if name.startswith(("test_is_autodiff_", "test_is_optax_"))}
        assert judged or function in JUDGED_OTHERWISE
        assert ("test_the_bound_is_sharp" in found) == issubclass(cls, Judged) or function.endswith("_gradient")


def test_no_test_is_set_aside() -> None:
    """A mark that keeps a test from running would keep it from failing."""
    for path in TESTS.glob("**/*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            assert name not in ("skip", "skipif", "xfail"), f"{path.name}:{node.lineno}: {name}"


def run(cls: type, name: str, implementation: Any) -> None:
    """A property as Hypothesis drives it, on the same examples every time, without a word to its database."""
    inner = getattr(cls, name).hypothesis.inner_test

    examples = EXAMPLES_OF.get(name, EXAMPLES)

    @settings(database=None, derandomize=True, max_examples=examples, phases=(Phase.generate,))
    @given(data=st.data())
    def test(data: st.DataObject) -> None:
        inner(cls(), implementation, data)

    test()


class Watched:
    """The library, and on what it was called."""

    def __init__(self) -> None:
        self.calls: list[tuple[np.ndarray, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self.calls.append(tuple(x for x in arguments if isinstance(x, np.ndarray)))
            return getattr(SHIPPED, name)(*arguments)

        return call


@pytest.mark.slow
@pytest.mark.parametrize("cls", [Convolution, KernelGradient, WeightGradient, Loss, Rotation])
def test_each_property_runs_on_both_dtypes_and_many_shapes(cls: type) -> None:
    driven = [name for name in properties(cls) if hasattr(getattr(cls, name), "hypothesis")]
    assert len(driven) >= 3
    for name in driven:
        watched = Watched()
        run(cls, name, watched)
        assert len(watched.calls) >= EXAMPLES_OF.get(name, EXAMPLES), name
        assert {x.dtype.name for call in watched.calls for x in call} == {"float32", "float64"}, name
        assert len({tuple(x.shape for x in call) for call in watched.calls}) >= 3, name


def test_the_memory_layouts_are_five() -> None:
    a = np.arange(24.0).reshape(2, 3, 4)
    fortran, flipped, gaps, frozen, broadcast = layouts(a)
    assert fortran.flags.f_contiguous and not fortran.flags.c_contiguous  # noqa: PT018 - one thing
    assert max(flipped.strides) < 0
    assert gaps.strides[-1] == 2 * a.itemsize
    assert not frozen.flags.writeable
    assert broadcast.strides[-1] == 0
    for view in (fortran, flipped, gaps, frozen):
        np.testing.assert_array_equal(view, a)


def unless(spoiled: Callable[[np.ndarray], bool]) -> Callable[..., np.ndarray]:
    """(36), but wrong where the second argument lies in memory as the condition says."""
    return lambda S, dC: SHIPPED.kernel_gradient(S, dC) * (2.0 if spoiled(dC) else 1.0)


def writes(S: np.ndarray, dC: np.ndarray) -> np.ndarray:
    result = SHIPPED.kernel_gradient(S, dC)
    dC += 1
    return result


def first_sample(S: np.ndarray, dC: np.ndarray) -> np.ndarray:
    return SHIPPED.kernel_gradient(S[..., :1], dC[..., :1])


def first_map(S: np.ndarray, dC: np.ndarray) -> np.ndarray:
    wrong = SHIPPED.kernel_gradient(S, dC)
    wrong[0] *= 2
    return wrong


def stops(axis: int, at: int) -> Callable[..., np.ndarray]:
    """(36), but with zeros from some row of the kernel on."""

    def kernel_gradient(S: np.ndarray, dC: np.ndarray) -> np.ndarray:
        wrong = SHIPPED.kernel_gradient(S, dC)
        np.moveaxis(wrong, axis, 0)[at:] = 0
        return wrong

    return kernel_gradient


INDEX, EXACT = "test_is_the_index_form_exactly", "test_is_autodiff_exactly"
FAULTS = {
    "writes": (PURE, writes),
    "a slope of its own": (SCALE, lambda S, dC: SHIPPED.kernel_gradient(S, dC) + 1),
    "first sample only": (BATCH, first_sample),
    "the first map twice": (ORDER, first_map),
    "by eleven tenths": (INDEX, lambda S, dC: SHIPPED.kernel_gradient(S, dC) * S.dtype.type(1.1)),
    "by one bit": (EXACT, lambda S, dC: np.nextafter(SHIPPED.kernel_gradient(S, dC), S.dtype.type(np.inf))),
    "float64 always": (INDEX, lambda S, dC: SHIPPED.kernel_gradient(S, dC).astype(np.float64)),
    "wrong in float32 only": (
        "test_is_autodiff_within_the_bound",
        lambda S, dC: SHIPPED.kernel_gradient(S, dC) * (2 if S.dtype == np.float32 else 1),
    ),
    "in Fortran's order": (LAYOUT, unless(lambda x: x.flags.f_contiguous and not x.flags.c_contiguous)),
    "with negative strides": (LAYOUT, unless(lambda x: min(x.strides) < 0)),
    "with gaps": (LAYOUT, unless(lambda x: x.strides[-1] == 2 * x.itemsize)),
    "read-only": (LAYOUT, unless(lambda x: not x.flags.writeable)),
    "broadcast": (LAYOUT, unless(lambda x: 0 in x.strides)),
    "stops at the fourth row": (INDEX, stops(2, 4)),
    "stops at the fourth column": (INDEX, stops(3, 4)),
    "stops at the sixteenth map": (LONG_AXIS, stops(1, 16)),
    "stops at the hundredth sample": (
        LONG_AXIS,
        lambda S, dC: SHIPPED.kernel_gradient(S[..., :100], dC[..., :100]),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "fault"), FAULTS.values(), ids=FAULTS.keys())
def test_each_property_notices_its_own_fault(name: str, fault: Callable[..., np.ndarray]) -> None:
    run(KernelGradient, name, SHIPPED)
    with pytest.raises(Mismatch):
        run(KernelGradient, name, SimpleNamespace(kernel_gradient=fault))


def test_a_view_is_noticed_by_one_property_and_by_no_other() -> None:
    view = SimpleNamespace(rotate=lambda K: K[::-1, ::-1])
    with pytest.raises(Mismatch, match="view of K"):
        run(Rotation, PURE, view)
    for name in (INDEX, LAYOUT):
        run(Rotation, name, view)
