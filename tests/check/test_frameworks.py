"""PyTorch, JAX, SciPy, numba and im2col, wrapped as a user would: all of them right, in every row."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from scipy import signal

from vanillacnn.check import (
    Report,
    check_activation,
    check_convolution,
    check_dense,
    check_loss,
    check_network,
    check_pooling,
)


def all_right(report: Report) -> None:
    assert report.ok, str(report)
    assert {row.verdict for row in report.rows} <= {"right", "not given"}, str(report)


def by_jax(f: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A pair whose cache is JAX's own function from the cotangent to the gradients."""
    return lambda *inputs: jax.vjp(f, *inputs), lambda dout, cache: cache(dout)


def by_torch(f: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    import torch

    def forward(*inputs: np.ndarray) -> Any:
        tensors = [torch.tensor(a, requires_grad=True) for a in inputs]
        out = f(*tensors)
        return out, (out, tensors)

    def backward(dout: np.ndarray, cache: Any) -> Any:
        out, tensors = cache
        return torch.autograd.grad(out, tensors, torch.tensor(dout))

    return forward, backward


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("x", "kernel"), [("NCHW", "OIHW"), ("NHWC", "HWIO")])
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1)])
def test_jax_convolution(x: str, kernel: str, stride: int, padding: int, dtype: type) -> None:
    def f(S: Any, K: Any, b: Any) -> Any:
        sides = [(padding, padding)] * 2
        out = jax.lax.conv_general_dilated(S, K, (stride, stride), sides, dimension_numbers=(x, kernel, x))
        return out + (b[:, None, None] if x == "NCHW" else b)

    all_right(check_convolution(*by_jax(f), x=x, kernel=kernel, stride=stride, padding=padding, dtype=dtype))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_jax_functions(dtype: type) -> None:
    all_right(check_activation("sigmoid", *by_jax(jax.nn.sigmoid), dtype=dtype))
    all_right(check_activation("tanh", *by_jax(jax.numpy.tanh), dtype=dtype))
    all_right(check_activation("relu", *by_jax(jax.nn.relu), dtype=dtype))
    all_right(check_dense(*by_jax(lambda x, w, b: x @ w + b), dtype=dtype))

    def loss(x: Any, y: Any) -> Any:
        return -(y * jax.nn.log_softmax(x)).sum(axis=1).mean()

    all_right(check_loss("softmax_cross_entropy", jax.value_and_grad(loss), dtype=dtype))


@pytest.mark.bench
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_torch(dtype: type) -> None:
    import torch
    from torch.nn import functional

    for stride, padding in ((1, 0), (2, 1), (3, 2)):
        pair = by_torch(lambda *t, s=stride, p=padding: functional.conv2d(*t, stride=s, padding=p))
        all_right(check_convolution(*pair, stride=stride, padding=padding, dtype=dtype))
    all_right(check_dense(*by_torch(functional.linear), weight="CM", dtype=dtype))
    all_right(check_pooling(*by_torch(lambda t: functional.avg_pool2d(t, 2)), dtype=dtype))
    all_right(check_pooling(*by_torch(lambda t: functional.max_pool2d(t, 2)), kind="max", dtype=dtype))
    pair = by_torch(lambda t: functional.max_pool2d(t, 3, 2))
    all_right(check_pooling(*pair, kind="max", window=3, stride=2, dtype=dtype))
    for kind in ("sigmoid", "tanh", "relu"):
        all_right(check_activation(kind, *by_torch(getattr(torch, kind)), dtype=dtype))

    def loss(f: Callable[..., Any]) -> Callable[..., Any]:
        def both(x: np.ndarray, y: np.ndarray) -> Any:
            t = torch.tensor(x, requires_grad=True)
            value = f(t, torch.tensor(y))
            return value, torch.autograd.grad(value, t)[0]

        return both

    all_right(check_loss("squared_error", loss(functional.mse_loss), reduction="elements", factor=2, dtype=dtype))
    for labels in ("one-hot", "integers"):
        all_right(check_loss("softmax_cross_entropy", loss(functional.cross_entropy), labels=labels, dtype=dtype))
    binary = loss(functional.binary_cross_entropy_with_logits)
    all_right(check_loss("sigmoid_cross_entropy", binary, reduction="elements", dtype=dtype))


@pytest.mark.bench
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_torch_network(dtype: type) -> None:
    import torch
    from torch.nn import functional

    def network(x: np.ndarray, y: np.ndarray, *parameters: np.ndarray) -> Any:
        tensors = [torch.tensor(a, requires_grad=True) for a in parameters]
        K1, b1, K2, b2, W, b = tensors
        S = functional.avg_pool2d(torch.sigmoid(functional.conv2d(torch.tensor(x)[:, None], K1, b1)), 2)
        S = functional.avg_pool2d(torch.sigmoid(functional.conv2d(S, K2, b2)), 2)
        scores = torch.sigmoid(functional.linear(S.flatten(1), W, b))
        loss = ((scores - torch.tensor(y)) ** 2).sum() / 2 / len(x)
        return loss, torch.autograd.grad(loss, tensors)

    all_right(check_network(network, dtype=dtype))


def correlate(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    maps = [[sum(signal.correlate2d(s, k, "valid") for s, k in zip(xs, ks, strict=True)) for ks in w] for xs in x]
    return np.array(maps) + b[:, None, None]


def transformed(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    flipped = w[None, :, :, ::-1, ::-1]
    return signal.fftconvolve(x[:, None], flipped, "valid", axes=(3, 4)).sum(axis=2) + b[:, None, None]


def full(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, w, _ = cache
    dx = signal.fftconvolve(dout[:, :, None], w[None], axes=(3, 4)).sum(axis=1)
    dw = signal.fftconvolve(x[:, None], dout[:, :, None, ::-1, ::-1], "valid", axes=(3, 4)).sum(axis=0)
    return dx, dw, dout.sum(axis=(0, 2, 3))


@pytest.mark.parametrize("forward", [correlate, transformed])
def test_scipy(forward: Callable[..., np.ndarray]) -> None:
    all_right(check_convolution(forward, full))


def columns_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> Any:
    N, O, (u, v) = len(x), len(w), w.shape[2:]
    columns = sliding_window_view(x, (u, v), axis=(2, 3))
    X, Y = columns.shape[2:4]
    columns = columns.transpose(0, 2, 3, 1, 4, 5).reshape(N * X * Y, -1)
    out = (columns @ w.reshape(O, -1).T + b).reshape(N, X, Y, O).transpose(0, 3, 1, 2)
    return out, (x, w, columns)


def columns_backward(dout: np.ndarray, cache: Any) -> Any:
    x, w, columns = cache
    (N, O, X, Y), (u, v) = dout.shape, w.shape[2:]
    rows = dout.transpose(0, 2, 3, 1).reshape(-1, O)
    dcolumns = (rows @ w.reshape(O, -1)).reshape(N, X, Y, x.shape[1], u, v)
    dx = np.zeros_like(x)
    for k, l in np.ndindex(u, v):
        dx[:, :, k : k + X, l : l + Y] += dcolumns[..., k, l].transpose(0, 3, 1, 2)
    return dx, (rows.T @ columns).reshape(w.shape), rows.sum(axis=0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_columns_and_one_product(dtype: type) -> None:
    all_right(check_convolution(columns_forward, columns_backward, dtype=dtype))


def loops(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = np.zeros((x.shape[0], w.shape[0], x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1), x.dtype)
    for n, o, i, j in np.ndindex(out.shape):
        total = b[o]
        for p, k, l in np.ndindex(w.shape[1:]):
            total += x[n, p, i + k, j + l] * w[o, p, k, l]
        out[n, o, i, j] = total
    return out


@pytest.mark.bench
def test_numba() -> None:
    from numba import njit

    all_right(check_convolution(njit(fastmath=True)(loops)))
