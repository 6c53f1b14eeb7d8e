"""One IDX file of unsigned bytes, raw or gzip-compressed, as an array.

The format, big-endian: a 32-bit magic number 0x0000080d for d dimensions, d 32-bit sizes, then the
bytes in C order. A damaged or hostile file costs no more memory than the data it really holds.
"""

import gzip
import math
import os
import zlib
from io import BufferedIOBase
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LIMIT = 2**30  # bytes of data in one file; MNIST has 47 million, EMNIST by class 547 million
GZIP = b"\x1f\x8b"  # how its streams begin
_CHUNK = 2**20
# A deflate stream copies at most 258 bytes with one length and one distance code, of one bit each.
_EXPANSION = 258 * 8 // 2


class IDXError(ValueError):
    """A file that is not what its name or its header says, or files that do not fit together."""


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The array in an IDX file, read-only and contiguous; gzip if the name ends in `.gz`.

    Raises:
        IDXError: the file is not intact, not of this many dimensions, empty, or over `LIMIT`.
        OSError: the file cannot be opened or read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        start = file.peek(2)[:2]
        if path.suffix != ".gz":
            if start == GZIP:
                raise IDXError(f"{path}: expected an IDX file, got a gzip stream; let its name end in .gz")
            return _parse(path, file, size, dimensions)
        if start == b"\0\0":  # as IDX begins
            raise IDXError(f"{path}: expected a gzip stream, got a file that is not compressed; take .gz off its name")
        try:
            with gzip.GzipFile(fileobj=file, mode="rb") as stream:
                return _parse(path, stream, size * _EXPANSION, dimensions)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise IDXError(f"{path}: expected an intact gzip stream, got: {error}") from error


def _parse(path: Path, stream: BufferedIOBase, capacity: int, dimensions: int) -> NDArray[np.uint8]:
    """The array in a stream that yields at most `capacity` bytes."""
    length = 4 + 4 * dimensions
    header = stream.read(length)
    magic = header[:4].hex()
    if len(header) >= 4 and magic != f"0000080{dimensions}":
        raise IDXError(f"{path}: expected magic number 0x0000080{dimensions}, got 0x{magic}")
    if len(header) < length:
        raise IDXError(f"{path}: truncated header: expected {length} bytes, got {len(header)}")

    shape = tuple(int(size) for size in np.frombuffer(header, ">u4", offset=4))
    if 0 in shape:
        raise IDXError(f"{path}: expected sizes of at least 1, got {shape}")
    declared = math.prod(shape)
    if declared > LIMIT:
        raise IDXError(f"{path}: expected at most {LIMIT} bytes of data, {declared} are declared")
    if declared > capacity - length:
        raise IDXError(
            f"{path}: truncated data: the header declares {declared} bytes, the file holds at most {capacity - length}"
        )

    data = bytearray()  # grows with what really comes, whatever the header declares
    while chunk := stream.read(min(_CHUNK, declared - len(data))):
        data += chunk
    if len(data) < declared:
        raise IDXError(f"{path}: truncated data: the header declares {declared} bytes, the file holds {len(data)}")
    if stream.read(1):  # at the end of a gzip stream this also checks its length and its CRC
        raise IDXError(f"{path}: trailing bytes: expected the end after {declared} bytes of data")
    return np.frombuffer(memoryview(data).toreadonly(), np.uint8).reshape(shape)
