"""The whole network on data: parameters, images and labels, and what JAX makes of them under propagated bounds."""

from typing import Any, NamedTuple

import numpy as np

import vanillacnn as vc
from reference.autodiff import gradients as jax_gradients
from reference.autodiff import values as jax_values
from reference.rounding.propagation import radii

PAPER: dict[str, Any] = {}
ODD: dict[str, Any] = {"image": (12, 19), "maps": (2, 3), "kernels": ((3, 2), (2, 4)), "classes": 4}


def batch(sizes: dict[str, Any], N: int, dtype: Any = np.float64) -> tuple[vc.Parameters, np.ndarray, np.ndarray]:
    """Glorot parameters with biases that are not zero, images and labels."""
    rng = np.random.default_rng(7)
    params = vc.initialize(rng, **sizes, dtype=dtype)
    params = vc.Parameters(
        *(theta if theta.any() else rng.uniform(-1, 1, theta.shape).astype(dtype) for theta in params)
    )
    I = rng.random((*sizes.get("image", (28, 28)), N)).astype(dtype)
    y = np.eye(len(params.b), dtype=dtype)[:, rng.integers(0, len(params.b), N)]
    return params, I, y


class Exact(NamedTuple):
    """The network in float64 by JAX, and how far another evaluation may be from it."""

    values: dict[str, np.ndarray]
    bounds: dict[str, np.ndarray]


def exact(params: vc.Parameters, I: np.ndarray, y: np.ndarray) -> Exact:
    """JAX computes in float64 whatever the dtype; the bound is that of the dtype plus JAX's own."""
    double = {name: theta.astype(np.float64) for name, theta in params._asdict().items()}
    I64, y64 = I.astype(np.float64), y.astype(np.float64)
    trace = jax_values(double, I64)
    grads = jax_gradients(double, I64, y64)
    own, of_jax = (radii(double, trace, grads, y64, dtype) for dtype in (I.dtype, np.float64))
    return Exact(trace | grads, {name: own[name] + of_jax[name] for name in own})
