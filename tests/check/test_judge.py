"""The comparison itself: what is outside the bound is wrong, by however little, and what is inside is right."""

import warnings
from typing import Any

import numpy as np
import pytest

from vanillacnn.check import check_activation, check_dense
from vanillacnn.check.judge import Quantity, bound, judge
from vanillacnn.check.report import ABSENT, REFUSED, RIGHT, WRONG, Report, Row

EXPECTED = np.array([[1.0, -2.0, 4.0], [0.5, 8.0, -1.0]])
QUANTITY = Quantity("dw", EXPECTED, np.abs(EXPECTED), 9, "OI")
GIVEN = {"x": np.zeros(3)}


def verdict(result: object, quantity: Quantity = QUANTITY, dtype: type = np.float64) -> str:
    return judge(result, quantity, "N=1", {"x": np.zeros(3, dtype)}).verdict


def test_the_bound_is_that_of_the_theorem() -> None:
    u = 2.0**-53
    assert (2 * 13 * u * np.abs(EXPECTED) < bound(QUANTITY, np.float64)).all()
    assert (bound(QUANTITY, np.float64) < 2 * 13.01 * u * np.abs(EXPECTED)).all()


@pytest.mark.parametrize("place", list(np.ndindex(EXPECTED.shape)))
@pytest.mark.parametrize("sign", [-1, 1])
def test_each_entry_is_compared_on_both_sides(place: tuple[int, int], sign: int) -> None:
    step = np.zeros(EXPECTED.shape)
    step[place] = sign * bound(QUANTITY, np.float64)[place]
    assert verdict(EXPECTED + 0.9 * step) == RIGHT
    assert verdict(EXPECTED + 1.5 * step) == WRONG


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_wrong(bad: float) -> None:
    wrong = EXPECTED.copy()
    wrong[1, 1] = bad
    assert verdict(wrong) == WRONG


def test_the_precision_is_the_coarser_of_input_and_result() -> None:
    off = EXPECTED * (1 + 2.0**-23)
    assert verdict(off) == WRONG
    assert verdict(off.astype(np.float32)) == RIGHT
    assert verdict(off, dtype=np.float32) == RIGHT
    half = EXPECTED * (1 + 2.0**-10)
    assert verdict(half, dtype=np.float32) == WRONG
    assert verdict(half.astype(np.float32), dtype=np.float32) == WRONG


@pytest.mark.parametrize(
    "result", [EXPECTED.T, EXPECTED.ravel(), EXPECTED[None], EXPECTED[:, :2], np.float64(1), "text", [[1, 2], [3]]]
)
def test_another_shape_or_kind_is_wrong(result: object) -> None:
    assert verdict(result) == WRONG


def test_a_loose_shape_differs_by_axes_of_size_one_only() -> None:
    row = Quantity("db", np.arange(1.0, 5), np.arange(1.0, 5), 3, loose=True)
    assert verdict(np.arange(1.0, 5)[None, :, None], row) == RIGHT
    assert verdict(np.arange(1.0, 5).reshape(2, 2), row) == WRONG
    assert verdict(np.arange(1.0, 4), row) == WRONG
    assert verdict(np.arange(2.0, 6)[None], row) == WRONG


def test_the_accuracy_of_an_fft_needs_a_norm() -> None:
    off = EXPECTED + 1e-14
    assert verdict(off) == WRONG
    row = judge(off, Quantity("dw", EXPECTED, np.abs(EXPECTED), 9, norm=10.0), "N=1", GIVEN)
    assert row.verdict == RIGHT
    assert "FFT" in row.notes[0]
    assert verdict(EXPECTED + 1e-11, Quantity("dw", EXPECTED, np.abs(EXPECTED), 9, norm=10.0)) == WRONG


def test_the_message_points_to_a_place_that_is_wrong_and_not_zero() -> None:
    expected = np.array([0.0, 3.0, 5.0])
    row = judge(np.array([1.0, 3.0, 7.0]), Quantity("dw", expected, expected, 3), "N=1", GIVEN)
    assert row.message == "dw[2]: expected 5, got 7"


def test_none_is_not_given() -> None:
    assert verdict(None) == ABSENT


@pytest.mark.parametrize(
    ("verdicts", "ok"),
    [
        ([RIGHT], True),
        ([RIGHT, REFUSED], True),
        ([RIGHT, WRONG], False),
        ([REFUSED], False),
        ([ABSENT], False),
        ([RIGHT, WRONG, REFUSED, ABSENT], False),
    ],
)
def test_one_wrong_size_is_enough(verdicts: list[str], ok: bool) -> None:
    report = Report("check", [Row("out", str(i), each) for i, each in enumerate(verdicts)])
    assert report.ok is ok
    strict = Report("check", report.rows, strict=True)
    assert strict.ok is (ok and REFUSED not in verdicts)


# What the user's functions may do


def dense(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    return x @ w + b


def gradients(dout: np.ndarray, cache: Any) -> list[np.ndarray | None]:
    return [dout @ cache[1].T, cache[0].T @ dout, dout.sum(axis=0)]


def test_what_is_refused_of_some_data_is_refused_at_that_size() -> None:
    def within_two(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        if np.abs(x).max() > 2:
            raise OverflowError("fixed point")
        return dense(x, w, b)

    report = check_dense(within_two)
    assert report.ok
    assert {row.verdict for row in report.rows if row.size == "N=2, M=192, C=10"} == {REFUSED}
    assert "refused: OverflowError: fixed point" in str(report)
    assert not check_dense(within_two, strict=True).ok


def test_a_gradient_that_is_not_given_at_some_sizes_is_noted() -> None:
    def backward(dout: np.ndarray, cache: Any) -> Any:
        return gradients(dout, cache) if len(dout) == 3 else [None, None, None]

    report = check_dense(dense, backward)
    assert report.ok
    assert any(note.startswith("dw: not given at N=2, M=5, C=3; N=4, M=3, C=5; ") for note in report.notes)
    assert not check_dense(dense, backward, strict=True).ok


def test_fortran_order_may_be_refused_with_a_note() -> None:
    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        if not x.flags.c_contiguous:
            raise TypeError("C order only")
        return dense(x, w, b)

    (note,) = check_dense(forward).notes
    assert note.startswith("out: refuses arguments in Fortran order: TypeError: C order only (")


def test_what_answers_once_and_then_refuses_ends_no_check() -> None:
    calls = []

    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        calls.append(x)
        if len(calls) % 2 == 0:
            raise RuntimeError("reset first")
        return 0 * b + 7 + np.zeros((len(x), 1))

    report = check_dense(forward)
    assert not report.ok
    assert not any("reset first" in row.counterexample for row in report.rows)


@pytest.mark.parametrize("result", [object(), "text", 1j * EXPECTED, {"out": 1}])
def test_what_is_no_array_of_numbers_is_wrong_and_no_more(result: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = check_dense(lambda x, w, b: result, lambda dout, cache: (result, result, result))
    assert {row.verdict for row in report.rows} == {WRONG}


def test_an_output_in_a_tuple_alone_has_no_cache() -> None:
    assert check_dense(lambda *given: (dense(*given),), gradients).ok


def test_a_gradient_of_one_row_may_be_a_list() -> None:
    def backward(dout: np.ndarray, x: np.ndarray) -> Any:
        return (dout * (x > 0)).tolist()

    report = check_activation("relu", lambda x: np.maximum(x, 0), backward)
    assert report.ok, str(report)
    assert check_activation("relu", lambda x: np.maximum(x, 0), lambda dout, x: [dout * (x > 0)]).ok


def test_a_backward_pass_may_compute_in_place_of_the_output() -> None:
    def forward(x: np.ndarray) -> Any:
        out = 1 / (1 + np.exp(-x))
        return out, out

    def backward(dout: np.ndarray, out: np.ndarray) -> np.ndarray:
        out *= 1 - out
        out *= dout
        return out

    report = check_activation("sigmoid", forward, backward)
    assert report.ok, str(report)
    assert [report.verdict(quantity) for quantity in ("out", "dx")] == [RIGHT, RIGHT]
