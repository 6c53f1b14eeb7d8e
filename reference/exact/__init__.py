"""Exact arithmetic: polynomials, rationals and finite fields, and JAX's programs run on them."""
