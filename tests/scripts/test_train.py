"""train.py from end to end: what its options do, what it prints, and the folder that it leaves."""

import json
import os
import re
import shlex
import subprocess
import sys
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scripts import predict, train
from tests.suite import commands as scripts
from tests.suite.commands import ROOT, is_one_error, saved_files, script
from vanillacnn import mnist
from vanillacnn.architecture import Architecture
from vanillacnn.optimizer import Rule, Schedule
from vanillacnn.training import run_folder
from vanillacnn.training.config import RECIPES, Config
from vanillacnn.training.run import Metrics, State, begin

digits_of_mnist, data, plain = scripts.digits_of_mnist, scripts.data, scripts.plain
call, fresh = scripts.call, scripts.fresh


@pytest.mark.slow
def test_train_and_predict_from_end_to_end(data: Path, tmp_path: Path, call) -> None:
    status, out, err = script("train.py", "--data", data, "--epochs", 2, "--seed", 3, cwd=tmp_path)
    assert (status, err) == (0, "")
    (folder,) = (tmp_path / "runs").iterdir()
    assert re.fullmatch(r"\d{8}-\d{6}-3", folder.name)
    epoch = r"epoch  {}/2   train loss 0\.\d{{5}}   test loss 0\.\d{{5}}   test accuracy \d+\.\d\d%   \d+\.\d s\n"
    lines = rf"runs/{folder.name}: 305 training images, 0 of 2 epochs done\n" + epoch.format(1) + epoch.format(2)
    summary = rf"accuracy \S+%, \d+ errors; 3,898 parameters, \S+ s\nfolder   runs/{folder.name}\npredict  (.*)\n"
    matched = re.fullmatch(lines + summary, out)
    assert matched, out

    pictures = {"curves.png", "kernels.png", "confusion.png", "worst.png"}
    assert saved_files(folder) == {"config.json", "metrics.jsonl", "weights.safetensors"} | pictures
    about = json.loads((folder / "config.json").read_text())
    assert Config.of(about["options"]) == Config(epochs=2, seed=3, data=str(data))
    assert {"python", "numpy", "vanillacnn", "commit", "seed", "data", "started"} <= about.keys()
    metrics = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert metrics == [m._asdict() for m in run_folder.load(folder).history]
    drawn = {}
    for name in pictures:
        with Image.open(folder / name) as image:
            image.load()
            assert min(image.size) > 400
        drawn[name] = (folder / name).stat().st_mtime_ns

    # The command that the summary ends with is one that works.
    python, *line = shlex.split(matched[1])
    status, out, err = script(Path(line[0]).name, *line[1:], cwd=tmp_path)
    assert (python, status, err) == ("python", 0, "")
    assert re.search(r"^predicted \d, true 7$", out, re.MULTILINE)

    # A finished run says so; its pictures are drawn again when one is missing, and else left alone.
    status, out, _ = call(train.main, "--resume", folder)
    assert (status, "finished, all 2 epochs done" in out) == (0, True)
    assert drawn == {name: (folder / name).stat().st_mtime_ns for name in pictures}
    (folder / "worst.png").unlink()
    assert call(train.main, "--resume", folder)[0] == 0
    assert pictures < saved_files(folder)
    # What is garbage, cut off or of other weights is drawn again, whatever its time says.
    whole = (folder / "worst.png").read_bytes()
    for damaged in (b"garbage", whole[:-1], whole.replace(b"Comment", b"comment", 1)[:300]):
        (folder / "worst.png").write_bytes(damaged)
        assert call(train.main, "--resume", folder)[0] == 0
        assert (folder / "worst.png").read_bytes() == whole


def test_the_line_of_an_epoch_names_each_number(fresh: Path) -> None:
    history = (Metrics(1, 0.9, 0.8, 0.7, 18, 0.5), Metrics(2, 0.5, 0.25, 0.875, 7, 1.5))
    state = run_folder.load(fresh)._replace(epoch=2, history=history)
    assert train.epoch_line(state) == (
        "epoch  2/1   train loss 0.50000   test loss 0.25000   test accuracy 87.50%   1.5 s"
    )
    assert train.summary(fresh, state).startswith("accuracy 87.50%, 7 errors; 3,898 parameters, 2.0 s\n")


def test_quiet_prints_nothing(data: Path, plain: dict[str, str], tmp_path: Path) -> None:
    options = ("--data", data, "--epochs", 1, "--quiet", "--out", tmp_path / "run")
    assert script("train.py", *options, env=plain) == (0, "", "")
    assert run_folder.load(tmp_path / "run").epoch == 1


def test_options_reach_the_run(data: Path, plain: dict[str, str], tmp_path: Path) -> None:
    options = "--epochs 1 --batch-size 7 --alpha 0.5 --seed 9 --dtype float64 --no-shuffle --limit 40 --quiet --out o"
    options += " --maps 2 3 --kernels 3x5 4x3"
    assert script("train.py", "--data", data, *options.split(), env=plain, cwd=tmp_path)[0] == 0
    state = run_folder.load(tmp_path / "o")
    sizes = {"maps": (2, 3), "kernels": ((3, 5), (4, 3))}
    assert state.config == Config(1, 7, 0.5, 9, "float64", False, 40, str(data), **sizes)
    assert (state.params.K1.shape, state.params.K2.shape) == ((1, 2, 3, 5), (2, 3, 4, 3))
    assert state.params.W.dtype == np.float64


def test_options_beyond_the_paper_reach_the_run(data: Path, plain: dict[str, str], tmp_path: Path) -> None:
    network = "--recipe modern --head binary_cross_entropy --epochs 1 --alpha 0.001 --quiet"
    rule = "--rule adam --beta-2 0.9 --weight-decay 0.5 --schedule step_decay --gamma 0.1 --period 2 --warmup 0"
    line = [*network.split(), *rule.split()]
    assert script("train.py", "--data", data, *line, "--out", tmp_path / "o", env=plain)[0] == 0
    config = run_folder.load(tmp_path / "o").config
    assert config.architecture == Architecture("relu", "max", "binary_cross_entropy")
    assert config.rule == Rule("adam", beta_2=0.9, weight_decay=0.5)
    assert config.schedule == Schedule("step_decay", gamma=0.1, period=2)
    assert config.batch_size == RECIPES["modern"].batch_size


@pytest.mark.parametrize(
    "recipe", ["paper", *(pytest.param(name, marks=pytest.mark.slow) for name in ("best", "modern"))]
)
def test_a_recipe_trains_draws_predicts_and_resumes(recipe: str, data: Path, tmp_path: Path, call) -> None:
    line = ["--data", data, "--recipe", recipe, "--epochs", 1, "--batch-size", 30, "--out", tmp_path / recipe]
    status, out, err = call(train.main, *line)
    assert (status, err) == (0, "")
    assert "3,898 parameters" in out
    assert {"curves.png", "kernels.png", "confusion.png", "worst.png"} <= saved_files(tmp_path / recipe)
    assert call(train.main, "--resume", tmp_path / recipe)[0] == 0
    status, out, _ = call(predict.main, tmp_path / recipe, "--test", 0)
    assert status == 0
    assert "true 7" in out


@pytest.mark.slow
def test_a_rate_that_goes_down_to_zero_has_its_epochs(data: Path, plain: dict[str, str], tmp_path: Path, call) -> None:
    line = ["--data", data, "--recipe", "best", "--epochs", 2, "--quiet", "--out", tmp_path / "run"]
    assert script("train.py", *line, env=plain)[0] == 0
    is_one_error(call(train.main, "--resume", tmp_path / "run", "--epochs", 3), "--epochs: expected 2, .*got 3")
    assert call(train.main, "--resume", tmp_path / "run", "--epochs", 2)[0] == 0


BAD_OPTIONS = {
    "--epochs 0": "epochs: expected a whole number from 1 to below 1,000,000,000, got 0",
    f"--epochs {'9' * 300}": "epochs: expected a whole number from 1 to below 1,000,000,000, got 999",
    f"--batch-size {'9' * 300}": "batch_size: expected a whole number from 1 to below 1,000,000,000, got 999",
    "--momentum 0.5": "--momentum: expected --rule heavy_ball or nesterov, got gradient_descent",
    "--rule heavy_ball --beta-1 0.5": "--beta-1: expected --rule adam or adamw, got heavy_ball",
    "--gamma 0.5": "--gamma: expected --schedule step_decay or exponential_decay, got constant",
    "--schedule cosine_decay --period 5": "--period: expected --schedule step_decay or .*, got cosine_decay",
    "--resume no\x1bwhere": r"no\\x1bwhere: expected the checkpoint of a run, got no such file",
    "--kernels 5 5x5": "argument --kernels: expected rows x columns such as 5x5, got '5'",
    "--kernels 5x5 5x-1": "argument --kernels: expected rows x columns such as 5x5, got '5x-1'",
    "--epochs x": "argument --epochs: invalid int value: 'x'",
    "--alpha nan": "alpha: expected a finite number above 0, got nan",
    "--seed -1": "seed: expected a whole number from 0",
    "--dtype float16": "argument --dtype: invalid choice: 'float16'",
    "--limit 60001": "limit: expected at most the 60000 training images, got 60001",
    "--data nowhere": "nowhere",
    "--colour red": "unrecognized arguments: --colour red",
    "--recipe worst": "argument --recipe: invalid choice: 'worst'",
    "--head hinge": "argument --head: invalid choice: 'hinge'",
    "--momentum 1": "--momentum: mu: expected a number from 0 to below 1, got 1.0",
    "--weight-decay -1": "--weight-decay: weight_decay: expected a finite number from 0, got -1.0",
    "--warmup -1": "--warmup: warmup: expected a whole number from 0, got -1",
    "--epoch 3": "unrecognized arguments: --epoch 3",
    "--resume nowhere": "nowhere: expected the checkpoint of a run, got no such file",
}


@pytest.mark.parametrize("options", BAD_OPTIONS)
def test_bad_options_of_train(options: str, tmp_path: Path, call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    is_one_error(call(train.main, *options.split()), BAD_OPTIONS[options])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("closed", "said"),
    [
        pytest.param(">&-", "err", marks=pytest.mark.slow),
        pytest.param("2>&-", "out", marks=pytest.mark.slow),
        (">&- 2>&-", ""),
    ],
)
def test_a_closed_stream_does_not_end_a_run(
    closed: str, said: str, data: Path, plain: dict[str, str], tmp_path
) -> None:
    line = f"{sys.executable} scripts/train.py --data {data} --epochs 1 --limit 60 --out {tmp_path / 'run'}"
    run = subprocess.run(
        f"{line} {closed}", shell=True, cwd=ROOT, env=plain, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert bool(run.stdout) == (said == "out")
    assert run_folder.load(tmp_path / "run").epoch == 1
    predict = f"{sys.executable} scripts/predict.py {tmp_path / 'run'} --test 0 {closed}"
    assert subprocess.run(predict, shell=True, cwd=ROOT, env=plain, capture_output=True, check=False).returncode == 0


def test_diverging_is_a_failure_with_a_line(data: Path, tmp_path: Path) -> None:
    options = ("--data", data, "--alpha", 1e300, "--quiet", "--out", tmp_path / "run")
    is_one_error(script("train.py", *options), "loss: expected finite numbers, got nan", status=1)
    assert run_folder.load(tmp_path / "run").epoch == 0


def test_a_taken_folder_is_left_alone(
    data: Path, fresh: Path, tmp_path: Path, call, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in fresh.iterdir()}
    is_one_error(call(train.main, "--data", data, "--out", fresh), "expected a new or an empty folder")
    assert {path.name: path.read_bytes() for path in fresh.iterdir()} == before
    monkeypatch.chdir(fresh)
    is_one_error(call(train.main, "--data", data, "--out", "."), "expected a new or an empty folder")
    (tmp_path / "file").write_text("mine")
    is_one_error(call(train.main, "--data", data, "--out", tmp_path / "file"), "expected a new or an empty folder")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.fixture
def initial(digits_of_mnist: mnist.Split) -> State:
    return begin(Config(), digits_of_mnist)


def test_an_empty_folder_is_used(initial: State, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with run_folder.create(str(tmp_path / "empty"), initial):
        pass
    assert saved_files(tmp_path / "empty") == {"config.json", "metrics.jsonl", "weights.safetensors"}


def test_a_folder_appears_complete_and_never_replaces_another(
    initial: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs").mkdir()

    def first(hidden: Path, folder: Path) -> None:
        """Another process takes the same name first."""
        assert saved_files(hidden) == {"config.json", "metrics.jsonl", "weights.safetensors"}
        folder.mkdir()
        (folder / "theirs").touch()
        rename(hidden, folder)

    rename = os.rename
    monkeypatch.setattr(os, "rename", first)
    with pytest.raises(ValueError, match="expected a new or an empty folder"):
        run_folder.create(str(tmp_path / "runs" / "run"), initial).__enter__()
    assert [path.name for path in tmp_path.rglob("*")] == ["runs", "run", "theirs"]


def test_runs_of_the_same_second_get_names_of_their_own(
    initial: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime(2026, 11, 23, 5, 55, 1)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run_folder, "datetime", Clock)
    with ExitStack() as runs:
        created = [str(runs.enter_context(run_folder.create(None, initial))) for _ in range(3)]
    assert created == [f"runs/20261123-055501-0{suffix}" for suffix in ("", "-2", "-3")]
