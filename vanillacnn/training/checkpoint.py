"""Checkpoints: the state of a run as one safetensors file, which is whole or refused.

Any framework can read the tensors K1, b1, K2, b2, W and b, and what the rule keeps of each, K1.m and so on. The rest of
the state is one JSON text in the metadata, beside a SHA-256 of both, so that no damage goes unnoticed.
"""

import errno
import hashlib
import json
import math
import os
import secrets
import stat
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import safetensors
from safetensors.numpy import save as serialize

from vanillacnn import __version__
from vanillacnn.arrays import Parameters
from vanillacnn.network_checks import check_images, check_parameters
from vanillacnn.training.config import Config
from vanillacnn.training.run import Metrics, State

FORMAT = 2
READABLE = (1, 2)  # the first knew of the paper's network and rule only
LARGEST = 2**30  # bytes of a checkpoint, and of the text about it: what is larger is not read, and not begun
LARGEST_TEXT = 2**24
LINE = 200  # bytes that an epoch takes of the text, at most
NO_SYNC = {errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS}
_told: set[int] = set()  # file systems of which it was said that they cannot sync a folder
DTYPES = {"F32": np.float32, "F64": np.float64}


class CheckpointError(ValueError):
    """A file is no usable checkpoint; says which file, what was expected and what came."""


def save(path: str | os.PathLike[str], state: State) -> None:
    """Writes a checkpoint. Whatever happens, the file is the old one or the new one, whole."""
    write(Path(path), encode(state))


def load(path: str | os.PathLike[str]) -> State:
    """Reads a checkpoint.

    Raises: CheckpointError unless the file holds a whole, usable state; OSError when unreadable.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        data = file.read(size) if size <= LARGEST else b""
    try:
        _require("size", size, f"at most {LARGEST} bytes", size <= LARGEST)
        return decode(data)
    except CheckpointError as error:
        raise CheckpointError(f"{os.fspath(path)}: {error}") from None


def write(path: Path, data: bytes) -> None:
    """Replaces a file in one stroke, safe on the disk when this returns."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb") as file:
            if path.exists():
                os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))  # what its owner set stays
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        error.filename = str(path)  # a failing write, unlike open, does not say of which file
        raise
    finally:
        temporary.unlink(missing_ok=True)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Makes the names in a folder safe: without this, a power cut may undo a rename.

    Some network file systems cannot do it. That is said once for each, and the run goes on.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NO_SYNC:
            error.filename = str(folder)
            raise
        device = os.fstat(descriptor).st_dev
        if device not in _told:
            _told.add(device)
            print(f"{folder}: this file system cannot sync a folder; a power cut may undo a save", file=sys.stderr)
    finally:
        os.close(descriptor)


def encode(state: State) -> bytes:
    """The bytes of a checkpoint. Raises: ValueError for a state that `decode` would refuse."""
    _check(state)
    about: dict[str, Any] = {"format": FORMAT, "vanillacnn": __version__, **state._asdict()}
    about["config"] = asdict(state.config)
    about["history"] = [metrics._asdict() for metrics in state.history]
    del about["params"], about["moments"]
    text = json.dumps(about)  # Python writes a float so that it reads the same one back
    tensors = {name: np.ascontiguousarray(X) for name, X in _tensors(state).items()}
    _check_sizes(state, tensors, text)
    return serialize(tensors, {"state": text, "sha256": _digest(tensors, text)})


def _check_sizes(state: State, tensors: dict[str, np.ndarray], text: str) -> None:
    """Refuses what could not be read back, now or when all epochs are done."""
    size = sum(X.nbytes for X in tensors.values()) + LARGEST_TEXT
    _require(
        "size",
        f"{size} of {state.params.W.size:,} weights",
        f"a checkpoint of at most {LARGEST} bytes",
        size <= LARGEST,
    )
    # A line for each epoch that is still to come, and two for the numbers of the state, which get longer.
    most = state.epoch + (LARGEST_TEXT - len(text) - 2 * LINE) // LINE
    epochs = state.config.epochs
    _require("epochs", epochs, f"at most {most:,}, whose history a checkpoint holds", epochs <= most)


def decode(data: bytes) -> State:
    """The state in the bytes of a checkpoint. Raises: CheckpointError for any other bytes."""
    tensors, metadata = _read_safetensors(data)
    text, sha256 = metadata.get("state"), metadata.get("sha256")
    if text is None or sha256 is None:
        _refuse("metadata", "'state' and 'sha256'", sorted(metadata))
    try:
        about = json.loads(text)
        # First, since another format may have another digest.
        _require("format", about["format"], f"one of {READABLE}", about["format"] in READABLE)
        digest = _digest(tensors, text)
        _require("sha256", f"{digest}: damaged", f"{sha256} as written", digest == sha256)
        state = _read_state(about, tensors)
        _check(state)
    except CheckpointError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        _refuse("state", "that of a run", f"{type(error).__name__}: {error}")
    return state


def _tensors(state: State) -> dict[str, np.ndarray]:
    """The parameters by their names, and behind them their moments."""
    named = state.params._asdict()
    kept = zip(named, state.moments, strict=True)
    symbols = state.config.rule.symbols
    return named | {f"{name}.{symbol}": X for name, m in kept for symbol, X in zip(symbols, m, strict=True)}


def _read_safetensors(data: bytes) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    length = int.from_bytes(data[:8], "little")  # of the header; read first, since what is forged can be expensive
    _require("header", length, f"at most {2 * LARGEST_TEXT} bytes in a safetensors file", length <= 2 * LARGEST_TEXT)
    try:
        tensors = dict(safetensors.deserialize(data))  # type: ignore[no-untyped-call]
        header = json.loads(data[8 : 8 + length])
    except (safetensors.SafetensorError, ValueError) as error:
        _refuse("content", "a whole safetensors file", f"{len(data)} bytes, {error}")
    names = Parameters._fields
    known = all(name.split(".")[0] in names for name in tensors)
    _require("tensors", " ".join(tensors) or "none", " ".join(names), known and set(names) <= set(tensors))
    dtypes = {tensor["dtype"] for tensor in tensors.values()}
    _require("dtypes", " ".join(sorted(dtypes)), "F32 or F64", dtypes <= set(DTYPES))
    return {name: _array(name, tensors[name]) for name in tensors}, header.get("__metadata__") or {}


def _array(name: str, tensor: dict[str, Any]) -> np.ndarray:
    shape = tensor["shape"]
    _require(name, shape, "no side of 0", 0 not in shape)  # (0, 2⁶², 2⁶²) fits in 0 bytes
    _require(name, len(shape), "at most 4 axes", len(shape) <= 4)  # NumPy has no more than 64
    values = np.frombuffer(tensor["data"], np.dtype(DTYPES[tensor["dtype"]]).newbyteorder("<"))
    return values.reshape(shape).astype(DTYPES[tensor["dtype"]])


def _read_state(about: dict[str, Any], tensors: dict[str, np.ndarray]) -> State:
    fields = {name: about[name] for name in State._fields if name not in ("params", "moments")}
    config = fields["config"] = Config.of(fields["config"])
    fields["image"] = tuple(fields["image"])
    fields["history"] = tuple(Metrics(**metrics) for metrics in fields["history"])
    names, symbols = Parameters._fields, config.rule.symbols
    expected = [*names, *(f"{name}.{symbol}" for name in names for symbol in symbols)]
    _require("tensors", " ".join(tensors), " ".join(expected), set(tensors) == set(expected))
    moments = tuple(tuple(tensors[f"{name}.{symbol}"] for symbol in symbols) for name in names)
    return State(params=Parameters(*(tensors[name] for name in names)), moments=moments, **fields)


def _check(state: State) -> None:
    """Refuses what no run can have come to. Raises: ValueError, among them CheckpointError."""
    least = {"epoch": (state.epoch, 0), "step": (state.step, 0)}
    least |= {f"image side {axis}": (side, 1) for axis, side in enumerate(state.image)}
    for name, (value, bound) in least.items():
        _require(name, value, f"a whole number from {bound}", type(value) is int and value >= bound)
    _require("data", state.data, "a fingerprint", isinstance(state.data, str))
    epochs = [metrics.epoch for metrics in state.history]
    complete = len(epochs) == state.epoch and epochs == [*range(1, state.epoch + 1)]
    _require("history", epochs, f"epochs 1 to {state.epoch}", complete)
    numbers = [state.loss, state.seconds, *(x for metrics in state.history for x in metrics)]
    _require("metrics", numbers, "finite numbers", all(map(math.isfinite, numbers)))
    dtype = state.config.dtype
    for name, X in _tensors(state).items():
        _require(name, X.dtype, dtype, X.dtype == dtype)
        _require(name, "NaN or infinity", "finite numbers", bool(np.isfinite(X).all()))
        shape = getattr(state.params, name.split(".")[0]).shape
        _require(name, X.shape, f"the shape {shape} of its parameter", X.shape == shape)
    check_parameters(state.params)
    (P, Q), (k1, k2) = state.config.maps, state.config.kernels
    for name, shape in (("K1", (1, P, *k1)), ("K2", (P, Q, *k2))):
        came = getattr(state.params, name).shape
        _require(name, came, f"the shape {shape} of the options", came == shape)
    # An image of the stated size that takes no memory, whatever the size.
    check_images(state.params, np.broadcast_to(state.params.b.dtype.type(), (*state.image, 1)))


def _digest(tensors: dict[str, np.ndarray], text: str) -> str:
    """SHA-256 of each tensor's name, dtype, shape and bytes, then of the text. The parameters come first."""
    digest = hashlib.sha256()
    names = Parameters._fields
    for name in [*names, *sorted(tensors.keys() - names)]:
        X = tensors[name]
        digest.update(f"{name} {X.dtype} {X.shape} ".encode())
        digest.update(np.ascontiguousarray(X, X.dtype.newbyteorder("<")).data)
    digest.update(text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _require(name: str, came: object, expected: object, ok: bool) -> None:
    if not ok:
        _refuse(name, expected, came)


def _refuse(name: str, expected: object, came: object) -> NoReturn:
    raise CheckpointError(f"{name}: expected {expected}, got {came}")
