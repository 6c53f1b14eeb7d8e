"""The checks at the door: the public functions call these first, the equations check no more than they must."""

import sys
from collections.abc import Sequence

import numpy as np

from vanillacnn.arrays import Parameters, Trace
from vanillacnn.equations.correlation import Shape, valid_shape


def expect(symbol: str, array: object, shape: Sequence[int | str], dtype: np.dtype | None = None) -> None:
    """Raise ValueError, naming the symbol, unless `array` has this shape and dtype.

    A size that is a string is free, and is how the message names it. Without `dtype`, any float or object will do.
    """
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{symbol}: expected a NumPy array, got {type(array).__name__}")
    if array.shape != shape and not _fits(array.shape, shape):
        raise ValueError(f"{symbol}: expected shape ({', '.join(map(str, shape))}), got {array.shape}")
    if array.dtype.kind not in "fO":
        raise ValueError(f"{symbol}: expected a floating-point dtype, got {array.dtype}")
    if dtype is not None and array.dtype != dtype:
        raise ValueError(f"{symbol}: expected dtype {dtype}, that of the parameters, got {array.dtype}")


def _fits(came: tuple[int, ...], expected: Sequence[int | str]) -> bool:
    wrong = [size for size, side in zip(expected, came, strict=False) if size != side and not isinstance(size, str)]
    return len(came) == len(expected) and not wrong


def check_parameters(params: Parameters) -> None:
    """Six arrays of one dtype whose maps, kernels and classes agree."""
    expect("K1", params.K1, (1, "p", "x_1", "y_1"))
    P, dtype = params.K1.shape[1], params.K1.dtype
    expect("b1", params.b1, (P,), dtype)
    expect("K2", params.K2, (P, "q", "x_2", "y_2"), dtype)
    expect("b2", params.b2, (params.K2.shape[1],), dtype)
    expect("W", params.W, ("i", "m"), dtype)
    expect("b", params.b, (params.W.shape[0],), dtype)


def check_images(params: Parameters, I: np.ndarray) -> None:
    """Images of sides that the network's layers turn into just as many features as W takes."""
    expect("I", I, ("x", "y", "n"), params.K1.dtype)
    x, y, _ = I.shape
    x_s, y_s = pooled_sides((x, y), params.K1.shape[2:], params.K2.shape[2:])
    features = params.K2.shape[1] * x_s * y_s
    if features != params.W.shape[1]:
        raise ValueError(
            f"I: expected images that give W its {params.W.shape[1]} features, got {x}×{y}, which give {features}"
        )


def check_trace(params: Parameters, trace: Trace) -> None:
    """Every intermediate in the shape that `forward` gives it."""
    check_images(params, trace.I)
    x, y, n = trace.I.shape
    (P, Q, *k2), (classes, features) = params.K2.shape, params.W.shape
    c1 = valid_shape((x, y), params.K1.shape[2:])
    s1 = (c1[0] // 2, c1[1] // 2)
    c2 = valid_shape(s1, tuple(k2))
    s2 = (c2[0] // 2, c2[1] // 2)
    shapes: dict[str, tuple[int, ...]] = {
        "C1": (P, *c1, n), "C1_s": (P, *c1, n), "S1": (P, *s1, n),
        "C2": (Q, *c2, n), "C2_s": (Q, *c2, n), "S2": (Q, *s2, n),
        "v": (features, n), "yhat": (classes, n), "yhat_s": (classes, n),
    }  # fmt: skip
    for symbol, shape in shapes.items():
        expect(symbol, getattr(trace, symbol), shape, params.K1.dtype)


def check_labels(y: np.ndarray, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """One finite target for each score."""
    expect("y", y, shape, dtype)
    # Exact numbers are finite by nature, and NumPy cannot ask them.
    if y.dtype != object and not np.isfinite(y).all():
        raise ValueError("y: expected finite labels, got NaN or infinity")


def check_samples(y: np.ndarray) -> None:
    """A batch that a mean can be taken over."""
    if not y.shape[1]:
        raise ValueError("y: expected at least one sample to take the mean over, got none")


def pooled_sides(image: Shape, k1: tuple[int, ...], k2: tuple[int, ...]) -> Shape:
    """The sides of S²: twice a valid correlation and a halving."""
    sides = image
    for layer, kernel in (("K1", k1), ("K2", k2)):
        try:
            x_c, y_c = valid_shape(sides, kernel)
        except ValueError as error:
            raise ValueError(str(error).replace("K:", f"{layer}:", 1)) from None
        if x_c % 2 or y_c % 2:
            raise ValueError(f"{layer}: expected kernel sides that leave even sides to pool by 2×2, got {x_c}×{y_c}")
        sides = x_c // 2, y_c // 2
    return sides


def require(name: str, value: object, expected: str, ok: bool) -> None:
    """Raise ValueError, naming the option, unless its value is as expected."""
    if not ok:
        raise ValueError(f"{name}: expected {expected}, got {value!r}")


def whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def real(value: object) -> bool:
    """A finite number, that is."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
