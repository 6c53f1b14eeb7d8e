"""The paper's forward pass (§2.2, §2.3, §4.2, §4.3), and two layers beyond it, in JAX, to be differentiated by JAX.

Written on `jax.lax`, for two reasons. Its primitives share nothing with the NumPy code under test,
and they neither broadcast nor promote: two dtypes or two shapes that differ are an error, not a
silent third one.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Float

# With x64 off, JAX turns float64 into float32 without a word.
jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

Array = jax.Array | np.ndarray
Padding = str | tuple[tuple[int, int], tuple[int, int]]
Tap = Callable[[str, jax.Array], jax.Array]


def _correlate_maps(
    S: Float[Array, "p i j n"], K: Float[Array, "p q u v"], padding: Padding = "VALID"
) -> Float[jax.Array, "q x_o y_o n"]:
    """Σ_p S_p ⋆ K_{p,q}; lax calls ⋆ a convolution."""
    return lax.conv_general_dilated(
        jnp.asarray(S),
        jnp.asarray(K),
        window_strides=(1, 1),
        padding=padding,
        dimension_numbers=("CHWN", "IOHW", "CHWN"),  # the sample index last, nothing moved
        precision=lax.Precision.HIGHEST,
    )


def _correlate_one(
    I: Float[Array, "i j"], K: Float[Array, "u v"], padding: Padding = "VALID"
) -> Float[jax.Array, "x_o y_o"]:
    """I ⋆ K, as the one pair of maps of one sample."""
    O = _correlate_maps(lax.expand_dims(I, (0, 3)), lax.expand_dims(K, (0, 1)), padding)
    return lax.squeeze(O, (0, 3))


def correlate(I: Float[Array, "i j"], K: Float[Array, "u v"]) -> Float[jax.Array, "i-u+1 j-v+1"]:
    """Eq. (1), (4): (I ⋆ K)(i,j) = Σ_{u,v} I(i+u, j+v) K(u,v)."""
    return _correlate_one(I, K)


def convolve(I: Float[Array, "i j"], K: Float[Array, "u v"]) -> Float[jax.Array, "i-u+1 j-v+1"]:
    """Eq. (2), (4): (I ∗ K)(i,j) = Σ_{u,v} I(i+x_k-1-u, j+y_k-1-v) K(u,v)."""
    return _correlate_one(I, rotate(K))


def convolve_padded(I: Float[Array, "i j"], K: Float[Array, "u v"]) -> Float[jax.Array, "i+u-1 j+v-1"]:
    """Eq. (3), (5): (I ⊛ K)(i,j) = Σ_{u,v} I(i-u, j-v) K(u,v), with I zero outside."""
    x_k, y_k = K.shape
    return _correlate_one(I, rotate(K), ((x_k - 1, x_k - 1), (y_k - 1, y_k - 1)))


def rotate(K: Float[Array, "u v"]) -> Float[jax.Array, "u v"]:
    """§2.2.1: K_rot(u,v) = K(x_k-1-u, y_k-1-v)."""
    return lax.rev(K, (0, 1))


def pad(I: Float[Array, "i j"], k: tuple[int, int]) -> Float[jax.Array, "x_pad y_pad"]:
    """§2.2.3: I_pad, with x_k-1 rows and y_k-1 columns of zeros on each side; k = (x_k, y_k)."""
    x_k, y_k = k
    margins = ((x_k - 1, x_k - 1, 0), (y_k - 1, y_k - 1, 0))
    return lax.pad(I, np.zeros((), I.dtype), margins)


def sigmoid(x: Float[Array, "*shape"]) -> Float[jax.Array, "*shape"]:
    """§2.3: σ(x) = 1 / (1 + e^{-x})."""
    return lax.logistic(x)


def conv_forward(
    S: Float[Array, "p i j n"], K: Float[Array, "p q u v"], b: Float[Array, "q"]
) -> Float[jax.Array, "q i-u+1 j-v+1 n"]:
    """Eq. (13), (14), (17), (18): C_q = Σ_p S_p ⋆ K_{p,q} + B_q, with B_q(i,j) = b_q."""
    C = _correlate_maps(S, K)
    return lax.add(C, lax.broadcast_in_dim(b, C.shape, (0,)))


def conv_activation(C: Float[Array, "q i j n"]) -> Float[jax.Array, "q i j n"]:
    """Eq. (15), (19): C_σ = σ(C)."""
    return sigmoid(C)


def mean_pool(C_s: Float[Array, "q i j n"]) -> Float[jax.Array, "q i/2 j/2 n"]:
    """Eq. (16), (20): S_q(i,j) = ¼ Σ_{u,v∈[2]} C_{σ,q}(2i+u, 2j+v)."""
    _, x, y, _ = C_s.shape
    if x % 2 or y % 2:  # reduce_window would drop the last row or column
        raise ValueError(f"C_s: expected even sides, got {x} x {y}")
    zero = np.zeros((), C_s.dtype)  # concrete: only then can JAX differentiate the window sum
    window = (1, 2, 2, 1)
    sums: jax.Array = lax.reduce_window(C_s, zero, lax.add, window, window, "VALID")
    return sums / 4


def relu(C: Float[Array, "q i j n"]) -> Float[jax.Array, "q i j n"]:
    """(L1): C_r = max(C, 0). The slope at 0 is the one that JAX gives jax.nn.relu, and not that of jnp.maximum, ½."""
    return jax.nn.relu(C)


def max_pool(C_s: Float[Array, "q i j n"]) -> Float[jax.Array, "q i/2 j/2 n"]:
    """(L3): S_q(i,j) = max_{u,v∈[2]} C_{σ,q}(2i+u, 2j+v). JAX selects one of several maximisers; jnp.max shares out."""
    _, x, y, _ = C_s.shape
    if x % 2 or y % 2:
        raise ValueError(f"C_s: expected even sides, got {x} x {y}")
    window = (1, 2, 2, 1)
    least = np.full((), -np.inf, C_s.dtype)  # concrete, as in `mean_pool`
    S: jax.Array = lax.reduce_window(C_s, least, lax.max, window, window, "VALID")
    return S


def vectorize_map(S_q: Float[Array, "i j n"]) -> Float[jax.Array, "i*j n"]:
    """Eq. (21): v_q(y·i + j) = S_q(i,j), where S_q has y columns."""
    x, y, samples = S_q.shape
    return lax.reshape(S_q, (x * y, samples))


def vectorize(S: Float[Array, "q i j n"]) -> Float[jax.Array, "q*i*j n"]:
    """Eq. (22): v(x·y·q + y·i + j) = S_q(i,j), where S_q has x rows and y columns."""
    maps, x, y, samples = S.shape
    return lax.reshape(S, (maps * x * y, samples))


def dense_forward(W: Float[Array, "i m"], v: Float[Array, "m n"], b: Float[Array, "i"]) -> Float[jax.Array, "i n"]:
    """Eq. (23), (24): ŷ = W v + b."""
    Wv = lax.dot_general(W, v, (((1,), (0,)), ((), ())), precision=lax.Precision.HIGHEST)
    return lax.add(Wv, lax.broadcast_in_dim(b, Wv.shape, (0,)))


def dense_activation(yhat: Float[Array, "i n"]) -> Float[jax.Array, "i n"]:
    """Eq. (25): ŷ_σ = σ(ŷ)."""
    return sigmoid(yhat)


def squared_error(yhat_s: Float[Array, "i n"], y: Float[Array, "i n"]) -> Float[jax.Array, ""]:
    """Eq. (26): L = ½ Σ_i (ŷ_σ(i) - y(i))², the mean over the samples n."""
    return jnp.mean(jnp.sum(lax.square(lax.sub(yhat_s, y)), axis=0) / 2)


def untouched(name: str, value: jax.Array) -> jax.Array:
    """The tap of the plain forward pass."""
    return value


class Places(NamedTuple):
    """What stands in the places of the network that have alternatives."""

    activation: Callable[[Array], jax.Array]
    pooling: Callable[[Array], jax.Array]
    scores: Callable[[Array], jax.Array]
    loss: Callable[[Array, Array, Array], jax.Array]
    """The loss, given ŷ, ŷ_σ and y."""


PAPER = Places(conv_activation, mean_pool, dense_activation, lambda yhat, yhat_s, y: squared_error(yhat_s, y))


def forward(
    params: Mapping[str, Array], I: Float[Array, "i j n"], tap: Tap = untouched, places: Places = PAPER
) -> dict[str, Array]:
    """Eq. (13)-(25): I and every intermediate, in the paper's order.

    `tap(name, value)` stands behind every equation; what it returns is what the next one reads.
    """
    K1, b1, K2, b2, W, b = (params[name] for name in ("K1", "b1", "K2", "b2", "W", "b"))
    C1 = tap("C1", conv_forward(lax.expand_dims(I, (0,)), K1, b1))
    C1_s = tap("C1_s", places.activation(C1))
    S1 = tap("S1", places.pooling(C1_s))
    C2 = tap("C2", conv_forward(S1, K2, b2))
    C2_s = tap("C2_s", places.activation(C2))
    S2 = tap("S2", places.pooling(C2_s))
    v = tap("v", vectorize(S2))
    yhat = tap("yhat", dense_forward(W, v, b))
    yhat_s = tap("yhat_s", places.scores(yhat))
    return dict(I=I, C1=C1, C1_s=C1_s, S1=S1, C2=C2, C2_s=C2_s, S2=S2, v=v, yhat=yhat, yhat_s=yhat_s)


def loss(
    params: Mapping[str, Array],
    I: Float[Array, "i j n"],
    y: Float[Array, "m n"],
    tap: Tap = untouched,
    places: Places = PAPER,
) -> Float[jax.Array, ""]:
    """Eq. (13)-(26): L of the whole network."""
    steps = forward(params, I, tap, places)
    return places.loss(steps["yhat"], steps["yhat_s"], y)
