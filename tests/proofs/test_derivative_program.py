"""The shipped functions against the programs that JAX derives, on polynomials: equal for all real inputs of a shape.

JAX traces its derivative of the reference's forward equation. `reference.exact.jaxpr` runs that program, and the
library runs its own function, on the same variables. What holds is an identity of polynomials at each of these shapes.
It trusts JAX's differentiation, CPython, NumPy's loops over objects and the polynomial class; neither XLA nor rounding.
"""

import gc
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from typing import ClassVar

import numpy as np
import pytest
from jax.extend.core import ClosedJaxpr

from reference import forward as jax_forward
from reference import heads as jax_heads
from reference.autodiff import transpose
from reference.exact import jaxpr
from reference.exact import numbers as exact
from tests.proofs.symbolic import SHIPPED, same_polynomials
from tests.suite.generators import Sizes
from tests.suite.signatures import FUNCTIONS


@pytest.fixture(autouse=True)
def no_search_for_cycles() -> Iterator[None]:
    """Exact numbers form none, and there are so many that the search takes half of the time."""
    gc.disable()
    yield
    gc.enable()


def kernels_on_images() -> Iterator[Sizes]:
    """The 225 pairs of a kernel with sides up to 3 and an image with sides up to 6 that it fits into."""
    for u, v, x, y in product(range(1, 4), range(1, 4), range(1, 7), range(1, 7)):
        if u <= x and v <= y:
            yield {"x": x, "y": y, "u": u, "v": v, "i": x - u + 1, "j": y - v + 1}


def convolutions(p: int) -> list[Sizes]:
    """900 of the 1,800 shapes with N, P, Q ≤ 2: layer 1 takes those with P = 1, layer 2 those with P = 2."""
    return [sizes | {"p": p, "q": q, "n": n} for sizes in kernels_on_images() for q, n in product((1, 2), (1, 2))]


def in_turn(shapes: list[Sizes]) -> list[Sizes]:
    """A quarter of them: each kernel on each image, with one of the four pairs of Q and N in turn."""
    return [shapes[4 * k + k % 4] for k in range(len(shapes) // 4)]


def pools(q: int, i: int, j: int, n: int) -> Sizes:
    return {"q": q, "x": 2 * i, "y": 2 * j, "i": i, "j": j, "n": n}


def vectors(k: int, i: int, j: int, n: int) -> Sizes:
    return {"k": k, "i": i, "j": j, "m": k * i * j, "n": n}


@cache
def pullback_program(forward: str, *shapes: tuple[int, ...]) -> ClosedJaxpr:
    """What JAX derives, before jit makes one operation of it."""
    module = jax_forward if hasattr(jax_forward, forward) else jax_heads
    return jaxpr.trace(transpose(getattr(module, forward)).__wrapped__, *shapes)


class Program:
    """A function of the library, and the forward equation whose program, or its derivative, computes the same."""

    function: ClassVar[str]
    forward: ClassVar[str]
    primals: ClassVar[tuple[str, ...]]  # the arguments of the forward equation, an activation being given by its value
    sizes: ClassVar[list[Sizes]]
    program: Callable[..., tuple[ClosedJaxpr, list[np.ndarray]]]  # and its arguments, from the variables by their names

    def all_equal(self, shapes: list[Sizes]) -> None:
        assert shapes
        for sizes in shapes:
            x = {name: exact.variables(name, tuple(sizes[a] for a in letters)) for name, letters in self.axes().items()}
            program, primals = self.program(x)
            # The variable is the value of σ already.
            [expected] = jaxpr.evaluate(program, *primals, logistic=lambda s: s)
            shape = expected.shape[:-1]  # what `unvectorize` wants to be told
            arguments = (x.get(name, shape) for name in FUNCTIONS[self.function].arguments)
            actual = getattr(SHIPPED, self.function)(*arguments)
            same_polynomials(np.asarray(actual, object), expected, f"{self.function}, sizes {sizes}")

    def axes(self) -> dict[str, str]:
        axes = FUNCTIONS[self.forward].arguments | FUNCTIONS[self.function].arguments
        return {name: letters for name, letters in axes.items() if letters}


class Forward(Program):
    def program(self, x: dict[str, np.ndarray]) -> tuple[ClosedJaxpr, list[np.ndarray]]:
        arguments = [x[name] for name in self.primals]
        return jaxpr.trace(getattr(jax_forward, self.forward), *(value.shape for value in arguments)), arguments

    def test_is_jax_program_exactly(self) -> None:
        self.all_equal(self.sizes)


class Backward(Program):
    of: ClassVar[str]  # the argument whose gradient it is
    cotangent: ClassVar[str]

    def program(self, x: dict[str, np.ndarray]) -> tuple[ClosedJaxpr, list[np.ndarray]]:
        one = np.array(1, object)  # the loss is a number, with itself as its only cotangent
        arguments = [x.get(self.cotangent, one), *(x[name] for name in self.primals)]
        program = pullback_program(self.forward, *(value.shape for value in arguments))
        gradient = program.jaxpr.outvars[self.primals.index(self.of)]
        return program.replace(jaxpr=program.jaxpr.replace(outvars=[gradient])), arguments

    def test_is_derivative_program_exactly(self) -> None:
        self.all_equal(self.sizes)


class Convolution(Program):
    forward, primals, cotangent = "conv_forward", ("S", "K", "b"), "dC"

    @pytest.mark.slow
    def test_holds_at_the_papers_sizes_and_all_small_ones(self) -> None:
        self.all_equal(self.many)


class Layer1(Convolution):
    LAYER: ClassVar = {"p": 1, "q": 6, "x": 28, "y": 28, "u": 5, "v": 5, "i": 24, "j": 24}
    sizes: ClassVar = in_turn(convolutions(1))
    many: ClassVar = [LAYER | {"n": 1}, LAYER | {"n": 2}, *convolutions(1)]


class Layer2(Convolution):
    LAYER: ClassVar = {"p": 6, "q": 12, "x": 12, "y": 12, "u": 5, "v": 5, "i": 8, "j": 8}
    sizes: ClassVar = in_turn(convolutions(2))
    many: ClassVar = [LAYER | {"n": 1}, LAYER | {"n": 2}, *convolutions(2)]


class Pooling(Program):
    forward, primals = "mean_pool", ("C_s",)
    paper: ClassVar = [pools(q, i, i, n) for (q, i), n in product([(6, 12), (12, 4)], (1, 2))]
    sizes: ClassVar = [*paper, *(pools(*each) for each in product((1, 2), (1, 2, 3), (1, 2, 3), (1, 2)))]


class Maps(Program):
    primals: ClassVar = ("S",)
    sizes: ClassVar = [vectors(k, *sides, n) for k, sides, n in product((1, 2, 12), [(4, 4), (2, 3), (3, 1)], (1, 2))]


class Map(Program):
    primals: ClassVar = ("S_q",)
    sizes: ClassVar = [vectors(1, *sides, n) for sides, n in product([(4, 4), *product((1, 2, 3), (1, 2, 3))], (1, 2))]


class Dense(Program):
    forward, primals, cotangent = "dense_forward", ("W", "v", "b"), "dyhat"
    classes: ClassVar = [(10, 192), *product((1, 2, 3), range(1, 7))]
    sizes: ClassVar = [{"c": c, "m": m, "n": n} for (c, m), n in product(classes, (1, 2))]


class TestEq13Eq14(Layer1, Forward):
    function = "conv_forward"


class TestEq17Eq18(Layer2, Forward):
    function = "conv_forward"


class TestEq16Eq20(Pooling, Forward):
    function = "mean_pool"


class TestEq21(Map, Forward):
    function = forward = "vectorize_map"


class TestEq22(Maps, Forward):
    function = forward = "vectorize"


class TestEq23Eq24(Dense, Forward):
    function = "dense_forward"


class TestEq26(Dense, Forward):
    function = forward = "squared_error"
    primals = ("yhat_s", "y")


class TestEq27(Dense, Backward):
    function, forward, primals = "squared_error_gradient", "squared_error", ("yhat_s", "y")
    cotangent, of = "dL", "yhat_s"


class TestEq28(Dense, Backward):
    """As a polynomial in ŷ_σ."""

    function, forward, primals = "dense_preactivation_gradient", "dense_activation", ("yhat_s",)
    cotangent, of = "dyhat_s", "yhat_s"


class TestEq29(Dense, Backward):
    function, of = "weight_gradient", "W"


class TestEq30(Dense, Backward):
    function, of = "dense_bias_gradient", "b"


class TestEq31(Dense, Backward):
    function, of = "dense_input_gradient", "v"


class TestEq32(Map, Backward):
    function, forward, cotangent, of = "unvectorize_map", "vectorize_map", "dv_q", "S_q"


class TestEq33(Maps, Backward):
    function, forward, cotangent, of = "unvectorize", "vectorize", "dv", "S"


class TestEq34Eq39(Pooling, Backward):
    function, cotangent, of = "mean_pool_gradient", "dS", "C_s"


class TestEq35Eq40(Pooling, Backward):
    """As a polynomial in C_σ."""

    function, forward, primals = "conv_preactivation_gradient", "conv_activation", ("C_s",)
    cotangent, of = "dC_s", "C_s"


class TestEq36(Layer2, Backward):
    function, of = "kernel_gradient", "K"


class TestEq41(Layer1, Backward):
    function, of = "kernel_gradient", "K"


class TestEq37Eq42(Convolution, Backward):
    function, of = "conv_bias_gradient", "b"
    sizes, many = Layer1.sizes + Layer2.sizes, Layer1.many + Layer2.many


class TestEq38(Layer2, Backward):
    function, of = "conv_input_gradient", "S"


class TestDeltaI(Layer1, Backward):
    function, of = "conv_input_gradient", "S"
