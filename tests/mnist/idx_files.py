"""IDX files to read, one by one or as a data set of four, whole or altered, and what to expect of the reader."""

import gzip
import math
import struct
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from vanillacnn.mnist import IDXError, Split

RAW_MD5 = {  # of the published files, unpacked
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
NAMES = list(RAW_MD5)
MIB = 2**20
SUFFIX = st.sampled_from(["", ".gz"])


def header(*shape: int) -> bytes:
    return struct.pack(f">I{len(shape)}I", 0x0800 + len(shape), *shape)


def content(*shape: int) -> bytes:
    """An IDX file whose data are 0, 1, 2, … modulo 10."""
    return header(*shape) + bytes(k % 10 for k in range(math.prod(shape)))


def id_without_bytes(value: object) -> str | None:
    return "bytes" if isinstance(value, bytes) else None


def packed(data: bytes, level: int = 9) -> bytes:
    return gzip.compress(data, level, mtime=0)


# Not square, and of different counts.
SMALL = dict(zip(NAMES, [content(5, 3, 2), content(5), content(4, 3, 2), content(4)], strict=True))


def fill(directory: Path, files: dict[str, bytes]) -> Path:
    directory.mkdir(exist_ok=True)
    for name, data in files.items():
        (directory / name).write_bytes(data)
    return directory


def assert_equal(got: Split, want: Split) -> None:
    for a, b in zip((*got.train, *got.test), (*want.train, *want.test), strict=True):
        np.testing.assert_array_equal(a, b, strict=True)


@contextmanager
def refused(path: Path, *expected: str) -> Iterator[None]:
    """An IDXError that begins with the path and says all that is expected."""
    with pytest.raises(IDXError) as caught:
        yield
    message = str(caught.value)
    assert message.startswith(f"{path}: "), message
    for text in expected:
        assert text in message, message


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < limit, f"{peak} bytes"


@st.composite
def altered(draw: st.DrawFn, data: bytes) -> bytes:
    """The data with up to three bytes changed, and cut or extended or left at that."""
    changed = bytearray(data)
    places = st.integers(0, len(data) - 1)
    for place, flip in draw(st.lists(st.tuples(places, st.integers(1, 255)), max_size=3)):
        changed[place] ^= flip
    return bytes(changed[: draw(st.just(len(data)) | places)]) + draw(st.just(b"") | st.binary())
