"""docs/derivation.md prints the formulas of docs/equations.toml, each once, and shows the figures of its script."""

import re
from collections import Counter
from pathlib import Path

import pytest

from reference.formulas.notation import formulas
from scripts.documents import figures
from scripts.documents.formulas import BLOCK, DOCUMENT, block, refreshed

TEXT = DOCUMENT.read_text("utf-8")
HEADING = re.compile(r"^(#{2,3}) ([\d.]+) ", re.M)


def test_every_formula_is_the_one_of_the_file() -> None:
    """Refresh it with: python scripts/documents/formulas.py"""
    assert refreshed(TEXT) == TEXT


def test_every_label_appears_once() -> None:
    assert Counter(match["label"] for match in BLOCK.finditer(TEXT)) == Counter(formulas().keys())
    assert Counter(re.findall(r"\\tag\{(.*?)\}", TEXT)) == Counter(label.strip("()") for label in formulas())


def test_numbers_are_given_to_no_formula_that_is_typed_by_hand() -> None:
    assert "\\tag" not in BLOCK.sub("", TEXT)


def test_a_label_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"expected a label of docs/equations.toml, got '\(43\)'"):
        block("(43)")


def test_sections_are_those_of_the_paper_in_order() -> None:
    numbers = [tuple(map(int, match[2].split("."))) for match in HEADING.finditer(TEXT)]
    assert numbers == sorted(numbers)
    assert {(4, 4, k) for k in range(1, 7)} <= {*numbers}


def test_inline_formulas_hold_no_escaped_punctuation() -> None:
    """GitHub reads a backslash before punctuation as Markdown first, and loses it."""
    outside = re.sub(r"```.*?```", "", TEXT, flags=re.S)
    inline = re.findall(r"\$([^$\n]+)\$", outside)
    assert inline
    assert not [formula for formula in inline if re.search(r"\\[^a-zA-Z]", formula)]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of matplotlib's own parser
def test_the_figures_are_drawn_the_same_twice(tmp_path: Path) -> None:
    drawn = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        figures.draw(folder)
        drawn.append({path.name: path.read_bytes() for path in sorted(folder.iterdir())})
    assert drawn[0] == drawn[1]
    assert {f"figures/{name}" for name in drawn[0]} == {*re.findall(r"!\[[^]]+\]\((.+?)\)", TEXT)}
