"""What a launcher says about the processes that it starts, and MPI's beginning and end in them; MPI is played here."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from vanillacnn.training import parallel
from vanillacnn.training.parallel import ALONE, Promise, Ranks


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
    ("MPI", "asked"),
    [
        (PlayedMPI(2, initialized=True), [7]),
        (PlayedMPI(1, initialized=True), []),
        (PlayedMPI(2), []),
        (PlayedMPI(2, initialized=True, finalized=True), []),
    ],
    ids=["several", "one", "before its start", "after its end"],
)
def test_only_a_job_that_runs_is_aborted(MPI: PlayedMPI, asked: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
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
