"""The sizes of each check: square first, then oblong, then odd, then the paper's, then more of each."""

from collections.abc import Callable

from vanillacnn.check.geometry import Geometry, Sides

Sizes = dict[str, int]
Geometries = Callable[[Sides], Geometry]  # of the kernel, for padding that depends on it
Kernels = Callable[[Sides], Sides]  # the kernel that the code takes in the place of another


def convolution(geometry: Geometries, allowed: Kernels, square: bool = False) -> list[Sizes]:
    """Kernels of 3×3 and 5×5 first. Where the stride leaves rows over, only the odd size does; many codes refuse it."""

    def conv(N: int, I: int, O: int, out: Sides, kernel: Sides, over: bool = False) -> Sizes:
        if square:
            out, kernel = (max(out),) * 2, (max(kernel),) * 2
        size = image_for(geometry, N, I, O, out, allowed(kernel), over)
        side = max(size["H"], size["W"])  # which differ where the stride or the padding of rows and columns does
        return size | {"H": side, "W": side} if square else size

    plain = [
        conv(2, 3, 2, (3, 3), (3, 3)),
        conv(3, 2, 4, (3, 3), (5, 5)),
        conv(2, 3, 2, (3, 4), (2, 3)),
        conv(4, 2, 3, (5, 2), (5, 3)),
    ]
    odd = [
        conv(3, 2, 3, (3, 2), (3, 2), over=True),
        conv(1, 1, 1, (2, 2), (6, 6)),
        conv(2, 3, 2, (3, 4), (1, 1)),
        conv(2, 2, 3, (1, 1), (3, 3)),
        conv(1, 3, 2, (3, 2), (3, 3)),
    ]
    u, v = allowed((5, 5))
    above, beside = geometry((u, v)).padding
    paper = [
        {"N": 2, "I": 1, "O": 6, "H": 28, "W": 28, "u": u, "v": v},
        {"N": 2, "I": 6, "O": 12, "H": 12, "W": 12, "u": u, "v": v},
    ]
    paper = [size for size in paper if u <= size["H"] + 2 * above and v <= size["W"] + 2 * beside]
    large = [
        conv(65, 1, 2, (2, 2), (3, 3)),
        conv(2, 33, 1, (2, 2), (3, 3)),
        conv(2, 1, 34, (2, 2), (3, 3)),
        conv(1, 1, 1, (33, 2), (2, 2)),
        conv(1, 1, 1, (2, 33), (2, 2)),
    ]
    return once(plain + odd + paper + large)


def small_convolution(geometry: Geometries, allowed: Kernels) -> list[Sizes]:
    """Where to look for a small counterexample, the smallest first."""
    tries = [(1, 1, 1, 1, 2), (1, 1, 1, 2, 2), (1, 2, 1, 1, 2), (1, 1, 2, 1, 2), (2, 1, 1, 1, 2), (1, 1, 1, 2, 3)]
    tries += [(1, 1, 1, 1, 5), (2, 2, 2, 2, 2)]
    return once([image_for(geometry, N, I, O, (m, m), allowed((k, k))) for N, I, O, m, k in tries])


def image_for(geometry: Geometries, N: int, I: int, O: int, out: Sides, kernel: Sides, over: bool = False) -> Sizes:
    """The image for an output of this shape, one row and column larger when some are to be left over."""
    g = geometry(kernel)
    sides = (
        max(k + s * (m - 1) - 2 * p + (1 if over and s > 1 else 0), 1)
        for m, k, s, p in zip(out, kernel, g.stride, g.padding, strict=True)
    )
    H, W = sides
    return {"N": N, "I": I, "O": O, "H": H, "W": W, "u": kernel[0], "v": kernel[1]}


def pooling(window: Sides, stride: Sides, square: bool = False) -> list[Sizes]:
    """As many windows as these fit, and no row is left over."""
    windows = [(2, 3, 2, 2), (3, 2, 3, 3), (2, 2, 2, 3), (1, 1, 3, 1), (2, 6, 12, 12), (65, 1, 1, 2), (1, 33, 2, 1)]
    if square:
        windows = [(n, c, max(i, j), max(i, j)) for n, c, i, j in windows]
    (u, v), (s, t) = window, stride
    return [{"N": n, "C": c, "H": u + s * (i - 1), "W": v + t * (j - 1)} for n, c, i, j in windows]


def dense() -> list[Sizes]:
    shapes = [(3, 3, 3), (2, 5, 3), (4, 3, 5), (1, 1, 1), (1, 4, 2), (2, 192, 10), (65, 3, 2), (2, 201, 3), (2, 3, 41)]
    return [{"N": n, "M": m, "C": c} for n, m, c in shapes]


def small_dense() -> list[Sizes]:
    return [{"N": n, "M": m, "C": c} for n, m, c in [(1, 2, 1), (1, 1, 2), (2, 1, 1), (2, 2, 2)]]


def scores() -> list[Sizes]:
    return [{"N": n, "C": c} for n, c in [(3, 3), (2, 5), (5, 2), (1, 4), (7, 10), (65, 3), (2, 41)]]


def small_scores() -> list[Sizes]:
    return [{"N": n, "C": c} for n, c in [(1, 2), (2, 2), (2, 3)]]


def without(sizes: list[Sizes], axes: dict[str, str]) -> list[Sizes]:
    """The sizes with 1 for each axis that is not among the letters of its array, each once."""
    return once([{k: v if k not in axes or k in axes[k] else 1 for k, v in size.items()} for size in sizes])


def once(sizes: list[Sizes]) -> list[Sizes]:
    return [size for i, size in enumerate(sizes) if size not in sizes[:i]]
