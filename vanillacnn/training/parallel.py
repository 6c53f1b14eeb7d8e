"""Data points in parallel, the first idea of §5: many processes, the ranks of an MPI job, share each batch by sample.

All ranks hold the same parameters. Each computes the gradient of its part of a batch; the gradient of the batch is the
sum of these, each weighted by its part's share of the samples. It is one Allreduce, and every rank takes the same step.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from itertools import pairwise
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from vanillacnn.arrays import flatten, unflatten

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

Arrays = Sequence[np.ndarray]
LAUNCHED = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_LOCALNRANKS")  # how Open MPI, MPICH and Intel MPI say so


class Alone:
    """This process is all there is."""

    rank, size = 0, 1

    def parts(self, n: int) -> list[slice]:
        """Which of n samples are whose: numbers that differ by one at most."""
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
        """Of what rank 0 gives, one for each rank, this rank's."""
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
    """The ranks of the job that this process was launched in, if it was by mpiexec.

    Raises: ValueError when it was, and mpi4py is missing: each process would take itself for the only one.
    """
    if not any(int(os.environ.get(name, 1)) > 1 for name in LAUNCHED):
        return ALONE
    try:
        from mpi4py import MPI
    except ImportError as error:
        raise ValueError(f"mpiexec: expected mpi4py, got {error}; python -m pip install -e '.[mpi]'") from None
    sys.excepthook = _fail
    return Ranks(MPI.COMM_WORLD)


def abort(status: int) -> None:
    """Ends all processes of the job, if there is one: they would wait for ever for one that has failed."""
    sys.stdout.flush()
    sys.stderr.flush()
    if "mpi4py.MPI" in sys.modules and sys.modules["mpi4py.MPI"].COMM_WORLD.size > 1:
        sys.modules["mpi4py.MPI"].COMM_WORLD.Abort(status)


def _fail(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    traceback.print_exception(kind, error, where)
    abort(1)
