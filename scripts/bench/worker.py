"""A contender in a process of its own: `Process` is told what to do and says what it found, `Worker` is who does it.

Orders and answers are lines of JSON. So contenders share nothing but the machine, and wait for their turn.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import vanillacnn as vc
from scripts.bench import contenders, learners
from scripts.launch import ALLOWED, mpiexec
from vanillacnn import architecture, network
from vanillacnn.training import parallel


class Process:
    """A contender that does what it is told and says what it found."""

    def __init__(self, name: str, what: str, threads: int, ranks: int) -> None:
        line = [sys.executable, __file__, what]
        if ranks > 1:
            if (launcher := mpiexec()) is None:
                raise ValueError("mpiexec: expected the extra mpi, got none; python -m pip install -e '.[mpi]'")
            line = [launcher, "-n", str(ranks), *line]
        env = os.environ | ALLOWED | {"CONTENDER_THREADS": str(threads)}
        self.name, self.log = name, tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            line, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True
        )

    def ask(self, *order: Any) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        with suppress(BrokenPipeError):  # of which the next line gives the reason
            print(json.dumps(order), file=self.process.stdin, flush=True)
        if not (answer := self.process.stdout.readline()):
            self.log.seek(0)
            raise ValueError(f"{self.name}: expected an answer, got {self.log.read()[-2000:].decode()}")
        return json.loads(answer)

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
        self.log.close()


class Worker:
    """A contender and the batches that it was asked for."""

    def __init__(self, name: str) -> None:
        self.contender = contenders.CONTENDERS[name]()
        self.ranks = getattr(self.contender, "ranks", parallel.ALONE)
        self.batches: dict[int, Any] = {}

    def batch(self, n: int) -> Any:
        if n not in self.batches:
            self.batches[n] = self.contender.batch(*digits(n))
        return self.batches[n]

    def time(self, n: int, steps: int) -> float:
        """Seconds for a step."""
        batch = self.batch(n)
        self.ranks.wait()
        start = time.perf_counter()
        for _ in range(steps):
            self.contender.step(batch)
        return (time.perf_counter() - start) / steps

    def each(self, n: int, steps: int) -> list[float]:
        """Seconds for each of some steps."""
        return [self.time(n, 1) for _ in range(steps)]

    def breakdown(self, n: int, steps: int) -> dict[str, float]:
        """Seconds that each equation takes of a step, the median of some; both layers of an equation together."""
        spent: dict[str, list[float]] = {}

        def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*arguments: Any) -> Any:
                start = time.perf_counter()
                found = function(*arguments)
                spent.setdefault(name, [0.0] * steps)[step] += time.perf_counter() - start
                return found

            return call

        labelled = ("Eq. (", "(")  # as the docstring of an equation begins
        equations = {name: f for name, f in vars(network).items() if (f.__doc__ or "").startswith(labelled)}
        tables: dict[str, dict[str, Any]] = {
            "activation": architecture.ACTIVATIONS, "pooling": architecture.POOLINGS, "head": architecture.HEADS
        }  # fmt: skip
        batch = self.batch(n)
        with ExitStack() as stack:
            for name, function in equations.items():
                stack.enter_context(patch.object(network, name, timed(name, function)))
            for place, table in tables.items():
                name = getattr(architecture.PAPER, place)
                ways = {way: timed(f"{place} {way}", getattr(table[name], way)) for way in ("forward", "backward")}
                stack.enter_context(patch.dict(table, {name: table[name]._replace(**ways)}))
            for step in range(steps):  # noqa: B007
                start = time.perf_counter()
                self.contender.step(batch)
                spent.setdefault("step", []).append(time.perf_counter() - start)
        return {name: float(np.median(values)) for name, values in spent.items()}

    def grown(self, maps: tuple[int, int], side: int, n: int, steps: int) -> float:
        """Seconds for a step of another network of the same kind."""
        rng = np.random.default_rng(0)
        self.contender.load(vc.initialize(rng, image=(side, side), maps=maps))
        batch = self.contender.batch(rng.random((side, side, n), dtype=np.float32), digits(n)[1])
        self.contender.step(batch)
        start = time.perf_counter()
        for _ in range(steps):
            self.contender.step(batch)
        seconds = (time.perf_counter() - start) / steps
        self.contender.load(initial())
        return seconds

    def learn(self, seed: int, target: float, every: int) -> learners.Found:
        """Seconds and steps to an accuracy."""
        return learners.learn(getattr(self.contender, "torch", None), self.ranks, seed, target, every)

    def first_step(self, n: int, file: str) -> float:
        """The loss of a batch; and into the file the parameters after one step."""
        self.contender.load(initial())
        loss = self.contender.step(self.batch(n))
        if self.ranks.rank == 0:
            np.savez(file, *self.contender.parameters())
        self.contender.load(initial())
        return loss

    def allreduce(self, entries: int, times: int) -> float:
        """Seconds for one sum over the ranks."""
        x = np.zeros(entries, np.float32)
        self.ranks.wait()
        start = time.perf_counter()
        for _ in range(times):
            self.ranks.sum(x)
        return (time.perf_counter() - start) / times

    def ceiling(self) -> tuple[float, float]:
        """What one core can do at most: FLOP/s of sgemm, and exp/s of float32."""
        A, e = np.ones((1024, 1024), np.float32), np.linspace(-8, 8, 1 << 16, dtype=np.float32)
        return 2 * 1024**3 / quickest(lambda: A @ A, 5), e.size / quickest(lambda: np.exp(e), 50)

    def memory(self) -> int:
        """The most that this process has had, in bytes. What getrusage says may be from before it was this program."""
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def quickest(function: Callable[[], object], times: int) -> float:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        found.append(time.perf_counter() - start)
    return min(found)


def initial() -> vc.Parameters:
    return vc.initialize(np.random.default_rng(0))


def digits(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers in the shape of digits: what is in them takes no time."""
    rng = np.random.default_rng(n)
    y = np.eye(10, dtype=np.float32)[:, rng.integers(0, 10, n)]
    return rng.random((28, 28, n), dtype=np.float32), y


def orders(ranks: Any) -> Iterator[Any]:
    """The lines that come in, for all ranks. Who has nothing to do sleeps, and leaves the processor to the others."""
    if ranks.rank == 0:
        for line in sys.stdin:
            for other in range(1, ranks.size):
                ranks.comm.send(line, other)
            yield json.loads(line)
        return
    while True:
        while not ranks.comm.Iprobe(0):
            time.sleep(1e-3)
        yield json.loads(ranks.comm.recv(source=0))


def main() -> None:
    worker = Worker(sys.argv[1])
    worker.contender.load(initial())
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a framework prints is no answer
    for what, *arguments in orders(worker.ranks):
        found = getattr(worker, what)(*arguments)
        if worker.ranks.rank == 0:
            print(json.dumps(found), file=answer, flush=True)


if __name__ == "__main__":
    main()
