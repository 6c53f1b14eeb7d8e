"""The dense layer, with the derivation as the oracle, in float64."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from vanillacnn.check import sizes
from vanillacnn.check.faults import factors, partial_sums
from vanillacnn.check.interface import (
    call_pair,
    check_bias,
    check_choice,
    check_letters,
    check_precision,
    check_samples,
    optional_bias,
    to_user,
)
from vanillacnn.check.judge import Quantity
from vanillacnn.check.report import Report
from vanillacnn.check.runner import Case, Data, Sizes, run, to_precision
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
    check_samples("out", out, x)
    check_bias(bias, "C" in weight and "C" in out)
    check_precision(dtype)
    check_choice("parameter_gradients", parameter_gradients, ("sum", "mean"))

    def make(size: Sizes, data: Data) -> Case:
        N, M, C = size.values()
        v, W = to_precision(data(M, N), dtype), to_precision(data(C, M), dtype)
        b = to_precision(data(C) if bias is not None else np.zeros(C), dtype)
        dy = to_precision(data(C, N), dtype)
        share = 1 / N if parameter_gradients == "mean" else 1.0
        A_v, A_W, A_b, A_dy = (np.abs(a) for a in (v, W, b, dy))
        shape_b = (-1,) if bias is None else bias

        def forward_faults() -> dict[str, np.ndarray]:
            faults = {"the bias is left out": W @ v, "the bias is added for each feature": dense_forward(W, v, M * b)}
            other = f'w is transposed: if that is what you mean, declare weight="{weight[::-1]}"'
            faults |= {other: dense_forward(W.T, v, b)} if M == C else {}
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
            Quantity(
                "dw",
                weights(weight_gradient(dy, v)),
                weights(A_dy @ A_v.T),
                N + 1,
                weight,
                parameter=to_user(A_W, "CM", weight),
                faults=w_faults,
            ),
            Quantity(
                "db",
                share * dy.sum(axis=1).reshape(shape_b),
                share * A_dy.sum(axis=1).reshape(shape_b),
                N + 1,
                loose=True,
                parameter=A_b.reshape(shape_b),
                faults=b_faults,
            ),
        ]
        arguments = {"x": to_user(v, "MN", x), "w": to_user(W, "CM", weight)} | optional_bias(b, bias)
        typed = {name: a.astype(dtype) for name, a in (arguments | {"dout": to_user(dy, "CN", out)}).items()}
        return Case(typed, call_pair(forward, backward, ("dx", "dw", "db")), quantities)

    axes = {"N": x, "M": weight if "M" in x else "", "C": weight if "C" in out else ""}
    here, small = (sizes.without(each, axes) for each in (sizes.dense(), sizes.small_dense()))
    return run(Report("check_dense", strict=strict), here, make, small)
