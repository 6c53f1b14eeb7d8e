"""The suite against other implementations: it convicts the published faults, and nothing else."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.errata.entries import FAULTS
from tests.suite import compare
from tests.suite.implementation import door
from tests.suite.traceability import EQUATIONS, rows
from vanillacnn import index_form

ROOT = Path(__file__).parents[2]


MY_CNN = """
import numpy as np
from vanillacnn.equations import dense

def dense_forward(W, v, b):
    return np.ascontiguousarray(dense.dense_forward(W, v.T, b).T)

def weight_gradient(dyhat, v):
    return dense.weight_gradient(dyhat.T, 1.0000001 * v.T)
"""
IMPLEMENTATIONS = {
    "tests.errata.published_faults": "last",
    "vanillacnn.index_form": "none",
    "my_cnn": "first",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """The status and the output of the suite for each implementation, side by side.

    Only of the comparisons with the index form, whose shapes are free to shrink. The rest takes as long as the suite.
    """
    folder = tmp_path_factory.mktemp("path")
    (folder / "my_cnn.py").write_text(MY_CNN)
    options = ["-q", "-n0", "-p", "no:cacheprovider", "-k", "exactly and not autodiff"]
    runs = {
        name: subprocess.Popen(
            [sys.executable, "-m", "pytest", *options, "--implementation", name, "--sample-axis", axis],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(folder)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for name, axis in IMPLEMENTATIONS.items()
    }
    return {name: (process.communicate()[0], process.returncode)[::-1] for name, process in runs.items()}


def results(output: str) -> dict[str, str]:
    return dict(re.findall(r"^(\S+) +\w+ +(pass|fail|not offered|not run)$", output, re.M))


def test_the_published_faults_are_convicted_and_nothing_else(outputs: dict[str, tuple[int, str]]) -> None:
    status, output = outputs["tests.errata.published_faults"]
    found = results(output)
    assert status == 1
    assert set(EQUATIONS) | {"ΔI"} <= found.keys()
    guilty = {label for fault in FAULTS for label in fault.equations}
    assert {label for label, result in found.items() if result not in ("pass", "not offered")} == guilty
    beyond = {label for row in rows() for label in row.labels if label[1] in "GHL"}
    assert {label for label, result in found.items() if result == "not offered"} == beyond


def test_counterexamples_are_small_and_can_be_pasted(outputs: dict[str, tuple[int, str]]) -> None:
    _, output = outputs["tests.errata.published_faults"]
    for label in ("(16)", "(17)", "(36)", "(38)", "(41)", "ΔI"):
        example = re.search(rf"^{re.escape(label)} .*\n((?:    .*\n)+)", output, re.M)
        assert example, label
        arrays: dict[str, np.ndarray] = {}
        for line in example[1].splitlines()[1:]:
            exec(line.strip(), {"np": np}, arrays)
        assert (arrays["actual"] != arrays["expected"]).any()
        maps = {name: x for name, x in arrays.items() if name in ("S", "dC", "C_s")}
        assert all(side <= 3 for x in maps.values() for side in x.shape[1:3]), example[1]


def test_the_index_form_passes_through_the_same_door(outputs: dict[str, tuple[int, str]]) -> None:
    status, output = outputs["vanillacnn.index_form"]
    assert status == 0, output
    missing = {label for row in rows() if not hasattr(index_form, row.function) for label in row.labels}
    assert {label for label, result in results(output).items() if result == "not offered"} == missing


def test_samples_may_come_first_and_most_may_be_missing(outputs: dict[str, tuple[int, str]]) -> None:
    found = results(outputs["my_cnn"][1])
    assert {label for label, result in found.items() if result == "pass"} == {"(23)", "(24)"}
    assert {label for label, result in found.items() if result == "fail"} == {"(29)"}


@pytest.mark.parametrize(
    ("name", "message"),
    [("no_such_module", "no_such_module"), ("tests.suite.compare", "expected some of correlate, .* got none")],
)
def test_a_module_that_offers_nothing_is_a_usage_error(name: str, message: str) -> None:
    with pytest.raises(pytest.UsageError, match=message):
        door(name, "last")


RIGHT = np.array([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    "wrong",
    [
        RIGHT * np.array([[np.nan, 1], [1, 1]]),
        RIGHT[:, :1],
        RIGHT[np.newaxis],
        RIGHT.astype(np.float32),
        RIGHT * np.array([[1 + 2e-9, 1], [1, 1]]),
        RIGHT * np.array([[1 - 2e-9, 1], [1, 1]]),
        RIGHT.tolist(),
        np.float64(1.0),
    ],
    ids=["nan", "shape", "axes", "dtype", "too large", "too small", "list", "scalar"],
)
def test_the_comparisons_reject_what_is_wrong(wrong: object) -> None:
    with pytest.raises(compare.Mismatch):
        compare.same(wrong, RIGHT, {})
    if not isinstance(wrong, list) and np.result_type(wrong) == np.float64:
        with pytest.raises(compare.Mismatch):
            compare.within(wrong, RIGHT, np.full((2, 2), 1e-9), {})


def test_the_comparisons_accept_what_is_right() -> None:
    compare.same(RIGHT.copy(), RIGHT, {})
    compare.within(RIGHT + 2.0**-30, RIGHT, np.full((2, 2), 2.0**-30), {})
