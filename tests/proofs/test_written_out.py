"""Formulas with a logarithm, a maximum or a condition, size by size: what the code says, and derivatives.

Those of the heads hold for all real entries, those of the layers are tried on fractions; written_out.py says how.
"""

from collections.abc import Iterator

import numpy as np
import pytest

from reference.formulas.evaluation import sides
from reference.formulas.grammar import parse
from reference.formulas.notation import formulas
from reference.formulas.tree import Apply, Node
from tests.mutation.misprints import misprints
from tests.proofs.written_out import (
    GRADIENTS,
    HEADS,
    LABELS,
    SHIFTED,
    M,
    Sizes,
    arrays,
    computed,
    equal,
    hold,
    is_derivative,
    is_zero,
    sizes,
    stated,
)
from tests.suite.traceability import INDEX_MODULES, MODULES, cited
from tests.suite.traceability import stated as formulas_in

EACH = pytest.mark.parametrize("label", LABELS)


@EACH
def test_the_formula_is_what_the_index_form_computes(label: str) -> None:
    for size in sizes(label):
        given = arrays(label, size)
        if label in SHIFTED and size["Y"] == 1:  # the only class is the greatest, and no maximum is taken
            given = {name: np.where(name == "ŷ", M, x) for name, x in given.items()}
        hold(stated(label, size, given), computed(label, given), f"{label} at {size}")


@EACH
def test_all_sides_of_a_formula_are_equal(label: str) -> None:
    left, others = sides(parse(formulas()[label].text))
    for side in others[:-1]:
        for size in sizes(label):
            given = arrays(label, size)
            hold(stated(label, size, given, Apply("=", (left, side))), stated(label, size, given), f"{label} at {size}")


@pytest.mark.parametrize("label", SHIFTED)
def test_any_number_will_do_for_m(label: str) -> None:
    for value in stated(label, HEADS[-1], arrays(label, HEADS[-1])).values():
        assert value.has(M)
        assert is_zero(value.diff(M))


@pytest.mark.parametrize("label", GRADIENTS)
def test_a_gradient_is_the_derivative_of_its_forward_formula(label: str) -> None:
    assert all(is_derivative(label, size) for size in sizes(label))


@pytest.mark.slow
@EACH
def test_no_misprint_of_a_formula_goes_unnoticed(label: str) -> None:
    tree = parse(formulas()[label].text)
    wrong = [
        other
        for other in misprints(tree)
        if sides(other)[0] == sides(tree)[0] and sides(other)[1][-1] != sides(tree)[1][-1]
    ]
    assert wrong or label == "(L1)"  # which has no index and no sum to be misprinted
    for other in wrong:
        assert rejects(label, sizes(label)[-1], other), other


def rejects(label: str, size: Sizes, tree: Node) -> bool:
    given = arrays(label, size)
    try:
        return not equal(stated(label, size, given, tree), stated(label, size, given))
    except (IndexError, KeyError):  # it leaves an array, or knows no such letter
        return True


def docstrings() -> Iterator[tuple[str, str, str]]:
    for label in LABELS:
        function = formulas()[label].function
        for module in [*MODULES, *INDEX_MODULES]:
            value = getattr(module, function, None)
            if value is not None and value.__module__ == module.__name__:
                for text in formulas_in(cited(value.__doc__)[1]):
                    yield label, module.__name__, text


@pytest.mark.parametrize(("label", "form", "text"), [*docstrings()])
def test_the_docstring_says_the_same(label: str, form: str, text: str) -> None:
    tree, size = parse(text), sizes(label)[-1]
    assert sides(tree)[0] == sides(parse(formulas()[label].text))[0]
    given = arrays(label, size)
    assert equal(stated(label, size, given, tree), stated(label, size, given))


def test_what_is_no_equation_has_no_sides() -> None:
    with pytest.raises(ValueError, match="expected an equation"):
        sides(parse("Σ_{i=0}^{Y-1} y(i)"))
