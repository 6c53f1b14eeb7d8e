"""Try vanillacnn.check, torch.autograd.gradcheck and JAX's check_grads on the same twenty faults, and write the table
into docs/check_your_own.md. Needs the extras test and bench.

A gradient check compares a backward pass with differences of the forward pass that stands beside it, in one case that
its user picks: here two samples, three maps of 6×6 and kernels of 3×3, each with its defaults.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the tests are no package that is installed
if TYPE_CHECKING:
    from tests.suite.planted import Planted

PAGE = ROOT / "docs" / "check_your_own.md"
BEGIN, END = "<!-- faults: python scripts/documents/gradient_checkers.py -->", "<!-- end of faults -->"
Pair = tuple[Callable[..., Any], Callable[..., Any], tuple[np.ndarray, ...]]


def pair(fault: "Planted") -> Pair:
    """The fault's forward(*inputs) and backward(dout, inputs) with all gradients, and inputs to try them on."""
    f, rng = fault.functions(), np.random.default_rng(0)
    x, w, b = rng.standard_normal((2, 3, 6, 6)), rng.standard_normal((2, 3, 3, 3)), rng.standard_normal(2)
    if fault.stride == 2:
        x = rng.standard_normal((2, 3, 7, 7))
    rows = rng.standard_normal((2, 3))
    y = np.eye(3)[[1, 2]]
    return {
        "conv": (f["conv_forward"], f["conv_backward"], (x, w, b)),
        "dense": (f["dense_forward"], f["dense_backward"], (rows, rng.standard_normal((3, 2)), b)),
        "pool": (f["pool_forward"], lambda dout, inputs: (f["pool_backward"](dout, inputs[0]),), (x[:, :, :6, :6],)),
        "sigmoid": (f["sigmoid"], lambda dout, inputs: (f["sigmoid_backward"](dout, inputs[0]),), (rows,)),
        "loss": (
            lambda z: np.asarray(f["softmax_loss"](z, y)),
            lambda dout, inputs: (dout * f["softmax_loss_backward"](inputs[0], y),),
            (rows,),
        ),
    }[fault.layer]


def found_by_torch(forward: Callable[..., Any], backward: Callable[..., Any], inputs: tuple[np.ndarray, ...]) -> bool:
    import torch

    class Mine(torch.autograd.Function):  # type: ignore[misc,unused-ignore]
        @staticmethod
        def forward(ctx: Any, *tensors: Any) -> Any:
            ctx.save_for_backward(*tensors)
            return torch.tensor(forward(*(t.detach().numpy() for t in tensors)))

        @staticmethod
        def backward(ctx: Any, dout: Any) -> Any:
            inputs = tuple(t.detach().numpy() for t in ctx.saved_tensors)
            return tuple(torch.tensor(a) for a in backward(dout.numpy(), inputs))

    tensors = [torch.tensor(a, requires_grad=True) for a in inputs]
    return not torch.autograd.gradcheck(Mine.apply, tensors, raise_exception=False)


def found_by_jax(forward: Callable[..., Any], backward: Callable[..., Any], inputs: tuple[np.ndarray, ...]) -> bool:
    import jax
    from jax import test_util

    shape: Any = jax.ShapeDtypeStruct
    check_grads: Any = test_util.check_grads

    config: Any = jax.config
    config.update("jax_enable_x64", True)
    like = shape(np.shape(forward(*inputs)), np.float64)

    @jax.custom_vjp
    def mine(*arrays: Any) -> Any:
        return jax.pure_callback(lambda *a: np.asarray(forward(*map(np.asarray, a))), like, *arrays)

    def back(arrays: Any, dout: Any) -> Any:
        shapes = tuple(shape(a.shape, np.float64) for a in inputs)
        return jax.pure_callback(
            lambda d, *a: tuple(backward(np.asarray(d), tuple(map(np.asarray, a)))), shapes, dout, *arrays
        )

    mine.defvjp(lambda *arrays: (mine(*arrays), arrays), back)
    try:
        check_grads(mine, inputs, order=1, modes=["rev"])
    except AssertionError:
        return True
    return False


def found_here(fault: "Planted") -> str:
    """The hint, if the fault is found."""
    from tests.suite.planted import check

    report = check(fault)
    hints = [line.partition("hint: ")[2] for line in str(report).splitlines() if "hint: " in line]
    return "" if report.ok else (hints or ["found"])[0]


def table() -> str:
    from tests.suite.planted import PLANTED, Planted

    for layer, stride in (("conv", 1), ("conv", 2), ("dense", 1), ("pool", 1), ("sigmoid", 1), ("loss", 1)):
        right = pair(Planted("none", "", "", "", layer, stride))
        if found_by_torch(*right) or found_by_jax(*right):
            raise AssertionError(f"{layer}: expected the implementation without a fault to pass")
    lines = ["| fault | gradcheck | check_grads | vanillacnn.check says |", "|---|---|---|---|"]
    counts = [0, 0, 0]
    for fault in PLANTED:
        found = (found_by_torch(*pair(fault)), found_by_jax(*pair(fault)), found_here(fault))
        counts = [count + bool(each) for count, each in zip(counts, found, strict=True)]
        words = ["found" if each else "not seen" for each in found[:2]]
        lines.append(f"| {fault.name} | {words[0]} | {words[1]} | {found[2] or 'not seen'} |")
    total = len(PLANTED)
    lines.append(f"| found | {counts[0]} of {total} | {counts[1]} of {total} | {counts[2]} of {total} |")
    return "\n".join(lines)


def main() -> None:
    head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    if not tail:
        sys.exit(f"{PAGE}: expected the lines {BEGIN!r} and {END!r}")
    PAGE.write_text(f"{head}{BEGIN}\n{table()}\n{END}{tail}", "utf-8")


if __name__ == "__main__":
    main()
