"""Which functions stand in the places of the network: the paper's, or alternatives of the same shapes.

Composition only, no formula: each place has a name, and a name the equations that go there and back.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vanillacnn.arrays import Scalar
from vanillacnn.beyond.heads import (
    binary_cross_entropy,
    binary_cross_entropy_gradient,
    normalized_cross_entropy,
    normalized_cross_entropy_gradient,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_gradient,
    softmax_gradient,
)
from vanillacnn.beyond.layers import initialize_kernels_he, max_pool, max_pool_gradient, relu, relu_gradient
from vanillacnn.checks import require
from vanillacnn.equations.convolution import conv_activation, conv_preactivation_gradient
from vanillacnn.equations.dense import dense_activation, dense_preactivation_gradient
from vanillacnn.equations.initialization import initialize_kernels
from vanillacnn.equations.loss import squared_error, squared_error_gradient
from vanillacnn.equations.pooling import mean_pool, mean_pool_gradient

Array = np.ndarray


class Activation(NamedTuple):
    """C → C_σ, and (ΔC_σ, C_σ) → ΔC; and the initial kernels that suit it."""

    forward: Callable[[Array], Array]
    backward: Callable[[Array, Array], Array]
    initialize_kernels: Callable[..., Array]


class Pooling(NamedTuple):
    """C_σ → S, and (ΔS, C_σ) → ΔC_σ."""

    forward: Callable[[Array], Array]
    backward: Callable[[Array, Array], Array]


class Head(NamedTuple):
    """ŷ → ŷ_σ, (ŷ, ŷ_σ, y) → L, and (ŷ_σ, y) → Δŷ_σ, if it has one, and Δŷ."""

    forward: Callable[[Array], Array]
    loss: Callable[[Array, Array, Array], Scalar]
    backward: Callable[[Array, Array], tuple[Array | None, Array]]


def sigmoid_and_squared_error(yhat_s: Array, y: Array) -> tuple[Array, Array]:
    dyhat_s = squared_error_gradient(yhat_s, y)
    return dyhat_s, dense_preactivation_gradient(dyhat_s, yhat_s)


def softmax_and_squared_error(s: Array, y: Array) -> tuple[Array, Array]:
    ds = squared_error_gradient(s, y)
    return ds, softmax_gradient(ds, s)


def sigmoid_and_normalized_cross_entropy(yhat_s: Array, y: Array) -> tuple[Array, Array]:
    dyhat_s = normalized_cross_entropy_gradient(yhat_s, y)
    return dyhat_s, dense_preactivation_gradient(dyhat_s, yhat_s)


ACTIVATIONS = {
    "sigmoid": Activation(conv_activation, conv_preactivation_gradient, initialize_kernels),
    "relu": Activation(relu, relu_gradient, initialize_kernels_he),  # (L2) takes C_r as well as C
}
POOLINGS = {
    "mean": Pooling(mean_pool, lambda dS, C_s: mean_pool_gradient(dS)),
    "max": Pooling(max_pool, max_pool_gradient),
}
HEADS = {
    "squared_error": Head(
        dense_activation, lambda yhat, yhat_s, y: squared_error(yhat_s, y), sigmoid_and_squared_error
    ),
    "softmax_squared_error": Head(softmax, lambda yhat, s, y: squared_error(s, y), softmax_and_squared_error),
    "softmax_cross_entropy": Head(
        softmax,
        lambda yhat, s, y: softmax_cross_entropy(yhat, y),
        lambda s, y: (None, softmax_cross_entropy_gradient(s, y)),
    ),
    "binary_cross_entropy": Head(
        dense_activation,
        lambda yhat, yhat_s, y: binary_cross_entropy(yhat, y),
        lambda yhat_s, y: (None, binary_cross_entropy_gradient(yhat_s, y)),
    ),
    "normalized_cross_entropy": Head(
        dense_activation,
        lambda yhat, yhat_s, y: normalized_cross_entropy(yhat_s, y),
        sigmoid_and_normalized_cross_entropy,
    ),
}


@dataclass(frozen=True)
class Architecture:
    """A name for each place: a key of ACTIVATIONS, of POOLINGS and of HEADS. The defaults are the paper's.

    Raises: ValueError for a name that is none of these.
    """

    activation: str = "sigmoid"
    pooling: str = "mean"
    head: str = "squared_error"

    def __post_init__(self) -> None:
        tables: dict[str, Iterable[str]] = {"activation": ACTIVATIONS, "pooling": POOLINGS, "head": HEADS}
        for place, table in tables.items():
            name = getattr(self, place)
            require(place, name, f"one of {', '.join(table)}", name in table)

    def functions(self) -> tuple[Activation, Pooling, Head]:
        return ACTIVATIONS[self.activation], POOLINGS[self.pooling], HEADS[self.head]


PAPER = Architecture()
