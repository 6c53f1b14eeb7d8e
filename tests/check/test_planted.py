"""Each planted fault is found and named; the implementation without a fault is right."""

import re

import pytest

from tests.suite.planted import PLANTED, Planted
from vanillacnn.check import Report, check_activation, check_convolution, check_dense, check_loss, check_pooling

LAYERS = {
    "conv": lambda f, s: check_convolution(f["conv_forward"], f["conv_backward"], stride=s),
    "dense": lambda f, s: check_dense(f["dense_forward"], f["dense_backward"]),
    "pool": lambda f, s: check_pooling(f["pool_forward"], f["pool_backward"], kind="max"),
    "sigmoid": lambda f, s: check_activation("sigmoid", f["sigmoid"], f["sigmoid_backward"]),
    "loss": lambda f, s: check_loss("softmax_cross_entropy", f["softmax_loss"], f["softmax_loss_backward"]),
}


def report(fault: Planted) -> Report:
    return LAYERS[fault.layer](fault.functions(), fault.stride)


@pytest.mark.parametrize("fault", PLANTED, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found_and_named(fault: Planted) -> None:
    found = report(fault)
    wrong = [row for row in found.rows if row.verdict == "wrong"]
    assert not found.ok
    assert any(re.search(fault.says, row.hint) for row in wrong), str(found)
    assert any(row.counterexample or "np.array" in row.message for row in wrong), str(found)


@pytest.mark.parametrize(("layer", "stride"), [*((layer, 1) for layer in LAYERS), ("conv", 2), ("conv", 3)])
def test_without_a_fault_all_is_right(layer: str, stride: int) -> None:
    found = report(Planted("none", "", "", "", layer, stride))
    assert found.ok, str(found)
    assert all(row.verdict == "right" for row in found.rows), str(found)


def test_there_are_twenty() -> None:
    assert len({fault.name for fault in PLANTED}) == 20
