"""The scripts in a process of their own or in this one, small data for them, and runs to look at.

A test file takes fixtures by assignment, `data = scripts.data`, along with those that they build upon: pytest looks for
them among the names of the file.
"""

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from scripts import command
from vanillacnn import mnist
from vanillacnn.training import run_folder
from vanillacnn.training.config import Config
from vanillacnn.training.run import begin

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts"


def write_idx(folder: Path, split: mnist.Split) -> Path:
    folder.mkdir()
    for name, (images, labels) in zip(("train", "t10k"), split, strict=True):
        for kind, array in (("images-idx3", np.moveaxis(images, -1, 0)), ("labels-idx1", labels)):
            sizes = np.array(array.shape, ">u4").tobytes()
            content = bytes([0, 0, 8, array.ndim]) + sizes + np.ascontiguousarray(array).tobytes()
            (folder / f"{name}-{kind}-ubyte").write_bytes(content)
    return folder


@cache
def first_digits() -> mnist.Split:
    """Read once, whichever tests want them."""
    (images, labels), test = mnist.load()
    return mnist.Split(
        mnist.Subset(images[..., :305], labels[:305]), mnist.Subset(test.images[..., :60], test.labels[:60])
    )


@pytest.fixture(scope="module")
def digits_of_mnist() -> mnist.Split:
    """305 digits to train on, so that the last batch is incomplete, and 60 to test with."""
    return first_digits()


@pytest.fixture(scope="module")
def data(digits_of_mnist: mnist.Split, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_idx(tmp_path_factory.mktemp("scripts") / "data", digits_of_mnist)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment without matplotlib, where runs end without the seconds that pictures take."""
    blocked = tmp_path_factory.mktemp("plain")
    error = "raise ModuleNotFoundError(\"No module named 'matplotlib'\", name='matplotlib')"
    (blocked / "matplotlib.py").write_text(error)
    return environment(blocked)


def environment(*paths: Path) -> dict[str, str]:
    # Output is buffered for a user, and what is in the buffer when something fails must not be lost.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return inherited | {"PYTHONPATH": os.pathsep.join(map(str, [*paths, ROOT]))}


# A process that limits itself: with JAX's threads about, nothing of ours may run between fork and exec.
LIMITED = """
import os, resource, sys
size = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


def script(
    name: str, *options: object, env: dict[str, str] | None = None, room: int | None = None, cwd: Path | None = None
) -> tuple[int, str, str]:
    """Runs a script in a process of its own; on a disk that has room for files of so many bytes only."""
    limit = [] if room is None else ["-c", LIMITED, room]
    line = [str(word) for word in (sys.executable, *limit, SCRIPTS / name, *options)]
    result = subprocess.run(line, env=env or environment(), cwd=cwd, capture_output=True, encoding="utf-8", check=False)
    return result.returncode, result.stdout, result.stderr


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    """Runs a script in this process, for what does not need another."""

    def call(main, *options: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", [f"{main.__module__.replace('.', '/')}.py", *map(str, options)])
        try:
            status = command.run(main)
        except SystemExit as end:
            status = end.code
        return status, *capsys.readouterr()

    return call


def is_one_error(result: tuple[int, str, str], pattern: str, status: int = 2) -> None:
    assert result[0] == status, result
    assert result[1] == "", result
    assert re.fullmatch(rf"(train|predict)\.py: error: .*{pattern}.*\n", result[2]), result[2]


def saved_files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {".lock"}


@pytest.fixture(scope="module")
def run(data: Path, plain: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of two epochs, for the tests that only look at one."""
    folder = tmp_path_factory.mktemp("run") / "run"
    status, out, err = script("train.py", "--data", data, "--epochs", 2, "--out", folder, env=plain)
    assert (status, err) == (0, ""), err
    assert "no pictures without matplotlib: python -m pip install -e '.[plot]'\n" in out, out
    return folder


@pytest.fixture
def fresh(digits_of_mnist: mnist.Split, data: Path, tmp_path: Path) -> Path:
    """A run of which nothing but the initial weights exists."""
    config = Config(data=str(data), epochs=1)
    with run_folder.create(str(tmp_path / "fresh"), begin(config, digits_of_mnist)) as folder:
        return folder
