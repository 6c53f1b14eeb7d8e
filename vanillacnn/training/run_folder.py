"""The folder that a run leaves behind.

The checkpoint, weights.safetensors, is the one source of truth. metrics.jsonl and the pictures are
derived from it; config.json tells where the run came from. Each file is replaced in one stroke, and
a new folder appears locked and with a checkpoint in it, so that what exists can always be resumed.
Only our own temporaries are ever removed, and only when no living process holds them.
"""

import errno
import fcntl
import hashlib
import json
import os
import platform
import re
import secrets
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

import vanillacnn
from vanillacnn.training import checkpoint
from vanillacnn.training.run import State

WEIGHTS, METRICS, CONFIG, LOCK = "weights.safetensors", "metrics.jsonl", "config.json", ".lock"
TEMPORARY = r"\.{}\.[0-9a-f]{{8}}\.tmp"  # as checkpoint.write and _appear name them
OURS = rf"({re.escape(WEIGHTS)}|{re.escape(METRICS)}|{re.escape(CONFIG)}|\w+\.png)"
UNKNOWN = ("started", "commit", "python", "numpy", "vanillacnn")  # what nothing but config.json tells
NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}


@contextmanager
def create(out: str | None, state: State) -> Iterator[Path]:
    """A new folder with the initial weights, locked: `out`, or runs/<time>-<seed> in the current folder.

    Raises: ValueError when `out` is taken.
    """
    with ExitStack() as stack:
        yield _new(out, state, stack)


def _new(out: str | None, state: State, stack: ExitStack) -> Path:
    if out is None:
        name = f"{datetime.now():%Y%m%d-%H%M%S}-{state.config.seed}"
        names = (name if n == 1 else f"{name}-{n}" for n in count(1))
        return next(folder for name in names if _appear(folder := Path("runs", name), state, stack))
    folder = Path(out)
    if folder.is_dir() and not _taken(folder):
        stack.enter_context(lock(folder))  # perhaps a mount point: not ours to replace
        if not _taken(folder):
            save(folder, state)
            return folder
    elif not folder.exists() and _appear(folder, state, stack):
        return folder
    raise ValueError(f"{folder}: expected a new or an empty folder, got one that is taken")


def _taken(folder: Path) -> bool:
    return any(path.name != LOCK for path in folder.iterdir())


def save(folder: Path, state: State) -> None:
    """The checkpoint first: what fails after it can be made again from it."""
    checkpoint.save(folder / WEIGHTS, state)
    derive(folder, state)


def derive(folder: Path, state: State) -> None:
    """Writes the history; and the options as they are, beside what was true when the run began."""
    lines = (json.dumps(metrics._asdict()) + "\n" for metrics in state.history)
    checkpoint.write(folder / METRICS, "".join(lines).encode())
    content = _kept(folder, state) | {"options": asdict(state.config)}
    content = {"digest": _digest(content), **content}  # first, so that no damage takes it away and nothing else
    checkpoint.write(folder / CONFIG, (json.dumps(content, indent=2) + "\n").encode())


def _kept(folder: Path, state: State) -> dict[str, Any]:
    """What config.json says of the run's beginning, if it is whole and of this run; else what can still be known."""
    try:
        kept = json.loads((folder / CONFIG).read_text("utf-8")) if (folder / CONFIG).is_file() else {}
        if _is_of(kept, state):
            return {key: value for key, value in kept.items() if key != "digest"}
    except (OSError, ValueError, RecursionError):
        pass  # it tells nothing
    if not (state.epoch or state.step) and not (folder / CONFIG).exists():
        return _origin(state)
    print(f"{folder / CONFIG}: damaged, or of another run; written anew, without what only it knew", file=sys.stderr)
    return _known(state) | dict.fromkeys(UNKNOWN)


def _is_of(kept: Any, state: State) -> bool:
    """Whether config.json is undamaged and about this run. Earlier versions wrote no digest."""
    if not isinstance(kept, dict) or not kept.keys() >= {"options", "seed", "data", *UNKNOWN}:
        return False
    whole = kept.get("digest", _digest(kept)) == _digest(kept)
    data = kept["data"] if isinstance(kept["data"], dict) else {}
    return whole and (kept["seed"], data.get("sha256")) == (state.config.seed, state.data)


def _digest(content: dict[str, Any]) -> str:
    """SHA-256 of all but itself."""
    text = json.dumps({key: value for key, value in content.items() if key != "digest"}, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def load(path: str | Path) -> State:
    """The state of a run, by its folder or by its checkpoint."""
    path = Path(path)
    if path.is_dir():
        path /= WEIGHTS
    if not path.is_file():
        raise ValueError(f"{path}: expected the checkpoint of a run, got no such file")
    return checkpoint.load(path)


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Keeps other processes from working on the run, and sweeps up after any that was killed.

    Raises: ValueError when another process is at work in it.
    """
    with _held(folder) as held:
        if held is False:
            raise ValueError(f"{folder}: expected an idle run, got one in progress")
        if held is None:
            _say_without_locks(folder)
            yield  # and what others left stays: nobody knows whether they are done with it
            return
        for path in folder.iterdir():
            if re.fullmatch(TEMPORARY.format(OURS), path.name):
                path.unlink(missing_ok=True)
        for path in [*folder.parent.iterdir()]:
            if re.fullmatch(TEMPORARY.format(re.escape(folder.name)), path.name) and (path / LOCK).is_file():
                with _held(path) as abandoned:
                    if abandoned:
                        shutil.rmtree(path, ignore_errors=True)
        yield


@contextmanager
def _held(folder: Path) -> Iterator[bool | None]:
    """The folder's lock, and whether this process has it; None where the file system has no locks."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o666)  # a FIFO must not block
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError(f"{folder / LOCK}: expected a file, got something else")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        except OSError as error:
            if error.errno not in NO_LOCKS:
                error.filename = str(folder / LOCK)
                raise
            yield None
            return
        yield True
    finally:
        os.close(descriptor)


def _say_without_locks(folder: Path) -> None:
    print(f"{folder}: this file system has no locks; do not let two processes work on the run", file=sys.stderr)


def _appear(folder: Path, state: State, stack: ExitStack) -> bool:
    """Makes a folder that is complete and locked from its first moment; False when the name is taken."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.sync(folder.parent)  # if that is impossible, the message names this folder, not the hidden one
    hidden = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.tmp")
    hidden.mkdir()
    try:
        with ExitStack() as held:
            if held.enter_context(_held(hidden)) is None:  # it stays when the folder gets its name
                _say_without_locks(folder)
            save(hidden, state)
            os.rename(hidden, folder)
            stack.push(held.pop_all())
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
            return False
        raise
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
    checkpoint.sync(folder.parent)
    return True


def _known(state: State) -> dict[str, Any]:
    """What the state tells."""
    data = {"folder": state.config.data or "bundled", "sha256": state.data}
    return {"options": {}, "seed": state.config.seed, "data": data}


def _origin(state: State) -> dict[str, Any]:
    """What is true when a run begins."""
    return _known(state) | {
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
        "commit": _commit(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "vanillacnn": vanillacnn.__version__,
    }


def _commit() -> str | None:
    """The commit of the checkout that this package runs from, if it runs from one."""
    root = Path(vanillacnn.__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None
    describe = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        git = subprocess.run(describe, cwd=root, capture_output=True, text=True, check=True)
        return git.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
