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

from tests.markdown import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


class Block(NamedTuple):
    """A fenced block: its language, its text, and the last file that is named before it."""

    language: str
    text: str
    file: str


class Step(NamedTuple):
    title: str
    blocks: list[Block]

    @property
    def check(self) -> str:
        """The command that fails until the step is done, with what it says then in the block behind it."""
        return next((block.text for block in self.blocks if block.language == "sh"), "")

    @property
    def complaint(self) -> str:
        return next((block.text.strip() for block in self.blocks if block.language == ""), "")


def steps() -> list[Step]:
    """The numbered steps of the page."""
    found = []
    for section in PAGE.split("\n### ")[1:]:
        title, _, body = section.partition("\n")
        blocks, end = [], 0
        for fence in re.finditer(r"^```(\w*)\n(.*?)^```$", body, re.M | re.S):
            files = re.findall(r"`(\w+/[\w/]+\.py)`", re.sub(r"^```.*?^```$", "", body[: fence.start()], flags=re.M | re.S))
            blocks.append(Block(fence[1], fence[2], files[-1] if files else ""))
        found.append(Step(title, blocks))
    return found


def apply(block: Block, tree: Path) -> None:
    """A diff changes a file where it says so; other code goes to the end of a file, or is a new one."""
    path = tree / block.file
    if block.language == "python":
        before = path.read_text("utf-8") + "\n\n" if path.exists() else ""
        path.write_text(before + block.text, "utf-8")
    if block.language == "diff":
        lines = block.text.splitlines(keepends=True)
        old, new = ("".join(line[1:] for line in lines if line[0] in f" {sign}") for sign in "-+")
        assert path.read_text("utf-8").count(old) == 1, f"{block.file}: expected once:\n{old}"
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")


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
        for block in [block for block in step.blocks if block.language == "sh"][1:]:
            run(block.text, tree)
        if step.check:
            status, output = run(step.check, tree)
            assert status == 0, f"{step.title}: fails when it is done\n{output}"


def test_every_step_names_what_asks_for_it() -> None:
    first, *others, last = steps()
    assert [bool(step.check and step.complaint) for step in others] == [True] * len(others)
    assert not first.check
    assert not last.blocks
    assert [step.title.split(".")[0] for step in steps()] == [str(k + 1) for k in range(len(steps()))]
