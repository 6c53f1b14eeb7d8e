"""What is beyond the paper, (H), (L) and (G), in index form: literal sums over one sample."""

import math

import numpy as np

from vanillacnn.arrays import Real, Scalar
from vanillacnn.index_form import Array, Convolved, Maps, Scores


# Heads
def softmax(yhat: Scores) -> Scores:
    """(H1): s(i) = e^{ŷ(i)-m} / Σ_k e^{ŷ(k)-m}, for m = max_k ŷ(k)."""
    s, m, total = np.empty(yhat.size, yhat.dtype), yhat[0], 0.0
    for k in range(yhat.size):
        m = max(m, yhat[k])
    for k in range(yhat.size):
        total += math.exp(yhat[k] - m)
    for i in range(yhat.size):
        s[i] = math.exp(yhat[i] - m) / total
    return s


def softmax_cross_entropy(yhat: Scores, y: Scores) -> Scalar:
    """(H2): L = Σ_i y(i) (log(Σ_k e^{ŷ(k)-m}) - (ŷ(i) - m)), for m = max_k ŷ(k)."""
    m, exponentials = yhat[0], 0.0
    for k in range(yhat.size):
        m = max(m, yhat[k])
    for k in range(yhat.size):
        exponentials += math.exp(yhat[k] - m)
    total = 0
    for i in range(yhat.size):
        total += y[i] * (math.log(exponentials) - (yhat[i] - m))
    return total


def softmax_cross_entropy_gradient(s: Scores, y: Scores) -> Scores:
    """(H3): Δŷ(i) = s(i) Σ_k y(k) - y(i)."""
    dyhat = np.empty(s.size, s.dtype)
    total = 0
    for k in range(s.size):
        total += y[k]
    for i in range(s.size):
        dyhat[i] = s[i] * total - y[i]
    return dyhat


def softmax_gradient(ds: Scores, s: Scores) -> Scores:
    """(H4): Δŷ(i) = s(i) (Δs(i) - Σ_k s(k) Δs(k))."""
    dyhat = np.empty(s.size, ds.dtype)
    total = 0
    for k in range(s.size):
        total += s[k] * ds[k]
    for i in range(s.size):
        dyhat[i] = s[i] * (ds[i] - total)
    return dyhat


def binary_cross_entropy(yhat: Scores, y: Scores) -> Scalar:
    """(H5): L = Σ_i (max(ŷ(i), 0) - ŷ(i) y(i) + log(1 + e^{-|ŷ(i)|}))."""
    total = 0
    for i in range(yhat.size):
        total += max(yhat[i], 0) - yhat[i] * y[i] + math.log(1 + math.exp(-abs(yhat[i])))
    return total


def binary_cross_entropy_gradient(yhat_s: Scores, y: Scores) -> Scores:
    """(H6): Δŷ(i) = ŷ_σ(i) - y(i)."""
    dyhat = np.empty(yhat_s.size, yhat_s.dtype)
    for i in range(yhat_s.size):
        dyhat[i] = yhat_s[i] - y[i]
    return dyhat


def normalized_cross_entropy(yhat_s: Scores, y: Scores) -> Scalar:
    """(H7): L = -Σ_i y(i) log(ŷ_σ(i) / Σ_k ŷ_σ(k)), for positive scores."""
    scores = 0
    for k in range(yhat_s.size):
        scores += yhat_s[k]
    total = 0
    for i in range(yhat_s.size):
        total += y[i] * math.log(yhat_s[i] / scores)
    return -total


def normalized_cross_entropy_gradient(yhat_s: Scores, y: Scores) -> Scores:
    """(H8): Δŷ_σ(i) = (Σ_k y(k)) / (Σ_k ŷ_σ(k)) - y(i) / ŷ_σ(i), for positive scores."""
    dyhat_s = np.empty(yhat_s.size, yhat_s.dtype)
    labels = 0
    for k in range(yhat_s.size):
        labels += y[k]
    scores = 0
    for k in range(yhat_s.size):
        scores += yhat_s[k]
    for i in range(yhat_s.size):
        dyhat_s[i] = labels / scores - y[i] / yhat_s[i]
    return dyhat_s


# Layers
def relu(C: Convolved) -> Convolved:
    """(L1): C_{r,q}(i,j) = max(C_q(i,j), 0)."""
    C_r = np.empty(C.shape, C.dtype)
    for q, i, j in np.ndindex(C.shape):
        C_r[q, i, j] = max(C[q, i, j], 0)
    return C_r


def relu_gradient(dC_r: Convolved, C: Convolved) -> Convolved:
    """(L2): ΔC_q(i,j) = ΔC_{r,q}(i,j) [C_q(i,j) > 0]."""
    dC = np.empty(C.shape, dC_r.dtype)
    for q, i, j in np.ndindex(C.shape):
        dC[q, i, j] = dC_r[q, i, j] * (C[q, i, j] > 0)
    return dC


def max_pool(C_s: Convolved) -> Real[np.ndarray, "q x_c//2 y_c//2"]:
    """(L3): S_q(i,j) = max_{u<2} max_{v<2} C_{σ,q}(2i+u, 2j+v)."""
    Q, x_c, y_c = C_s.shape
    if x_c % 2 or y_c % 2:
        raise ValueError(f"C_s: expected maps with even sides, got {x_c}×{y_c}")
    S = np.empty((Q, x_c // 2, y_c // 2), C_s.dtype)
    for q, i, j in np.ndindex(S.shape):
        m = C_s[q, 2 * i, 2 * j]
        for u in range(2):
            for v in range(2):
                if not C_s[q, 2 * i + u, 2 * j + v] <= m and m <= m:  # what is not ≤ itself is NaN
                    m = C_s[q, 2 * i + u, 2 * j + v]
        S[q, i, j] = m
    return S


def max_pool_gradient(dS: Maps, C_s: Convolved) -> Convolved:
    """(L4): ΔC_{σ,q}(2i+u, 2j+v) = ΔS_q(i,j) [2u+v = argmax_{k<4} C_{σ,q}(2i+⌊k/2⌋, 2j+k-2⌊k/2⌋)]."""
    dC_s = np.empty(C_s.shape, dS.dtype)
    for q, i, j in np.ndindex(dS.shape):
        first = 0
        for k in range(4):
            if C_s[q, 2 * i + k // 2, 2 * j + k % 2] > C_s[q, 2 * i + first // 2, 2 * j + first % 2]:
                first = k
        for u in range(2):
            for v in range(2):
                dC_s[q, 2 * i + u, 2 * j + v] = dS[q, i, j] * (2 * u + v == first)
    return dC_s


# Rules
def momentum(m: Array, dtheta: Array, mu: Scalar) -> Array:
    """(G1): m ← μ m + Δθ."""
    new = np.empty(m.shape, m.dtype)
    for k in np.ndindex(m.shape):
        new[k] = mu * m[k] + dtheta[k]
    return new


def nesterov(dtheta: Array, m: Array, mu: Scalar) -> Array:
    """(G2): d = Δθ + μ m."""
    d = np.empty(m.shape, m.dtype)
    for k in np.ndindex(m.shape):
        d[k] = dtheta[k] + mu * m[k]
    return d


def first_moment(m: Array, dtheta: Array, beta_1: Scalar) -> Array:
    """(G3): m ← β_1 m + (1 - β_1) Δθ."""
    new = np.empty(m.shape, m.dtype)
    for k in np.ndindex(m.shape):
        new[k] = beta_1 * m[k] + (1 - beta_1) * dtheta[k]
    return new


def second_moment(c: Array, dtheta: Array, beta_2: Scalar) -> Array:
    """(G4): c ← β_2 c + (1 - β_2) (Δθ)²."""
    new = np.empty(c.shape, c.dtype)
    for k in np.ndindex(c.shape):
        new[k] = beta_2 * c[k] + (1 - beta_2) * dtheta[k] * dtheta[k]
    return new


def unbiased(m: Array, beta: Scalar, t: Scalar) -> Array:
    """(G5): m̂ = m/(1 - β^t)."""
    m_hat = np.empty(m.shape, m.dtype)
    for k in np.ndindex(m.shape):
        m_hat[k] = m[k] / (1 - beta**t)
    return m_hat


def adam_direction(m_hat: Array, c_hat: Array, epsilon: Scalar) -> Array:
    """(G6): d = m̂/(√ĉ + ε)."""
    d = np.empty(m_hat.shape, m_hat.dtype)
    for k in np.ndindex(m_hat.shape):
        d[k] = m_hat[k] / (math.sqrt(c_hat[k]) + epsilon)
    return d


def weight_decay(dtheta: Array, theta: Array, lambda_: Scalar) -> Array:
    """(G7): g = Δθ + λ θ."""
    g = np.empty(theta.shape, theta.dtype)
    for k in np.ndindex(theta.shape):
        g[k] = dtheta[k] + lambda_ * theta[k]
    return g


def decoupled_decay(theta: Array, alpha: Scalar, lambda_: Scalar) -> Array:
    """(G8): θ ← (1 - α λ) θ."""
    new = np.empty(theta.shape, theta.dtype)
    for k in np.ndindex(theta.shape):
        new[k] = (1 - alpha * lambda_) * theta[k]
    return new


# Schedules
def step_decay(alpha: Scalar, k: Scalar, gamma: Scalar, h: Scalar) -> Scalar:
    """(G9): α_k = α γ^⌊k/h⌋."""
    return alpha * gamma ** (k // h)


def exponential_decay(alpha: Scalar, k: Scalar, gamma: Scalar, h: Scalar) -> Scalar:
    """(G10): α_k = α γ^{k/h}."""
    return alpha * gamma ** (k / h)


def cosine_decay(alpha: Scalar, k: Scalar, T: Scalar) -> Scalar:
    """(G11): α_k = ½ α (1 + cos(π k/T))."""
    return alpha * (1 + math.cos(math.pi * k / T)) / 2


def linear_warmup(alpha: Scalar, k: Scalar, w: Scalar) -> Scalar:
    """(G12): α_k = α min(1, (k + 1)/w)."""
    return alpha * min(1, (k + 1) / w)
