"""The benchmark: the contenders are one network, and its figures are what was measured."""

import json
from pathlib import Path

import pytest

from scripts import benchmark
from tests.suite.commands import script


def test_the_arithmetic_of_a_sample() -> None:
    """A second count: the products of each equation, and as many sums."""
    forward = 6 * 24 * 24 * 25 + 12 * 8 * 8 * 6 * 25 + 10 * 192
    backward = 10 * 192 * 2 + 12 * 6 * 25 * 8 * 8 + 6 * 12 * 12 * 12 * 25 * 64 // 144 + 6 * 25 * 24 * 24
    assert benchmark.flop() == 2 * (forward + backward)


def test_ratios_are_of_medians() -> None:
    times = {
        "vanillacnn": [1, 2, 3],
        "vanillacnn, 2 ranks": [1, 1, 9],
        "PyTorch": [4, 5, 9],
        "PyTorch, 2 threads": [3, 4, 9],
        "PyTorch compiled": [6] * 3,
    }
    assert benchmark.ratios(times | {"JAX": [8, 8, 1]}) == {
        "vanillacnn / PyTorch": 2.0, "vanillacnn, 2 ranks / PyTorch": 4.0,
        "vanillacnn / JAX": 4.0, "vanillacnn, 2 ranks / JAX": 8.0,
        "vanillacnn / fastest": 2.0, "vanillacnn, 2 ranks / fastest": 4.0,
        "vanillacnn / fastest on one core": 2.5, "vanillacnn, 2 ranks / fastest on one core": 5.0, "2 ranks / 1": 1.0,
    }  # fmt: skip


@pytest.mark.bench
def test_all_contenders_take_the_same_step(tmp_path: Path) -> None:
    n = 30  # as many as those that are compared, so that nothing is compiled anew
    options = ("--batches", n, "--rounds", 3, "--seconds", 0.01)
    status, out, err = script(
        "benchmark.py", *options, "--json", tmp_path / "found.json", "--plot", tmp_path / "found.png"
    )
    assert (status, err) == (0, ""), err
    assert f"all {len(benchmark.CONTENDERS)} agree with the reference" in out
    found = json.loads((tmp_path / "found.json").read_text())["batches"][str(n)]
    assert {name: len(times) for name, times in found["times"].items()} == dict.fromkeys(benchmark.CONTENDERS, 3)
    assert (tmp_path / "found.png").stat().st_size > 10_000


@pytest.mark.bench
def test_a_contender_that_steps_otherwise_is_found_out() -> None:
    class Wrong(benchmark.Process):
        def ask(self, *order):
            found = super().ask(*order)
            return found * (1 + 1e-3) if order[0] == "first_step" else found

    with (
        Wrong("wrong", "vanillacnn", 1, 1) as process,
        pytest.raises(ValueError, match="wrong: expected the loss and the step of the reference"),
    ):
        benchmark.agree({"wrong": process})


@pytest.mark.bench
def test_the_costs_of_growing(tmp_path: Path) -> None:
    status, out, err = script("bench/scaling.py", "--rounds", 1, "--json", tmp_path / "found.json")
    assert (status, err) == (0, ""), err
    assert "off by up to" in out
    assert set(json.loads((tmp_path / "found.json").read_text())) >= {"batch", "work", "sum", "memory", "model"}
