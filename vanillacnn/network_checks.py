"""What the network's functions expect: records whose arrays fit together. Each raises ValueError with the symbol."""

import numpy as np
from numpy.typing import DTypeLike

from vanillacnn.arrays import Gradients, Parameters, Trace
from vanillacnn.checks import expect, require, scalar, whole
from vanillacnn.equations.correlation import Shape, valid_shape


def check_sizes(rng: object, image: object, maps: object, kernels: object, classes: object, dtype: DTypeLike) -> None:
    """What `initialize` draws with, and how much."""
    check_record("rng", rng, np.random.Generator)
    require("dtype", dtype, "a floating-point dtype", np.dtype(dtype).kind == "f")
    require("image", image, "two whole numbers from 1", is_pair(image))
    require("maps", maps, "two whole numbers from 1", is_pair(maps))
    pairs = isinstance(kernels, tuple | list) and len(kernels) == 2 and all(map(is_pair, kernels))
    require("kernels", kernels, "two pairs of whole numbers from 1", pairs)
    require("classes", classes, "a whole number from 1", whole(scalar(classes), 1))


def is_pair(value: object) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2 and all(whole(scalar(side), 1) for side in value)


def check_parameters(params: Parameters) -> None:
    """Six arrays of one dtype whose maps, kernels and classes agree."""
    check_record("params", params, Parameters)
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
    try:
        x_s, y_s = pooled_sides((x, y), params.K1.shape[2:], params.K2.shape[2:])
    except ValueError as error:
        expected = "images of sides that the kernels fit, and the sample index last"
        raise ValueError(f"I: expected {expected}, got shape {I.shape} ({error})") from None
    features = params.K2.shape[1] * x_s * y_s
    if features != params.W.shape[1]:
        raise ValueError(
            f"I: expected images that give W its {params.W.shape[1]} features, got {x}×{y}, which give {features}"
        )


def check_trace(params: Parameters, trace: Trace) -> None:
    """Every intermediate in the shape that `forward` gives it."""
    check_record("trace", trace, Trace)
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


def check_scores(trace: Trace) -> None:
    """ŷ and ŷ_σ that are one forward pass's, as far as shape and dtype tell."""
    check_record("trace", trace, Trace)
    expect("yhat_s", trace.yhat_s, ("i", "n"))
    expect("yhat", trace.yhat, trace.yhat_s.shape, trace.yhat_s.dtype, "yhat_s")


def check_labels(y: np.ndarray, yhat_s: np.ndarray) -> None:
    """One finite target for each score."""
    expect("y", y, yhat_s.shape, yhat_s.dtype, "yhat_s")
    check_finite("y", y)


def check_samples(y: np.ndarray) -> None:
    """A batch that a mean can be taken over."""
    if not y.shape[1]:
        raise ValueError("y: expected at least one sample to take the mean over, got none")


def check_gradients(params: Parameters, grads: Gradients) -> None:
    """A gradient in the shape and dtype of each parameter."""
    check_record("grads", grads, Gradients)
    for name, theta in params._asdict().items():
        expect(f"d{name}", getattr(grads, f"d{name}"), theta.shape, theta.dtype)


def check_finite(symbol: str, X: np.ndarray) -> None:
    # Exact numbers are finite by nature, and NumPy cannot ask them.
    if X.dtype != object and not np.isfinite(X).all():
        raise ValueError(f"{symbol}: expected finite numbers, got NaN or infinity")


def check_record(name: str, value: object, kind: type) -> None:
    if not isinstance(value, kind):
        raise ValueError(f"{name}: expected {kind.__name__}, got {type(value).__name__}")


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
