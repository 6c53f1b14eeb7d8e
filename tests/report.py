"""The report on an implementation from outside: pass, fail with the smallest counterexample, or not offered."""

from collections import defaultdict
from collections.abc import Iterator

import pytest

from tests import traceability
from tests.compare import Mismatch
from tests.implementation import Implementation


def needs(item: pytest.Item) -> set[str]:
    """The functions that a test calls: what its mark says, or the one function that its class is about."""
    if "implementation" not in getattr(item, "fixturenames", ()):
        return set()
    marks = {name for mark in item.iter_markers("needs") for name in mark.args}
    return marks or {item.cls.function}


class Report:
    """Collects the failures of each equation, and prints a line for it in the end."""

    def __init__(self, implementation: Implementation) -> None:
        self.implementation = implementation
        self.run: set[str] = set()
        self.failures: dict[str, list[BaseException]] = defaultdict(list)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
        labels = traceability.labels_of_test(item.nodeid)
        self.run.update(labels)
        if call.excinfo is not None:
            for label in labels:
                self.failures[label].append(call.excinfo.value)
        return (yield)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("equations")
        for line in self.lines():
            terminalreporter.write_line(line)

    def lines(self) -> Iterator[str]:
        functions = {label: row.function for row in traceability.rows() for label in row.labels}
        for label in sorted(functions, key=traceability.order):
            result = "fail" if self.failures[label] else "pass" if label in self.run else "not run"
            offered = functions[label] in self.implementation.functions
            yield f"{label:8} {functions[label]:30} {result if offered else 'not offered'}"
            if self.failures[label]:
                yield from ("    " + line for line in str(smallest(self.failures[label])).splitlines())


def smallest(failures: list[BaseException]) -> BaseException:
    """The counterexample with the fewest entries; an exception that is none comes last."""
    return min(failures, key=lambda error: error.size if isinstance(error, Mismatch) else float("inf"))
