"""The README: short, and its Python runs as it is printed."""

import re
from typing import Any

import numpy as np

import vanillacnn as vc
from tests.documents.markdown import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_it_is_one_page() -> None:
    assert len(README.encode()) <= 8192


def test_the_example_takes_a_step_down_the_loss() -> None:
    (example,) = [code for code in re.findall(r"```python\n(.*?)```", README, re.S) if "vc.backward" in code]
    found: dict[str, Any] = {}
    exec(example, found)
    after = vc.loss(vc.forward(found["params"], found["I"]), found["y"])
    assert after < vc.loss(found["trace"], found["y"])
    assert all(np.isfinite(dX).all() for dX in found["grads"])
