"""config.json to the letter: where a run came from, which of it is believed, and which commit it was."""

import hashlib
import json
import platform
import stat
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

import vanillacnn
from tests.training.test_checkpoint import STATE
from vanillacnn.training import run_folder

INITIAL = STATE._replace(epoch=0, step=0, history=())
UNKNOWN = ("started", "commit", "python", "numpy", "vanillacnn")


def about(folder: Path) -> dict[str, object]:
    return json.loads((folder / "config.json").read_text("utf-8"))


def write(folder: Path, content: object) -> None:
    (folder / "config.json").write_text(json.dumps(content), "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with run_folder.create(str(tmp_path / "run"), INITIAL) as folder:
        return folder


def test_a_new_run_says_where_it_comes_from(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = about(folder)
    assert [*content] == ["digest", "options", "seed", "data", *UNKNOWN]
    assert content["options"] == json.loads(json.dumps(asdict(INITIAL.config)))
    assert (content["seed"], content["data"]) == (0, {"folder": "bundled", "sha256": "ab12"})
    versions = [platform.python_version(), np.__version__, vanillacnn.__version__]
    assert [content[name] for name in ("python", "numpy", "vanillacnn")] == versions
    text = (folder / "config.json").read_text("utf-8")
    assert text == json.dumps(content, indent=2) + "\n"
    assert capsys.readouterr().err == ""


def test_the_digest_is_that_of_all_else_in_the_order_of_the_alphabet() -> None:
    expected = hashlib.sha256(b'{"a": "\\u00e9", "b": [1, null]}').hexdigest()
    assert run_folder._digest({"b": [1, None], "digest": "x", "a": "é"}) == expected


def test_only_the_options_and_the_digest_change(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = about(folder)
    config = replace(INITIAL.config, epochs=99, data="elsewhere")
    run_folder.derive(folder, STATE._replace(config=config))
    now = about(folder)
    assert {name for name in before if before[name] != now[name]} == {"options", "digest"}
    assert (now["options"]["epochs"], now["data"]["folder"]) == (99, "bundled")
    assert now["digest"] == run_folder._digest(now)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("epoch", "step", "begins"), [(0, 0, True), (1, 0, False), (0, 1, False)])
def test_only_a_run_that_begins_is_begun_here(
    epoch: int, step: int, begins: bool, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else config.json is gone, and what it said is unknown."""
    (folder / "config.json").unlink()
    config = replace(INITIAL.config, data="elsewhere")
    run_folder.derive(folder, STATE._replace(epoch=epoch, step=step, config=config))
    path, now = folder / "config.json", about(folder)
    said = f"{path}: damaged, or of another run; written anew, without what only it knew\n"
    assert capsys.readouterr().err == ("" if begins else said)
    assert [now[name] is not None for name in ("started", "python", "numpy", "vanillacnn")] == [begins] * 4
    assert (now["seed"], now["data"]) == (0, {"folder": "elsewhere", "sha256": "ab12"})


def test_what_is_damaged_at_the_beginning_is_unknown_too(folder: Path) -> None:
    write(folder, [])
    run_folder.derive(folder, INITIAL)
    assert [about(folder)[name] for name in UNKNOWN] == [None] * 5


CHANGES = {
    "nothing": ({}, True),
    "the version": ({"python": "2.7"}, True),
    "the seed": ({"seed": 1}, False),
    "the data": ({"data": {"folder": "bundled", "sha256": "ab13"}}, False),
    "no digest of the data": ({"data": {}}, False),
    "data that are none": ({"data": "ab12"}, False),
}


@pytest.mark.parametrize("name", CHANGES)
def test_only_what_is_about_the_run_is_believed(name: str, folder: Path) -> None:
    """Whether with the right digest or, as in earlier versions, without one; never with a wrong one."""
    change, believed = CHANGES[name]
    content = about(folder) | change
    content["digest"] = run_folder._digest(content)
    assert run_folder._is_of(content, STATE) is believed
    assert not run_folder._is_of(content | {"digest": "0"}, STATE)
    del content["digest"]
    assert run_folder._is_of(content, STATE) is believed


@pytest.mark.parametrize("name", ["options", "seed", "data", *UNKNOWN])
def test_what_lacks_something_is_not_believed(name: str, folder: Path) -> None:
    content = {key: value for key, value in about(folder).items() if key not in (name, "digest")}
    assert not run_folder._is_of(content, STATE)


GIT = """#!/bin/sh
test "$PWD" = "{root}" -a "$*" = "describe --always --dirty --abbrev=40 --exclude=*" && echo 0123abcd-dirty
exit {status}
"""


@pytest.mark.parametrize(
    ("checkout", "status", "expected"),
    [(True, 0, "0123abcd-dirty"), (True, 1, None), (True, None, None), (False, 0, None)],
)
def test_the_commit_is_that_of_the_checkout_as_git_describes_it(
    checkout: bool, status: int | None, expected: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a git that knows this one answer, fails, or is not installed."""
    root, git = (tmp_path / "checkout").resolve(), tmp_path / "bin" / "git"
    git.parent.mkdir()
    if status is not None:
        git.write_text(GIT.format(root=root, status=status))
        git.chmod(stat.S_IRWXU)
    (root / ".git" if checkout else root).mkdir(parents=True)
    monkeypatch.setenv("PATH", str(git.parent))
    monkeypatch.setattr(vanillacnn, "__file__", str(root / "vanillacnn" / "__init__.py"))
    assert run_folder._commit() == expected
