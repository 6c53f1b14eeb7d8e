"""CONTRIBUTING.md, followed to the letter: in a copy of the tree, the suite asks for each step before it is done."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.documents.markdown import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


class Block(NamedTuple):
    """A fenced block: its language, its text, and the last file that is named before it."""

    language: str
    text: str
    file: str


class Step(NamedTuple):
    """What asks for it, a command with what that says until the step is done; and what there is to do."""

    title: str
    check: str
    complaint: str
    blocks: list[Block]


def steps() -> list[Step]:
    """The numbered steps of the page."""
    found = []
    for section in PAGE.split("\n### ")[1:]:
        title, _, body = section.partition("\n")
        blocks = [
            Block(fence[1], fence[2], next(iter(reversed(named(body[: fence.start()]))), ""))
            for fence in FENCED.finditer(body)
        ]
        check = complaint = ""
        if len(blocks) > 1 and [block.language for block in blocks[:2]] == ["sh", ""]:
            (check, complaint), blocks = (block.text.strip() for block in blocks[:2]), blocks[2:]
        found.append(Step(title, check, complaint, blocks))
    return found


def named(text: str) -> list[str]:
    """The files that are named outside of fenced blocks."""
    return re.findall(r"`(\w+/[\w/]+\.(?:py|toml|md))`", FENCED.sub("", text))


def apply(block: Block, tree: Path) -> None:
    """A diff changes a file where it says so; other text goes to its end, or is a new file; a command is run."""
    path = tree / block.file
    if block.language == "sh":
        status, output = run(block.text, tree)
        assert status == 0, f"{block.text}{output}"
    elif block.language == "diff":
        lines = block.text.splitlines(keepends=True)
        old, new = ("".join(line[1:] for line in lines if line[0] in f" {sign}") for sign in "-+")
        assert path.read_text("utf-8").count(old) == 1, f"{block.file}: expected once:\n{old}"
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    else:
        gap = "\n\n" if block.language == "python" else "\n"
        before = path.read_text("utf-8") + gap if path.exists() else ""
        path.write_text(before + block.text, "utf-8")


def run(command: str, tree: Path) -> tuple[int, str]:
    """A printed command, in the copy and with this Python."""
    words = shlex.split(command)
    assert words[0] == "python", command
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTEST_ADDOPTS": "-n0"}
    line = [sys.executable, *words[1:]]
    result = subprocess.run(line, cwd=tree, env=environment, capture_output=True, encoding="utf-8", check=False)
    return result.returncode, result.stdout + result.stderr


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("contributing") / "tree"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "runs", "build", "dist"))
    return copy


@pytest.mark.slow
def test_the_suite_asks_for_each_step_until_it_is_done(tree: Path) -> None:
    for step in steps():
        if step.check:
            status, output = run(step.check, tree)
            assert status, f"{step.title}: passes before it is done\n{output}"
            assert step.complaint in output, f"{step.title}: expected {step.complaint!r}\n{output}"
        for block in step.blocks:
            apply(block, tree)
        if step.check:
            status, output = run(step.check, tree)
            assert status == 0, f"{step.title}: fails when it is done\n{output}"


def test_every_step_but_the_first_and_the_last_says_what_asks_for_it() -> None:
    first, *others, last = steps()
    assert all(step.check and step.complaint and step.blocks for step in others)
    assert not first.check
    assert {block.language for block in last.blocks} == {"sh"}


def test_seven_files_are_edited_by_hand_and_no_more() -> None:
    edited = {block.file for step in steps() for block in step.blocks if block.language != "sh"}
    assert len(edited) == 7
    assert [step.title.split(".")[0] for step in steps()] == [str(k + 1) for k in range(len(steps()))]
