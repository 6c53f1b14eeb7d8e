"""What the derivation is held against: the paper's forward pass in JAX, differentiated by JAX.

- `reference.forward`: the forward equations, on other primitives than NumPy's.
- `reference.heads`: those of the heads that are beyond the paper.
- `reference.autodiff`: their gradients by `jax.vjp` and `jax.grad`; NumPy arrays in and out.
- `reference.optimizers`: the rules and schedules beyond the paper, by Optax.

Nothing in here is differentiated by hand, and nothing in here knows the library it judges.
Indices are the paper's, zero-based, with the sample index last: S[p,i,j,n], K[p,q,u,v].
"""

import jax

# First of all: with x64 off JAX turns float64 into float32 without a word.
jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

from reference import autodiff, forward, heads  # noqa: E402
from reference.autodiff import gradients, pullback  # noqa: E402

__all__ = ["autodiff", "forward", "gradients", "heads", "pullback"]
