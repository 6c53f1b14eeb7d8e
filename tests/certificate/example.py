"""What a suite might have shown, and the certificate of it: for the tests of the certificate."""

import re
from typing import Any

from tests.certificate import contents
from tests.mutation.gate import Outcome
from tests.suite.sensitivity import Smallest
from tests.suite.traceability import EQUATIONS, labels_of_test, rows

RUN = {"complete": True, "problems": [], "date": "2026-01-01T00:00:00+00:00", "seconds": 61}

Tests = dict[str, dict[str, Any]]


def labels() -> list[str]:
    return [label for row in rows() for label in row.labels]


def report(*called: str, outcome: str = "passed", message: str = "") -> dict[str, Any]:
    return {"outcome": outcome, "message": message, "cases": 5, "calls": {name: ["2×3"] for name in called}}


def failed(*called: str, message: str = "wrong values") -> dict[str, Any]:
    return report(*called, outcome="failed", message=message)


def passing() -> Tests:
    """A test of each function against autodiff, one of both its forms, and one of its index form alone."""
    tests = {
        "tests/network/test_network.py::test_every_gradient": report(),
        "tests/scripts/test_train.py::test_it_learns": report(),
    }
    for row in rows():
        name = "".join(
            f"Eq{label[1:-1]:0>2}" if label in EQUATIONS else label.strip("()").replace("ΔI", "DeltaI")
            for label in row.labels
        )
        name = f"Test{name}" if row.labels[0][0] != "§" else "TestSection" + re.sub(r"\D", "", row.labels[0])
        name = f"Test{row.labels[0][1:-1]}" if re.match(r"\([GHL]", row.labels[0]) else name
        operator, index = f"operator.{row.function}", f"index.{row.function}"
        tests[f"tests/test_x.py::{name}::test_is_autodiff_exactly"] = report(operator)
        tests[f"tests/test_x.py::{name}::test_is_the_index_form_exactly"] = report(operator, index)
        tests[f"tests/errata/test_errata.py::test_example[{name}]"] = report()
    return tests


def of(label: str, kind: str) -> str:
    """The name of such a test."""
    return next(name for name in passing() if kind in name and label in labels_of_test(name))


def certificate(tests: Tests, outcomes: tuple[Outcome, ...] = (), **run: Any) -> dict[str, Any]:
    faults = {label: Smallest(2e-12, 3e-16) for label in ("(36)", "(38)")}
    return contents.certificate(tests, list(outcomes), faults, **RUN | run)
