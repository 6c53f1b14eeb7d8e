"""σ′ and the gradients of the heads on polynomials: they are rational in the exponentials, which solve an equation."""

from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pytest

from reference.exact.numbers import derivative, identical, pairing, variables
from tests.proofs.symbolic import FAULTS, SHIPPED, operands, sigmoid_slope, takes_one_path, with_fault
from tests.proofs.test_symbolic import DENSE
from tests.suite.generators import Sizes


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


class OfTheClasses:
    """A gradient Δŷ in terms of a score s that is not a polynomial in ŷ, but solves R = 0 with R(s, e), where
    e(i) = e^ŷ(i) and so is its own derivative. To be inherited, by (H3), (H4) and (H6), and to be read with the chain
    rule: what a function says must solve the equation that differentiating R, or L, leads to, and its left side must
    therefore be a multiple of R as a polynomial in e, s and all others."""

    function: ClassVar[str]

    def is_zero_with_R(self, gradient: Callable[..., np.ndarray], sizes: Sizes) -> bool:
        raise NotImplementedError

    @pytest.mark.parametrize("shapes", ["small", "paper"])
    def test_is_the_formal_derivative_exactly(self, shapes: str) -> None:
        assert all(self.is_zero_with_R(getattr(SHIPPED, self.function), sizes) for sizes in DENSE[shapes])

    @pytest.mark.parametrize("fault", FAULTS)
    def test_one_term_at_fault_is_rejected(self, fault: str) -> None:
        assert not self.is_zero_with_R(with_fault(fault, getattr(SHIPPED, self.function)), DENSE["small"][-1])

    def test_floats_take_the_same_path(self) -> None:
        arguments = operands(self.function, DENSE["small"][-1])
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
