"""Which functions stand in the places of the network: the paper's, or alternatives of the same shapes.

Composition only, no formula: each place has a name, and a name the equations that go there and back.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vanillacnn.arrays import Scalar
from vanillacnn.beyond import heads, layers
from vanillacnn.checks import require, unchecked
from vanillacnn.equations import convolution, dense, pooling
from vanillacnn.equations import loss as losses
from vanillacnn.equations.initialization import initialize_kernels

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


class Functions(NamedTuple):
    """One for each place."""

    activation: Activation
    pooling: Pooling
    head: Head


# The network checks its records; the arrays in between fit.
squared_error, squared_error_gradient = unchecked(losses.squared_error), unchecked(losses.squared_error_gradient)
dense_activation = unchecked(dense.dense_activation)
dense_preactivation_gradient = unchecked(dense.dense_preactivation_gradient)
mean_pool, mean_pool_gradient = unchecked(pooling.mean_pool), unchecked(pooling.mean_pool_gradient)
softmax, softmax_gradient = unchecked(heads.softmax), unchecked(heads.softmax_gradient)
softmax_cross_entropy = unchecked(heads.softmax_cross_entropy)
softmax_cross_entropy_gradient = unchecked(heads.softmax_cross_entropy_gradient)
binary_cross_entropy = unchecked(heads.binary_cross_entropy)
binary_cross_entropy_gradient = unchecked(heads.binary_cross_entropy_gradient)
normalized_cross_entropy = unchecked(heads.normalized_cross_entropy)
normalized_cross_entropy_gradient = unchecked(heads.normalized_cross_entropy_gradient)


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
    "sigmoid": Activation(
        unchecked(convolution.conv_activation), unchecked(convolution.conv_preactivation_gradient), initialize_kernels
    ),
    "relu": Activation(  # (L2) takes C_r as well as C
        unchecked(layers.relu), unchecked(layers.relu_gradient), layers.initialize_kernels_he
    ),
}
POOLINGS = {
    "mean": Pooling(mean_pool, lambda dS, C_s: mean_pool_gradient(dS)),
    "max": Pooling(unchecked(layers.max_pool), unchecked(layers.max_pool_gradient)),
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

    def functions(self) -> Functions:
        return Functions(ACTIVATIONS[self.activation], POOLINGS[self.pooling], HEADS[self.head])


PAPER = Architecture()
