"""The dense layer and pooling, with the derivation as the oracle, in float64."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import DTypeLike

from vanillacnn.check import sizes
from vanillacnn.check.convolution import factors, to_precision
from vanillacnn.check.geometry import pair
from vanillacnn.check.judge import Quantity, as_array
from vanillacnn.check.layouts import check_letters, to_user
from vanillacnn.check.masks import partial_sums
from vanillacnn.check.protocol import call_pair, optional_bias, split
from vanillacnn.check.report import RIGHT, WRONG, Report
from vanillacnn.check.runner import Case, Data, Sizes, run
from vanillacnn.equations.dense import dense_forward, dense_input_gradient, weight_gradient

Function = Callable[..., Any]


def check_dense(
    forward: Function,
    backward: Function | None = None,
    *,
    x: str = "NM",
    weight: str = "MC",
    out: str | None = None,
    bias: tuple[int, ...] | None = (-1,),
    parameter_gradients: str = "sum",
    dtype: DTypeLike = np.float64,
    strict: bool = False,
) -> Report:
    """ŷ = W v + b, (24), and its gradients (31), (29), (30): features M, classes C, samples N.

    forward(x, w, b) -> out or (out, cache); backward(dout, cache) -> (dx, dw, db), with None where there is none.
    """
    out = x.replace("M", "C") if out is None else out
    check_letters("x", x, "MN")
    check_letters("weight", weight, "CM")
    check_letters("out", out, "CN")

    def make(size: Sizes, data: Data) -> Case:
        N, M, C = size.values()
        v, W = to_precision(data(M, N), dtype), to_precision(data(C, M), dtype)
        b = to_precision(data(C) if bias is not None else np.zeros(C), dtype)
        dy = to_precision(data(C, N), dtype)
        share = 1 / N if parameter_gradients == "mean" else 1.0
        A_v, A_W, A_b, A_dy = (np.abs(a) for a in (v, W, b, dy))
        shape_b = bias or (-1,)

        def forward_faults() -> dict[str, np.ndarray]:
            faults = {"the bias is left out": W @ v, "the bias is added for each feature": dense_forward(W, v, M * b)}
            faults |= {"transposed": dense_forward(W.T, v, b)} if M == C else {}
            faults |= partial_sums(W, {1: "the features"}, lambda part: dense_forward(part, v, b))
            return {name: to_user(a, "CN", out) for name, a in faults.items()}

        def x_faults() -> dict[str, np.ndarray]:
            faults = {"transposed": W @ dy} if M == C else {}
            faults |= partial_sums(W, {0: "the classes"}, lambda part: dense_input_gradient(part, dy))
            return {name: to_user(a, "MN", x) for name, a in faults.items()}

        def w_faults() -> dict[str, np.ndarray]:
            dW = weight_gradient(dy, v)
            faults = factors(dW, N) | ({"transposed": dW.T} if M == C else {})
            faults |= partial_sums(dy, {1: "the samples"}, lambda part: weight_gradient(part, v))
            return {name: to_user(share * a, "CM", weight) for name, a in faults.items()}

        def b_faults() -> dict[str, np.ndarray]:
            faults = factors(dy.sum(axis=1), N)
            faults |= partial_sums(dy, {1: "the samples"}, lambda part: part.sum(axis=1))
            return {name: share * a.reshape(shape_b) for name, a in faults.items()}

        def weights(a: np.ndarray) -> np.ndarray:
            return to_user(share * a, "CM", weight)

        y = to_user(dense_forward(W, v, b), "CN", out)
        quantities = [
            Quantity("out", y, to_user(dense_forward(A_W, A_v, A_b), "CN", out), M + 1, out, faults=forward_faults),
            Quantity("dx", to_user(W.T @ dy, "MN", x), to_user(A_W.T @ A_dy, "MN", x), C, x, faults=x_faults),
            Quantity("dw", weights(weight_gradient(dy, v)), weights(A_dy @ A_v.T), N + 1, weight, faults=w_faults),
            Quantity(
                "db",
                share * dy.sum(axis=1).reshape(shape_b),
                share * A_dy.sum(axis=1).reshape(shape_b),
                N + 1,
                loose=True,
                faults=b_faults,
            ),
        ]
        arguments = {"x": to_user(v, "MN", x), "w": to_user(W, "CM", weight)} | optional_bias(b, bias)
        typed = {name: a.astype(dtype) for name, a in (arguments | {"dout": to_user(dy, "CN", out)}).items()}
        return Case(typed, call_pair(forward, backward, ("dx", "dw", "db")), quantities)

    here = sizes.without(sizes.dense(), {"N": x})
    small = sizes.without(
        [{"N": n, "M": m, "C": c} for n, m, c in [(1, 2, 1), (1, 1, 2), (2, 1, 1), (2, 2, 2)]], {"N": x}
    )
    return run(Report("check_dense", strict=strict), here, make, small)


def check_pooling(
    forward: Function,
    backward: Function | None = None,
    *,
    kind: str = "mean",
    x: str = "NCHW",
    window: int | tuple[int, int] = 2,
    stride: int | tuple[int, int] | None = None,
    dtype: DTypeLike = np.float64,
    strict: bool = False,
) -> Report:
    """The mean, (16), or the maximum, (L3), of each window, and its gradient, (34) or (L4).

    forward(x) -> out or (out, cache); backward(dout, cache) -> dx. Without a cache, backward gets x for it.
    """
    if kind not in ("mean", "max"):
        raise ValueError(f'kind: expected "mean" or "max", got {kind!r}')
    check_letters("x", x, "CHWN")
    sides = pair(window)
    steps = sides if stride is None else pair(stride)

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
                each["the mean's gradient, not the maximum's"] = np.full(places.shape, 1 / (sides[0] * sides[1]))
            return {n: to_user(spread(dout[..., None, None] * s, S.shape, steps), "CHWN", x) for n, s in each.items()}

        terms = sides[0] * sides[1] + 1
        magnitude = (shares * np.abs(places)).sum(axis=(4, 5))
        quantities = [
            Quantity("out", to_user(out, "CHWN", x), to_user(magnitude, "CHWN", x), terms, x),
            Quantity("dx", to_user(dx, "CHWN", x), to_user(size_of, "CHWN", x), terms, x, faults=faults),
        ]
        arguments = {"x": to_user(S, "CHWN", x).astype(dtype), "dout": to_user(dout, "CHWN", x).astype(dtype)}
        return Case(arguments, call_pair(forward, backward, ("dx",)), quantities)

    here = sizes.without(sizes.pooling(sides, steps), {"N": x, "C": x})
    (u, v), (s, t) = sides, steps
    small = [{"N": 1, "C": 1, "H": u + s * i, "W": v + t * i} for i in (0, 1)]
    report = run(Report(f"check_pooling ({kind})", strict=strict), here, make, small)
    if kind == "max" and backward is not None and report.of("dx", RIGHT) and not report.of("dx", WRONG):
        judge_tie(report, forward, backward, x, sides)
    return report


def judge_tie(report: Report, forward: Function, backward: Function, x: str, sides: tuple[int, int]) -> None:
    """All cells equal but the last, which is less: any of the equal may get the gradient, the last may not."""
    S = np.ones((1, *sides, 1))
    S[0, -1, -1, 0] = 0
    given = to_user(S, "CHWN", x)
    try:
        _, cache = split(forward(given.copy()), given)
        result = backward(np.ones(to_user(np.ones((1, 1, 1, 1)), "CHWN", x).shape), cache)
        got = as_array(result[0] if isinstance(result, tuple | list) else result).astype(float).ravel()
    except Exception:
        return
    row = report.of("dx", RIGHT)[0]
    if got.size != given.size or np.abs(got[given.ravel() == 0]).any() or not got.any():
        row.verdict, row.hint = WRONG, "at a tie, a cell that is not the largest gets the gradient, or none does"
        row.message = f"x = np.array({given.tolist()}), dout of ones: got dx = np.array({got.reshape(-1).tolist()})"
    elif np.flatnonzero(got).tolist() != [0]:
        choice = (
            "all of them, each the whole, which counts it more than once" if got.sum() > 1.5 else "several, in shares"
        )
        row.notes.append(
            f"at a tie, the gradient goes to {choice if np.count_nonzero(got) > 1 else 'another than the first'}"
        )


def distinct(data: Data, shape: tuple[int, ...]) -> np.ndarray:
    """Eighths of integers in the order of random data: no two are equal, and none is zero."""
    order = data(*shape) + np.random.default_rng(1).random(shape)
    ranks = order.ravel().argsort().argsort().reshape(shape)
    return (ranks - order.size // 2 + 0.5) / 8


def windows(S: np.ndarray, sides: tuple[int, int], steps: tuple[int, int]) -> np.ndarray:
    """All windows, [q, i, j, n, u, v]."""
    return sliding_window_view(S, sides, axis=(1, 2))[:, :: steps[0], :: steps[1]]


def chosen(places: np.ndarray) -> np.ndarray:
    """1 for the largest of each window, row by row the first, and 0 elsewhere."""
    flat = places.reshape(*places.shape[:4], -1)
    return (np.arange(flat.shape[-1]) == flat.argmax(axis=-1)[..., None]).astype(float).reshape(places.shape)


def spread(dplaces: np.ndarray, shape: tuple[int, ...], steps: tuple[int, int]) -> np.ndarray:
    """The transpose of `windows`: what each entry gets of the windows that it is in."""
    dS = np.zeros(shape)
    _, x, y, _, u, v = dplaces.shape
    for k, l in np.ndindex(u, v):
        dS[:, k : k + steps[0] * (x - 1) + 1 : steps[0], l : l + steps[1] * (y - 1) + 1 : steps[1]] += dplaces[
            ..., k, l
        ]
    return dS
