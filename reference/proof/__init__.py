"""The theorems: docs/equations.toml in Gallina, the language of Coq, and proofs of it for all sizes over the reals.

- `generate`, `definition`, `gallina`, `wiring`: write Equations.v; `reader`: reads Gallina back
- Sums.v, Normal.v: finite sums, and the tactic that proves two ways to write one sum equal
- Layers.v, Network.v, Partial.v: §4.4 layer by layer, as one theorem, and entry by entry
- Identities.v, Heads.v, Layers_beyond.v: §2 and the operator forms, (H), (L)
- `theorems`: which theorem proves which equation; `coq`: runs Coq; `trial`: other formulas in place of one
"""
