"""The checks of layers: what they take, in whose axes, and what they say."""

from typing import Any

import numpy as np
import pytest

from tests.suite.planted import Planted
from vanillacnn.check import check_convolution, check_dense, check_pooling, faults
from vanillacnn.check.convolution import Declared, draw
from vanillacnn.check.geometry import Geometry
from vanillacnn.check.geometry import Layer as Given
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


STRIDE, PADDING = (2, 1), (1, 0)


def given() -> Given:
    rng = np.random.default_rng(0)
    shapes = ((2, 5, 4, 8), (2, 4, 3, 2), (4,), (4, 3, 3, 8))
    return Given(Geometry(STRIDE, PADDING), *(rng.integers(-9, 10, shape).astype(float) for shape in shapes))


def by_loops(S: np.ndarray, K: np.ndarray, b: np.ndarray, dC: np.ndarray) -> list[np.ndarray]:
    """C, ΔS, ΔK and Δb, a product at a time. All are integers, and exact."""
    C, dS, dK = np.zeros(dC.shape), np.zeros(S.shape), np.zeros(K.shape)
    C += b[:, None, None, None]
    for q, i, j, n, p, u, v in np.ndindex(*dC.shape, K.shape[0], *K.shape[2:]):
        row, column = (s * k + l - e for s, k, l, e in zip(STRIDE, (i, j), (u, v), PADDING, strict=True))
        if 0 <= row < S.shape[1] and 0 <= column < S.shape[2]:
            C[q, i, j, n] += S[p, row, column, n] * K[p, q, u, v]
            dS[p, row, column, n] += dC[q, i, j, n] * K[p, q, u, v]
            dK[p, q, u, v] += dC[q, i, j, n] * S[p, row, column, n]
    return [C, dS, dK, dC.sum(axis=(1, 2, 3))]


@pytest.mark.parametrize("mean", [False, True])
@pytest.mark.parametrize("rotated", [False, True])
def test_what_is_right_of_a_convolution_in_other_axes(rotated: bool, mean: bool) -> None:
    layer, turn, N = given(), -1 if rotated else 1, 8 if mean else 1

    def kernel(K: np.ndarray) -> np.ndarray:
        return K.transpose(2, 3, 0, 1)[::turn, ::turn]

    forms = (
        lambda C: C.transpose(0, 3, 1, 2), lambda S: S.transpose(3, 1, 2, 0), lambda K: kernel(K) / N,
        lambda b: b[None] / N,
    )  # fmt: skip
    arrays = (layer.S, layer.K, layer.b, layer.dC)
    found = Declared("NHWC", "HWIO", "CNHW", rotated, (1, -1), mean).quantities(layer)
    S, K, b, dC = (np.sqrt((a * a).sum()) for a in arrays)
    norms = (S * K + b, dC * K, S * dC / N, 0)
    # A product for each entry of a kernel, an output map or an output, and one more for the bias or the mean.
    terms = (2 * 6 + 1, 4 * 6, 3 * 3 * 8 + 1, 3 * 3 * 8 + 1)
    names = [("out", "CNHW"), ("dx", "NHWC"), ("dw", "HWIO"), ("db", "")]
    assert [(q.name, q.letters) for q in found] == names
    assert [q.loose for q in found] == [False, False, False, True]
    sizes = by_loops(*map(abs, arrays))
    for q, form, right, size, norm, k in zip(found, forms, by_loops(*arrays), sizes, norms, terms, strict=True):
        np.testing.assert_array_equal(q.expected, form(right))
        np.testing.assert_array_equal(q.magnitude, form(size))
        assert (q.terms, q.norm) == (k, norm)
    np.testing.assert_array_equal(found[2].parameter, kernel(abs(layer.K)))
    np.testing.assert_array_equal(found[3].parameter, abs(layer.b)[None])


@pytest.mark.parametrize("rotated", [False, True])
def test_what_usual_faults_would_give_in_other_axes(rotated: bool) -> None:
    layer = given()
    found = Declared("NHWC", "HWIO", "CNHW", rotated, (1, -1), False).quantities(layer)
    planted = [q.faults() for q in found]
    of = (
        faults.of_output(layer, rotated), faults.of_input_gradient(layer), faults.of_kernel_gradient(layer),
        faults.of_bias_gradient(layer),
    )  # fmt: skip
    for q, wrong, ours in zip(found, planted, of, strict=True):
        assert wrong.keys() == ours.keys()
        assert {a.shape for a in wrong.values()} == {q.expected.shape}
    b, late = layer.b[:, None, None, None], layer.K.copy()
    late[:, 0] = 0
    without = by_loops(layer.S, late, layer.b, layer.dC)[1]
    np.testing.assert_array_equal(planted[0]["the bias is left out"], found[0].expected - b)
    np.testing.assert_array_equal(
        planted[1]["the sum over the output maps starts one too late"], without.transpose(3, 1, 2, 0)
    )
    for q, wrong in zip(found[2:], planted[2:], strict=True):
        np.testing.assert_array_equal(wrong["off by the constant factor N"], 8 * q.expected)


@pytest.mark.parametrize("bias", [None, (-1,)])
def test_the_arrays_of_a_case(bias: tuple[int, ...] | None) -> None:
    """Drawn in the sizes that are asked for, rounded to the precision, and without a bias where there is none."""
    rng, geometry = np.random.default_rng(0), Geometry(STRIDE, PADDING)
    declared = Declared("CHWN", "IOHW", "CHWN", False, bias, False)
    size = {"N": 3, "I": 2, "O": 4, "H": 5, "W": 4, "u": 3, "v": 2}
    layer = draw(geometry, size, lambda *shape: rng.random(shape), declared, np.float32)
    arrays = {"x": layer.S, "w": layer.K, "b": layer.b, "dout": layer.dC}
    assert [a.shape for a in arrays.values()] == [(2, 5, 4, 3), (2, 4, 3, 2), (4,), (4, 3, 3, 3)]
    assert layer.geometry == geometry
    for name, a in arrays.items():
        assert a.dtype == np.float64
        np.testing.assert_array_equal(a, a.astype(np.float32))
        assert a.any() == (name != "b" or bias is not None)
    arguments = declared.arguments(layer)
    assert arguments.keys() == arrays.keys() - ({"b"} if bias is None else set())
    for name, argument in arguments.items():
        np.testing.assert_array_equal(argument, arrays[name])


def sides(**options: Any) -> set[tuple[int, int]]:
    """The kernels that a function for one map and one image gets, with the axes that are needed alone."""
    seen = set()

    def forward(x: np.ndarray, w: np.ndarray) -> np.ndarray:
        seen.add(w.shape)
        margins = [(side // 2, side // 2) if options.get("padding") else (0, 0) for side in w.shape]
        return conv_forward(np.pad(x, margins)[None, None], w[None, None], np.zeros(1))[0, 0]

    report = check_convolution(forward, x="HW", kernel="HW", bias=None, **options)
    assert report.ok, str(report)
    assert not report.advice
    return seen


def test_the_kernels_that_are_tried() -> None:
    anything = sides()
    assert {(5, 3), (2, 3), (3, 2), (6, 6)} <= anything
    assert sides(padding="same") == {(u + 1 - u % 2, v + 1 - v % 2) for u, v in anything}
    assert sides(kernel_size=(4, 3)) == {(4, 3)}
    assert sides(kernel_size=(3, 5), padding="same") == {(3, 5)}
    for even in ((3, 6), (3, 4), (4, 3)):
        with pytest.raises(ValueError, match=r"^kernel_size: expected odd sides .* got \(.*\)$"):
            sides(kernel_size=even, padding="same")


def test_one_map_in_or_out_has_no_letter() -> None:
    def of_one(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        return conv_forward(x[None], w[:, None], b)[0]

    def to_one(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        return conv_forward(x[None], w[None], b)[0, 0]

    assert check_convolution(of_one, x="CHW", kernel="OHW").ok
    assert check_convolution(to_one, x="CHW", kernel="IHW", out="HW").ok
    assert check_convolution(lambda x, w, b: of_one(x, w, b)[0], x="CHW", kernel="OHW", out="HW").ok
    # Then b needs no axis, either.
    assert check_convolution(lambda x, w, b: of_one(x, w, b[None])[0], x="CHW", kernel="OHW", out="HW", bias=()).ok
    assert check_convolution(lambda x, w, b: to_one(x, w, b[None])[None], x="CHW", kernel="IHW", bias=()).ok
