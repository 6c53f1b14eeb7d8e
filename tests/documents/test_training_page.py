"""docs/training.md: the weights of a run mean in another framework what they mean here."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jax import lax

import vanillacnn as vc
from tests.documents.markdown import ROOT
from tests.suite import commands
from vanillacnn.training import checkpoint
from vanillacnn.training.config import Config
from vanillacnn.training.run import begin

digits_of_mnist = commands.digits_of_mnist


def test_the_kernels_are_those_of_jax(digits_of_mnist: vc.mnist.Split, tmp_path: Path) -> None:
    """In every bit, on weights and maps that are eighths."""
    state = begin(Config(dtype="float64"), digits_of_mnist)
    state = state._replace(params=vc.Parameters(*(np.rint(8 * theta) / 8 for theta in state.params)))
    checkpoint.save(tmp_path / "weights.safetensors", state)
    page = (ROOT / "docs" / "training.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.S)
    found: dict[str, Any] = {}
    exec(code.replace("RUN", str(tmp_path)), found)
    S = np.rint(8 * np.random.default_rng(0).standard_normal((6, 12, 12, 2))) / 8
    C = vc.network.conv_forward(S, state.params.K2, state.params.b2)
    theirs = lax.conv_general_dilated(S.transpose(3, 0, 1, 2), found["kernel"], (1, 1), "VALID")
    assert (np.asarray(theirs).transpose(1, 2, 3, 0) + found["bias"][:, None, None, None] == C).all()
    assert found["dense"].shape == (10, 192)


@pytest.mark.parametrize("layer", ["K1", "K2"])
def test_the_axes_are_those_that_the_page_names(layer: str) -> None:
    shape = getattr(vc.initialize(np.random.default_rng(0)), layer).shape
    assert shape[:2] == {"K1": (1, 6), "K2": (6, 12)}[layer]
