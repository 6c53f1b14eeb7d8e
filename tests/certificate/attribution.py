"""From what each test did to what is known of each equation: holds, fails, or not established, and why.

A failing test points to the functions that it called. Where it called one, that one is at fault. Where it called
several, and another test has found one of them or one that they call at fault, this explains the failure. Otherwise all
of them are at fault, for they cannot be told apart. What calls a function at fault is not established.
"""

import inspect
import re
from functools import cache
from typing import Any, NamedTuple

from tests.certificate.levels import level
from tests.suite import traceability
from tests.suite.signatures import FUNCTIONS

# What a folder of tests is about, where that is not an equation by itself.
NETWORK = ("network", "proofs/test_finite_field")  # how the equations are put together
OF_THE_SUITE = ("mutation", "meta", "certificate")  # these name equations, but are about the tests
LITERAL = ("proofs/test_all_sizes", "proofs/test_adjoints", "errata/test_errata", "equations/test_index_form")

Test = dict[str, Any]  # as the evidence has it


class Node(NamedTuple):
    """A function in one of its two forms, operator or index."""

    form: str
    function: str


class Finding(NamedTuple):
    status: str  # holds, fails, not established or not run
    why: str


def stands_in(test: str, places: tuple[str, ...]) -> bool:
    """Whether a test is in one of these folders or files."""
    path = test.split("::")[0].removeprefix("tests/").removesuffix(".py")
    return any(path == place or path.startswith(f"{place}/") for place in places)


def section(test: str) -> str:
    """Where a test counts: for equations, for the network, or among the other checks."""
    if stands_in(test, NETWORK):
        return "network"
    return "equations" if about(test) else "other"


@cache
def about(test: str) -> frozenset[str]:
    """The labels of the equations that a test is about, by its name or by the function in its last brackets."""
    if stands_in(test, NETWORK + OF_THE_SUITE):
        return frozenset()
    named = re.search(r"\[(\w+)\]$", test)
    rows = [row for row in traceability.rows() if named and row.function == named[1]]
    known = {label for row in traceability.rows() for label in row.labels}
    return frozenset(label for row in rows for label in row.labels) | known & set(traceability.labels_of_test(test))


def functions_of(labels: frozenset[str]) -> set[str]:
    return {row.function for row in traceability.rows() if labels & set(row.labels)}


def suspects(name: str, test: Test) -> frozenset[Node]:
    """The functions that a failing test called or, where that was not seen, those that its name is about."""
    if test["calls"]:
        return frozenset(Node(*call.split(".")) for call in test["calls"])
    form = "index" if stands_in(name, LITERAL) else "operator"
    return frozenset(Node(form, function) for function in functions_of(about(name)))


@cache
def callees(node: Node) -> frozenset[Node]:
    """All functions of the interface that a function calls, directly or not."""
    modules = traceability.INDEX_MODULES if node.form == "index" else traceability.MODULES
    code = next(inspect.unwrap(getattr(m, node.function)).__code__ for m in modules if hasattr(m, node.function))
    direct = {Node(node.form, name) for name in code.co_names if name in FUNCTIONS}
    return frozenset(direct.union(*map(callees, direct)))


def at_fault(tests: dict[str, Test]) -> set[Node]:
    """The functions that are wrong by themselves."""
    failures = {suspects(name, test) for name, test in tests.items() if test["outcome"] != "passed"} - {frozenset()}
    found = {node for nodes in failures if len(nodes) == 1 for node in nodes}
    # A failure of a function and its callee is the callee's, if that fails by itself.
    found = {node for node in found if not callees(node) & found}
    unexplained = [nodes for nodes in failures if not any(({node} | callees(node)) & found for node in nodes)]
    return found.union(*(nodes for nodes in unexplained if not below(nodes) & frozenset().union(*unexplained)))


def below(nodes: frozenset[Node]) -> frozenset[Node]:
    """What these functions call, directly or not, and are not themselves."""
    return frozenset().union(*map(callees, nodes)) - nodes


def findings(tests: dict[str, Test]) -> dict[str, Finding]:
    """What is known of each equation, by its label."""
    evidence = {name: test for name, test in tests.items() if section(name) == "equations"}
    wrong = at_fault({name: test for name, test in evidence.items() if level(name).key != "formula"})
    return {
        label: finding(label, row, {n: t for n, t in evidence.items() if label in about(n)}, wrong)
        for row in traceability.rows()
        for label in row.labels
    }


def finding(label: str, row: traceability.Row, tests: dict[str, Test], wrong: set[Node]) -> Finding:
    forms = [Node(form, row.function) for form in ("operator", "index")[: 1 + row.index_form]]
    if own := [node.form for node in forms if node in wrong]:
        return Finding("fails", f"its {' and '.join(own)} form")
    failed = {name: test for name, test in tests.items() if test["outcome"] != "passed"}
    if any(level(name).key == "formula" for name in failed):  # no function is at fault, but the printed line
        return Finding("fails", "its formula")
    if not tests:
        return Finding("not run", "none of its tests ran")
    if called := {node for form in forms for node in callees(form) & wrong}:
        return Finding("not established", f"calls {named(called)}")
    if failing := [suspects(name, test) for name, test in failed.items()]:
        nodes = frozenset().union(*failing)
        return Finding("not established", f"is tested together with {named(nodes.union(*map(callees, nodes)) & wrong)}")
    return Finding("holds", "")


def named(nodes: Any) -> str:
    labels = {label for row in traceability.rows() for node in nodes if node.function == row.function
              for label in row.labels}  # fmt: skip
    return ", ".join(sorted(labels, key=traceability.order))
