"""The reproduction: its faults are those that it names, its claims are judged, and it runs."""

import json
from pathlib import Path

import experiments
import numpy as np
import pytest
import reproduce

import vanillacnn as vc
from tests.compare import within
from tests.scripts import script
from tests.test_network import ODD, batch, exact


def test_the_faults_are_what_they_are_called() -> None:
    params, I, y = batch(ODD, 2)
    right = vc.backward(params, vc.forward(params, I), y)
    with experiments.faulty(("kernel",)):
        wrong = vc.backward(params, vc.forward(params, I), y)
        assert (wrong.dK2 == wrong.dK2[:, :1]).all(), "one gradient for all kernels of an input map"
        assert (wrong.dK1 == wrong.dK1[:, :1]).all()
        np.testing.assert_array_equal(wrong.dS1, right.dS1)
    with experiments.faulty(("input",)):
        wrong = vc.backward(params, vc.forward(params, I), y)
        assert (wrong.dS1 != right.dS1).any()
        np.testing.assert_array_equal(wrong.dK2, right.dK2)
    with experiments.faulty(("sum",)):
        others = params._replace(K2=np.concatenate([params.K2[:-1] + 1, params.K2[-1:]]))
        np.testing.assert_array_equal(vc.forward(params, I).C2, vc.forward(others, I).C2)
    with experiments.faulty(("pool",)):
        trace = vc.forward(params, I)
        np.testing.assert_array_equal(trace.S1, trace.C1_s[:, ::2, ::2] / 4)
    for a, b in zip(vc.backward(params, vc.forward(params, I), y), right, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("share", "n", "low", "high"), [(23 / 30, 30, "0.591", "0.882"), (0.1, 30, "0.035", "0.256")])
def test_the_interval_of_wilson(share: float, n: int, low: str, high: str) -> None:
    assert tuple(f"{end:.3f}" for end in reproduce.wilson(share, n)) == (low, high)


def test_a_claim_is_one_about_every_seed() -> None:
    accuracy = {"0": [0.17] * 6, "1": [0.15] * 4 + [0.75, 0.75]}
    claims = {c["epoch"]: c["holds"] for c in reproduce.judged({"published": {"seeds": accuracy}})}
    assert claims == {1: True, 5: False, 6: False}
    first = {"best": {"seeds": {str(k): [a] * 20 for k, a in enumerate((0.9, 0.99, 0.99))}}}
    assert [c["holds"] for c in reproduce.judged(first)] == [False, True]


def test_nested_loops_end_in_the_same_gradient() -> None:
    params, I, y = batch({"image": (12, 12), "maps": (2, 3), "kernels": ((3, 3), (2, 2))}, 1)
    known = exact(params, I, y)
    within(reproduce.nested_loops(params, I[..., 0], y[:, 0]), known.values["dK1"], known.bounds["dK1"], {})


@pytest.mark.slow
def test_it_runs(tmp_path: Path) -> None:
    files = ("--json", tmp_path / "found.json", "--plot", tmp_path / "found.png")
    status, out, err = script("reproduce.py", "--quick", *files)
    assert (status, err) == (0, ""), err
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["experiments"].keys() == experiments.experiments().keys()
    assert found["time"]["ratio"] > 100
    assert (tmp_path / "found.png").stat().st_size > 10_000
    assert "published, seed 0: 0." in out


def test_every_claim_of_the_committed_reproduction_holds() -> None:
    found = json.loads((Path(__file__).parents[1] / "docs" / "reproduction.json").read_text("utf-8"))
    assert len(found["claims"]) > len(reproduce.CLAIMS)
    assert reproduce.judged(found["experiments"]) == found["claims"]
    assert all(claim["holds"] for claim in found["claims"])
