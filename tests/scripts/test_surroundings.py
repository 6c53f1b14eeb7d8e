"""The commands where Python does not look for modules beside a script, and where the terminal knows ASCII only."""

import io
import subprocess
import sys

import pytest

from scripts import command, launch
from tests.suite.commands import SCRIPTS

COMMANDS = ("train", "predict", "certify", "prove", "reproduce", "benchmark")


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_runs_in_an_isolated_python(name: str) -> None:
    """python -I ignores PYTHONPATH and, as PYTHONSAFEPATH does, leaves the script's folder out of sys.path."""
    line = [sys.executable, "-I", str(SCRIPTS / f"{name}.py"), "--help"]
    run = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("usage: ")


def test_a_character_that_a_terminal_does_not_have_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    written = {name: io.BytesIO() for name in ("stdout", "stderr")}
    for name, stream in written.items():
        monkeypatch.setattr(sys, name, io.TextIOWrapper(stream, encoding="ascii"))

    def main() -> int:
        print("(36) ΔK")
        raise ValueError("Δ: expected a number")

    assert command.run(main) == command.BAD_INPUT
    sys.stderr.flush()
    assert written["stdout"].getvalue() == b"(36) \\u0394K\n"
    assert written["stderr"].getvalue().endswith(b"error: \\u0394: expected a number\n")


def test_processes_are_started_with_the_options_of_this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    came = []
    monkeypatch.setattr(launch.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(launch.shutil, "which", lambda name, path: f"/bin/{name}")
    monkeypatch.setattr(launch.os, "execve", lambda *words: came.append(words))
    monkeypatch.setattr(sys, "orig_argv", ["python", "-I", "scripts/train.py", "--processes", "2"])
    launch.launch(2)
    path, line, env = came[0]
    assert (path, line) == (
        "/bin/mpiexec",
        ["/bin/mpiexec", "-n", "2", sys.executable, "-I", "scripts/train.py", "--processes", "2"],
    )
    assert env["OMPI_ALLOW_RUN_AS_ROOT"] == "1"


def test_processes_without_mpi_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(launch.shutil, "which", lambda name, path: None)
    with pytest.raises(ValueError, match=r"got no mpi4py and no mpiexec; python -m pip install -e '\.\[mpi\]'$"):
        launch.launch(2)
    with pytest.raises(ValueError, match="^--processes: expected a whole number from 1, got 0$"):
        launch.launch(0)
