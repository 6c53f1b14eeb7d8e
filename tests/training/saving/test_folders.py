"""What a run's folder is called, what its files say, and what is done about other processes."""

import errno
import fcntl
import json
import os
import stat
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.training.test_checkpoint import METRICS, STATE, same
from vanillacnn.training import checkpoint, run_folder
from vanillacnn.training.run import State

INITIAL = STATE._replace(epoch=0, step=0, history=())
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


class Stopped(datetime):
    @classmethod
    def now(cls) -> datetime:
        return MOMENT


def created(out: Path, state: State = INITIAL) -> Path:
    with run_folder.create(str(out), state) as folder:
        return folder


def temporaries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(".tmp"))


def test_a_run_without_a_name_is_called_by_its_time_and_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_folder, "datetime", Stopped)
    monkeypatch.chdir(tmp_path)
    names = []
    for _ in range(3):
        with run_folder.create(None, INITIAL) as folder:
            names.append(str(folder))
    assert names == [f"runs/20260102-030405-0{end}" for end in ("", "-2", "-3")]
    assert sorted(os.listdir("runs")) == sorted(name.removeprefix("runs/") for name in names)
    started = json.loads((folder / "config.json").read_text())["started"]
    assert (datetime.fromisoformat(started), len(started)) == (MOMENT.replace(microsecond=0), 25)


@pytest.mark.parametrize("content", [(), (".lock",)])
def test_a_folder_that_is_there_and_empty_is_used(content: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    for name in content:
        (tmp_path / "run" / name).touch()
    number = (tmp_path / "run").stat().st_ino
    with run_folder.create(str(tmp_path / "run"), INITIAL) as folder:
        assert folder.stat().st_ino == number
        message = f"{folder}: expected an idle run, got one in progress"
        with pytest.raises(ValueError, match="in progress") as caught, run_folder.lock(folder):
            pass
        assert str(caught.value) == message
    assert same(run_folder.load(folder), INITIAL)


TAKEN = "{}: expected a new or an empty folder, got one that is taken"


@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_name_that_is_taken_is_left_alone(
    meanwhile: bool, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if somebody takes it while the folder is made. It is said even where nothing could be made."""
    path, save = tmp_path / "run", run_folder.save
    theirs = path if kind == "file" else path / "theirs"

    def take() -> None:
        theirs.parent.mkdir(exist_ok=True)
        theirs.write_text("theirs")

    def save_and_take(folder: Path, state: State) -> None:
        save(folder, state)
        take()

    def refuse(*_: object, **options: object) -> None:
        raise PermissionError

    if meanwhile:
        monkeypatch.setattr(run_folder, "save", save_and_take)
    else:
        take()
        monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(ValueError, match="taken") as caught, run_folder.create(str(path), INITIAL):
        pass
    assert str(caught.value) == TAKEN.format(path)
    assert (theirs.read_text(), os.listdir(theirs.parent), os.listdir(tmp_path)) == ("theirs", [theirs.name], ["run"])


def test_what_is_put_into_a_folder_before_it_is_locked_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put_and_lock(folder: Path) -> AbstractContextManager[None]:
        (tmp_path / "theirs").touch()
        return lock(folder)

    lock = run_folder.lock
    monkeypatch.setattr(run_folder, "lock", put_and_lock)
    with pytest.raises(ValueError, match="taken") as caught, run_folder.create(str(tmp_path), INITIAL):
        pass
    assert str(caught.value) == TAKEN.format(tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".lock", "theirs"]


def test_a_folder_appears_with_its_name_safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder above it is synced first, since it may be impossible, and again when the new name is in it."""
    synced, sync, folder = list[tuple[Path, list[str]]](), checkpoint.sync, tmp_path / "new" / "runs" / "run"

    def look(path: Path) -> None:
        sync(path)
        if path == folder.parent:
            synced.append((path, os.listdir(path)))

    monkeypatch.setattr(checkpoint, "sync", look)
    created(folder)
    assert synced == [(folder.parent, []), (folder.parent, ["run"])]


def test_the_history_is_one_line_of_json_for_each_epoch(tmp_path: Path) -> None:
    folder = created(tmp_path / "run", STATE._replace(epoch=2, history=(METRICS, METRICS._replace(epoch=2))))
    line = (
        '{"epoch": %d, "train_loss": 0.1, "test_loss": 0.25, "test_accuracy": 0.9, "test_errors": 3, "seconds": 1.5}\n'
    )
    assert (folder / "metrics.jsonl").read_text() == line % 1 + line % 2


def test_a_run_is_found_by_its_folder_and_by_its_checkpoint(tmp_path: Path) -> None:
    folder = created(tmp_path / "run", STATE)
    assert same(run_folder.load(folder), STATE)
    assert same(run_folder.load(str(folder / "weights.safetensors")), STATE)
    (tmp_path / "empty").mkdir()
    for asked, missing in (("empty", "empty/weights.safetensors"), ("none", "none")):
        with pytest.raises(ValueError, match="no such file") as caught:
            run_folder.load(tmp_path / asked)
        assert str(caught.value) == f"{tmp_path / missing}: expected the checkpoint of a run, got no such file"


OURS = ["weights.safetensors", "metrics.jsonl", "config.json", "loss.png"]
THEIRS = [".notes.txt.0123abcd.tmp", ".weights.safetensors.0123abc.tmp", ".loss.png.0123abcd.tmp~", "loss.0123abcd.tmp"]


@pytest.mark.parametrize("vanish", [False, True])
def test_what_a_killed_process_left_is_removed(vanish: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if somebody else removes it at the same time."""
    folder = created(tmp_path / "run")
    for name in [*(f".{name}.0123abcd.tmp" for name in OURS), *THEIRS]:
        (folder / name).touch()
    for name in (".run.0123abcd.tmp", ".run.4567abcd.tmp", ".other.0123abcd.tmp"):
        (tmp_path / name).mkdir()
    for name in (".run.0123abcd.tmp", ".other.0123abcd.tmp"):  # the second has no lock: not of ours
        (tmp_path / name / ".lock").touch()
    unlink, rmtree = Path.unlink, run_folder.shutil.rmtree

    def unlink_twice(path: Path, missing_ok: bool = False) -> None:
        unlink(path)
        unlink(path, missing_ok)

    def remove_twice(path: Path, ignore_errors: bool = False) -> None:
        rmtree(path)
        rmtree(path, ignore_errors)

    with monkeypatch.context() as patch:
        if vanish:
            patch.setattr(Path, "unlink", unlink_twice)
            patch.setattr(run_folder.shutil, "rmtree", remove_twice)
        with run_folder.lock(folder):
            assert temporaries(folder) == sorted(name for name in THEIRS if name.endswith(".tmp"))
    assert temporaries(tmp_path) == [".other.0123abcd.tmp", ".run.4567abcd.tmp"]


def test_a_lock_is_asked_for_as_network_file_systems_want_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NFS locks only what is open for writing. It is not waited for; and whoever may write may lock."""
    asked = []

    def flock(descriptor: int, operation: int) -> None:
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        asked.append((flags & os.O_ACCMODE == os.O_RDWR, flags & os.O_NONBLOCK != 0, operation, descriptor))

    mask = os.umask(0)
    try:
        with monkeypatch.context() as patch, suppress(ZeroDivisionError):
            patch.setattr(fcntl, "flock", flock)
            with run_folder._held(tmp_path) as held:
                assert held is True
                raise ZeroDivisionError
    finally:
        os.umask(mask)
    assert [row[:3] for row in asked] == [(True, True, fcntl.LOCK_EX | fcntl.LOCK_NB)]
    assert stat.S_IMODE((tmp_path / ".lock").stat().st_mode) == 0o666
    with run_folder._held(tmp_path) as held:
        assert held is True, "let go"


def test_a_lock_must_be_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".lock")
    with pytest.raises(ValueError, match="something else") as caught, run_folder._held(tmp_path):
        pass
    assert str(caught.value) == f"{tmp_path}/.lock: expected a file, got something else"


def test_an_error_of_the_disk_names_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(OSError, match="Input/output error") as caught, run_folder._held(tmp_path):
        pass
    assert (caught.value.errno, caught.value.filename) == (errno.EIO, f"{tmp_path}/.lock")
