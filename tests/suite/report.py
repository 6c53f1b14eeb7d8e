"""The report on somebody else's implementation: right, wrong with the smallest counterexample, refused, not offered.

Values come first. How a result is given is a note, as is a test with the mark `form`; notes fail only under --strict.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis.errors import Unsatisfiable, UnsatisfiedAssumption

from tests.suite import compare, hints, traceability
from tests.suite.compare import Mismatch, pasteable
from tests.suite.implementation import NotOffered
from tests.suite.signatures import FUNCTIONS
from tests.suite.user_code import ROUNDS, UserCode, close

SHOWN = 3  # sizes of each refusal


def needs(item: pytest.Item) -> set[str]:
    """The functions that a test calls: what its mark says, or the one function that its class is about.

    None for a test of something else, such as one that breaks the library to see whether that is noticed.
    """
    if "implementation" not in getattr(item, "fixturenames", ()):
        return set()
    marks = {name for mark in item.iter_markers("needs") for name in mark.args}
    return marks or {getattr(item.cls, "function", "")} - {""}


def form(item: pytest.Item) -> str | None:
    """What a test of form is about; empty where it says nothing of somebody else's code."""
    mark = item.get_closest_marker("form")
    return mark and (mark.args[0] if mark.args else "")


class Report:
    """Collects what was seen of each function, and prints a line for each equation in the end."""

    def __init__(self, implementation: UserCode, name: str, expected: dict[str, str], strict: bool, path: str) -> None:
        self.implementation, self.name, self.expected = implementation, name, expected
        self.strict, self.path = strict, path
        self.failures: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.tests: dict[str, int] = defaultdict(int)
        self.cases: dict[str, int] = defaultdict(int)
        self.accepted: dict[str, dict[str, None]] = defaultdict(dict)
        self.refused: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self.notes: dict[str, dict[str, None]] = defaultdict(dict)
        self.item: pytest.Item | None = None
        self.hints: set[str] | None = None
        compare.note, compare.failed, compare.forgive = self.note, self.failed, close

    def note(self, text: str) -> None:
        for function in needs(self.item) if self.item else ():
            self.implementation.note(function, text)

    def failed(self, mismatch: Mismatch) -> None:
        """Only an explanation that fits all examples of a test is one."""
        if self.item and {"actual", "expected"} <= mismatch.seen.keys():
            function = min(needs(self.item))
            called = FUNCTIONS[function]
            found = set(hints.fitting(mismatch.seen["actual"], mismatch.seen["expected"], called.result))
            letters = called.arguments | {"expected": called.result}
            arrays = {
                name: (axes, np.shape(mismatch.seen[name]))
                for name, axes in letters.items()
                if axes and name in mismatch.seen
            }
            found |= set(hints.large(arrays))
            self.hints = found if self.hints is None else self.hints & found

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.item, self.hints = item, None
        self.implementation.begin()
        self.implementation.raising = form(item) is not None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
        """What is seen travels as a property of the report, which reaches the process that prints from any other."""
        report = yield
        if call.when != "call":
            return report
        failure = None
        if call.excinfo is not None:
            error = first(call.excinfo.value)
            if isinstance(error, NotOffered):
                report.outcome, report.longrepr = "passed", None
                return report
            if form(item) is not None:
                raised = (
                    "" if isinstance(error, AssertionError) else f", {type(error).__name__}: {error}".split("\n")[0]
                )
                self.note(f"differs from the library: {form(item)}{raised}")
            elif not isinstance(error, UnsatisfiedAssumption | Unsatisfiable):
                failure = self.failure(error, item)
            if failure is None or self.expected.keys() & set(traceability.labels_of_test(item.nodeid)):
                report.outcome, report.longrepr = "passed", None
        seen = self.implementation
        found = {
            "failure": failure,
            "cases": seen.cases,
            "notes": [list(each) for each in seen.notes],
            "refused": [list(each) for each in seen.refused] if form(item) is None else [],
            "accepted": [list(each) for each in seen.accepted][:SHOWN],
        }
        report.user_properties.append(("user code", found))
        return report

    def failure(self, error: BaseException, item: pytest.Item) -> dict[str, Any]:
        """The rank puts wrong values before wrong shapes, and those before exceptions."""
        if not isinstance(error, Mismatch):
            return {"rank": 2, "size": 1e9, "what": f"{type(error).__name__}: {error}", "hint": "", "example": []}
        rank = 0 if {"actual", "expected"} <= error.seen.keys() else 1 if "expected shape" in error.what else 2
        hint = next((each for each in hints.ORDER if each in (self.hints or ())), "") if rank == 0 else ""
        example = list(self.pasteable(error, min(needs(item))))
        return {"rank": rank, "size": int(error.size), "what": error.what, "hint": hint, "example": example}

    def pasteable(self, error: Mismatch, function: str) -> Iterator[str]:
        """The arrays in the axes of the implementation."""
        interface = FUNCTIONS[function]
        for name, value in error.seen.items():
            axes = interface.arguments.get(name, interface.result) or ""
            if isinstance(value, np.ndarray) and "n" in axes and value.ndim == len(axes):
                if self.implementation.sample_axis == "first":
                    value = np.moveaxis(value, -1, 0)
                elif self.implementation.sample_axis == "none" and value.shape[-1] == 1:
                    value = value[..., 0]
            yield f"{name} = {pasteable(value)}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for seen in (value for key, value in report.user_properties if key == "user code" and report.when == "call"):
            for label in traceability.labels_of_test(report.nodeid):
                self.tests[label] += 1
                self.cases[label] += seen["cases"]
                self.failures[label] += [seen["failure"]] if seen["failure"] else []
            for function, text in seen["notes"]:
                self.notes[function][text] = None
            for function, sizes, text in seen["refused"]:
                self.refused[function][text].append(sizes)
            for function, sizes in seen["accepted"]:
                self.accepted[function][sizes] = None

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for each equation that is offered."""
        functions = {label: row.function for row in traceability.rows() for label in row.labels}
        for label in sorted(functions, key=traceability.order):
            function = functions[label]
            if function in self.implementation.functions:
                worst = min(self.failures[label], key=lambda each: (each["rank"], each["size"]), default=None)
                yield {
                    "label": traceability.identifier(label),
                    "function": function,
                    "verdict": self.verdict(label, function),
                    "reason": self.expected.get(label, ""),
                    "tests": self.tests[label],
                    "cases": self.cases[label],
                    "fault": worst and {key: worst[key] for key in ("what", "hint", "example")},
                    "notes": [note for note in self.notes[function] if not (worst and note == ROUNDS)],
                    "refused": {text: list(dict.fromkeys(sizes)) for text, sizes in self.refused[function].items()},
                    "accepted": list(self.accepted[function])[:SHOWN],
                }

    def verdict(self, label: str, function: str) -> str:
        if label in self.expected:
            return "wrong, as expected" if self.failures[label] else "not wrong, though expected to be"
        if self.failures[label]:
            return "wrong"
        if not self.tests[label]:
            return "not run"
        return "right" if self.accepted[function] else "refused"

    @property
    def ok(self) -> bool:
        rows = list(self.rows())
        verdicts = {row["verdict"] for row in rows}
        clean = not self.strict or not any(row["notes"] or row["refused"] for row in rows)
        return verdicts <= {"right", "not run", "wrong, as expected"} and clean

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if hasattr(session.config, "workerinput"):
            return
        if exitstatus == pytest.ExitCode.OK and not self.ok:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if self.path:
            report = {"implementation": self.name, "sample_axis": self.implementation.sample_axis, "ok": self.ok}
            report |= {"strict": self.strict, "equations": list(self.rows()), "hints": self.implementation.hints}
            Path(self.path).write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("equations")
        for line in self.lines():
            terminalreporter.write_line(line)

    def lines(self) -> Iterator[str]:
        rows, told = list(self.rows()), set()
        for row in rows:
            reason = f": {row['reason']}" if row["reason"] else ""
            fault = row["fault"] if row["function"] not in told else None
            yield f"{row['label']:9} {row['function']:30} {row['verdict']}{reason}"
            if fault:
                yield f"    {fault['what']}" + (f" ({fault['hint']})" if fault["hint"] else "")
                yield from ("    " + line for line in fault["example"])
            if row["function"] not in told:
                told.add(row["function"])
                yield from (f"    note: {note}" for note in row["notes"])
                for text, sizes in row["refused"].items():
                    yield f"    refused {'; '.join(sizes[:SHOWN])}{' …' * (len(sizes) > SHOWN)}: {text}"
                if row["refused"]:
                    yield f"    accepted {'; '.join(row['accepted']) or 'no size'}"
        yield from self.implementation.hints
        missing = FUNCTIONS.keys() - self.implementation.functions.keys()
        yield f"not offered: {len(missing)} of {len(FUNCTIONS)} functions; " + (
            "notes fail under --strict" if not self.strict else "notes are failures here"
        )


def first(error: BaseException) -> BaseException:
    """The failure to report: a wrong value before all others, where Hypothesis found several."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    found = [first(each) for each in error.exceptions]
    return min(found, key=lambda each: not (isinstance(each, Mismatch) and "expected" in each.seen))
