"""The typeset paper: the same bytes twice, every equation under its number, and no document that it cannot set."""

import re
from io import BytesIO
from pathlib import Path

import pytest

from tests.suite import commands as scripts

pytestmark = pytest.mark.paper

ROOT = Path(__file__).parents[2]
call = scripts.call


@pytest.fixture(scope="module")
def pdf() -> bytes:
    from scripts.documents import paper

    return paper.paper()


def pages(pdf: bytes) -> dict[str, str]:
    """The text of each chapter, by its title."""
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(pdf))
    chapters = [entry for entry in reader.outline if not isinstance(entry, list)]
    starts = [reader.get_destination_page_number(entry) for entry in chapters]
    found = {}
    for entry, first, last in zip(chapters, starts, [*starts[1:], len(reader.pages)], strict=True):
        found[str(entry.title)] = "\n".join(page.extract_text() for page in reader.pages[first:last])
    return found


def test_another_build_is_identical(pdf: bytes, tmp_path: Path) -> None:
    """In a process of its own, a second later or more, elsewhere in the world, and with another order of sets."""
    env = scripts.environment() | {"TZ": "Pacific/Auckland", "PYTHONHASHSEED": "1"}
    status, out, err = scripts.script("documents/paper.py", "--out", tmp_path / "paper.pdf", env=env, cwd=tmp_path)
    assert (status, err) == (0, ""), err
    assert out == f"{tmp_path / 'paper.pdf'}: {len(pdf):,} bytes\n"
    assert (tmp_path / "paper.pdf").read_bytes() == pdf


def test_every_equation_stands_under_its_number(pdf: bytes) -> None:
    tags = re.findall(r"\\tag\{(.*?)\}", (ROOT / "docs" / "derivation.md").read_text("utf-8"))
    numbers = re.findall(r"\((\S+)\)$", pages(pdf)["The derivation"], re.M)
    assert len(tags) == len(set(tags)) >= 42
    assert [tag for tag in tags if tag not in numbers] == []


def test_it_has_a_chapter_for_each_document_and_no_markup_left(pdf: bytes) -> None:
    chapters = pages(pdf)
    assert list(chapters) == ["The derivation", "The paper's errata", "The certificate"]
    for text in chapters.values():
        assert not re.search(r"\\(?:tag|frac|sum)|```|<!--|</", text)


def test_a_misprint_has_its_heading(pdf: bytes) -> None:
    misprints = re.findall(r"^### (E\d\d)$", (ROOT / "docs" / "errata.md").read_text("utf-8"), re.M)
    text = pages(pdf)["The paper's errata"]
    assert misprints
    assert [name for name in misprints if not re.search(rf"^{name}$", text, re.M)] == []


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("[a](#nowhere)", "label `<derivation-nowhere>` does not exist"),
        ("![a](nowhere.png)", "file not found"),
    ],
)
def test_what_leads_nowhere_is_refused(markdown: str, expected: str) -> None:
    from scripts.documents import paper

    with pytest.raises(ValueError, match=f"^typst: {expected}"):
        paper.typeset(paper.chapter("derivation", f"# A\n\n{markdown}\n"), paper.state())


def test_without_a_certificate_it_says_how_to_make_one(call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from scripts.documents import paper

    monkeypatch.setattr(paper, "CERTIFICATE", tmp_path / "certificate.json")
    status, out, err = call(paper.main, "--out", tmp_path / "paper.pdf")
    assert (status, out) == (2, "")
    assert re.fullmatch(r"paper\.py: error: .*certificate\.json: no such file; python scripts/certify\.py .*\n", err)
