"""Each planted fault is found and named; the implementation without a fault is right."""

import re
from typing import Any

import numpy as np
import pytest

from tests.suite.planted import LAYERS, PLANTED, Planted, check
from vanillacnn.check import Report, check_convolution, check_pooling

conv_forward = Planted("none", "", "", "").functions()["conv_forward"]


@pytest.mark.parametrize("fault", PLANTED, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found_and_named(fault: Planted) -> None:
    found = check(fault)
    wrong = [row for row in found.rows if row.verdict == "wrong"]
    assert not found.ok
    assert re.search(f"hint: .*{fault.says}", str(found)), str(found)
    assert any(row.counterexample or "np.array" in row.message for row in wrong), str(found)


@pytest.mark.parametrize(("layer", "stride"), [*((layer, 1) for layer in LAYERS), ("conv", 2), ("conv", 3)])
def test_without_a_fault_all_is_right(layer: str, stride: int) -> None:
    found = check(Planted("none", "", "", "", layer, stride))
    assert found.ok, str(found)
    assert all(row.verdict == "right" for row in found.rows), str(found)


def test_there_are_twenty() -> None:
    assert len({fault.name for fault in PLANTED}) == 20


def at(size: dict[str, int], **options: Any) -> Report:
    """The report on a forward pass that gives zeros at these sizes alone."""

    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        out = conv_forward(x, w, b)
        sides = dict(zip("NIHW", x.shape, strict=True)) | dict(zip("OIuv", w.shape, strict=True))
        sides |= dict(zip("XY", out.shape[2:], strict=True))
        return 0 * out if size.items() <= sides.items() else out

    return check_convolution(forward, **options)


@pytest.mark.parametrize(
    "size",
    [
        {"u": 1, "v": 1}, {"X": 1, "Y": 1}, {"N": 1, "I": 3}, {"N": 65}, {"I": 33}, {"O": 34}, {"u": 6}, {"v": 6},
        {"X": 33}, {"Y": 33}, {"X": 24}, {"I": 6, "O": 12}, {"u": 2}, {"X": 3, "Y": 4},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_at_some_sizes_alone_is_found(size: dict[str, int]) -> None:
    assert at({"N": 7}).ok, "a size that is not tried"
    assert at(size).verdict("out") == "wrong"


def test_a_kernel_larger_than_the_papers_images_is_tried_on_others() -> None:
    for kernel_size in (13, (15, 1)):
        assert at({"N": 7}, kernel_size=kernel_size).ok
        assert not at({"N": 65}, kernel_size=kernel_size).ok


@pytest.mark.parametrize(("stride", "padding"), [((1, 2), 0), ((2, 3), (0, 2)), (1, (2, 0))])
def test_square_images_are_square_whatever_the_stride(stride: Any, padding: Any) -> None:
    report = check_convolution(lambda x, w, b: None, stride=stride, padding=padding, square=True)
    sizes = [dict(part.split("=") for part in row.size.split(", ")) for row in report.rows]
    assert all((size["H"], size["u"]) == (size["W"], size["v"]) for size in sizes)


def largest(S: np.ndarray) -> np.ndarray:
    """Where the first largest entry of each cell of 2×2 is."""
    cells = S.reshape(*S.shape[:2], S.shape[2] // 2, 2, S.shape[3] // 2, 2).swapaxes(3, 4).reshape(-1, 4)
    return np.arange(4) == cells.argmax(axis=1)[:, None]


def test_a_tie_is_judged_without_a_forward_pass_and_in_the_precision() -> None:
    def last(dout: np.ndarray, S: np.ndarray) -> np.ndarray:
        assert S.dtype == dout.dtype == np.float32
        where = largest(S)
        where[(np.ptp(S) == 1)] = [False, False, False, True]
        N, C, H, W = S.shape
        spread = where.reshape(N, C, H // 2, W // 2, 2, 2) * dout[..., None, None]
        return spread.swapaxes(3, 4).reshape(S.shape)

    report = check_pooling(lambda x: None, last, kind="max", dtype=np.float32)
    assert report.verdict("dx") == "wrong"
    assert "at a tie, a cell that is not the largest gets the gradient" in str(report)


def test_a_window_of_one_cell_has_no_ties() -> None:
    assert check_pooling(lambda x: 1 * x, lambda dout, x: 1 * dout, kind="max", window=1).ok
    assert check_pooling(lambda x: x[:, :, ::2, ::3], kind="max", window=1, stride=(2, 3)).ok
