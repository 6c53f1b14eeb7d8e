"""The figures in the documentation are those of the committed files that the scripts wrote."""

import json
from pathlib import Path

import pytest

from scripts.documents import quote

SMALL = {
    "certificate": {
        "equations": {"(3)": {"slack": 0.2715, "bounded": 3.14e-12}, "§4.5": {"tests": 1234}},
        "version": "0.1.0",
        "processor": "Z80",
    },
    "benchmark": {"a, b": [{"µs": 31.416}]},
}


@pytest.mark.parametrize("path", [*quote.documents()], ids=lambda path: path.name)
def test_every_figure_is_that_of_its_file(path: Path) -> None:
    """Refresh them with: python scripts/documents/quote.py"""
    text = path.read_text("utf-8")
    assert quote.with_figures(text, quote.sources()) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at 3.3e-9<!-- certificate: equations.(3).bounded --> or more", "3.1e-12"),
        ("(27.3%<!-- certificate: equations.(3).slack -->)", "27.2%"),
        ("**99<!-- certificate: equations.§4.5.tests -->**", "1,234"),
        ("version <!-- certificate: version -->", "0.1.0"),
        ("takes 9.1<!-- benchmark: a, b.0.µs .1f --> µs", "31.4"),
    ],
)
def test_a_figure_is_put_in_front_of_its_comment(text: str, expected: str) -> None:
    once = quote.with_figures(text, SMALL)
    before, _, behind = once.partition("<!--")
    assert before == text.partition("<!--")[0].rstrip("0123456789.,e-%") + expected
    assert behind == text.partition("<!--")[2]
    assert quote.with_figures(once, SMALL) == once


def test_a_table_is_written_below_its_comment() -> None:
    rows = "| a | µs |\n|---|---:|\n| 1 | {benchmark: a, b.0.µs .1f} |\n| 2 | {certificate: equations.(3).slack} |\n"
    head = f"<!-- table\n{rows}-->\n"
    end = "<!-- end of table -->\n"
    written = quote.with_figures(f"before\n{head}| a |\n| old |\n{end}after", SMALL)
    assert written == f"before\n{head}| a | µs |\n|---|---:|\n| 1 | 31.4 |\n| 2 | 27.2% |\n{end}after"
    assert quote.with_figures(written, SMALL) == written
    with pytest.raises(ValueError, match=r"^certificate: expected"):
        quote.with_figures(head.replace("(3)", "(4)") + end, SMALL)


@pytest.mark.parametrize(
    "key", ["equations.(4).slack", "equations.(3)", "equations", "version.0", "nothing", "version.1", "processor"]
)
def test_a_key_that_has_no_figure_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r"^certificate: expected .* got "):
        quote.with_figures(f"1<!-- certificate: {key} -->", SMALL)


def test_the_script_rewrites_what_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "certificate.json").write_text(json.dumps(SMALL["certificate"]), "utf-8")
    (tmp_path / "README.md").write_text("1<!-- certificate: equations.§4.5.tests -->", "utf-8")
    (tmp_path / "docs" / "same.md").write_text("nothing to change", "utf-8")
    monkeypatch.setattr(quote, "DOCS", tmp_path / "docs")
    monkeypatch.setattr("sys.argv", ["quote.py"])
    assert quote.main() == 0
    assert (tmp_path / "README.md").read_text("utf-8") == "1,234<!-- certificate: equations.§4.5.tests -->"
    assert capsys.readouterr().out == "changed README.md\n"
