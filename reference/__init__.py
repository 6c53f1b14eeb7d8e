"""What the derivation is compared with. Nothing in here is differentiated by hand or knows `vanillacnn`.

- `forward`, `heads`: the paper's forward pass in JAX, and what is beyond it
- `autodiff`: its gradients, by `jax.vjp` and `jax.grad`; NumPy arrays in and out
- `optimizers`: the rules and schedules beyond the paper, by Optax
- `complex_step`: the gradients once more, by a step along the imaginary axis
- `formulas`: docs/equations.toml, read at all sizes; needs no JAX
- `exact`: polynomials, finite fields, and an interpreter that runs JAX's programs on them
- `rounding`: bounds on the errors of floats
- `proof`: the theorems, for a proof assistant

Indices are the paper's, from 0, with the sample index last: S[p,i,j,n], K[p,q,u,v].
"""
