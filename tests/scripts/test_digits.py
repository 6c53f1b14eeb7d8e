"""How a picture of any size, depth and colour becomes a digit as MNIST has them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vanillacnn as vc
from scripts import digits
from tests.suite import commands
from vanillacnn import mnist

digits_of_mnist = commands.digits_of_mnist


@pytest.fixture
def seven(digits_of_mnist: mnist.Split) -> np.ndarray:
    return digits_of_mnist.test.images[..., 0]


def as_png(folder: Path, **images: np.ndarray) -> list[Path]:
    for name, pixels in images.items():
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return [folder / f"{name}.png" for name in images]


def mass(image: np.ndarray) -> tuple[float, float]:
    weights = image.astype(float) / image.sum()
    return float(np.arange(image.shape[0]) @ weights.sum(1)), float(np.arange(image.shape[1]) @ weights.sum(0))


def extent(image: np.ndarray) -> tuple[int, int]:
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


DEEP = np.uint16, np.int32, np.float32
STORED = {  # how an upright picture is stored under each orientation of EXIF
    1: lambda X: X, 2: np.fliplr, 3: lambda X: X[::-1, ::-1], 4: np.flipud,
    5: np.transpose, 6: lambda X: np.rot90(X, 1), 7: lambda X: X[::-1, ::-1].T, 8: lambda X: np.rot90(X, -1),
}  # fmt: skip


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_camera_s_orientation_is_followed(orientation: int, dtype, seven: np.ndarray, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = STORED[orientation](seven.astype(dtype) * (np.iinfo(dtype).max // 255))
    Image.fromarray(np.ascontiguousarray(pixels)).save(tmp_path / "digit.png", exif=exif)
    assert (digits.read(tmp_path / "digit.png", (28, 28)) == seven).all()


@pytest.mark.parametrize(
    ("dtype", "white"),
    [(np.float32, 1), *((dtype, white) for dtype in DEEP for white in (255, 1023, 4095, 65535))],
)
def test_grey_levels_of_any_depth(dtype, white: int, seven: np.ndarray, tmp_path: Path) -> None:
    levels = seven / 255 * white if dtype == np.float32 else np.rint(seven / 255 * white)
    Image.fromarray(levels.astype(dtype)).save(tmp_path / "digit.tiff")
    assert (digits.read(tmp_path / "digit.tiff", (28, 28)) == seven).all()


def test_grey_levels_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.full((28, 28), np.nan, np.float32)).save(tmp_path / "digit.tiff")
    with pytest.raises(ValueError, match="expected a readable image, got: grey levels that are not finite"):
        digits.read(tmp_path / "digit.tiff", (28, 28))


def test_every_digit_of_mnist_is_made_as_mnist_s_are() -> None:
    """A digit that was moved, made smaller or put on grey paper is not taken as it is."""
    images = vc.mnist.load().test.images
    for n in range(200):
        seven = images[..., n]
        assert digits.is_normal(seven, (28, 28))
        assert not digits.is_normal(np.roll(seven, 3, axis=0), (28, 28))
        assert not digits.is_normal(np.pad(seven[::2, ::2], 7), (28, 28))
        assert not digits.is_normal(np.maximum(seven, 30), (28, 28))


def test_a_moved_or_smaller_digit_of_28_pixels_is_read_as_well(tmp_path: Path) -> None:
    """The digit comes back to the middle and to its size, up to what resampling changes."""
    seven = vc.mnist.load().test.images[..., 0]
    for picture in (np.roll(seven, (3, -3), axis=(0, 1)), np.pad(seven[::2, ::2], ((0, 14), (14, 0)))):
        (path,) = as_png(tmp_path, moved=picture)
        read = digits.read(path, (28, 28))
        assert max(extent(read)) == 20
        assert max(abs(side - 14) for side in mass(read)) <= 0.51


@pytest.mark.parametrize(("name", "reason"), [("digit.eps", "got none of PNG"), ("digit.png", "got none of PNG")])
def test_a_format_that_starts_another_program_is_not_opened(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / name).write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n")
    with pytest.raises(ValueError, match=reason):
        digits.read(tmp_path / name, (28, 28))


def test_a_picture_that_is_too_long_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    Image.new("L", (2**16, 1)).save(tmp_path / "long.png")
    with pytest.raises(ValueError, match=r"65536×1 pixels, a side longer than 32,768"):
        digits.read(tmp_path / "long.png", (28, 28))


@pytest.mark.parametrize(("size", "box"), [((28, 28), (20, 20)), ((28, 56), (20, 40)), ((14, 14), (10, 10))])
def test_other_sizes_are_normalised_as_mnist_is(size: tuple[int, int], box: tuple[int, int]) -> None:
    page = np.full((300, 400), 150, np.uint8)  # grey paper
    page[40:240, 310:350] = 20  # a tall stroke in a corner,
    page[220:240, 310:370] = 20  # heavier at its foot
    image = digits.normalise(digits.light_on_dark(page), size)
    assert image.shape == size
    assert image.max() == 255
    assert extent(image) == (box[0], round(box[0] * 60 / 200))
    assert np.abs(np.array(mass(image)) - np.array(size) / 2).max() <= 0.5
    moved = np.roll(page, (30, -200), (0, 1))
    assert (digits.normalise(digits.light_on_dark(moved), size) == image).all()
    assert (digits.normalise(digits.light_on_dark(255 - page), size) == image).all()


def test_normalising_what_is_normal_changes_little(digits_of_mnist: mnist.Split, tmp_path: Path) -> None:
    for n in range(20):
        digit = digits_of_mnist.test.images[..., n]
        Image.fromarray(255 - digit).resize((280, 280), Image.Resampling.BICUBIC).save(tmp_path / "digit.png")
        again = digits.read(tmp_path / "digit.png", (28, 28)).astype(float)
        shifts = [np.roll(again, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        assert max(np.corrcoef(shift.ravel(), digit.ravel())[0, 1] for shift in shifts) > 0.93
