"""What is said of each file that is refused, and where the limits of a checkpoint lie."""

import hashlib
import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as pack_tensors

from tests.training.test_checkpoint import BYTES, STATE, refused, same, with_moments
from tests.training.test_forged_checkpoint import forged, metadata, packed
from vanillacnn.training import checkpoint
from vanillacnn.training.checkpoint import CheckpointError, decode, encode, load

P = STATE.params
OPTIONS = json.loads(metadata()["state"])["config"]
HEADER = int.from_bytes(BYTES[:8], "little")


def with_shorter_moment() -> bytes:
    data = encode(with_moments("nesterov"))
    tensors = load_tensors(data)
    return packed(tensors | {"W.m": tensors["W.m"][:, :2].copy()}, metadata(data)["state"])


DTYPES = (np.uint8, np.float32, np.int64, np.float16, np.int16, np.int32)
REFUSALS: dict[str, tuple[Callable[[], bytes], str]] = {
    "header": (
        lambda: (2**63).to_bytes(8, "little"),
        "header: expected at most 33554432 bytes in a safetensors file, got 9223372036854775808",
    ),
    "no tensors": (lambda: pack_tensors({}), "tensors: expected K1 b1 K2 b2 W b, got none"),
    "another tensor": (
        lambda: pack_tensors({"b3": P.b}, metadata()),
        "tensors: expected K1 b1 K2 b2 W b, got b3",
    ),
    "dtypes": (
        lambda: pack_tensors({k: X.astype(t) for (k, X), t in zip(P._asdict().items(), DTYPES, strict=True)}),
        "dtypes: expected F32 or F64, got F16 F32 I16 I32 I64 U8",
    ),
    "two dtypes": (lambda: forged({"W": P.W.astype(np.float64)}), "W: expected float32, got float64"),
    "side of 0": (lambda: forged({"K1": np.zeros((1, 2, 0, 4))}), "K1: expected no side of 0, got [1, 2, 0, 4]"),
    "axes": (lambda: forged({"K1": P.K1[None]}), "K1: expected at most 4 axes, got 5"),
    "NaN": (lambda: forged({"b": P.b * np.nan}), "b: expected finite numbers, got NaN or infinity"),
    "moment": (with_shorter_moment, "W.m: expected the shape (2, 3) of its parameter, got (2, 2)"),
    "metadata": (
        lambda: pack_tensors(P._asdict(), {"sha256": "0", "b": "", "a": ""}),
        "metadata: expected 'state' and 'sha256', got ['a', 'b', 'sha256']",
    ),
    "sha256": (
        lambda: pack_tensors(P._asdict(), metadata() | {"sha256": "0"}),
        f"sha256: expected 0 as written, got {metadata()['sha256']}: damaged",
    ),
    "empty": (lambda: packed(P._asdict(), "{}"), "state: expected that of a run, got KeyError: 'format'"),
    "format": (lambda: forged(format=3), "format: expected one of (1, 2), got 3"),
    "epoch": (lambda: forged(epoch=-1), "epoch: expected a whole number from 0, got -1"),
    "step": (lambda: forged(step=-1), "step: expected a whole number from 0, got -1"),
    "rows": (lambda: forged(image=[0, 9]), "image side 0: expected a whole number from 1, got 0"),
    "columns": (lambda: forged(image=[7, 0]), "image side 1: expected a whole number from 1, got 0"),
    "data": (lambda: forged(data=5), "data: expected a fingerprint, got 5"),
    "history": (lambda: forged(epoch=2), "history: expected epochs 1 to 2, got [1]"),
    "endless history": (lambda: forged(epoch=2**62), f"history: expected epochs 1 to {2**62}, got [1]"),
    "metrics": (
        lambda: forged(loss=float("inf")),
        "metrics: expected finite numbers, got [inf, 0.7, 1, 0.1, 0.25, 0.9, 3, 1.5]",
    ),
    "both kernels": (
        lambda: forged(config=OPTIONS | {"kernels": [[3, 3], [3, 3]]}),
        "K1: expected the shape (1, 2, 3, 3) of the options, got (1, 2, 2, 4)",
    ),
    "second kernel": (
        lambda: forged(config=OPTIONS | {"kernels": [[2, 4], [3, 3]]}),
        "K2: expected the shape (2, 3, 3, 3) of the options, got (2, 3, 2, 2)",
    ),
}


@pytest.mark.usefixtures("unchecked_annotations")
@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_says_what_was_expected_and_what_came(name: str) -> None:
    data, message = REFUSALS[name]
    assert refused(data()) == message


def test_an_image_lying_on_its_side_is_named_by_its_sides() -> None:
    message = "expected images of sides that the kernels fit, and the sample index last, got shape (9, 7, 1) ("
    assert message in refused(forged(image=[9, 7]))


def test_what_a_rule_should_keep_is_named() -> None:
    """In the order of the file, which is none."""
    text = json.dumps(json.loads(metadata()["state"]) | {"config": OPTIONS | {"rule": {"name": "nesterov"}}})
    expected, came = refused(packed(P._asdict(), text)).split(", got ")
    assert expected == "tensors: expected K1 b1 K2 b2 W b K1.m b1.m K2.m b2.m W.m b.m"
    assert sorted(came.split()) == ["K1", "K2", "W", "b", "b1", "b2"]


def test_the_digest_is_that_of_these_bytes() -> None:
    """The paper's order first, then the alphabet's. 1.0 is 3f800000 in float32, and -2.0 in float64 is c0 and zeros."""
    one, minus_two = np.ones(1, np.float32), np.full((1, 1), -2.0)
    tensors = dict.fromkeys(["b", "W.m", "W", "b.m", "K2", "b1", "K1.m", "b2", "K1"], one) | {"K1.m": minus_two}
    parts = [b"%s float32 (1,) \x00\x00\x80\x3f" % name for name in (b"K1", b"b1", b"K2", b"b2", b"W", b"b")]
    parts += [b"K1.m float64 (1, 1) " + bytes(7) + b"\xc0"]
    parts += [b"%s float32 (1,) \x00\x00\x80\x3f" % name for name in (b"W.m", b"b.m")]
    expected = hashlib.sha256(b"".join(parts) + b"a text\xc3\xa9\xed\xa0\x80")
    assert checkpoint._digest(tensors, "a texté\ud800") == expected.hexdigest()


def test_a_file_may_have_as_many_bytes_as_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(BYTES)
    monkeypatch.setattr(checkpoint, "LARGEST", len(BYTES))
    assert same(load(path), STATE)
    monkeypatch.setattr(checkpoint, "LARGEST", len(BYTES) - 1)
    with pytest.raises(CheckpointError) as caught:
        load(path)
    assert str(caught.value) == f"{path}: size: expected at most {len(BYTES) - 1} bytes, got {len(BYTES)}"


def test_a_file_beyond_the_limit_takes_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "LARGEST", 2**24)
    with open(tmp_path / "huge.safetensors", "wb") as file:
        file.truncate(2**24 + 1)
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError, match="size: expected at most 16777216 bytes, got 16777217"):
            load(tmp_path / "huge.safetensors")
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_a_header_may_take_twice_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON in JSON: each quotation mark has a backslash before it."""
    monkeypatch.setattr(checkpoint, "LARGEST_TEXT", HEADER // 2)
    assert same(decode(BYTES), STATE)
    monkeypatch.setattr(checkpoint, "LARGEST_TEXT", HEADER // 2 - 1)
    assert refused(BYTES) == f"header: expected at most {HEADER - 2} bytes in a safetensors file, got {HEADER}"


@pytest.mark.parametrize(("length", "most"), [(1000, 48), (1001, 47), (9600, 5)])
def test_each_epoch_to_come_has_room_for_its_line(length: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """After 1,000 bytes of 10,000 and the two lines that are kept free there are 8,600, which is 43 lines of 200."""
    monkeypatch.setattr(checkpoint, "LARGEST_TEXT", 10_000)
    enough, too_many = (
        STATE._replace(epoch=5, config=replace(STATE.config, epochs=epochs)) for epochs in (most, most + 1)
    )
    checkpoint._check_sizes(enough, {}, "x" * length)
    with pytest.raises(CheckpointError) as caught:
        checkpoint._check_sizes(too_many, {}, "x" * length)
    assert str(caught.value) == f"epochs: expected at most {most}, whose history a checkpoint holds, got {most + 1}"
