"""How maps lie in memory, so that a convolution is one product of matrices. Layout only: the equations call this.

Row i of S ⋆ K reads x_k rows of S, a band. With rows first in memory a band is one block, and the next band is the
same block r rows further on: bands overlap, and nothing is copied but the shift by v. A product that made one row of
C would have Q rows only, too few for a BLAS. So it makes r rows at once, from a band of x_k+r-1 rows of S and from K
repeated r times, one row lower each time. For x_k = 3 and r = 2:

      rows of S                        K, repeated

    S(0) ┐                             row of S:   0     1     2     3
    S(1) │ band 0 → C(0), C(1)         C(0):     K(0)  K(1)  K(2)    0
    S(2) │ ┐                           C(1):       0   K(0)  K(1)  K(2)
    S(3) ┘ │ band 1 → C(2), C(3)
    S(4)   │
    S(5)   ┘

Each S(i) here stands for S_p(i, j+v) with all p and v in rows, all j and n in columns; each K(u) for K_{p,q}(u,v) with
all q in rows, all p and v in columns.
"""

from math import gcd

import numpy as np

from vanillacnn.arrays import rows_first
from vanillacnn.equations.correlation import Shape

WIDTH = 24  # rows that a product should have: with the 6 of a map each, sgemm is half as fast


def rows_at_once(x: int, Q: int, n: int) -> int:
    """r, a divisor of the x rows of C: how many of them one product makes, at the cost of some zeros.

    A single sample has too few columns for that to pay.
    """
    return gcd(x, max(1, WIDTH // Q)) if n > 1 else 1


def bands(S: np.ndarray, kernel: Shape, r: int) -> np.ndarray:
    """S_p(i+u, j+v) of sample n at (i/r, (u,p,v), (j,n)), for every r-th i, and u up to the last of r rows."""
    (x_k, y_k), (P, x, y, n) = kernel, S.shape
    y_c = y - y_k + 1
    rows = np.ascontiguousarray(rows_first(S))
    along_x, along_p, along_y, along_n = rows.strides
    shifts = np.ndarray((x, P, y_k, y_c, n), S.dtype, rows, 0, (along_x, along_p, along_y, along_y, along_n))
    return overlapping(shifts.copy().reshape(x, P * y_k, y_c * n), x_k + r - 1, r)


def overlapping(rows: np.ndarray, height: int, step: int) -> np.ndarray:
    """The view of `rows`, which are contiguous, with rows(step·i+u, a, b) at (i, (u,a), b), u below `height`."""
    x, a, b = rows.shape
    along_x, along_a, along_b = rows.strides
    # Unlike as_strided this refuses to leave the memory of `rows`, and takes a quarter of the time.
    shape = (x - height) // step + 1, height * a, b
    return np.ndarray(shape, rows.dtype, rows, 0, (step * along_x, along_a, along_b))


def repeated(K: np.ndarray, r: int) -> np.ndarray:
    """K_{p,q}(u-t, v) at ((t,q), (u,p,v)) for t < r, zero outside K: what a band is multiplied by."""
    P, Q, x_k, y_k = K.shape
    rows = K.transpose(1, 2, 0, 3)
    lowered = np.zeros((r, Q, x_k + r - 1, P, y_k), K.dtype)
    for t in range(r):
        lowered[t, :, t : t + x_k] = rows
    return lowered.reshape(r * Q, (x_k + r - 1) * P * y_k)


def gathered(products: np.ndarray, shape: tuple[int, int, int, int], r: int) -> np.ndarray:
    """The way back from `repeated`: Σ_t products((u+t,p,v), (t,q)) at (p,q,u,v), in an array of that shape."""
    P, Q, x_k, y_k = shape
    lowered = products.reshape(x_k + r - 1, P, y_k, r, Q).transpose(3, 1, 4, 0, 2)
    K = np.zeros(shape, products.dtype)
    for t in range(r):
        K += lowered[t, :, :, t : t + x_k]
    return K


def blocks(C: np.ndarray, r: int) -> np.ndarray:
    """C_q(i+t, j) of sample n at (i/r, (t,q), (j,n)), for every r-th i: in the order of a product."""
    Q, x, y, n = C.shape
    return rows_first(C).reshape(x // r, r * Q, y * n)


def maps(product: np.ndarray, shape: tuple[int, int, int, int]) -> np.ndarray:
    """The way back from `blocks`, to C_q(i,j,n) of this shape."""
    Q, x, y, n = shape
    return rows_first(product.reshape(x, Q, y, n))


def padded_bands(C: np.ndarray, x_k: int) -> np.ndarray:
    """C_q(i-x_k+1+u, j) of sample n at (i, (u,q), (j,n)), zero outside C: x_k - 1 rows of zeros above and below it."""
    Q, x, y, n = C.shape
    padded = np.zeros((x + 2 * (x_k - 1), Q, y * n), C.dtype)
    padded[x_k - 1 : x_k - 1 + x] = blocks(C, 1)
    return overlapping(padded, x_k, 1)


def turned(K: np.ndarray) -> np.ndarray:
    """K_{p,q}(x_k-1-u, v) at ((p,v), (u,q)): what a padded band is multiplied by."""
    P, Q, x_k, y_k = K.shape
    return K[:, :, ::-1].transpose(0, 3, 2, 1).reshape(P * y_k, x_k * Q)


def shifted_product(A: np.ndarray, B: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Row (p,v) of A @ B moved right by v: Σ_k A((p,v), k) B(i, k, (j-v,n)) at (i,p,v,j,n), zero outside B.

    The product stands with y_k-1 zeros behind each row of j. So where j < v the view finds a zero, at the end of v-1.
    """
    x, P, y_k, y, n = shape
    parts = np.zeros(shape, A.dtype)
    np.matmul(A, B, out=parts.reshape(x, P * y_k, y * n)[..., : B.shape[2]])
    along_i, along_p, along_v, along_j, along_n = parts.strides
    return np.ndarray(shape, A.dtype, parts, 0, (along_i, along_p, along_v - along_j, along_j, along_n))
