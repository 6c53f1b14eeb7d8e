"""The convolutional layers, §4.2.1 and §4.2.3, and their gradients, §4.4.4 to §4.4.6.

Both layers are one: (14) is (18) with a single input map. Each sum over (p,u,v) or over (i,j,n) is one matrix product
with the patches of S, the matrix that has S_p(i+u, j+v) of sample n in row (p,u,v) and column (i,j,n).
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

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
    C = K.transpose(1, 0, 2, 3).reshape(Q, P * x_k * y_k) @ _patches(S, x_k, y_k)
    C += b[:, np.newaxis]
    return C.reshape(Q, x_c, y_c, S.shape[3])


def conv_activation(C: Real[np.ndarray, "q x_c y_c n"]) -> Real[np.ndarray, "q x_c y_c n"]:
    """Eq. (15), (19): C_{σ,q}(i,j) = σ(C_q(i,j))."""
    return sigmoid(C)


def conv_preactivation_gradient(
    dC_s: Real[np.ndarray, "q x_c y_c n"], C_s: Real[np.ndarray, "q x_c y_c n"]
) -> Real[np.ndarray, "q x_c y_c n"]:
    """Eq. (35), (40): ΔC = ΔC_σ ⊙ C_σ ⊙ (1 - C_σ)."""
    return dC_s * C_s * (1 - C_s)


def kernel_gradient(
    S: Real[np.ndarray, "p x_i y_i n"], dC: Real[np.ndarray, "q x_c y_c n"]
) -> Real[np.ndarray, "p q x_k y_k"]:
    """Eq. (36), (41): ΔK_{p,q}(u,v) = Σ_n (S_p ⋆ ΔC_q)(u,v) = Σ_n Σ_i Σ_j S_p(u+i, v+j) ΔC_q(i,j).

    Paper: (41) prints K_{1,q} for K_{1,p}, and the line before each prints v+i for v+j.
    """
    P, Q = len(S), len(dC)
    x_k, y_k = valid_shape(S.shape[1:3], dC.shape[1:3])
    dK = _patches(S, x_k, y_k) @ dC.reshape(Q, dC[0].size).T
    return dK.reshape(P, x_k, y_k, Q).transpose(0, 3, 1, 2).copy()


def conv_bias_gradient(dC: Real[np.ndarray, "q x_c y_c n"]) -> Real[np.ndarray, "q"]:
    """Eq. (37), (42): Δb_q = Σ_n Σ_i Σ_j ΔC_q(i,j)."""
    return dC.sum(axis=(1, 2, 3))


def conv_input_gradient(
    dC: Real[np.ndarray, "q x_c y_c n"], K: Real[np.ndarray, "p q x_k y_k"]
) -> Real[np.ndarray, "p x_i y_i n"]:
    """Eq. (38), ΔI: ΔS_p = Σ_q ΔC_q ⊛ K_{p,q}, the padded convolution (3).

    Paper: prints ∗, which is (2) and of the wrong shape, with u and v up to 3; ΔI, the same equation, is left out.
    """
    P, Q, x_k, y_k = K.shape
    _, x_c, y_c, n = dC.shape
    # Σ_q ΔC_q(i,j) K_{p,q}(u,v) belongs to ΔS_p(i+u, j+v), the cell that K_{p,q}(u,v) met on the way to C_q(i,j).
    products = K.transpose(0, 2, 3, 1).reshape(P * x_k * y_k, Q) @ dC.reshape(Q, x_c * y_c * n)
    products = products.reshape(P, x_k, y_k, x_c, y_c, n)
    dS = np.zeros((P, *padded_shape((x_c, y_c), (x_k, y_k)), n), dC.dtype)
    for u in range(x_k):
        for v in range(y_k):
            dS[:, u : u + x_c, v : v + y_c] += products[:, u, v]
    return dS


def _patches(S: np.ndarray, x_k: int, y_k: int) -> np.ndarray:
    """The matrix with S_p(i+u, j+v) of sample n in row (p,u,v) and column (i,j,n)."""
    windows = sliding_window_view(S, (x_k, y_k), axis=(1, 2))
    P, x_c, y_c, n = windows.shape[:4]
    return windows.transpose(0, 4, 5, 1, 2, 3).reshape(P * x_k * y_k, x_c * y_c * n)
