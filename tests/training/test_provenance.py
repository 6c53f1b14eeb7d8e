"""config.json says what was true when the run began, or that it is unknown."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.suite import commands as scripts
from vanillacnn.mnist import Split
from vanillacnn.training import run_folder
from vanillacnn.training.config import Config
from vanillacnn.training.run import State, begin

digits_of_mnist = scripts.digits_of_mnist
KNOWN = ("seed", "data", *run_folder.UNKNOWN)


@pytest.fixture
def begun(digits_of_mnist: Split, tmp_path: Path) -> tuple[Path, State]:
    """A run after its first step."""
    state = begin(Config(seed=3), digits_of_mnist)
    with run_folder.create(str(tmp_path / "run"), state) as folder:
        pass
    return folder, state._replace(step=1)


def about(folder: Path) -> dict[str, object]:
    return json.loads((folder / "config.json").read_text("utf-8"))


def test_it_is_kept_from_save_to_save(begun: tuple[Path, State], capsys: pytest.CaptureFixture[str]) -> None:
    folder, state = begun
    before = about(folder)
    run_folder.derive(folder, state)
    assert about(folder) == before
    assert before["commit"] is None or len(str(before["commit"])) >= 40
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("text", ["[" * 10**5, "", "{}", "null", '{"seed": 3}', '{"seed": 3, "data": 5, "started": 1}'])
def test_what_is_damaged_is_unknown(text: str, begun: tuple[Path, State], capsys: pytest.CaptureFixture[str]) -> None:
    folder, state = begun
    (folder / "config.json").write_text(text, "utf-8")
    run_folder.derive(folder, state)
    now = about(folder)
    assert (now["seed"], now["data"]["sha256"]) == (3, state.data)
    assert [now[name] for name in run_folder.UNKNOWN] == [None] * 5
    assert capsys.readouterr().err.startswith(f"{folder / 'config.json'}: damaged")
    run_folder.derive(folder, state)
    assert about(folder) == now
    assert capsys.readouterr().err == ""


def damages(content: bytes) -> Iterator[bytes]:
    """Stretches that are replaced, lost or doubled."""
    rng = np.random.default_rng(0)
    for _ in range(2400):
        first, last = sorted(rng.integers(0, len(content), 2))
        inserted = rng.integers(32, 127, rng.integers(1, 4), np.uint8).tobytes()
        replaced = content[:first] + inserted + content[first + len(inserted) :]
        lost, doubled = content[:first] + content[last:], content[:last] + content[first:]
        yield (replaced, lost, doubled)[rng.integers(3)]


def test_no_damage_leaves_another_beginning(begun: tuple[Path, State]) -> None:
    """The same values as before, or none: 2,400 times."""
    folder, state = begun
    path = folder / "config.json"
    before, kept = path.read_bytes(), 0
    right = {name: json.loads(before)[name] for name in KNOWN}
    for damaged in damages(before):
        path.write_bytes(damaged)
        now = run_folder._kept(folder, state)
        assert all(now[name] in (right[name], None) for name in KNOWN), damaged
        kept += now["started"] is not None
    assert kept < 100, "nearly every damage is noticed"


def test_that_of_another_run_is_not_taken_over(begun: tuple[Path, State], digits_of_mnist: Split) -> None:
    folder, _ = begun
    other = begin(Config(seed=4), digits_of_mnist)._replace(step=1)
    run_folder.derive(folder, other)
    assert (about(folder)["seed"], about(folder)["started"]) == (4, None)


def test_one_of_an_earlier_version_is_kept(begun: tuple[Path, State]) -> None:
    """Earlier versions wrote no digest."""
    folder, state = begun
    before = about(folder)
    del before["digest"]
    (folder / "config.json").write_text(json.dumps(before), "utf-8")
    run_folder.derive(folder, state)
    assert [about(folder)[name] for name in KNOWN] == [before[name] for name in KNOWN]
