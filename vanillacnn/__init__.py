"""Every equation of Ngan Vu, *VanillaCNN: Deriving Convolutional Neural Networks from Scratch* (2018), in NumPy.

Conventions:
- Indices as in the paper, from 0, sample index n last: I[i,j,n], S[p,i,j,n], K[p,q,u,v], C[q,i,j,n], W[i,m], ŷ[i,n].
- `dX` is the paper's ΔX = ∂L/∂X, in the shape of X; a trailing `_s` is its subscript σ.
- L is the mean over the batch; its factor 1/N enters once, at (27).
- Functions return new arrays in the dtype they are given, and never write to their arguments.
- They check shapes and dtypes and raise ValueError with the symbol: "b: expected shape (6,), got (1,)". Inside a step,
  where everything fits, the network calls them through `checks.unchecked`.
- Equation numbers stand in docstrings; "Paper:" notes where the printed formula is wrong.
"""

from vanillacnn import mnist
from vanillacnn.architecture import Architecture
from vanillacnn.arrays import Gradients, Parameters, Trace
from vanillacnn.network import backward, forward, initialize, loss, predict, update
from vanillacnn.optimizer import Rule, Schedule

__version__ = "0.1.0"

__all__ = [
    "Architecture",
    "Gradients",
    "Parameters",
    "Rule",
    "Schedule",
    "Trace",
    "backward",
    "forward",
    "initialize",
    "loss",
    "mnist",
    "predict",
    "update",
]
