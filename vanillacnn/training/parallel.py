"""Data points in parallel, the first idea of §5: many processes, the ranks of an MPI job, share each batch by sample.

All ranks hold the same parameters. Each computes the gradient of its part of a batch; the gradient of the batch is the
sum of these, each weighted by its part's share of the samples. It is one Allreduce, and every rank takes the same step.
"""

import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from vanillacnn.arrays import flatten, unflatten

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

Arrays = Sequence[np.ndarray]
# How launchers say how many processes they start: of Open MPI, MPICH, Intel MPI and Slurm; and that they started one,
# without how many.
SIZES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_LOCALNRANKS", "SLURM_STEP_NUM_TASKS")
RANKS = ("PMIX_RANK", "PMI_RANK", "PALS_RANKID")


class Alone:
    """This process is all there is."""

    rank, size = 0, 1

    def parts(self, n: int) -> list[slice]:
        """How n samples are divided among the ranks: shares that differ by one at most."""
        ends = [n * rank // self.size for rank in range(self.size + 1)]
        return [slice(*pair) for pair in pairwise(ends)]

    def batch_mean(self, parts: Arrays, share: float, asked: bool) -> tuple[Arrays, bool]:
        """Σ over the ranks of share · part, for each array; and whether any rank was asked to stop."""
        return parts, asked

    def sum(self, x: np.ndarray) -> np.ndarray:
        """The sum over the ranks."""
        return x

    def broadcast(self, value: Any) -> Any:
        """What rank 0 gives."""
        return value

    def scatter(self, values: list[Any] | None) -> Any:
        """This rank's item of the list that rank 0 gives."""
        assert values is not None
        return values[0]

    def wait(self) -> None:
        """Until all ranks wait."""


ALONE = Alone()


class Ranks(Alone):
    """The processes of an MPI job."""

    def __init__(self, comm: "Intracomm") -> None:
        self.comm, self.rank, self.size = comm, comm.rank, comm.size

    def batch_mean(self, parts: Arrays, share: float, asked: bool) -> tuple[Arrays, bool]:
        # Whether to stop travels with the gradients: one message.
        total = self.sum(flatten([np.full(1, asked, parts[0].dtype), share * flatten(parts)]))
        return unflatten(total[1:], parts), bool(total[0])

    def sum(self, x: np.ndarray) -> np.ndarray:
        total = np.empty_like(x)
        self.comm.Allreduce(x, total)
        return total

    def broadcast(self, value: Any) -> Any:
        return self.comm.bcast(value)

    def scatter(self, values: list[Any] | None) -> Any:
        return self.comm.scatter(values)

    def wait(self) -> None:
        self.comm.Barrier()


def ranks() -> Alone:
    """The ranks of the job that this process was launched in, if it was by mpiexec, srun or another launcher.

    Raises: ValueError when it was, and each process would take itself for the only one.
    """
    promised = launched()
    if not promised:
        return ALONE
    sys.excepthook = _fail
    try:
        import mpi4py

        # Otherwise the import starts MPI, and leaves it waiting at the exit if it is interrupted.
        mpi4py.rc.initialize = mpi4py.rc.finalize = False
        from mpi4py import MPI
    except ImportError as error:
        raise ValueError(
            f"{promised.name}: expected mpi4py in a job of several processes, got {error}; "
            "python -m pip install -e '.[mpi]'"
        ) from None
    MPI.Init()
    if MPI.COMM_WORLD.size < promised.size:
        raise ValueError(
            f"{promised.name}: expected {promised.size} processes, got {MPI.COMM_WORLD.size} in MPI's eyes; "
            "start them with the mpiexec of mpi4py's own MPI"
        )
    return Ranks(MPI.COMM_WORLD) if MPI.COMM_WORLD.size > 1 else ALONE


@contextmanager
def job() -> Iterator[Alone]:
    """The ranks. MPI is ended when all have come to the end; after a failure it is not, for it would wait."""
    found = ranks()
    try:
        yield found
    except SystemExit:  # options that are wrong: all ranks have read the same
        _finish()
        raise
    _finish()


class Promise(NamedTuple):
    """The variable by which a launcher says that it started this process, and how many there are at least."""

    name: str
    size: int


def launched() -> Promise | None:
    """What a launcher says, or nothing. An allocation of Slurm alone starts no processes; a step of it does."""
    sizes = {name: int(os.environ[name]) for name in SIZES if os.environ.get(name, "").isdecimal()}
    if sizes:
        name = max(sizes, key=sizes.__getitem__)
        return Promise(name, sizes[name]) if sizes[name] > 1 else None
    return next((Promise(name, 1) for name in RANKS if name in os.environ), None)


def abort(status: int) -> None:
    """Ends all processes of the job, if there is one: they would wait for ever for one that has failed."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # a stream that is closed or broken says nothing more
            stream.flush()
    MPI = _started()
    if MPI and MPI.COMM_WORLD.size > 1:
        MPI.COMM_WORLD.Abort(status)


def _started() -> Any:
    """MPI, once it is running."""
    MPI = sys.modules.get("mpi4py.MPI")
    return MPI if MPI and MPI.Is_initialized() and not MPI.Is_finalized() else None


def _finish() -> None:
    if MPI := _started():
        MPI.Finalize()


def _fail(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    with suppress(OSError, ValueError):
        traceback.print_exception(kind, error, where)
    abort(1)
