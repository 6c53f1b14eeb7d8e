"""How the project is cited: CITATION.cff, the BibTeX of `python -m vanillacnn --cite`, the changelog, one version."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import vanillacnn

ROOT = Path(__file__).parents[2]
CFF = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))


def command(*options: str) -> str:
    line = [sys.executable, "-m", "vanillacnn", *options]
    return subprocess.run(line, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout


def entries(bibtex: str) -> list[dict[str, str]]:
    """The fields of each entry, "type" among them, without the braces that keep capitals."""
    found = []
    for kind, body in re.findall(r"^@(\w+)\{\w+,\n(.*?)^\}$", bibtex, re.M | re.S):
        fields = re.findall(r"^  (\w+) *= (.*?),?$", body, re.M)
        found.append({"entry": kind} | {name: re.sub(r"[{}\\]", "", value) for name, value in fields})
    return found


@pytest.fixture(scope="module")
def cited() -> list[dict[str, str]]:
    return entries(command("--cite"))


def test_the_software_is_cited_as_in_the_citation_file(cited: list[dict[str, str]]) -> None:
    says(cited[0], "software", CFF, CFF["authors"][0]["name"])
    assert cited[0]["version"] == CFF["version"]


def test_the_paper_is_cited_as_in_the_citation_file(cited: list[dict[str, str]]) -> None:
    (paper,) = CFF["references"]
    (author,) = paper["authors"]
    says(cited[1], "techreport", paper, f"{author['family-names']}, {author['given-names']}")
    assert cited[1]["institution"] == paper["institution"]["name"]
    assert cited[1]["type"] == paper["department"]
    assert cited[1]["url"] == paper["url"]
    assert cited[1]["month"] == f"{paper['date-released']:%b}".lower()
    assert len(cited) == 2


def says(entry: dict[str, str], kind: str, source: dict[str, Any], author: str) -> None:
    released = source["date-released"]
    expected = {"entry": kind, "title": source["title"], "author": author, "date": f"{released}"}
    assert expected.items() <= entry.items()
    assert entry["year"] == f"{released.year}"


def test_there_is_one_version() -> None:
    """Of the package, of its citation, and of the first release that the changelog lists."""
    released = re.search(r"^## \[(.*)\] - (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert released
    assert command("--version") == f"{vanillacnn.__version__}\n"
    assert CFF["version"] == vanillacnn.__version__ == released[1]
    assert f"{CFF['date-released']}" == released[2]


def test_without_an_option_it_says_what_it_can_do() -> None:
    assert command().startswith("usage: python -m vanillacnn [-h] [--cite] [--version]")
