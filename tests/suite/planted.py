"""Twenty faults that people make, each planted in a small implementation of the usual kind, samples first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from vanillacnn.check import Report, check_activation, check_convolution, check_dense, check_loss, check_pooling

SOURCE = """
import numpy as np

def conv_forward(x, w, b):
    (N, I, H, W), (O, _, u, v) = x.shape, w.shape
    out = np.zeros((N, O, (H - u) // s + 1, (W - v) // s + 1), x.dtype)
    for k in range(u):
        for l in range(v):
            part = x[:, :, k : k + s * (out.shape[2] - 1) + 1 : s, l : l + s * (out.shape[3] - 1) + 1 : s]
            out += np.einsum("niab,oi->noab", part, w[:, :, k, l])
    return out + b[:, None, None]

def conv_backward(dout, cache):
    x, w, b = cache
    (O, _, u, v), (N, _, X, Y) = w.shape, dout.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for k in range(u):
        for l in range(v):
            rows, columns = slice(k, k + s * (X - 1) + 1, s), slice(l, l + s * (Y - 1) + 1, s)
            dw[:, :, k, l] = np.einsum("noab,niab->oi", dout, x[:, :, rows, columns])
            dx[:, :, rows, columns] += np.einsum("noab,oi->niab", dout, w[:, :, k, l])
    return dx, dw, dout.sum(axis=(0, 2, 3))

def dense_forward(x, w, b):
    return x @ w + b

def dense_backward(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)

def pool_forward(x):
    return x.reshape(*x.shape[:2], x.shape[2] // 2, 2, x.shape[3] // 2, 2).max(axis=(3, 5))

def pool_backward(dout, x):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dout.shape):
        cell = x[n, c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        k, l = np.unravel_index(cell.argmax(), (2, 2))
        dx[n, c, 2 * i + k, 2 * j + l] = dout[n, c, i, j]
    return dx

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

def sigmoid_backward(dout, x):
    return dout * sigmoid(x) * (1 - sigmoid(x))

def softmax_loss(x, y):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return -(y * np.log(e / e.sum(axis=1, keepdims=True))).sum() / len(x)

def softmax_loss_backward(x, y):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True) - y) / len(x)
"""


@dataclass(frozen=True)
class Planted:
    """A fault: the text that it replaces, what the check should say of it, and where it is."""

    name: str
    old: str
    new: str
    says: str
    layer: str = "conv"
    stride: int = 1

    def functions(self) -> dict[str, Callable[..., Any]]:
        if self.old not in SOURCE:
            raise ValueError(f"{self.name}: expected a text of the source, got {self.old!r}")
        names: dict[str, Any] = {"s": self.stride, "np": np}
        exec(SOURCE.replace(self.old, self.new), names)
        return names


DW, DX = "dw[:, :, k, l] = ", "dx[:, :, rows, columns] += "
LOOP = "x.shape, w.shape\n    out = np.zeros((N, O, (H - u) // s + 1, (W - v) // s + 1), x.dtype)\n    for k in range("
BACK = "np.zeros_like(x), np.zeros_like(w)\n    for k in range("
PLANTED = [
    Planted("forward sum one row short", LOOP + "u", LOOP + "u - 1", "kernel's rows"),
    Planted("forward sum starts one row late", LOOP + "u", LOOP + "1, u", "starts one too late"),
    Planted("forward sum stops at the fourth row", LOOP + "u", LOOP + "min(u, 4)", "stops at the fourth of 5"),
    Planted("forward kernel rotated", "part, w[:, :, k, l]", "part, w[:, :, u - 1 - k, v - 1 - l]", "rotated by 180°"),
    Planted(
        "forward keeps only the last input map",
        'niab,oi->noab", part, w[:, :, k, l]',
        'nab,o->noab", part[:, -1], w[:, -1, k, l]',
        "only the last of the input maps",
    ),
    Planted(
        "bias added k·k times",
        "part, w[:, :, k, l])",
        "part, w[:, :, k, l]) + b[:, None, None] * (k + l > 0)",
        "k·k times",
    ),
    Planted("kernel gradient one row short", BACK + "u", BACK + "u - 1", "kernel's rows"),
    Planted("kernel gradient stops at the fourth row", BACK + "u", BACK + "min(u, 4)", "stops at the fourth of 5"),
    Planted("kernel gradient rotated", DW, "dw[:, :, u - 1 - k, v - 1 - l] = ", "rotated by 180°"),
    Planted("kernel gradient transposed", DW, "dw[:, :, l % u, k % v] = ", "transposed"),
    Planted("kernel gradient divided by N", "x[:, :, rows, columns])", "x[:, :, rows, columns]) / N", "1/N"),
    Planted(
        "kernel gradient of the last sample",
        'np.einsum("noab,niab->oi", dout, x[:, :, rows, columns])',
        'np.einsum("oab,iab->oi", dout[-1], x[-1, :, rows, columns])',
        "only the last of the samples",
    ),
    Planted(
        "input gradient keeps only the first output map",
        '"noab,oi->niab", dout, w[:, :, k, l]',
        '"nab,i->niab", dout[:, 0], w[0, :, k, l]',
        "stops at the first",
    ),
    Planted(
        "stride ignored in backward",
        "slice(k, k + s * (X - 1) + 1, s), slice(l, l + s * (Y - 1) + 1, s)",
        "slice(k, k + X), slice(l, l + Y)",
        "the stride is ignored",
        stride=2,
    ),
    Planted(
        "float16 inside", "dout, x[:, :, rows, columns])", "dout, x[:, :, rows, columns]).astype(np.float16)", "float16"
    ),
    Planted("weight gradient not summed but averaged", "x.T @ dout", "x.T @ dout / len(x)", "1/N", "dense"),
    Planted(
        "tie to the wrong cell",
        "cell.argmax()",
        "(cell.argmax() + 3 * (cell == cell.max()).sum().clip(1, 2) - 3) % 4",
        "at a tie",
        "pool",
    ),
    Planted(
        "gradient to the cell opposite", "2 * i + k, 2 * j + l", "2 * i + 1 - k, 2 * j + 1 - l", "another cell", "pool"
    ),
    Planted(
        "slope of the output", "dout * sigmoid(x) * (1 - sigmoid(x))", "dout * x * (1 - x)", "y\\(1 - y\\)", "sigmoid"
    ),
    Planted("1/N twice", "- y) / len(x)", "- y) / len(x) ** 2", "1/N", "loss"),
]

LAYERS: dict[str, Callable[..., Report]] = {
    "conv": lambda f, s: check_convolution(f["conv_forward"], f["conv_backward"], stride=s),
    "dense": lambda f, s: check_dense(f["dense_forward"], f["dense_backward"]),
    "pool": lambda f, s: check_pooling(f["pool_forward"], f["pool_backward"], kind="max"),
    "sigmoid": lambda f, s: check_activation("sigmoid", f["sigmoid"], f["sigmoid_backward"]),
    "loss": lambda f, s: check_loss("softmax_cross_entropy", f["softmax_loss"], f["softmax_loss_backward"]),
}


def check(fault: Planted) -> Report:
    return LAYERS[fault.layer](fault.functions(), fault.stride)
