"""The power of the suite, measured: small faults that the tests of an equation must notice."""

import ast
import os
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.equations import test_convolution, test_dense, test_pooling
from tests.errata import published_faults
from tests.mutation import gate, verdict
from tests.mutation.gate import Outcome
from tests.mutation.operators import mutants
from tests.mutation.targets import EQUIVALENT, targets, wider
from tests.suite.compare import Mismatch
from tests.suite.implementation import Implementation
from vanillacnn.equations import dense

TARGETS = {target.name: target for target in targets()}


@pytest.fixture(scope="module")
def judged() -> tuple[verdict.Results, list[str]]:
    return verdict.judge([*TARGETS.values()])


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_every_mutant_is_killed_or_known_to_be_equivalent(judged: tuple[verdict.Results, list[str]], name: str) -> None:
    assert list(verdict.problems(judged[0][name], EQUIVALENT.get(name, {}))) == []


@pytest.mark.slow
def test_no_test_of_the_gate_fails_by_itself(judged: tuple[verdict.Results, list[str]]) -> None:
    assert judged[1] == []


@pytest.mark.slow
def test_few_mutants_of_the_library_are_equivalent(judged: tuple[verdict.Results, list[str]]) -> None:
    library = {name: outcomes for name, outcomes in judged[0].items() if name.startswith("vanillacnn.")}
    total = sum(map(len, library.values()))
    assert total >= 400
    assert sum(len(EQUIVALENT.get(name, {})) for name in library) <= total / 50


def test_every_function_has_tests_and_the_equivalent_mutants_are_of_functions() -> None:
    assert all(target.labels or target.tests for target in TARGETS.values())
    assert EQUIVALENT.keys() <= TARGETS.keys() | {target.name for target in wider()}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("return a - b", {"a - b → a + b", "a - b → a", "a - b → b - a"}),
        ("return a", {"return a → return a * 1.000000001", "return a → return a.astype('float32')"}),
        ("return -a", {"-a → a", "return -a → return (-a).astype('float32')"}),
        ("return a.copy()", {"a.copy() → a"}),
        ("return a / 4", {"a / 4 → a / 4.000000004", "a / 4 → a / 3.999999996", "4 → 5", "4 → 3"}),
        ("return a.transpose(1, 0)", {"a.transpose(1, 0) → a.transpose(0, 1)", "1 → 0", "0 → 1"}),
        ("return a[:, i + 1 : n]", {"i + 1 → i", "i + 1 → i + 1 + 1", "n → n - 1", "n → n + 1"}),
        ("return a.sum(axis=(1, 2))", {"1 → 2", "2 → 3"}),
        ("if i < max(a, b):\n    raise ValueError(f'{i - n}')", {"max(a, b) → min(a, b)"}),
        ("for i in range(n):\n    a[i] += b", {"n → n - 1", "a[i] += b → a[i] -= b", "a[i] += b → pass"}),
    ],
)  # fmt: skip
def test_the_mutants_are_what_they_say(statement: str, expected: set[str]) -> None:
    tree = ast.parse("def f(a, b, i, n):\n" + textwrap.indent(statement, "    "))
    names = [mutant.name for mutant in mutants(tree.body[0], True, "f")]
    assert len(names) == len(set(names))
    assert expected <= set(names)
    assert "i - n → i + n" not in names  # a message is left alone
    assert ast.unparse(tree.body[0]).endswith(ast.unparse(ast.parse(statement)).split("\n")[-1].strip())


@pytest.mark.parametrize(
    "statement",
    [
        "try:\n    pass\nexcept (KeyError, OSError):\n    return a",
        "with suppress(KeyError, OSError):\n    return a",
        "if a in (b, n):\n    return a",
        "return a.sum(axis=(i, n))",
    ],
)
def test_what_has_no_order_is_not_put_into_another(statement: str) -> None:
    tree = ast.parse("def f(a, b, i, n):\n" + textwrap.indent(statement, "    "))
    names = [mutant.name for mutant in mutants(tree.body[0], False, "f")]
    assert not any("(OSError, KeyError)" in name or "(n, b)" in name or "(n, i)" in name for name in names)


def test_each_axis_stops_early_in_a_mutant_of_its_own() -> None:
    target = TARGETS["vanillacnn.equations.dense.weight_gradient"]
    names = ["dyhat stops early along i", "dyhat stops early along n", "v stops early along m", "v stops early along n"]
    names += ["the result stops early along i", "the result stops early along m"]
    found = {mutant.name: mutant.code for mutant in target.mutants() if "stops early" in mutant.name}
    assert list(found) == names
    dyhat, v = np.ones((5, 6)), np.ones((7, 6))
    assert dense.weight_gradient(dyhat, v).tolist() == [[6.0] * 7] * 5
    for name, zeros, last in (("v stops early along m", 15, 0), ("dyhat stops early along n", 0, 4)):
        with gate.in_place(target.function, found[name]):
            changed = dense.weight_gradient(dyhat, v)
        assert np.count_nonzero(changed == 0) == zeros
        assert changed[-1, -1] == last


def survivors(check: Callable[[], Any]) -> list[str]:
    """The mutants of (29) that a check lets live, whether it fails or what it runs; not those that need long axes."""
    target, alive = TARGETS["vanillacnn.equations.dense.weight_gradient"], []
    for mutant in (each for each in target.mutants() if "stops early" not in each.name):
        with gate.in_place(target.function, mutant.code):
            try:
                check()
                alive.append(mutant.name)
            except Exception:
                continue
    return alive


def test_a_property_kills_and_a_weak_check_does_not(implementation: Implementation) -> None:
    """The gate can fail: a look at the shape alone leaves alive what changes values only."""
    dyhat, v = np.ones((2, 3)), np.ones((4, 3))
    assert survivors(lambda: test_dense.TestEq29().test_is_autodiff_exactly(implementation)) == []
    alive = survivors(lambda: np.testing.assert_equal(dense.weight_gradient(dyhat, v).shape, (2, 4)))
    assert alive == ["return dyhat @ v.T → return dyhat @ v.T * 1.000000001",
                     "return dyhat @ v.T → return (dyhat @ v.T).astype('float32')"]  # fmt: skip
    np.testing.assert_array_equal(dense.weight_gradient(dyhat, v), np.full((2, 4), 3.0))  # back in its place


@pytest.mark.parametrize(
    "equation",
    [test_convolution.TestEq17Eq18, test_convolution.TestEq36, test_convolution.TestEq38, test_pooling.TestEq16Eq20],
)
def test_the_published_faults_die_by_the_property_of_their_equation(equation: type) -> None:
    with pytest.raises(Mismatch):
        equation().test_is_the_index_form_exactly(Implementation(published_faults))


def test_a_survivor_and_a_stale_equivalent_are_problems() -> None:
    outcomes = [Outcome("f", "dead", "test_a", "assertion"), Outcome("f", "alive", "", "nothing")]
    assert list(verdict.problems(outcomes, {"alive": "the same"})) == []
    assert list(verdict.problems(outcomes, {})) == ["survives: alive"]
    assert len(list(verdict.problems(outcomes, {"alive": "", "dead": ""}))) == 1
    assert len(list(verdict.problems(outcomes, {"alive": "", "gone": ""}))) == 1


def test_what_never_ends_is_stopped() -> None:
    def endless() -> None:
        while True:
            pass

    with pytest.raises(gate.TooLong), gate.limit(0.05, 60):
        endless()


def test_what_waits_for_ever_is_stopped() -> None:
    reader, writer = os.pipe()
    try:
        with pytest.raises(gate.TooLong), gate.limit(60, 0.05):
            os.read(reader, 1)
    finally:
        os.close(reader)
        os.close(writer)
