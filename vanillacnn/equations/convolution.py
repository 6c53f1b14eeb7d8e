"""The convolutional layers, §4.2.1 and §4.2.3, and their gradients, §4.4.4 to §4.4.6.

Both layers are one: (14) is (18) with a single input map. The rows that a row of C reads are a band of S. Where they
come first in memory (`rows_first`) a band is one block, with S_p(i+u, j+v) of sample n in row (u,p,v) and column (j,n).
So C is a product of K with bands, which overlap: nothing is copied but the shift by v.
"""

from math import gcd

import numpy as np

from vanillacnn.arrays import Real, rows_first
from vanillacnn.equations.correlation import Shape, padded_shape, valid_shape
from vanillacnn.equations.sigmoid import sigmoid

COLUMNS = 24  # that a product should have: with the 6 of a map each, sgemm is half as fast


def conv_forward(
    S: Real[np.ndarray, "p x_i y_i n"], K: Real[np.ndarray, "p q x_k y_k"], b: Real[np.ndarray, "q"]
) -> Real[np.ndarray, "q x_c y_c n"]:
    """Eq. (13), (14), (17), (18): C_q(i,j) = Σ_p Σ_u Σ_v S_p(i+u, j+v) K_{p,q}(u,v) + b_q.

    Paper: the printed sums over u and v stop at 3, although the kernels are 5×5.
    """
    (Q, x_k, y_k), n = K.shape[1:], S.shape[3]
    x_c, y_c = valid_shape(S.shape[1:3], (x_k, y_k))
    r = _rows_at_once(x_c, Q)
    C = (_repeated(K, r) @ _bands(S, (x_k, y_k), r)).reshape(x_c, Q, y_c, n)
    C += b[:, np.newaxis, np.newaxis]
    return rows_first(C)


def conv_activation(C: Real[np.ndarray, "q x_c y_c n"]) -> Real[np.ndarray, "q x_c y_c n"]:
    """Eq. (15), (19): C_{σ,q}(i,j) = σ(C_q(i,j))."""
    return rows_first(sigmoid(rows_first(C)))


def conv_preactivation_gradient(
    dC_s: Real[np.ndarray, "q x_c y_c n"], C_s: Real[np.ndarray, "q x_c y_c n"]
) -> Real[np.ndarray, "q x_c y_c n"]:
    """Eq. (35), (40): ΔC = ΔC_σ ⊙ C_σ ⊙ (1 - C_σ)."""
    dC_s, C_s = rows_first(dC_s), rows_first(C_s)
    dC = 1 - C_s
    dC *= C_s
    dC *= dC_s
    return rows_first(dC)


def kernel_gradient(
    S: Real[np.ndarray, "p x_i y_i n"], dC: Real[np.ndarray, "q x_c y_c n"]
) -> Real[np.ndarray, "p q x_k y_k"]:
    """Eq. (36), (41): ΔK_{p,q}(u,v) = Σ_n (S_p ⋆ ΔC_q)(u,v) = Σ_n Σ_i Σ_j S_p(u+i, v+j) ΔC_q(i,j).

    Paper: (41) prints K_{1,q} for K_{1,p}, and the line before each prints v+i for v+j.
    """
    P, (Q, x_c, y_c, n) = S.shape[0], dC.shape
    x_k, y_k = valid_shape(S.shape[1:3], (x_c, y_c))
    r = _rows_at_once(x_c, Q)
    rows = rows_first(dC).reshape(x_c // r, r * Q, y_c * n)
    products = (_bands(S, (x_k, y_k), r) @ rows.transpose(0, 2, 1)).sum(axis=0)
    return _gathered(products.reshape(-1, P, y_k, r, Q))


def conv_bias_gradient(dC: Real[np.ndarray, "q x_c y_c n"]) -> Real[np.ndarray, "q"]:
    """Eq. (37), (42): Δb_q = Σ_n Σ_i Σ_j ΔC_q(i,j)."""
    return np.einsum("qijn->q", dC)  # a third of the time of dC.sum(axis=(1, 2, 3))


def conv_input_gradient(
    dC: Real[np.ndarray, "q x_c y_c n"], K: Real[np.ndarray, "p q x_k y_k"]
) -> Real[np.ndarray, "p x_i y_i n"]:
    """Eq. (38), ΔI: ΔS_p = Σ_q ΔC_q ⊛ K_{p,q}, the padded convolution (3).

    Paper: prints ∗, which is (2) and of the wrong shape, with u and v up to 3; ΔI, the same equation, is left out.
    """
    (P, Q, x_k, y_k), (_, x_c, y_c, n) = K.shape, dC.shape
    x_i, y_i = padded_shape((x_c, y_c), (x_k, y_k))
    padded = np.zeros((x_i + x_k - 1, Q, y_c * n), dC.dtype)
    padded[x_k - 1 : x_i] = rows_first(dC).reshape(x_c, Q, y_c * n)
    turned = K[:, :, ::-1].transpose(0, 3, 2, 1).reshape(P * y_k, x_k * Q)
    # At (i,p,v,j,n) Σ_q Σ_u ΔC_q(i-u, j) K_{p,q}(u,v), a part of ΔS_p(i, j+v); and zeros behind each row of j.
    parts = np.zeros((x_i, P, y_k, y_i, n), dC.dtype)
    np.matmul(turned, _overlapping(padded, x_k, 1), out=parts.reshape(x_i, P * y_k, y_i * n)[..., : y_c * n])
    return rows_first(np.einsum("ipvjn->ipjn", _skewed(parts)))  # for one sample half the time of sum(axis=2)


def _rows_at_once(x: int, Q: int) -> int:
    """How many of x rows one product makes, to be wide enough for a BLAS, at the cost of some zeros."""
    return gcd(x, max(1, COLUMNS // Q))


def _repeated(K: np.ndarray, r: int) -> np.ndarray:
    """K for r rows at once: K_{p,q}(u-t, v) at row (t,q), column (u,p,v); zero outside K."""
    P, Q, x_k, y_k = K.shape
    repeated = np.zeros((r, Q, x_k + r - 1, P, y_k), K.dtype)
    along_t, along_q, along_u, along_p, along_v = repeated.strides
    strides = along_t + along_u, along_q, along_u, along_p, along_v
    diagonal = np.ndarray((r, Q, x_k, P, y_k), K.dtype, repeated, 0, strides)  # repeated(t,q,u+t,p,v) at (t,q,u,p,v)
    diagonal[...] = K.transpose(1, 2, 0, 3).copy()  # so that the r copies are of longer runs
    return repeated.reshape(r * Q, -1)


def _gathered(products: np.ndarray) -> np.ndarray:
    """The way back: Σ_t products(u+t,p,v,t,q) at (p,q,u,v)."""
    height, P, y_k, r, Q = products.shape
    along_u, along_p, along_v, along_t, along_q = products.strides
    strides = along_t + along_u, along_p, along_q, along_u, along_v
    diagonal = np.ndarray((r, P, Q, height - r + 1, y_k), products.dtype, products, 0, strides)
    return diagonal.sum(axis=0, out=np.empty(diagonal.shape[1:], products.dtype))


def _bands(S: np.ndarray, kernel: Shape, r: int) -> np.ndarray:
    """S_p(i+u, j+v) of sample n at (i/r, (u,p,v), (j,n)), for every r-th i, and u up to the last of r rows."""
    (x_k, y_k), (P, x, y, n) = kernel, S.shape
    y_c = y - y_k + 1
    rows = np.ascontiguousarray(rows_first(S))
    along_x, along_p, along_y, along_n = rows.strides
    shifts = np.ndarray((x, P, y_k, y_c, n), S.dtype, rows, 0, (along_x, along_p, along_y, along_y, along_n))
    return _overlapping(shifts.copy().reshape(x, P * y_k, y_c * n), x_k + r - 1, r)


def _overlapping(rows: np.ndarray, height: int, step: int) -> np.ndarray:
    """The view of `rows`, which are contiguous, with rows(step·i+u, a, b) at (i, (u,a), b), u below `height`."""
    x, a, b = rows.shape
    along_x, along_a, along_b = rows.strides
    # Unlike as_strided this refuses to leave the memory of `rows`, and takes a quarter of the time.
    shape = (x - height) // step + 1, height * a, b
    return np.ndarray(shape, rows.dtype, rows, 0, (step * along_x, along_a, along_b))


def _skewed(parts: np.ndarray) -> np.ndarray:
    """The view with parts(…, v, j-v, n) at (…, v, j, n). Where j < v that is one of the zeros at the end of v-1."""
    *others, along_v, along_j, along_n = parts.strides
    strides = (*others, along_v - along_j, along_j, along_n)
    return np.ndarray(parts.shape, parts.dtype, parts, 0, strides)
