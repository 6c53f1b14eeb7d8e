"""Train the network on MNIST, or on any data set in the same four files.

The run leaves a folder: config.json, metrics.jsonl, weights.safetensors, and pictures. Ctrl-C saves
within the epoch, and --resume goes on to the same weights, bit for bit, as if nothing had happened.
"""

import os

# The products are small: more threads cost more than they give. Must be set before NumPy is there.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm  # type: ignore[import-untyped]

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.command import INTERRUPTED, run
from scripts.launch import launch
from scripts.options import configured, data_of, parser
from vanillacnn.mnist import Split
from vanillacnn.training import parallel, run_folder
from vanillacnn.training.batches import load_data, share
from vanillacnn.training.config import Config
from vanillacnn.training.parallel import Alone
from vanillacnn.training.run import State, begin, train

RESUMABLE = {"epochs", "data"}


def main() -> int:
    with parallel.job() as ranks, ExitStack() as stack:
        nowhere = stack.enter_context(open(os.devnull, "w"))
        stack.enter_context(redirect_stdout(nowhere if ranks.rank else sys.stdout))
        with redirect_stderr(nowhere if ranks.rank else sys.stderr):
            # All ranks read the options, and one says what is wrong with them.
            parse = parser(str(__doc__))
            options = vars(parse.parse_args())
            processes = options.pop("processes", ranks.size)
            if ranks.size not in (1, processes):
                parse.error(f"--processes: expected {ranks.size}, as many as were started, got {processes}")
        if processes != ranks.size:
            return launch(processes)
        with redirect_stdout(nowhere if options["quiet"] else sys.stdout):
            return follow(ranks) if ranks.rank else lead(options, ranks)


def lead(options: dict[str, Any], ranks: Alone) -> int:
    quiet = options.pop("quiet")
    if "data" in options:
        options["data"] = str(Path(options["data"]).resolve())
    if "resume" in options:
        return resume(Path(options.pop("resume")), options, quiet, ranks)
    return start(options.pop("out", None), configured(options), quiet, ranks)


def start(out: str | None, config: Config, quiet: bool, ranks: Alone) -> int:
    data = load_data(config)
    state = begin(config, data)
    with run_folder.create(out, state) as folder:
        return work(folder, state, data, quiet, ranks)


def resume(folder: Path, options: dict[str, Any], quiet: bool, ranks: Alone) -> int:
    refused = [name.replace("_", "-").replace("shuffle", "no-shuffle") for name in options if name not in RESUMABLE]
    if refused:
        raise ValueError(f"expected only --epochs, --data or --quiet with --resume, got --{' --'.join(refused)}")
    run_folder.load(folder)  # refuse what is no run before a lock is left in it
    with run_folder.lock(folder):
        state = run_folder.load(folder)
        epochs = state.config.epochs
        state = state._replace(config=replace(state.config, **options))
        begun = state.epoch + (state.step > 0)
        if state.config.epochs < begun:
            raise ValueError(
                f"--epochs: expected at least {begun}, as many as the run has begun, got {state.config.epochs}"
            )
        if "epochs" in options and options["epochs"] != epochs and state.config.schedule.name == "cosine_decay":
            raise ValueError(
                f"--epochs: expected {epochs}, over which the rate goes down to 0, got {options['epochs']}"
            )
        data = data_of(state)
        run_folder.derive(folder, state)
        return work(folder, state, data, quiet, ranks)


def work(folder: Path, state: State, data: Split, quiet: bool, ranks: Alone) -> int:
    """Trains to the end, or until asked to stop, and saves on the way."""
    among = f" in {ranks.size} processes" if ranks.size > 1 else ""
    print(f"{folder}: {data.train.labels.size:,} training images{among}, {where(state)}", flush=True)
    part = share(data, ranks)
    with interruptible() as signals, progress(state, data, quiet) as bar:
        for state in train(ranks.broadcast(state), part, ranks, lambda: signals):  # noqa: B020
            show(bar, state, data)
            if state.step == 0:
                run_folder.save(folder, state)
                bar.clear()
                print(epoch_line(state), flush=True)
        if state.step:
            run_folder.save(folder, state)
    if state.epoch < state.config.epochs:
        print(f"stopped and saved, {where(state)}")
        print(f"resume   {command('train.py', '--resume', folder)}")
        return INTERRUPTED
    draw(folder, state, data)
    print(summary(folder, state))
    return 0


def follow(ranks: Alone) -> int:
    """The part of every rank but the first, which alone reads and writes files and says what happens."""
    part, state = share(None, ranks), ranks.broadcast(None)
    with interruptible() as signals:
        try:
            for later in train(state, part, ranks, lambda: signals):
                state = later
        except FloatingPointError:
            ranks.wait()  # to be ended by the first, once it has said so
    return 0 if state.epoch == state.config.epochs else INTERRUPTED


@contextmanager
def interruptible() -> Iterator[list[int]]:
    """Collects the signals that ask to stop, so that a step is always finished."""
    signals: list[int] = []
    asked = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, lambda number, _: signals.append(number)) for number in asked]
    try:
        yield signals
    finally:
        for number, handler in zip(asked, before, strict=True):
            signal.signal(number, handler)


def progress(state: State, data: Split, quiet: bool) -> "tqdm[Any]":
    """A bar over the images of all epochs, on a terminal only."""
    total = state.config.epochs * data.train.labels.size
    return tqdm(
        total=total, initial=images_seen(state, data), unit=" images", unit_scale=True,
        disable=quiet or not sys.stderr.isatty(), leave=False, dynamic_ncols=True,
    )  # fmt: skip


def show(bar: "tqdm[Any]", state: State, data: Split) -> None:
    if bar.disable:
        return
    if state.step:
        images = min(state.step * state.config.batch_size, data.train.labels.size)
        bar.set_postfix_str(f"loss {state.loss / images:.4f}", refresh=False)
        bar.set_description_str(f"epoch {state.epoch + 1}/{state.config.epochs}", refresh=False)
    bar.update(images_seen(state, data) - bar.n)


def images_seen(state: State, data: Split) -> int:
    n = data.train.labels.size
    return state.epoch * n + min(state.step * state.config.batch_size, n)


def where(state: State) -> str:
    if state.epoch == state.config.epochs:
        return f"finished, all {state.epoch} epochs done"
    steps = f" and {state.step} steps" if state.step else ""
    return f"{state.epoch} of {state.config.epochs} epochs{steps} done"


def epoch_line(state: State) -> str:
    last = state.history[-1]
    return (
        f"epoch {last.epoch:2}/{state.config.epochs}   train loss {last.train_loss:.5f}   "
        f"test loss {last.test_loss:.5f}   test accuracy {last.test_accuracy:.2%}   "
        f"{last.seconds:.1f} s"
    )


def draw(folder: Path, state: State, data: Split) -> None:
    try:
        from scripts import pictures
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        print("no pictures without matplotlib: python -m pip install -e '.[plot]'")
    else:
        pictures.draw(folder, state, data.test)


def summary(folder: Path, state: State) -> str:
    last = state.history[-1]
    seconds = sum(metrics.seconds for metrics in state.history)
    parameters = sum(theta.size for theta in state.params)
    return (
        f"accuracy {last.test_accuracy:.2%}, {last.test_errors} errors; "
        f"{parameters:,} parameters, {seconds:.1f} s\n"
        f"folder   {folder}\n"
        f"predict  {command('predict.py', folder, '--test', 0)}"
    )


def command(script: str, *arguments: object) -> str:
    """The command line for a script beside this one, called the way this one was called."""
    path = os.path.join(os.path.dirname(sys.argv[0]), script)
    return shlex.join(["python", path, *map(str, arguments)])


if __name__ == "__main__":
    sys.exit(run(main, parallel.abort))
