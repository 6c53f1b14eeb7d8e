"""The levels of the verification: what each of them says that the others do not, and which tests it consists of."""

import re
from typing import NamedTuple


class Level(NamedTuple):
    key: str
    name: str
    claim: str
    trusts: str
    tests: str  # a pattern, searched for in the id of a test


LEVELS = [
    Level(
        "formula",
        "The printed formula",
        "The formula of the documents says what the literal sum and the docstrings say: at all sizes, or, with a "
        "maximum or a logarithm, at several.",
        "the grammar, the reader of the source, SymPy",
        r"proofs/test_(formulas|formulas_without_sums|written_out)\.py",
    ),
    Level(
        "polynomials",
        "All real inputs of a shape",
        "The shipped function, run on polynomials, is the formal derivative of its forward equation, or the polynomial "
        "of the literal sum: at the paper's sizes and at all small ones.",
        "CPython, NumPy's loops over objects, the polynomial class",
        r"proofs/test_symbolic(_heads)?\.py",
    ),
    Level(
        "program",
        "JAX's derivative program",
        "The program that JAX derives, interpreted in exact arithmetic, computes the same polynomials as the function.",
        "JAX's differentiation, the interpreter, and what the polynomials trust; neither XLA nor rounding",
        r"proofs/test_derivative_program(_heads)?\.py",
    ),
    Level(
        "all_sizes",
        "All sizes at once",
        "The literal sum is the derivative of the literal forward sum with symbolic sizes.",
        "SymPy; says nothing of the vectorised function",
        r"proofs/test_all_sizes\.py",
    ),
    Level(
        "scalars",
        "Every float16",
        "σ and σ′ are within their bounds at each of the 65,536 numbers.",
        "NumPy's float64",
        r"test_every_scalar\.py",
    ),
    Level(
        "examples",
        "The literal sum by itself",
        "Worked examples, adjoint identities, and every index inside its array at random shapes.",
        "the examples, computed by hand",
        r"test_(errata|adjoints|index_form)\.py",
    ),
    Level(
        "sum",
        "Equal to the literal sum",
        "The vectorised function returns the paper's nested sum, in every bit, on numbers k/8 at random shapes.",
        "the literal sum",
        r"::test_is_the_(index_form|number_of_places|sigmoid_entry_by_entry)_exactly",
    ),
    Level(
        "autodiff",
        "Equal to autodiff",
        "The function returns what JAX's automatic differentiation returns, in every bit, on numbers k/8.",
        "JAX and its forward pass",
        r"::test_is_autodiff_exactly",
    ),
    Level(
        "optax",
        "Equal to Optax",
        "The rule or schedule returns what Optax's returns, in every bit, on numbers k/8.",
        "Optax, JAX",
        r"::test_is_optax_exactly",
    ),
    Level(
        "bounded",
        "Within a proven bound",
        "On numbers that round, the distance from JAX, Optax or sixty decimal digits is below a rounding-error bound.",
        "JAX and its forward pass, Optax, the theorems behind the bounds",
        r"within_the_bound|::test_the_bound_is_sharp",
    ),
    Level(
        "structure",
        "Purity and structure",
        "Arguments stay unchanged, every memory layout gives the same, batches are their samples, permutations go "
        "through, gradients are linear in the cotangent.",
        "nothing else",
        r"::test_(is_pure|every_memory_layout|a_batch_is|a_permutation|is_linear|the_result_is_contiguous)",
    ),
    Level(
        "definition",
        "Definition and limits",
        "Distributions, limits and refusals: what the definition says beyond the formula.",
        "the definition, as the test states it",
        "",
    ),
]


def level(test: str) -> Level:
    """The first whose pattern is found."""
    return next(level for level in LEVELS if re.search(level.tests, test))
