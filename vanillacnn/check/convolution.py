"""The convolutional layer, with the derivation itself as the oracle, in float64."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from vanillacnn.check import faults, sizes
from vanillacnn.check.geometry import Geometry, Layer, Sides
from vanillacnn.check.interface import (
    call_pair,
    check_bias,
    check_choice,
    check_letters,
    check_precision,
    check_samples,
    optional_bias,
    to_user,
    two,
)
from vanillacnn.check.judge import Quantity
from vanillacnn.check.report import RIGHT, Report
from vanillacnn.check.runner import Case, Data, Sizes, dyadic, run, run_case, spell, to_precision

Function = Callable[..., Any]


def check_convolution(
    forward: Function,
    backward: Function | None = None,
    *,
    x: str = "NCHW",
    kernel: str = "OIHW",
    out: str | None = None,
    stride: int | Sides = 1,
    padding: int | Sides | str = 0,
    rotated: bool = False,
    bias: tuple[int, ...] | None = (-1,),
    parameter_gradients: str = "sum",
    kernel_size: int | Sides | None = None,
    square: bool = False,
    dtype: DTypeLike = np.float64,
    strict: bool = False,
) -> Report:
    """C = S ⋆ K + b, (17), and its gradients (38), (36), (37).

    forward(x, w, b) -> out or (out, cache); backward(dout, cache) -> (dx, dw, db), with None where there is none.
    Without a cache, backward gets (x, w, b) for it. Axes by their letters; one that is left out does not exist.
    `padding` may be "same". `rotated` is the convolution proper, S ∗ K. `bias` is the shape b has in your code, None
    for a layer without; `parameter_gradients` are the "sum" or the "mean" over the samples. `kernel_size` and `square`
    are for code that takes only this kernel, or only images and kernels as high as they are wide.
    """
    out = x if out is None else out
    check_letters("x", x, "CHWN", "HW")
    check_letters("kernel", kernel, "IOHW", "HW")
    check_letters("out", out, "CHWN", "HW")
    check_samples("out", out, x)
    check_bias(bias, "O" in kernel and "C" in out)
    check_choice("parameter_gradients", parameter_gradients, ("sum", "mean"))
    check_precision(dtype)
    steps = two("stride", stride, 1)
    only = None if kernel_size is None else two("kernel_size", kernel_size, 1)
    margins = None if padding == "same" else padding if isinstance(padding, str) else two("padding", padding, 0)
    if isinstance(margins, str) or (margins is None and steps != (1, 1)):
        raise ValueError(f'padding: expected numbers, or "same" at stride 1, got {padding!r} at stride {stride}')
    if margins is None and only and not all(side % 2 for side in only):
        raise ValueError(f'kernel_size: expected odd sides with padding="same", got {kernel_size}')

    def geometry(kernel: Sides) -> Geometry:
        return Geometry(steps, margins or (kernel[0] // 2, kernel[1] // 2))

    def allowed(kernel: Sides) -> Sides:
        u, v = kernel
        return only or ((u | 1, v | 1) if margins is None else (u, v))

    declared = Declared(x, kernel, out, rotated, bias, parameter_gradients == "mean")

    def cases(declared: Declared, backward: Function | None) -> Callable[[Sizes, Data], Case]:
        def make(size: Sizes, data: Data) -> Case:
            layer = draw(geometry((size["u"], size["v"])), size, data, declared, dtype)
            call = call_pair(forward, backward, ("dx", "dw", "db"))
            arguments = {name: a.astype(dtype) for name, a in declared.arguments(layer).items()}
            return Case(arguments, call, declared.quantities(layer))

        return make

    missing = {"N": x, "I": x.replace("C", "I") if "I" in kernel else "", "O": kernel if "C" in declared.out else ""}
    here = sizes.without(sizes.convolution(geometry, allowed, square), missing)
    small = sizes.without(sizes.small_convolution(geometry, allowed), missing)
    report = run(Report("check_convolution", strict=strict), here, cases(declared, backward), small)
    if not report.of("out", RIGHT):
        report.advice = advice(declared, here[0], lambda other: cases(other, None))
    return report


@dataclass(frozen=True)
class Declared:
    """What the user says of the layer: its axes and the form of its parameters."""

    x: str
    kernel: str
    out: str
    rotated: bool
    bias: tuple[int, ...] | None
    mean: bool

    def kernels(self, K: np.ndarray) -> np.ndarray:
        return to_user(faults.turned(K) if self.rotated else K, "IOHW", self.kernel)

    def biases(self, b: np.ndarray) -> np.ndarray:
        return b if self.bias is None else b.reshape(self.bias)

    def arguments(self, layer: Layer) -> dict[str, np.ndarray]:
        inputs = {"x": to_user(layer.S, "CHWN", self.x), "w": self.kernels(layer.K)}
        return inputs | optional_bias(layer.b, self.bias) | {"dout": to_user(layer.dC, "CHWN", self.out)}

    def quantities(self, layer: Layer) -> list[Quantity]:
        """What is right, and what the usual faults would give, in the user's axes."""
        I, O, u, v = layer.K.shape
        cells = layer.dC.size // O
        share = 1 / layer.S.shape[3] if self.mean else 1.0
        sized = layer.sizes()
        S, K, b, dC = (float(np.linalg.norm(a)) for a in (layer.S, layer.K, layer.b, layer.dC))

        def of(form: Callable[[np.ndarray], np.ndarray], found: faults.Faults) -> faults.Faults:
            return {name: form(a) for name, a in found.items()}

        def outputs(a: np.ndarray) -> np.ndarray:
            return to_user(a, "CHWN", self.out)

        def images(a: np.ndarray) -> np.ndarray:
            return to_user(a, "CHWN", self.x)

        def kernels(a: np.ndarray) -> np.ndarray:
            return self.kernels(share * a)

        def biases(a: np.ndarray) -> np.ndarray:
            return self.biases(share * a)

        return [
            Quantity(
                "out",
                outputs(layer.C()),
                outputs(sized.C()),
                I * u * v + 1,
                self.out,
                norm=S * K + b,
                faults=lambda: of(outputs, faults.of_output(layer, self.rotated)),
            ),
            Quantity(
                "dx",
                images(layer.dS()),
                images(sized.dS()),
                O * u * v,
                self.x,
                norm=dC * K,
                faults=lambda: of(images, faults.of_input_gradient(layer)),
            ),
            Quantity(
                "dw",
                kernels(layer.dK()),
                kernels(sized.dK()),
                cells + 1,
                self.kernel,
                norm=share * S * dC,
                parameter=self.kernels(sized.K),
                faults=lambda: of(kernels, faults.of_kernel_gradient(layer)),
            ),
            Quantity(
                "db",
                biases(layer.db()),
                biases(sized.db()),
                cells + 1,
                loose=True,
                parameter=self.biases(sized.b),
                faults=lambda: of(biases, faults.of_bias_gradient(layer)),
            ),
        ]


def draw(geometry: Geometry, size: Sizes, data: Data, declared: Declared, dtype: DTypeLike) -> Layer:
    """Data for a layer of this size, of values that the precision has."""
    N, I, O, H, W, u, v = size.values()
    S, K = (to_precision(data(*shape), dtype) for shape in ((I, H, W, N), (I, O, u, v)))
    b = np.zeros(O) if declared.bias is None else to_precision(data(O), dtype)
    layer = Layer(geometry, S, K, b, S)  # ΔC has the shape of C, which needs none
    return replace(layer, dC=to_precision(data(*layer.C().shape), dtype))


def advice(declared: Declared, size: Sizes, cases: Callable[[Declared], Callable[[Sizes, Data], Case]]) -> list[str]:
    """Another declaration of the axes and of the bias under which the forward pass is right, if there is one."""
    images = {"".join(c for c in order if c in declared.x): None for order in ("NCHW", "NHWC", "CHWN")}
    orders = ("OIHW", "HWIO", "IOHW", "HWOI")
    kernels = {"".join(c for c in order if c in declared.kernel): None for order in orders}
    shapes = [(-1,), (-1, 1), (1, -1), (1, 1, 1, -1), (-1, 1, 1)]
    biases: list[tuple[int, ...] | None] = [None] if declared.bias is None else [*shapes]
    for x, kernel, bias in product(images, kernels, biases):
        other = replace(declared, x=x, kernel=kernel, out=x, bias=bias)
        if sorted(declared.out) == sorted(x) and other != declared:
            rows = run_case(cases(other)(size, dyadic(np.random.default_rng(0))), spell(size))
            if rows[0].verdict == RIGHT:
                return [f'the forward pass is right if you declare x="{x}", kernel="{kernel}", bias={bias}']
    return []
