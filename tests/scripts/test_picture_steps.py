"""Each step from a picture to a digit, on pictures so small that its result is known by hand."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scripts import digits
from tests.scripts.test_digits import as_png, extent, mass

SIZE = (28, 28)


def decoded(pixels: np.ndarray, folder: Path) -> np.ndarray:
    (path,) = as_png(folder, picture=pixels)
    with path.open("rb") as file:
        found = digits.decode(file)
    assert found.dtype == np.uint8
    return found


@pytest.mark.parametrize(
    ("pixels", "expected"),  # each pixel has a grey level and an opacity, of 255
    [
        ([(200, 51), (255, 255)], [40, 255]),  # light ink: black lies behind
        ([(50, 51), (0, 255)], [214, 0]),  # dark ink: white lies behind
        ([(127, 51)], [229]),
        ([(128, 51)], [26]),
        ([(255, 51), (0, 255)], [255, 0]),  # what is opaque weighs more
        ([(0, 0), (255, 255)], [0, 255]),
        ([(255, 0), (0, 255)], [255, 0]),
    ],
)
def test_behind_what_is_transparent_is_the_better_contrast(pixels: list, expected: list, tmp_path: Path) -> None:
    assert decoded(np.array([pixels], np.uint8), tmp_path).tolist() == [expected]


def test_a_faint_picture_of_eight_bits_stays_as_it_is(tmp_path: Path) -> None:
    assert decoded(np.array([[0, 1, 1]], np.uint8), tmp_path).tolist() == [[0, 1, 1]]


def test_a_large_picture_is_reduced(tmp_path: Path) -> None:
    assert decoded(np.zeros((3000, 2000), np.uint8), tmp_path).shape == (1024, 683)


def test_the_limits_of_a_picture_s_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "LARGEST", 12)
    monkeypatch.setattr(digits, "LONGEST", 4)
    for shape in ((3, 4), (4, 3), (1, 4)):
        assert decoded(np.zeros(shape, np.uint8), tmp_path).shape == shape
    for shape, message in (((4, 4), "4×4 pixels, more than 12"), ((1, 5), "5×1 pixels, a side longer than 4")):
        with pytest.raises(ValueError, match=message):
            decoded(np.zeros(shape, np.uint8), tmp_path)


@pytest.mark.filterwarnings("ignore")
def test_what_pillow_warns_of_is_refused_whatever_is_done_with_warnings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(Image.DecompressionBombWarning, match=r"15 pixels"):
        decoded(np.zeros((3, 5), np.uint8), tmp_path)


def test_a_pipe_is_refused_and_nobody_waits_for_what_it_may_bring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(name: object, flags: int) -> int:
        assert flags & os.O_NONBLOCK, "this waits for somebody who writes"
        return descriptor(name, flags)

    descriptor = os.open
    os.mkfifo(tmp_path / "image.png")
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", opened)
        with pytest.raises(ValueError, match=r"image\.png: expected a file, got a pipe or a device"):
            digits.read(tmp_path / "image.png", SIZE)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([-5, 3, 255], [0, 3, 255]),
        ([0, 5e5, 1e6], [0, 128, 255]),  # beyond all usual whites the largest level is white
        ([0, 1, 1], [0, 255, 255]),
        ([0, 0.5, 1.5], [0, 0, 2]),
        ([0, 0, 1023], [0, 0, 255]),
    ],
)
def test_levels_of_more_than_eight_bits(levels: list[float], expected: list[int]) -> None:
    found = digits.bytes_of(np.array([levels]))
    assert (found.dtype, found.tolist()) == (np.uint8, [expected])


@pytest.mark.parametrize("level", [np.nan, np.inf])
def test_one_level_that_is_not_finite_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="grey levels that are not finite"):
        digits.bytes_of(np.array([[0.0, level, 1.0]]))


def test_the_paper_is_the_median_of_all_four_edges() -> None:
    """Half of the edges' levels are 6 or less, and half are 11 or more; corners stand in two edges."""
    picture = np.array([[1, 2, 3, 4], [5, 200, 200, 11], [6, 200, 200, 12], [13, 14, 15, 16]], np.uint8)
    assert digits.paper(picture) == 8.5


@pytest.mark.parametrize(("paper", "dark"), [(140, True), (145, True), (146, False), (190, False)])
def test_paper_is_dark_up_to_the_middle_of_all_levels(paper: int, dark: bool) -> None:
    picture = np.full((8, 8), paper, np.uint8)
    picture[3, 3], picture[4, 4] = 90, 200
    found = digits.light_on_dark(picture)
    assert found.dtype == np.uint8
    assert found[0, 0] == (paper if dark else 255 - paper)
    assert found[3, 3] == (90 if dark else 165)


def test_ink_has_a_least_contrast(tmp_path: Path) -> None:
    picture = np.full((28, 28), 100, np.uint8)
    picture[5:20, 10:14] = 120
    found = digits.read(*as_png(tmp_path, faint=picture), SIZE)
    assert (found.dtype, extent(found)) == (np.uint8, (20, 5))
    picture[5:20, 10:14] = 119
    with pytest.raises(ValueError, match="expected ink on a plain background, got a blank image"):
        digits.read(*as_png(tmp_path, fainter=picture), SIZE)


def stroke(shape: tuple[int, int], rows: slice, columns: slice) -> np.ndarray:
    picture = np.zeros(shape, np.uint8)
    picture[rows, columns] = 200
    return picture


@pytest.mark.parametrize(
    ("shape", "rows", "columns", "size", "normal"),
    [
        (SIZE, slice(4, 24), slice(9, 19), SIZE, True),  # the centre of mass is half a pixel before the middle, 14
        (SIZE, slice(5, 25), slice(10, 20), SIZE, True),  # half a pixel behind it
        (SIZE, slice(3, 23), slice(9, 19), SIZE, False),
        (SIZE, slice(6, 26), slice(9, 19), SIZE, False),
        (SIZE, slice(4, 24), slice(8, 18), SIZE, False),
        (SIZE, slice(9, 19), slice(4, 24), SIZE, True),
        (SIZE, slice(5, 24), slice(9, 19), SIZE, False),  # a row too short for the box
        (SIZE, slice(3, 24), slice(9, 19), SIZE, False),  # a row too long
        ((28, 30), slice(4, 24), slice(10, 20), SIZE, False),  # another size
        ((28, 56), slice(4, 24), slice(23, 33), (28, 56), True),
        ((28, 56), slice(9, 19), slice(8, 48), (28, 56), True),
        ((28, 56), slice(9, 19), slice(18, 38), (28, 56), False),  # of the box of the other side
        (SIZE, slice(0, 28), slice(0, 28), SIZE, False),
    ],
)
def test_what_is_made_as_mnist_s_are(
    shape: tuple[int, int], rows: slice, columns: slice, size: tuple[int, int], normal: bool
) -> None:
    assert digits.is_normal(stroke(shape, rows, columns), size) == normal


def test_a_digit_that_fits_the_box_is_only_moved() -> None:
    """Its side of 20 is that of the box. What differs from the paper by less than a fifth of the ink is no ink."""
    digit = np.zeros((20, 6))
    digit[:, 0], digit[19], digit[0, 5] = 200, 100, 40
    page = np.full((40, 50), 10.0)
    page[7:27, 11:17] += digit
    page[2, 45] += 39
    page[35, 3] -= 8
    found = digits.normalise(page.astype(np.uint8), SIZE)
    rows, columns = np.flatnonzero(found.any(1)), np.flatnonzero(found.any(0))
    part = found[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert found.dtype == np.uint8
    assert (part == np.select([digit == 200, digit == 100, digit == 40], [255, 128, 51])).all()
    assert np.abs(np.array(mass(found)) - 14).max() <= 0.5


def test_a_thin_stroke_is_a_pixel_wide() -> None:
    assert extent(digits.normalise(stroke((300, 300), slice(50, 250), slice(70, 71)), SIZE)) == (20, 1)
    assert extent(digits.normalise(stroke((300, 300), slice(70, 71), slice(50, 250)), SIZE)) == (1, 20)


@pytest.mark.parametrize(
    ("ink", "expected"),
    [
        ([1] * 4, 12),  # the centre, 1.5, comes to 13.5
        ([1] * 2, 14),
        ([1], 14),
        ([0, 3, 1], 13),
        ([0] * 19 + [1], 0),  # not outside the picture
        ([1] + [0] * 19, 8),
    ],
)
def test_where_a_profile_begins(ink: list[int], expected: int) -> None:
    assert digits.corner(np.array(ink, float), 28) == expected
