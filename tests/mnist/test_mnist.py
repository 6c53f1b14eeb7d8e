"""The bundled MNIST: the published files, verified before they are read."""

import gzip
import hashlib
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.mnist.idx_files import NAMES, RAW_MD5, assert_equal, fill, refused
from vanillacnn.mnist import Split, dataset, load


@pytest.fixture(scope="module")
def bundled() -> Split:
    return load()


@pytest.fixture
def bundle_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = shutil.copytree(dataset.BUNDLED, tmp_path / "bundle")
    monkeypatch.setattr(dataset, "BUNDLED", copy)
    return copy


def test_bundled_files_are_the_published_ones() -> None:
    readme = (dataset.BUNDLED / "README.md").read_text("utf-8")
    for name, md5 in RAW_MD5.items():
        raw = gzip.decompress((dataset.BUNDLED / f"{name}.gz").read_bytes())
        assert hashlib.md5(raw).hexdigest() == md5
        assert re.search(rf"`{name}\.gz`.*\b{len(raw):,}\b.*`{md5}`", readme)


def test_sums_list_the_bundled_files() -> None:
    lines = (dataset.BUNDLED / "SHA256SUMS").read_text("ascii").splitlines()
    files = [dataset.BUNDLED / f"{name}.gz" for name in NAMES]
    assert lines == [f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.name}" for f in files]


def test_bundled_files_carry_no_name_and_no_time() -> None:
    for name in NAMES:
        start = (dataset.BUNDLED / f"{name}.gz").read_bytes()[:8]
        assert start == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def test_bundled_arrays_are_the_bytes_of_the_files(bundled: Split) -> None:
    arrays = (*bundled.train, *bundled.test)
    for name, array in zip(NAMES, arrays, strict=True):
        raw = gzip.decompress((dataset.BUNDLED / f"{name}.gz").read_bytes())
        assert np.moveaxis(array, -1, 0).tobytes() == raw[4 + 4 * array.ndim :]


def test_known_facts(bundled: Split) -> None:
    train, test = bundled
    assert train.images.shape == (28, 28, 60_000)
    assert test.images.shape == (28, 28, 10_000)
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(train.labels).tolist() == counts
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(test.labels).tolist() == counts


@pytest.mark.parametrize("name", NAMES)
def test_flipped_byte_is_refused_unread(name: str, bundle_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bundle_copy / f"{name}.gz"
    sound = path.read_bytes()
    flipped = bytearray(sound)
    flipped[len(sound) // 2] ^= 1
    path.write_bytes(flipped)
    monkeypatch.setattr(dataset, "read_idx", lambda *_: pytest.fail("read before verification"))
    want, got = (hashlib.sha256(d).hexdigest() for d in (sound, flipped))
    with refused(path, f"expected SHA-256 {want}", f"got {got}"):
        load()


def test_bundled_file_without_a_sum_is_refused(bundle_copy: Path) -> None:
    sums = bundle_copy / "SHA256SUMS"
    sums.write_text("\n".join(sums.read_text("ascii").splitlines()[:3]), "ascii")
    with refused(bundle_copy / f"{NAMES[3]}.gz", "expected SHA-256 a line in SHA256SUMS"):
        load()


def test_sums_of_arbitrary_bytes_are_refused(bundle_copy: Path) -> None:
    (bundle_copy / "SHA256SUMS").write_bytes(bytes(range(256)))
    with refused(bundle_copy / f"{NAMES[0]}.gz", "SHA256SUMS"):
        load()


@pytest.mark.parametrize("name", ["SHA256SUMS", f"{NAMES[1]}.gz"])
def test_missing_bundled_file(name: str, bundle_copy: Path) -> None:
    (bundle_copy / name).unlink()
    with pytest.raises(FileNotFoundError, match=re.escape(str(bundle_copy / name))):
        load()


def test_bundled_files_are_found_by_name_alone(bundle_copy: Path, bundled: Split) -> None:
    fill(bundle_copy, {NAMES[0]: b"raw, but not what SHA256SUMS lists"})
    assert_equal(load(), bundled)
