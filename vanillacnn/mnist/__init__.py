"""MNIST, bundled, and a reader for it and for data sets in the same four IDX files.

`load()` returns the bundled digits; `load(directory)` reads Fashion-MNIST, KMNIST, EMNIST digits.
The sample index is the last one: images uint8 [i,j,n], labels uint8 [n].
"""

from vanillacnn.mnist.dataset import Split, Subset, load
from vanillacnn.mnist.idx import IDXError

__all__ = ["IDXError", "Split", "Subset", "load"]
