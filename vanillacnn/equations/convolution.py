"""The convolutional layers, §4.2.1 and §4.2.3, and their gradients, §4.4.4 to §4.4.6.

Both layers are one: (14) is (18) with a single input map. Each sum over maps and kernels is a product of matrices; how
the maps lie in memory for it is told and drawn in `bands`.
"""

import numpy as np

from vanillacnn.arrays import Real, rows_first
from vanillacnn.checks import checked, unchecked
from vanillacnn.equations.bands import (
    bands,
    blocks,
    gathered,
    maps,
    padded_bands,
    repeated,
    rows_at_once,
    shifted_product,
    turned,
)
from vanillacnn.equations.correlation import padded_shape, valid_shape
from vanillacnn.equations.sigmoid import sigmoid


@checked
def conv_forward(
    S: Real[np.ndarray, "p x_i y_i n"], K: Real[np.ndarray, "p q x_k y_k"], b: Real[np.ndarray, "q"]
) -> Real[np.ndarray, "q x_c y_c n"]:
    """Eq. (13), (14), (17), (18): C_q(i,j) = Σ_p Σ_u Σ_v S_p(i+u, j+v) K_{p,q}(u,v) + b_q.

    Paper: the printed sums over u and v stop at 3, although the kernels are 5×5.
    """
    (_, Q, x_k, y_k), n = K.shape, S.shape[3]
    x_c, y_c = valid_shape(S.shape[1:3], (x_k, y_k))
    r = rows_at_once(x_c, Q, n)
    C = maps(repeated(K, r) @ bands(S, (x_k, y_k), r), (Q, x_c, y_c, n))
    C += b[:, np.newaxis, np.newaxis, np.newaxis]
    return C


@checked
def conv_activation(C: Real[np.ndarray, "q x_c y_c n"]) -> Real[np.ndarray, "q x_c y_c n"]:
    """Eq. (15), (19): C_{σ,q}(i,j) = σ(C_q(i,j))."""
    return rows_first(unchecked(sigmoid)(rows_first(C)))


@checked
def conv_preactivation_gradient(
    dC_s: Real[np.ndarray, "q x_c y_c n"], C_s: Real[np.ndarray, "q x_c y_c n"]
) -> Real[np.ndarray, "q x_c y_c n"]:
    """Eq. (35), (40): ΔC = ΔC_σ ⊙ C_σ ⊙ (1 - C_σ)."""
    dC_s, C_s = rows_first(dC_s), rows_first(C_s)
    dC = 1 - C_s
    dC *= C_s
    dC *= dC_s
    return rows_first(dC)


@checked
def kernel_gradient(
    S: Real[np.ndarray, "p x_i y_i n"], dC: Real[np.ndarray, "q x_c y_c n"]
) -> Real[np.ndarray, "p q x_k y_k"]:
    """Eq. (36), (41): ΔK_{p,q}(u,v) = Σ_n (S_p ⋆ ΔC_q)(u,v) = Σ_n Σ_i Σ_j S_p(u+i, v+j) ΔC_q(i,j).

    Paper: (41) prints K_{1,q} for K_{1,p}, and the line before each prints v+i for v+j.
    """
    P, (Q, x_c, y_c, n) = S.shape[0], dC.shape
    x_k, y_k = valid_shape(S.shape[1:3], (x_c, y_c))
    r = rows_at_once(x_c, Q, n)
    products = bands(S, (x_k, y_k), r) @ blocks(dC, r).transpose(0, 2, 1)
    return gathered(products.sum(axis=0), (P, Q, x_k, y_k), r)


@checked
def conv_bias_gradient(dC: Real[np.ndarray, "q x_c y_c n"]) -> Real[np.ndarray, "q"]:
    """Eq. (37), (42): Δb_q = Σ_n Σ_i Σ_j ΔC_q(i,j)."""
    return np.einsum("qijn->q", dC)  # a third of the time of dC.sum(axis=(1, 2, 3))


@checked
def conv_input_gradient(
    dC: Real[np.ndarray, "q x_c y_c n"], K: Real[np.ndarray, "p q x_k y_k"]
) -> Real[np.ndarray, "p x_i y_i n"]:
    """Eq. (38), ΔI: ΔS_p = Σ_q ΔC_q ⊛ K_{p,q}, the padded convolution (3).

    Paper: prints ∗, which is (2) and of the wrong shape, with u and v up to 3; ΔI, the same equation, is left out.
    """
    (P, _, x_k, y_k), (_, x_c, y_c, n) = K.shape, dC.shape
    x_i, y_i = padded_shape((x_c, y_c), (x_k, y_k))
    # Σ_q Σ_u ΔC_q(i-u, j-v) K_{p,q}(u,v) at (i,p,v,j,n)
    terms = shifted_product(turned(K), padded_bands(dC, x_k), (x_i, P, y_k, y_i, n))
    return rows_first(np.einsum("ipvjn->ipjn", terms))  # for one sample half the time of sum(axis=2)
