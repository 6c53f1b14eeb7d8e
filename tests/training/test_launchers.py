"""What a launcher says about the processes that it starts, and MPI's beginning and end in them; MPI is played here."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scripts.launch import launch
from tests.suite import commands as scripts
from tests.suite.commands import environment, is_one_error, script
from vanillacnn.training import parallel
from vanillacnn.training.parallel import ALONE, Promise, Ranks

data = scripts.data
digits_of_mnist = scripts.digits_of_mnist


class PlayedMPI(SimpleNamespace):
    """mpi4py.MPI in a job of so many processes, which notes what it is asked to do."""

    def __init__(self, size: int, *, initialized: bool = False, finalized: bool = False) -> None:
        self.asked: list[Any] = []
        self.initialized, self.finalized = initialized, finalized
        self.COMM_WORLD = SimpleNamespace(rank=0, size=size, Abort=self.asked.append)

    def Init(self) -> None:
        self.initialized = True

    def Finalize(self) -> None:
        self.asked.append("Finalize")

    def Is_initialized(self) -> bool:
        return self.initialized

    def Is_finalized(self) -> bool:
        return self.finalized


@pytest.fixture(autouse=True)
def no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in parallel.SIZES + parallel.RANKS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # so that it is put back


def play(monkeypatch: pytest.MonkeyPatch, MPI: PlayedMPI) -> SimpleNamespace:
    package = SimpleNamespace(MPI=MPI, rc=SimpleNamespace(initialize=True, finalize=True))
    monkeypatch.setitem(sys.modules, "mpi4py", package)
    monkeypatch.setitem(sys.modules, "mpi4py.MPI", MPI)
    return package


@pytest.mark.parametrize(
    ("variables", "promise"),
    [
        ({"PMI_SIZE": "2", "SLURM_STEP_NUM_TASKS": "5", "MPI_LOCALNRANKS": "3"}, Promise("SLURM_STEP_NUM_TASKS", 5)),
        ({"OMPI_COMM_WORLD_SIZE": "4", "PMIX_RANK": "1"}, Promise("OMPI_COMM_WORLD_SIZE", 4)),
        ({"PMI_RANK": "7"}, Promise("PMI_RANK", 1)),
        ({"PMI_SIZE": "many", "PALS_RANKID": "0"}, Promise("PALS_RANKID", 1)),
        ({"PMI_SIZE": "1", "PMI_RANK": "0"}, None),
        ({}, None),
    ],
)
def test_the_largest_number_that_is_promised_counts(
    variables: dict[str, str], promise: Promise | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert parallel.launched() == promise


@pytest.mark.parametrize("size", [1, 2])
def test_mpi_starts_by_hand_and_one_process_is_alone(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMI_RANK", "0")
    package = play(monkeypatch, PlayedMPI(size))
    found = parallel.ranks()
    assert (package.rc.initialize, package.rc.finalize, package.MPI.initialized) == (False, False, True)
    assert (type(found), found.size) == ((Ranks, 2) if size == 2 else (type(ALONE), 1))


def test_fewer_processes_than_promised_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMI_SIZE", "3")
    play(monkeypatch, PlayedMPI(2))
    with pytest.raises(ValueError, match="^PMI_SIZE: expected 3 processes, got 2 in MPI's eyes"):
        parallel.ranks()


@pytest.mark.parametrize(
    ("size", "initialized", "finalized", "asked"),
    [(2, True, False, [7]), (1, True, False, []), (2, False, False, []), (2, True, True, [])],
    ids=["several", "one", "before its start", "after its end"],
)
def test_only_a_job_that_runs_is_aborted(
    size: int, initialized: bool, finalized: bool, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    MPI = PlayedMPI(size, initialized=initialized, finalized=finalized)
    play(monkeypatch, MPI)
    parallel.abort(7)
    assert MPI.asked == asked


def test_wrong_options_end_mpi_and_keep_their_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMI_RANK", "0")
    package = play(monkeypatch, PlayedMPI(2))
    with pytest.raises(SystemExit) as end, parallel.job():
        raise SystemExit(2)
    assert (end.value.code, package.MPI.asked) == (2, ["Finalize"])


def test_a_failure_does_not_wait_for_the_other_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMI_RANK", "0")
    package = play(monkeypatch, PlayedMPI(2))
    with pytest.raises(ZeroDivisionError), parallel.job():
        raise ZeroDivisionError
    assert package.MPI.asked == []


LAUNCHERS = {
    "Open MPI": {"OMPI_COMM_WORLD_SIZE": "2"},
    "MPICH": {"PMI_SIZE": "3", "PMI_RANK": "0"},
    "srun": {"SLURM_STEP_NUM_TASKS": "4"},
    "PMIx, which does not say how many": {"PMIX_RANK": "0"},
}


@pytest.mark.parametrize("variables", LAUNCHERS.values(), ids=LAUNCHERS)
def test_a_job_without_mpi4py_is_refused(variables: dict[str, str], data: Path, tmp_path: Path) -> None:
    """Otherwise each process would silently train the whole network by itself."""
    (tmp_path / "mpi4py.py").write_text("raise ImportError('no mpi4py here')")
    result = script("train.py", "--data", data, "--out", tmp_path / "run", env=environment(tmp_path) | variables)
    reason = r"expected mpi4py in a job of several processes, got no mpi4py here; python -m pip install -e '\.\[mpi\]'"
    is_one_error(result, f"{next(iter(variables))}: {reason}")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("variables", [{}, {"SLURM_NTASKS": "4"}, {"SLURM_STEP_NUM_TASKS": "1", "PMIX_RANK": "0"}])
def test_a_process_by_itself_is_alone(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An allocation of Slurm starts no processes, and a step of one task starts one."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert parallel.ranks() is parallel.ALONE


@pytest.mark.parametrize("there", [("mpi4py",), ("mpiexec",), ()])
def test_several_processes_need_mpi4py_and_mpiexec(there: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name, path: name if name in there else None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name if name in there else None)
    missing = " and no ".join(name for name in ("mpi4py", "mpiexec") if name not in there)
    install = re.escape("python -m pip install -e '.[mpi]'")
    with pytest.raises(ValueError, match=f"^--processes: expected mpi4py and mpiexec, got no {missing}; {install}$"):
        launch(2)
    with pytest.raises(ValueError, match="^--processes: expected a whole number from 1, got 0$"):
        launch(0)
