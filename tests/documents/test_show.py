"""`python -m vanillacnn show`: everything about an equation, by any of its names."""

import re
import subprocess
import sys

import pytest

from reference.formulas.notation import formulas
from scripts.documents import show
from tests.documents.markdown import ROOT
from vanillacnn import __main__ as entry


@pytest.mark.parametrize(
    ("word", "labels"),
    [
        ("36", ["(36)"]), ("(36)", ["(36)"]), ("eq36", ["(36)"]), ("4", ["(4)"]), ("dK2", ["(36)"]), ("ΔK2", ["(36)"]),
        ("H3", ["(H3)"]), ("deltaI", ["ΔI"]), ("dI", ["ΔI"]), ("dC2_s", ["(34)"]), ("C1_s", ["(15)"]),
        ("kernel_gradient", ["(36)", "(41)"]), ("weight_gradient", ["(29)"]), ("h3", ["(H3)"]), ("DK2", ["(36)"]),
        ("v", ["(21)", "(22)"]),  ("db", ["(30)"]), ("4.5", ["§4.5"]),
    ],
)  # fmt: skip
def test_an_equation_is_found_by_its_names(word: str, labels: list[str]) -> None:
    assert show.found(word) == labels


def test_an_unknown_name_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert show.main("43") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"show: error: expected an equation such as 36, .*, got '43'\n", captured.err)


def test_everything_about_36_is_on_one_screen() -> None:
    line = [sys.executable, "-m", "vanillacnn", "show", "36"]
    told = subprocess.run(line, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout
    for expected in (
        "S¹_p(u+i, v+j) ΔC²_q(i,j)",
        "vanillacnn/equations/convolution.py:",
        "vanillacnn/index_form.py:",
        "docs/derivation.md:",
        "total += S[p, u + i, v + j] * dC[q, i, j]",
        "[[[[37, 47], [67, 77]]]]",
        "E54",
        "test_convolution.py::TestEq36",
        "python -m pytest -k eq36",
        "certificate: holds",
    ):
        assert expected in told
    assert len(told.splitlines()) <= 60


@pytest.mark.parametrize("label", [*formulas()])
def test_every_equation_has_a_page_whose_lines_are_the_function_s(label: str) -> None:
    told = show.page(label)
    assert formulas()[label].text in told
    path, line = re.search(r"^function +\w+  (\S+):(\d+)$", told, re.M).groups()
    source = (ROOT / path).read_text("utf-8").splitlines()
    near = source[int(line) - 1 : int(line) + 2]
    assert any(text.startswith(f"def {formulas()[label].function}(") for text in near)


def test_outside_of_a_checkout_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path, capsys) -> None:
    monkeypatch.setattr(entry, "__file__", str(tmp_path / "vanillacnn" / "__main__.py"))
    assert entry.show("36") == 2
    assert "expected a checkout of the repository" in capsys.readouterr().err
