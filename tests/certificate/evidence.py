"""What each test did: a plugin of pytest that works in every process of a run, and writes one file in the end.

For each test its outcome, the functions of the interface that it called and on which sizes, how many cases Hypothesis
ran, and how much of its bound an equation used.
"""

import functools
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest

from tests.suite import slack
from tests.suite.implementation import Implementation

MESSAGE = 2000  # characters of a failure that are kept


class Evidence:
    def __init__(self, path: Path, worker: bool) -> None:
        self.path, self.worker = path, worker
        self.tests: dict[str, dict[str, Any]] = {}
        self.collected: set[str] = set()
        self.problems: list[str] = []
        self.begin()

    def begin(self) -> None:
        """A test starts: nothing is called yet."""
        self.cases, self.calls = 0, defaultdict[str, set[str]](set)

    def see(self, form: str, function: str, arguments: tuple[Any, ...]) -> None:
        self.calls[f"{form}.{function}"].add(" ".join(filter(None, map(sides, arguments))))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        self.begin()

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Iterator[None]:
        """Hypothesis runs the test through `inner_test`, which it lets plugins replace."""
        if not hypothesis.is_hypothesis_test(pyfuncitem.obj):
            return (yield)
        handle = pyfuncitem.obj.hypothesis
        inner = handle.inner_test

        @functools.wraps(inner)
        def counted(*args: Any, **kwargs: Any) -> None:
            inner(*args, **kwargs)
            self.cases += 1

        handle.inner_test = counted
        try:
            return (yield)
        finally:
            handle.inner_test = inner

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
        """What is seen travels as a property of the report, which reaches the process that writes from any other."""
        message = str(call.excinfo.value)[:MESSAGE] if call.excinfo else ""
        if call.when == "call":
            read = {f"index.{function}": [] for function in read_as_text(item)}
            calls = {name: sorted(sizes) for name, sizes in self.calls.items()}
            worst = slack.worst(item.cls.__name__) if getattr(item, "cls", None) else None
            # Between the processes only plain types can travel.
            seen = {"cases": self.cases, "calls": read | calls, "worst": worst and worst._asdict()}
            item.user_properties.append(("evidence", seen))
        if message:
            item.user_properties.append(("message", message))
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = self.tests.setdefault(report.nodeid, {"outcome": "not run", "message": "", "cases": 0, "calls": {}})
        if not report.passed:
            test["outcome"] = report.outcome
        elif report.when == "call" and test["outcome"] == "not run":
            test["outcome"] = "passed"
        properties = dict(report.user_properties)
        test["message"] = properties.get("message", test["message"])
        test.update(properties.get("evidence", {}))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.collected |= {item.nodeid for item in session.items}

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self.collected |= set(ids)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            reason, *_ = report.longreprtext.strip().splitlines() or ["no reason given"]
            self.problems.append(f"cannot be collected: {report.nodeid}: {reason}")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, error: object) -> None:
        if error:
            self.problems.append(f"a process of the run died: {error}")

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if self.worker:
            return
        if missing := sorted(self.collected - self.tests.keys()):
            self.problems.append(f"{len(missing)} tests never ran, the first of them {missing[0]}")
        written = {"tests": self.tests, "problems": self.problems, "status": int(exitstatus)}
        self.path.write_text(json.dumps(written), "utf-8")


def sides(argument: Any) -> str:
    """The sides of an array, or those that a tuple or a number gives."""
    if isinstance(argument, np.ndarray):
        return "×".join(map(str, argument.shape)) or "1"
    if isinstance(argument, tuple | int | np.integer):
        return "×".join(map(str, np.atleast_1d(argument)))
    return ""


def read_as_text(item: pytest.Item) -> Iterator[str]:
    """The functions of the index form whose source a test reads, as those for all sizes do."""
    for attribute in ("forward", "backward"):
        value = getattr(getattr(item, "cls", None), attribute, None)
        if isinstance(value, tuple):
            yield value[0]


def watch(see: Callable[[str, str, tuple[Any, ...]], None]) -> None:
    """From now on, every call of the library through an `Implementation` is seen."""
    get = Implementation.__getattr__

    def seeing(self: Implementation, name: str) -> Callable[..., Any]:
        function, module = get(self, name), self.functions[name].__module__

        @functools.wraps(function)
        def call(*arguments: Any, **named: Any) -> Any:
            see("index" if module.endswith(".index_form") else "operator", name, (*arguments, *named.values()))
            return function(*arguments, **named)

        return call if module.startswith("vanillacnn.") else function

    Implementation.__getattr__ = seeing  # type: ignore[method-assign]
