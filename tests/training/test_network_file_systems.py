"""File systems that refuse a lock or to sync a folder: what cannot be guaranteed is said, and the run goes on."""

import errno
import fcntl
import os
import stat
from pathlib import Path

import pytest

from tests.suite import commands
from vanillacnn.mnist import Split
from vanillacnn.training import checkpoint, run_folder
from vanillacnn.training.config import Config
from vanillacnn.training.run import State, begin

digits_of_mnist = commands.digits_of_mnist
LOCKLESS = "{}: this file system has no locks; do not let two processes work on the run\n"


@pytest.fixture
def initial(digits_of_mnist: Split) -> State:
    return begin(Config(), digits_of_mnist)


def refuse_locks(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)


def refuse_to_sync_folders(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    fsync = os.fsync

    def of_files(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", of_files)
    monkeypatch.setattr(checkpoint, "_told", set())


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
@pytest.mark.parametrize("exists", [False, True])
def test_a_run_goes_on_without_locks(
    number: int, exists: bool, initial: State, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    refuse_locks(monkeypatch, number)
    if exists:
        (tmp_path / "run").mkdir()
    with run_folder.create(str(tmp_path / "run"), initial) as folder:
        assert capsys.readouterr().err == LOCKLESS.format(folder)
    with run_folder.lock(folder):
        assert capsys.readouterr().err == LOCKLESS.format(folder)
    assert run_folder.load(folder).config == initial.config
    assert [*tmp_path.iterdir()] == [folder]


def test_without_locks_nothing_of_another_process_is_removed(
    initial: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run_folder.create(str(tmp_path / "run"), initial) as folder:
        pass
    perhaps_alive = tmp_path / ".run.0123abcd.tmp"
    perhaps_alive.mkdir()
    (perhaps_alive / run_folder.LOCK).touch()
    refuse_locks(monkeypatch, errno.ENOLCK)
    with run_folder.lock(folder):
        assert perhaps_alive.exists()


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EOPNOTSUPP])
def test_a_run_goes_on_where_folders_cannot_be_synced(
    number: int, initial: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refuse_to_sync_folders(monkeypatch, number)
    with run_folder.create(str(tmp_path / "run"), initial) as folder:
        run_folder.save(folder, initial)
    said = f"{tmp_path}: this file system cannot sync a folder; a power cut may undo a save\n"
    assert capsys.readouterr().err == said, "once"
    assert run_folder.load(folder).config == initial.config


def test_other_errors_name_the_path_and_leave_no_folder(
    initial: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for refuse in (refuse_locks, refuse_to_sync_folders):
        with monkeypatch.context() as patch:
            refuse(patch, errno.EIO)
            with pytest.raises(OSError, match="Input/output error") as caught:
                run_folder.create(str(tmp_path / "run"), initial).__enter__()
        assert str(caught.value.filename).startswith(str(tmp_path))
        assert [*tmp_path.iterdir()] == []
