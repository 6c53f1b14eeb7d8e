"""Nothing that was saved is lost: runs that were stopped, killed or out of disk space end in the same bits."""

import json
import re
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from scripts import predict, train
from tests.suite import commands as scripts
from tests.suite.commands import SCRIPTS, is_one_error, saved_files, script, write_idx
from vanillacnn import mnist
from vanillacnn.training import run_folder, step

digits_of_mnist, data, plain = scripts.digits_of_mnist, scripts.data, scripts.plain
call, run, fresh = scripts.call, scripts.run, scripts.fresh

ENDLESS = 80_000  # epochs, for runs that are stopped


class Process:
    """train.py, running; `train.py --resume` when the folder is there already."""

    def __init__(self, folder: Path, data: Path, env: dict[str, str]) -> None:
        new = ["--data", data, "--epochs", ENDLESS, "--out", folder]
        options = ["--resume", folder] if folder.exists() else new
        line = [sys.executable, SCRIPTS / "train.py", *map(str, options)]
        self.process = subprocess.Popen(line, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def wait_for(self, start: str) -> None:
        while not self.process.stdout.readline().startswith(start):
            assert self.process.poll() is None, self.process.stderr.read()

    def end(self, number: int) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=300)
        return self.process.returncode, out, err


def bits(folder: Path) -> tuple:
    """What must be the same whether or not a run was interrupted."""
    state = run_folder.load(folder)
    tensors = [theta.tobytes() for theta in state.params]
    return tensors, state.epoch, state.step, state.loss, [m._replace(seconds=0) for m in state.history]


def ends_as_if_never_interrupted(folder: Path, data: Path, plain: dict[str, str]) -> None:
    state = run_folder.load(folder)
    epochs = state.epoch + 2
    status, _, err = script("train.py", "--resume", folder, "--epochs", epochs, env=plain)
    assert (status, err) == (0, "")
    whole = folder.with_name("whole")
    script("train.py", "--data", data, "--epochs", epochs, "--out", whole, "--quiet", env=plain)
    assert bits(folder) == bits(whole)
    assert saved_files(folder) == {"config.json", "metrics.jsonl", "weights.safetensors"}
    assert json.loads((folder / "config.json").read_text())["options"]["epochs"] == epochs
    assert len((folder / "metrics.jsonl").read_text().splitlines()) == epochs


@pytest.mark.parametrize(
    "number", [signal.SIGINT, *(pytest.param(n, marks=pytest.mark.slow) for n in (signal.SIGTERM, signal.SIGHUP))]
)
def test_interrupted_runs_end_in_the_same_bits(number: int, data: Path, plain: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    for _ in range(2):
        process = Process(folder, data, plain)
        process.wait_for("epoch")
        status, out, err = process.end(number)
        assert (status, err) == (130, "")
        assert re.search(rf"^stopped and saved, \d+ of {ENDLESS} epochs.* done$", out, re.MULTILINE)
        assert f"train.py --resume {folder}\n" in out
    ends_as_if_never_interrupted(folder, data, plain)


def test_an_interrupted_step_is_finished_and_saved(fresh: Path, call, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, calls = step.loss_and_gradients, count(1)

    def interrupted(*arguments: object) -> list[np.ndarray]:
        if next(calls) == 7:
            signal.raise_signal(signal.SIGINT)
        return whole(*arguments)

    monkeypatch.setattr(step, "loss_and_gradients", interrupted)
    status, out, err = call(train.main, "--resume", fresh)
    assert (status, err) == (130, "")
    assert "stopped and saved, 0 of 1 epochs and 7 steps done\n" in out
    assert run_folder.load(fresh).step == 7


@pytest.mark.slow
def test_killed_runs_end_in_the_same_bits(
    data: Path, plain: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """SIGKILL at random moments: while Python starts, the folder is made, or the run goes on."""
    folder, rng, begun = tmp_path / "run", np.random.default_rng(), 0
    for kill in range(request.config.getoption("kills")):
        process = Process(folder, data, plain)
        if kill % 2 == 0:
            process.wait_for(str(folder))
        time.sleep(rng.uniform(0, 0.8))
        assert process.end(signal.SIGKILL)[0] == -signal.SIGKILL
        if folder.exists():
            epoch = run_folder.load(folder).epoch
            assert epoch >= begun, "what was saved is lost"
            begun = epoch
    (folder / ".weights.safetensors.0123abcd.tmp").write_bytes(b"half a checkpoint")
    (tmp_path / ".run.0123abcd.tmp").mkdir()
    (tmp_path / ".run.0123abcd.tmp" / ".lock").touch()
    (tmp_path / ".run.0123abcd.tmp" / "weights.safetensors").write_bytes(b"half a folder")
    ends_as_if_never_interrupted(folder, data, plain)
    assert {path.name for path in tmp_path.iterdir()} == {"run", "whole"}


def test_a_disk_too_full_to_begin_is_left_as_it_was(data: Path, plain: dict[str, str], tmp_path: Path) -> None:
    options = ("--data", data, "--out", tmp_path / "runs" / "run")
    result = script("train.py", *options, env=plain, room=9000)
    is_one_error(result, r"weights\.safetensors: File too large", status=1)
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_disk_that_fills_up_keeps_the_last_epoch(data: Path, plain: dict[str, str], fresh: Path) -> None:
    room = (fresh / "weights.safetensors").stat().st_size + 900
    status, out, err = script("train.py", "--resume", fresh, "--epochs", ENDLESS, env=plain, room=room)
    assert (status, err) == (1, f"train.py: error: {fresh}/weights.safetensors: File too large\n")
    assert run_folder.load(fresh).epoch == out.count("epoch  ") > 1
    ends_as_if_never_interrupted(fresh, data, plain)


def test_the_reader_of_a_pipe_may_leave(data: Path, plain: dict[str, str], tmp_path: Path) -> None:
    process = Process(tmp_path / "run", data, plain)
    process.process.stdout.readline()
    process.process.stdout.close()
    err = process.process.stderr.read()
    process.process.stderr.close()
    assert (process.process.wait(), err) == (1, "train.py: error: [Errno 32] Broken pipe\n")
    assert run_folder.load(tmp_path / "run").epoch >= 1


REFUSED = {
    "--batch-size": 10,
    "--alpha": 2,
    "--seed": 1,
    "--dtype": "float32",
    "--no-shuffle": None,
    "--limit": 10,
    "--out": "elsewhere",
}


@pytest.mark.parametrize("option", REFUSED)
def test_resume_refuses_other_options_by_name(option: str, fresh: Path, call) -> None:
    values = () if REFUSED[option] is None else (REFUSED[option],)
    is_one_error(call(train.main, "--resume", fresh, option, *values), f"with --resume, got {option}")


def test_resume_refuses_fewer_epochs_than_begun(run: Path, call) -> None:
    is_one_error(call(train.main, "--resume", run, "--epochs", 1), "--epochs: expected at least 2, .*got 1")


def test_resume_finds_the_data_where_they_are_now(
    digits_of_mnist: mnist.Split, fresh: Path, tmp_path: Path, plain: dict[str, str]
) -> None:
    moved = write_idx(tmp_path / "moved", digits_of_mnist)
    assert script("train.py", "--resume", fresh, "--data", "moved", env=plain, cwd=tmp_path)[0] == 0
    assert run_folder.load(fresh).config.data == str(moved)


def test_resume_refuses_other_data(digits_of_mnist: mnist.Split, fresh: Path, tmp_path: Path, call) -> None:
    (images, labels), test = digits_of_mnist
    images = images.copy()
    images[14, 14, 200] ^= 1
    other = write_idx(tmp_path / "other", mnist.Split(mnist.Subset(images, labels), test))
    is_one_error(call(train.main, "--resume", fresh, "--data", other), "data: expected those of the run")


def test_only_one_process_works_on_a_run(fresh: Path, call) -> None:
    with run_folder.lock(fresh):
        is_one_error(call(train.main, "--resume", fresh), "expected an idle run, got one in progress")


def test_a_damaged_checkpoint_is_refused(fresh: Path, call) -> None:
    content = bytearray((fresh / "weights.safetensors").read_bytes())
    content[-100] ^= 4
    (fresh / "weights.safetensors").write_bytes(content)
    is_one_error(call(train.main, "--resume", fresh), r"weights\.safetensors: sha256: expected .*damaged")
    is_one_error(call(predict.main, fresh, "--test", 0), r"weights\.safetensors: sha256: expected .*damaged")
    assert (fresh / "weights.safetensors").read_bytes() == content


def test_derived_files_are_made_again(run: Path, tmp_path: Path, plain: dict[str, str]) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "weights.safetensors").write_bytes((run / "weights.safetensors").read_bytes())
    (copy / "config.json").write_text("[{")
    assert script("train.py", "--resume", copy, env=plain)[0] == 0
    assert (copy / "metrics.jsonl").read_text() == (run / "metrics.jsonl").read_text()
    assert json.loads((copy / "config.json").read_text())["options"]["epochs"] == 2
