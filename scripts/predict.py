"""Recognise digits with the weights of a run: in image files, or from its test set."""

import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in train.py

import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.command import Parser, printable, report, run
from scripts.options import data_of
from vanillacnn.network import scores
from vanillacnn.training import run_folder
from vanillacnn.training.batches import scale
from vanillacnn.training.run import State

INK = 64  # of 255: what counts as ink when an image is printed
HALVES = " ▄▀█"  # no ink, ink in the lower half, in the upper half, in both
EIGHTHS = " ▏▎▍▌▋▊▉"
WIDTH = 40  # of a bar for the score 1

Shown = tuple[str, np.ndarray, int | None]  # a name, an image uint8 [i,j], and its label if known


def main() -> int:
    options = parser().parse_args()
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal without blocks
    if not options.images and not options.test:
        raise ValueError("expected image files, or --test with places in the test set, got neither")
    state = run_folder.load(options.run)
    if options.data:
        state = state._replace(config=replace(state.config, data=options.data))
    tests = [*from_test_set(state, options.test)]
    status = from_files(state, options.images) if options.images else 0
    for shown in tests:
        print(answer(state, *shown), end="\n\n")
    return status


def parser() -> Parser:
    parser = Parser(description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("run", metavar="RUN", help="the folder that train.py left, or its weights.safetensors")
    add("images", metavar="IMAGE", nargs="*", default=[], help="a digit, dark on light or light on dark")
    add("--test", metavar="N", nargs="+", type=int, default=[], help="places in the test set, from 0")
    add("--data", metavar="DIR", help="where the run's data set is now, if it was moved")
    return parser


def from_files(state: State, paths: list[str]) -> int:
    """Prints what each picture shows, and says of each other file what is wrong with it: then the status is its."""
    try:
        from scripts import digits
    except ModuleNotFoundError as error:
        if error.name != "PIL":
            raise
        raise ValueError("images need Pillow: python -m pip install -e '.[plot]'") from None
    status = 0
    for path in paths:
        try:
            image = digits.read(path, state.image)
        except (OSError, ValueError) as error:
            status = report(error)
        else:
            print(answer(state, path, image, None), end="\n\n", flush=True)
    return status


def from_test_set(state: State, places: list[int]) -> Iterator[Shown]:
    """Images that the run was tested with; data that are not the run's are refused."""
    if places:
        data = data_of(state)
    for n in places:
        last = data.test.labels.size - 1
        if not 0 <= n <= last:
            raise ValueError(f"--test: expected 0 to {last}, got {n}")
        yield f"test image {n}", data.test.images[..., n], int(data.test.labels[n])


def answer(state: State, name: str, image: np.ndarray, label: int | None) -> str:
    yhat_s = scores(state.params, scale(image[..., np.newaxis], state.config.dtype), state.config.architecture)[:, 0]
    bars = [f"{digit:>5}  {score:.3f}  {bar(score)}".rstrip() for digit, score in enumerate(yhat_s)]
    verdict = f"predicted {yhat_s.argmax()}" + ("" if label is None else f", true {label}")
    return "\n".join([printable(name), *picture(image), *bars, verdict])


def picture(image: np.ndarray) -> list[str]:
    """Two rows of pixels in a line, for a character is about twice as high as wide."""
    ink = np.pad(image >= INK, ((0, image.shape[0] % 2), (0, 0)))
    halves = 2 * ink[0::2] + ink[1::2]
    return ["".join(HALVES[half] for half in row).rstrip() for row in halves]


def bar(score: float) -> str:
    full, eighths = divmod(round(8 * WIDTH * score), 8)
    return "█" * full + EIGHTHS[eighths]


if __name__ == "__main__":
    sys.exit(run(main))
