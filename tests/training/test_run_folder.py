"""The run folder: it keeps what is not ours and what a living process holds, and it refuses a second process."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.suite import commands
from tests.suite.commands import ROOT
from vanillacnn import mnist
from vanillacnn.training import run_folder
from vanillacnn.training.config import Config
from vanillacnn.training.run import State, begin

digits_of_mnist, data, plain = commands.digits_of_mnist, commands.data, commands.plain


@pytest.fixture
def initial(digits_of_mnist: mnist.Split) -> State:
    return begin(Config(), digits_of_mnist)


@pytest.mark.parametrize("name", ["run", "alpha1", "a*", "[ab]", "a.b"])
def test_what_is_not_ours_stays(initial: State, tmp_path: Path, name: str) -> None:
    """Hidden folders beside the run, and hidden files in it, whatever the run is called."""
    beside = [f".{name}.notes.tmp", f".{name}5.0123abcd.tmp", ".ab.0123abcd.tmp", f".{name}.5.0123abcd.tmp", ".x.tmp"]
    for other in beside:
        (tmp_path / other).mkdir()
        (tmp_path / other / ".lock").touch()
    with run_folder.create(str(tmp_path / name), initial) as folder:
        (folder / ".mine.tmp").touch()
        (folder / ".weights.safetensors.mine.tmp").touch()
    with run_folder.lock(folder):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {name, *beside}
    assert {".mine.tmp", ".weights.safetensors.mine.tmp"} <= {path.name for path in folder.iterdir()}


def test_what_a_living_process_makes_stays_and_what_a_dead_one_left_goes(initial: State, tmp_path: Path) -> None:
    with run_folder.create(str(tmp_path / "run"), initial) as folder:
        pass
    living, dead = tmp_path / ".run.0123abcd.tmp", tmp_path / ".run.4567abcd.tmp"
    for hidden in (living, dead):
        hidden.mkdir()
        (hidden / ".lock").touch()
    with run_folder._held(living), run_folder.lock(folder):
        assert living.exists()
    assert not dead.exists()


def test_a_new_run_is_locked_from_its_first_moment(initial: State, tmp_path: Path) -> None:
    with run_folder.create(str(tmp_path / "run"), initial) as folder:
        second = run_folder.lock(folder)
        with pytest.raises(ValueError, match="expected an idle run, got one in progress"):
            second.__enter__()
    with run_folder.lock(folder):
        pass


def test_a_second_process_in_an_empty_folder_changes_nothing(initial: State, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    other = initial._replace(config=Config(alpha=0.5))
    with run_folder.create(str(tmp_path / "run"), initial) as folder:
        before = (folder / run_folder.WEIGHTS).read_bytes()
        with pytest.raises(ValueError, match="got one that is taken"), run_folder.create(str(folder), other):
            pass
        assert (folder / run_folder.WEIGHTS).read_bytes() == before
    with run_folder.lock(tmp_path / "run"), pytest.raises(ValueError, match="taken|in progress"):
        run_folder.create(str(folder), other).__enter__()


def test_permissions_stay_as_they_were_set(initial: State, tmp_path: Path) -> None:
    with run_folder.create(str(tmp_path / "run"), initial) as folder:
        paths = [folder / name for name in (run_folder.WEIGHTS, run_folder.METRICS, run_folder.CONFIG)]
        for path in paths:
            path.chmod(0o600)
        run_folder.save(folder, initial)
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}


@pytest.mark.parametrize("content", ["[" * 1000, "[" * 100_000, "{", "[]", "null", "\0", "7"])
def test_a_damaged_config_is_made_anew(initial: State, tmp_path: Path, content: str) -> None:
    with run_folder.create(str(tmp_path / "run"), initial) as folder:
        (folder / run_folder.CONFIG).write_text(content)
        run_folder.derive(folder, initial)
    assert json.loads((folder / run_folder.CONFIG).read_text())["seed"] == 0


def test_a_pipe_instead_of_a_file_is_not_waited_for(initial: State, tmp_path: Path) -> None:
    with run_folder.create(str(tmp_path / "run"), initial) as folder:
        (folder / run_folder.CONFIG).unlink()
        os.mkfifo(folder / run_folder.CONFIG)
        run_folder.derive(folder, initial)
    (folder / run_folder.LOCK).unlink()
    os.mkfifo(folder / run_folder.LOCK)
    with pytest.raises(ValueError, match="expected a file, got something else"), run_folder.lock(folder):
        pass


@pytest.mark.slow
def test_forty_runs_of_one_second_all_end(data: Path, plain: dict[str, str], tmp_path: Path) -> None:
    line = [sys.executable, ROOT / "scripts" / "train.py", "--data", data, "--epochs", "1", "--limit", "30", "--quiet"]
    runs = [subprocess.Popen(line, cwd=tmp_path, env=plain, stderr=subprocess.PIPE, text=True) for _ in range(40)]
    ends = [(run.communicate()[1], run.returncode) for run in runs]
    assert ends == [("", 0)] * 40
    assert len([*(tmp_path / "runs").iterdir()]) == 40
