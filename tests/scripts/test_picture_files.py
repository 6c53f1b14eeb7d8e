"""The files that the pictures of a run are in: which is which, of which weights, and when they are drawn anew."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scripts import pictures
from vanillacnn.mnist import Split, Subset
from vanillacnn.training.config import Config
from vanillacnn.training.run import Metrics, State, begin

DIGEST = hashlib.sha256(b"weights").hexdigest()
SIZES = {  # inches, times 150 pixels
    "curves.png": (1350, 540), "kernels.png": (450, 450), "confusion.png": (960, 900), "worst.png": (1350, 1170)
}  # fmt: skip


@pytest.fixture
def state() -> State:
    """After an epoch, with kernels in one row and two columns."""
    config = Config(maps=(1, 2), kernels=((1, 1), (1, 1)))
    state = begin(config, Split(digits(), digits()))
    return state._replace(history=(Metrics(1, 0.7, 0.6, 0.85, 15, 1.0),))


def digits() -> Subset:
    return Subset(np.zeros((4, 4, 2), np.uint8), np.array([3, 7], np.uint8))


def read(path: Path) -> tuple[str, tuple[int, int]]:
    """What a picture says of itself, and its size."""
    with Image.open(path) as image:
        image.load()
        return image.text["Comment"], image.size


def test_each_picture_is_in_its_file_and_says_of_which_weights_it_is(state: State, tmp_path: Path) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"weights")
    pictures.draw(tmp_path, state, digits())
    assert {path.name for path in tmp_path.iterdir()} == {"weights.safetensors", *SIZES}
    assert {name: read(tmp_path / name) for name in SIZES} == {name: (DIGEST, size) for name, size in SIZES.items()}


def test_pictures_are_drawn_anew_unless_all_are_whole(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that ends like a PNG and names the weights is left as it is."""
    (tmp_path / "weights.safetensors").write_bytes(b"weights")
    whole = DIGEST.encode() + pictures.END
    for name in SIZES:
        (tmp_path / name).write_bytes(whole)
    with monkeypatch.context() as patch:
        patch.delattr(pictures, "evaluate")
        pictures.draw(tmp_path, state, digits())
    assert {(tmp_path / name).read_bytes() for name in SIZES} == {whole}
    (tmp_path / "kernels.png").unlink()
    pictures.draw(tmp_path, state, digits())
    assert {name: read(tmp_path / name)[1] for name in SIZES} == SIZES


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda path: path.write_bytes(b"PNG" + DIGEST.encode() + pictures.END), True),
        (lambda path: path.write_bytes(b"PNG" + DIGEST.encode() + pictures.END[:-1]), False),
        (lambda path: path.write_bytes(b"PNG" + DIGEST[:-1].encode() + pictures.END), False),
        (lambda path: path.mkdir(), False),
        (lambda path: None, False),
    ],
    ids=["whole", "cut off", "of other weights", "a folder", "missing"],
)
def test_a_picture_is_of_these_weights(make: Callable[[Path], object], expected: bool, tmp_path: Path) -> None:
    make(tmp_path / "picture.png")
    assert pictures.is_of(tmp_path / "picture.png", DIGEST) is expected
