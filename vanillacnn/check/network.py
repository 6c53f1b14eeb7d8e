"""The whole network: the loss and all gradients of the parameters, against the derivation's network in float64."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from vanillacnn.arrays import Parameters
from vanillacnn.check.interface import check_letters, to_user
from vanillacnn.check.judge import Quantity
from vanillacnn.check.report import Report
from vanillacnn.check.runner import Case, Data, Sizes, run, to_precision
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
    check_letters("x", x, "CHWN")
    check_letters("kernel", kernel, "IOHW")
    check_letters("weight", weight, "CM")
    check_letters("labels", labels, "CN")
    P, Q = maps
    k, l = kernels
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
        # Each factor of the chain is a sum of as many terms; what they round adds up, relative to the sums of sizes
        terms = 4 * (k * k + P * l * l + Q * sides[0] * sides[1] + N * image[0] * image[1]) + 200
        sized = sizes_of(params, I, N)
        quantities = [Quantity("loss", np.array(loss(trace, y)), np.array(float(classes)), terms, loose=True)]
        for name in NAMES:
            a = user(name, right[f"d{name}"])
            quantities.append(Quantity(f"d{name}", a, np.full(a.shape, sized[name]), terms, loose=name[0] == "b"))
        arguments = {"x": to_user(I[np.newaxis], "CHWN", x), "y": to_user(y, "CN", labels)}
        arguments |= {name: user(name, value) for name, value in zip(NAMES, values, strict=True)}
        return Case({name: a.astype(dtype) for name, a in arguments.items()}, call, quantities)

    def call(**arguments: np.ndarray) -> Iterator[tuple[str, Any]]:
        value, given = loss_and_gradients(*arguments.values())
        yield "loss", value
        names = [f"d{name}" for name in NAMES]
        yield from given.items() if isinstance(given, dict) else zip(names, given, strict=True)

    return run(Report("check_network", strict=strict), [{"N": n} for n in (1, 2, 5)], make, [{"N": 1}, {"N": 2}])


def sizes_of(params: Parameters, I: np.ndarray, N: int) -> dict[str, float]:
    """For each parameter, a bound of the sum of the sizes of all terms of its gradient.

    |Δŷ| ≤ ¼ · 1/N for each score; a layer multiplies by at most the largest column sum of its weights, σ by ¼, and the
    mean of the pooling by ¼. Inputs of the later layers are between 0 and 1.
    """
    dyhat = 1 / (4 * N)
    dS2 = dyhat * float(np.abs(params.W).sum(axis=0).max())
    dC2 = dS2 / 16
    dS1 = dC2 * float(np.abs(params.K2).sum(axis=(1, 2, 3)).max())
    dC1 = dS1 / 16
    cells = N * I[..., 0].size
    largest = max(float(np.abs(I).max()), 1.0)
    grown = (
        1 + float(np.abs(params.K1).sum()) * largest + float(np.abs(params.K2).sum()) + float(np.abs(params.W).sum())
    )
    slopes = {
        "W": N * dyhat,
        "b": N * dyhat,
        "K2": cells * dC2,
        "b2": cells * dC2,
        "K1": cells * dC1 * largest,
        "b1": cells * dC1,
    }
    # An error of a preactivation moves each slope by at most as much, in the share of the sizes that make it up
    return {name: size * grown for name, size in slopes.items()}
