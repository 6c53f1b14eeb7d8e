"""The bundled MNIST, and the reader: what it accepts, what it refuses and at what cost."""

import gzip
import hashlib
import math
import os
import random
import re
import shutil
import struct
import tempfile
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vanillacnn.mnist import IDXError, Split, Subset, dataset, idx, load
from vanillacnn.mnist.idx import read_idx

RAW_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
NAMES = list(RAW_MD5)
MIB = 2**20


def header(*shape: int) -> bytes:
    return struct.pack(f">I{len(shape)}I", 0x0800 + len(shape), *shape)


def content(*shape: int) -> bytes:
    """An IDX file whose data are 0, 1, 2, … modulo 10."""
    return header(*shape) + bytes(k % 10 for k in range(math.prod(shape)))


# Not square, and of different counts.
SMALL = dict(zip(NAMES, [content(5, 3, 2), content(5), content(4, 3, 2), content(4)], strict=True))


def id_without_bytes(value: object) -> str | None:
    return "bytes" if isinstance(value, bytes) else None


def fill(directory: Path, files: dict[str, bytes]) -> Path:
    directory.mkdir(exist_ok=True)
    for name, data in files.items():
        (directory / name).write_bytes(data)
    return directory


def packed(data: bytes, level: int = 9) -> bytes:
    return gzip.compress(data, level, mtime=0)


def assert_equal(got: Split, want: Split) -> None:
    for a, b in zip((*got.train, *got.test), (*want.train, *want.test), strict=True):
        np.testing.assert_array_equal(a, b, strict=True)


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < limit


@contextmanager
def refused(path: Path, *expected: str) -> Iterator[None]:
    """An IDXError that begins with the path and says all that is expected."""
    with pytest.raises(IDXError) as caught:
        yield
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    for text in expected:
        assert text in message


@pytest.fixture(scope="module")
def bundled() -> Split:
    return load()


@pytest.fixture
def bundle_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = shutil.copytree(dataset.BUNDLED, tmp_path / "bundle")
    monkeypatch.setattr(dataset, "BUNDLED", copy)
    return copy


# The bundled files


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


# Files that are not intact


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    ("data", "dimensions", "expected"),
    [
        (b"", 3, "truncated header: expected 16 bytes, got 0"),
        (content(5)[:3], 1, "truncated header: expected 8 bytes, got 3"),
        (content(5)[:4], 1, "truncated header: expected 8 bytes, got 4"),
        (content(5, 3, 2)[:15], 3, "truncated header: expected 16 bytes, got 15"),
        (content(5), 3, "expected magic number 0x00000803, got 0x00000801"),
        (content(5, 3, 2), 1, "expected magic number 0x00000801, got 0x00000803"),
        (b"\x03\x08\x00\x00", 3, "expected magic number 0x00000803, got 0x03080000"),
        (header(0, 3, 2), 3, "expected sizes of at least 1, got (0, 3, 2)"),
        (header(5, 0, 2), 3, "expected sizes of at least 1, got (5, 0, 2)"),
        (header(5, 3, 0), 3, "expected sizes of at least 1, got (5, 3, 0)"),
        (header(0), 1, "expected sizes of at least 1, got (0,)"),
        (content(5, 3, 2)[:-1], 3, "truncated data: the header declares 30 bytes, the file holds"),
        (content(5)[:-1], 1, "truncated data: the header declares 5 bytes, the file holds"),
        (content(5) + b"\0", 1, "trailing bytes: expected the end after 5 bytes of data"),
        (content(5, 3, 2) + b"ab", 3, "trailing bytes: expected the end after 30 bytes of data"),
    ],
    ids=id_without_bytes,
)
def test_wrong_content(data: bytes, dimensions: int, expected: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(packed(data) if suffix else data)
    with refused(path, expected):
        read_idx(path, dimensions)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (content(5), "Not a gzipped file"),
        (packed(content(5)) + b"more", "Not a gzipped file"),
        (packed(content(5))[:-8] + bytes(8), "CRC check failed"),
        (packed(content(5))[:-4] + bytes(4), "Incorrect length"),
        (packed(content(5))[:-1], "end-of-stream marker"),
        (packed(content(5))[:5], "end-of-stream marker"),
        (packed(content(5))[:10] + b"\xff" * 99, "Error -3"),
        (b"\x1f\x8b\x07" + packed(content(5))[3:], "Unknown compression method"),
    ],
    ids=id_without_bytes,
)
def test_damaged_gzip(data: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    path.write_bytes(data)
    with refused(path, "expected an intact gzip stream, got: ", reason):
        read_idx(path, 1)


def test_raw_name_with_gzip_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(packed(content(5)))
    with refused(path, "expected magic number 0x00000801, got 0x1f8b0800"):
        read_idx(path, 1)


def test_unreadable_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match=re.escape(str(tmp_path))):
        read_idx(tmp_path, 1)


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


# Memory and time


def test_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert idx.LIMIT == 2**30
    monkeypatch.setattr(idx, "LIMIT", 5)
    path = tmp_path / "file"
    path.write_bytes(content(5))
    assert read_idx(path, 1).tolist() == [0, 1, 2, 3, 4]
    path.write_bytes(content(6))
    with refused(path, "expected at most 5 bytes of data, 6 are declared"):
        read_idx(path, 1)


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((2**32 - 1,) * 3, f"expected at most {2**30} bytes of data, {(2**32 - 1) ** 3} are"),
        ((2**20, 2**5, 2**5 + 1), f"expected at most {2**30} bytes of data"),
        ((2**20, 2**5, 2**5), f"truncated data: the header declares {2**30} bytes"),
        ((2**22, 2**20, 2**22), f"expected at most {2**30} bytes of data, {2**64} are"),
    ],
)
def test_declared_size_takes_no_memory(shape: tuple[int, ...], expected: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"file{suffix}"
    data = header(*shape) + b"a few bytes"
    path.write_bytes(packed(data) if suffix else data)
    with memory_below(MIB // 2), refused(path, expected):
        read_idx(path, 3)


def test_large_gzip_file_with_less_than_it_declares(tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    held = random.Random(0).randbytes(2 * MIB)
    path.write_bytes(packed(header(2**30) + held, level=0))
    with memory_below(8 * MIB), refused(path, f"{2**30} bytes, the file holds {len(held)}"):
        read_idx(path, 1)


def test_no_gzip_file_expands_beyond_the_assumed_ratio(tmp_path: Path) -> None:
    assert 8 * MIB / len(packed(bytes(8 * MIB))) < 1032
    path = tmp_path / "file.gz"
    size = len(packed(header(1), level=0))
    path.write_bytes(packed(header(1032 * size - 8), level=0))
    with refused(path, f"declares {1032 * size - 8} bytes, the file holds 0"):
        read_idx(path, 1)
    path.write_bytes(packed(header(1032 * size - 7), level=0))
    with refused(path, f"bytes, the file holds at most {1032 * size - 8}"):
        read_idx(path, 1)


def test_raw_capacity_is_the_file_size(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content(5, 3, 2)[:-1])
    with refused(path, "declares 30 bytes, the file holds at most 29"):
        read_idx(path, 3)


def test_file_that_shrinks_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(content(5))
    before = path.stat()
    path.write_bytes(content(5)[:-2])
    monkeypatch.setattr(os, "fstat", lambda _: before)
    with refused(path, "declares 5 bytes, the file holds 3"):
        read_idx(path, 1)


@pytest.mark.parametrize("members", [1, 2])
def test_gzip_bomb_stops_at_the_first_excess_byte(members: int, tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    squeeze = zlib.compressobj(1, wbits=31)
    parts = [packed(content(10))] if members == 2 else [squeeze.compress(content(10))]
    parts += [squeeze.compress(bytes(10 * MIB)) for _ in range(20)]
    path.write_bytes(b"".join(parts) + squeeze.flush())
    with memory_below(MIB), refused(path, "trailing bytes: expected the end after 10 bytes"):
        read_idx(path, 1)


def test_endless_gzip_headers_end_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    empty, full = packed(b""), packed(content(5))
    extra = full[:3] + b"\x04" + full[4:10] + b"\xff\xff" + bytes(0xFFFF) + full[10:]
    name = full[:3] + b"\x08" + full[4:10] + b"n" * MIB
    path.write_bytes(empty * 10_000 + extra + empty * 10_000 + bytes(MIB))
    with memory_below(MIB):
        assert read_idx(path, 1).tolist() == [0, 1, 2, 3, 4]
    path.write_bytes(empty * 10_000 + name)
    with memory_below(MIB), refused(path, "expected an intact gzip stream"):
        read_idx(path, 1)


def test_more_than_one_chunk(tmp_path: Path) -> None:
    data = random.Random(0).randbytes(2 * MIB + 7)
    for suffix, encode in (("", bytes), (".gz", packed)):
        path = tmp_path / f"file{suffix}"
        path.write_bytes(encode(header(len(data)) + data))
        array = read_idx(path, 1)
        assert array.tobytes() == data


# Any bytes at all


def payload(stored: bytes, suffix: str) -> bytes | None:
    """What a file yields, by another route than the reader's; None for a damaged gzip stream."""
    try:
        return gzip.decompress(stored) if suffix else stored
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return None


def assert_read_exactly_if_valid(stored: bytes, suffix: str, dimensions: int) -> None:
    """An IDX file comes back as its header declares it; anything else is an IDXError."""
    start = 4 + 4 * dimensions
    data = payload(stored, suffix)
    valid = False
    if data is not None and len(data) >= start:
        magic, *shape = struct.unpack_from(f">{dimensions + 1}I", data)
        valid = magic == 0x800 + dimensions and 0 < math.prod(shape) == len(data) - start
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / f"file{suffix}"
        path.write_bytes(stored)
        if valid and data is not None:
            array = read_idx(path, dimensions)
            assert array.shape == tuple(shape)
            assert array.tobytes() == data[start:]
        else:
            with refused(path):
                read_idx(path, dimensions)


MAGIC = st.sampled_from([b"", b"\0\0\x08\1", b"\0\0\x08\3", b"\x1f\x8b\x08", b"\x1f\x8b\x08\0"])
SUFFIX = st.sampled_from(["", ".gz"])
DIMENSIONS = st.sampled_from([1, 3])


@settings(deadline=None)
@given(MAGIC, st.binary(), SUFFIX, DIMENSIONS)
def test_arbitrary_bytes(start: bytes, rest: bytes, suffix: str, dimensions: int) -> None:
    assert_read_exactly_if_valid(start + rest, suffix, dimensions)


@settings(deadline=None)
@given(MAGIC, st.binary(), DIMENSIONS)
def test_arbitrary_bytes_compressed(start: bytes, rest: bytes, dimensions: int) -> None:
    assert_read_exactly_if_valid(packed(start + rest), ".gz", dimensions)


@st.composite
def altered(draw: st.DrawFn, data: bytes) -> bytes:
    """The data with up to three bytes changed, and cut or extended or left at that."""
    changed = bytearray(data)
    places = st.integers(0, len(data) - 1)
    for place, flip in draw(st.lists(st.tuples(places, st.integers(1, 255)), max_size=3)):
        changed[place] ^= flip
    return bytes(changed[: draw(st.just(len(data)) | places)]) + draw(st.just(b"") | st.binary())


@st.composite
def valid_files(draw: st.DrawFn) -> tuple[bytes, int]:
    shape = draw(st.tuples(*[st.integers(1, 4)] * draw(DIMENSIONS)))
    return content(*shape), len(shape)


@settings(deadline=None)
@given(st.data(), valid_files(), SUFFIX, st.booleans())
def test_altered_file(data: st.DataObject, file: tuple[bytes, int], suffix: str, inside: bool) -> None:
    intact, dimensions = file
    encode = packed if suffix else bytes
    # Inside: a gzip stream in order around an IDX file that is not.
    stored = encode(data.draw(altered(intact))) if inside else data.draw(altered(encode(intact)))
    assert_read_exactly_if_valid(stored, suffix, dimensions)


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
