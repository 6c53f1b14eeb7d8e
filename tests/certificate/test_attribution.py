"""The certificate blames the function that is wrong and no other."""

from typing import Any

import pytest

from tests.certificate import contents
from tests.certificate.attribution import NETWORK, OF_THE_SUITE, about, findings, stands_in
from tests.certificate.example import Tests, failed, labels, of, passing
from tests.suite.traceability import labels_of_test, rows


def statuses(tests: Tests) -> dict[str, tuple[str, str]]:
    """Whatever doesn't hold."""
    return {label: tuple(found) for label, found in findings(tests).items() if found.status != "holds"}


def test_what_passes_holds() -> None:
    assert list(findings(passing())) == labels()
    assert statuses(passing()) == {}


def test_a_wrong_function_fails_with_all_its_equations() -> None:
    wrong = {of("(36)", "autodiff"): failed("operator.kernel_gradient"),
             of("(36)", "index_form"): failed("operator.kernel_gradient", "index.kernel_gradient")}  # fmt: skip
    expected = ("fails", "its operator form")
    assert statuses(passing() | wrong) == {"(36)": expected, "(41)": expected}


def test_the_index_form_is_told_from_the_operator_form() -> None:
    wrong = {of("(36)", "errata"): failed(),
             of("(36)", "index_form"): failed("operator.kernel_gradient", "index.kernel_gradient")}  # fmt: skip
    expected = ("fails", "its index form")
    assert statuses(passing() | wrong) == {"(36)": expected, "(41)": expected}


def test_what_cannot_be_told_apart_fails_together() -> None:
    wrong = {of("(36)", "index_form"): failed("operator.kernel_gradient", "index.kernel_gradient")}
    assert statuses(passing() | wrong)["(36)"] == ("fails", "its operator and index form")


def test_who_calls_a_wrong_function_is_not_established() -> None:
    wrong = {of(label, "autodiff"): failed(f"operator.{function}")
             for label, function in [("(1)", "correlate"), ("(2)", "convolve")]}  # fmt: skip
    calls = ("not established", "calls (1)")
    assert statuses(passing() | wrong) == {"(1)": ("fails", "its operator form"), "(2)": calls, "(3)": calls}


def test_who_calls_what_cannot_be_told_apart_is_not_established() -> None:
    wrong = {of(label, "index_form"): failed(f"operator.{function}", f"index.{function}")
             for label, function in [("(1)", "correlate"), ("(2)", "convolve")]}  # fmt: skip
    calls = ("not established", "calls (1)")
    assert statuses(passing() | wrong) == {"(1)": ("fails", "its operator and index form"), "(2)": calls, "(3)": calls}


def test_who_is_derived_from_a_wrong_function_is_not_established() -> None:
    wrong = {of("(23)", "autodiff"): failed("operator.dense_forward"),
             of("(29)", "autodiff"): failed("operator.dense_forward", "operator.weight_gradient")}  # fmt: skip
    fails = ("fails", "its operator form")
    expected = {"(23)": fails, "(24)": fails, "(29)": ("not established", "is tested together with (23), (24)")}
    assert statuses(passing() | wrong) == expected


@pytest.mark.parametrize(
    ("name", "about_label"),
    [
        ("proofs/test_formulas.py::test_the_formula_is_the_sum_of_the_index_form[eq36]", "(36)"),
        ("proofs/test_written_out.py::test_the_formula_is_what_the_index_form_computes[H3]", "(H3)"),
        ("proofs/test_formulas.py::test_no_misprint_of_a_formula_goes_unnoticed[deltaI]", "ΔI"),
    ],
)
def test_a_failing_test_of_a_formula_marks_its_equation_and_no_other(name: str, about_label: str) -> None:
    """(36) shares its function with (41), and (H3) its derivative with (H2)."""
    assert statuses(passing() | {f"tests/{name}": failed()}) == {about_label: ("fails", "its formula")}


def test_every_test_that_names_an_equation_is_attributed_to_it(request: pytest.FixtureRequest) -> None:
    """By its own parameter, whatever the name says; but for tests of the suite itself and of the network."""
    known, seen = {label for row in rows() for label in row.labels}, 0
    for item in request.session.items:
        label = item.callspec.params.get("label") if hasattr(item, "callspec") else None
        if label in known and not stands_in(item.nodeid, NETWORK + OF_THE_SUITE):
            assert label in about(item.nodeid), item.nodeid
            seen += 1
    assert seen or not any(item.nodeid.startswith("tests/proofs/test_formulas") for item in request.session.items)
    assert about("tests/errata/test_errata.py::test_example[Fraction-H3-not-one-hot]") == {"(H3)"}
    assert about("tests/errata/test_errata.py::test_example[float32-section45]") == {"§4.5"}


def theorems(unproved: dict[str, str]) -> dict[str, Any]:
    """Every equation proved, but for those with the name of a theorem that is not."""
    found = {}
    for label in labels():
        names = {"Layers.own", "Partial.of_the_loss"}
        each = [{"theorem": name, "proved": name != unproved.get(label)} for name in sorted(names)]
        status = "not proved" if label in unproved else "proved"
        found[label] = {
            "status": status,
            "theorems": each,
            "axioms": ["Classical_Prop.classic"],
            "reason": "unable to unify",
        }
    return found


def test_an_equation_without_its_theorem_is_marked_and_so_is_what_rests_on_it() -> None:
    told = theorems({"(38)": "Layers.own", "ΔI": "Partial.of_the_loss"})
    made = contents.certificate(passing(), [], {}, told, complete=False, problems=[], date="", seconds=0)
    marked = {label: (each["status"], each["why"]) for label, each in made["equations"].items() if each["why"]}
    assert marked == {
        "(38)": ("fails", "not proved: Layers.own"),
        "ΔI": ("not established", "its theorem rests on what is not proved: unable to unify"),
    }
    assert made["equations"]["(36)"]["proof"]["theorems"] == ["Layers.own", "Partial.of_the_loss"]


def test_a_theorem_of_two_equations_falls_on_the_one_whose_formula_is_wrong() -> None:
    wrong = {"tests/proofs/test_written_out.py::test_the_formula_is_what_the_index_form_computes[H3]": failed()}
    told = theorems({"(H2)": "Layers.own", "(H3)": "Layers.own"})
    made = contents.certificate(passing() | wrong, [], {}, told, complete=False, problems=[], date="", seconds=0)
    marked = {label: each["status"] for label, each in made["equations"].items() if each["why"]}
    assert marked == {"(H2)": "not established", "(H3)": "fails"}


def test_without_coq_the_certificate_says_that_nothing_was_proved() -> None:
    made = contents.certificate(passing(), [], {}, None, complete=False, problems=[], date="", seconds=0)
    assert {each["proof"]["status"] for each in made["equations"].values()} == {"not run"}
    assert {each["status"] for each in made["equations"].values()} == {"holds"}


def test_an_equation_without_tests_is_not_run() -> None:
    tests = {name: test for name, test in passing().items() if "(26)" not in labels_of_test(name)}
    assert statuses(tests) == {"(26)": ("not run", "none of its tests ran")}
