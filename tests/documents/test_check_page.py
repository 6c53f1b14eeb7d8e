"""The fault that docs/check_your_own.md shows is found as the page says."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from tests.suite.planted import Planted
from vanillacnn.check import check_convolution

PAGE = (Path(__file__).parents[2] / "docs" / "check_your_own.md").read_text("utf-8")


def test_the_report_on_the_fault_is_as_quoted() -> None:
    section = PAGE.partition("## A fault, found and mended")[2]
    loop = re.search(r"```python\n(.*?)```", section, re.S)[1]
    quoted = re.search(r"```text\n(.*?)```", section, re.S)[1]

    def backward(dout: np.ndarray, cache: Any) -> Any:
        x, w, _ = cache
        names = {"np": np, "x": x, "dout": dout, "dw": np.zeros_like(w), "X": dout.shape[2], "Y": dout.shape[3]}
        exec(loop, names)
        return None, names["dw"], None

    forward = Planted("none", "", "", "").functions()["conv_forward"]
    assert quoted in str(check_convolution(forward, backward))
    loop = loop.replace("min(4, dw.shape[2])", "dw.shape[2]").replace("min(4, dw.shape[3])", "dw.shape[3]")
    assert check_convolution(forward, backward).ok
