"""Checkpoints: what goes in comes out, and nothing else does."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load as load_tensors
from safetensors.numpy import load_file
from safetensors.numpy import save as pack_tensors

from vanillacnn.arrays import Parameters
from vanillacnn.network import initialize
from vanillacnn.optimizer import RULES, Rule, Schedule
from vanillacnn.training import checkpoint
from vanillacnn.training.checkpoint import CheckpointError, decode, encode, load, save
from vanillacnn.training.config import Config
from vanillacnn.training.run import Metrics, State

# As small as a network can be with all sides different, so that every bit of its file can be tried.
SIZES = {"image": (7, 9), "maps": (2, 3), "kernels": ((2, 4), (2, 2)), "classes": 2}
METRICS = Metrics(1, 0.1, 0.25, 0.9, 3, 1.5)


def state(dtype: str = "float32", **fields: object) -> State:
    params = initialize(np.random.default_rng(0), dtype=dtype, **SIZES)
    config = Config(dtype=dtype, maps=SIZES["maps"], kernels=SIZES["kernels"])
    return State(config, params, (7, 9), "ab12")._replace(**fields)


STATE = state(epoch=1, step=4, loss=1 / 3, seconds=0.7, history=(METRICS,))
BYTES = encode(STATE)


def with_moments(name: str) -> State:
    rng, rule = np.random.default_rng(1), Rule(name)
    moments = tuple(
        tuple(rng.random(theta.shape, np.float32) for _ in rule.symbols) for theta in initialize(rng, **SIZES)
    )
    schedule = Schedule("cosine_decay", warmup=7)
    return STATE._replace(config=replace(STATE.config, rule=rule, schedule=schedule), moments=moments)


def same(left: State, right: State) -> bool:
    kept = zip(sum(left.moments, ()), sum(right.moments, ()), strict=True)
    tensors = [*zip(left.params, right.params, strict=True), *kept]
    if [len(m) for m in left.moments] != [len(m) for m in right.moments]:
        return False
    return left._replace(params=None, moments=None) == right._replace(params=None, moments=None) and all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes() for a, b in tensors
    )


def refused(data: bytes) -> str:
    with pytest.raises(CheckpointError, match=r"expected .*, got ") as caught:
        decode(data)
    return str(caught.value)


def test_round_trip(tmp_path: Path) -> None:
    save(tmp_path / "weights.safetensors", STATE)
    assert same(load(tmp_path / "weights.safetensors"), STATE)
    assert os.listdir(tmp_path) == ["weights.safetensors"]


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(loss=finite, seconds=finite, metrics=st.lists(st.tuples(*[finite] * 3, st.integers(0, 10**9), finite)))
def test_every_number_comes_back_exactly(loss: float, seconds: float, metrics: list[tuple]) -> None:
    history = tuple(Metrics(epoch, *values) for epoch, values in enumerate(metrics, 1))
    written = state("float64", loss=loss, seconds=seconds, epoch=len(history), history=history)
    assert same(decode(encode(written)), written)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["float32", "float64"]))
def test_every_tensor_comes_back_exactly(seed: int, dtype: str) -> None:
    params = initialize(np.random.default_rng(seed), dtype=dtype, **SIZES)
    written = state(dtype, params=params._replace(b=np.array([-0.0, 5e-324], dtype)))
    assert same(decode(encode(written)), written)


def test_non_contiguous_tensors_are_written_as_they_read() -> None:
    turned = STATE.params._replace(W=np.asfortranarray(STATE.params.W), K1=STATE.params.K1[..., ::-1])
    assert same(decode(encode(STATE._replace(params=turned))), STATE._replace(params=turned))


@pytest.mark.parametrize("name", RULES)
def test_what_a_rule_keeps_comes_back_exactly(name: str) -> None:
    written = with_moments(name)
    assert same(decode(encode(written)), written)
    expected = {*Parameters._fields} | {f"{theta}.{m}" for theta in Parameters._fields for m in Rule(name).symbols}
    assert set(load_tensors(encode(written))) == expected


def test_what_a_rule_keeps_must_be_its_own() -> None:
    data = encode(with_moments("nesterov"))
    tensors, text = load_tensors(data), json.loads(header(data)["state"])
    broken = {
        "one is missing": {name: X for name, X in tensors.items() if name != "W.m"},
        "one too many": tensors | {"W.c": tensors["W.m"]},
        "of another shape": tensors | {"W.m": tensors["W.m"][:, :-1]},
        "not finite": tensors | {"b.m": tensors["b.m"] * np.nan},
        "of another dtype": tensors | {"b.m": tensors["b.m"].astype(np.float64)},
        "of nothing": tensors | {"X.m": tensors["b.m"]},
    }
    for arrays in broken.values():
        sha256 = checkpoint._digest(arrays, json.dumps(text))
        refused(pack_tensors(arrays, {"state": json.dumps(text), "sha256": sha256}))


def test_a_checkpoint_of_the_first_format_is_read() -> None:
    """It knows of the paper's network and rule only: nothing that was saved is lost."""
    text = json.loads(header(BYTES)["state"])
    text["format"] = 1
    for name in ("architecture", "rule", "schedule"):
        del text["config"][name]
    sha256 = checkpoint._digest(STATE.params._asdict(), json.dumps(text))
    assert same(decode(pack_tensors(STATE.params._asdict(), {"state": json.dumps(text), "sha256": sha256})), STATE)


def header(data: bytes) -> dict:
    return json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]


def test_other_frameworks_can_read_the_tensors(tmp_path: Path) -> None:
    save(tmp_path / "weights.safetensors", STATE)
    tensors = load_file(tmp_path / "weights.safetensors")
    assert sorted(tensors) == ["K1", "K2", "W", "b", "b1", "b2"]
    assert all((tensors[name] == theta).all() for name, theta in STATE.params._asdict().items())


def test_every_flipped_bit_is_noticed() -> None:
    unharmed = []
    for place in range(8 * len(BYTES)):
        damaged = bytearray(BYTES)
        damaged[place // 8] ^= 1 << place % 8
        try:
            assert same(decode(bytes(damaged)), STATE)
            unharmed.append(place)
        except CheckpointError:
            pass
    assert not unharmed


@pytest.mark.parametrize("length", [0, 7, 8, 9, 100, len(BYTES) - 1])
def test_a_cut_file_is_refused(length: int) -> None:
    assert f"got {length} bytes" in refused(BYTES[:length])


@given(st.binary(max_size=300))
def test_random_bytes_are_refused(data: bytes) -> None:
    refused(data)


@given(st.dictionaries(st.text(), st.text()), st.binary(max_size=99), st.text())
def test_random_headers_are_refused(header: dict, data: bytes, name: str) -> None:
    for entry in (header, {"dtype": name, "shape": [3], "data_offsets": [0, len(data)]}, [header], None, 7):
        text = json.dumps({name: entry}).encode()
        refused(len(text).to_bytes(8, "little") + text + data)


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A valid file of which up to three stretches were replaced by others."""
    data = BYTES
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        stop = draw(st.integers(start, min(start + 40, len(data))))
        other = st.binary(max_size=20) | st.sampled_from([BYTES[start : start + 20], b"[" * 5000, b'"F16"', b"9" * 30])
        data = data[:start] + draw(other) + data[stop:]
    return data


@given(mutations())
def test_a_mutated_file_is_refused_or_equal(data: bytes) -> None:
    try:
        assert same(decode(data), STATE)
    except CheckpointError as error:
        assert str(error)  # noqa: PT017


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.safetensors"
    with open(path, "wb") as file:
        file.truncate(checkpoint.LARGEST + 1)  # without a block on the disk
    with pytest.raises(CheckpointError, match=r"huge\.safetensors: size: expected at most 1073741824 bytes, got 10737"):
        load(path)


def test_errors_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "some.safetensors").write_bytes(BYTES[:-1])
    with pytest.raises(CheckpointError, match=r"some\.safetensors: content: expected a whole safetensors file, got"):
        load(tmp_path / "some.safetensors")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.safetensors")


def test_unusable_parameters_never_replace_good_ones(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save(path, STATE)
    with pytest.raises(CheckpointError, match="b: expected finite numbers"):
        save(path, STATE._replace(params=STATE.params._replace(b=np.array([0, np.nan], np.float32))))
    assert path.read_bytes() == BYTES or same(load(path), STATE)


def test_a_write_that_is_stopped_halfway_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights.safetensors"
    save(path, STATE)

    def stopped(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stopped)
    with pytest.raises(KeyboardInterrupt):
        save(path, STATE._replace(step=5))
    assert same(load(path), STATE)
    assert os.listdir(tmp_path) == ["weights.safetensors"]


FULL_DISK = """
import resource, sys
from pathlib import Path
from vanillacnn.training.checkpoint import write
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write(Path(sys.argv[1]), bytes(1001))
except OSError as error:
    print(error.filename, error.strerror)
"""


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"old")
    result = subprocess.run([sys.executable, "-c", FULL_DISK, path], capture_output=True, text=True, check=True)
    assert result.stdout == f"{path} File too large\n"
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["weights.safetensors"]


def test_a_checkpoint_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (calls.append("fsync"), fsync(descriptor)))
    monkeypatch.setattr(os, "replace", lambda *names: (calls.append("replace"), replace(*names)))
    save(tmp_path / "weights.safetensors", STATE)
    assert calls == ["fsync", "replace", "fsync"]
