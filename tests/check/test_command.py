"""The command that runs the checks in a file, and what it needs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vanillacnn.check.file import check_file

FILE = """
from vanillacnn.check import check_activation
import numpy as np

def check_relu():
    return check_activation("relu", lambda x: np.maximum(x, {floor}))
"""


@pytest.mark.parametrize(
    ("text", "status"), [(FILE.format(floor=0), 0), (FILE.format(floor=1), 1), ("x = 1", 2), ("x = y", 2)]
)
def test_the_command(tmp_path: Path, text: str, status: int) -> None:
    (tmp_path / "mine.py").write_text(text)
    command = [
        sys.executable,
        "-m",
        "vanillacnn",
        "check",
        str(tmp_path / "mine.py"),
        "--report",
        str(tmp_path / "r.json"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    if status < 2:
        assert json.loads((tmp_path / "r.json").read_text())[0]["ok"] is (status == 0)
    else:
        assert done.stderr.startswith("check: error: ")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("mine.md", "# Mine", "FileNotFoundError: expected a Python file, got another kind of file"),
        ("none.py", None, "FileNotFoundError: expected a Python file, got none"),
        (".", None, "FileNotFoundError: expected a Python file, got a folder"),
        ("wrong.py", "def check_(:", "SyntaxError: invalid syntax (wrong.py, line 1)"),
        ("zero.py", "\n1 / 0", "ZeroDivisionError: division by zero ({path}, line 2, in <module>)"),
    ],
)
def test_what_cannot_be_loaded_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str | None, said: str
) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    assert check_file(path, False, None) == 2
    assert capsys.readouterr() == ("", f"check: error: {path}: {said.format(path=path)}\n")


MIXED = """
from dataclasses import dataclass
from functools import partial
from vanillacnn.check import check_activation
import numpy as np

@dataclass
class Layer:
    floor: "float" = 0

def check_with(floor):
    return check_activation("relu", lambda x: np.maximum(x, floor))

def check_raises(): check_with(1).raise_for_errors()
def check_breaks(): return {}["x"]
def check_nothing(): pass
def check_leaves(): raise SystemExit(0)
check_partial = partial(check_with, 1)
def check_right(): return check_with(Layer().floor)
"""


def test_one_check_that_breaks_stops_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mixed.py").write_text(MIXED)
    assert check_file(tmp_path / "mixed.py", False, tmp_path / "r.json") == 2
    out, err = capsys.readouterr()
    assert "check_raises: check_activation (relu): not ok" in out
    assert "check_right: check_activation (relu): ok" in out
    assert "check_breaks: KeyError: 'x'" in err
    assert "in check_breaks)" in err
    assert "check_nothing: expected a report, got NoneType" in err
    assert "check_leaves: SystemExit: 0" in err
    assert "check_partial: check_activation (relu): not ok" in out
    assert "check_with" not in err
    assert [report["ok"] for report in json.loads((tmp_path / "r.json").read_text())] == [False, True]


def test_a_report_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.py").write_text(FILE.format(floor=0))
    assert check_file(tmp_path / "mine.py", False, tmp_path / "none" / "r.json") == 2
    assert f"check: error: {tmp_path / 'none' / 'r.json'}: FileNotFoundError" in capsys.readouterr().err


def test_an_encoding_without_the_letter_is_no_end(tmp_path: Path) -> None:
    text = FILE.replace('"relu", lambda x: np.maximum(x, {floor})', '"sigmoid", lambda x: 1 / (1 + np.exp(-x))')
    (tmp_path / "mine.py").write_text(text)
    command = [sys.executable, "-m", "vanillacnn", "check", str(tmp_path / "mine.py")]
    done = subprocess.run(command, env=os.environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"warns at \xb11000: overflow" in done.stdout


def test_it_needs_numpy_alone() -> None:
    script = "import vanillacnn.check, sys; print({'jax', 'pytest', 'hypothesis', 'torch'} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "set()\n"
    )
