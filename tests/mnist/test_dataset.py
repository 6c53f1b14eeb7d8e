"""A data set in four IDX files: the arrays that come back, the names of the files, and how they must fit together."""

import re
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mnist.idx_files import (
    NAMES,
    SMALL,
    SUFFIX,
    altered,
    assert_equal,
    content,
    fill,
    header,
    id_without_bytes,
    packed,
    refused,
)
from vanillacnn.mnist import IDXError, Split, Subset, load

# What comes back


@pytest.fixture
def small(tmp_path: Path) -> Split:
    return load(fill(tmp_path / "small", SMALL))


def test_sample_index_is_last(small: Split) -> None:
    assert isinstance(small, Split)
    assert isinstance(small.train, Subset)
    assert small.train.images.shape == (3, 2, 5)
    assert small.test.images.shape == (3, 2, 4)
    for images, labels in small:
        assert images.dtype == labels.dtype == np.uint8
        assert labels.tolist() == list(range(images.shape[-1]))
        for i, j, n in np.ndindex(images.shape):
            assert images[i, j, n] == (6 * n + 2 * i + j) % 10


def test_images_stay_contiguous_one_by_one(small: Split) -> None:
    for images, _ in small:
        assert np.moveaxis(images, -1, 0).flags.c_contiguous


def test_arrays_are_read_only_for_good(small: Split) -> None:
    for array in (*small.train, *small.test):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.setflags(write=True)


def test_directory_as_text(tmp_path: Path, small: Split) -> None:
    assert_equal(load(str(fill(tmp_path / "text", SMALL))), small)


# Names


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    ("prefix", "test", "separator"),
    [("", "t10k", "-"), ("", "t10k", "."), ("", "test", "-"), ("emnist-digits-", "test", "-")],
)
def test_names_of_other_data_sets(
    prefix: str, test: str, separator: str, suffix: str, tmp_path: Path, small: Split
) -> None:
    def variant(name: str) -> str:
        return prefix + name.replace("t10k", test).replace("-idx", f"{separator}idx") + suffix

    encode = packed if suffix else bytes
    directory = fill(tmp_path / "data", {variant(k): encode(v) for k, v in SMALL.items()})
    assert_equal(load(directory), small)


@pytest.mark.parametrize("variant", NAMES + [name.replace("-idx", ".idx") for name in NAMES])
def test_raw_is_preferred_to_its_own_gz(variant: str, tmp_path: Path, small: Split) -> None:
    files = {name: data for name, data in SMALL.items() if name != variant.replace(".", "-")}
    files |= {variant: SMALL[variant.replace(".", "-")], f"{variant}.gz": b"not read"}
    assert_equal(load(fill(tmp_path / "both", files)), small)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("train-images-idx3-ubyte", "train-images.idx3-ubyte"),
        ("train-labels-idx1-ubyte", "emnist-digits-train-labels-idx1-ubyte"),
        ("t10k-images-idx3-ubyte", "test-images-idx3-ubyte.gz"),
        ("t10k-labels-idx1-ubyte", "test-labels.idx1-ubyte"),
    ],
)
def test_several_candidates_are_listed(name: str, other: str, tmp_path: Path) -> None:
    directory = fill(tmp_path / "several", SMALL | {other: b""})
    listed = ", ".join(sorted((name, other)))
    with refused(directory, f"expected one file for {name}, got {listed}"):
        load(directory)


def test_unrelated_names_are_no_candidates(tmp_path: Path, small: Split) -> None:
    directory = fill(tmp_path / "crowded", SMALL)
    for name in NAMES:
        strangers = (f"._{name}", f"x{name}", f"{name}.gz.part", f"{name}s", f"-{name}")
        fill(directory, dict.fromkeys(strangers, b""))
        (directory / name.replace("-idx", ".idx")).mkdir()
    assert_equal(load(directory), small)


@pytest.mark.parametrize("name", NAMES)
def test_missing_file(name: str, tmp_path: Path) -> None:
    directory = fill(tmp_path / "three", {k: v for k, v in SMALL.items() if k != name})
    with pytest.raises(FileNotFoundError, match=f"^{re.escape(str(directory))}: no file {name} "):
        load(directory)


def test_missing_directory(tmp_path: Path) -> None:
    directory = tmp_path / "nowhere"
    with pytest.raises(FileNotFoundError, match=f"^{re.escape(str(directory))}: no such directory"):
        load(directory)


# Files that do not fit together


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        (NAMES[1], content(6), "expected 5 labels, one for each image in "),
        (NAMES[3], content(3), "expected 4 labels, one for each image in "),
        (NAMES[2], content(4, 2, 2), "expected images of (3, 2) pixels as in "),
        (NAMES[2], content(4, 3, 3), "expected images of (3, 2) pixels as in "),
        (NAMES[1], header(5) + b"\0\1\2\x0a\x0b", "expected labels 0 to 9, got 10 at position 3"),
        (NAMES[3], header(4) + b"\xff\x0a\0\0", "expected labels 0 to 9, got 255 at position 0"),
    ],
    ids=id_without_bytes,
)
def test_files_that_do_not_fit(name: str, data: bytes, expected: str, tmp_path: Path) -> None:
    directory = fill(tmp_path / "mixed", SMALL | {name: data})
    with refused(directory / name, expected):
        load(directory)


def test_files_that_do_not_fit_are_both_named(tmp_path: Path) -> None:
    images, labels, test_images, _ = (tmp_path / name for name in NAMES)
    fill(tmp_path, SMALL | {NAMES[1]: content(7)})
    with refused(labels, f"in {images}, got 7"):
        load(tmp_path)
    fill(tmp_path, SMALL | {NAMES[2]: content(4, 1, 9)})
    with refused(test_images, f"as in {images}, got (1, 9)"):
        load(tmp_path)


# Any bytes at all


@settings(deadline=None)
@given(st.data(), st.sampled_from(NAMES), SUFFIX)
def test_altered_data_set(data: st.DataObject, name: str, suffix: str) -> None:
    encode = packed if suffix else bytes
    files = {key + suffix: encode(intact) for key, intact in SMALL.items()}
    files[name + suffix] = encode(data.draw(altered(SMALL[name])))
    with tempfile.TemporaryDirectory() as directory:
        try:
            split = load(fill(Path(directory), files))
        except IDXError:
            return
    for subset, count in zip(split, (5, 4), strict=True):
        assert subset.images.shape == (3, 2, count)
        assert subset.labels.shape == (count,)
        assert subset.labels.max() <= 9
