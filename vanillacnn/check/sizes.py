"""The sizes of each check: square first, then oblong, then odd, then the paper's, then more of each."""

from vanillacnn.check.geometry import Geometry
from vanillacnn.check.runner import Sizes


def convolution(g: Geometry) -> list[Sizes]:
    """Kernels of 3×3 and 5×5 first. Where the stride leaves rows over, only the odd size does; many codes refuse it."""
    plain = [
        conv(g, 2, 3, 2, (3, 3), (3, 3)),
        conv(g, 3, 2, 4, (3, 3), (5, 5)),
        conv(g, 2, 3, 2, (3, 4), (2, 3)),
        conv(g, 4, 2, 3, (5, 2), (5, 3)),
    ]
    odd = [conv(g, 3, 2, 3, (3, 2), (3, 2), over=True), conv(g, 1, 1, 1, (2, 2), (6, 6))]
    paper = [
        {"N": 2, "I": 1, "O": 6, "H": 28, "W": 28, "u": 5, "v": 5},
        {"N": 2, "I": 6, "O": 12, "H": 12, "W": 12, "u": 5, "v": 5},
    ]
    large = [
        conv(g, 65, 1, 2, (2, 2), (3, 3)),
        conv(g, 2, 33, 1, (2, 2), (3, 3)),
        conv(g, 2, 1, 34, (2, 2), (3, 3)),
        conv(g, 1, 1, 1, (33, 2), (2, 2)),
        conv(g, 1, 1, 1, (2, 33), (2, 2)),
    ]
    return plain + odd + paper + large


def small_convolution(g: Geometry) -> list[Sizes]:
    """Where to look for a small counterexample, the smallest first."""
    tries = [(1, 1, 1, 1, 2), (1, 1, 1, 2, 2), (1, 2, 1, 1, 2), (1, 1, 2, 1, 2), (2, 1, 1, 1, 2), (1, 1, 1, 2, 3)]
    tries += [(1, 1, 1, 1, 5), (2, 2, 2, 2, 2)]
    return [conv(g, N, I, O, (m, m), (k, k)) for N, I, O, m, k in tries]


def conv(
    g: Geometry, N: int, I: int, O: int, out: tuple[int, int], kernel: tuple[int, int], over: bool = False
) -> Sizes:
    """The image for an output of this shape, one row and column larger when some are to be left over."""
    sides = (
        max(k + s * (m - 1) - 2 * p + (1 if over and s > 1 else 0), 1)
        for m, k, s, p in zip(out, kernel, g.stride, g.padding, strict=True)
    )
    H, W = sides
    return {"N": N, "I": I, "O": O, "H": H, "W": W, "u": kernel[0], "v": kernel[1]}


def pooling(window: tuple[int, int], stride: tuple[int, int]) -> list[Sizes]:
    """As many windows as these fit, and no row is left over."""
    windows = [(2, 3, 2, 2), (3, 2, 3, 3), (2, 2, 2, 3), (1, 1, 3, 1), (2, 6, 12, 12), (65, 1, 1, 2), (1, 33, 2, 1)]
    (u, v), (s, t) = window, stride
    return [{"N": n, "C": c, "H": u + s * (i - 1), "W": v + t * (j - 1)} for n, c, i, j in windows]


def dense() -> list[Sizes]:
    shapes = [(3, 3, 3), (2, 5, 3), (4, 3, 5), (1, 1, 1), (1, 4, 2), (2, 192, 10), (65, 3, 2), (2, 201, 3), (2, 3, 41)]
    return [{"N": n, "M": m, "C": c} for n, m, c in shapes]


def scores() -> list[Sizes]:
    return [{"N": n, "C": c} for n, c in [(3, 3), (2, 5), (5, 2), (1, 4), (7, 10), (65, 3), (2, 41)]]


def without(sizes: list[Sizes], axes: dict[str, str]) -> list[Sizes]:
    """The sizes with 1 for each axis that is not among the letters of its array, each once."""
    fixed = [{k: v if k not in axes or k in axes[k] else 1 for k, v in size.items()} for size in sizes]
    return [size for i, size in enumerate(fixed) if size not in fixed[:i]]
