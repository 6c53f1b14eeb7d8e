"""Files that are written in one stroke, and folders that are synced."""

import errno
import os
import stat
from pathlib import Path

import pytest

from vanillacnn.training import checkpoint


def test_a_folder_that_is_not_there_is_said_with_the_name_of_the_file(tmp_path: Path) -> None:
    """Not with that of the temporary, which nobody has asked for."""
    path = tmp_path / "none" / "weights.safetensors"
    with pytest.raises(FileNotFoundError) as caught:
        checkpoint.write(path, b"new")
    assert caught.value.filename == str(path)


def test_what_the_owner_set_stays_when_a_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b"old")
    path.chmod(0o604)
    checkpoint.write(path, b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o604)


def test_all_bytes_are_on_the_disk_before_the_file_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in a buffer of this process yet would not be."""
    path, seen, fsync = tmp_path / "config.json", list[tuple[int, bool]](), os.fsync

    def look(descriptor: int) -> None:
        fsync(descriptor)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            seen.append((os.fstat(descriptor).st_size, path.exists()))

    monkeypatch.setattr(os, "fsync", look)
    checkpoint.write(path, b"three")
    assert seen == [(5, False)]


@pytest.mark.parametrize("number", [None, errno.EINVAL, errno.EIO])
def test_a_folder_is_open_no_longer_than_it_is_synced(
    number: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, closed, open_, close = list[int](), list[int](), os.open, os.close

    def open_and_note(*arguments: object) -> int:
        opened.append(open_(*arguments))
        return opened[-1]

    def fsync(descriptor: int) -> None:
        assert (descriptor, closed) == (opened[0], [])
        if number:
            raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", open_and_note)
        patch.setattr(os, "close", lambda descriptor: (closed.append(descriptor), close(descriptor)))
        patch.setattr(os, "fsync", fsync)
        patch.setattr(checkpoint, "_told", set())
        try:
            checkpoint.sync(tmp_path)
        except OSError as error:
            assert (error.errno, error.filename) == (errno.EIO, str(tmp_path))  # noqa: PT017
        else:
            assert number != errno.EIO
    assert closed == opened
