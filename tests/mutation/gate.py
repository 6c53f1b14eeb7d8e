"""The gate: each mutant of each function, in this process, against the tests that are about that function.

A mutant takes the place of the function's code, so that every reference to the function runs the mutant. An equation's
mutants must die by the tests that carry its number, and by no others. What survives must be listed, with the reason
why it computes the same, in equivalent.toml.
"""

import resource
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Literal, NamedTuple

import hypothesis
import pytest

from tests.mutation.operators import Mutant
from tests.mutation.targets import EQUIVALENT, Target, targets, wider

TESTS = Path(__file__).parents[1]

SECONDS = 20.0  # of processor time that a test may take, by itself or on a mutant
PATIENCE = 120.0  # seconds that it may take in all: a mutant may wait for a lock or a pipe, which costs no such time
MEMORY = 6 * 2**30  # bytes that a process may have, for a mutant may ask for all there are
GUESS = 0.05  # of seconds that a test takes that has not run yet
# The proofs at thousands of shapes are asked last, and only about what is not known to be equivalent.
SLOW = ("test_symbolic.py", "test_symbolic_heads.py", "test_derivative_program.py", "test_derivative_program_heads.py")
# Without shrinking, and the same examples every time. Few: what an equation's tests do not see in these is rare.
hypothesis.settings.register_profile(
    "mutation",
    deadline=None,
    max_examples=20,
    derandomize=True,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)


class Outcome(NamedTuple):
    target: str
    mutant: str
    killer: str  # the id of the test, empty for a survivor
    by: str  # assertion, error or nothing


@contextmanager
def in_place(function: FunctionType, code: CodeType) -> Iterator[None]:
    original, function.__code__ = function.__code__, code
    try:
        yield
    finally:
        function.__code__ = original


class TooLong(BaseException):
    """No Exception, which a test could expect."""


@contextmanager
def limit(seconds: float, patience: float) -> Iterator[None]:
    """Raises TooLong when so much processor time is spent, or time at all, and again and again until that ends it."""

    def ring(*_: Any) -> None:
        raise TooLong

    clocks = {
        signal.SIGPROF: (signal.ITIMER_PROF, seconds),
        signal.SIGALRM: (signal.ITIMER_REAL, patience),
    }
    previous = {number: signal.signal(number, ring) for number in clocks}
    for clock, time in clocks.values():
        signal.setitimer(clock, time, 1.0)
    try:
        yield
    finally:
        for number, (clock, _) in clocks.items():
            signal.setitimer(clock, 0)
            signal.signal(number, previous[number])


class Judge:
    """A plugin of pytest: collects the suite, and then runs what it likes of it as often as it likes."""

    def __init__(self, chosen: list[Target]) -> None:
        self.chosen, self.outcomes = chosen, list[Outcome]()
        self.sound: dict[pytest.Item, bool] = {}  # whether a test that noticed a mutant passes without one
        self.durations: dict[pytest.Item, float] = {}  # of the last run of each test
        self.kills = Counter[tuple[str, pytest.Item]]()  # of each function's mutants, by test
        self.failure: BaseException | None = None  # of the test that ran last

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if any(target.concerns(item.nodeid) for target in self.chosen)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for target in self.chosen:
            about = [item for item in session.items if target.concerns(item.nodeid)]
            self.outcomes += [self.judged(target, mutant, about) for mutant in target.mutants()]
        return True

    @property
    def broken(self) -> list[str]:
        """The tests that fail without any mutant."""
        return [item.nodeid for item, sound in self.sound.items() if not sound]

    def judged(self, target: Target, mutant: Mutant, about: list[pytest.Item]) -> Outcome:
        """What the first test that notices says. Quick tests are asked first, and those that noticed others before."""

        def turn(item: pytest.Item) -> tuple[bool, float]:
            return item.path.name in SLOW, self.durations.get(item, GUESS) / (0.1 + self.kills[target.name, item])

        listed = mutant.name in EQUIVALENT.get(target.name, {})
        asked = [item for item in about if not (listed and item.path.name in SLOW)]
        for item in sorted(asked, key=turn):
            with in_place(target.function, mutant.code):
                self.run(item)
            if (failure := self.failure) and self.passes(item):
                self.kills[target.name, item] += 1
                asserted = isinstance(failure, AssertionError | pytest.fail.Exception)
                return Outcome(target.name, mutant.name, item.nodeid, "assertion" if asserted else "error")
        return Outcome(target.name, mutant.name, "", "nothing")

    def passes(self, item: pytest.Item) -> bool:
        """Without any mutant."""
        if item not in self.sound:
            self.run(item)
            self.sound[item] = not self.failure
        return self.sound[item]

    def run(self, item: pytest.Item) -> None:
        """Runs a test from the setup of its fixtures to their end."""
        self.failure, self.durations[item] = None, 0.0
        with limit(SECONDS, PATIENCE):
            item.ihook.pytest_runtest_protocol(item=item, nextitem=None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Only what tells pytest to go on, of all that a report can hold."""
        self.durations[item] += call.duration
        self.failure = self.failure or (call.excinfo.value if call.excinfo else None)
        outcome: Literal["failed", "passed"] = "failed" if call.excinfo else "passed"
        return pytest.TestReport(item.nodeid, item.location, {}, outcome, None, call.when)


def run(names: list[str]) -> tuple[list[Outcome], list[str]]:
    """The outcome of every mutant of these functions, and the tests that fail by themselves. Once in a process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    judge = Judge([target for target in [*targets(), *wider()] if target.name in names])
    # What plants faults of its own judges the tests, not the function.
    ignored = [f"--ignore={TESTS / folder}" for folder in ("meta", "mutation")]
    options = ["-n0", "-s", "--assert=plain", "--hypothesis-profile=mutation", *ignored]
    off = [word for plugin in ("cacheprovider", "terminal", "faulthandler") for word in ("-p", f"no:{plugin}")]
    pytest.main([str(TESTS), *options, *off], [judge])
    return judge.outcomes, judge.broken
