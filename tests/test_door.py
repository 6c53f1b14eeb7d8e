"""The suite against other implementations: it convicts the published faults, and nothing else."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests import compare
from tests.traceability import EQUATIONS, rows

ROOT = Path(__file__).parents[1]


def run(*options: str) -> tuple[int, str]:
    """Only the comparisons with the index form, whose shapes are free to shrink; the rest is as slow as the suite."""
    command = [sys.executable, "-m", "pytest", "-q", "-k", "exactly and not autodiff", *options]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout


def results(output: str) -> dict[str, str]:
    return dict(re.findall(r"^(\S+) +\w+ +(pass|fail|not offered|not run)$", output, re.M))


@pytest.fixture(scope="module")
def convicted() -> tuple[int, str]:
    return run("--implementation", "tests.published_faults")


def test_the_published_faults_are_convicted_and_nothing_else(convicted: tuple[int, str]) -> None:
    status, output = convicted
    found = results(output)
    assert status == 1
    assert set(EQUATIONS) | {"ΔI"} <= found.keys()
    guilty = {"(16)", "(17)", "(18)", "(20)", "(36)", "(38)", "(41)", "ΔI"}
    assert {label for label, result in found.items() if result != "pass"} == guilty


def test_counterexamples_are_small_and_can_be_pasted(convicted: tuple[int, str]) -> None:
    _, output = convicted
    for label in ("(16)", "(17)", "(36)", "(38)", "(41)", "ΔI"):
        example = re.search(rf"^{re.escape(label)} .*\n((?:    .*\n)+)", output, re.M)
        assert example, label
        arrays: dict[str, np.ndarray] = {}
        for line in example[1].splitlines()[1:]:
            exec(line.strip(), {"np": np}, arrays)
        assert (arrays["actual"] != arrays["expected"]).any()
        maps = {name: x for name, x in arrays.items() if name in ("S", "dC", "C_s")}
        assert all(side <= 3 for x in maps.values() for side in x.shape[1:3]), example[1]


def test_the_index_form_passes_through_the_same_door() -> None:
    status, output = run("--implementation", "vanillacnn.index_form", "--sample-axis", "none")
    assert status == 0, output
    missing = {label for row in rows() if "initialize" in row.function for label in row.labels}
    assert {label for label, result in results(output).items() if result == "not offered"} == missing


def test_samples_may_come_first_and_most_may_be_missing(tmp_path: Path) -> None:
    (tmp_path / "my_cnn.py").write_text(
        "import numpy as np\n"
        "from vanillacnn import dense\n"
        "def dense_forward(W, v, b):\n"
        "    return np.ascontiguousarray(dense.dense_forward(W, v.T, b).T)\n"
        "def weight_gradient(dyhat, v):\n"
        "    return dense.weight_gradient(dyhat.T, 1.0000001 * v.T)\n"
    )
    code = f"import sys, pytest; sys.path.insert(0, {str(tmp_path)!r}); sys.exit(pytest.main(sys.argv[1:]))"
    options = ["-q", "-k", "index_form", "--implementation", "my_cnn", "--sample-axis", "first"]
    command = [sys.executable, "-c", code, *options]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    found = results(output)
    assert {label for label, result in found.items() if result == "pass"} == {"(23)", "(24)"}
    assert {label for label, result in found.items() if result == "fail"} == {"(29)"}


@pytest.mark.parametrize(
    ("options", "message"),
    [(["no_such_module"], "no_such_module"), (["tests.compare"], "expected some of correlate, ")],
)
def test_a_module_that_offers_nothing_is_a_usage_error(options: list[str], message: str) -> None:
    command = [sys.executable, "-m", "pytest", "--implementation", *options]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert message in result.stderr


RIGHT = np.array([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    "wrong",
    [
        RIGHT * np.array([[np.nan, 1], [1, 1]]),
        RIGHT[:, :1],
        RIGHT[np.newaxis],
        RIGHT.astype(np.float32),
        RIGHT * np.array([[1 + 1e-9, 1], [1, 1]]),
        RIGHT.tolist(),
        np.float64(1.0),
    ],
    ids=["nan", "shape", "axes", "dtype", "factor", "list", "scalar"],
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
