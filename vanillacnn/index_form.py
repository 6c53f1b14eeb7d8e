"""Every equation of the paper as its literal nested sum, in paper order.

This is the specification: one image, indices from 0 and never negative, explicit bounds, one scalar
accumulator; it runs on floats and on exact numbers, and shares nothing with the operator form.
v is indexed by m, where the paper takes a second j.
"""

import math

import numpy as np

from vanillacnn.arrays import Real, Scalar

Map = Real[np.ndarray, "x_i y_i"]  # I, and one map of an S
Maps = Real[np.ndarray, "p x_i y_i"]  # S
Kernel = Real[np.ndarray, "x_k y_k"]
Kernels = Real[np.ndarray, "p q x_k y_k"]
Biases = Real[np.ndarray, "q"]
Convolved = Real[np.ndarray, "q x_c y_c"]  # C and C_σ
Features = Real[np.ndarray, "m"]  # v
Weights = Real[np.ndarray, "i m"]
Scores = Real[np.ndarray, "i"]  # ŷ, ŷ_σ, s, y, and the b of (24)
Array = Real[np.ndarray, "*shape"]


# §2.2 Correlation and convolution
def correlate(I: Map, K: Kernel) -> Real[np.ndarray, "x_i-x_k+1 y_i-y_k+1"]:
    """Eq. (1): (I ⋆ K)(i,j) = Σ_u Σ_v I(i+u, j+v) K(u,v)."""
    x_k, y_k = K.shape
    O = np.empty(valid_shape(I.shape, K.shape), I.dtype)
    for i, j in np.ndindex(O.shape):
        total = 0
        for u in range(x_k):
            for v in range(y_k):
                total += I[i + u, j + v] * K[u, v]
        O[i, j] = total
    return O


def convolve(I: Map, K: Kernel) -> Real[np.ndarray, "x_i-x_k+1 y_i-y_k+1"]:
    """Eq. (2): (I ∗ K)(i,j) = Σ_u Σ_v I(i+x_k-1-u, j+y_k-1-v) K(u,v).
    Paper: prints I(i-u, j-v), whose indices start below 0."""
    x_k, y_k = K.shape
    O = np.empty(valid_shape(I.shape, K.shape), I.dtype)
    for i, j in np.ndindex(O.shape):
        total = 0
        for u in range(x_k):
            for v in range(y_k):
                total += I[i + x_k - 1 - u, j + y_k - 1 - v] * K[u, v]
        O[i, j] = total
    return O


def convolve_padded(I: Map, K: Kernel) -> Real[np.ndarray, "x_i+x_k-1 y_i+y_k-1"]:
    """Eq. (3): (I ⊛ K)(i,j) = Σ_u Σ_v I(i-u, j-v) K(u,v), zero outside I.
    Paper: the printed sums run to x_k and y_k, the printed conditions to x_i and y_i."""
    (x_i, y_i), (x_k, y_k) = I.shape, K.shape
    O = np.empty(padded_shape(I.shape, K.shape), I.dtype)
    for i, j in np.ndindex(O.shape):
        total = 0
        for u in range(x_k):
            for v in range(y_k):
                if 0 <= i - u <= x_i - 1 and 0 <= j - v <= y_i - 1:
                    total += I[i - u, j - v] * K[u, v]
        O[i, j] = total
    return O


def valid_shape(x: tuple[int, int], k: tuple[int, int]) -> tuple[int, int]:
    """Eq. (4): (x_o, y_o) = (x_i-x_k+1, y_i-y_k+1)."""
    (x_i, y_i), (x_k, y_k) = x, k
    if x_i < x_k or y_i < y_k:
        raise ValueError(f"k: expected sides of at most x = {x_i}×{y_i}, got {x_k}×{y_k}")
    return x_i - x_k + 1, y_i - y_k + 1


def padded_shape(x: tuple[int, int], k: tuple[int, int]) -> tuple[int, int]:
    """Eq. (5): (x_o, y_o) = (x_i+x_k-1, y_i+y_k-1)."""
    (x_i, y_i), (x_k, y_k) = x, k
    return x_i + x_k - 1, y_i + y_k - 1


def rotate(K: Kernel) -> Kernel:
    """§2.2.1: K_rot(u,v) = K(x_k-1-u, y_k-1-v)."""
    x_k, y_k = K.shape
    K_rot = np.empty(K.shape, K.dtype)
    for u, v in np.ndindex(x_k, y_k):
        K_rot[u, v] = K[x_k - 1 - u, y_k - 1 - v]
    return K_rot


def pad(I: Map, k: tuple[int, int]) -> Real[np.ndarray, "x_p y_p"]:
    """§2.2.3: I_pad(i,j) = I(i-x_k+1, j-y_k+1), zero outside I.
    Paper: (3) prints I_pad(i-u, j-v), from -(x_k-1) on, for I_pad(i+x_k-1-u, j+y_k-1-v)."""
    (x_i, y_i), (x_k, y_k) = I.shape, k
    I_pad = np.empty((x_i + 2 * (x_k - 1), y_i + 2 * (y_k - 1)), I.dtype)
    for i, j in np.ndindex(I_pad.shape):
        inside = x_k - 1 <= i <= x_i + x_k - 2 and y_k - 1 <= j <= y_i + y_k - 2
        I_pad[i, j] = I[i - x_k + 1, j - y_k + 1] if inside else 0
    return I_pad


# §2.3 Sigmoid
def sigmoid(x: Array) -> Array:
    """§2.3: σ(x) = 1/(1+e^-x) = e^x/(1+e^x), the one that cannot overflow."""
    s = np.empty(x.shape, x.dtype)
    for k in np.ndindex(x.shape):
        s[k] = 1 / (1 + math.exp(-x[k])) if x[k] >= 0 else math.exp(x[k]) / (1 + math.exp(x[k]))
    return s


def sigmoid_derivative(x: Array) -> Array:
    """Eq. (6): σ′(x) = σ(x) (1 - σ(x))."""
    s, ds = sigmoid(x), np.empty(x.shape, x.dtype)
    for k in np.ndindex(x.shape):
        ds[k] = s[k] * (1 - s[k])
    return ds


# §4.2 Forward
def conv_forward(S: Maps, K: Kernels, b: Biases) -> Real[np.ndarray, "q x_i-x_k+1 y_i-y_k+1"]:
    """Eq. (13), (14), (17), (18): C_q(i,j) = Σ_p Σ_u Σ_v S_p(i+u, j+v) K_{p,q}(u,v) + b_q.
    Paper: the printed sums over u and v stop at 3."""
    (_, x_i, y_i), (P, Q, x_k, y_k) = S.shape, K.shape
    C = np.empty((Q, *valid_shape((x_i, y_i), (x_k, y_k))), S.dtype)
    for q, i, j in np.ndindex(C.shape):
        total = 0
        for p in range(P):
            for u in range(x_k):
                for v in range(y_k):
                    total += S[p, i + u, j + v] * K[p, q, u, v]
        C[q, i, j] = total + b[q]
    return C


def conv_activation(C: Convolved) -> Convolved:
    """Eq. (15), (19): C_{σ,q}(i,j) = σ(C_q(i,j))."""
    return sigmoid(C)


def mean_pool(C_s: Convolved) -> Real[np.ndarray, "q x_c//2 y_c//2"]:
    """Eq. (16), (20): S_q(i,j) = ¼ Σ_{u<2} Σ_{v<2} C_{σ,q}(2i+u, 2j+v)."""
    Q, x_c, y_c = C_s.shape
    if x_c % 2 or y_c % 2:
        raise ValueError(f"C_s: expected maps with even sides, got {x_c}×{y_c}")
    S = np.empty((Q, x_c // 2, y_c // 2), C_s.dtype)
    for q, i, j in np.ndindex(S.shape):
        total = 0
        for u in range(2):
            for v in range(2):
                total += C_s[q, 2 * i + u, 2 * j + v]
        S[q, i, j] = total / 4
    return S


def vectorize_map(S_q: Map) -> Real[np.ndarray, "x_i*y_i"]:
    """Eq. (21): v_q(y_i i + j) = S_q(i,j)."""
    x_i, y_i = S_q.shape
    v_q = np.empty(x_i * y_i, S_q.dtype)
    for i, j in np.ndindex(x_i, y_i):
        v_q[y_i * i + j] = S_q[i, j]
    return v_q


def vectorize(S: Maps) -> Real[np.ndarray, "p*x_i*y_i"]:
    """Eq. (22): v(x_i y_i q + y_i i + j) = S_q(i,j).
    Paper: the operator form stacks v_1 … v_12; the maps are v_0 … v_11."""
    Q, x_i, y_i = S.shape
    v = np.empty(Q * x_i * y_i, S.dtype)
    for q, i, j in np.ndindex(Q, x_i, y_i):
        v[x_i * y_i * q + y_i * i + j] = S[q, i, j]
    return v


def dense_forward(W: Weights, v: Features, b: Scores) -> Scores:
    """Eq. (23), (24): ŷ(i) = Σ_m W(i,m) v(m) + b(i)."""
    yhat = np.empty(b.size, W.dtype)
    for i in range(b.size):
        total = 0
        for m in range(v.size):
            total += W[i, m] * v[m]
        yhat[i] = total + b[i]
    return yhat


def dense_activation(yhat: Scores) -> Scores:
    """Eq. (25): ŷ_σ(i) = σ(ŷ(i))."""
    return sigmoid(yhat)


# §4.3 Loss
def squared_error(yhat_s: Scores, y: Scores) -> Scalar:
    """Eq. (26): L = ½ Σ_i (ŷ_σ(i) - y(i))²."""
    total = 0
    for i in range(y.size):
        total += (yhat_s[i] - y[i]) * (yhat_s[i] - y[i])
    return total / 2


# §4.4 Backward
def squared_error_gradient(yhat_s: Scores, y: Scores) -> Scores:
    """Eq. (27): Δŷ_σ(i) = ŷ_σ(i) - y(i).
    Paper: the step before it prints 2ŷ_σ(i) - y(i) for 2(ŷ_σ(i) - y(i))."""
    dyhat_s = np.empty(y.size, yhat_s.dtype)
    for i in range(y.size):
        dyhat_s[i] = yhat_s[i] - y[i]
    return dyhat_s


def dense_preactivation_gradient(dyhat_s: Scores, yhat_s: Scores) -> Scores:
    """Eq. (28): Δŷ(i) = Δŷ_σ(i) ŷ_σ(i) (1 - ŷ_σ(i))."""
    dyhat = np.empty(yhat_s.size, dyhat_s.dtype)
    for i in range(yhat_s.size):
        dyhat[i] = dyhat_s[i] * yhat_s[i] * (1 - yhat_s[i])
    return dyhat


def weight_gradient(dyhat: Scores, v: Features) -> Weights:
    """Eq. (29): ΔW(i,m) = Δŷ(i) v(m)."""
    dW = np.empty((dyhat.size, v.size), dyhat.dtype)
    for i, m in np.ndindex(dW.shape):
        dW[i, m] = dyhat[i] * v[m]
    return dW


def dense_bias_gradient(dyhat: Scores) -> Scores:
    """Eq. (30): Δb(i) = Δŷ(i)."""
    db = np.empty(dyhat.size, dyhat.dtype)
    for i in range(dyhat.size):
        db[i] = dyhat[i]
    return db


def dense_input_gradient(W: Weights, dyhat: Scores) -> Features:
    """Eq. (31): Δv(m) = Σ_i W(i,m) Δŷ(i)."""
    Y, M = W.shape
    dv = np.empty(M, W.dtype)
    for m in range(M):
        total = 0
        for i in range(Y):
            total += W[i, m] * dyhat[i]
        dv[m] = total
    return dv


def unvectorize_map(dv_q: Features, shape: tuple[int, int]) -> Map:
    """Eq. (32): ΔS_q(i,j) = Δv_q(y_i i + j)."""
    x_i, y_i = shape
    dS_q = np.empty(shape, dv_q.dtype)
    for i, j in np.ndindex(x_i, y_i):
        dS_q[i, j] = dv_q[y_i * i + j]
    return dS_q


def unvectorize(dv: Features, shape: tuple[int, int, int]) -> Maps:
    """Eq. (33): ΔS_q(i,j) = Δv(x_i y_i q + y_i i + j).
    Paper: the operator form takes Δv_1 … Δv_12; the maps are Δv_0 … Δv_11."""
    Q, x_i, y_i = shape
    dS = np.empty(shape, dv.dtype)
    for q, i, j in np.ndindex(Q, x_i, y_i):
        dS[q, i, j] = dv[x_i * y_i * q + y_i * i + j]
    return dS


def mean_pool_gradient(dS: Maps) -> Real[np.ndarray, "p 2*x_i 2*y_i"]:
    """Eq. (34), (39): ΔC_{σ,q}(i,j) = ¼ ΔS_q(⌊i/2⌋, ⌊j/2⌋)."""
    Q, x_i, y_i = dS.shape
    dC_s = np.empty((Q, 2 * x_i, 2 * y_i), dS.dtype)
    for q, i, j in np.ndindex(dC_s.shape):
        dC_s[q, i, j] = dS[q, i // 2, j // 2] / 4
    return dC_s


def conv_preactivation_gradient(dC_s: Convolved, C_s: Convolved) -> Convolved:
    """Eq. (35), (40): ΔC_q(i,j) = ΔC_{σ,q}(i,j) C_{σ,q}(i,j) (1 - C_{σ,q}(i,j))."""
    dC = np.empty(C_s.shape, dC_s.dtype)
    for q, i, j in np.ndindex(C_s.shape):
        dC[q, i, j] = dC_s[q, i, j] * C_s[q, i, j] * (1 - C_s[q, i, j])
    return dC


def kernel_gradient(S: Maps, dC: Convolved) -> Real[np.ndarray, "p q x_i-x_c+1 y_i-y_c+1"]:
    """Eq. (36), (41): ΔK_{p,q}(u,v) = Σ_i Σ_j S_p(u+i, v+j) ΔC_q(i,j).
    Paper: the lines before both print S_p(u+i, v+i); (41) prints ΔK_{1,q} with ΔC_p."""
    (P, x_i, y_i), (Q, x_c, y_c) = S.shape, dC.shape
    dK = np.empty((P, Q, *valid_shape((x_i, y_i), (x_c, y_c))), S.dtype)
    for p, q, u, v in np.ndindex(dK.shape):
        total = 0
        for i in range(x_c):
            for j in range(y_c):
                total += S[p, u + i, v + j] * dC[q, i, j]
        dK[p, q, u, v] = total
    return dK


def conv_bias_gradient(dC: Convolved) -> Biases:
    """Eq. (37), (42): Δb_q = Σ_i Σ_j ΔC_q(i,j)."""
    Q, x_c, y_c = dC.shape
    db = np.empty(Q, dC.dtype)
    for q in range(Q):
        total = 0
        for i in range(x_c):
            for j in range(y_c):
                total += dC[q, i, j]
        db[q] = total
    return db


def conv_input_gradient(dC: Convolved, K: Kernels) -> Real[np.ndarray, "p x_c+x_k-1 y_c+y_k-1"]:
    """Eq. (38), ΔI: ΔS_p(i,j) = Σ_q Σ_u Σ_v ΔC_q(i-u, j-v) K_{p,q}(u,v), zero outside ΔC_q.
    Paper: prints ∗ of (2) for ⊛ of (3), sums to 3, and no bound on i-u and j-v; ΔI is missing."""
    (Q, x_c, y_c), (P, _, x_k, y_k) = dC.shape, K.shape
    dS = np.empty((P, *padded_shape((x_c, y_c), (x_k, y_k))), dC.dtype)
    for p, i, j in np.ndindex(dS.shape):
        total = 0
        for q in range(Q):
            for u in range(max(0, i - x_c + 1), min(x_k - 1, i) + 1):
                for v in range(max(0, j - y_c + 1), min(y_k - 1, j) + 1):
                    total += dC[q, i - u, j - v] * K[p, q, u, v]
        dS[p, i, j] = total
    return dS


# §4.5 Update
def gradient_descent(theta: Array, dtheta: Array, alpha: Scalar) -> Array:
    """§4.5: θ ← θ - α Δθ."""
    new = np.empty(theta.shape, theta.dtype)
    for k in np.ndindex(theta.shape):
        new[k] = theta[k] - alpha * dtheta[k]
    return new
