"""The certificate is as its schema says, and is never clean when something went wrong."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reference.formulas.notation import formulas
from tests.certificate import contents, page
from tests.certificate.example import certificate, failed, labels, of, passing, report
from tests.certificate.levels import LEVELS, level
from tests.mutation.gate import Outcome
from tests.suite.traceability import EQUATIONS, suite

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "certificate.schema.json").read_text("utf-8"))


@pytest.mark.parametrize(("test", "part"), [("network/test_network.py::test_every_gradient", "network"),
                                            ("scripts/test_train.py::test_it_learns", "other")])  # fmt: skip
def test_the_network_and_the_rest_blame_no_equation(test: str, part: str) -> None:
    made = certificate(passing() | {f"tests/{test}": failed()})
    assert made["totals"]["hold"] == len(labels())
    assert not made["holds"]
    assert made[part]["failures"] == [{"test": f"tests/{test}", "message": "wrong values"}]


def test_a_certificate_is_as_the_schema_says() -> None:
    made = certificate(passing())
    jsonschema.validate(made, SCHEMA)
    assert made["holds"]
    assert sorted(made["equations"]) == sorted(labels())
    assert [label for label in made["equations"] if label in EQUATIONS] == EQUATIONS
    assert made["verdict"].startswith(f"All {len(labels())} equations hold. ")
    jsonschema.validate(certificate(passing() | {of("(36)", "autodiff"): failed("operator.kernel_gradient")}), SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(made | {"more": 1}, SCHEMA)


def test_every_object_and_every_figure_of_the_schema_is_closed() -> None:
    def objects(node: Any) -> list[dict[str, Any]]:
        inner = [one for value in (node.values() if isinstance(node, dict) else node) for one in objects(value)] if (
            isinstance(node, dict | list)) else []  # fmt: skip
        return inner + [node] * (isinstance(node, dict) and "properties" in node and "required" in node)

    assert len(objects(SCHEMA)) >= 10
    for found in objects(SCHEMA):
        assert found["additionalProperties"] is False
        assert sorted(found["required"]) == sorted(found["properties"])


MUTANT = Outcome("vanillacnn.equations.dense.weight_gradient", "a - b", "", "nothing")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"outcomes": (MUTANT,)}, "1 small faults put in on purpose went unnoticed"),
        ({"complete": False}, "Only a selection of the tests was run"),
        ({"problems": ["test_a fails", "(H3) as well"]}, "Test_a fails; (H3) as well"),
    ],
)
def test_a_certificate_is_not_clean_when_something_is_missing(changes: dict[str, Any], said: str) -> None:
    made = certificate(passing(), **changes)
    assert not made["holds"]
    assert made["verdict"] == f"This certifies nothing. {said}."


def test_the_tests_and_cases_of_an_equation_are_counted() -> None:
    made = certificate(passing())
    assert [made["equations"]["(36)"][key] for key in ("tests", "failed", "cases", "shapes")] == [3, 0, 15, 1]
    levels = made["equations"]["(36)"]["levels"].values()
    assert (sum(ran["tests"] for ran in levels), sum(ran["cases"] for ran in levels)) == (3, 15)
    total = made["totals"]
    assert (total["tests"], total["cases"]) == (len(passing()), 5 * len(passing()))


def test_mutants_count_for_the_equations_of_their_function() -> None:
    killed = MUTANT._replace(mutant="b - a", killer="test_a")
    made = certificate(passing(), (MUTANT, killed))["equations"]
    assert made["(29)"]["mutants"] == {"total": 2, "killed": 1, "equivalent": 0, "survived": 1}
    assert made["(30)"]["mutants"]["total"] == 0
    assert not made["(29)"]["smallest_fault"]


def test_nothing_is_measured_of_what_fails() -> None:
    tests = passing() | {of("(36)", "autodiff"): failed("operator.kernel_gradient")}
    mutated = {target.name for target in contents.to_be_mutated(tests)}
    assert "vanillacnn.equations.dense.weight_gradient" in mutated
    assert not any("kernel_gradient" in name or "_patches" in name for name in mutated)
    equation = certificate(tests)["equations"]["(36)"]
    assert equation["mutants"] is equation["smallest_fault"] is None


def test_who_calls_what_fails_is_not_mutated_nor_whose_other_tests_fail() -> None:
    wrong = {
        of("(1)", "autodiff"): failed("operator.correlate"),
        "tests/network/test_network.py::test_every_gradient": failed(),
    }
    mutated = {target.name for target in contents.to_be_mutated(passing() | wrong)}
    assert {"vanillacnn.equations.correlation.pad", "vanillacnn.equations.dense.weight_gradient"} <= mutated
    assert not {"vanillacnn.equations.correlation.correlate", "vanillacnn.equations.correlation.convolve"} & mutated
    assert {name for name in mutated if name.startswith("vanillacnn.network")} == {"vanillacnn.network.update"}


def test_a_level_of_which_no_test_ran_is_missed_unless_it_does_not_apply() -> None:
    ran = {"tests/proofs/test_symbolic.py::test_is_the_polynomial_exactly[paper-eq28]": report()}
    missed = [each for each in contents.without_tests(ran) if each.startswith(("(28)", "(H1)"))]
    assert missed == ["(28): no test of the level program ran"]  # σ is no sum of products, and (H1) has exponentials


def test_the_levels_tell_the_tests_of_an_equation_apart() -> None:
    names = [f"tests/{name}::{method}" for name, value in suite() for method in dir(value) if method[:5] == "test_"]
    without_classes = {"examples", "formula", "all_sizes"}
    assert {level(name).key for name in names} == {one.key for one in LEVELS} - without_classes
    assert len({one.key for one in LEVELS}) == len(LEVELS)


def test_the_page_shows_every_equation_and_needs_nothing_else() -> None:
    text = page.page(certificate(passing() | {of("(36)", "errata"): failed(message="<b> & more")}))
    assert text.count("<math ") == len(formulas().keys() & set(labels()))
    assert "&lt;b&gt; &amp; more" in text
    assert "<b>" not in text
    assert not re.search(r"<script|<link|<img|@import|url\(|src=", text)
    assert set(re.findall(r"https?://[^\s\"]+", text)) == {"http://www.w3.org/1998/Math/MathML"}
