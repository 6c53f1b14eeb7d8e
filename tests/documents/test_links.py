"""Every link, every test and every command that the documentation prints is one that exists."""

import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from tests.documents.markdown import PAGES, ROOT, anchors, broken, commands, definitions, links, mentions, slug

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
MARKS = {mark.split(":")[0].split("(")[0] for mark in PYPROJECT["tool"]["pytest"]["ini_options"]["markers"]}
EXTRAS = PYPROJECT["project"]["optional-dependencies"].keys()
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@pages
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    found = [broken(page, text, target) for text, target in links(page.read_text("utf-8"))]
    assert [problem for problem in found if problem] == []


@pages
def test_every_test_that_is_named_exists(page: Path) -> None:
    missing = [f"{file}{name}" for file, name in mentions(page.read_text("utf-8")) if not exists(file, name)]
    assert missing == []


def exists(file: str, name: str) -> bool:
    """An inherited property is named by its class."""
    _, *names = name.split("::")
    return (ROOT / file).is_file() and names[0] in definitions(ROOT / file)


@pytest.mark.slow
@pages
def test_every_command_is_one_that_its_program_knows(page: Path) -> None:
    problems = [wrong(words) for words in commands(page.read_text("utf-8"))]
    assert [problem for problem in problems if problem] == []


def wrong(words: list[str]) -> str | None:
    """What is wrong with a command, if anything is: its script, an option, a mark or an extra."""
    program = words[: 2 if words[0] == "-m" else 1]
    options = [word.split("=")[0] for word in words[len(program) :] if word.startswith("-")]
    if program[0] != "-m" and not (ROOT / program[0]).is_file():
        return f"{program[0]}: no such script"
    known = help_of(*program) if options and "pip" not in program else ""
    unknown = [option for option in options if known and not re.search(rf"(?<![\w-]){option}(?![\w-])", known)]
    marks = {word for word in marked(words) if word not in {"not", "and", "or"}} - MARKS
    extras = {extra for word in words if word.startswith(".[") for extra in word[2:-1].split(",")} - EXTRAS
    found = [*unknown, *sorted(marks), *sorted(extras)]
    return f"{' '.join(words)}: {', '.join(found)} unknown" if found else None


def marked(words: list[str]) -> list[str]:
    """The marks that pytest's -m selects."""
    after = words[2:]
    return after[after.index("-m") + 1].split() if "pytest" in words[:2] and "-m" in after else []


@cache
def help_of(*program: str) -> str:
    line = [sys.executable, *program, "--help"]
    return subprocess.run(line, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text('# A title\n## ΔI, `code` & K²\n## A title\n<a id="e54"></a>\n```\n# none\n[no](link)\n```\n')
    (tmp_path / "test_x.py").write_text("class TestEq01:\n    pass\n")
    assert anchors(page.read_text()) == {"a-title", "a-title-1", "δi-code--k", "e54"}
    for target in ("page.md#a-title-1", "#δi-code--k", "#e54", "test_x.py", "."):
        assert broken(page, "text", target) is None
    for target in ("none.md", "#none", "#A-title", "#a-title-2", "test_x.py#L1", "page.md#e55"):
        assert broken(page, "text", target) is not None, target
    assert broken(page, "TestEq01", "test_x.py") is None
    assert broken(page, "TestEq02", "test_x.py") is not None


def test_links_are_found_where_they_are() -> None:
    text = '[a](b.md) ![c](d.png) [`e`](f.py) <img src="g.png"> [h [i]](j.md#k) `[l](m.md)` [n](https://o) | [p](q) |'
    targets = ["b.md", "d.png", "f.py", "g.png", "j.md#k", "q"]
    assert list(links(text)) == list(zip(["a", "c", "e", "", "h [i]", "p"], targets, strict=True))
    assert list(links(f"```\n{text}\n```")) == []
    assert slug("Layer 1: [the kernel](x.md), `S_p`") == "layer-1-the-kernel-s_p"


@pytest.mark.parametrize(
    "command",
    [
        "python scripts/none.py",
        "python scripts/train.py --epoch-s 1",
        pytest.param("python -m pytest --implementatio x", marks=pytest.mark.slow),
        "python -m pytest -m 'not slo'",
        "python -m pip install -e '.[plo]'",
        "python -m vanillacnn --cit",
    ],
)
def test_a_wrong_command_is_found(command: str) -> None:
    (words,) = commands(f"`{command}`")
    assert wrong(words) is not None


def test_a_right_command_is_let_pass() -> None:
    found = commands(
        "```\npython -m pip install -e '.[plot]' && python scripts/train.py --epochs 1\n```\n`python -m pytest -k eq36`"
    )
    assert [words[0] for words in found] == ["-m", "scripts/train.py", "-m"]
    assert [wrong(words) for words in found] == [None, None, None]


def test_a_test_that_is_named_is_looked_up() -> None:
    ((file, name),) = mentions("`tests/documents/test_links.py::test_a_test_that_is_named_is_looked_up`")
    assert exists(file, name)
    assert not exists(file, "::test_none")
    assert not exists("tests/test_none.py", name)
