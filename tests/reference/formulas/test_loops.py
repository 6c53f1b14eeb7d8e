"""A function of nested loops, read: its shape, the entry, its value and the loops, against those written by hand."""

import re
from textwrap import dedent, indent
from typing import Any

import pytest
from sympy import IndexedBase, Max, Min, S, Sum, cos, pi, sqrt

from reference.formulas.loops import Array, Equation, read
from reference.formulas.meaning import symbol
from tests.reference.formulas.by_hand import hand

i, j, u, v, n, m, x = map(symbol, "ijuvnmx")
A, B = Array("A", (n, m)), Array("B", n)


def equation(body: str, *arguments: Any, more: str = "") -> Equation:
    """What a function of A, B and x with this body says."""
    source = f"{dedent(more)}\ndef f(A, B, x):\n{indent(dedent(body).strip(), '    ')}\n"
    return read(source, "f", *(arguments or (A, B, x)))


def test_an_array_has_a_shape_a_size_and_entries() -> None:
    map_, vector = Array("A", (n, m)), Array("B", 3)
    assert (map_.shape, map_.size, map_.dtype) == ((n, m), n * m, None)
    assert (vector.shape, vector.size) == ((3,), 3)
    assert (map_[i, j + 1], vector[i]) == hand("A[i, j + 1], B[i]")


def test_an_entry_of_nested_loops() -> None:
    """Σ A(i,u) B(u) over u < m, and 2 B(i) outside of the sum."""
    found = equation(
        '''
        """A docstring."""
        n, m = A.shape
        if n < m:
            raise ValueError("a refusal")
        O = np.empty(n, A.dtype)
        for i in range(n):
            total = 0
            for u in range(m):
                total += A[i, u] * B[u]
            O[i] = total + 2 * B[i]
        return O
        '''
    )
    assert found.shape == (n,)
    assert found.indices == (i,)
    assert found.loops == ((i, 0, n - 1),)
    assert found.value == Sum(A[i, u] * B[u], (u, 0, m - 1)) + 2 * B[i]
    assert found.loops[0][0].is_integer


def test_a_sum_begins_where_its_total_does() -> None:
    """The loops outside of it are those of the entry. A total adds up several sums."""
    found = equation(
        """
        O = np.empty(A.shape, A.dtype)
        for i, j in np.ndindex(O.shape):
            total = 0
            for u in range(2, x):
                for v in range(u):
                    total += A[i + u, j + v]
            for u in range(3):
                total += B[u]
            O[i, j] = total
        return O
        """
    )
    assert (found.shape, found.indices) == ((n, m), (i, j))
    assert found.loops == ((i, 0, n - 1), (j, 0, m - 1))
    assert found.value == Sum(A[i + u, j + v], (u, 2, x - 1), (v, 0, u - 1)) + Sum(B[u], (u, 0, 2))


@pytest.mark.parametrize("span", ["np.ndindex(A.shape)", "np.ndindex(n, m)", "np.ndindex((n, m))"])
def test_one_loop_may_have_several_indices(span: str) -> None:
    found = equation(
        f"""
        n, m = A.shape
        O = np.empty(n * m, A.dtype)
        for i, j in {span}:
            O[m * i + j] = A[i, j]
        return O
        """
    )
    assert found == Equation((n * m,), (m * i + j,), A[i, j], ((i, 0, n - 1), (j, 0, m - 1)))


def test_a_number_is_an_entry_too() -> None:
    assert equation("O = np.empty(2, A.dtype)\nfor i in range(2):\n    O[i] = 0\nreturn O").value == S.Zero


CONDITIONS = {  # where an index of the innermost loop is by itself, with bounds of i to u; what u is then between
    "0 <= i - u <= x": (Max(0, i - x), Min(m - 1, i)),
    "0 <= i + u <= x": (Max(0, -i), Min(m - 1, x - i)),
    "1 <= 2 * u - i <= x": (Max(0, (i + 1) / 2), Min(m - 1, (i + x) / 2)),
    "0 <= i - u / 2 <= x": (Max(0, 2 * i - 2 * x), Min(m - 1, 2 * i)),
    "1 <= u <= x and 2 <= i + u <= 5": (Max(0, 1, 2 - i), Min(m - 1, x, 5 - i)),
}


@pytest.mark.parametrize(("condition", "bounds"), CONDITIONS.items())
def test_a_condition_narrows_the_bounds_of_the_innermost_index(condition: str, bounds: Any) -> None:
    found = equation(
        f"""
        n, m = A.shape
        O = np.empty(B.size, A.dtype)
        for i in range(B.size):
            total = 0
            for u in range(m):
                if {condition}:
                    total += A[i, u]
            O[i] = total
        return O
        """
    )
    assert found.value == Sum(A[i, u], (u, *bounds))
    assert found.loops == ((i, 0, n - 1),)


def test_a_condition_on_an_outer_index_leaves_the_inner_ones_alone() -> None:
    found = equation(
        """
        O = np.empty(x, A.dtype)
        for i in range(x):
            total = 0
            for u in range(x):
                for v in range(x):
                    if 1 <= u <= 2:
                        total += A[u, v]
            O[i] = total
        return O
        """
    )
    assert found.value == Sum(A[u, v], (u, Max(0, 1), Min(x - 1, 2)), (v, 0, x - 1))


def test_bounds_may_be_a_maximum_and_a_minimum() -> None:
    found = equation(
        """
        O = np.empty(x, A.dtype)
        for i in range(x):
            total = 0
            for u in range(max(0, i - 2), min(3, i) + 1):
                total += B[u]
            O[i] = total
        return O
        """
    )
    assert found.value == Sum(B[u], (u, Max(0, i - 2), Min(3, i)))


OTHERS = """
    def shape(A):
        n, m = A.shape
        return m - 1, n + 1

    def copied(B):
        C = np.empty(B.shape, B.dtype)
        for k in range(B.size):
            C[k] = B[k]
        return C
"""


def test_a_function_may_call_others_whose_entries_are_their_own() -> None:
    found = equation(
        "O = np.empty(shape(A), copied(B).dtype)\nfor i in range(x):\n    O[i, 0] = x\nreturn O", more=OTHERS
    )
    assert found == Equation((m - 1, n + 1), (i, 0), x, ((i, 0, x - 1),))


NUMBERS = {
    "A.shape[0] + 1": n + 1,
    "math.sqrt(x)": sqrt(x),
    "x * math.cos(math.pi * x)": x * cos(pi * x),
    "min(x, 3)": Min(x, 3),
}


@pytest.mark.parametrize(("text", "expected"), NUMBERS.items())
def test_what_is_no_array_is_a_value_without_loops(text: str, expected: Any) -> None:
    assert equation(f"return {text}") == Equation((), (), expected, ())


def test_a_total_alone_is_a_value() -> None:
    found = equation("total = 0\nfor i in range(x):\n    total += B[i]\nreturn total / 2")
    assert found == Equation((), (), Sum(B[i], (i, 0, x - 1)) / 2, ())


REFUSED = {
    "while x:\n    x = 1": "while x:\n    x = 1",
    "return": "return",
    "x -= 1": "x -= 1",
    "if 0 < x <= 2:\n    x = 1": "0 < x <= 2",
    "if 0 <= x <= 2 or x:\n    x = 1": "0 <= x <= 2 or x",
    "if 0 <= x <= 2:\n    x = 1\nelse:\n    x = 2": "if 0 <= x <= 2:\n    x = 1\nelse:\n    x = 2",
}


@pytest.mark.parametrize(("body", "said"), REFUSED.items())
def test_what_the_index_form_is_not_made_of_is_refused(body: str, said: str) -> None:
    with pytest.raises(NotImplementedError, match=f"^{re.escape(said)}$"):
        equation(body)


def test_an_entry_is_that_of_the_array_it_is_called_with() -> None:
    assert equation("return A[0]", Array("S", 3), B, x).value == IndexedBase("S")[0]
