"""What usual faults would give, each with its name: sums that are not whole, kernels turned round, constant factors."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from vanillacnn.check.geometry import Geometry, Layer

Faults = dict[str, np.ndarray]
ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}
KERNEL_SIDES = {2: "the kernel's rows", 3: "the kernel's columns"}
OUTPUT = {3: "the samples", 1: "the output's rows", 2: "the output's columns"}


def partial(a: np.ndarray, axis: int, name: str) -> Iterator[tuple[str, np.ndarray]]:
    """`a` with only some of the indices of an axis, each with the name of the loop that would reach no others."""
    size = a.shape[axis]
    kept = {
        **{
            f"the sum over {name} stops at the {ORDINALS.get(t, f'{t}th')} of {size}": np.arange(size) < t
            for t in range(1, size)
        },
        f"the sum over {name} starts one too late": np.arange(size) > 0,
        f"only the last of {name} is counted": np.arange(size) == size - 1,
    }
    for fault, indices in kept.items():
        yield fault, a * indices.reshape([-1 if i == axis else 1 for i in range(a.ndim)])


def partial_sums(a: np.ndarray, axes: dict[int, str], f: Callable[[np.ndarray], np.ndarray]) -> Faults:
    """What f gives for each incomplete sum over one axis of `a`, and over the two of a square together."""
    faults = {
        fault: f(part) for axis, name in axes.items() for fault, part in partial(a, axis, name) if a.shape[axis] > 1
    }
    sides = [axis for axis in axes if axes[axis].endswith(("rows", "columns"))]
    if len(sides) == 2 and a.shape[sides[0]] == a.shape[sides[1]]:
        for (fault, part), (_, both) in zip(
            partial(a, sides[0], "rows and columns"), partial(np.ones_like(a), sides[1], ""), strict=True
        ):
            faults[fault] = f(part * both)
    return faults


def factors(right: np.ndarray, N: int) -> Faults:
    mean = 'off by the constant factor 1/N: if the mean over the samples is meant, declare parameter_gradients="mean"'
    names = {mean: 1 / N, "off by the constant factor N": N, "off by the constant factor 1/N², 1/N twice": 1 / N**2}
    return {name: c * right for name, c in names.items() if N > 1}


def turned(K: np.ndarray) -> np.ndarray:
    """Each kernel rotated by 180°."""
    return K[:, :, ::-1, ::-1]


def transposed(K: np.ndarray) -> Faults:
    """Its two sides exchanged, where they are equal."""
    return {"the kernel is transposed": K.transpose(0, 1, 3, 2)} if K.shape[2] == K.shape[3] else {}


def of_output(layer: Layer, rotated: bool) -> Faults:
    (I, _, u, v), b = layer.K.shape, layer.b
    other = "not rotated: correlation" if rotated else "rotated by 180°: convolution"
    kernels = {f"{other} where the other is declared": turned(layer.K)} | transposed(layer.K)
    biases = {
        "the bias is left out": 0 * b,
        "the bias is added k·k times": u * v * b,
        "the bias is added for each product": u * v * I * b,
        "the bias is added for each input map": I * b,
    }
    faults = {name: replace(layer, K=K).C() for name, K in kernels.items()}
    faults |= {name: replace(layer, b=wrong).C() for name, wrong in biases.items() if (wrong != b).any()}
    return faults | partial_sums(layer.K, {0: "the input maps"} | KERNEL_SIDES, lambda part: replace(layer, K=part).C())


def of_input_gradient(layer: Layer) -> Faults:
    kernels = {"the kernel is rotated by 180° where it should not be": turned(layer.K)} | transposed(layer.K)
    faults = {name: replace(layer, K=K).dS() for name, K in kernels.items()}
    if layer.geometry.stride != (1, 1):
        faults["the stride is ignored"] = layer.dS(layer.packed())
    if layer.geometry.padding != (0, 0):
        whole = replace(layer, S=layer.geometry.padded(layer.S), geometry=Geometry(layer.geometry.stride))
        uncut = whole.dS()
        faults["the padding is cut off at the end alone"] = uncut[:, : layer.S.shape[1], : layer.S.shape[2]]
    return faults | partial_sums(
        layer.K, {1: "the output maps"} | KERNEL_SIDES, lambda part: replace(layer, K=part).dS()
    )


def of_kernel_gradient(layer: Layer) -> Faults:
    right = layer.dK()
    faults = {"rotated by 180°": turned(right), **factors(right, layer.S.shape[3])}
    if right.shape[2] == right.shape[3]:
        faults["transposed"] = right.transpose(0, 1, 3, 2)
    if layer.geometry.stride != (1, 1):
        faults["the stride is ignored"] = layer.dK(layer.packed())
    faults |= partial_sums(layer.dC, OUTPUT, lambda part: replace(layer, dC=part).dK())
    loops = partial_sums(right, KERNEL_SIDES, lambda part: part)
    return faults | {f"{name}: elsewhere it is zero".replace("sum", "loop"): a for name, a in loops.items()}


def of_bias_gradient(layer: Layer) -> Faults:
    right = layer.db()
    faults = factors(right, layer.S.shape[3]) | {"added k·k times": layer.K[0, 0].size * right}
    return faults | partial_sums(layer.dC, OUTPUT, lambda part: replace(layer, dC=part).db())
