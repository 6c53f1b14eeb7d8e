"""PyTorch, JAX, SciPy and numba, wrapped as a user would, are right in every row: no false alarm of the suite."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

JAX = """
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

AXES = ("NCHW", "IOHW", "NCHW")
def gradient(f, x, dout): return jax.vjp(f, jnp.asarray(x))[1](jnp.asarray(dout))[0]
def pooled(x): return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

def conv(S, K): return lax.conv_general_dilated(S, K, (1, 1), "VALID", dimension_numbers=AXES)
def conv_forward(S, K, b): return conv(S, K) + b[:, None, None]
def conv_input_gradient(dC, K):
    S = np.zeros((len(dC), len(K), dC.shape[2] + K.shape[2] - 1, dC.shape[3] + K.shape[3] - 1), dC.dtype)
    return gradient(lambda S: conv(S, K), S, dC)
def mean_pool(C_s): return lax.reduce_window(C_s, 0.0, lax.add, (1, 1, 2, 2), (1, 1, 2, 2), "VALID") / 4
def max_pool(C_s): return pooled(jnp.asarray(C_s))
def max_pool_gradient(dS, C_s): return gradient(pooled, C_s, dS)
def sigmoid(x): return jax.nn.sigmoid(x)
def softmax(yhat): return jax.nn.softmax(yhat, axis=1)
def softmax_cross_entropy(yhat, y): return -(y * jax.nn.log_softmax(yhat, axis=1)).sum(axis=1).mean()
def relu(C): return jax.nn.relu(C)
def relu_gradient(dC_r, C): return gradient(jax.nn.relu, C, dC_r)
def dense_forward(W, v, b): return jnp.asarray(v) @ W.T + b
"""

SCIPY = """
from scipy.signal import correlate2d, fftconvolve
from scipy.special import expit

def correlate(I, K): return correlate2d(I, K, mode="valid")
def convolve(I, K): return fftconvolve(I, K, mode="valid")
def convolve_padded(I, K): return fftconvolve(I, K)
def sigmoid(x): return expit(x)
"""

TORCH = """
import numpy as np
import torch
import torch.nn.functional as F

def t(x): return torch.tensor(np.ascontiguousarray(x))

def gradient(f, x, dout):
    x = t(x).requires_grad_(True)
    return torch.autograd.grad(f(x), x, t(dout))[0]

def conv_forward(S, K, b): return F.conv2d(t(S), t(K).transpose(0, 1), t(b))
def conv_input_gradient(dC, K): return F.conv_transpose2d(t(dC), t(K).transpose(0, 1))
def conv_bias_gradient(dC): return t(dC).sum(dim=(0, 2, 3))
def kernel_gradient(S, dC):
    sides = (S.shape[1], dC.shape[1], S.shape[2] - dC.shape[2] + 1, S.shape[3] - dC.shape[3] + 1)
    return gradient(lambda K: F.conv2d(t(S), K.transpose(0, 1)), np.zeros(sides, S.dtype), dC)
def mean_pool(C_s): return F.avg_pool2d(t(C_s), 2)
def max_pool(C_s): return F.max_pool2d(t(C_s), 2)
def max_pool_gradient(dS, C_s): return gradient(lambda x: F.max_pool2d(x, 2), C_s, dS)
def dense_forward(W, v, b): return F.linear(t(v), t(W), t(b))
def weight_gradient(dyhat, v): return t(dyhat).T @ t(v)
def dense_bias_gradient(dyhat): return t(dyhat).sum(dim=0)
def dense_input_gradient(W, dyhat): return t(dyhat) @ t(W)
def sigmoid(x): return torch.sigmoid(t(x))
def softmax(yhat): return F.softmax(t(yhat), dim=1)
def softmax_cross_entropy(yhat, y): return F.cross_entropy(t(yhat), t(y))
def softmax_cross_entropy_gradient(s, y): return (t(s) - t(y)) / len(y)
def relu(C): return F.relu(t(C))
def relu_gradient(dC_r, C): return gradient(F.relu, C, dC_r)
"""

NUMBA = """
import numpy as np
from numba import njit

@njit(fastmath=True)
def conv_forward(S, K, b):
    (N, P, X, Y), (Q, u, v) = S.shape, K.shape[1:]
    C = np.zeros((N, Q, X - u + 1, Y - v + 1), S.dtype)
    for n in range(N):
        for q in range(Q):
            for i in range(C.shape[2]):
                for j in range(C.shape[3]):
                    C[n, q, i, j] = b[q]
                    for p in range(P):
                        for k in range(u):
                            for l in range(v):
                                C[n, q, i, j] += S[n, p, i + k, j + l] * K[p, q, k, l]
    return C

@njit
def relu(C): return np.maximum(C, 0)

@njit
def dense_input_gradient(W, dyhat): return np.ascontiguousarray(dyhat) @ np.ascontiguousarray(W)
"""


VALUES = "index_form or bound or slope or several"


@pytest.mark.parametrize(
    ("source", "axis"),
    [
        pytest.param(JAX, "first", id="jax", marks=pytest.mark.slow),
        pytest.param(SCIPY, "last", id="scipy", marks=pytest.mark.slow),
        pytest.param(TORCH, "first", id="torch", marks=pytest.mark.bench),
        pytest.param(NUMBA, "first", id="numba", marks=pytest.mark.bench),
    ],
)
def test_every_row_is_right(tmp_path: Path, source: str, axis: str) -> None:
    (tmp_path / "theirs.py").write_text(source)
    command = [sys.executable, "-m", "pytest", str(ROOT), "-q", "-n0", "-p", "no:cacheprovider", "--sample-axis", axis]
    command += ["-k", VALUES]  # JAX compiles for every shape, so the others would take minutes
    done = subprocess.run(
        [*command, "--implementation", "theirs.py", "--report", "r.json"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads((tmp_path / "r.json").read_text("utf-8"))["equations"]
    assert {row["verdict"] for row in rows} == {"right"}
    assert all(row["cases"] and not row["refused"] for row in rows), rows
    helpers = {"t", "gradient", "pooled", "conv"}
    defined = {line.split("(")[0].removeprefix("def ") for line in source.splitlines() if line.startswith("def ")}
    assert {row["function"] for row in rows} == defined - helpers
