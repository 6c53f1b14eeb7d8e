"""The forward pass and its gradients, by JAX alone: the oracle of §4.2 to §4.4.

`value` and `pullback` judge one equation, `values` and `gradients` the whole network. All take and return NumPy arrays.
`transpose` and `derivative` are the JAX functions behind the gradients, for code that traces them.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Float

from reference.forward import PAPER, Array, Places, forward, loss

Floats = Float[np.ndarray, "..."]

# Of §4.4 the parameters first, then all others from the loss back to I; the paper leaves out ΔI.
ORDER = (
    "dK1", "db1", "dK2", "db2", "dW", "db",
    "dyhat_s", "dyhat", "dv", "dS2", "dC2_s", "dC2", "dS1", "dC1_s", "dC1", "dI",
)  # fmt: skip


_compiled = functools.cache(jax.jit)
_forward = jax.jit(forward, static_argnames=("tap", "places"))


def value(function: Callable[..., jax.Array], *arguments: Floats) -> Floats:
    """function(*arguments), by one program for each function and shapes. As for `pullback`, give a named function."""
    return np.array(_compiled(function)(*arguments))


def values(params: Mapping[str, Floats], I: Floats, places: Places = PAPER) -> dict[str, Floats]:
    """Eq. (13)-(25): I and every intermediate of the whole network, under its name."""
    return {name: np.array(X) for name, X in _forward(dict(params), I, places=places).items()}


@functools.cache
def transpose(function: Callable[..., jax.Array]) -> Callable[..., tuple[jax.Array, ...]]:
    """(cotangent, *primals) -> gradients, jitted once per function and compiled once per shapes."""

    def transposed(cotangent: Array, *primals: Array) -> tuple[jax.Array, ...]:
        _, vjp = jax.vjp(function, *primals)
        return tuple(vjp(cotangent))

    return jax.jit(transposed)


def pullback(
    function: Callable[..., jax.Array], cotangent: Floats | np.floating[Any], *primals: Floats
) -> tuple[Floats, ...]:
    """The gradients of ⟨cotangent, function(*primals)⟩ with respect to every primal.

    `function` is the key of the compilation cache: give a named function, not a fresh lambda.

    Raises: TypeError when the dtype of a gradient differs from that of its primal.
    """
    found = transpose(function)(cotangent, *primals)
    return tuple(_as_numpy(gradient, x) for gradient, x in zip(found, primals, strict=True))


def derivative(params: Mapping[str, Array], I: Array, y: Array, places: Places = PAPER) -> dict[str, jax.Array]:
    """Every Δ of §4.4 and ΔI, by one reverse sweep."""
    # A gradient is taken with respect to an input, and an intermediate X is none. So a tap t is
    # added to X, at t = 0. All that follows reads X + t and nothing else of X, hence L depends on
    # X and on t through their sum only, and ∂L/∂t at t = 0 is ∂L/∂X. Adding 0 rounds nothing.
    steps = jax.eval_shape(forward, params, I)  # the shapes are the same, whatever stands in the places
    taps = {name: jnp.zeros(X.shape, X.dtype) for name, X in steps.items() if name != "I"}

    def tapped(params: Mapping[str, Array], I: Array, taps: Mapping[str, Array]) -> jax.Array:
        return loss(params, I, y, lambda name, X: lax.add(X, taps[name]), places)

    dparams, dI, dtaps = jax.grad(tapped, argnums=(0, 1, 2))(params, I, taps)
    return {f"d{name}": dX for name, dX in (dparams | dtaps | {"I": dI}).items()}


_derivative = jax.jit(derivative, static_argnames="places")


def gradients(params: Mapping[str, Floats], I: Floats, y: Floats, places: Places = PAPER) -> dict[str, Floats]:
    """Eq. (27)-(42) and ΔI: every Δ of the whole network, under its name, in `ORDER`.

    Raises: TypeError when the dtype of a gradient differs from that of I, which all arrays share.
    """
    found = _derivative(dict(params), I, y, places=places)
    return {name: _as_numpy(found[name], I) for name in ORDER}


def _as_numpy(gradient: jax.Array, primal: Floats) -> Floats:
    """A copy, so that no gradient shares memory with an argument of the call."""
    if gradient.dtype != primal.dtype:
        raise TypeError(f"expected a {primal.dtype} gradient, got {gradient.dtype}: is x64 on?")
    return np.array(gradient)
