"""Draw the figures of docs/derivation.md into docs/figures. Every number in them is computed by the package."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

import vanillacnn as vc
from vanillacnn.convolution import conv_input_gradient
from vanillacnn.correlation import convolve_padded, correlate, pad, rotate

ROOT = Path(__file__).resolve().parents[1]

# Tones that are legible on white and on black.
LINE, BLUE, ORANGE, TEXT = "#8b949e", "#3b82d0", "#d9822b", "#7d8590"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "vanillacnn",  # the same file from the same numbers
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "text.color": TEXT,
    "mathtext.fontset": "dejavusans",
}
I, K = np.arange(1, 21).reshape(4, 5), np.array([[1, 2], [0, 1]])


def main() -> None:
    folder = ROOT / "docs" / "figures"
    folder.mkdir(exist_ok=True)
    with matplotlib.rc_context(STYLE):
        for figure in (operators, network, collecting):
            figure().savefig(folder / f"{figure.__name__}.svg", transparent=True, metadata={"Date": None})


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width / 2, height / 2))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    axes.axis("off")
    return figure, axes


def grid(axes: Axes, x: float, y: float, matrix: np.ndarray, name: str, lit: set[tuple[int, int]], tone: str) -> None:
    """A matrix of numbers, some of its cells lit, with its name below."""
    for (i, j), number in np.ndenumerate(matrix):
        tint = tone if (i, j) in lit else "none"
        axes.add_patch(Rectangle((x + j, y + i), 1, 1, facecolor=tint, alpha=0.35, edgecolor="none"))
        axes.add_patch(Rectangle((x + j, y + i), 1, 1, facecolor="none", edgecolor=LINE, linewidth=0.8))
        axes.text(x + j + 0.5, y + i + 0.5, f"{number}", ha="center", va="center", fontsize=10)
    rows, columns = matrix.shape
    axes.text(x + columns / 2, y + rows + 0.6, name, ha="center", va="center")


def window(i: int, j: int, shape: tuple[int, ...]) -> set[tuple[int, int]]:
    return {(i + u, j + v) for u, v in np.ndindex(shape)}


def between(axes: Axes, x: float, y: float, sign: str) -> None:
    axes.text(x, y, sign, ha="center", va="center", fontsize=15)


def operators() -> Figure:
    """I ⋆ K with one window lit, and its padded convolution with K, with one window over the edge."""
    figure, axes = canvas(30, 7.4)
    C, k = correlate(I, K), {*np.ndindex(K.shape)}
    grid(axes, 0.4, 1, I, "$I$", window(1, 2, K.shape), BLUE)
    between(axes, 6, 3, r"$\star$")
    grid(axes, 6.6, 2, K, "$K$", k, BLUE)
    between(axes, 9.2, 3, "$=$")
    grid(axes, 9.8, 1.5, C, r"$C = I \star K$", {(1, 2)}, BLUE)
    grid(axes, 15.6, 0.5, pad(C, K.shape), r"$C_{pad}$", window(0, 2, K.shape), ORANGE)
    between(axes, 22.1, 3, r"$\star$")
    grid(axes, 22.5, 2, rotate(K), "$K_{rot}$", k, ORANGE)
    between(axes, 24.7, 3, "$=$")
    grid(axes, 25, 1, convolve_padded(C, K), r"$C \circledast K$", {(0, 2)}, ORANGE)
    return figure


def network() -> Figure:
    """The arrays of a forward pass, in their sizes."""
    trace = vc.forward(vc.initialize(np.random.default_rng(0)), np.zeros((28, 28, 1), np.float32))
    layers = [
        ("$I$", trace.I[np.newaxis]),
        ("$C^1$", trace.C1),
        ("$S^1$", trace.S1),
        ("$C^2$", trace.C2),
        ("$S^2$", trace.S2),
    ]
    mean, dense = r"$\sigma$, mean", r"$W \mathbf{v} + \mathbf{b}$"
    steps = [r"$\star\, K^1 + b^1$", mean, r"$\star\, K^2 + b^2$", mean, "rows", dense]
    figure, axes = canvas(32, 8.6)
    x, ends = 0.6, []
    for name, maps in layers:
        count, rows, columns = maps.shape[:3]
        side, shift = 0.6 + rows / 7.5, 0.16
        for p in reversed(range(count)):
            corner = (x + p * shift, 3.6 - side / 2 + (p - count / 2) * shift)
            axes.add_patch(Rectangle(corner, side, side, facecolor=BLUE, alpha=0.16, edgecolor="none"))
            axes.add_patch(Rectangle(corner, side, side, facecolor="none", edgecolor=BLUE, linewidth=0.9))
        width = side + count * shift
        size = f"{rows}×{columns}" if count == 1 else f"{count} × {rows}×{columns}"
        axes.text(x + width / 2, 7.3, f"{name}\n{size}", ha="center", va="center")
        ends.append((x, x + width))
        x += width + 2.2
    for name, vector, height in ((r"$\mathbf{v}$", trace.v, 5.6), (r"$\hat{\mathbf{y}}_\sigma$", trace.yhat_s, 2.6)):
        axes.add_patch(Rectangle((x, 3.6 - height / 2), 0.5, height, facecolor=ORANGE, alpha=0.3, edgecolor=ORANGE))
        axes.text(x + 0.25, 7.3, f"{name}\n{len(vector)}", ha="center", va="center")
        ends.append((x, x + 0.5))
        x += 2.9
    for step, (_, left), (right, _) in zip(steps, ends[:-1], ends[1:], strict=True):
        arrow = FancyArrowPatch((left + 0.25, 3.6), (right - 0.15, 3.6), arrowstyle="->", mutation_scale=10, color=LINE)
        axes.add_patch(arrow)
        axes.text((left + right) / 2, 3.0, step, ha="center", va="center", fontsize=8)
    return figure


def collecting() -> Figure:
    """How many entries of ΔC each entry of ΔS collects from; and which, for one inside and one in the corner."""
    figure, axes = canvas(26, 9.4)
    ones = np.ones((1, 4, 5, 1)), np.ones((1, 1, 3, 2))
    counts = conv_input_gradient(*ones)[0, :, :, 0].astype(int)
    kernel = ones[1].shape[2:]
    names = np.array([[f"{u},{v}" for v in range(kernel[1])] for u in range(kernel[0])])
    for x, (i, j), tone in ((0.5, (3, 2), BLUE), (13.6, (0, 0), ORANGE)):
        met = {(i - u, j - v): f"{u},{v}" for u, v in np.ndindex(kernel)}
        inside = {at for at in met if 0 <= at[0] < 4 and 0 <= at[1] < 5}
        dC = np.array([[met.get((a, b), "") for b in range(5)] for a in range(4)])
        grid(axes, x, 2, dC, r"$\Delta C$: the $(u,v)$ that it met", inside, tone)
        between(axes, x + 5.45, 4, r"$\rightarrow$")
        grid(axes, x + 6, 1, counts, rf"$\Delta S({i},{j})$ collects {counts[i, j]}", {(i, j)}, tone)
        assert counts[i, j] == len(inside)
        assert names.size >= len(inside)
    return figure


if __name__ == "__main__":
    main()
