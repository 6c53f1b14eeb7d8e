"""The convolutional layers, §4.2.1 and §4.2.3, and their gradients, §4.4.4 to §4.4.6.

Both layers are one: (14) is (18) with a single input map. Each row i of C is one product with a band of S, the rows
from i to i+x_k-1, where S_p(i+u, j+v) of sample n stands in row (u,p,v) and column (j,n). Bands overlap in memory, so
that only the shift by v is ever copied, and the product of one band stays in the cache.
"""

import numpy as np

from vanillacnn.arrays import Real
from vanillacnn.correlation import padded_shape, valid_shape
from vanillacnn.sigmoid import sigmoid


def conv_forward(
    S: Real[np.ndarray, "p x_i y_i n"], K: Real[np.ndarray, "p q x_k y_k"], b: Real[np.ndarray, "q"]
) -> Real[np.ndarray, "q x_c y_c n"]:
    """Eq. (13), (14), (17), (18): C_q(i,j) = Σ_p Σ_u Σ_v S_p(i+u, j+v) K_{p,q}(u,v) + b_q.

    Paper: the printed sums over u and v stop at 3, although the kernels are 5×5.
    """
    P, Q, x_k, y_k = K.shape
    x_c, y_c = valid_shape(S.shape[1:3], (x_k, y_k))
    n = S.shape[3]
    bands = _bands(_shifts(S.transpose(1, 0, 2, 3), y_k).reshape(S.shape[1], P * y_k, y_c * n), x_k)
    C = np.empty((Q, x_c, y_c * n), S.dtype)
    np.matmul(K.transpose(1, 2, 0, 3).reshape(Q, x_k * P * y_k), bands, out=C.transpose(1, 0, 2))
    C += b[:, np.newaxis, np.newaxis]
    return C.reshape(Q, x_c, y_c, n)


def conv_activation(C: Real[np.ndarray, "q x_c y_c n"]) -> Real[np.ndarray, "q x_c y_c n"]:
    """Eq. (15), (19): C_{σ,q}(i,j) = σ(C_q(i,j))."""
    return sigmoid(C)


def conv_preactivation_gradient(
    dC_s: Real[np.ndarray, "q x_c y_c n"], C_s: Real[np.ndarray, "q x_c y_c n"]
) -> Real[np.ndarray, "q x_c y_c n"]:
    """Eq. (35), (40): ΔC = ΔC_σ ⊙ C_σ ⊙ (1 - C_σ)."""
    dC = 1 - C_s
    dC *= C_s
    dC *= dC_s
    return dC


def kernel_gradient(
    S: Real[np.ndarray, "p x_i y_i n"], dC: Real[np.ndarray, "q x_c y_c n"]
) -> Real[np.ndarray, "p q x_k y_k"]:
    """Eq. (36), (41): ΔK_{p,q}(u,v) = Σ_n (S_p ⋆ ΔC_q)(u,v) = Σ_n Σ_i Σ_j S_p(u+i, v+j) ΔC_q(i,j).

    Paper: (41) prints K_{1,q} for K_{1,p}, and the line before each prints v+i for v+j.
    """
    (P, x_i, _, n), (Q, x_c, y_c, _) = S.shape, dC.shape
    x_k, y_k = valid_shape(S.shape[1:3], (x_c, y_c))
    bands = _bands(_shifts(S, y_k).reshape(P, x_i, y_k, y_c * n), x_k)
    products = bands @ dC.reshape(Q, x_c, y_c * n).transpose(1, 2, 0)  # for each p and each row i of ΔC
    return products.sum(axis=1).reshape(P, x_k, y_k, Q).transpose(0, 3, 1, 2).copy()


def conv_bias_gradient(dC: Real[np.ndarray, "q x_c y_c n"]) -> Real[np.ndarray, "q"]:
    """Eq. (37), (42): Δb_q = Σ_n Σ_i Σ_j ΔC_q(i,j)."""
    return dC.sum(axis=(1, 2, 3))


def conv_input_gradient(
    dC: Real[np.ndarray, "q x_c y_c n"], K: Real[np.ndarray, "p q x_k y_k"]
) -> Real[np.ndarray, "p x_i y_i n"]:
    """Eq. (38), ΔI: ΔS_p = Σ_q ΔC_q ⊛ K_{p,q}, the padded convolution (3).

    Paper: prints ∗, which is (2) and of the wrong shape, with u and v up to 3; ΔI, the same equation, is left out.
    """
    (P, Q, x_k, y_k), (_, x_c, y_c, n) = K.shape, dC.shape
    x_i, y_i = padded_shape((x_c, y_c), (x_k, y_k))
    padded = np.zeros((x_i + x_k - 1, Q, y_c * n), dC.dtype)
    padded[x_k - 1 : x_i] = dC.reshape(Q, x_c, y_c * n).transpose(1, 0, 2)
    # Σ_q Σ_u ΔC_q(i-u, j) K_{p,q}(u,v), for each row i, belongs to ΔS_p(i, j+v).
    turned = K[:, :, ::-1].transpose(0, 3, 2, 1).reshape(P * y_k, x_k * Q)
    products = (turned @ _bands(padded, x_k)).reshape(x_i, P, y_k, y_c, n)
    dS = np.zeros((P, x_i, y_i, n), dC.dtype)
    for v in range(y_k):
        dS[:, :, v : v + y_c] += products[:, :, v].transpose(1, 0, 2, 3)
    return dS


def _shifts(S: np.ndarray, y_k: int) -> np.ndarray:
    """The array with S(a, b, j+v, n) at (a,b,v,j,n)."""
    a, b, y, n = S.shape
    shifts = np.empty((a, b, y_k, y - y_k + 1, n), S.dtype)
    for v in range(y_k):
        shifts[:, :, v] = S[:, :, v : y - y_k + 1 + v]
    return shifts


def _bands(rows: np.ndarray, x_k: int) -> np.ndarray:
    """The view of `rows`, which are contiguous, with rows(…, i+u, r, c) at (…, i, (u,r), c)."""
    *others, x, r, c = rows.shape
    # Unlike as_strided this refuses to leave the memory of `rows`, and takes a quarter of the time.
    return np.ndarray((*others, x - x_k + 1, x_k * r, c), rows.dtype, rows, strides=rows.strides)
