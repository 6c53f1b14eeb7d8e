"""Each planted fault is found and named; the implementation without a fault is right."""

import re

import pytest

from tests.suite.planted import LAYERS, PLANTED, Planted, check


@pytest.mark.parametrize("fault", PLANTED, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found_and_named(fault: Planted) -> None:
    found = check(fault)
    wrong = [row for row in found.rows if row.verdict == "wrong"]
    assert not found.ok
    assert re.search(f"hint: .*{fault.says}", str(found)), str(found)
    assert any(row.counterexample or "np.array" in row.message for row in wrong), str(found)


@pytest.mark.parametrize(("layer", "stride"), [*((layer, 1) for layer in LAYERS), ("conv", 2), ("conv", 3)])
def test_without_a_fault_all_is_right(layer: str, stride: int) -> None:
    found = check(Planted("none", "", "", "", layer, stride))
    assert found.ok, str(found)
    assert all(row.verdict == "right" for row in found.rows), str(found)


def test_there_are_twenty() -> None:
    assert len({fault.name for fault in PLANTED}) == 20
