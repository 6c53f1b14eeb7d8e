"""The command that runs the checks in a file, and what it needs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

FILE = """
from vanillacnn.check import check_activation
import numpy as np

def check_relu():
    return check_activation("relu", lambda x: np.maximum(x, {floor}))
"""


@pytest.mark.parametrize(
    ("text", "status"), [(FILE.format(floor=0), 0), (FILE.format(floor=1), 1), ("x = 1", 2), ("x = y", 2)]
)
def test_the_command(tmp_path: Path, text: str, status: int) -> None:
    (tmp_path / "mine.py").write_text(text)
    command = [
        sys.executable,
        "-m",
        "vanillacnn",
        "check",
        str(tmp_path / "mine.py"),
        "--report",
        str(tmp_path / "r.json"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    if status < 2:
        assert json.loads((tmp_path / "r.json").read_text())[0]["ok"] is (status == 0)
    else:
        assert done.stderr.startswith("check: error: ")


def test_it_needs_numpy_alone() -> None:
    script = "import vanillacnn.check, sys; print({'jax', 'pytest', 'hypothesis', 'torch'} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "set()\n"
    )
