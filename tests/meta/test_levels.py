"""Every level of proof takes up every equation, or docs/equations.toml says why it does not apply."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from reference.formulas.notation import formulas
from reference.proof.theorems import THEOREMS
from tests.suite.traceability import labels_of_test

ROOT = Path(__file__).parents[2]

TESTS = {  # of each level, by their ids
    "sums": r"test_formulas\.py::test_the_formula_is_the_sum_of_the_index_form",
    "polynomials": r"test_symbolic(_heads)?\.py::.*_exactly",
    "program": r"test_derivative_program(_heads)?\.py::.*_exactly",
    "all_sizes": r"test_all_sizes\.py::.*_exactly",
}


@pytest.fixture(scope="module")
def collected() -> list[str]:
    """What runs by default: a mark that sets a test aside would show here."""
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "--collect-only", "tests/proofs"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("level", TESTS)
def test_a_level_takes_up_each_equation_or_there_is_a_reason(level: str, collected: list[str]) -> None:
    found = {label for name in collected if re.search(TESTS[level], name) for label in labels_of_test(name)}
    assert found == {label for label, each in formulas().items() if level not in each.exempt}


def test_each_equation_has_a_theorem_or_a_reason() -> None:
    assert THEOREMS.keys() == {label for label, each in formulas().items() if "theorem" not in each.exempt}


def test_every_reason_is_of_a_level_that_there_is() -> None:
    known = {*TESTS, "theorem", "index_form"}
    assert {level for each in formulas().values() for level in each.exempt} == known
