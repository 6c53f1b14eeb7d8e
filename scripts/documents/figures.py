"""Draw the figures of docs/derivation.md into docs/figures. Every number in them is computed by the package."""

import sys
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import vanillacnn as vc
from vanillacnn.equations.convolution import conv_input_gradient
from vanillacnn.equations.correlation import convolve_padded, correlate, pad, rotate

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "figures"
LINE, BLUE, ORANGE, TEXT = "#8b949e", "#3b82d0", "#d9822b", "#808891"  # legible on white and on black
STYLE: Any = {
    "svg.hashsalt": "vanillacnn",  # the same file from the same numbers
    "font.family": "DejaVu Sans",
    "text.color": TEXT,
    "mathtext.fontset": "dejavusans",
}
I, K = np.arange(1.0, 21).reshape(4, 5), np.array([[1.0, 2], [0, 1]])
Cell = tuple[int, int]


def draw(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    with matplotlib.rc_context(STYLE):
        for figure in (operators, network, collecting):
            path = folder / f"{figure.__name__}.svg"
            drawn = figure().get_figure()
            assert isinstance(drawn, Figure)
            drawn.savefig(path, transparent=True, metadata={"Date": None, "Creator": None})


def canvas(width: float, height: float) -> Axes:
    """A drawing area in which a cell of a matrix is 1 by 1."""
    axes = Figure(figsize=(width * 0.4, height * 0.4)).add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    axes.axis("off")
    return axes


def write(axes: Axes, x: float, y: float, text: str, size: float = 13) -> None:
    axes.text(x, y, text, ha="center", va="center", fontsize=size)


def box(axes: Axes, corner: tuple[float, float], width: float, height: float, fill: str, edge: str) -> None:
    axes.add_patch(Rectangle(corner, width, height, facecolor=fill, edgecolor="none", alpha=0.25))
    axes.add_patch(Rectangle(corner, width, height, facecolor="none", edgecolor=edge, linewidth=0.9))


def grid(axes: Axes, x: float, y: float, matrix: np.ndarray, name: str, lit: set[Cell], tone: str) -> None:
    """A matrix with its name below, some of its cells lit."""
    for (i, j), entry in np.ndenumerate(matrix):
        box(axes, (x + j, y + i), 1, 1, tone if (i, j) in lit else "none", LINE)
        write(axes, x + j + 0.5, y + i + 0.5, entry if isinstance(entry, str) else f"{entry:g}", 11)
    rows, columns = matrix.shape
    write(axes, x + columns / 2, y + rows + 0.7, name)


def window(i: int, j: int) -> set[Cell]:
    """The cells that the kernel lies on with its corner at (i, j)."""
    return {(i + u, j + v) for u, v in np.ndindex(K.shape)}


def operators() -> Axes:
    """Above I ⋆ K, below the padded convolution of the result with K, each with one entry and what it is made of."""
    axes, C = canvas(17.7, 14.4), correlate(I, K)
    for y, shift, parts, (i, j), tone in (
        (0.4, 0.5, [(I, "$I$"), (K, "$K$"), (C, r"$C = I \star K$")], (1, 2), BLUE),
        (7.2, 0.5, [(pad(C, K.shape), r"$C_{\mathrm{pad}}$"), (rotate(K), r"$K_{\mathrm{rot}}$"),
                    (convolve_padded(C, K), r"$C \circledast K$")], (0, 2), ORANGE),
    ):  # fmt: skip
        lights = window(i, j), window(0, 0), {(i, j)}
        for x, (matrix, name), lit in zip((0.4, 8.2, 12.2), parts, lights, strict=True):
            grid(axes, x + shift * (6 - matrix.shape[1]) * (x < 1), y + (5 - len(matrix)) / 2, matrix, name, lit, tone)
        write(axes, 7.3, y + 2.5, r"$\bigstar$", 12)
        write(axes, 11.2, y + 2.5, "=", 18)
    return axes


def network() -> Axes:
    """The arrays of a forward pass, in their sizes."""
    trace = vc.forward(vc.initialize(np.random.default_rng(0)), np.zeros((28, 28, 1), np.float32))
    stacks = {"$I$": trace.I[np.newaxis], "$C^1$": trace.C1, "$S^1$": trace.S1, "$C^2$": trace.C2, "$S^2$": trace.S2}
    vectors = {r"$\mathbf{v}$": trace.v, r"$\hat{\mathbf{y}}_\sigma$": trace.yhat_s}
    steps = ["(14)", "(15), (16)", "(18)", "(19), (20)", "(22)", "(24), (25)"]
    axes, x = canvas(26.8, 6.6), 0.3
    for (name, array), step in zip((stacks | vectors).items(), [*steps, ""], strict=True):
        count, *sides = array.shape[:-1] if name in stacks else (1, len(array))
        width = stack(axes, x, count, sides[0]) if name in stacks else column(axes, x, sides[0])
        size = f"{sides[0]}×{sides[1]}" if name in stacks else str(sides[0])
        write(axes, x + width / 2, 5.9, f"{name}\n{size}" + f", {count} maps" * (count > 1), 11)
        if step:
            arrow = {"arrowstyle": "->", "color": LINE}
            axes.annotate("", (x + width + 1.75, 2.7), (x + width + 0.15, 2.7), arrowprops=arrow)
            write(axes, x + width + 0.95, 2.2, step, 9)
        x += width + 1.9
    return axes


def stack(axes: Axes, x: float, count: int, side: int) -> float:
    """The maps one behind the other, as large as they are; and their width."""
    length, step = 0.4 + side / 10, 0.09
    for p in reversed(range(count)):
        box(
            axes,
            (x + p * step, 2.7 - length / 2 - (p - count / 2) * step),
            length,
            length,
            BLUE if p == 0 else "none",
            BLUE,
        )
    return length + count * step


def column(axes: Axes, x: float, length: int) -> float:
    """A vector, longer for more entries, but not in proportion."""
    height = length**0.3
    box(axes, (x, 2.7 - height / 2), 0.45, height, ORANGE, ORANGE)
    return 0.45


def collecting() -> Axes:
    """What an entry of ΔS collects, inside and in the corner: which entry of the kernel each entry of ΔC comes with."""
    ones = np.ones((1, 4, 5, 1)), np.ones((1, 1, 3, 2))
    _, rows, columns, _ = ones[0].shape
    counts = conv_input_gradient(*ones)[0, :, :, 0]  # Σ 1 · 1
    axes = canvas(14.4, 16.2)
    for y, (i, j), tone in ((0.4, (3, 2), BLUE), (8.4, (0, 0), ORANGE)):
        met = {(i - u, j - v): f"{u},{v}" for u, v in np.ndindex(*ones[1].shape[2:])}
        dC = np.array([[met.get((a, b), "") for b in range(columns)] for a in range(rows)])
        grid(axes, 0.4, y + 1, dC, r"$\Delta C$, with the $(u,v)$ of $K$", {*met} & {*np.ndindex(dC.shape)}, tone)
        write(axes, 6.4, y + 3, r"$\rightarrow$", 18)
        name = rf"$\Delta S$: entry $({i},{j})$ collects {counts[i, j]:g}"
        grid(axes, 7.8, y, counts, name, {(i, j)}, tone)
    return axes


if __name__ == "__main__":
    draw(FOLDER)
