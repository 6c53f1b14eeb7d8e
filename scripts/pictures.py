"""The pictures of a run: its curves, its kernels, and what it gets wrong on the test set."""

import hashlib
import os
from io import BytesIO
from pathlib import Path

import numpy as np

os.environ["MPLBACKEND"] = "agg"  # files only; a notebook's backend may not be there

from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vanillacnn.arrays import Parameters
from vanillacnn.mnist import Subset
from vanillacnn.training.checkpoint import write
from vanillacnn.training.run import Evaluation, Metrics, State, evaluate
from vanillacnn.training.run_folder import WEIGHTS

END = b"IEND\xaeB`\x82"  # of a PNG
NAMES = "curves.png", "kernels.png", "confusion.png", "worst.png"
LOSSES = {
    "squared_error": "mean squared error (26)",
    "softmax_squared_error": "mean squared error (26) of the softmax",
    "softmax_cross_entropy": "mean cross-entropy (H2)",
    "binary_cross_entropy": "mean binary cross-entropy (H5)",
    "normalized_cross_entropy": "mean cross-entropy (H7)",
}
ROWS, COLUMNS = 4, 6  # of the worst digits
DARK = 0.6  # of the most mistakes of one kind: on what is darker, white can be read

# What is about looks only. Lengths are in inches.
DPI = 150
CURVES, CONFUSION, WORST = (9, 3.6), (6.4, 6), (1.5 * COLUMNS, 1.95 * ROWS)
KERNEL, AROUND = 0.6, 1.8  # the room for one kernel, and for what stands around all of them
KERNEL_COLORS, MISTAKE_COLORS = 0.9, 0.8  # how long the bars of colours are, of the cells' height
FAINT = 0.3
ROW_NAME, COUNT, WORST_NAME = 8, 9, 8  # in points: how far away the first stands, how large the others are


def draw(folder: Path, state: State, test: Subset) -> None:
    """Draws the pictures, unless each is whole and says that it is of these weights."""
    paths = [folder / name for name in NAMES]
    digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    if all(is_of(path, digest) for path in paths):
        return
    result = evaluate(state.params, test, state.config.architecture)
    with style.context("default"):  # whatever the user's own settings say
        figures = (
            curves(state.history, LOSSES[state.config.architecture.head]),
            kernels(state.params),
            confusion(test, result),
            worst(test, result),
        )
    for path, figure in zip(paths, figures, strict=True):
        png = BytesIO()
        with style.context("default"):
            figure.savefig(png, format="png", dpi=DPI, metadata={"Comment": digest})
        write(path, png.getvalue())


def is_of(path: Path, digest: str) -> bool:
    """Whether a picture is whole and of the weights with this SHA-256."""
    png = path.read_bytes() if path.is_file() else b""
    return digest.encode() in png and png.endswith(END)


def curves(history: tuple[Metrics, ...], loss_name: str) -> Figure:
    figure = Figure(figsize=CURVES, layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    epochs = [metrics.epoch for metrics in history]
    loss.plot(epochs, [metrics.train_loss for metrics in history], "o-", label="training")
    loss.plot(epochs, [metrics.test_loss for metrics in history], "s-", label="test")
    loss.set(ylabel=loss_name, ylim=(0, None))
    loss.legend()
    accuracy.plot(epochs, [100 * metrics.test_accuracy for metrics in history], "s-", color="C1")
    accuracy.set(ylabel="test accuracy in %")
    for axes in figure.axes:
        axes.set(xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(alpha=FAINT)
    return figure


def kernels(params: Parameters) -> Figure:
    """Blue weighs against, red for; a row for each input map and a column for each output map."""
    P, Q = params.K2.shape[:2]
    figure = Figure(figsize=(KERNEL * Q + AROUND, KERNEL * (P + 1) + AROUND), layout="constrained")
    layers = figure.add_gridspec(2, 1, height_ratios=(1, P))
    for layer, (name, K) in enumerate((("K¹", params.K1), ("K²", params.K2))):
        largest = float(np.abs(K).max())
        axes = layers[layer].subgridspec(*K.shape[:2]).subplots(squeeze=False)
        for (p, q), cell in np.ndenumerate(axes):
            image = cell.imshow(K[p, q], cmap="RdBu_r", vmin=-largest, vmax=largest)
            cell.set(xticks=[], yticks=[])
            if p == K.shape[0] - 1:
                cell.set_xlabel(f"{q}")
            if q == 0:
                cell.set_ylabel(f"{p}", rotation="horizontal", va="center", labelpad=ROW_NAME)
        figure.colorbar(image, ax=axes, label=name, shrink=KERNEL_COLORS)
    figure.supylabel("input map p")
    figure.supxlabel("output map: p of K¹, q of K²")
    return figure


def confusion(test: Subset, result: Evaluation) -> Figure:
    """How often each digit was taken for each other; the colour is for the mistakes only."""
    classes = len(result.scores)
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (test.labels, result.predictions), 1)
    figure = Figure(figsize=CONFUSION, layout="constrained")
    axes = figure.subplots()
    mistakes = np.ma.masked_array(counts, np.eye(classes, dtype=bool))
    most = max(1, mistakes.max())
    image = axes.imshow(mistakes, cmap="Reds", vmin=0, vmax=most)
    for (true, predicted), n in np.ndenumerate(counts):
        dark = true != predicted and n > DARK * most
        axes.text(predicted, true, f"{n or ''}", ha="center", va="center", fontsize=COUNT,
                  color="white" if dark else "black")  # fmt: skip
    axes.set(xticks=range(classes), yticks=range(classes), xlabel="predicted", ylabel="true")
    axes.set_title(f"{result.errors:,} of {test.labels.size:,} wrong")
    figure.colorbar(image, label="mistakes", shrink=MISTAKE_COLORS)
    return figure


def worst(test: Subset, result: Evaluation) -> Figure:
    """The images whose true digit had the lowest score against the best of the others."""
    figure = Figure(figsize=WORST, layout="constrained")
    n = np.arange(test.labels.size)
    rivals = result.scores.copy()
    rivals[test.labels, n] = 0
    order = np.argsort(result.scores[test.labels, n] - rivals.max(axis=0))
    axes = figure.subplots(ROWS, COLUMNS).ravel()
    for cell in axes:
        cell.set_axis_off()
    for cell, k in zip(axes, order, strict=False):
        true, predicted = test.labels[k], result.predictions[k]
        cell.imshow(test.images[..., k], cmap="gray_r")
        cell.set_title(
            f"#{k}\ntrue {true}: {result.scores[true, k]:.2f}\n"
            f"predicted {predicted}: {result.scores[predicted, k]:.2f}",
            fontsize=WORST_NAME,
        )
    figure.suptitle("Worst of the test set: the digit and what it was taken for, with their scores")
    return figure
