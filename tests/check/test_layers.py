"""The checks of layers: what they take, in whose axes, and what they say."""

from typing import Any

import numpy as np
import pytest

from tests.suite.planted import Planted
from vanillacnn.check import (
    check_convolution,
    check_dense,
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
