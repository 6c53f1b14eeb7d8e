"""The convolutional layer, with the derivation itself as the oracle, in float64.

Padding and stride are linear and exact: zeros around the image before it, every s-th row and column behind it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from vanillacnn.check import sizes
from vanillacnn.check.geometry import Geometry, convolve, input_gradient, kernel_gradient, pair
from vanillacnn.check.judge import Quantity
from vanillacnn.check.layouts import check_letters, to_user
from vanillacnn.check.masks import partial_sums
from vanillacnn.check.protocol import call_pair, optional_bias
from vanillacnn.check.report import Report
from vanillacnn.check.runner import Case, Data, Sizes, run

Function = Callable[..., Any]


def check_convolution(
    forward: Function,
    backward: Function | None = None,
    *,
    x: str = "NCHW",
    kernel: str = "OIHW",
    out: str | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    rotated: bool = False,
    bias: tuple[int, ...] | None = (-1,),
    parameter_gradients: str = "sum",
    dtype: DTypeLike = np.float64,
    strict: bool = False,
) -> Report:
    """C = S ⋆ K + b, (17), and its gradients (38), (36), (37).

    forward(x, w, b) -> out or (out, cache); backward(dout, cache) -> (dx, dw, db), with None where there is none.
    Without a cache, backward gets (x, w, b) for it. Axes by their letters; one that is left out does not exist.
    `rotated` is the convolution proper, S ∗ K. `bias` is the shape b has in your code, None for a layer without;
    `parameter_gradients` are the "sum" or the "mean" over the samples.
    """
    out = x if out is None else out
    check_letters("x", x, "CHWN")
    check_letters("kernel", kernel, "IOHW")
    check_letters("out", out, "CHWN")
    geometry = Geometry(pair(stride), pair(padding))

    def turn(K: np.ndarray) -> np.ndarray:
        return K[:, :, ::-1, ::-1] if rotated else K

    def make(size: Sizes, data: Data) -> Case:
        N, I, O, H, W, u, v = size.values()
        S, K = data(I, H, W, N), data(I, O, u, v)
        K = to_precision(K, dtype)
        S, b = to_precision(S, dtype), to_precision(data(O) if bias is not None else np.zeros(O), dtype)
        R = turn(K)
        C = convolve(geometry, S, R, b)
        dC = to_precision(data(*C.shape), dtype)
        share = 1 / N if parameter_gradients == "mean" else 1.0
        A = [np.abs(a) for a in (S, R, b, dC)]
        norm_S, norm_K, norm_b, norm_dC = (float(np.linalg.norm(a)) for a in (S, K, b, dC))

        def user_x(a: np.ndarray) -> np.ndarray:
            return to_user(a, "CHWN", x)

        def user_out(a: np.ndarray) -> np.ndarray:
            return to_user(a, "CHWN", out)

        def user_kernel(a: np.ndarray) -> np.ndarray:
            return to_user(share * turn(a), "IOHW", kernel)

        def dK(S: np.ndarray, dC: np.ndarray) -> np.ndarray:
            return kernel_gradient(geometry, S, dC, (u, v))

        def dS(dC: np.ndarray, R: np.ndarray) -> np.ndarray:
            return input_gradient(geometry, dC, R, (H, W))

        def forward_faults() -> dict[str, np.ndarray]:
            turned = "not rotated: correlation" if rotated else "rotated by 180°: convolution"
            faults = {f"{turned} where the other is declared": convolve(geometry, S, R[:, :, ::-1, ::-1], b)}
            if u == v:
                faults["the kernel is transposed"] = convolve(geometry, S, R.transpose(0, 1, 3, 2), b)
            once = {
                0: "the bias is left out",
                u * v: "the bias is added k·k times",
                u * v * I: "the bias is added for each product",
            }
            once |= {I: "the bias is added for each input map"} if I > 1 else {}
            faults |= {name: convolve(geometry, S, R, t * b) for t, name in once.items() if t != 1}
            axes = {0: "the input maps", 2: "the kernel's rows", 3: "the kernel's columns"}
            faults |= partial_sums(R, axes, lambda part: convolve(geometry, S, part, b))
            return {name: user_out(a) for name, a in faults.items()}

        def x_faults() -> dict[str, np.ndarray]:
            faults = {"the kernel is rotated by 180° where it should not be": dS(dC, R[:, :, ::-1, ::-1])}
            if u == v:
                faults["the kernel is transposed"] = dS(dC, R.transpose(0, 1, 3, 2))
            axes = {1: "the output maps", 2: "the kernel's rows", 3: "the kernel's columns"}
            faults |= partial_sums(R, axes, lambda part: dS(dC, part))
            if geometry.stride != (1, 1):
                faults["the stride is ignored"] = input_gradient(
                    geometry, geometry.packed(dC, (H, W), (u, v)), R, (H, W), dilated=True
                )
            return {name: user_x(a) for name, a in faults.items()}

        def w_faults() -> dict[str, np.ndarray]:
            right = dK(S, dC)
            faults = {"rotated by 180°": right[:, :, ::-1, ::-1], **factors(right, N)}
            if u == v:
                faults["transposed"] = right.transpose(0, 1, 3, 2)
            axes = {3: "the samples", 1: "the output's rows", 2: "the output's columns"}
            faults |= partial_sums(dC, axes, lambda part: dK(S, part))
            ends = {2: "the kernel's rows", 3: "the kernel's columns"}
            faults |= {
                f"{name}: elsewhere it is zero".replace("sum", "loop"): a
                for name, a in partial_sums(right, ends, lambda a: a).items()
            }
            if geometry.stride != (1, 1):
                packed = geometry.packed(dC, (H, W), (u, v))
                faults["the stride is ignored"] = kernel_gradient(geometry, S, packed, (u, v), dilated=True)
            return {name: user_kernel(a) for name, a in faults.items()}

        def b_faults() -> dict[str, np.ndarray]:
            right = np.einsum("qijn->q", dC)
            faults = factors(right, N) | {"added k·k times": u * v * right}
            axes = {3: "the samples", 1: "the output's rows", 2: "the output's columns"}
            faults |= partial_sums(dC, axes, lambda part: np.einsum("qijn->q", part))
            return {name: share * a for name, a in faults.items()}

        cells = C[0].size
        shape_b = (-1,) if bias is None else bias
        quantities = [
            Quantity(
                "out",
                user_out(C),
                user_out(convolve(geometry, *A[:3])),
                I * u * v + 1,
                out,
                norm_S * norm_K + norm_b,
                faults=forward_faults,
            ),
            Quantity("dx", user_x(dS(dC, R)), user_x(dS(A[3], A[1])), O * u * v, x, norm_dC * norm_K, faults=x_faults),
            Quantity(
                "dw",
                user_kernel(dK(S, dC)),
                user_kernel(dK(A[0], A[3])),
                cells + 1,
                kernel,
                share * norm_S * norm_dC,
                faults=w_faults,
            ),
            Quantity(
                "db",
                share * np.einsum("qijn->q", dC).reshape(shape_b),
                share * np.einsum("qijn->q", A[3]).reshape(shape_b),
                cells + 1,
                loose=True,
                faults=lambda: {name: a.reshape(shape_b) for name, a in b_faults().items()},
            ),
        ]
        arguments = {"x": user_x(S), "w": to_user(K, "IOHW", kernel)}
        arguments |= optional_bias(b, bias) | {"dout": user_out(dC)}
        typed = {name: a.astype(dtype) for name, a in arguments.items()}
        return Case(typed, call_pair(forward, backward, ("dx", "dw", "db")), quantities)

    report = Report("check_convolution", strict=strict)
    missing = {"N": x, "I": x.replace("C", "I") if "I" in kernel else "", "O": kernel if "C" in out else ""}
    here = sizes.without(sizes.convolution(geometry), missing)
    return run(report, here, make, sizes.without(sizes.small_convolution(geometry), missing))


def factors(right: np.ndarray, N: int) -> dict[str, np.ndarray]:
    mean = 'off by the constant factor 1/N: if the mean over the samples is meant, declare parameter_gradients="mean"'
    names = {mean: 1 / N, "off by the constant factor N": N, "off by the constant factor 1/N², 1/N twice": 1 / N**2}
    return {name: c * right for name, c in names.items() if N > 1}


def to_precision(a: np.ndarray, dtype: DTypeLike) -> np.ndarray:
    """The oracle's float64, of values that the precision has."""
    return a.astype(dtype).astype(np.float64)
