"""Layers in the styles of public code: right ones are right in a few lines, and the usual faults are named."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.suite.planted import Planted
from vanillacnn.check import Report, check_activation, check_convolution, check_dense, check_loss, check_pooling

PLAIN = Planted("none", "", "", "").functions()
conv_forward, conv_backward = PLAIN["conv_forward"], PLAIN["conv_backward"]


class Stepping:
    """A layer that takes its step inside backward and keeps no gradient. It knows one image and kernels of 3×3."""

    def __init__(self, filters: np.ndarray) -> None:
        self.filters = filters

    def regions(self) -> Any:
        for i, j in np.ndindex(self.image.shape[0] - 2, self.image.shape[1] - 2):
            yield i, j, self.image[i : i + 3, j : j + 3]

    def forward(self, image: np.ndarray) -> np.ndarray:
        self.image = image
        out = np.zeros((image.shape[0] - 2, image.shape[1] - 2, len(self.filters)))
        for i, j, region in self.regions():
            out[i, j] = (region * self.filters).sum(axis=(1, 2))
        return out

    def backward(self, dout: np.ndarray, rate: float, faulty: bool = False) -> None:
        gradient = np.zeros_like(self.filters)
        for i, j, region in self.regions():
            gradient += dout[i, j][:, None, None] * (region.T if faulty else region)
        self.filters -= rate * gradient


@pytest.mark.parametrize("faulty", [False, True])
@pytest.mark.parametrize("rate", [1, 0.01])
def test_a_step_instead_of_a_gradient(faulty: bool, rate: float) -> None:
    def forward(x: np.ndarray, w: np.ndarray) -> Any:
        layer = Stepping(w.copy())
        return layer.forward(x), layer

    def backward(dout: np.ndarray, layer: Stepping) -> Any:
        before = layer.filters.copy()
        layer.backward(dout, rate, faulty)
        return None, (before - layer.filters) / rate

    axes = {"x": "HW", "kernel": "OHW", "out": "HWC", "bias": None}
    report = check_convolution(forward, backward, **axes, kernel_size=3)
    assert report.ok is not faulty, str(report)
    assert not faulty or "transposed" in str(report)
    assert faulty or rate == 1 or "accurate only relative to" in str(report)
    assert "refused" in str(check_convolution(forward, backward, **axes))


def squares_only(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """One image, maps first: a single side for rows and columns."""
    side = x.shape[1] - w.shape[2] + 1
    out = np.zeros((len(w), side, side))
    for o, i, j in np.ndindex(out.shape):
        out[o, i, j] = (x[:, i : i + w.shape[2], j : j + w.shape[2]] * w[o]).sum() + b[o].item()
    return out


def test_code_for_squares_is_declared() -> None:
    assert check_convolution(squares_only, x="CHW", bias=(-1, 1), square=True).ok
    report = check_convolution(squares_only, x="CHW", bias=(-1, 1))
    assert not report.ok

    def pool(x: np.ndarray) -> np.ndarray:
        out = np.zeros((*x.shape[:2], x.shape[3] // 2, x.shape[3] // 2))
        for i, j in np.ndindex(out.shape[2:]):
            out[:, :, i, j] = x[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].mean(axis=(2, 3))
        return out

    assert check_pooling(pool, square=True).ok
    assert "declare square=True" in str(check_pooling(pool))


@pytest.mark.parametrize("faulty", [False, True])
def test_padding_that_keeps_the_size(faulty: bool) -> None:
    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> Any:
        p, q = w.shape[2] // 2, w.shape[3] // 2
        padded = np.pad(x, ((0, 0), (0, 0), (p, p), (q, q)))
        return conv_forward(padded, w, b), (padded, w, b, x.shape)

    def backward(dout: np.ndarray, cache: Any) -> Any:
        padded, w, b, (_, _, H, W) = cache
        dx, dw, db = conv_backward(dout, (padded, w, b))
        p, q = (0, 0) if faulty else (w.shape[2] // 2, w.shape[3] // 2)
        return dx[:, :, p : p + H, q : q + W], dw, db

    report = check_convolution(forward, backward, padding="same")
    assert report.ok is not faulty, str(report)
    assert not faulty or "cut off at the end alone" in str(report)


@pytest.mark.parametrize(
    ("results", "says"),
    [
        (lambda dx, dw, db: {"dW": dw, "db": db, "dX": dx}, ""),
        (lambda dx, dw, db: [dx.tolist(), dw.tolist(), db.tolist()], ""),
        (lambda dx, dw, db: {"dweight": dw, "grad": dx}, "got a dict of dweight, grad"),
        (lambda dx, dw, db: None, "got None"),
        (lambda dx, dw, db: (dx, dw, db, 0), "got 4 results"),
        (lambda dx, dw, db: (dw, db, dx), "these are the values of dw: give the gradients in the order (dx, dw, db)"),
        (lambda dx, dw, db: (dx, 2 * dw, db), "off by the constant factor 2"),
        (lambda dx, dw, db: (np.trunc(dx), dw, db), "rounded to integers"),
        (lambda dx, dw, db: (dx, dw.ravel().reshape(dw.shape, order="F"), db), "in other places"),
    ],
)
def test_how_gradients_are_given(results: Callable[..., Any], says: str) -> None:
    report = check_convolution(conv_forward, lambda dout, cache: results(*conv_backward(dout, cache)))
    assert report.ok is not bool(says), str(report)
    assert says in str(report)


@pytest.mark.parametrize("factor", [1, 2])
def test_a_gradient_alone(factor: int) -> None:
    def gradient(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return factor * (x - y) / len(x)

    found = [
        check_loss("squared_error", lambda x, y: None, gradient),
        check_activation("tanh", lambda x: None, lambda dout, x: factor * dout / np.cosh(x) ** 2),
        check_convolution(
            lambda x, w, b: None, lambda dout, cache: (None, factor * conv_backward(dout, cache)[1], None)
        ),
    ]
    assert [report.ok for report in found] == [factor == 1] * 3, "\n".join(map(str, found))


def test_float32_inside_is_declared() -> None:
    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        return conv_forward(*(a.astype(np.float32) for a in (x, w, b))).astype(np.float64)

    report = check_convolution(forward)
    assert not report.ok
    assert "declare dtype=np.float32" in str(report)
    assert check_convolution(forward, dtype=np.float32).ok


def channels_last(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    u, v = w.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(x, (u, v), axis=(1, 2))
    return np.einsum("nhwcuv,uvco->nhwo", windows, w) + b[0, 0, 0]


def test_another_declaration_that_fits_is_named() -> None:
    report = check_convolution(channels_last)
    assert not report.ok
    assert 'right if you declare x="NHWC", kernel="HWIO", bias=(1, 1, 1, -1)' in str(report)
    assert check_convolution(channels_last, x="NHWC", kernel="HWIO", bias=(1, 1, 1, -1)).ok


@pytest.mark.parametrize("faulty", [False, True])
def test_windows_that_overlap(faulty: bool) -> None:
    def forward(x: np.ndarray) -> np.ndarray:
        return np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))[:, :, ::2, ::2].max(axis=(4, 5))

    def backward(dout: np.ndarray, x: np.ndarray) -> np.ndarray:
        dx = np.zeros_like(x)
        for n, c, i, j in np.ndindex(dout.shape):
            window = dx[n, c, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3]
            values = x[n, c, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3]
            window[...] = (0 if faulty else window) + dout[n, c, i, j] * (values == values.max())
        return dx

    report = check_pooling(forward, backward, kind="max", window=3, stride=2)
    assert report.ok is not faulty, str(report)
    assert ("only the last of them counts" if faulty else "more than once") in str(report)


def all_named(report: Report, faulty: bool, says: str) -> None:
    assert report.ok is not faulty, str(report)
    assert not faulty or says in str(report)


@pytest.mark.parametrize("faulty", [False, True])
def test_activations(faulty: bool) -> None:
    def softmax(x: np.ndarray) -> np.ndarray:
        e = np.exp(x - x.max())
        return e / e.sum(axis=None if faulty else 1, keepdims=True)

    def back(dout: np.ndarray, s: np.ndarray) -> np.ndarray:
        return s * (dout - (0 if faulty else (s * dout).sum(axis=1, keepdims=True)))

    all_named(check_activation("softmax", softmax), faulty, "over all entries, not over the classes")
    right = PLAIN["np"].exp
    report = check_activation("softmax", lambda x: right(x) / right(x).sum(1, keepdims=True), back, given="output")
    assert report.verdict("dx") == ("wrong" if faulty else "right")

    def leaky(dout: np.ndarray, x: np.ndarray) -> np.ndarray:
        return dout * np.where(x > 0, 1, 0.02 if faulty else 0.2)

    report = check_activation("leaky_relu", lambda x: np.maximum(x, 0.2 * x), leaky, slope=0.2)
    assert report.ok is not faulty

    def relu(x: np.ndarray, dout: np.ndarray) -> np.ndarray:
        return dout * (x > 0)

    exchanged = relu if faulty else lambda dout, x: relu(x, dout)
    all_named(check_activation("relu", lambda x: x * (x > 0), exchanged), faulty, "are exchanged")


@pytest.mark.parametrize(("at_zero", "verdict"), [(0, "right"), (1, "right"), (0.5, "right"), (2, "wrong")])
def test_the_slope_at_zero_is_a_note(at_zero: float, verdict: str) -> None:
    def backward(dout: np.ndarray, x: np.ndarray) -> np.ndarray:
        return dout * np.where(x == 0, at_zero, x > 0)

    report = check_activation("relu", lambda x: np.maximum(x, 0), backward)
    assert report.verdict("dx") == verdict
    assert any("at zero, the slope" in note for note in report.notes) is (at_zero in (1, 0.5))


def test_nan_that_is_passed_over_is_a_note() -> None:
    def pool(largest: Callable[..., np.ndarray]) -> Report:
        def forward(x: np.ndarray) -> np.ndarray:
            return largest(x.reshape(*x.shape[:2], x.shape[2] // 2, 2, -1, 2), axis=(3, 5))

        return check_pooling(forward, kind="max")

    assert not pool(np.max).notes
    assert pool(np.nanmax).notes == ["out: at NaN it gives a number: NaN is passed over"]


def test_what_rounds_where_sums_are_exact_is_told() -> None:
    report = check_dense(lambda x, w, b: (x @ (w / 3)) * 3 + b)
    assert report.ok, str(report)
    assert any("within the bound but not exact" in note for note in report.notes)
    assert not check_dense(lambda x, w, b: x @ w + b).notes


@pytest.mark.parametrize("faulty", [False, True])
def test_the_binary_cross_entropy_of_one_class(faulty: bool) -> None:
    def loss(p: np.ndarray, y: np.ndarray) -> Any:
        return -(y * np.log(p) + (1 - y) * np.log((2 if faulty else 1) - p)).mean()

    def gradient(p: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (p - y) / (p * (1 - p) + 1e-8) / len(p)

    report = check_loss("binary_cross_entropy", loss, gradient, x="N")
    assert report.ok is not faulty, str(report)
    assert "an ε of 1e-08 beside p(1 - p)" in str(report)


def test_what_a_loss_returns() -> None:
    def probabilities(x: np.ndarray) -> np.ndarray:
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def each(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return -np.log(probabilities(x))[np.arange(len(x)), y]

    kind, labels = "softmax_cross_entropy", "integers"
    assert check_loss(kind, lambda x, y: each(x, y).mean(), labels=labels).ok
    assert "whose mean is right" in str(check_loss(kind, each, labels=labels))
    report = check_loss(kind, lambda x, y: (each(x, y).mean(), probabilities(x)), labels=labels)
    assert "these are the probabilities" in str(report)

    def naive(x: np.ndarray, y: np.ndarray) -> Any:
        e = np.exp(x)
        return -np.log((e / e.sum(axis=1, keepdims=True))[np.arange(len(x)), y]).mean()

    report = check_loss(kind, naive, labels=labels)
    assert report.ok
    assert any("at scores of ±1000" in note for note in report.notes)


@pytest.mark.parametrize("shape", ["NC", "CN", "C"])
def test_a_softmax_that_overflows_is_right_with_a_note(shape: str) -> None:
    axis = shape.index("C")

    def softmax(x: np.ndarray) -> np.ndarray:
        e = np.exp(x)
        return e / e.sum(axis=axis, keepdims=True)

    report = check_activation("softmax", softmax, shape=shape)
    assert report.ok, str(report)
    assert "out: warns at ±1000: overflow encountered in exp" in report.notes
    stable = check_activation("softmax", lambda x: softmax(x - x.max(axis=axis, keepdims=True)), shape=shape)
    assert stable.ok
    assert not stable.notes


def test_a_single_class_has_no_letter() -> None:
    """As in logistic regression: w is a vector, and b a number."""
    report = check_dense(
        lambda x, w, b: (x @ w + b, (x, w)),
        lambda dout, cache: (dout[:, None] * cache[1], dout @ cache[0], dout.sum()),
        weight="M",
        out="N",
        bias=(),
    )
    assert report.ok, str(report)
    assert not check_dense(lambda x, w, b: 2 * (x @ w) + b, weight="M", out="N", bias=()).ok
