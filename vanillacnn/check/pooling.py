"""Pooling, with the derivation as the oracle, in float64."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import DTypeLike

from vanillacnn.check import sizes
from vanillacnn.check.geometry import Sides
from vanillacnn.check.interface import call_pair, check_choice, check_letters, check_precision, split, to_user, two
from vanillacnn.check.judge import Quantity, as_array
from vanillacnn.check.report import RIGHT, WRONG, Report
from vanillacnn.check.runner import Case, Data, Sizes, run, to_precision

Function = Callable[..., Any]


def check_pooling(
    forward: Function,
    backward: Function | None = None,
    *,
    kind: str = "mean",
    x: str = "NCHW",
    window: int | Sides = 2,
    stride: int | Sides | None = None,
    square: bool = False,
    dtype: DTypeLike = np.float64,
    strict: bool = False,
) -> Report:
    """The mean, (16), or the maximum, (L3), of each window, and its gradient, (34) or (L4).

    forward(x) -> out or (out, cache); backward(dout, cache) -> dx. Without a cache, backward gets x for it.
    `square` is for code that takes only images as high as they are wide.
    """
    check_choice("kind", kind, ("mean", "max"))
    check_letters("x", x, "CHWN", "HW")
    check_precision(dtype)
    sides = two("window", window, 1)
    steps = sides if stride is None else two("stride", stride, 1)

    def make(size: Sizes, data: Data) -> Case:
        N, C, H, W = size.values()
        S = to_precision(data(C, H, W, N) if kind == "mean" else distinct(data, (C, H, W, N)), dtype)
        places = windows(S, sides, steps)
        dout = to_precision(data(*places.shape[:4]), dtype)
        shares = np.full(places.shape, 1 / (sides[0] * sides[1])) if kind == "mean" else chosen(places)
        out = (shares * places).sum(axis=(4, 5))
        dx = spread(dout[..., None, None] * shares, S.shape, steps)
        size_of = spread(np.abs(dout)[..., None, None] * shares, S.shape, steps)

        def faults() -> dict[str, np.ndarray]:
            each = {"each cell of the window gets the whole": np.ones(places.shape)}
            if kind == "max":
                each["another cell of the window gets it"] = shares[..., ::-1, ::-1]
                each["the smallest cell of the window gets it"] = chosen(-places)
                each["the mean's gradient, not the maximum's"] = np.full(places.shape, 1 / (sides[0] * sides[1]))
            wrong = {name: spread(dout[..., None, None] * share, S.shape, steps) for name, share in each.items()}
            if sides != steps:
                last = spread(dout[..., None, None] * shares, S.shape, steps, overwrite=True)
                wrong["where windows overlap, only the last of them counts"] = last
            return {name: to_user(a, "CHWN", x) for name, a in wrong.items()}

        def of_output() -> dict[str, np.ndarray]:
            mean, largest = places.mean(axis=(4, 5)), places.max(axis=(4, 5))
            each = {"the mean, not the maximum": mean} if kind == "max" else {"the maximum, not the mean": largest}
            each["the sum of each window"] = places.sum(axis=(4, 5))
            return {n: to_user(a, "CHWN", x) for n, a in each.items()}

        terms = sides[0] * sides[1] + 1
        magnitude = (shares * np.abs(places)).sum(axis=(4, 5))
        quantities = [
            Quantity("out", to_user(out, "CHWN", x), to_user(magnitude, "CHWN", x), terms, x, faults=of_output),
            Quantity("dx", to_user(dx, "CHWN", x), to_user(size_of, "CHWN", x), terms, x, faults=faults),
        ]
        arguments = {"x": to_user(S, "CHWN", x).astype(dtype), "dout": to_user(dout, "CHWN", x).astype(dtype)}
        return Case(arguments, call_pair(forward, backward, ("dx",)), quantities)

    here = sizes.without(sizes.pooling(sides, steps, square), {"N": x, "C": x})
    (u, v), (s, t) = sides, steps
    small = [{"N": 1, "C": 1, "H": u + s * i, "W": v + t * i} for i in (0, 1)]
    report = run(Report(f"check_pooling ({kind})", strict=strict), here, make, small)
    if kind == "max" and report.verdict("out") == RIGHT:
        note_nan(report, forward, x, sides, dtype)
    if kind == "max" and backward is not None and sides != (1, 1) and report.verdict("dx") == RIGHT:
        judge_tie(report, forward, backward, x, sides, dtype)
    return report


def note_nan(report: Report, forward: Function, x: str, sides: Sides, dtype: DTypeLike) -> None:
    """One NaN among ones: the largest of them is NaN."""
    S = np.ones((1, *sides, 1), dtype)
    S[0, 0, 0, 0] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            out = as_array(split(forward(to_user(S, "CHWN", x)), None)[0])
        except Exception as error:
            report.of("out", RIGHT)[0].notes.append(f"refuses NaN: {type(error).__name__}: {error}")
            return
    if not np.isnan(out).all():
        report.of("out", RIGHT)[0].notes.append("at NaN it gives a number: NaN is passed over")


def judge_tie(report: Report, forward: Function, backward: Function, x: str, sides: Sides, dtype: DTypeLike) -> None:
    """All cells equal but the last, which is less: any of the equal may get the gradient, the last may not."""
    S = np.ones((1, *sides, 1), dtype)
    S[0, -1, -1, 0] = 0
    given, dout = to_user(S, "CHWN", x), to_user(np.ones((1, 1, 1, 1), dtype), "CHWN", x)
    row = report.of("dx", RIGHT)[0]
    try:
        results = dict(call_pair(forward, backward, ("dx",))(dout=dout, x=given.copy()))
    except Exception as error:
        row.notes.append(f"refuses a tie: {type(error).__name__}: {error}")
        return
    got = as_array(results["dx"]).astype(float).ravel()
    shared = np.count_nonzero(got) > 1
    whole = got.any() and bool((got[got != 0] == 1).all())
    if got.size != given.size or np.abs(got[given.ravel() == 0]).any() or not (whole or abs(got.sum() - 1) < 1e-3):
        row.verdict, row.hints = WRONG, ["at a tie, a cell that is not the largest gets the gradient, or none does"]
        row.message = f"x = np.array({given.tolist()}), dout of ones: got dx = np.array({got.tolist()})"
    elif np.flatnonzero(got).tolist() != [0]:
        choice = "all of them, each the whole, which counts it more than once" if whole else "several, in shares"
        row.notes.append(f"at a tie, the gradient goes to {choice if shared else 'another than the first'}")


def distinct(data: Data, shape: tuple[int, ...]) -> np.ndarray:
    """Eighths of integers in the order of random data: no two are equal, and none is zero."""
    order = data(*shape) + np.random.default_rng(1).random(shape)
    ranks = order.ravel().argsort().argsort().reshape(shape)
    return (ranks - order.size // 2 + 0.5) / 8


def windows(S: np.ndarray, sides: Sides, steps: Sides) -> np.ndarray:
    """All windows, [q, i, j, n, u, v]."""
    return sliding_window_view(S, sides, axis=(1, 2))[:, :: steps[0], :: steps[1]]


def chosen(places: np.ndarray) -> np.ndarray:
    """1 for the largest of each window, row by row the first, and 0 elsewhere."""
    flat = places.reshape(*places.shape[:4], -1)
    return (np.arange(flat.shape[-1]) == flat.argmax(axis=-1)[..., None]).astype(float).reshape(places.shape)


def spread(dplaces: np.ndarray, shape: tuple[int, ...], steps: Sides, overwrite: bool = False) -> np.ndarray:
    """The transpose of `windows`: what each entry gets of all the windows that it is in, or of the last alone."""
    dS = np.zeros(shape)
    (s, t), (u, v) = steps, dplaces.shape[4:]
    for i, j in np.ndindex(dplaces.shape[1:3]):
        window = dS[:, s * i : s * i + u, t * j : t * j + v]
        window[...] = (0 if overwrite else window) + dplaces[:, i, j].transpose(0, 2, 3, 1)
    return dS
