"""What a check reports: right, wrong, refused, with its notes, for people and for machines."""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from tests.suite.planted import PLANTED, Planted
from vanillacnn.check import (
    CheckError,
    Report,
    check_activation,
    check_convolution,
    check_dense,
    check_loss,
    check_network,
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


LETTERS = "expected some of the letters"
SHAPE = "bias: expected a shape with one -1 and ones beside it, such as (1, -1), or None, got "
NUMBERS = 'padding: expected numbers, or "same" at stride 1, got '
REFUSED: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (check_convolution, {"x": "NCHV"}, f"x: {LETTERS} CHWN in any order, each once, got 'NCHV'"),
    (check_convolution, {"x": None}, f"x: {LETTERS} CHWN in any order, each once, got None"),
    (check_convolution, {"x": "NC"}, "x: expected H and W among the letters, got 'NC'"),
    (check_convolution, {"kernel": "OOHW"}, f"kernel: {LETTERS} IOHW in any order, each once, got 'OOHW'"),
    (check_convolution, {"kernel": "OIH"}, "kernel: expected H and W among the letters, got 'OIH'"),
    (check_convolution, {"out": "NOHW"}, f"out: {LETTERS} CHWN in any order, each once, got 'NOHW'"),
    (check_convolution, {"out": "NCW"}, "out: expected H and W among the letters, got 'NCW'"),
    (check_convolution, {"out": "CHW"}, "out: expected an N, as x is 'NCHW', got 'CHW'"),
    (check_convolution, {"x": "CHW", "out": "NCHW"}, "out: expected no N, as x is 'CHW', got 'NCHW'"),
    (
        check_convolution,
        {"parameter_gradients": "median"},
        "parameter_gradients: expected one of sum, mean, ",
    ),
    (check_convolution, {"stride": 0}, "stride: expected a whole number from 1, or two, got 0"),
    (check_convolution, {"stride": 2.5}, "stride: expected a whole number from 1, or two, got 2.5"),
    (check_convolution, {"stride": (1, 2, 3)}, "stride: expected a whole number from 1, or two, got (1, 2, 3)"),
    (check_convolution, {"padding": -1}, "padding: expected a whole number from 0, or two, got -1"),
    (check_convolution, {"padding": (0, True)}, "padding: expected a whole number from 0, or two, got (0, True)"),
    (check_convolution, {"padding": "valid"}, f"{NUMBERS}'valid' at stride 1"),
    (check_convolution, {"padding": "same", "stride": (1, 2)}, f"{NUMBERS}'same' at stride (1, 2)"),
    (
        check_convolution,
        {"padding": "same", "kernel_size": 2},
        'kernel_size: expected odd sides with padding="same", got 2',
    ),
    (check_convolution, {"kernel_size": 0}, "kernel_size: expected a whole number from 1, or two, got 0"),
    (
        check_convolution,
        {"bias": (2, 3)},
        SHAPE,
    ),
    (
        check_convolution,
        {"bias": (1, 1)},
        SHAPE,
    ),
    (check_convolution, {"bias": 1}, SHAPE),
    (check_convolution, {"dtype": int}, "dtype: expected a type of floats, got <class 'int'>"),
    (check_convolution, {"dtype": "double precision"}, "dtype: expected a type of floats, got 'double precision'"),
    (check_dense, {"x": "NC"}, f"x: {LETTERS} MN in any order, each once, got 'NC'"),
    (check_dense, {"out": "C"}, "out: expected an N, as x is 'NM', got 'C'"),
    (check_dense, {"bias": ()}, SHAPE),
    (check_dense, {"dtype": "i4"}, "dtype: expected a type of floats, got 'i4'"),
    (check_pooling, {"kind": "median"}, "kind: expected one of mean, max, got 'median'"),
    (check_pooling, {"x": "NCH"}, "x: expected H and W among the letters, got 'NCH'"),
    (check_pooling, {"window": 0}, "window: expected a whole number from 1, or two, got 0"),
    (check_pooling, {"stride": (2, 0)}, "stride: expected a whole number from 1, or two, got (2, 0)"),
    (check_pooling, {"dtype": bool}, "dtype: expected a type of floats, got <class 'bool'>"),
    (
        partial(check_activation, "step"),
        {},
        "kind: expected one of sigmoid, tanh, relu, leaky_relu, softmax, ",
    ),
    (partial(check_activation, "relu"), {"shape": ""}, "shape: expected a letter for each axis, got ''"),
    (partial(check_activation, "relu"), {"slope": np.nan}, "slope: expected a finite number that is not 0, got nan"),
    (partial(check_activation, "relu"), {"dtype": "U3"}, "dtype: expected a type of floats, got 'U3'"),
    (partial(check_loss, "hinge"), {}, "kind: expected one of squared_error, "),
    (partial(check_loss, "squared_error"), {"reduction": "median"}, "reduction: expected one of mean, sum, elements"),
    (partial(check_loss, "squared_error"), {"gradient_reduction": "no"}, "gradient_reduction: expected one of mean, "),
    (partial(check_loss, "squared_error"), {"x": ""}, "x: expected a letter for each axis, got ''"),
    (partial(check_loss, "squared_error"), {"factor": 0}, "factor: expected a finite number that is not 0, got 0"),
    (partial(check_loss, "squared_error"), {"dtype": "c8"}, "dtype: expected a type of floats, got 'c8'"),
    (check_network, {"kernel": "OHW"}, "kernel: expected I and O and H and W among the letters, got 'OHW'"),
    (check_network, {"weight": "M"}, "weight: expected C and M among the letters, got 'M'"),
    (check_network, {"x": "HW"}, "labels: expected no N, as x is 'HW', got 'NC'"),
    (check_network, {"maps": (6, 0)}, "maps: expected a whole number from 1, or two, got (6, 0)"),
    (check_network, {"image": 2.0}, "image: expected a whole number from 1, or two, got 2.0"),
    (check_network, {"classes": 1}, "classes: expected a whole number from 2, got 1"),
]


@pytest.mark.parametrize(("check", "options", "message"), REFUSED, ids=[message[:30] for *_, message in REFUSED])
def test_a_declaration_that_cannot_be_is_refused(
    check: Callable[..., Any], options: dict[str, Any], message: str
) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("it is refused before anything is called")

    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        check(never, **options)


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
