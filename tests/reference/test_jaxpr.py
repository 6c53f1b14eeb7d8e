"""The interpreter of jaxprs against JAX itself: on dyadic numbers no operation rounds, so both give the same."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
import pytest
from jax import lax
from jax.extend.core.primitives import add_jaxvals_p

from reference.exact import jaxpr
from tests.suite.compare import same


class Case(NamedTuple):
    """A function of one primitive, and the shapes of its arguments."""

    primitive: str
    function: Callable[..., Any]
    shapes: list[tuple[int, ...]]


def conv(dimensions: tuple[str, str, str], **parameters: Any) -> Callable[..., Any]:
    options = {"window_strides": (1, 1), "padding": "VALID"} | parameters
    return partial(lax.conv_general_dilated, dimension_numbers=dimensions, **options)


SAMPLES_LAST = ("CHWN", "IOHW", "CHWN")
SAMPLES_FIRST = ("NCHW", "OIHW", "NHWC")
WINDOW = {"window_dimensions": (1, 2, 3), "window_strides": (1, 2, 1)}

CASES = [
    Case("add", lax.add, [(2, 3), (2, 3)]),
    Case("add", lambda x: x + 0.25, [(2, 3)]),
    Case("add_any", add_jaxvals_p.bind, [(2, 3), (2, 3)]),
    Case("sub", lax.sub, [(2, 3), (2, 3)]),
    Case("mul", lax.mul, [(2, 3), (2, 3)]),
    Case("div", lambda x: x / 4, [(2, 3)]),
    Case("neg", lax.neg, [(3,)]),
    Case("square", lax.square, [()]),
    Case("integer_pow", lambda x: lax.integer_pow(x, 3), [(2, 3)]),
    Case("reshape", lambda x: lax.reshape(x, (3, 4)), [(2, 3, 2)]),
    Case("squeeze", lambda x: lax.squeeze(x, (0, 2)), [(1, 2, 1, 3)]),
    Case("transpose", lambda x: lax.transpose(x, (2, 0, 1)), [(2, 3, 4)]),
    Case("rev", lambda x: lax.rev(x, (0, 2)), [(2, 3, 4)]),
    Case("reduce_sum", lambda x: lax.reduce_sum_p.bind(x, axes=(0, 2), out_sharding=None), [(2, 3, 4)]),
    Case("broadcast_in_dim", lambda x: lax.broadcast_in_dim(x, (2, 3, 4), (0, 2)), [(2, 4)]),
    Case("broadcast_in_dim", lambda x: lax.broadcast_in_dim(x, (2, 3), ()), [()]),
    Case("pad", lambda x: lax.pad(x, 0.5, ((1, 2, 0), (0, 3, 2))), [(2, 3)]),
    Case("pad", lambda x: lax.pad(x, 0.5, ((-1, 2, 1), (1, -2, 1))), [(3, 4)]),
    Case("pad", lambda x: lax.pad(x, 0.5, ((-4, 2, 0), (0, 0, 0))), [(3, 2)]),
    Case("reduce_window_sum", partial(lax.reduce_window, init_value=np.zeros(()), computation=lax.add,
         window_dimensions=(1, 2, 2), window_strides=(1, 2, 2), padding="VALID"), [(2, 4, 6)]),
    Case("reduce_window_sum", partial(lax.reduce_window_sum_p.bind, **WINDOW, padding=((0, 0), (1, 2), (0, 1)),
         base_dilation=(1, 2, 1), window_dilation=(1, 3, 2)), [(2, 4, 5)]),
    Case("dot_general", lambda x, y: lax.dot_general(x, y, (((1,), (0,)), ((), ()))), [(2, 3), (3, 4)]),
    Case("dot_general", lambda x, y: lax.dot_general(x, y, (((0, 2), (1, 0)), ((), ()))), [(2, 3, 4), (4, 2, 5)]),
    Case("conv_general_dilated", conv(SAMPLES_LAST, precision=lax.Precision.HIGHEST), [(2, 4, 5, 3), (2, 3, 2, 3)]),
    Case("conv_general_dilated", conv(("HWNC", "WOIH", "HNWC"), padding=((2, 1), (0, 3))),
         [(4, 5, 2, 3), (2, 4, 3, 3)]),
    Case("conv_general_dilated", conv(SAMPLES_FIRST, window_strides=(2, 3)), [(2, 3, 6, 8), (4, 3, 3, 2)]),
    Case("conv_general_dilated", conv(SAMPLES_FIRST, lhs_dilation=(2, 3), padding=((1, 0), (2, 2))),
         [(2, 1, 3, 2), (2, 1, 2, 3)]),
    Case("conv_general_dilated", conv(SAMPLES_FIRST, rhs_dilation=(2, 3)), [(1, 2, 6, 9), (2, 2, 3, 2)]),
    Case("conv_general_dilated", conv(SAMPLES_FIRST, padding=((-1, 2), (1, -2))), [(1, 2, 5, 6), (3, 2, 2, 3)]),
]  # fmt: skip
EACH = pytest.mark.parametrize("case", CASES, ids=[f"{k}-{case.primitive}" for k, case in enumerate(CASES)])


def dyadic(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-32, 32, shape) / 8


def fractions(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.frompyfunc(Fraction, 1, 1)(x), object)


def judge(case: Case) -> None:
    """Raises Mismatch unless the interpreter's fractions are JAX's floats, entry by entry."""
    arguments = [dyadic(shape, seed) for seed, shape in enumerate(case.shapes)]
    program = jaxpr.trace(case.function, *case.shapes)
    assert [equation.primitive.name for equation in program.jaxpr.eqns] == [case.primitive]
    [actual] = jaxpr.evaluate(program, *map(fractions, arguments))
    assert all(type(entry) in (int, Fraction) for entry in actual.flat)
    expected = np.asarray(jax.jit(case.function)(*arguments))
    assert actual.shape == expected.shape
    same(fractions(expected), np.asarray(actual, object), {})


@EACH
def test_a_primitive_is_that_of_jax_exactly(case: Case) -> None:
    judge(case)


def test_every_rule_is_held_against_jax() -> None:
    assert {case.primitive for case in CASES} == jaxpr.RULES.keys()


@EACH
def test_a_fault_in_a_rule_is_caught(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """One entry of a result is off by a billionth."""
    rule = jaxpr.RULES[case.primitive]

    def faulty(*arguments: Any, **parameters: Any) -> np.ndarray:
        result = np.array(rule(*arguments, **parameters), object)
        result[(-1,) * result.ndim] += Fraction(1, 10**9)
        return result

    monkeypatch.setitem(jaxpr.RULES, case.primitive, faulty)
    with pytest.raises(AssertionError):
        judge(case)


def ones(*shape: int) -> np.ndarray:
    return np.full(shape, Fraction(1), object)


REFUSED = [
    ("exp: no rule for this primitive", lax.exp, [(2,)]),
    ("logistic: no rule for this primitive", lax.logistic, [(2,)]),
    ("convert_element_type: no rule", lambda x: x.astype(np.float32), [(2,)]),
    ("jit: no rule", jax.jit(lambda x: x + x), [(2,)]),
    ("reshape: no rule for dimensions", lambda x: lax.reshape(x, (6,), (1, 0)), [(2, 3)]),
    ("conv_general_dilated: no rule for feature_group_count=2", conv(SAMPLES_FIRST, feature_group_count=2),
     [(1, 2, 3, 3), (2, 1, 2, 2)]),
    ("conv_general_dilated: no rule for batch_group_count=2", conv(SAMPLES_FIRST, batch_group_count=2),
     [(2, 1, 3, 3), (2, 1, 2, 2)]),
    ("dot_general: no rule for dimension_numbers", lambda x, y: lax.dot_general(x, y, (((2,), (1,)), ((0,), (0,)))),
     [(2, 3, 4), (2, 4, 3)]),
    ("dot_general: no rule for preferred_element_type",
     partial(lax.dot_general, dimension_numbers=(((1,), (0,)), ((), ())), preferred_element_type=np.float32),
     [(2, 3), (3, 2)]),
]  # fmt: skip


@pytest.mark.parametrize(("message", "function", "shapes"), REFUSED, ids=[message for message, *_ in REFUSED])
def test_what_has_no_rule_is_refused_by_name(message: str, function: Callable[..., Any], shapes: list[Any]) -> None:
    with pytest.raises(NotImplementedError, match=message):
        jaxpr.evaluate(jaxpr.trace(function, *shapes), *(ones(*shape) for shape in shapes))


def test_a_parameter_that_is_not_known_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(jaxpr.RULES, "cumsum", np.cumsum)
    with pytest.raises(NotImplementedError, match="cumsum: no rule for axis=0"):
        jaxpr.evaluate(jaxpr.trace(lax.cumsum, (2,)), ones(2))


def test_arguments_that_do_not_fit_are_refused() -> None:
    program = jaxpr.trace(lax.neg, (2,))
    with pytest.raises(TypeError, match="expected an array of objects, got float64"):
        jaxpr.evaluate(program, np.ones(2))
    with pytest.raises(ValueError, match=r"expected shape \(2,\), got \(3,\)"):
        jaxpr.evaluate(program, ones(3))
    for number in (0, 2):
        with pytest.raises(ValueError, match="argument"):
            jaxpr.evaluate(program, *[ones(2)] * number)


def test_a_result_of_another_shape_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(jaxpr.RULES, "neg", lambda x: x[:1])
    with pytest.raises(ValueError, match=r"neg: expected shape \(2,\), got \(1,\)"):
        jaxpr.evaluate(jaxpr.trace(lax.neg, (2,)), ones(2))


def test_the_sigmoid_is_what_the_caller_says() -> None:
    """JAX's own rule for its derivative is part of the program: s (1 - s) in the value s."""
    program = jaxpr.trace(jax.grad(lambda x: lax.logistic(x)), ())
    [slope] = jaxpr.evaluate(program, np.array(Fraction(2), object), logistic=lambda x: x + 3)
    assert slope[()] == 5 * (1 - 5)


def test_so_is_the_exponential() -> None:
    """The argument is the value of e^x already. The derivative of e^2x is 2e^2x, that of 1/e^x is -1/e^x."""
    program = jaxpr.trace(jax.grad(lambda x: lax.div(np.float64(1), lax.exp(x)) + lax.exp(x) * lax.exp(x)), ())
    [slope] = jaxpr.evaluate(program, np.array(Fraction(3), object), exp=lambda e: e)
    assert slope[()] == 2 * 9 - Fraction(1, 3)


def test_numbers_in_a_program_are_exact() -> None:
    """A literal, a constant, and a quotient of two whole numbers, which Python would make a float."""
    weights = np.array([0.1, 3.0])
    program = jaxpr.trace(lambda x: x * 0.1 + weights / np.float64(3), (2,))
    [actual] = jaxpr.evaluate(program, ones(2))
    assert list(actual) == [Fraction(0.1) + Fraction(float(w)) for w in weights / 3]
    [thirds] = jaxpr.evaluate(jaxpr.trace(lax.div, (2,), (2,)), *(np.array([k, k], object) for k in (1, 3)))
    assert list(thirds) == [Fraction(1, 3)] * 2
    numbers = jaxpr.evaluate(jaxpr.trace(lambda x: (2.0, 0.5), (2,)), ones(2))
    assert [repr(number[()]) for number in numbers] == ["2", "Fraction(1, 2)"]


def test_a_window_larger_than_its_array_has_no_place() -> None:
    judge(Case("conv_general_dilated", conv(SAMPLES_FIRST), [(1, 1, 3, 3), (1, 1, 5, 1)]))
    assert [shifted.size for _, shifted in jaxpr._shifts(ones(3), (5,), (1,), (1,))] == [0] * 5


def test_what_no_result_depends_on_is_not_run() -> None:
    program = jaxpr.trace(lambda x: (lax.exp(x), (x + x) * (x + 3))[1], (2,))
    assert "exp" in {equation.primitive.name for equation in program.jaxpr.eqns}
    assert list(jaxpr.evaluate(program, ones(2))[0]) == [8, 8]
