"""One IDX file: what the reader accepts, what it refuses and at what cost."""

import gzip
import math
import os
import random
import re
import struct
import tempfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mnist.idx_files import (
    MIB,
    SUFFIX,
    altered,
    content,
    header,
    id_without_bytes,
    memory_below,
    packed,
    refused,
)
from vanillacnn.mnist import idx
from vanillacnn.mnist.idx import read_idx

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
        (b"digits", "Not a gzipped file"),
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


def test_a_name_that_does_not_fit_what_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(packed(content(5)))
    with refused(path, "expected an IDX file, got a gzip stream; let its name end in .gz"):
        read_idx(path, 1)
    path = tmp_path / "file.gz"
    path.write_bytes(content(5))
    with refused(path, "expected a gzip stream, got a file that is not compressed; take .gz off its name"):
        read_idx(path, 1)


def test_unreadable_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match=re.escape(str(tmp_path))):
        read_idx(tmp_path, 1)


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
