"""The report on an implementation from outside: pass, fail with the smallest counterexample, or not offered."""

from collections import defaultdict
from collections.abc import Iterator

import pytest

from tests.suite import traceability
from tests.suite.compare import Mismatch
from tests.suite.implementation import Implementation


def needs(item: pytest.Item) -> set[str]:
    """The functions that a test calls: what its mark says, or the one function that its class is about.

    None for a test of something else, such as one that breaks the library to see whether that is noticed.
    """
    if "implementation" not in getattr(item, "fixturenames", ()):
        return set()
    marks = {name for mark in item.iter_markers("needs") for name in mark.args}
    return marks or {getattr(item.cls, "function", "")} - {""}


class Report:
    """Collects the failures of each equation, and prints a line for it in the end."""

    def __init__(self, implementation: Implementation) -> None:
        self.implementation = implementation
        self.run: set[str] = set()
        self.failures: dict[str, list[tuple[float, str]]] = defaultdict(list)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
        """A failure travels as a property of its report, which reaches the process that prints from any other."""
        if call.excinfo is not None:
            error = call.excinfo.value
            size = error.size if isinstance(error, Mismatch) else float("inf")
            item.user_properties.append(("counterexample", (size, str(error))))
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for label in traceability.labels_of_test(report.nodeid):
            self.run.add(label)
            if report.failed:
                self.failures[label] += [value for key, value in report.user_properties if key == "counterexample"]

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
                yield from ("    " + line for line in min(self.failures[label])[1].splitlines())
