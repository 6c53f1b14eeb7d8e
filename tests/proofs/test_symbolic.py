"""The functions that train, unchanged, run on polynomials: what they compute for all real inputs of a shape at once.

A backward function is held against the formal derivative of ⟨Δ, f⟩, where f is what the forward function returns for
distinct variables, and Δ are more of them; a forward function against its index form. Equal means coefficient by
coefficient. Each equation at the paper's sizes with one and two samples, and at all small shapes. This trusts CPython,
NumPy's loops over objects and `reference.exact.numbers`, and says nothing of rounding, for which there are bounds.
"""

from collections.abc import Callable, Iterable
from inspect import unwrap
from itertools import product
from typing import ClassVar

import numpy as np
import pytest

from reference.exact.numbers import derivative, identical, pairing, variables
from tests.proofs.symbolic import (
    FAULTS,
    LIBRARY,
    SHAPES,
    SHIPPED,
    Backward,
    Forward,
    Shapes,
    Slope,
    operands,
    same_polynomials,
    sigmoid_slope,
    takes_one_path,
    with_fault,
)
from tests.suite.compare import Mismatch
from tests.suite.generators import Sizes
from tests.suite.implementation import FUNCTIONS
from vanillacnn.arrays import Gradients, Parameters
from vanillacnn.equations import convolution, dense
from vanillacnn.network import update


def grid(letters: str, *sides: Iterable[int]) -> list[Sizes]:
    return [dict(zip(letters, one, strict=True)) for one in product(*sides)]


TWO, SIX = range(1, 3), range(1, 7)
KERNELS = [s for s in grid("xyuv", SIX, SIX, range(1, 4), range(1, 4)) if s["u"] <= s["x"] and s["v"] <= s["y"]]
LAYERS = [{"p": 1, "q": 6, "x": 28, "y": 28, "u": 5, "v": 5}, {"p": 6, "q": 12, "x": 12, "y": 12, "u": 5, "v": 5}]

OPERATORS: Shapes = {"paper": LAYERS, "small": KERNELS}
CONVOLUTIONS: Shapes = {  # 15² pairs of sides with 2³ numbers of maps and samples; (14) is (18) with p = 1
    "paper": [layer | {"n": n} for layer in LAYERS for n in TWO],
    "small": [kernel | maps for kernel in KERNELS for maps in grid("pqn", TWO, TWO, TWO)],
}
ACTIVATIONS: Shapes = {
    "paper": grid("qijn", [6], [24], [24], TWO) + grid("qijn", [12], [8], [8], TWO),
    "small": grid("qijn", TWO, SIX, SIX, TWO),
}
CELLS: Shapes = {
    "paper": grid("qxyn", [6], [24], [24], TWO) + grid("qxyn", [12], [8], [8], TWO),
    "small": grid("qxyn", TWO, [2, 4, 6], [2, 4, 6], TWO),
}
VECTORS: Shapes = {"paper": grid("kijn", [12], [4], [4], TWO), "small": grid("kijn", TWO, SIX, SIX, TWO)}
DENSE: Shapes = {"paper": grid("cmn", [10], [192], TWO), "small": grid("cmn", SIX, SIX, TWO)}
PARAMETERS: Shapes = {"paper": [{"a": 3898}], "small": grid("a", SIX)}


def test_there_are_1800_small_shapes_of_a_convolution() -> None:
    assert len({tuple(sizes.values()) for sizes in CONVOLUTIONS["small"]}) == 1800


class TestEq06:
    """σ is the s with s(1 + e) = 1, where e = e^-x, whose derivative is -e: so s′ is the only solution of
    ∂R/∂s s′ + ∂R/∂e (-e) = 0 with R = s(1 + e) - 1. What (6) says solves it: the left side is -s R, which is 0."""

    def total_derivative_is_zero(self, slope: Callable[[np.ndarray], np.ndarray]) -> bool:
        s, e = variables("s", (1,)), variables("e", (1,))
        (R,) = relation = s * (1 + e) - 1
        return identical(derivative(R, s) * slope(s) - derivative(R, e) * e, -s * relation)

    def test_is_the_formal_derivative_exactly(self) -> None:
        assert self.total_derivative_is_zero(sigmoid_slope)

    @pytest.mark.parametrize("fault", FAULTS)
    def test_one_term_at_fault_is_rejected(self, fault: str) -> None:
        assert not self.total_derivative_is_zero(with_fault(fault, sigmoid_slope))


class TestEq01(Forward):
    function, sizes = "correlate", OPERATORS


class TestEq02(Forward):
    function, sizes = "convolve", OPERATORS


class TestEq03(Forward):
    function, sizes = "convolve_padded", OPERATORS


class TestSection221(Forward):
    function, sizes = "rotate", OPERATORS


class TestSection223(Forward):
    function, sizes = "pad", OPERATORS


class TestEq13Eq14Eq17Eq18(Forward):
    function, sizes = "conv_forward", CONVOLUTIONS


class TestEq16Eq20(Forward):
    function, sizes = "mean_pool", CELLS


class TestEq21(Forward):
    function, sizes = "vectorize_map", VECTORS


class TestEq22(Forward):
    function, sizes = "vectorize", VECTORS


class TestEq23Eq24(Forward):
    function, sizes = "dense_forward", DENSE


class TestEq26(Forward):
    function, sizes = "squared_error", DENSE


class TestEq27(Backward):
    function, forward, by, sizes = "squared_error_gradient", "squared_error", "yhat_s", DENSE


class TestEq28(Slope):
    function, sizes = "dense_preactivation_gradient", DENSE


class TestEq29(Backward):
    function, forward, by, sizes = "weight_gradient", "dense_forward", "W", DENSE


class TestEq30(Backward):
    function, forward, by, sizes = "dense_bias_gradient", "dense_forward", "b", DENSE


class TestEq31(Backward):
    function, forward, by, sizes = "dense_input_gradient", "dense_forward", "v", DENSE


class TestEq32(Backward):
    function, forward, by, sizes = "unvectorize_map", "vectorize_map", "S_q", VECTORS


class TestEq33(Backward):
    function, forward, by, sizes = "unvectorize", "vectorize", "S", VECTORS


class TestEq34Eq39(Backward):
    function, forward, by, sizes = "mean_pool_gradient", "mean_pool", "C_s", CELLS


class TestEq35Eq40(Slope):
    function, sizes = "conv_preactivation_gradient", ACTIVATIONS


class TestEq36Eq41(Backward):
    function, forward, by, sizes = "kernel_gradient", "conv_forward", "K", CONVOLUTIONS


class TestEq37Eq42(Backward):
    function, forward, by, sizes = "conv_bias_gradient", "conv_forward", "b", CONVOLUTIONS


class TestEq38DeltaI(Backward):
    function, forward, by, sizes = "conv_input_gradient", "conv_forward", "S", CONVOLUTIONS


class OfTheClasses:
    """A gradient Δŷ in terms of a score s that is not a polynomial in ŷ, but solves R = 0 with R(s, e), where
    e(i) = e^ŷ(i) and so is its own derivative. To be inherited, by (H3), (H4) and (H6), and to be read with the chain
    rule: what a function says must solve the equation that differentiating R, or L, leads to, and its left side must
    therefore be a multiple of R as a polynomial in e, s and all others."""

    function: ClassVar[str]
    sizes: ClassVar[Shapes] = DENSE

    def is_zero_with_R(self, gradient: Callable[..., np.ndarray], sizes: Sizes) -> bool:
        raise NotImplementedError

    @SHAPES
    def test_is_the_formal_derivative_exactly(self, shapes: str) -> None:
        assert all(self.is_zero_with_R(getattr(SHIPPED, self.function), sizes) for sizes in self.sizes[shapes])

    @pytest.mark.parametrize("fault", FAULTS)
    def test_one_term_at_fault_is_rejected(self, fault: str) -> None:
        assert not self.is_zero_with_R(with_fault(fault, getattr(SHIPPED, self.function)), self.sizes["small"][-1])

    def test_floats_take_the_same_path(self) -> None:
        arguments = operands(self.function, self.sizes["small"][-1])
        assert takes_one_path(getattr(SHIPPED, self.function), *arguments.values())


def entries(sizes: Sizes, *names: str) -> list[np.ndarray]:
    return [variables(name, (sizes["c"], sizes["n"])) for name in names]


class TestH4(OfTheClasses):
    """R(i) = s(i) E - e(i) with E = Σ e(k). The derivative of Σ Δs(i) R(i) with respect to ŷ(j), which is 0, is
    Δŷ(j) E for what s contributes, and for the rest ∂/∂e(j) times e(j)."""

    function = "softmax_gradient"

    def is_zero_with_R(self, gradient: Callable[..., np.ndarray], sizes: Sizes) -> bool:
        ds, s, e = entries(sizes, "ds", "s", "e")
        E = e.sum(axis=0)
        R = s * E - e
        total = gradient(ds, s) * E + derivative(pairing(ds, R), e) * e
        return identical(total, (ds - (ds * s).sum(axis=0)) * R)


class TestH3(OfTheClasses):
    """L = 1/N Σ (ℓ Σ y(i) - Σ y(i) ŷ(i)) with ℓ = log E, whose derivative is e(j)/E; R is that of (H4)."""

    function = "softmax_cross_entropy_gradient"

    def is_zero_with_R(self, gradient: Callable[..., np.ndarray], sizes: Sizes) -> bool:
        s, e, y, yhat = entries(sizes, "s", "e", "y", "yhat")
        N, E, labels, ell = sizes["n"], e.sum(axis=0), y.sum(axis=0), variables("ell", (sizes["n"],))
        L = pairing(ell, labels) - pairing(y, yhat)
        by_hand = gradient(s, y) * E * N
        return identical(by_hand - derivative(L, ell) * e - derivative(L, yhat) * E, labels * (s * E - e))


class TestH6(OfTheClasses):
    """L = 1/N Σ (ℓ(i) - y(i) ŷ(i)) with ℓ = log(1 + e), whose derivative is e/(1 + e); R = s (1 + e) - e."""

    function = "binary_cross_entropy_gradient"

    def is_zero_with_R(self, gradient: Callable[..., np.ndarray], sizes: Sizes) -> bool:
        s, e, y, yhat, ell = entries(sizes, "s", "e", "y", "yhat", "ell")
        L = pairing(ell, 1 + 0 * ell) - pairing(y, yhat)
        by_hand = gradient(s, y) * (1 + e) * sizes["n"]
        return identical(by_hand - derivative(L, ell) * e - derivative(L, yhat) * (1 + e), s * (1 + e) - e)


class TestSection45(Forward):
    function, sizes = "gradient_descent", PARAMETERS


class TestG1(Forward):
    function, sizes = "momentum", PARAMETERS


class TestG2(Forward):
    function, sizes = "nesterov", PARAMETERS


class TestG3(Forward):
    function, sizes = "first_moment", PARAMETERS


class TestG4(Forward):
    function, sizes = "second_moment", PARAMETERS


class TestG5(Forward):
    function = "unbiased"
    sizes: ClassVar = {
        shapes: [entry | {"t": t} for entry in PARAMETERS[shapes] for t in (1, 3)] for shapes in PARAMETERS
    }


class TestG7(Forward):
    function, sizes = "weight_decay", PARAMETERS


class TestG8(Forward):
    function, sizes = "decoupled_decay", PARAMETERS


@pytest.mark.parametrize(("module", "function"), [(convolution, "conv_activation"), (dense, "dense_activation")])
def test_floats_take_the_same_path_to_the_sigmoid(module, function, monkeypatch) -> None:
    """The sigmoid itself is no polynomial, so another function stands in for it."""
    monkeypatch.setattr(module, "sigmoid", lambda x: x * x)
    assert takes_one_path(getattr(module, function), *operands(function, ACTIVATIONS["small"][-1] | {"c": 2}).values())


def test_floats_take_the_same_path_through_an_update() -> None:
    sides = {"K1": (1, 2, 2, 3), "b1": (2,), "K2": (2, 3, 3, 2), "b2": (3,), "W": (4, 6), "b": (4,)}

    def step(*arrays: np.ndarray) -> None:
        unwrap(update)(
            Parameters(*arrays), Gradients(*arrays, *[None] * 10), 2
        )  # whose annotations ask for a float and all gradients

    assert takes_one_path(step, *(variables(name, shape) for name, shape in sides.items()))


def test_every_function_but_the_sigmoid_is_held() -> None:
    held = {value.function for value in globals().values() if isinstance(value, type) and hasattr(value, "function")}
    others = {name for name in FUNCTIONS if name.startswith(("initialize", "sigmoid")) or name.endswith("_activation")}
    others |= {"softmax", "softmax_cross_entropy", "binary_cross_entropy", "normalized_cross_entropy"}  # exp and log
    others |= {"normalized_cross_entropy_gradient"}  # divides by its arguments; the derivative program holds it
    others |= {"relu", "relu_gradient", "max_pool", "max_pool_gradient"}  # compare their arguments
    others |= {"adam_direction", "exponential_decay", "cosine_decay"}  # a root, a broken power, a cosine
    others |= {"step_decay", "linear_warmup"}  # of numbers alone
    assert held == FUNCTIONS.keys() - others - {"valid_shape", "padded_shape"}


@pytest.mark.parametrize(("body", "one"), [("return 2 * x", True), ("return x if x.dtype == object else 2 * x", False)])
def test_a_branch_on_the_dtype_is_seen_even_within_a_line(body: str, one: bool) -> None:
    scope: dict[str, Callable[..., np.ndarray]] = {}
    exec(compile(f"def f(x): {body}", LIBRARY / "f.py", "exec"), scope)
    assert takes_one_path(scope["f"], variables("x", (2,))) == one


def test_a_failure_shows_the_first_entry_that_differs() -> None:
    """ΔK with one entry wrong: its place, and both polynomials there."""
    S, dC = variables("S", (1, 2, 2, 1)), variables("dC", (1, 1, 2, 1))
    right = SHIPPED.kernel_gradient(S, dC)
    wrong = right.copy()
    wrong[0, 0, 1, 0] = wrong[0, 0, 1, 0] + dC[0, 0, 0, 0]
    with pytest.raises(Mismatch, match=r"the entry \(0, 0, 1, 0\) differs at \(36\)") as caught:
        same_polynomials(wrong, right, "(36)")
    told = str(caught.value)
    assert "expected = 1·S[0,1,0,0]·dC[0,0,0,0] + 1·S[0,1,1,0]·dC[0,0,1,0]" in told
    assert "difference = 1·dC[0,0,0,0]" in told
