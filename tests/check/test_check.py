"""What the checks accept, refuse, note and say."""

import json
import subprocess
import sys
from pathlib import Path
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
    check_pooling,
)
from vanillacnn.check.interface import to_user

RIGHT = Planted("none", "", "", "").functions()
STRIDED = Planted("none", "", "", "", stride=2).functions()
conv_forward, conv_backward = RIGHT["conv_forward"], RIGHT["conv_backward"]


class Layer:
    """The usual class: samples first and maps last, a cache, gradients kept as attributes."""

    def __init__(self, w: np.ndarray, b: np.ndarray) -> None:
        self.w, self.b = w, b

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        out = STRIDED["conv_forward"](self.x.transpose(0, 3, 1, 2), self.w.transpose(3, 2, 0, 1), self.b)
        return out.transpose(0, 2, 3, 1)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        cache = (self.x.transpose(0, 3, 1, 2), self.w.transpose(3, 2, 0, 1), self.b)
        dx, dw, self.db = STRIDED["conv_backward"](dout.transpose(0, 3, 1, 2), cache)
        self.dw = dw.transpose(2, 3, 1, 0)
        return dx.transpose(0, 2, 3, 1)[:, 1:-1, 1:-1]


def test_a_class_is_checked_in_seven_lines() -> None:
    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> Any:
        layer = Layer(w, b)
        return layer.forward(x), layer

    def backward(dout: np.ndarray, layer: Layer) -> Any:
        return layer.backward(dout), layer.dw, layer.db

    check_convolution(forward, backward, x="NHWC", kernel="HWIO", stride=2, padding=1).raise_for_errors()


def test_one_image_has_no_letter_n() -> None:
    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        return conv_forward(x[None], w, b)[0]

    assert check_convolution(forward, x="CHW").ok
    report = check_convolution(
        lambda x, w: conv_forward(x[None, None], w[None, None], np.zeros(1))[0, 0], x="HW", kernel="HW", bias=None
    )
    assert report.ok, str(report)


@pytest.mark.parametrize("shape", [(1, 1, 1, -1), (-1, 1), (1, -1)])
def test_a_bias_of_another_shape(shape: tuple[int, ...]) -> None:
    def backward(dout: np.ndarray, cache: Any) -> Any:
        dx, dw, db = conv_backward(dout, cache)
        return dx, dw, db.reshape(shape)

    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        assert b.size == max(b.shape)
        return conv_forward(x, w, b.ravel())

    declared = check_convolution(forward, lambda d, c: backward(d, c), bias=shape)
    assert declared.ok
    assert not declared.notes
    plain = check_convolution(conv_forward, backward)
    assert plain.ok
    assert any("shape" in note for note in plain.notes)
    assert not check_convolution(conv_forward, backward, strict=True).ok


def test_only_some_gradients() -> None:
    report = check_convolution(conv_forward, lambda dout, cache: (None, conv_backward(dout, cache)[1], None))
    assert report.ok
    assert (report.verdict("dx"), report.verdict("dw"), report.verdict("db")) == ("not given", "right", "not given")
    assert check_convolution(conv_forward, lambda dout, cache: {"dw": conv_backward(dout, cache)[1]}).ok


def test_the_mean_is_declared() -> None:
    def backward(dout: np.ndarray, cache: Any) -> Any:
        dx, dw, db = conv_backward(dout, cache)
        return dx, dw / len(dout), db / len(dout)

    assert check_convolution(conv_forward, backward, parameter_gradients="mean").ok
    report = check_convolution(conv_forward, backward)
    assert not report.ok
    assert 'parameter_gradients="mean"' in str(report)


def test_a_rotated_kernel_is_declared() -> None:
    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        return conv_forward(x, w[:, :, ::-1, ::-1], b)

    assert check_convolution(forward, rotated=True).ok
    assert "rotated by 180°" in str(check_convolution(forward))
    assert "not rotated" in str(check_convolution(conv_forward, rotated=True))


def test_a_layout_that_was_guessed_wrong_is_named() -> None:
    def backward(dout: np.ndarray, cache: Any) -> Any:
        return None, conv_backward(dout, cache)[1].transpose(2, 3, 1, 0), None

    assert "in the order HWIO, not OIHW" in str(check_convolution(conv_forward, backward))


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
    assert not check_convolution(forward, strict=True).ok


def test_what_refuses_every_size_is_not_ok() -> None:
    def backward(dout: np.ndarray, cache: Any) -> Any:
        raise KeyError("nothing")

    report = check_convolution(conv_forward, backward)
    assert not report.ok
    assert "KeyError" in str(report)
    assert report.verdict("out") == "right"


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
    actual = f["conv_backward"](names["dout"], (names["x"], names["w"], names["b"]))[1]
    np.testing.assert_array_equal(actual, names["actual"])
    assert (names["actual"] != names["expected"]).any()
    assert names["expected"].any()
    np.testing.assert_array_equal(
        conv_backward(names["dout"], (names["x"], names["w"], names["b"]))[1], names["expected"]
    )


def test_a_clipped_sigmoid_is_right_with_a_note() -> None:
    report = check_activation("sigmoid", lambda x: 1 / (1 + np.exp(-np.clip(x, -20, 20))))
    assert report.ok
    assert "the tail" in str(report)
    naive = check_activation("sigmoid", RIGHT["sigmoid"])
    assert naive.ok
    assert "warns at ±1000: overflow" in str(naive)


def test_the_slope_of_the_output() -> None:
    assert check_activation("sigmoid", RIGHT["sigmoid"], lambda d, s: d * s * (1 - s), given="output").ok
    assert not check_activation("sigmoid", RIGHT["sigmoid"], lambda d, s: d * s * (1 - s)).ok


@pytest.mark.parametrize("choice", ["last", "shared", "all"])
def test_the_choice_at_a_tie_is_a_note(choice: str) -> None:
    def split(dout: np.ndarray, x: np.ndarray) -> np.ndarray:
        x = x.reshape(*x.shape[:2], dout.shape[2], 2, dout.shape[3], 2)
        largest = x == x.max(axis=(3, 5), keepdims=True)
        share = largest / (largest.sum(axis=(3, 5), keepdims=True) if choice == "shared" else 1)
        if choice == "last":
            flat = largest.transpose(0, 1, 2, 4, 3, 5).reshape(*dout.shape, 4)[..., ::-1]
            first = (np.arange(4) == flat.argmax(axis=-1)[..., None])[..., ::-1]
            share = first.reshape(*dout.shape, 2, 2).transpose(0, 1, 2, 4, 3, 5)
        dx = share * dout[:, :, :, None, :, None]
        return dx.reshape(*dx.shape[:2], dx.shape[2] * 2, -1)

    report = check_pooling(RIGHT["pool_forward"], split, kind="max")
    assert report.ok, str(report)
    assert {"last": "another than the first", "shared": "in shares", "all": "more than once"}[choice] in str(report)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_loss_as_declared(reduction: str) -> None:
    def loss(x: np.ndarray, y: np.ndarray) -> float:
        total = float(((x - y) ** 2).sum())
        return total / len(x) if reduction == "mean" else total

    def gradient(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 2 * (x - y) / (len(x) if reduction == "mean" else 1)

    report = check_loss("squared_error", loss, gradient, reduction=reduction, factor=2)
    assert report.ok, str(report)
    assert "a Python number" in str(report)
    other = check_loss("squared_error", loss, gradient, reduction={"mean": "sum", "sum": "mean"}[reduction], factor=2)
    assert not other.ok
    assert "off by the constant factor" in str(other)


def test_dense_in_the_other_order() -> None:
    def backward(dout: np.ndarray, cache: Any) -> Any:
        x, w, _ = cache
        return w.T @ dout, dout @ x.T, dout.sum(axis=1, keepdims=True)

    report = check_dense(lambda x, w, b: w @ x + b, backward, x="MN", weight="CM", bias=(-1, 1))
    assert report.ok, str(report)
    assert not report.notes


def test_the_axes_of_the_user() -> None:
    a = np.arange(24).reshape(1, 2, 3, 4)
    assert to_user(a, "CHWN", "NHW").shape == (4, 2, 3)
    assert to_user(a, "CHWN", "NHW")[3, 1, 2] == a[0, 1, 2, 3]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check_convolution(conv_forward, x="NCHV"), "x: expected some of the letters CHWN"),
        (lambda: check_convolution(conv_forward, kernel="OOHW"), "kernel: expected some of the letters"),
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


@pytest.mark.parametrize("eps", [1e-15, 1e-12, 1e-8])
def test_a_guarded_logarithm_is_right_with_a_note(eps: float) -> None:
    def loss(x: np.ndarray, y: np.ndarray) -> float:
        return -(y * np.log(x + eps)).sum() / len(x)

    report = check_loss("cross_entropy", loss, lambda x, y: -y / (x + eps) / len(x))
    assert report.ok, str(report)
    assert eps == 1e-15 or f"an ε of {eps:.0e} inside the logarithm" in str(report)
    assert not check_loss("cross_entropy", lambda x, y: loss(x, y) + 1e-6).ok


def test_what_takes_every_kernel_for_square_is_told_so() -> None:
    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        u = w.shape[2]
        out = np.zeros((len(x), len(w), x.shape[2] - u + 1, x.shape[3] - u + 1))
        right = conv_forward(x, w, b)
        rows, columns = min(out.shape[2], right.shape[2]), min(out.shape[3], right.shape[3])
        out[:, :, :rows, :columns] = right[:, :, :rows, :columns]
        return out

    report = check_convolution(forward)
    assert not report.ok
    assert "declare square=True" in str(report)
    assert check_convolution(forward, square=True).ok
