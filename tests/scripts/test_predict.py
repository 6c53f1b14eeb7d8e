"""predict.py: digits of the test set and of image files, what is printed, and what is refused."""

import os
import re
import shutil
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scripts import digits, predict, train
from tests.scripts.test_digits import as_png
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


def test_the_answer_names_the_best_digit_with_a_bar_for_each_score(fresh: Path, seven: np.ndarray) -> None:
    """Scores that do not depend on the image: W = 0, and b = σ⁻¹ of them."""
    state = run_folder.load(fresh)
    s = np.array([0.05, 0.1, 0.15, 0.9, 0.2, 0.25, 0.75, 0.3, 0.35, 0.4])
    b = np.log(s / (1 - s)).astype(np.float32)
    answer = predict.answer(state._replace(params=state.params._replace(W=0 * state.params.W, b=b)), "name", seven, 7)
    expected = """
    0  0.050  ██
    1  0.100  ████
    2  0.150  ██████
    3  0.900  ████████████████████████████████████
    4  0.200  ████████
    5  0.250  ██████████
    6  0.750  ██████████████████████████████
    7  0.300  ████████████
    8  0.350  ██████████████
    9  0.400  ████████████████
predicted 3, true 7"""
    assert answer.startswith("name\n")
    assert answer.endswith(expected)


@pytest.mark.parametrize(("score", "bar"), [(1, "█" * 40), (0.5125, "█" * 20 + "▌"), (0.003125, "▏"), (0, "")])
def test_a_bar_ends_to_an_eighth_of_a_character(score: float, bar: str) -> None:
    assert predict.bar(score).rstrip() == bar


def test_one_bad_file_does_not_keep_the_others_from_being_read(
    run: Path, seven: np.ndarray, tmp_path: Path, call
) -> None:
    (good,) = as_png(tmp_path, good=seven)
    bad, missing = tmp_path / "bad\x1b.png", tmp_path / "missing.png"
    bad.write_bytes(b"garbage")
    status, out, err = call(predict.main, run, bad, good, missing, good, "--test", 0)
    assert status == 2
    assert [line for line in out.splitlines() if ".png" in line or "image" in line] == [
        *[str(good)] * 2,
        "test image 0",
    ]
    assert len(re.findall(r"^predicted \d", out, re.MULTILINE)) == 3
    first, second = err.splitlines()
    assert first.startswith(f"predict.py: error: {tmp_path}/bad\\x1b.png: expected a readable image")
    assert second == f"predict.py: error: {missing}: No such file or directory"


def test_a_pipe_that_nobody_writes_to_is_refused(run: Path, tmp_path: Path, call) -> None:
    os.mkfifo(tmp_path / "image.png")
    is_one_error(
        call(predict.main, run, tmp_path / "image.png"), r"image\.png: expected a file, got a pipe or a device"
    )


@pytest.mark.slow
def test_a_data_set_that_was_moved_is_found_with_data(fresh: Path, data: Path, tmp_path: Path, call) -> None:
    state = run_folder.load(fresh)
    run_folder.save(fresh, State(Config(data=str(tmp_path / "gone"), epochs=1), *state[1:]))
    message = "gone: no such directory, .*; if the data set was moved, say where it is with --data"
    is_one_error(call(predict.main, fresh, "--test", 0), message)
    is_one_error(call(train.main, "--resume", fresh), message)
    moved = shutil.copytree(data, tmp_path / "moved")
    assert call(predict.main, fresh, "--test", 0, "--data", moved)[0] == 0
    assert call(train.main, "--resume", fresh, "--data", moved)[0] == 0


@pytest.mark.slow
def test_a_run_remembers_that_its_images_are_transposed(
    digits_of_mnist: mnist.Split, data: Path, tmp_path: Path, call
) -> None:
    """EMNIST's images lie on their side: the network and the pictures on the terminal see upright digits."""
    turned = [mnist.Subset(images.swapaxes(0, 1), labels) for images, labels in digits_of_mnist]
    folder = write_idx(tmp_path / "turned", mnist.Split(*turned))
    for name, options in (("a", ("--data", data)), ("b", ("--data", folder, "--transpose"))):
        assert call(train.main, *options, "--epochs", 1, "--limit", 60, "--out", tmp_path / name)[0] == 0
    a, b = (run_folder.load(tmp_path / name) for name in "ab")
    assert (b.config.transpose, b.data) == (True, a.data)
    assert all((one == other).all() for one, other in zip(a.params, b.params, strict=True))
    shown = [call(predict.main, tmp_path / name, "--test", 0) for name in "ab"]
    assert shown[0] == shown[1]


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
