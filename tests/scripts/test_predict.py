"""predict.py: digits of the test set and of image files, how a file becomes a normal digit, and what is refused."""

import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vanillacnn as vc
from scripts import digits, predict
from tests.suite import commands as scripts
from tests.suite.commands import is_one_error, write_idx
from vanillacnn import mnist
from vanillacnn.training import run_folder
from vanillacnn.training.config import Config
from vanillacnn.training.run import State

digits_of_mnist, data, plain = scripts.digits_of_mnist, scripts.data, scripts.plain
call, run, fresh = scripts.call, scripts.run, scripts.fresh


@pytest.fixture
def seven(digits_of_mnist: mnist.Split) -> np.ndarray:
    return digits_of_mnist.test.images[..., 0]


def test_predict_shows_images_of_the_test_set(run: Path, digits_of_mnist: mnist.Split, call) -> None:
    status, out, err = call(predict.main, run, "--test", 0, 59)
    assert (status, err) == (0, "")
    assert out.startswith("test image 0\n")
    assert len(re.findall(r"^    \d  0\.\d{3}", out, re.MULTILINE)) == 20
    labels = [int(digit) for digit in re.findall(r", true (\d)$", out, re.MULTILINE)]
    assert labels == [digits_of_mnist.test.labels[0], digits_of_mnist.test.labels[59]]
    top = out.splitlines()[1:15]
    assert "".join(top).count("█") > 20
    assert max(map(len, top)) <= 28


def test_predict_reads_the_weights_file_too(run: Path, call) -> None:
    assert call(predict.main, run / "weights.safetensors", "--test", 1) == call(predict.main, run, "--test", 1)


def as_png(folder: Path, **images: np.ndarray) -> list[Path]:
    for name, pixels in images.items():
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return [folder / f"{name}.png" for name in images]


def test_ink_may_be_light_or_dark_or_on_nothing(run: Path, seven: np.ndarray, tmp_path: Path, call) -> None:
    nothing = np.zeros_like(seven)
    paths = as_png(
        tmp_path,
        light=seven,
        dark=255 - seven,
        color=np.stack([255 - seven] * 3, -1),
        black_on_nothing=np.stack([nothing] * 3 + [seven], -1),
        white_on_nothing=np.stack([nothing + 255] * 3 + [seven], -1),
        fine=(65535 - 257 * seven.astype(np.uint16)),
    )
    for path in paths:
        assert (digits.read(path, (28, 28)) == seven).all(), path
    status, out, _ = call(predict.main, run, *paths)
    answers = [block.partition("\n")[2] for block in out.strip().split("\n\n" + str(tmp_path))]
    assert status == 0
    assert len(set(answers)) == 1
    test_image = call(predict.main, run, "--test", 0)[1].strip().partition("\n")[2]
    assert answers[0] == test_image.removesuffix(", true 7")


def test_every_digit_of_mnist_is_made_as_mnist_s_are() -> None:
    """And no digit that was moved, made smaller or turned to grey paper."""
    images = vc.mnist.load().test.images
    for n in range(200):
        seven = images[..., n]
        assert digits.is_normal(seven, (28, 28))
        assert not digits.is_normal(np.roll(seven, 3, axis=0), (28, 28))
        assert not digits.is_normal(np.pad(seven[::2, ::2], 7), (28, 28))
        assert not digits.is_normal(np.maximum(seven, 30), (28, 28))


def test_a_moved_or_smaller_digit_of_28_pixels_is_read_as_well(tmp_path: Path) -> None:
    """Back in the middle and at its size, up to what resampling changes."""
    seven = vc.mnist.load().test.images[..., 0]
    for picture in (np.roll(seven, (3, -3), axis=(0, 1)), np.pad(seven[::2, ::2], ((0, 14), (14, 0)))):
        (path,) = as_png(tmp_path, moved=picture)
        read = digits.read(path, (28, 28))
        assert max(extent(read)) == 20
        assert max(abs(side - 14) for side in mass(read)) <= 0.51


@pytest.mark.parametrize(("name", "reason"), [("digit.eps", "cannot identify"), ("digit.png", "cannot identify")])
def test_a_format_that_starts_another_program_is_not_opened(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / name).write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n")
    with pytest.raises(ValueError, match=reason):
        digits.read(tmp_path / name, (28, 28))


def test_a_picture_that_is_too_long_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    Image.new("L", (2**16, 1)).save(tmp_path / "long.png")
    with pytest.raises(ValueError, match=r"65536×1 pixels, a side longer than 32,768"):
        digits.read(tmp_path / "long.png", (28, 28))


def mass(image: np.ndarray) -> tuple[float, float]:
    weights = image.astype(float) / image.sum()
    return float(np.arange(image.shape[0]) @ weights.sum(1)), float(np.arange(image.shape[1]) @ weights.sum(0))


def extent(image: np.ndarray) -> tuple[int, int]:
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


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


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    sizes = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", sizes) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


NO_DIGITS = {
    "blank": (lambda path: Image.new("L", (50, 50), 255).save(path, "PNG"), "got a blank image"),
    "faint": (lambda path: Image.linear_gradient("L").point(lambda v: v // 20).save(path, "PNG"), "got a blank image"),
    "invisible": (lambda path: Image.new("RGBA", (28, 28), (0, 0, 0, 0)).save(path, "PNG"), "got a blank image"),
    "garbage": (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n garbage"), "expected a readable image"),
    "cut": (lambda path: path.write_bytes(png_header(28, 28)), "expected a readable image"),
    "bomb": (lambda path: path.write_bytes(png_header(50_000, 50_000)), "expected a readable image, .*bomb"),
    "warning": (lambda path: path.write_bytes(png_header(10_000, 10_000)), "expected a readable image, .*bomb"),
    "large": (lambda path: path.write_bytes(png_header(8_000, 9_000)), "readable image, got: 8000×9000 pixels"),
    "folder": (lambda path: path.mkdir(), "Is a directory"),
    "missing": (lambda path: None, "No such file or directory"),
}


@pytest.mark.parametrize("kind", NO_DIGITS)
def test_files_without_a_digit_are_refused(kind: str, run: Path, tmp_path: Path, call) -> None:
    make, message = NO_DIGITS[kind]
    make(tmp_path / "image.png")
    is_one_error(call(predict.main, run, tmp_path / "image.png"), rf"image\.png: .*{message}")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--test", 60], "--test: expected 0 to 59, got 60"),
        (["--test", -1], "--test: expected 0 to 59, got -1"),
        (["--test", "x"], "argument --test: invalid int value: 'x'"),
        ([], "expected image files, or --test with places in the test set, got neither"),
    ],
)
def test_bad_options_of_predict(options: list, message: str, run: Path, call) -> None:
    is_one_error(call(predict.main, run, *options), message)


def test_predict_refuses_what_is_no_run(tmp_path: Path, call) -> None:
    is_one_error(call(predict.main, tmp_path, "--test", 0), "expected the checkpoint of a run, got no such file")
    is_one_error(call(predict.main), "the following arguments are required: RUN")


def test_predict_refuses_another_test_set(digits_of_mnist: mnist.Split, fresh: Path, tmp_path: Path, call) -> None:
    state = run_folder.load(fresh)
    train_set, (images, labels) = digits_of_mnist
    other = write_idx(tmp_path / "other", mnist.Split(train_set, mnist.Subset(images, labels[::-1])))
    moved = State(Config(data=str(other)), *state[1:])
    run_folder.save(fresh, moved)
    is_one_error(call(predict.main, fresh, "--test", 0), "data: expected those of the run")
