"""A run whose checkpoint could not be read back is not begun; a file forged to be expensive is refused at once."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.suite.commands import ROOT
from vanillacnn.mnist import Split, Subset
from vanillacnn.optimizer import Rule
from vanillacnn.training import checkpoint, run_folder
from vanillacnn.training.config import Config
from vanillacnn.training.run import Metrics, begin


def blank(side: int) -> Split:
    subset = Subset(np.zeros((side, side, 2), np.uint8), np.zeros(2, np.uint8))
    return Split(subset, subset)


def test_a_network_that_no_checkpoint_holds_is_refused_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one image of 2480×2480 in float64 with Adam's moments would be, here with a lower limit."""
    config = Config(dtype="float64", rule=Rule("adam"))
    state = begin(config, blank(128))
    needed = 3 * sum(theta.nbytes for theta in state.params) + checkpoint.LARGEST_TEXT
    monkeypatch.setattr(checkpoint, "LARGEST", needed - 1)
    message = rf"^size: expected a checkpoint of at most {needed - 1} bytes, got {needed} of 100,920 weights$"
    with pytest.raises(ValueError, match=message), run_folder.create(str(tmp_path / "run"), state):
        pass
    assert [*tmp_path.iterdir()] == []
    monkeypatch.setattr(checkpoint, "LARGEST", needed)
    with run_folder.create(str(tmp_path / "run"), state):
        assert run_folder.load(tmp_path / "run").config == config


def test_epochs_whose_history_no_checkpoint_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    state = begin(Config(epochs=10**6), blank(16))
    with pytest.raises(ValueError, match=r"^epochs: expected at most \d\d,\d\d\d, whose history .*, got 1000000$"):
        checkpoint.encode(state)
    monkeypatch.setattr(checkpoint, "LARGEST_TEXT", 2**14)
    with pytest.raises(ValueError, match=r"^epochs: expected at most (\d\d), ") as caught:
        checkpoint.encode(state)
    most = int(str(caught.value).split(", whose")[0].split()[-1])
    ending = state._replace(config=Config(epochs=most), epoch=most, history=history(most))
    assert checkpoint.decode(checkpoint.encode(ending)).history == ending.history


def history(epochs: int) -> tuple[object, ...]:
    """Lines as long as they can be."""
    third = 1 / 3 * 1e-300
    return tuple(Metrics(k + 1, third, third, third, 60_000, third) for k in range(epochs))


FORGER = """
import sys, resource
from vanillacnn.training import checkpoint
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    checkpoint.load(sys.argv[1])
except checkpoint.CheckpointError as error:
    print(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_forged_state_of_39_megabytes_is_refused_at_little_cost(tmp_path: Path) -> None:
    """A list of many empty lists takes twenty times its text in memory. The file itself takes 39 MiB."""
    state = begin(Config(), blank(16))
    tensors = {name: np.asarray(theta) for name, theta in state.params._asdict().items()}
    text = '{"format": 2, "history": [' + "[]," * 13_000_000 + "[]]}"
    path = tmp_path / "forged.safetensors"
    path.write_bytes(checkpoint.serialize(tensors, {"state": text, "sha256": checkpoint._digest(tensors, text)}))
    run = subprocess.run([sys.executable, "-c", FORGER, path], cwd=ROOT, capture_output=True, text=True, check=True)
    refusal, mebibytes = run.stdout.splitlines()
    assert "header: expected at most" in refusal
    assert int(mebibytes) < 100
