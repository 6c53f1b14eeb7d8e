"""Training as an MPI job, by mpiexec. Needs the extra mpi; run by -m mpi."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from scripts.launch import ALLOWED, mpiexec
from tests.suite import commands as scripts
from tests.suite.commands import ROOT, SCRIPTS, saved_files, script
from tests.suite.compare import within
from tests.training.test_interruption import ENDLESS, bits
from tests.training.test_parallel import bound, of_step
from vanillacnn.arrays import Parameters
from vanillacnn.mnist import Split
from vanillacnn.training import run_folder
from vanillacnn.training.batches import epoch_order, one_hot, scale
from vanillacnn.training.config import Config
from vanillacnn.training.run import begin

pytestmark = pytest.mark.mpi

digits_of_mnist, data, plain = scripts.digits_of_mnist, scripts.data, scripts.plain
EPOCH = re.compile(r"^epoch", re.MULTILINE)


def job(ranks: int, env: dict[str, str], *options: object, before: Sequence[str] = ()) -> subprocess.Popen:
    launcher = mpiexec()
    assert launcher, "expected mpiexec, of the extra mpi"
    line = [str(word) for word in [launcher, "-n", ranks, *before, sys.executable, SCRIPTS / "train.py", *options]]
    return subprocess.Popen(
        line, env=env | ALLOWED, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def trained(ranks: int, env: dict[str, str], *options: object) -> str:
    process = job(ranks, env, *options)
    out, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (0, ""), err
    return out


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("ranks", [2, 3])
def test_one_step_is_that_of_one_process(
    ranks: int, dtype: str, digits_of_mnist: Split, data: Path, plain: dict[str, str], tmp_path: Path
) -> None:
    """All images as one batch: the rounding of the parts' gradients and of their sum, and nothing else."""
    n = 31
    options = ("--data", data, "--epochs", 1, "--limit", n, "--batch-size", n, "--dtype", dtype)
    trained(ranks, plain, *options, "--out", tmp_path / "job")
    assert script("train.py", *options, "--out", tmp_path / "alone", env=plain)[0] == 0
    shared, alone = (run_folder.load(tmp_path / name).params for name in ("job", "alone"))
    config = Config(epochs=1, limit=n, batch_size=n, dtype=dtype)
    before = begin(config, digits_of_mnist).params
    images, labels = digits_of_mnist.train
    I, y = scale(images[..., :n], dtype), one_hot(labels[:n], 10, dtype)
    parts = [(I[..., part], y[:, part]) for part in np.array_split(epoch_order(config, 1, n), ranks)]
    limit = of_step(before, alone, bound(before, I, y, parts), dtype)
    for name in Parameters._fields:
        within(getattr(shared, name), getattr(alone, name), limit[name], {"name": name})


def test_the_same_ranks_give_the_same_bits(data: Path, plain: dict[str, str], tmp_path: Path) -> None:
    for name in ("one", "two"):
        out = trained(2, plain, "--data", data, "--epochs", 2, "--out", tmp_path / name)
        assert len(EPOCH.findall(out)) == 2, "one rank speaks"
        assert "305 training images in 2 processes" in out
    assert bits(tmp_path / "one") == bits(tmp_path / "two")
    assert saved_files(tmp_path / "one") == {"config.json", "metrics.jsonl", "weights.safetensors"}


def test_the_test_set_is_measured_whole(data: Path, plain: dict[str, str], tmp_path: Path) -> None:
    """One epoch from the same weights: what it ends with differs by rounding, and so do the losses."""
    trained(3, plain, "--data", data, "--epochs", 1, "--dtype", "float64", "--out", tmp_path / "job")
    script("train.py", "--data", data, "--epochs", 1, "--dtype", "float64", "--out", tmp_path / "alone", env=plain)
    shared, alone = (run_folder.load(tmp_path / name).history[0] for name in ("job", "alone"))
    assert (shared.test_errors, shared.test_accuracy) == (alone.test_errors, alone.test_accuracy)
    assert f"{shared.test_loss:.5f} {shared.train_loss:.5f}" == f"{alone.test_loss:.5f} {alone.train_loss:.5f}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_job_is_saved_and_goes_on_with_other_ranks(
    number: int, data: Path, plain: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    process = job(2, plain, "--data", data, "--epochs", ENDLESS, "--out", folder)
    until_epoch(process)
    process.send_signal(number)
    process.communicate(timeout=300)
    assert process.returncode != 0
    state = run_folder.load(folder)
    assert state.epoch >= 1
    epochs = state.epoch + 2
    trained(3, plain, "--resume", folder, "--epochs", epochs)
    assert script("train.py", "--resume", folder, "--epochs", epochs + 1, env=plain)[0] == 0
    assert [metrics.epoch for metrics in run_folder.load(folder).history] == [*range(1, epochs + 2)]


def test_a_rank_that_is_killed_ends_the_job(
    data: Path, plain: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """At any moment of the training, either rank: no hang, no success, and a checkpoint that goes on."""
    folder, rng, begun = tmp_path / "run", np.random.default_rng(), 0
    for kill in range(request.config.getoption("kills")):
        options = ["--resume", folder] if kill else ["--data", data, "--epochs", ENDLESS, "--out", folder]
        process = job(2, plain, *options)
        until_epoch(process)
        time.sleep(rng.uniform(0, 0.5))
        os.kill(rank_of(process, kill % 2), signal.SIGKILL)
        process.communicate(timeout=300)
        assert process.returncode != 0
        epoch = run_folder.load(folder).epoch
        assert epoch > begun, "what was saved is lost"
        begun = epoch
    assert script("train.py", "--resume", folder, "--epochs", begun + 1, env=plain)[0] == 0


INJECTED = """
import os, signal

def strike(*_):
    if {interrupt}:
        os.kill(os.getpid(), signal.SIGINT)
    else:
        raise RuntimeError("injected")

if os.environ.get("OMPI_COMM_WORLD_RANK") == "{rank}":
    signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, {delay}, 0.5)  # again, in case it strikes where Python passes over it
"""


def test_an_exception_or_an_interrupt_at_any_moment_ends_the_job(
    data: Path, plain: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """In either rank, while Python, NumPy and MPI are imported, while MPI starts, and in training."""
    rng = np.random.default_rng()
    for strike in range(request.config.getoption("kills")):
        folder = tmp_path / str(strike)
        folder.mkdir()
        delay = rng.uniform(0.1, 3)
        injected = INJECTED.format(rank=strike % 2, interrupt=strike % 4 < 2, delay=delay)
        (folder / "sitecustomize.py").write_text(injected)
        env = plain | {"PYTHONPATH": f"{folder}{os.pathsep}{plain['PYTHONPATH']}"}
        process = job(2, env, "--data", data, "--epochs", ENDLESS, "--out", folder / "run")
        until_no_rank_is_left(process)
        assert process.returncode != 0, delay


def test_a_closed_stderr_does_not_keep_a_failed_rank_waiting(data: Path, plain: dict[str, str], tmp_path: Path) -> None:
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        line = f'exec "$0" "$@" {closed}'
        options = ["--data", data, "--alpha", 1e300, "--out", tmp_path / "run"]
        process = job(2, plain, *options, before=["sh", "-c", line])
        process.communicate(timeout=300)
        assert process.returncode != 0


def test_processes_are_started_by_an_option(data: Path, plain: dict[str, str], tmp_path: Path) -> None:
    options = ("--data", data, "--epochs", 1, "--out", tmp_path / "run")
    status, out, err = script("train.py", "--processes", 2, *options, env=plain)
    assert (status, err) == (0, "")
    assert "305 training images in 2 processes" in out
    assert run_folder.load(tmp_path / "run").epoch == 1
    process = job(2, plain, *options, "--processes", 3)
    _, err = process.communicate(timeout=300)
    assert (process.returncode, err.count("--processes: expected 2, as many as were started, got 3")) == (2, 1)


def test_an_error_is_said_once_and_ends_the_job(data: Path, plain: dict[str, str], tmp_path: Path) -> None:
    for options, status, said in [
        (("--epochs", 0), 2, "epochs: expected a whole number from 1 to below 1,000,000,000, got 0"),
        (("--nope",), 2, "unrecognized arguments: --nope"),
        (("--data", tmp_path / "nowhere"), 2, "nowhere"),
        (("--data", data, "--alpha", 1e300), 1, "loss: expected finite numbers"),
    ]:
        process = job(2, plain, *options, "--out", tmp_path / "run")
        _, err = process.communicate(timeout=300)
        assert process.returncode == status, err
        assert len(re.findall(rf"train\.py: error: .*{said}", err)) == 1, err


def until_epoch(process: subprocess.Popen) -> None:
    assert process.stdout
    while not process.stdout.readline().startswith("epoch"):
        assert process.poll() is None, process.stderr


def until_no_rank_is_left(process: subprocess.Popen) -> None:
    """Waits for the end of the job, at most two minutes. A launcher that stays when all its ranks are gone is ended.

    Open MPI 5's stays now and then, when a rank is gone before the other has started.
    """
    for _ in range(24):
        try:
            process.communicate(timeout=5)
            return
        except subprocess.TimeoutExpired:
            try:
                rank_of(process, 0)
            except LookupError:
                with suppress(LookupError):
                    rank_of(process, 1)
                    continue
                process.kill()
    raise TimeoutError(f"still running: {process.args}")


def rank_of(process: subprocess.Popen, rank: int) -> int:
    """The process number of a rank, a child or grandchild of mpiexec, by its environment."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            variables = dict(item.split("=", 1) for item in (entry / "environ").read_text().split("\0") if "=" in item)
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, UnicodeDecodeError):
            continue  # it has ended, or is not ours
        if parent == process.pid and variables.get("OMPI_COMM_WORLD_RANK") == str(rank):
            return int(entry.name)
    raise LookupError(f"rank {rank} of {process.args}")
