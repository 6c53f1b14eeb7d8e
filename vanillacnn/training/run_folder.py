"""The folder that a run leaves behind.

The checkpoint, weights.safetensors, is the one source of truth. metrics.jsonl and the pictures are
derived from it; config.json tells where the run came from. Each file is replaced in one stroke, and
a new folder appears with a checkpoint in it, so that what exists can always be resumed.
"""

import errno
import fcntl
import json
import os
import platform
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
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


def create(out: str | None, state: State) -> Path:
    """A new folder with the initial weights: `out`, or runs/<time>-<seed> in the current folder."""
    if out is None:
        name = f"{datetime.now():%Y%m%d-%H%M%S}-{state.config.seed}"
        names = (name if n == 1 else f"{name}-{n}" for n in count(1))
        return next(folder for name in names if _appears(folder := Path("runs", name), state))
    folder = Path(out)
    if folder.is_dir() and not any(folder.iterdir()):
        save(folder, state)  # perhaps a mount point: not ours to replace
    elif folder.exists() or not _appears(folder, state):
        raise ValueError(f"{folder}: expected a new or an empty folder, got one that is taken")
    return folder


def save(folder: Path, state: State) -> None:
    """The checkpoint first: what fails after it can be made again from it."""
    checkpoint.save(folder / WEIGHTS, state)
    derive(folder, state)


def derive(folder: Path, state: State) -> None:
    """Writes the history; and the options as they are, beside what was true when the run began."""
    lines = (json.dumps(metrics._asdict()) + "\n" for metrics in state.history)
    checkpoint.write(folder / METRICS, "".join(lines).encode())
    try:
        origin = dict(json.loads((folder / CONFIG).read_text()))
    except (OSError, TypeError, ValueError):
        origin = _origin(state)
    content = json.dumps(origin | {"options": asdict(state.config)}, indent=2) + "\n"
    checkpoint.write(folder / CONFIG, content.encode())


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
    """Keeps other processes from working on the run, and sweeps up after any that was killed."""
    with open(folder / LOCK, "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"{folder}: expected an idle run, got one in progress") from None
        for leftover in folder.glob(".*.tmp"):
            leftover.unlink(missing_ok=True)
        for leftover in folder.parent.glob(f".{folder.name}.*.tmp"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield


def _appears(folder: Path, state: State) -> bool:
    """Makes a folder that is complete from its first moment; False when the name is taken."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    hidden = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.tmp")
    hidden.mkdir()
    try:
        save(hidden, state)
        os.rename(hidden, folder)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
            return False
        raise
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
    checkpoint.sync(folder.parent)
    return True


def _origin(state: State) -> dict[str, Any]:
    return {
        "options": {},
        "seed": state.config.seed,
        "data": {"folder": state.config.data or "bundled", "sha256": state.data},
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
