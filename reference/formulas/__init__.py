"""The formulas of docs/equations.toml: parsed, printed as LaTeX, and read as sums at all sizes. Needs no JAX."""
