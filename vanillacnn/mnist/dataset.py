"""The four IDX files of a data set: finding, verifying and reading them."""

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vanillacnn.mnist.idx import IDXError, read_idx

BUNDLED = Path(__file__).parent
CLASSES = 10
# The original name of each file, and the names of the same file in other data sets.
_FILES = {
    "train-images-idx3-ubyte": r"train-images[-.]idx3-ubyte",
    "train-labels-idx1-ubyte": r"train-labels[-.]idx1-ubyte",
    "t10k-images-idx3-ubyte": r"(t10k|test)-images[-.]idx3-ubyte",
    "t10k-labels-idx1-ubyte": r"(t10k|test)-labels[-.]idx1-ubyte",
}


class Subset(NamedTuple):
    """Images and their labels, read-only."""

    images: NDArray[np.uint8]  # [i,j,n]
    labels: NDArray[np.uint8]  # [n]


class Split(NamedTuple):
    """A data set: what to learn from, and what to test with."""

    train: Subset
    test: Subset


def load(directory: str | Path | None = None) -> Split:
    """MNIST as bundled, verified against SHA256SUMS; or the data set in a directory.

    A directory holds one file for each of `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
    `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, raw or `.gz`. A prefix such as
    `emnist-digits-`, `test` for `t10k`, and a dot before `idx` are accepted. Images come as the
    file has them: those of EMNIST lie on their side.

    Raises:
        FileNotFoundError: the directory, or one of the four files, is missing.
        IDXError: a file is damaged or ambiguous, or the four do not fit together.
        OSError: a file cannot be read.
    """
    if directory is None:
        paths = [_verified(BUNDLED / f"{name}.gz") for name in _FILES]
    else:
        paths = [_find(Path(directory), name) for name in _FILES]
    train, test = _read_subset(*paths[:2]), _read_subset(*paths[2:])
    sides, expected = test.images.shape[:2], train.images.shape[:2]
    if sides != expected:
        raise IDXError(f"{paths[2]}: expected images of {expected} pixels as in {paths[0]}, got {sides}")
    return Split(train, test)


def _verified(path: Path) -> Path:
    """The path, if SHA256SUMS beside it has the digest of the file."""
    sums = path.with_name("SHA256SUMS").read_text("latin-1").splitlines()
    digests = {name: digest for digest, _, name in (line.partition("  ") for line in sums)}
    expected = digests.get(path.name, "a line in SHA256SUMS")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != expected:
        raise IDXError(f"{path}: expected SHA-256 {expected}, got {digest}")
    return path


def _find(directory: Path, name: str) -> Path:
    """The one file in the directory with this name or a variant of it; raw rather than its .gz."""
    if not directory.is_dir():
        raise FileNotFoundError(f"{directory}: no such directory, looked for {name} in it")
    pattern = re.compile(rf"(\w[\w-]*-)?{_FILES[name]}(\.gz)?")
    # Only regular files: some archives have a folder of the same name beside the file.
    found = sorted(p for p in directory.iterdir() if pattern.fullmatch(p.name) and p.is_file())
    found = [p for p in found if p.suffix != ".gz" or p.with_suffix("") not in found]
    if not found:
        raise FileNotFoundError(f"{directory}: no file {name} or {name}.gz, or a variant of it")
    if len(found) > 1:
        candidates = ", ".join(p.name for p in found)
        raise IDXError(f"{directory}: expected one file for {name}, got {candidates}")
    return found[0]


def _read_subset(images_path: Path, labels_path: Path) -> Subset:
    # A transposed view: in memory, as in the file, the pixels of an image stay together, so that
    # taking samples copies contiguous runs.
    images = np.moveaxis(read_idx(images_path, 3), 0, -1)
    labels = read_idx(labels_path, 1)
    count = images.shape[-1]
    if labels.size != count:
        raise IDXError(
            f"{labels_path}: expected {count} labels, one for each image in {images_path}, got {labels.size}"
        )
    outside = np.flatnonzero(labels >= CLASSES)
    if outside.size:
        n = outside[0]
        raise IDXError(f"{labels_path}: expected labels 0 to 9, got {labels[n]} at position {n}")
    return Subset(images, labels)
