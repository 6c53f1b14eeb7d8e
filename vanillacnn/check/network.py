"""The whole network: the loss and all gradients of the parameters, against the derivation's network in float64."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from vanillacnn.arrays import Parameters
from vanillacnn.check import sizes
from vanillacnn.check.interface import check_letters, check_precision, check_samples, named, to_user, two
from vanillacnn.check.judge import Quantity
from vanillacnn.check.report import Report
from vanillacnn.check.runner import Case, Data, Sizes, run, to_precision
from vanillacnn.checks import require, whole
from vanillacnn.network import backward, forward, loss

NAMES = ("K1", "b1", "K2", "b2", "W", "b")


def check_network(
    loss_and_gradients: Callable[..., Any],
    *,
    x: str = "NHW",
    kernel: str = "OIHW",
    weight: str = "CM",
    labels: str = "NC",
    image: tuple[int, int] = (28, 28),
    maps: tuple[int, int] = (6, 12),
    kernels: tuple[int, int] = (5, 5),
    classes: int = 10,
    dtype: DTypeLike = np.float64,
    strict: bool = False,
) -> Report:
    """The paper's network: two of convolution, σ and mean-pooling, a dense layer with σ, and the squared error (26).

    loss_and_gradients(x, y, K1, b1, K2, b2, W, b) -> (loss, (dK1, db1, dK2, db2, dW, db)), or a dict of them by name;
    None where there is none. The features of W are the maps, rows and columns; x may have a letter C for its one map.
    """
    check_letters("x", x, "CHWN", "HW")
    check_letters("kernel", kernel, "IOHW", "IOHW")
    check_letters("weight", weight, "CM", "CM")
    check_letters("labels", labels, "CN", "C")
    check_samples("labels", labels, x)
    check_precision(dtype)
    (P, Q), (k, l), image = two("maps", maps, 1), two("kernels", kernels, 1), two("image", image, 1)
    require("classes", classes, "a whole number from 2", whole(classes, 2))
    sides = [((side - k + 1) // 2 - l + 1) // 2 for side in image]
    if min(sides) < 1:
        raise ValueError(f"image: expected sides that leave something to pool, got {image} with kernels {kernels}")

    def user(name: str, a: np.ndarray) -> np.ndarray:
        letters = {"K": ("IOHW", kernel), "W": ("CM", weight)}.get(name[0])
        return to_user(a, *letters) if letters else a.copy()

    def make(size: Sizes, data: Data) -> Case:
        N = size["N"]
        shapes = [(1, P, k, k), (P,), (P, Q, l, l), (Q,), (classes, Q * sides[0] * sides[1]), (classes,)]
        # As §4.1 scales them: by the root of the number of inputs
        values = [to_precision(data(*s) / np.sqrt(np.prod(s) / s[1 if len(s) == 4 else 0]), dtype) for s in shapes]
        params = Parameters(*values)
        I, y = to_precision(data(*image, N), dtype), np.eye(classes)[:, np.arange(N) % classes]
        trace = forward(params, I)
        grads = backward(params, trace, y)
        right = {f"d{name}": getattr(grads, f"d{name}") for name in NAMES}
        share = rounding(params, I, y, {"loss": np.array(loss(trace, y))} | right)
        quantities = [Quantity("loss", np.array(loss(trace, y)), np.array(share * loss(trace, y)), 1, loose=True)]
        for name, value in zip(NAMES, values, strict=True):
            a, weights = user(name, right[f"d{name}"]), np.abs(user(name, value))
            off = np.full(a.shape, share * abs(a).max())
            quantities.append(Quantity(f"d{name}", a, off, 1, loose=name[0] == "b", parameter=weights))
        arguments = {"x": to_user(I[np.newaxis], "CHWN", x), "y": to_user(y, "CN", labels)}
        arguments |= {name: user(name, value) for name, value in zip(NAMES, values, strict=True)}
        return Case({name: a.astype(dtype) for name, a in arguments.items()}, call, quantities)

    def call(**arguments: np.ndarray) -> Iterator[tuple[str, Any]]:
        result = loss_and_gradients(*arguments.values())
        if not isinstance(result, tuple | list) or len(result) != 2:
            came = f"{len(result)} results" if isinstance(result, tuple | list) else type(result).__name__
            raise ValueError(f"expected (loss, gradients), got {came}")
        value, given = result
        yield "loss", value
        yield from named(given, tuple(f"d{name}" for name in NAMES))

    here, small = (sizes.without([{"N": n} for n in each], {"N": x}) for each in ((1, 2, 5), (1, 2)))
    return run(Report("check_network", strict=strict), here, make, small)


def rounding(params: Parameters, I: np.ndarray, y: np.ndarray, right: dict[str, np.ndarray]) -> float:
    """What a right result may be off, relative to its largest entry and in units of one rounding.

    That is twenty times what the derivation itself is off in float32, at the worst of the loss and the gradients; the
    judge multiplies it by five. A bound that is proven for a chain of this length is a million times larger.
    """
    single = Parameters(*(getattr(params, name).astype(np.float32) for name in NAMES))
    trace = forward(single, I.astype(np.float32))
    grads = backward(single, trace, y.astype(np.float32))
    given = {"loss": np.array(loss(trace, y.astype(np.float32)))} | {f"d{n}": getattr(grads, f"d{n}") for n in NAMES}
    worst = max(float(np.max(abs(given[name] - a)) / np.max(abs(a))) for name, a in right.items())
    return 20 * worst / float(np.finfo(np.float32).eps / 2)
