"""The suite on other people's implementations: what is right passes, with notes, and what is wrong is named."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.errata.entries import FAULTS
from tests.suite import hints
from tests.suite.traceability import EQUATIONS, identifier, rows
from vanillacnn import index_form

pytestmark = pytest.mark.slow  # a session of the suite on other code

ROOT = Path(__file__).parents[2]


QUICKEST, EXACT = "index_form or slope or several", "exactly and not autodiff"


MY_CNN = '''
import numpy as np
from scipy.signal import convolve  # a helper, and no offer
from train import relu             # a file of their own

pad = 0  # a constant, and no offer


def conv_forward(S, K, b):
    """Samples first, in float64: it says \\sigma(C)."""
    if K.shape[2] != K.shape[3]:
        raise ValueError("square kernels only")
    N, P, X, Y = S.shape
    u, v = K.shape[2:]
    out = np.zeros((N, K.shape[1], X - u + 1, Y - v + 1))
    for i in range(u):
        for j in range(v):
            out += np.einsum("npij,pq->nqij", S[:, :, i : i + X - u + 1, j : j + Y - v + 1], K[:, :, i, j])
    return out + b[:, None, None]


def conv_foward(S, K, b):
    return 0


def kernel_gradient(S, dC):
    (N, P, X, Y), (i, j) = S.shape, dC.shape[2:]
    dK = np.zeros((P, dC.shape[1], X - i + 1, Y - j + 1))
    for u in range(X - i + 1):
        for v in range(Y - j + 1):
            dK[:, :, u, v] = np.einsum("npij,nqij->pq", S[:, :, u : u + i, v : v + j], dC)
    return dK[:, :, ::-1, ::-1]


def dense_forward(W, v, b):
    return v @ W.T + b * (1 + 2**-20)


def dense_bias_gradient(dyhat):
    return dyhat.sum(axis=0, keepdims=True)


def weight_gradient(dyhat, v):
    return [1][len(v)]


def vectorize(S):
    return S.reshape(len(S), -1)


def squared_error(yhat_s, y):
    return float(((yhat_s - y) ** 2).sum() / 2 / len(y))


def max_pool_gradient(dS, C_s):
    N, Q, X, Y = C_s.shape
    cells = C_s.reshape(N, Q, X // 2, 2, Y // 2, 2)
    ties = cells == cells.max(axis=(3, 5), keepdims=True)
    return (ties / ties.sum(axis=(3, 5), keepdims=True) * dS[:, :, :, None, :, None]).reshape(C_s.shape)


def relu_gradient(dC_r, C):
    dC_r[C < 0] = 0
    return dC_r
'''


def session(folder: Path, part: str, *options: str) -> tuple[int, str]:
    """A part of the suite, from a folder of their own."""
    command = [sys.executable, "-m", "pytest", str(ROOT), "-q", "-n0", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-k", part, *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, dict[str, dict[str, Any]]]:
    """The status, the output, and the rows of the report."""
    folder = tmp_path_factory.mktemp("mine")
    (folder / "my_cnn.py").write_text(MY_CNN)
    (folder / "train.py").write_text("def relu(C):\n    return C * (C > 0)\n")
    (folder / "scipy.py").write_text("raise RuntimeError('theirs, and not SciPy')\n")
    expected = [f"--expect-failure={label}: b is rounded" for label in ("eq23", "eq24")]
    status, output = session(
        folder, QUICKEST, "--implementation", "my_cnn.py", "--sample-axis", "first", "--report", "r.json", *expected
    )
    assert (folder / "r.json").is_file(), output
    return status, output, {row["label"]: row for row in json.loads((folder / "r.json").read_text())["equations"]}


def test_right_code_passes_with_notes(mine: tuple[int, str, dict[str, dict[str, Any]]]) -> None:
    _, output, found = mine
    right = {label: row["notes"] for label, row in found.items() if row["verdict"] == "right"}
    assert right.keys() == {"eq13", "eq14", "eq17", "eq18", "eq22", "eq26", "eq30", "L1", "L2", "L4"}, output
    assert "returns float64 for float32" in right["eq17"]
    assert "returns a view of its argument S" in right["eq22"]
    assert right["eq26"] == ["returns a Python number, which has no dtype"]
    assert right["eq30"] == ["returns 2 axes, not 1: what is too much has size 1"]
    assert {"writes to its argument dC_r", "differs from the library: the slope at zero"} <= set(right["L2"])
    assert "differs from the library: which of several equal entries takes the gradient" in right["L4"]
    assert all(found[label]["cases"] >= 25 and found[label]["tests"] >= 1 for label in right)


def test_wrong_code_is_named_with_its_fault(mine: tuple[int, str, dict[str, dict[str, Any]]]) -> None:
    status, _, found = mine
    assert status == 1
    assert {label for label, row in found.items() if row["verdict"] == "wrong"} == {"eq29", "eq36", "eq41"}
    assert found["eq36"]["fault"]["hint"] == hints.ROTATED
    assert "returns float64 for float32" in found["eq36"]["notes"]
    assert "raises IndexError" in found["eq29"]["fault"]["what"]
    assert "my_cnn.py, line 44: return [1][len(v)]" in found["eq29"]["fault"]["what"]


def test_a_size_that_is_refused_is_neither_right_nor_wrong(mine: tuple[int, str, dict[str, dict[str, Any]]]) -> None:
    row = mine[2]["eq17"]
    assert any("square kernels only" in text for text in row["refused"])
    assert row["accepted"]
    assert not mine[2]["eq36"]["refused"]


def test_a_known_deviation_is_expected(mine: tuple[int, str, dict[str, dict[str, Any]]]) -> None:
    for label in ("eq23", "eq24"):
        assert mine[2][label]["verdict"] == "wrong, as expected"
        assert mine[2][label]["reason"] == "b is rounded"


@pytest.mark.filterwarnings("ignore:invalid escape")
def test_the_counterexample_is_in_their_axes_and_can_be_pasted(
    mine: tuple[int, str, dict[str, dict[str, Any]]],
) -> None:
    arrays: dict[str, Any] = {}
    for line in mine[2]["eq36"]["fault"]["example"]:
        exec(line, {"np": np}, arrays)
    theirs: dict[str, Any] = {"relu": None}
    source = MY_CNN.replace("from train import relu", "").replace("from scipy.signal import convolve", "")
    exec(source, theirs)
    np.testing.assert_array_equal(theirs["kernel_gradient"](arrays["S"], arrays["dC"]), arrays["actual"])
    assert arrays["expected"].any()


def test_the_report_comes_last_and_is_short(mine: tuple[int, str, dict[str, dict[str, Any]]]) -> None:
    lines = mine[1].strip().splitlines()
    begin = next(k for k, line in enumerate(lines) if " equations " in line)
    assert "FAILURES" not in mine[1]
    assert "Traceback" not in mine[1]
    assert len(lines) - begin <= 60
    assert "conv_foward is no function of the suite; conv_forward is" not in mine[1], "conv_forward is there"
    assert lines[-2].startswith("not offered: ")


def test_the_command_of_the_page_runs_from_the_checkout_on_a_file_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "my_cnn.py").write_text("def dense_forward(W, v, b):\n    return v @ W.T + b\n")
    page = (ROOT / "docs" / "check_your_own.md").read_text("utf-8")
    command = next(line for line in page.splitlines() if line.startswith("python -m pytest --implementation"))
    options = command.replace("my_cnn.py", str(tmp_path / "my_cnn.py")).split()[1:]
    assert command in (ROOT / "README.md").read_text("utf-8")
    done = subprocess.run(
        [sys.executable, *options, "-n0", "-q", "-k", "eq23", "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "dense_forward                  right" in done.stdout


def test_the_published_faults_are_found_and_nothing_else(tmp_path: Path) -> None:
    status, output = session(tmp_path, EXACT, "--implementation", "tests.errata.published_faults", "--report", "r.json")
    found = {row["label"]: row["verdict"] for row in json.loads((tmp_path / "r.json").read_text())["equations"]}
    assert status == 1
    assert {identifier(label) for label in (*EQUATIONS, "ΔI")} <= found.keys(), output
    wrong = {identifier(label) for fault in FAULTS for label in fault.equations}
    assert {label for label, verdict in found.items() if verdict != "right"} == wrong


def test_the_index_form_is_right(tmp_path: Path) -> None:
    options = ("--implementation", "vanillacnn.index_form", "--sample-axis", "none", "--report", "r.json")
    status, output = session(tmp_path, EXACT, *options)
    assert status == 0, output
    report = json.loads((tmp_path / "r.json").read_text())
    offered = {identifier(label) for row in rows() if hasattr(index_form, row.function) for label in row.labels}
    assert report["ok"]
    assert {row["label"] for row in report["equations"]} == offered
