"""What a check reports: right, wrong, refused, with its notes, for people and for machines."""

import json
from typing import Any

import numpy as np
import pytest

from tests.suite.planted import PLANTED, Planted
from vanillacnn.check import (
    CheckError,
    Report,
    check_activation,
    check_convolution,
    check_loss,
    check_pooling,
)

RIGHT = Planted("none", "", "", "").functions()


conv_forward, conv_backward = RIGHT["conv_forward"], RIGHT["conv_backward"]


def test_a_size_that_is_refused_is_neither_right_nor_wrong() -> None:
    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        if w.shape[2] != w.shape[3]:
            raise ValueError("square kernels only")
        return conv_forward(x, w, b)

    report = check_convolution(forward)
    assert report.ok
    assert "refused" in str(report)
    assert "ValueError: square kernels only (" in str(report)
    assert "in forward)" in str(report)
    assert "accepted: N=2, I=3, O=2, H=5, W=5, u=3, v=3" in str(report)
    assert str(report).splitlines()[2:5] == ["  dx     not given", "  dw     not given", "  db     not given"]
    assert "refused at every size" not in str(report)
    assert not check_convolution(forward, strict=True).ok


def test_what_refuses_every_size_is_not_ok() -> None:
    def backward(dout: np.ndarray, cache: Any) -> Any:
        raise KeyError("nothing")

    report = check_convolution(conv_forward, backward)
    assert not report.ok
    assert "KeyError" in str(report)
    assert report.verdict("out") == "right"
    assert str(report).count("refused at every size: KeyError: 'nothing' (") == 1
    assert "in backward), called as backward(dout, cache)" in str(report)
    assert len(str(report).splitlines()) == 6


def test_notes_fail_only_when_strict() -> None:
    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        out = conv_forward(x, w, b)
        x[...] = 0
        return out.astype(np.float32)

    report = check_convolution(forward)
    assert report.ok, str(report)
    assert "writes to the argument x" in str(report)
    assert "float32 where float64 was given" in str(report)
    assert not check_convolution(forward, strict=True).ok
    view = check_activation("relu", lambda x: np.maximum(x, 0, out=x))
    assert view.ok, str(view)
    assert "a view of the argument x" in str(view)


def test_values_come_before_form() -> None:
    def backward(dout: np.ndarray, cache: Any) -> Any:
        return None, conv_backward(dout, cache)[1][:, :, ::-1, ::-1].astype(np.float32), None

    text = str(check_convolution(conv_forward, backward))
    assert text.index("rotated by 180°") < text.index("float32 where")


@pytest.mark.parametrize(
    "fault", [f for f in PLANTED if f.layer == "conv" and f.name.startswith("kernel")], ids=lambda f: f.name
)
def test_a_counterexample_can_be_pasted(fault: Planted) -> None:
    f = fault.functions()
    report = check_convolution(f["conv_forward"], f["conv_backward"])
    example = next(row.counterexample for row in report.rows if row.quantity == "dw" and row.counterexample)
    names: dict[str, Any] = {}
    exec(example, {"np": np}, names)
    (N, I, H, W), (O, _, u, v) = names["x"].shape, names["w"].shape
    assert example.startswith(f"# N={N}, I={I}, O={O}, H={H}, W={W}, u={u}, v={v}\n")
    actual = f["conv_backward"](names["dout"], (names["x"], names["w"], names["b"]))[1]
    np.testing.assert_array_equal(actual, names["actual"])
    assert (names["actual"] != names["expected"]).any()
    assert names["expected"].any()
    np.testing.assert_array_equal(
        conv_backward(names["dout"], (names["x"], names["w"], names["b"]))[1], names["expected"]
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check_convolution(conv_forward, x="NCHV"), "x: expected some of the letters CHWN"),
        (lambda: check_convolution(conv_forward, kernel="OOHW"), "kernel: expected some of the letters"),
        (lambda: check_convolution(conv_forward, out="NOHW"), "out: expected some of the letters CHWN"),
        (lambda: check_convolution(conv_forward, parameter_gradients="median"), "parameter_gradients: expected"),
        (lambda: check_convolution(conv_forward, padding="valid"), "padding: expected numbers"),
        (lambda: check_convolution(conv_forward, padding="same", stride=(1, 2)), "padding: expected numbers"),
        (lambda: check_pooling(conv_forward, kind="median"), "kind: expected"),
        (lambda: check_activation("step", conv_forward), "kind: expected one of sigmoid"),
        (lambda: check_loss("hinge", conv_forward), "kind: expected one of squared_error"),
        (lambda: check_loss("squared_error", conv_forward, reduction="median"), "reduction: expected"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_the_report_for_a_test_and_for_machines() -> None:
    report = check_convolution(lambda x, w, b: 2 * conv_forward(x, w, b))
    with pytest.raises(CheckError, match="constant factor 2"):
        report.raise_for_errors()
    read = json.loads(report.json())
    assert read["ok"] is False
    assert {row["verdict"] for row in read["rows"] if row["quantity"] == "out"} == {"wrong"}


def test_nothing_right_is_not_ok() -> None:
    assert not Report("empty").ok
    assert not check_convolution(lambda x, w, b: None).ok
