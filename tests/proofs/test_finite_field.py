"""The whole network, forward and backward as shipped, against JAX's derivative of the whole loss, in exact arithmetic.

A polynomial a(x) stands for σ(x) in both. JAX's own rule for the derivative of the sigmoid is s (1 - s), as is the
paper's; so with a for σ both still compute polynomials in the parameters, images and labels, which are the same or are
not. This verifies how the equations are put together, under the formal rule σ′ = σ (1 - σ). That σ obeys this rule is
another matter, (6), which has its own tests.

Two polynomials that differ modulo a prime p agree at a random point of GF(p) with a probability of at most d/p, where
d bounds their degrees (Schwartz and Zippel). So whatever differs modulo both primes is missed by one trial over each
with a probability of at most d²/(p₁ p₂). What no trial sees is a difference whose coefficients are all multiples of a
prime.
"""

import gc
import inspect
import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from itertools import chain
from math import prod
from typing import Any

import jax
import numpy as np
import pytest
from jax.extend.core import ClosedJaxpr

import vanillacnn as vc
from reference import autodiff
from reference import forward as jax_forward
from reference.exact import jaxpr
from reference.exact.numbers import P1, P2, Element, field, residues
from tests.network.test_network import ODD, PAPER
from vanillacnn import network
from vanillacnn.equations import convolution, dense

PRIMES = (P1, P2)
TINY = {"image": (7, 6), "maps": (1, 2), "kernels": ((2, 3), (2, 1)), "classes": 2}
NAMES = vc.Parameters._fields
GRADIENTS = vc.Gradients._fields

Shapes = tuple[tuple[int, ...], ...]  # of the six arrays of parameters, the images and the labels


@pytest.fixture(autouse=True)
def no_search_for_cycles() -> Iterator[None]:
    """Exact numbers form none, and there are so many that the search takes half of the time."""
    gc.disable()
    yield
    gc.enable()


def quadratic(x: Any) -> Any:
    return x * x + 3 * x + 5


def linear(x: Any) -> Any:
    return x / 2 + Fraction(1, 4)


def activate(monkeypatch: pytest.MonkeyPatch, a: Callable[[Any], Any]) -> None:
    """The layers find a where the sigmoid was."""
    for layer in (convolution, dense):
        monkeypatch.setattr(layer, "sigmoid", lambda x: np.asarray(np.frompyfunc(a, 1, 1)(x), object))


def shapes_of(sizes: dict, N: int) -> Shapes:
    params = vc.initialize(np.random.default_rng(0), **sizes)
    return (*(theta.shape for theta in params), (*sizes.get("image", (28, 28)), N), (len(params.b), N))


NETWORKS = {"paper": shapes_of(PAPER, 1), "odd": shapes_of(ODD, 2)}
EACH_NETWORK = pytest.mark.parametrize("sizes", NETWORKS)


def by_hand(arrays: list[np.ndarray]) -> vc.Gradients:
    params, (I, y) = vc.Parameters(*arrays[:6]), arrays[6:]
    return vc.backward(params, vc.forward(params, I), y)


def by_jax(arrays: list[np.ndarray]) -> vc.Gradients:
    program = derivative_program(*(x.shape for x in arrays))
    return vc.Gradients(*jaxpr.evaluate(program, *arrays, logistic=quadratic))


@cache
def derivative_program(*shapes: tuple[int, ...]) -> ClosedJaxpr:
    def gradients(*arrays: Any) -> list[Any]:
        found = autodiff.derivative(dict(zip(NAMES, arrays[:6], strict=True)), *arrays[6:])
        return [found[name] for name in GRADIENTS]

    return jaxpr.trace(gradients, *shapes)


def point(shapes: Shapes, p: int) -> list[np.ndarray]:
    """All parameters, images and labels, drawn independently and uniformly from GF(p)."""
    rng = random.Random(p)
    return [field(p)([rng.randrange(p) for _ in range(prod(shape))]).reshape(shape) for shape in shapes]


@cache
def expected(sizes: str, p: int) -> vc.Gradients:
    return by_jax(point(NETWORKS[sizes], p))


def different(sizes: str, p: int) -> set[str]:
    """The gradients in which the library and JAX differ at a random point."""
    pairs = zip(GRADIENTS, by_hand(point(NETWORKS[sizes], p)), expected(sizes, p), strict=True)
    return {name for name, a, b in pairs if a.shape != b.shape or residues(a) != residues(b)}


@EACH_NETWORK
@pytest.mark.parametrize("p", PRIMES, ids=["2^61-1", "2^89-1"])
def test_every_gradient_is_that_of_jax_over_a_field(sizes: str, p: int, monkeypatch: pytest.MonkeyPatch) -> None:
    activate(monkeypatch, quadratic)
    assert different(sizes, p) == set()


class Degree(Element):
    """A bound on the degree of a polynomial: what the operations of a ring make of it."""

    def __init__(self, degree: int) -> None:
        self.degree = degree

    def __add__(self, other: Any) -> "Degree":
        return Degree(max(self.degree, degree(other)))

    def __mul__(self, other: Any) -> "Degree":
        return Degree(self.degree + degree(other))

    def __neg__(self) -> "Degree":
        return self

    def __truediv__(self, other: int | Fraction) -> "Degree":
        return self

    __radd__, __rmul__ = __add__, __mul__


def degree(x: Any) -> int:
    """That of a number is 0."""
    return x.degree if isinstance(x, Degree) else 0


@EACH_NETWORK
def test_the_probability_of_an_error_is_below_two_to_the_minus_128(sizes: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The degrees are computed by the two programs themselves, each on the degrees of its arguments."""
    activate(monkeypatch, quadratic)
    arrays = [np.full(shape, Degree(1), object) for shape in NETWORKS[sizes]]
    d = max(degree(entry) for form in (by_hand, by_jax) for gradient in form(arrays) for entry in gradient.flat)
    assert d == 97
    assert prod(Fraction(d, p) for p in PRIMES) < Fraction(1, 2**128)


# Where each gradient that nothing else depends on is computed: the function and which call of it.
PLACES = {
    "dK1": ("kernel_gradient", 2),
    "db1": ("conv_bias_gradient", 2),
    "dK2": ("kernel_gradient", 1),
    "db2": ("conv_bias_gradient", 1),
    "dW": ("weight_gradient", 1),
    "db": ("dense_bias_gradient", 1),
    "dI": ("conv_input_gradient", 2),
}


@pytest.mark.parametrize("gradient", PLACES)
def test_a_fault_in_one_gradient_is_rejected(gradient: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One entry is off by a relative 1e-9, and the comparison names the gradient."""
    activate(monkeypatch, quadratic)
    function, faulty_call = PLACES[gradient]
    shipped, calls = getattr(network, function), iter((1, 2))

    def faulty(*arguments: np.ndarray) -> np.ndarray:
        result = shipped(*arguments)
        if next(calls) == faulty_call:
            result.flat[-1] *= Fraction(10**9 + 1, 10**9)
        return result

    monkeypatch.setattr(network, function, faulty)
    assert different("odd", P1) == {gradient}


class TestSection45:
    """Three steps of gradient descent on three batches, in rational numbers: the parameters that come out, to the last
    of their thousands of digits."""

    SHAPES = shapes_of(TINY, 2)
    STEPS, ALPHA = 3, Fraction(1, 2)

    def test_is_training_by_jax_exactly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        activate(monkeypatch, linear)
        params, batches = self.numbers()
        expected = jaxpr.evaluate(self.program(), *params, *chain.from_iterable(batches), logistic=linear)
        for actual, theta in zip(self.train(params, batches, self.ALPHA), expected, strict=True):
            assert actual.shape == theta.shape
            assert list(actual.flat) == list(theta.flat)
            assert all(type(entry) is Fraction for entry in actual.flat)

    def test_another_rate_gives_other_parameters(self, monkeypatch: pytest.MonkeyPatch) -> None:
        activate(monkeypatch, linear)
        params, batches = self.numbers()
        one, other = (self.train(params, batches[:1], self.ALPHA + off) for off in (0, Fraction(1, 10**9)))
        assert all((a != b).any() for a, b in zip(one, other, strict=True))

    def numbers(self) -> tuple[list[np.ndarray], list[list[np.ndarray]]]:
        """Halves for parameters, images and labels."""
        rng = np.random.default_rng(0)
        halves = np.frompyfunc(lambda k: Fraction(int(k), 2), 1, 1)
        batches = [[halves(rng.integers(-2, 3, shape)) for shape in self.SHAPES[6:]] for _ in range(self.STEPS)]
        return [halves(rng.integers(-2, 3, shape)) for shape in self.SHAPES[:6]], batches

    def train(self, params: list[np.ndarray], batches: list[list[np.ndarray]], alpha: Fraction) -> list[np.ndarray]:
        update = inspect.unwrap(vc.update)  # whose annotation asks for a float, and a float would round
        for I, y in batches:
            params = list(update(vc.Parameters(*params), by_hand([*params, I, y]), alpha))
        return params

    def program(self) -> ClosedJaxpr:
        """All steps as one program."""

        def steps(*arrays: Any) -> list[Any]:
            params, batches = dict(zip(NAMES, arrays[:6], strict=True)), arrays[6:]
            for I, y in zip(batches[::2], batches[1::2], strict=True):
                grads = jax.grad(jax_forward.loss)(params, I, y)
                params = {name: theta - float(self.ALPHA) * grads[name] for name, theta in params.items()}
            return list(params.values())

        return jaxpr.trace(steps, *self.SHAPES[:6], *self.SHAPES[6:] * self.STEPS)
