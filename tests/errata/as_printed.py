"""What the paper prints, to the letter, where that changes a result, a shape or a range: a function for each erratum.

An entry outside its array is refused, as the paper asks (§1.2). The paper's kernels are 5×5: where it prints a sum up
to 3, the sum here stops one short of the kernel's side. Each function has the arguments of the right one.
"""

from collections.abc import Iterator

import numpy as np

from vanillacnn import index_form
from vanillacnn.index_form import correlate, padded_shape, rotate, valid_shape

Cell = tuple[int, int]
Sides = tuple[int, int]


def at(A: np.ndarray, *index: int) -> float:
    """A(index), of indices that start at 0."""
    if not all(0 <= k < size for k, size in zip(index, A.shape, strict=True)):
        raise IndexError(f"{index} is outside {A.shape}")
    return A[index]


def cells(*sides: int) -> Iterator[tuple[int, ...]]:
    return iter(np.ndindex(*sides))


# §2.2 Correlation and convolution


def E07(I: np.ndarray, K: np.ndarray) -> np.ndarray:
    """(2): I(i-u, j-v) for i, j from 0."""
    O = np.zeros(valid_shape(I.shape, K.shape))
    for i, j in cells(*O.shape):
        O[i, j] = sum(at(I, i - u, j - v) * K[u, v] for u, v in cells(*K.shape))
    return O


def E08(I: np.ndarray, K: np.ndarray) -> np.ndarray:
    """The line before: I((i-x_k-1)+u, (j-y_k-1)+v), for the cells i from x_k-1 and j from y_k-1 on."""
    (x_k, y_k), K_rot, O = K.shape, rotate(K), np.zeros(valid_shape(I.shape, K.shape))
    for i, j in cells(*O.shape):
        a, b = i + x_k - 1, j + y_k - 1
        O[i, j] = sum(at(I, (a - x_k - 1) + u, (b - y_k - 1) + v) * K_rot[u, v] for u, v in cells(x_k, y_k))
    return O


def E09(I: np.ndarray, K: np.ndarray) -> np.ndarray:
    """The last line: O_corr(i-x_k-1, j-y_k-1), for the same cells."""
    (x_k, y_k), O_corr = K.shape, correlate(I, rotate(K))
    O = np.zeros(O_corr.shape)
    for i, j in cells(*O.shape):
        a, b = i + x_k - 1, j + y_k - 1
        O[i, j] = at(O_corr, a - x_k - 1, b - y_k - 1)
    return O


def E13(image: Sides, kernel: Sides) -> int:
    """x_o by i+u ≤ x_i-x_k, whose largest terms are x_o-1 and x_k-1."""
    (x_i, _), (x_k, _) = image, kernel
    return x_i - x_k - (x_k - 1) + 1


def E14(image: Sides, kernel: Sides) -> int:
    """min(i) - max(u) = 0 - (x_k+1)."""
    return 0 - (kernel[0] + 1)


def E15(image: Sides, kernel: Sides) -> int:
    """y_o by j+v ≤ y_i-y_k."""
    (_, y_i), (_, y_k) = image, kernel
    return y_i - y_k - (y_k - 1) + 1


def E16(image: Sides, kernel: Sides) -> int:
    """min(j-v) as min(i) + min(u)."""
    return 0 + 0


def E24(I: np.ndarray, K: np.ndarray) -> np.ndarray:
    """(3): the sums over u and v run to x_k and y_k."""
    (x_i, y_i), (x_k, y_k), O = I.shape, K.shape, np.zeros(padded_shape(I.shape, K.shape))
    for i, j in cells(*O.shape):
        for u, v in cells(x_k + 1, y_k + 1):
            if 0 <= i - u <= x_i - 1 and 0 <= j - v <= y_i - 1:
                O[i, j] += at(I, i - u, j - v) * at(K, u, v)
    return O


def E25(I: np.ndarray, K: np.ndarray) -> np.ndarray:
    """(3): 0 ≤ i-u ≤ x_i and 0 ≤ j-v ≤ y_i."""
    (x_i, y_i), O = I.shape, np.zeros(padded_shape(I.shape, K.shape))
    for i, j in cells(*O.shape):
        for u, v in cells(*K.shape):
            if 0 <= i - u <= x_i and 0 <= j - v <= y_i:
                O[i, j] += at(I, i - u, j - v) * K[u, v]
    return O


def E26(I: np.ndarray, K: np.ndarray) -> np.ndarray:
    """(3): I_pad(i-u, j-v), where I_pad has zeros from its index 0 on."""
    I_pad, O = index_form.pad(I, K.shape), np.zeros(padded_shape(I.shape, K.shape))
    for i, j in cells(*O.shape):
        O[i, j] = sum(at(I_pad, i - u, j - v) * K[u, v] for u, v in cells(*K.shape))
    return O


def E27(image: Sides, kernel: Sides) -> int:
    """x_o with padding, by i+u ≤ x_i-1+(x_k-1)."""
    (x_i, _), (x_k, _) = image, kernel
    return x_i - 1 + (x_k - 1) - (x_k - 1) + 1


def E28(image: Sides, kernel: Sides) -> int:
    """y_o with padding, by j+v ≤ y_i-y_k."""
    (_, y_i), (_, y_k) = image, kernel
    return y_i - y_k - (y_k - 1) + 1


def E29(image: Sides, kernel: Sides) -> int:
    """min(j) - max(v) = 0 - (y_k+1), with padding."""
    return 0 - (kernel[1] + 1)


# §4.2 Forward


def E36(S: np.ndarray, K: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(14): the sums over u and v stop at 3."""
    P, Q, x_k, y_k = K.shape
    C = np.zeros((Q, *valid_shape(S.shape[1:], (x_k, y_k))))
    for q, i, j in cells(*C.shape):
        C[q, i, j] = sum(S[p, i + u, j + v] * K[p, q, u, v] for p, u, v in cells(P, x_k - 1, y_k - 1)) + b[q]
    return C


E37 = E36  # (18), which has more than one input map


def E41(S: np.ndarray) -> np.ndarray:
    """(22): the vectors v_1 to v_12 of the maps 0 to 11."""
    Q, x_s, y_s = S.shape
    return np.array([at(S, q, i, j) for q in range(1, Q + 1) for i, j in cells(x_s, y_s)])


# §4.4 Backward


def E43(yhat_s: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Before (27): half of 2ŷ_σ(i) - y(i)."""
    return (2 * yhat_s - y) / 2


def E48(dv: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """(33): from Δv_1 to Δv_12, which begin at 16, not at 0."""
    Q, x_s, y_s = shape
    dS = np.zeros(shape)
    for q, i, j in cells(Q, x_s, y_s):
        dS[q, i, j] = at(dv, x_s * y_s * (q + 1) + y_s * i + j)
    return dS


def E52(S: np.ndarray, dC: np.ndarray) -> np.ndarray:
    """Before (36): ∂C_q(i,j)/∂K_{p,q}(u,v) from inner sums over ũ and ṽ that stop at 3."""
    dK = np.zeros((len(S), len(dC), *valid_shape(S.shape[1:], dC.shape[1:])))
    for p, q, u, v in cells(*dK.shape):
        for i, j in cells(*dC.shape[1:]):
            inner = [S[p, i + ũ, j + ṽ] for ũ, ṽ in cells(dK.shape[2] - 1, dK.shape[3] - 1) if (ũ, ṽ) == (u, v)]
            dK[p, q, u, v] += dC[q, i, j] * sum(inner)
    return dK


def E53(S: np.ndarray, dC: np.ndarray) -> np.ndarray:
    """Before (36): the sum over p takes the p of ΔK_{p,q} for its own, and leaves no condition on it."""
    dK = np.zeros((len(S), len(dC), *valid_shape(S.shape[1:], dC.shape[1:])))
    for k, q, u, v in cells(*dK.shape):
        dK[k, q, u, v] = sum(S[p, i + u, j + v] * dC[q, i, j] for i, j in cells(*dC.shape[1:]) for p in range(len(S)))
    return dK


def E54(S: np.ndarray, dC: np.ndarray) -> np.ndarray:
    """Before (36): S_p(u+i, v+i)."""
    dK = np.zeros((len(S), len(dC), *valid_shape(S.shape[1:], dC.shape[1:])))
    for p, q, u, v in cells(*dK.shape):
        dK[p, q, u, v] = sum(at(S, p, u + i, v + i) * dC[q, i, j] for i, j in cells(*dC.shape[1:]))
    return dK


def E56(image: Sides, kernel: Sides, cell: Cell) -> set[Cell]:
    """The note before (38): S(i,j) contributes to C(i-u, j-v), 0 ≤ u ≤ 3 and 0 ≤ v ≤ 3."""
    (i, j), (x_k, y_k) = cell, kernel
    return {(i - u, j - v) for u, v in cells(x_k - 1, y_k - 1)}


def E57(dC: np.ndarray, K: np.ndarray) -> np.ndarray:
    """Before (38): the sums over u and v stop at 3."""
    (Q, x_c, y_c), (P, _, x_k, y_k) = dC.shape, K.shape
    dS = np.zeros((P, *padded_shape((x_c, y_c), (x_k, y_k))))
    for p, i, j in cells(*dS.shape):
        for q, u, v in cells(Q, x_k - 1, y_k - 1):
            if 0 <= i - u < x_c and 0 <= j - v < y_c:
                dS[p, i, j] += dC[q, i - u, j - v] * K[p, q, u, v]
    return dS


def E59(dC: np.ndarray, K: np.ndarray) -> np.ndarray:
    """Before (38): the sum over p takes the p of ΔS_p for its own, and leaves no condition on it."""
    (Q, x_c, y_c), (P, _, x_k, y_k) = dC.shape, K.shape
    dS = np.zeros((P, *padded_shape((x_c, y_c), (x_k, y_k))))
    for k, i, j in cells(*dS.shape):
        for p, q, u, v in cells(P, Q, x_k, y_k):
            if 0 <= i - u < x_c and 0 <= j - v < y_c:
                dS[k, i, j] += dC[q, i - u, j - v] * K[p, q, u, v]
    return dS


def E60(dC: np.ndarray, K: np.ndarray) -> np.ndarray:
    """Before (38): the terms with i-u+ũ = i and j-v+ṽ = v."""
    (Q, x_c, y_c), (P, _, x_k, y_k) = dC.shape, K.shape
    dS = np.zeros((P, *padded_shape((x_c, y_c), (x_k, y_k))))
    for p, i, j in cells(*dS.shape):
        for q, u, v in cells(Q, x_k, y_k):
            if 0 <= i - u < x_c and 0 <= j - v < y_c and 0 <= 2 * v - j < y_k:
                dS[p, i, j] += dC[q, i - u, j - v] * K[p, q, u, 2 * v - j]
    return dS


def E61(dC: np.ndarray, K: np.ndarray) -> np.ndarray:
    """(38): Σ_q ΔC_q ∗ K_{p,q}, the convolution (2)."""
    return np.array([sum(index_form.convolve(dC[q], K_p[q]) for q in range(len(dC))) for K_p in K])


def E62(dC: np.ndarray, K: np.ndarray) -> np.ndarray:
    """The line before (38): ΔC_q(i-u, j-v) for all u and v, i and j."""
    (Q, x_c, y_c), (P, _, x_k, y_k) = dC.shape, K.shape
    dS = np.zeros((P, *padded_shape((x_c, y_c), (x_k, y_k))))
    for p, i, j in cells(*dS.shape):
        dS[p, i, j] = sum(at(dC, q, i - u, j - v) * K[p, q, u, v] for q, u, v in cells(Q, x_k, y_k))
    return dS


def E65(I: np.ndarray, dC: np.ndarray) -> np.ndarray:
    """(41): K_{1,q} with ΔC_p, where nothing says which p; here the first."""
    return index_form.kernel_gradient(I, dC[[0] * len(dC)])


E68 = E54  # before (41): I(u+i, v+i)
