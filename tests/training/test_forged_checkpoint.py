"""Whole files with a right digest that hold no state of a run are refused; so is a run that no file can hold."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as pack_tensors

from tests.suite.commands import ROOT
from tests.training.test_checkpoint import BYTES, METRICS, STATE, refused, same
from vanillacnn.arrays import Parameters
from vanillacnn.mnist import Split, Subset
from vanillacnn.optimizer import Rule
from vanillacnn.training import checkpoint, run_folder
from vanillacnn.training.checkpoint import decode
from vanillacnn.training.config import Config
from vanillacnn.training.run import Metrics, State, begin


def forged(tensors: dict[str, np.ndarray] | None = None, **fields: object) -> bytes:
    """A file with other contents and the right digest over them. Damage cannot make one; only intent can."""
    params = STATE.params._replace(**(tensors or {}))
    text = json.dumps(json.loads(metadata()["state"]) | fields)
    return packed(params._asdict(), text)


def metadata(data: bytes = BYTES) -> dict[str, str]:
    size = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + size])["__metadata__"]


def packed(tensors: dict[str, np.ndarray], text: str = metadata()["state"]) -> bytes:
    return pack_tensors(tensors, {"state": text, "sha256": checkpoint._digest(tensors, text)})


def test_a_forged_file_is_what_the_next_tests_change() -> None:
    assert same(decode(forged()), STATE)


FIELDS = {
    "format": [0, 3, "1", None],
    "config": [
        None,
        [],
        {},
        {"epochs": 3, "colour": 1},
        {"epochs": 0},
        {"dtype": "float64"},
        {"maps": 5, "kernels": 5},
    ],
    "epoch": [0, 2, -1, 1.0, True, "1", None],
    "step": [-1, 0.5, None],
    "loss": [None, "1", float("nan"), float("inf"), 10**400],
    "seconds": [None, float("nan")],
    "image": [None, [7], [7, 9, 1], [9, 7], [0, 0], [-7, 9], ["7", "9"], [1e9, 1e9], [10**9, 10**9]],
    "data": [None, 5],
    "history": [None, 5, [], [None], [{}], [METRICS._asdict() | {"epoch": 2}], [METRICS._asdict() | {"x": 1}]],
}


@pytest.mark.usefixtures("unchecked_annotations")
@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in FIELDS.items() for value in values])
def test_states_no_run_can_reach_are_refused(name: str, value: object) -> None:
    refused(forged(**{name: value}))


@pytest.mark.parametrize("name", sorted({*State._fields} - {"moments"}))  # of which there are none
def test_missing_fields_are_refused(name: str) -> None:
    text = json.loads(metadata()["state"])
    text.pop(name, None)
    params = STATE.params if name != "params" else STATE.params._replace(b=STATE.params.b + 1)
    digest = checkpoint._digest(STATE.params._asdict(), json.dumps(text))
    refused(pack_tensors(params._asdict(), {"state": json.dumps(text), "sha256": digest}))


P = STATE.params
TENSORS = {
    "K1: a second input map": {"K1": np.repeat(P.K1, 2, axis=0)},
    "K1: three axes": {"K1": P.K1[0]},
    "K1: five axes": {"K1": P.K1[None]},
    "b1: one map more": {"b1": np.zeros(3, np.float32)},
    "K2: maps exchanged": {"K2": np.ascontiguousarray(P.K2.swapaxes(0, 1))},
    "K2: another kernel": {"K2": np.zeros((2, 3, 2, 4), np.float32)},
    "b2: one map less": {"b2": P.b2[1:]},
    "W: transposed": {"W": np.ascontiguousarray(P.W.T)},
    "W: one feature more": {"W": np.zeros((2, P.W.shape[1] + 1), np.float32)},
    "b: a matrix": {"b": P.b[None]},
    "b: no classes": {"b": P.b[:0], "W": P.W[:0]},
    "K1: empty": {"K1": np.zeros((1, 2, 0, 4), np.float32)},
    "mixed": {"W": P.W.astype(np.float64)},
    "half": {name: theta.astype(np.float16) for name, theta in P._asdict().items()},
    "integers": {name: theta.astype(np.int32) for name, theta in P._asdict().items()},
    "another dtype than the options'": {name: theta.astype(np.float64) for name, theta in P._asdict().items()},
    "NaN": {"b": np.array([0, np.nan], np.float32)},
    "infinity": {"b2": np.array([0, 0, -np.inf], np.float32)},
}


@pytest.mark.parametrize("tensors", TENSORS.values(), ids=TENSORS)
def test_tensors_that_are_no_network_are_refused(tensors: dict[str, np.ndarray]) -> None:
    refused(forged(tensors))


@pytest.mark.parametrize("change", ["missing", "added", "renamed"])
def test_other_tensor_names_are_refused(change: str) -> None:
    tensors = load_tensors(BYTES)
    if change != "added":
        tensors.pop("b2")
    if change != "missing":
        tensors["b3"] = np.zeros(3, np.float32)
    assert "expected K1 b1 K2 b2 W b, got" in refused(pack_tensors(tensors, metadata()))


@pytest.mark.parametrize("about", [None, {}, {"state": "{}"}, {"sha256": "0"}, {"format": "pt"}])
def test_weights_without_a_state_are_refused(about: dict[str, str] | None) -> None:
    assert "metadata" in refused(pack_tensors(load_tensors(BYTES), about))


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null", "[" * 100_000, "1" * 5000, '"\\ud800"', "{}"])
def test_texts_that_are_no_state_are_refused(text: str) -> None:
    digest = checkpoint._digest(STATE.params._asdict(), text)
    refused(pack_tensors(load_tensors(BYTES), {"state": text, "sha256": digest}))


def test_claims_of_huge_sizes_are_refused() -> None:
    def header(**entry: object) -> bytes:
        text = json.dumps(dict.fromkeys(Parameters._fields, {"dtype": "F32", "data_offsets": [0, 0]} | entry)).encode()
        return len(text).to_bytes(8, "little") + text

    refused((2**63).to_bytes(8, "little") + b"{}")
    refused(header(shape=[2**62, 2**62]))
    refused(header(shape=[0, 2**62, 2**62]))
    refused(header(shape=[2**40], data_offsets=[0, 2**42]))


def test_more_axes_than_numpy_has_are_refused() -> None:
    size = int.from_bytes(BYTES[:8], "little")
    header = json.loads(BYTES[8 : 8 + size])
    header["K1"]["shape"] += [1] * 64
    text = json.dumps(header).encode()
    assert "K1: expected at most 4 axes" in refused(len(text).to_bytes(8, "little") + text + BYTES[8 + size :])


def test_the_digest_sees_dtypes_and_shapes() -> None:
    reshaped, retyped = P._replace(K1=P.K1.reshape(1, 2, 4, 2)), P._replace(b1=P.b1.view(np.int32))
    digests = {checkpoint._digest(params._asdict(), "") for params in (P, reshaped, retyped)}
    assert len(digests) == 3, "although the bytes are the same"


def blank(side: int) -> Split:
    subset = Subset(np.zeros((side, side, 2), np.uint8), np.zeros(2, np.uint8))
    return Split(subset, subset)


def test_a_network_that_no_checkpoint_holds_is_refused_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one image of 2480×2480 in float64 with Adam's moments would be, here with a lower limit."""
    config = Config(dtype="float64", rule=Rule("adam"))
    state = begin(config, blank(128))
    needed = 3 * sum(theta.nbytes for theta in state.params) + checkpoint.LARGEST_TEXT
    monkeypatch.setattr(checkpoint, "LARGEST", needed - 1)
    message = rf"^size: expected a checkpoint of at most {needed - 1} bytes, got {needed} of 100,920 weights$"
    with pytest.raises(ValueError, match=message), run_folder.create(str(tmp_path / "run"), state):
        pass
    assert [*tmp_path.iterdir()] == []
    monkeypatch.setattr(checkpoint, "LARGEST", needed)
    with run_folder.create(str(tmp_path / "run"), state):
        assert run_folder.load(tmp_path / "run").config == config


def test_epochs_whose_history_no_checkpoint_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    state = begin(Config(epochs=10**6), blank(16))
    with pytest.raises(ValueError, match=r"^epochs: expected at most \d\d,\d\d\d, whose history .*, got 1000000$"):
        checkpoint.encode(state)
    monkeypatch.setattr(checkpoint, "LARGEST_TEXT", 2**14)
    with pytest.raises(ValueError, match=r"^epochs: expected at most (\d\d), ") as caught:
        checkpoint.encode(state)
    most = int(str(caught.value).split(", whose")[0].split()[-1])
    ending = state._replace(config=Config(epochs=most), epoch=most, history=history(most))
    assert checkpoint.decode(checkpoint.encode(ending)).history == ending.history


def history(epochs: int) -> tuple[object, ...]:
    """Lines as long as they can be."""
    third = 1 / 3 * 1e-300
    return tuple(Metrics(k + 1, third, third, third, 60_000, third) for k in range(epochs))


FORGER = """
import sys, resource
from vanillacnn.training import checkpoint
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    checkpoint.load(sys.argv[1])
except checkpoint.CheckpointError as error:
    print(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_forged_state_of_39_megabytes_is_refused_at_little_cost(tmp_path: Path) -> None:
    """A list of many empty lists takes twenty times its text in memory. The file itself takes 39 MiB."""
    state = begin(Config(), blank(16))
    tensors = {name: np.asarray(theta) for name, theta in state.params._asdict().items()}
    text = '{"format": 2, "history": [' + "[]," * 13_000_000 + "[]]}"
    path = tmp_path / "forged.safetensors"
    path.write_bytes(packed(tensors, text))
    run = subprocess.run([sys.executable, "-c", FORGER, path], cwd=ROOT, capture_output=True, text=True, check=True)
    refusal, mebibytes = run.stdout.splitlines()
    assert "header: expected at most" in refusal
    assert int(mebibytes) < 100
