"""The fully connected layer, §4.2.6, and its gradients, §4.4.1 and §4.4.2."""

import numpy as np

from vanillacnn.arrays import Real
from vanillacnn.checks import checked, unchecked
from vanillacnn.equations.sigmoid import sigmoid


@checked
def dense_forward(
    W: Real[np.ndarray, "i m"], v: Real[np.ndarray, "m n"], b: Real[np.ndarray, "i"]
) -> Real[np.ndarray, "i n"]:
    """Eq. (23), (24): ŷ = W v + b, that is ŷ(i) = Σ_j W(i,j) v(j) + b(i)."""
    return W @ v + b[:, np.newaxis]


@checked
def dense_activation(yhat: Real[np.ndarray, "i n"]) -> Real[np.ndarray, "i n"]:
    """Eq. (25): ŷ_σ(i) = σ(ŷ(i))."""
    return unchecked(sigmoid)(yhat)


@checked
def dense_preactivation_gradient(
    dyhat_s: Real[np.ndarray, "i n"], yhat_s: Real[np.ndarray, "i n"]
) -> Real[np.ndarray, "i n"]:
    """Eq. (28): Δŷ = Δŷ_σ ⊙ ŷ_σ ⊙ (1 - ŷ_σ)."""
    return dyhat_s * yhat_s * (1 - yhat_s)


@checked
def weight_gradient(dyhat: Real[np.ndarray, "i n"], v: Real[np.ndarray, "m n"]) -> Real[np.ndarray, "i m"]:
    """Eq. (29): ΔW = Σ_n Δŷ vᵀ, that is ΔW(i,j) = Σ_n Δŷ(i) v(j)."""
    return dyhat @ v.T


@checked
def dense_bias_gradient(dyhat: Real[np.ndarray, "i n"]) -> Real[np.ndarray, "i"]:
    """Eq. (30): Δb = Σ_n Δŷ."""
    return dyhat.sum(axis=1)


@checked
def dense_input_gradient(W: Real[np.ndarray, "i m"], dyhat: Real[np.ndarray, "i n"]) -> Real[np.ndarray, "m n"]:
    """Eq. (31): Δv = Wᵀ Δŷ, that is Δv(j) = Σ_i W(i,j) Δŷ(i)."""
    return W.T @ dyhat
