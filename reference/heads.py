"""The heads beyond the paper in JAX, to be differentiated by JAX: as they are defined, with no care for overflow.

The exponentials are those of ŷ itself, not of ŷ - max ŷ: in float64 they are finite up to ŷ = 709. So the reference
shares neither a primitive nor the way round the overflow with what it judges.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Float

from reference import forward
from reference.forward import Array


def softmax(yhat: Float[Array, "i n"]) -> Float[jax.Array, "i n"]:
    """(H1): s(i) = e^{ŷ(i)} / Σ_k e^{ŷ(k)}."""
    e = lax.exp(yhat)
    return lax.div(e, _for_each_class(_over_classes(e), e))


def softmax_cross_entropy(yhat: Float[Array, "i n"], y: Float[Array, "i n"]) -> Float[jax.Array, ""]:
    """(H2): L = log(Σ_k e^{ŷ(k)}) Σ_i y(i) - Σ_i y(i) ŷ(i), the mean over the samples n."""
    entropy = lax.mul(lax.log(_over_classes(lax.exp(yhat))), _over_classes(y))
    return jnp.mean(lax.sub(entropy, _over_classes(lax.mul(y, yhat))))


def binary_cross_entropy(yhat: Float[Array, "i n"], y: Float[Array, "i n"]) -> Float[jax.Array, ""]:
    """(H5): L = Σ_i (log(1 + e^{ŷ(i)}) - ŷ(i) y(i)), the mean over the samples n."""
    entropy = lax.log(lax.add(lax.exp(yhat), lax.full_like(yhat, 1)))
    return jnp.mean(_over_classes(lax.sub(entropy, lax.mul(yhat, y))))


def normalized_cross_entropy(yhat_s: Float[Array, "i n"], y: Float[Array, "i n"]) -> Float[jax.Array, ""]:
    """(H7): L = Σ_i y(i) (log(Σ_k ŷ_σ(k)) - log(ŷ_σ(i))), the mean over the samples n."""
    whole = _for_each_class(lax.log(_over_classes(yhat_s)), yhat_s)
    return jnp.mean(_over_classes(lax.mul(y, lax.sub(whole, lax.log(yhat_s)))))


ACTIVATIONS = {"sigmoid": forward.conv_activation, "relu": forward.relu}
POOLINGS = {"mean": forward.mean_pool, "max": forward.max_pool}
HEADS: dict[str, tuple[Any, Any]] = {
    "squared_error": (forward.dense_activation, lambda yhat, yhat_s, y: forward.squared_error(yhat_s, y)),
    "softmax_squared_error": (softmax, lambda yhat, s, y: forward.squared_error(s, y)),
    "softmax_cross_entropy": (softmax, lambda yhat, s, y: softmax_cross_entropy(yhat, y)),
    "binary_cross_entropy": (forward.dense_activation, lambda yhat, yhat_s, y: binary_cross_entropy(yhat, y)),
    "normalized_cross_entropy": (forward.dense_activation, lambda yhat, yhat_s, y: normalized_cross_entropy(yhat_s, y)),
}


def places(activation: str, pooling: str, head: str) -> forward.Places:
    return forward.Places(ACTIVATIONS[activation], POOLINGS[pooling], *HEADS[head])


def _over_classes(x: Float[Array, "i n"]) -> Float[jax.Array, "n"]:
    return jnp.sum(x, axis=0)


def _for_each_class(total: Float[Array, "n"], like: Float[Array, "i n"]) -> Float[jax.Array, "i n"]:
    return lax.broadcast_in_dim(total, like.shape, (1,))
