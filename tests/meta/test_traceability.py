"""No equation without a function, no function without tests, no test without an equation; and no stale table."""

import ast
import re
from pathlib import Path

import hypothesis
import pytest

from tests.suite import traceability
from tests.suite.signatures import FUNCTIONS
from tests.suite.traceability import (
    DEFINITIONS,
    EQUATIONS,
    INDEX_FORM,
    INDEX_MODULES,
    LIBRARY,
    MODULES,
    TESTS,
    cited,
    labels_of_test,
    rows,
    suite,
)

ROOT = Path(__file__).parents[2]


def test_every_equation_has_one_function() -> None:
    numbered = [label for row in rows() for label in row.labels if label in EQUATIONS]
    assert sorted(numbered) == sorted(EQUATIONS)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.function)
def test_both_forms_cite_the_same_equations(row: traceability.Row) -> None:
    assert row.labels
    if row.index_form:
        assert cited(getattr(INDEX_FORM, row.function).__doc__)[0] == row.labels
    else:
        assert row.function.startswith("initialize_")


def test_every_public_function_of_a_layer_is_in_the_interface() -> None:
    for module in [*MODULES, *INDEX_MODULES]:
        own = {name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}
        assert {name for name in own if not name.startswith("_")} - {"Shape", "check_even_sides"} <= FUNCTIONS.keys()


def test_every_module_that_holds_an_equation_is_a_layer() -> None:
    """What is in no layer is neither traced nor mutated. The network only composes."""
    layers = {Path(str(module.__file__)) for module in [*MODULES, *INDEX_MODULES]} | {LIBRARY / "network.py"}
    for path in LIBRARY.glob("**/*.py"):
        nodes = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)]
        equations = [node.name for node in nodes if cited(ast.get_docstring(node))[0]]
        assert path in layers or not equations, f"{path}: holds {equations}, outside equations/ and beyond/"


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.function)
def test_every_function_has_a_test_named_after_its_equation(row: traceability.Row) -> None:
    """And one beyond the paper is compared with autodiff, or a rule with Optax, on data that are drawn."""
    named = {label for name, _ in suite() for label in labels_of_test(name)}
    assert named.issuperset(row.labels), f"{row.function}: no test is named after {sorted({*row.labels} - named)}"
    if row.index_form and re.match(r"\([GHL]", row.labels[0]):
        judge = "optax" if row.labels[0][1] == "G" else "autodiff"
        classes = [value for name, value in suite() if set(labels_of_test(name)) & set(row.labels)]
        methods = [(name, getattr(value, name)) for value in classes for name in dir(value)]
        driven = [name for name, method in methods if hypothesis.is_hypothesis_test(method)]
        assert any(judge in name for name in driven), f"{row.function}: no property compares it with {judge}"


@pytest.mark.parametrize("label", [*EQUATIONS, "ΔI"])
def test_every_equation_is_held_by_properties(label: str) -> None:
    """One that is exact, one that Hypothesis drives against autodiff or, where there is no gradient, the definition."""
    classes = [value for name, value in suite() if label in labels_of_test(name)]
    methods = {name: getattr(value, name) for value in classes for name in dir(value)}
    driven = {name for name, method in methods.items() if hypothesis.is_hypothesis_test(method)}
    assert any(name.endswith("_exactly") for name in driven)
    assert label in DEFINITIONS or any("autodiff" in name for name in driven)


def test_every_test_of_an_equation_names_one_that_exists() -> None:
    known = {label for row in rows() for label in row.labels} | {"§2.2"}
    for name, _ in suite():
        assert set(labels_of_test(name)) <= known, name


def test_every_inherited_property_is_run_by_a_class_that_names_an_equation() -> None:
    """A class that pytest collects but whose name says nothing could be neither selected nor traced."""
    for path in TESTS.glob("*/test_*.py"):
        for name in re.findall(r"^class (Test\w+)\(", path.read_text("utf-8"), re.M):
            assert labels_of_test(name), f"{path.name}::{name}"


def test_the_table_of_equations_is_the_one_that_the_code_gives() -> None:
    """Refresh it with: python scripts/documents/equation_table.py"""
    assert traceability.table() in (ROOT / "docs" / "equations.md").read_text("utf-8")


def test_no_tolerance_is_tuned() -> None:
    """Comparisons of floats are exact or under a bound of reference/rounding: no rtol, atol or approx in the suite."""
    tolerant = {"allclose", "assert_allclose", "isclose", "approx", "assert_almost_equal", "assert_array_almost_equal"}
    for path in TESTS.glob("**/*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).split(".")[-1]
                assert called not in tolerant, f"{path.name}:{node.lineno}: {called}"
                named = {keyword.arg for keyword in node.keywords}
                assert not named & {"rtol", "atol", "rel_tol", "abs_tol"}, f"{path.name}:{node.lineno}: {named}"
