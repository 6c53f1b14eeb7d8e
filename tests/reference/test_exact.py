"""The exact numbers: polynomials compared with SymPy, residues with Python's integers, and all that both refuse."""

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import example, given
from hypothesis import strategies as st

from reference.exact.numbers import (
    P1,
    P2,
    Modular,
    Polynomial,
    derivative,
    field,
    identical,
    pairing,
    residues,
    variables,
)

X = variables("x", (2, 3))
NUMBERS = [number for x in X.flat for (number,) in x.terms]
SYMBOLS = sympy.symbols("x:6")
PRIMES = [7, P1, P2]

integers = st.integers(-6, 6)
rationals = integers | st.fractions(-3, 3, max_denominator=4)
monomials = st.lists(st.sampled_from(NUMBERS), max_size=3).map(lambda numbers: tuple(sorted(numbers)))
polynomials = st.dictionaries(monomials, rationals.filter(bool), max_size=4).map(Polynomial)
residue_classes = st.sampled_from(PRIMES).flatmap(lambda p: st.tuples(st.just(p), *[st.integers(-3, p + 3)] * 2))

BOTH_SIDES = [operator.add, operator.sub, operator.mul]


def to_sympy(value: Any) -> sympy.Poly:
    terms = value.terms if isinstance(value, Polynomial) else {(): value}
    exponents = {tuple(map(monomial.count, NUMBERS)): sympy.Rational(c) for monomial, c in terms.items()}
    return sympy.Poly.from_dict(exponents, *SYMBOLS, domain="QQ")


def check(actual: Any, expected: sympy.Poly) -> None:
    """Term by term, in the one form that a polynomial has: monomials in ascending order, no coefficient zero."""
    assert isinstance(actual, Polynomial)
    assert actual.terms == {
        tuple(number for number, k in zip(NUMBERS, exponents, strict=True) for _ in range(k)): Fraction(
            int(c.p), int(c.q)
        )
        for exponents, c in expected.as_dict().items()
    }


def array(*entries: Any) -> np.ndarray:
    return np.array(entries, object)


@pytest.mark.parametrize("operation", BOTH_SIDES)
class TestRing:
    @given(f=polynomials, g=polynomials)
    def test_of_polynomials(self, operation: Callable[..., Any], f: Polynomial, g: Polynomial) -> None:
        before = dict(f.terms), dict(g.terms)
        check(operation(f, g), operation(to_sympy(f), to_sympy(g)))
        check(operation(f, f), operation(to_sympy(f), to_sympy(f)))
        assert (f.terms, g.terms) == before

    @given(f=polynomials, c=rationals)
    def test_with_numbers(self, operation: Callable[..., Any], f: Polynomial, c: Any) -> None:
        check(operation(f, c), operation(to_sympy(f), to_sympy(c)))
        check(operation(c, f), operation(to_sympy(c), to_sympy(f)))


@given(f=polynomials, c=rationals.filter(bool))
def test_the_negative_and_the_quotient_by_a_number(f: Polynomial, c: Any) -> None:
    check(-f, -to_sympy(f))
    check(f / c, to_sympy(f) * (1 / sympy.Rational(c)))


@given(f=polynomials | rationals, rows=st.integers(0, 2))
@example(f=3 * X[0, 0] * X[0, 0] * X[1, 2], rows=1)
def test_the_derivative(f: Any, rows: int) -> None:
    found = derivative(f, X[:rows])
    assert found.shape == (rows, 3)
    for actual, symbol in zip(found.flat, SYMBOLS[: 3 * rows], strict=True):
        check(actual, to_sympy(f).diff(symbol))


@pytest.mark.parametrize("x", [np.broadcast_to(X[:1], (2, 3)), X + X.T[0, 1], 2 * X, X * X])
def test_the_derivative_by_anything_but_distinct_variables_is_refused(x: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"^x: expected distinct variables|unpack"):
        derivative(X[0, 0], x)


@given(st.lists(st.tuples(polynomials | rationals, polynomials), min_size=1, max_size=4))
def test_the_pairing(pairs: list[tuple[Any, Polynomial]]) -> None:
    D, Y = (array(*entries).reshape(-1, 1) for entries in zip(*pairs, strict=True))
    check(pairing(D, Y), sum((to_sympy(d) * to_sympy(y) for d, y in pairs), to_sympy(0)))


def test_the_pairing_of_two_shapes_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^D, X: expected one shape, got \(3, 2\) and \(2, 3\)"):
        pairing(X.T, X)


def test_variables_are_distinct() -> None:
    x = variables("x", (2, 3))
    numbers = {monomial for entry in [*x.flat, *X.flat] for monomial in entry.terms}
    assert len(numbers) == 12
    assert [entry.terms for entry in x.flat] == [{monomial: 1} for entry in x.flat for monomial in entry.terms]
    assert variables("none", (0, 2)).shape == (0, 2)


def test_a_polynomial_can_be_read() -> None:
    variables("none", (0,))
    W = variables("W", (2, 2))
    assert repr(W[1, 0] * W[1, 0] / 3 - W[0, 1] + 2) == "2 + -1·W[0,1] + 1/3·W[1,0]·W[1,0]"
    assert repr(W[0, 0] - W[0, 0]) == "0"


def test_numpys_own_loops_run_on_polynomials() -> None:
    total = X @ X.T
    total += X[:, :1]
    expected = [[sum((X[i, k] * X[j, k] for k in range(3)), X[i, 0]) for j in range(2)] for i in range(2)]
    assert identical(total, array(*expected))
    check(X.sum(), sum(map(to_sympy, X.flat)))


@pytest.mark.parametrize("x", [X[0, 0] + 1, Modular(3, 7)], ids=["polynomial", "modular"])
@pytest.mark.parametrize("operation", [*BOTH_SIDES, operator.truediv])
def test_an_array_meets_an_element_entry_by_entry(operation: Callable[..., Any], x: Any) -> None:
    found = operation(x, array(1, 2))
    assert isinstance(found, np.ndarray)
    assert list(map(repr, found)) == [repr(operation(x, 1)), repr(operation(x, 2))]


@pytest.mark.parametrize("x", [X[0, 0], Modular(3, 7)], ids=["polynomial", "modular"])
def test_the_reason_of_a_refusal_is_given(x: Any) -> None:
    with pytest.raises(TypeError, match=f"^{type(x).__name__}: no entry is to be compared$"):
        x == x  # noqa: B015
    with pytest.raises(TypeError, match=f"^{type(x).__name__}: no entry has a truth value$"):
        bool(x)


class TestIdentical:
    def test_of_the_same_polynomials(self) -> None:
        x, y, z = X[0]
        assert identical(array(x * y + z, x - x, x - x + 2), array(z + y * x, 0, 2))
        assert identical(array(1, 2), array(Fraction(1), Fraction(4, 2)))

    @pytest.mark.parametrize("change", [lambda x: x + 1, lambda x: x * (1 + Fraction(1, 10**9)), lambda x: x * x, int])
    def test_not_of_others(self, change: Callable[[Any], Any]) -> None:
        changed = X.copy()
        changed[1, 2] = 0 if change is int else change(X[1, 2])
        assert not identical(X, changed)
        assert not identical(changed, X)

    @pytest.mark.parametrize("other", [X.T, X[:1], X[np.newaxis], X.reshape(6)])
    def test_not_of_another_shape(self, other: np.ndarray) -> None:
        assert not identical(X, other)

    @pytest.mark.parametrize("entry", [1.0, True, np.int64(1), None, Modular(1, 7)])
    def test_of_anything_else_is_refused(self, entry: Any) -> None:
        with pytest.raises(TypeError, match=f"^expected a polynomial or a rational number, got {type(entry).__name__}"):
            identical(array(1, 1), array(1, entry))


class TestModular:
    def test_the_moduli_are_prime(self) -> None:
        assert all(map(sympy.isprime, PRIMES))
        assert P1 * P2 > 2**149

    @pytest.mark.parametrize("operation", BOTH_SIDES)
    @given(case=residue_classes)
    def test_the_ring_is_that_of_integers_modulo_p(self, operation: Callable[..., Any], case: Any) -> None:
        p, a, b = case
        x, y = field(p)([a, b])
        assert residues(array(operation(x, y), operation(x, b), operation(a, y))) == [operation(a, b) % p] * 3
        assert residues(array(-x)) == [-a % p]

    @given(case=residue_classes, c=rationals)
    def test_a_rational_number_is_its_residue(self, case: Any, c: Any) -> None:
        p, a, _ = case
        (x,) = field(p)([a])
        expected = [(a * c.denominator + c.numerator) % p, a * c.numerator % p]
        found = residues(array(x + c, x * c, c + x, c * x) * c.denominator)
        assert found == [expected[0], expected[1], expected[0], expected[1]]

    @given(case=residue_classes)
    def test_a_quotient_times_the_divisor_is_the_dividend(self, case: Any) -> None:
        p, a, b = case
        x, y = field(p)([a, b])
        if b % p:
            assert residues(array(x / y * y, x / b * b, a / y * y)) == [a % p] * 3
        else:
            for quotient in (lambda: x / y, lambda: x / b, lambda: a / y):
                with pytest.raises(ValueError, match="not invertible"):
                    quotient()

    def test_arrays(self) -> None:
        a = field(7)(np.arange(6).reshape(2, 3) + 5)
        assert a.shape == (2, 3)
        assert residues(a) == [5, 6, 0, 1, 2, 3]
        assert residues(a @ a.T) == [(25 + 36 + 0) % 7, (5 + 12 + 0) % 7, (5 + 12 + 0) % 7, (1 + 4 + 9) % 7]
        assert residues(array(4, a[0, 1])) == [4, 6]
        assert repr(a[0, 0]) == "5 mod 7"
        with pytest.raises(TypeError):
            field(7)([0.5])

    @pytest.mark.parametrize("operation", [*BOTH_SIDES, operator.truediv])
    def test_two_fields_do_not_mix(self, operation: Callable[..., Any]) -> None:
        with pytest.raises(TypeError, match="unsupported operand"):
            operation(Modular(1, 7), Modular(1, 5))


FORBIDDEN: dict[str, Callable[[Any], Any]] = {
    "==": lambda x: x == x,
    "!=": lambda x: x != 0,
    "<": lambda x: x < 1,
    ">=": lambda x: x >= 0,
    "abs": abs,
    "bool": bool,
    "float": float,
    "int": int,
    "index": operator.index,
    "hash": hash,
    "**": lambda x: x**2,
    "//": lambda x: x // 2,
    "%": lambda x: x % 2,
    "np.exp": lambda x: np.exp(array(x)),
    "np.maximum": lambda x: np.maximum(array(x), 0),
    "np.count_nonzero": lambda x: np.count_nonzero(array(x)),
    "astype": lambda x: array(x).astype(float),
}


@pytest.mark.parametrize("element", [X[0, 0], X[0, 0] * 0 + 1, Modular(1, P1)], ids=["x", "one", "one mod p"])
@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_no_ring_knows_is_refused(name: str, element: Any) -> None:
    with pytest.raises(TypeError):
        FORBIDDEN[name](element)


@pytest.mark.parametrize("element", [X[0, 0], Modular(1, P1)], ids=["polynomial", "modular"])
@pytest.mark.parametrize("operation", [*BOTH_SIDES, operator.truediv])
@pytest.mark.parametrize("other", [0.5, True, 1j, "1", None])
def test_no_other_number_mixes_with_it(operation: Callable[..., Any], element: Any, other: Any) -> None:
    for operands in ((element, other), (other, element)):
        with pytest.raises(TypeError):
            operation(*operands)


@pytest.mark.parametrize("numerator", [1, Fraction(1, 2), X[0, 0]])
def test_division_by_a_polynomial_or_by_zero_is_refused(numerator: Any) -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        numerator / X[0, 0]
    with pytest.raises(ZeroDivisionError):
        X[0, 0] / 0
