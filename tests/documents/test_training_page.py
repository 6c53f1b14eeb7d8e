"""docs/training.md: the weights of a run give in another framework the scores that they give here."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import reference.forward  # noqa: F401  # turns JAX's float64 on
import vanillacnn as vc
from reference.rounding.propagation import radii
from tests.documents.markdown import ROOT
from tests.suite import commands
from tests.suite.compare import within
from vanillacnn.training import checkpoint
from vanillacnn.training.batches import one_hot, scale
from vanillacnn.training.config import Config
from vanillacnn.training.run import begin

digits_of_mnist = commands.digits_of_mnist


@pytest.mark.parametrize(
    "framework", [pytest.param("torch", marks=pytest.mark.bench), pytest.param("jax", marks=pytest.mark.slow)]
)
def test_the_scores_are_those_of(framework: str, digits_of_mnist: vc.mnist.Split, tmp_path: Path) -> None:
    """In float64, up to its rounding; the weights are large, so that no two images have similar scores."""
    state = begin(Config(dtype="float64"), digits_of_mnist)
    rng = np.random.default_rng(0)
    state = state._replace(params=vc.Parameters(*(rng.standard_normal(theta.shape) / 2 for theta in state.params)))
    checkpoint.save(tmp_path / "weights.safetensors", state)
    page = (ROOT / "docs" / "training.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.S)
    (code,) = [block for block in blocks if block.startswith(f"import {framework}\n")]
    found: dict[str, Any] = {}
    exec(code.replace("RUN", str(tmp_path)), found)
    I = scale(digits_of_mnist.test.images, "float64")
    images = np.ascontiguousarray(I.transpose(2, 0, 1)[:, np.newaxis])
    theirs = np.asarray(found["scores"](found["torch"].from_numpy(images) if framework == "torch" else images))
    assert theirs.dtype == np.float64
    trace, y = vc.forward(state.params, I), one_hot(digits_of_mnist.test.labels, 10, "float64")
    grads = vc.backward(state.params, trace, y)._asdict()
    bound = radii(state.params._asdict(), trace._asdict(), grads, y, np.float64)["yhat_s"]
    within(theirs.T, trace.yhat_s, 2 * bound, {})  # both round
