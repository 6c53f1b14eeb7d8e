"""docs/errata.md is what the source and the measurements give, and every entry leads to its test and its equation."""

import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from scripts.documents import errata as script
from tests.errata.entries import ERRATA, FAULTS, KINDS, REFUTED, Erratum
from tests.errata.measurements import MEASURED
from tests.errata.refutations import PRINTED, RIGHT, result
from tests.proofs import test_all_sizes
from tests.suite.traceability import rows

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "errata.md").read_text("utf-8")
EACH = pytest.mark.parametrize("erratum", ERRATA, ids=lambda erratum: erratum.id)


def test_the_page_is_what_the_script_makes() -> None:
    """Refresh it with: python scripts/documents/errata.py"""
    assert script.page() == PAGE


def test_the_page_counts_and_holds_every_entry_once() -> None:
    headings = re.findall(r"^### (E\d\d)$", PAGE, re.M)
    in_tables = re.findall(r"^\| (E\d\d) \|", PAGE, re.M)
    assert sorted(headings + in_tables) == [erratum.id for erratum in ERRATA]
    assert headings[: len(REFUTED)] == [erratum.id for erratum in REFUTED]
    counted = dict(re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.M))
    assert sum(map(int, counted)) == len(ERRATA)
    assert set(counted.values()) == set(KINDS.values())


@EACH
def test_an_entry_is_complete(erratum: Erratum) -> None:
    assert erratum.kind in KINDS
    assert bool(erratum.breaks) == (erratum.refuted or erratum.kind == "statement")
    assert set(erratum.equations) <= {label for row in rows() for label in row.labels}
    assert bool(erratum.equations) >= erratum.refuted
    assert not erratum.mutant or erratum.mutant in test_all_sizes.PRINTED


@EACH
def test_what_is_measured_is_said_and_what_is_said_is_measured(erratum: Erratum) -> None:
    said = "⟨" in erratum.right + erratum.breaks
    assert said == (erratum.id in MEASURED)
    assert said >= (erratum.kind == "statement")
    assert not said or any("::test_E" in test for test in erratum.proof)


@EACH
def test_the_tests_of_an_entry_exist(erratum: Erratum) -> None:
    for test in erratum.tests:
        path, name, parameter = re.fullmatch(r"tests/(\w+/\w+)\.py::(\w+)(?:\[(.*)\])?", test).groups()
        found = getattr(import_module(f"tests.{path.replace('/', '.')}"), name)
        assert found.__name__.lower().startswith("test")
        marks = [mark for mark in getattr(found, "pytestmark", []) if mark.name == "parametrize"]
        assert parameter is None or any(parameter in mark.args[1] for mark in marks)


def test_the_faults_are_functions_of_their_equations() -> None:
    functions = {label: row.function for row in rows() for label in row.labels}
    for fault in FAULTS:
        assert {functions[label] for label in fault.equations} == {fault.function}


def test_links_lead_somewhere() -> None:
    links = {link for link in re.findall(r"\]\(([^)]*)\)", PAGE) if not link.startswith("https://")}
    assert links
    assert [link for link in links if not (DOCS / link).is_file()] == []


def test_formulas_and_tables_are_what_github_takes_for_them() -> None:
    """A $ too many makes mathematics of what follows, one beside a quotation mark makes none; a | ends a cell."""
    for line in PAGE.splitlines():
        formulas = re.findall(r"(?<![^ (])\$(\S|\S[^$]*\S)\$(?![^ .,;:)])", line)
        assert line.count("$") == 2 * len(formulas), line
        assert all(formula.count("{") == formula.count("}") for formula in formulas), line
    tables = re.findall(r"(?:^\|.*\n)+", PAGE, re.M)
    assert all(len({row.count("|") for row in table.splitlines()}) == 1 for table in tables)


def test_an_entry_without_its_figure_is_an_error() -> None:
    erratum = next(erratum for erratum in ERRATA if erratum.id == "E78")
    with pytest.raises(KeyError, match="nobody"):
        script.filled(erratum, "⟨nobody⟩")


@pytest.mark.parametrize("name", [erratum.id for erratum in REFUTED])
def test_the_counterexample_can_be_computed_from_the_page(name: str) -> None:
    """As a reader would: the arguments from the page, into the printed formula and into the right one."""
    line = re.search(rf"^### {name}$.*?^- \*\*Smallest counterexample:\*\* (.*?)$", PAGE, re.M | re.S)[1]
    *given, right = re.findall(r"`([^`]*)`", line)
    pairs = [text.split(" = ") for text in given if " = " in text]
    arguments = [np.array(value, float) if "[" in text else value for _, text in pairs for value in [eval(text)]]
    assert script.shown(RIGHT[name][0](*arguments)) == right
    printed = result(PRINTED[name], tuple(arguments))
    said = f"no value: {printed}" if isinstance(printed, Exception) else f"`{script.shown(printed)}`"
    assert f"The print gives {said}" in line
    assert len(pairs) == len(given) - (not isinstance(printed, Exception))
