"""Exact numbers as entries of NumPy object arrays: polynomials over the rationals, and residues modulo a prime.

NumPy's own loops run on them, so a function of arrays runs on them unchanged and returns what it computes for all
real inputs at once. They know the operations of a commutative ring and division by numbers, nothing else: code that
compares an entry, asks for its truth value or turns it into a float does not get through unnoticed.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from itertools import count
from math import prod
from operator import index
from typing import Any, NoReturn, no_type_check

import numpy as np

Monomial = tuple[int, ...]  # the numbers of its variables in ascending order, each as often as its exponent says
Rational = int | Fraction
Terms = Mapping[Monomial, Rational]  # no coefficient is zero

P1 = 2**61 - 1  # primes, both of Mersenne
P2 = 2**89 - 1

_numbers = count()
_blocks: list[tuple[int, str, tuple[int, ...]]] = []  # where each array of variables starts, for their names


@no_type_check  # to the import hook of the tests, which costs more than the arithmetic; mypy reads on
class Element:
    """What both rings refuse and share. A subclass adds +, * and unary -."""

    __slots__ = ()

    def __eq__(self, other: object) -> NoReturn:  # which also takes away the hash
        raise TypeError(f"{type(self).__name__}: no entry is to be compared")

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__}: no entry has a truth value")

    def __sub__(self: Any, other: Any) -> Any:
        return -(-self + other)  # not self + -other, for -True is a number

    def __rsub__(self: Any, other: Any) -> Any:
        return -self + other


@no_type_check
class Polynomial(Element):
    """A sparse polynomial, never changed after it is made."""

    __slots__ = ("terms",)

    def __init__(self, terms: Terms) -> None:
        self.terms = terms

    @staticmethod
    def terms_of(value: Any) -> Terms | None:
        """The terms of a polynomial or of a number, None for anything else. A truth value is no number."""
        if type(value) is Polynomial:
            return value.terms
        if type(value) in (int, Fraction):
            return {(): value} if value else {}
        return None

    def __add__(self, other: Any) -> "Polynomial":
        more = self.terms_of(other)
        if more is None:
            return NotImplemented
        total = dict(self.terms)  # in NumPy's sums the left summand is the long one, and a copy is cheap
        for monomial, coefficient in more.items():
            coefficient += total.get(monomial, 0)
            if coefficient:
                total[monomial] = coefficient
            else:
                del total[monomial]
        return Polynomial(total)

    def __mul__(self, other: Any) -> "Polynomial":
        factor = self.terms_of(other)
        if factor is None:
            return NotImplemented
        if len(factor) == 1:  # by far the most frequent, and no two of its products are like terms
            ((right, d),) = factor.items()
            return Polynomial({tuple(sorted(left + right)): c * d for left, c in self.terms.items()})
        product: dict[Monomial, Rational] = {}
        for left, c in self.terms.items():
            for right, d in factor.items():
                monomial = tuple(sorted(left + right))
                product[monomial] = product.get(monomial, 0) + c * d
        return Polynomial({monomial: c for monomial, c in product.items() if c})

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> "Polynomial":
        return Polynomial({monomial: -coefficient for monomial, coefficient in self.terms.items()})

    def __truediv__(self, other: Any) -> "Polynomial":
        return self * Fraction(1, other) if type(other) in (int, Fraction) else NotImplemented

    def __repr__(self) -> str:
        return " + ".join("·".join([str(c), *map(_name, m)]) for m, c in sorted(self.terms.items())) or "0"


def variables(symbol: str, shape: tuple[int, ...]) -> np.ndarray:
    """An array of variables, distinct from each other and from those of every other call."""
    numbers = [next(_numbers) for _ in range(prod(shape))]
    if numbers:
        _blocks.append((numbers[0], symbol, shape))
    return _array((Polynomial({(number,): 1}) for number in numbers), shape)


def derivative(f: Polynomial | Rational, x: np.ndarray) -> np.ndarray:
    """∂f/∂x for each variable in the array x, in the shape of x."""
    entry = {number: k for k, variable in enumerate(x.flat) for (number,) in variable.terms}
    if [variable.terms for variable in x.flat] != [{(number,): 1} for number in entry]:
        raise ValueError("x: expected distinct variables")
    partial: list[dict[Monomial, Rational]] = [{} for _ in range(x.size)]
    for monomial, coefficient in _terms(f).items():
        for number in monomial:
            if number in entry:
                k = monomial.index(number)
                partial[entry[number]][monomial[:k] + monomial[k + 1 :]] = coefficient * monomial.count(number)
    return _array(map(Polynomial, partial), x.shape)


def pairing(D: np.ndarray, X: np.ndarray) -> Polynomial:
    """⟨D, X⟩ = Σ D X over all entries of two arrays of one shape."""
    if D.shape != X.shape:
        raise ValueError(f"D, X: expected one shape, got {D.shape} and {X.shape}")
    total: dict[Monomial, Rational] = {}
    for product in X.ravel() * D.ravel():
        for monomial, coefficient in _terms(product).items():
            total[monomial] = total.get(monomial, 0) + coefficient
    return Polynomial({monomial: c for monomial, c in total.items() if c})


def identical(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays have one shape and, entry by entry, the same polynomials."""
    return a.shape == b.shape and [*map(_terms, a.flat)] == [*map(_terms, b.flat)]


@no_type_check
class Modular(Element):
    """An element of GF(p)."""

    __slots__ = ("p", "value")

    def __init__(self, value: int, p: int) -> None:
        self.value, self.p = value % p, p

    def _value(self, other: Any) -> int | None:
        """The residue of a number or of another element of the same field, None for anything else."""
        if type(other) is Modular:
            return other.value if other.p == self.p else None
        if type(other) is Fraction:
            return other.numerator * pow(other.denominator, -1, self.p)
        return other if type(other) is int else None

    def __add__(self, other: Any) -> "Modular":
        value = self._value(other)
        return NotImplemented if value is None else Modular(self.value + value, self.p)

    def __mul__(self, other: Any) -> "Modular":
        value = self._value(other)
        return NotImplemented if value is None else Modular(self.value * value, self.p)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> "Modular":
        return Modular(-self.value, self.p)

    def __truediv__(self, other: Any) -> "Modular":
        """Raises: ValueError when `other` is 0 modulo p."""
        value = self._value(other)
        return NotImplemented if value is None else Modular(self.value * pow(value, -1, self.p), self.p)

    def __rtruediv__(self, other: Any) -> "Modular":
        return Modular(pow(self.value, -1, self.p), self.p) * other

    def __repr__(self) -> str:
        return f"{self.value} mod {self.p}"


def field(p: int) -> Callable[[Any], np.ndarray]:
    """What turns an array of integers, or a list, into one of elements of GF(p), p a prime."""

    def elements(values: Any) -> np.ndarray:
        integers = np.asarray(values, object)
        return _array((Modular(index(value), p) for value in integers.flat), integers.shape)

    return elements


def residues(a: np.ndarray) -> list[int]:
    """The entries, row by row, as integers from 0 to p - 1. An entry that is an integer stands for itself."""
    return [entry if type(entry) is int else entry.value for entry in a.flat]


def _array(entries: Iterable[Any], shape: tuple[int, ...]) -> np.ndarray:
    return np.fromiter(entries, object).reshape(shape)


def _terms(value: Any) -> Terms:
    terms = Polynomial.terms_of(value)
    if terms is None:
        raise TypeError(f"expected a polynomial or a rational number, got {type(value).__name__}")
    return terms


def _name(number: int) -> str:
    start, symbol, shape = _blocks[bisect_right(_blocks, number, key=lambda block: block[0]) - 1]
    if number - start >= prod(shape):
        return f"x{number}"  # of no array
    return f"{symbol}[{','.join(str(i) for i in np.unravel_index(number - start, shape))}]"
