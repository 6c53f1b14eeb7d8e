"""The reproduction: its faults are those that it names, its claims are judged, and it runs."""

import json
from pathlib import Path

import numpy as np
import pytest

import vanillacnn as vc
from scripts import experiments, reproduce
from tests.network.test_network import ODD, batch, exact
from tests.suite.commands import script
from tests.suite.compare import within


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


def test_a_claim_is_about_every_seed_or_says_which() -> None:
    published = {"0": [0.34] * 4 + [0.75] * 2, "1": [0.15] * 4 + [0.75, 0.95]}
    best = {str(k): [a] * 20 for k, a in enumerate((0.9, 0.99, 0.99))}
    found = {"published": {"seeds": published}, "best": {"seeds": best}}
    judged = {(c["experiment"], c["epoch"]): c["holds"] for c in reproduce.judged(found)}
    assert judged == {
        ("published", 1): True, ("published", 5): True, ("published", 6): False, ("best", 1): True, ("best", 20): False
    }  # fmt: skip
    best["1"] = best["0"]
    assert [c["holds"] for c in reproduce.judged({"best": {"seeds": best}})] == [False, False]


def test_what_thirty_images_say() -> None:
    """23 of 30 are 0.59 to 0.88, by Wilson's interval."""
    published = {"seeds": {"0": [0.3] * 6, "1": [0.7] * 6}, "mean": [0.5] * 6}
    said = reproduce.thirty({"published": published})
    assert [said[epoch]["published"] for epoch in ("1", "5", "6")] == [0, 1, 1]
    assert f"{said['5']['low']:.2f} {said['5']['of_30']:.4f} {said['5']['high']:.2f}" == "0.59 0.7667 0.88"


@pytest.mark.parametrize("text", ["# Markdown", "{}", "[]", "7"])
def test_other_figures_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "other").write_text(text)
    with pytest.raises(ValueError, match=r"other: expected the figures that --json writes, got something else$"):
        reproduce.figures(tmp_path / "other")


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
    kept = found["experiments"]["keras"]["seeds"]
    status, out, err = script("reproduce.py", "--quick", "--only", "best", "--seeds", "5", *files)
    assert (status, err) == (0, ""), err
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["experiments"]["keras"]["seeds"] == kept
    assert found["experiments"]["best"]["seeds"].keys() == {"5"}


def test_every_claim_of_the_committed_reproduction_holds() -> None:
    found = json.loads((Path(__file__).parents[2] / "docs" / "reproduction.json").read_text("utf-8"))
    assert len(found["claims"]) == len(reproduce.claims())
    assert reproduce.judged(found["experiments"]) == found["claims"]
    assert all(claim["holds"] for claim in found["claims"])
