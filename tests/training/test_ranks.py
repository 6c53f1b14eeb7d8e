"""Ranks that wait for each other in threads of this process, and what a rank asks of MPI."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import reduce
from operator import add
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.suite.network import exact
from tests.training.test_training import DATA
from vanillacnn.training import parallel
from vanillacnn.training.batches import one_hot, scale, share
from vanillacnn.training.config import Config
from vanillacnn.training.parallel import ALONE, Ranks
from vanillacnn.training.run import begin, evaluate, measured

END = object()  # what a rank gives that is done


class Together:
    """Ranks that wait for each other, each in a thread of its own."""

    def __init__(self, size: int) -> None:
        self.size, self.given = size, [None] * size
        self.barrier = Barrier(size, timeout=300)  # only a stop for a hang

    def exchange(self, rank: int, value: Any) -> list[Any]:
        self.given[rank] = value
        self.barrier.wait()
        every = list(self.given)
        self.barrier.wait()
        done = [given is END for given in every]
        assert all(done) or not any(done), "a rank waits for one that is done"
        return every

    def run(self, work: Callable[[Ranks], Any]) -> list[Any]:
        """What each rank makes of it. When one fails the others do not wait for it."""

        def member(rank: int) -> Any:
            try:
                result = work(Ranks(Member(self, rank)))
                self.exchange(rank, END)
                return result
            except BaseException:
                self.barrier.abort()
                raise

        with ThreadPoolExecutor(self.size) as pool:
            return [*pool.map(member, range(self.size))]


class Member:
    def __init__(self, group: Together, rank: int) -> None:
        self.group, self.rank, self.size = group, rank, group.size

    def Allreduce(self, x: np.ndarray, total: np.ndarray) -> None:
        total[:] = reduce(add, self.group.exchange(self.rank, x.copy()))

    def bcast(self, value: Any) -> Any:
        return self.group.exchange(self.rank, value)[0]

    def scatter(self, values: Any) -> Any:
        return self.group.exchange(self.rank, values)[0][self.rank]


@pytest.mark.parametrize("size", [2, 3, 5])
def test_each_test_image_is_with_one_rank(size: int) -> None:
    """23 of them, so that some rank has one more than another."""
    shares = Together(size).run(lambda ranks: share(None if ranks.rank else DATA, ranks))
    lengths = {part.test.labels.size for part in shares}
    assert max(lengths) - min(lengths) == 1
    for k, whole in enumerate(DATA.test):
        np.testing.assert_array_equal(np.concatenate([part.test[k] for part in shares], axis=-1), whole)
    for part in shares:
        assert (part.train.images == DATA.train.images).all()
        assert (part.train.labels == DATA.train.labels).all()


@pytest.mark.parametrize("size", [2, 3, 5, 30])
def test_the_ranks_measure_the_whole_test_set(size: int) -> None:
    """In float64, where the loss of the whole and the mean of the parts' losses differ by rounding alone."""
    state = begin(Config(dtype="float64"), DATA)
    known = evaluate(state.params, DATA.test)
    I, y = scale(DATA.test.images, "float64"), one_hot(DATA.test.labels, 10, "float64")
    radius = 2 * float(exact(state.params, I, y).bounds["yhat_s"].max())  # |ŷ_σ - y| ≤ 1 for each of ten scores

    def work(ranks: Ranks) -> tuple[float, int, int]:
        return measured(state, share(None if ranks.rank else DATA, ranks).test, ranks)

    for loss, errors, n in Together(size).run(work):
        assert (errors, n) == (known.errors, 23)
        assert abs(loss - known.loss) <= 10 * radius


def test_one_alone_takes_the_data_as_they_are() -> None:
    assert share(DATA, ALONE) is DATA


def test_one_alone_is_all() -> None:
    x = np.array([1.0, 2.0])
    assert (ALONE.rank, ALONE.size, ALONE.parts(3)) == (0, 1, [slice(0, 3)])
    assert ALONE.sum(x) is x
    assert ALONE.broadcast(x) is x
    assert ALONE.scatter(["first", "second"]) == "first"
    assert ALONE.batch_mean([x], 0.5, True) == ([x], True)


class World:
    """A communicator that records what was asked of it."""

    rank, size = 0, 2

    def __init__(self) -> None:
        self.asked: list[object] = []

    def Barrier(self) -> None:
        self.asked.append("Barrier")

    def begin(self) -> None:
        self.asked.append("Init")

    def end(self) -> None:
        self.asked.append("Finalize")

    def Abort(self, status: int) -> None:
        self.asked.append(status)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A stand-in for mpi4py in a job of two, with only what is used."""
    world = World()
    running = {"Is_initialized": lambda: True, "Is_finalized": lambda: False}
    mpi = SimpleNamespace(COMM_WORLD=world, Init=world.begin, Finalize=world.end, **running)
    monkeypatch.setitem(sys.modules, "mpi4py", SimpleNamespace(MPI=mpi, rc=SimpleNamespace()))
    monkeypatch.setitem(sys.modules, "mpi4py.MPI", mpi)
    monkeypatch.setattr("sys.excepthook", sys.excepthook)  # it is put back at the end
    for name in parallel.SIZES + parallel.RANKS:
        monkeypatch.delenv(name, raising=False)
    return world


def test_ranks_wait(world: World) -> None:
    Ranks(world).wait()
    assert world.asked == ["Barrier"]


def test_a_job_is_one_of_several_processes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in parallel.SIZES:
        assert parallel.ranks() is ALONE
        monkeypatch.setenv(name, "1")
        assert parallel.ranks() is ALONE
        monkeypatch.setenv(name, "2")
        assert parallel.ranks().comm is world
        monkeypatch.delenv(name)
    monkeypatch.setenv(parallel.RANKS[0], "0")
    assert parallel.ranks().comm is world, "MPI knows how many, where the launcher does not say"


def test_fewer_processes_than_were_started_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """This happens where srun starts them for another MPI: each takes itself for the only one."""
    monkeypatch.setattr(world, "size", 1, raising=False)
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "4")
    with pytest.raises(ValueError, match="^SLURM_STEP_NUM_TASKS: expected 4 processes, got 1 in MPI's eyes; "):
        parallel.ranks()


@pytest.mark.parametrize(("error", "last"), [(None, "Finalize"), (SystemExit, "Finalize"), (KeyboardInterrupt, "Init")])
def test_mpi_ends_with_the_job_and_not_with_a_failure(
    error: type[BaseException] | None, last: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All ranks exit together. After a failure nobody waits for the others: that would be for ever."""
    monkeypatch.setenv("PMI_SIZE", "2")
    with suppress(error or ()), parallel.job():
        if error:
            raise error
    assert world.asked[-1] == last


def test_who_fails_ends_the_job(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError("because")
    except ValueError as error:
        parallel._fail(ValueError, error, error.__traceback__)
    assert world.asked == [1]
    assert capsys.readouterr().err.endswith("ValueError: because\n")
    parallel.abort(7)
    assert world.asked == [1, 7]


def test_what_was_printed_before_a_job_ends_is_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed = []
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, SimpleNamespace(flush=lambda name=name: flushed.append((name, [*world.asked]))))
    parallel.abort(1)
    assert flushed == [("stdout", []), ("stderr", [])]


def test_one_alone_has_nobody_to_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.size = 1
    parallel.abort(1)
    world.size = 2
    monkeypatch.delitem(sys.modules, "mpi4py.MPI")
    parallel.abort(1)
    assert world.asked == []


def test_a_job_without_mpi4py_is_told_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "2")
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(ValueError, match="^OMPI_COMM_WORLD_SIZE: expected mpi4py in a job of several processes, got"):
        parallel.ranks()
