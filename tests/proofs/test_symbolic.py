"""The functions that train, unchanged, run on polynomials: what they compute for all real inputs of a shape at once.

A gradient is compared with the formal derivative of ⟨Δ, f⟩, where f is what the forward function returns for distinct
variables, and Δ are more of them; any other function with its index form. Equal means coefficient by coefficient. Each
equation at the paper's sizes with one and two samples, and at all small shapes. This trusts CPython, NumPy's loops over
objects and `reference.exact.numbers`, and says nothing of rounding, for which there are bounds.
"""

from collections.abc import Callable, Iterable
from inspect import unwrap
from itertools import product

import numpy as np
import pytest

from reference.exact.numbers import variables
from reference.formulas.notation import formulas
from tests.proofs.symbolic import (
    FAULTS,
    LABELS,
    LIBRARY,
    SHIPPED,
    forward_of,
    hold,
    operands,
    same_polynomials,
    stated,
    takes_one_path,
    with_fault,
)
from tests.suite.compare import Mismatch
from tests.suite.generators import Sizes
from tests.suite.signatures import FUNCTIONS
from tests.suite.traceability import identifier
from vanillacnn.arrays import Gradients, Parameters
from vanillacnn.equations import convolution, dense
from vanillacnn.network import update


def grid(letters: str, *sides: Iterable[int]) -> list[Sizes]:
    return [dict(zip(letters, one, strict=True)) for one in product(*sides)]


Shapes = dict[str, list[Sizes]]  # "paper": those of the paper's network; "small": all up to some size
TWO, SIX = range(1, 3), range(1, 7)
KERNELS = [s for s in grid("xyuv", SIX, SIX, range(1, 4), range(1, 4)) if s["u"] <= s["x"] and s["v"] <= s["y"]]
LAYERS = [{"p": 1, "q": 6, "x": 28, "y": 28, "u": 5, "v": 5}, {"p": 6, "q": 12, "x": 12, "y": 12, "u": 5, "v": 5}]

OPERATORS: Shapes = {"paper": LAYERS, "small": KERNELS}
CONVOLUTIONS: Shapes = {  # 15² pairs of sides with 2³ numbers of maps and samples; (14) is (18) with p = 1
    "paper": [layer | {"n": n} for layer in LAYERS for n in TWO],
    "small": [kernel | maps for kernel in KERNELS for maps in grid("pqn", TWO, TWO, TWO)],
}
ACTIVATIONS: Shapes = {
    "paper": grid("qijn", [6], [24], [24], TWO) + grid("qijn", [12], [8], [8], TWO),
    "small": grid("qijn", TWO, SIX, SIX, TWO),
}
CELLS: Shapes = {
    "paper": grid("qxyn", [6], [24], [24], TWO) + grid("qxyn", [12], [8], [8], TWO),
    "small": grid("qxyn", TWO, [2, 4, 6], [2, 4, 6], TWO),
}
VECTORS: Shapes = {"paper": grid("kijn", [12], [4], [4], TWO), "small": grid("kijn", TWO, SIX, SIX, TWO)}
DENSE: Shapes = {"paper": grid("cmn", [10], [192], TWO), "small": grid("cmn", SIX, SIX, TWO)}
PARAMETERS: Shapes = {"paper": [{"a": 3898, "t": 3}], "small": [{"a": k, "t": k} for k in SIX]}


def shapes_of(function: str) -> Shapes:
    """By the letters of its axes; a gradient has those of its forward function."""
    interface = FUNCTIONS[forward_of(function) or function]
    letters = {letter for axes in (*interface.arguments.values(), interface.result) for letter in axes or ""}
    for some, shapes in (("a", PARAMETERS), ("c", DENSE), ("m", VECTORS), ("pu", CONVOLUTIONS), ("qx", CELLS)):
        if {*some} <= letters:
            return shapes
    return ACTIVATIONS if "n" in letters else OPERATORS


# Those of the heads are rational, not polynomial: test_symbolic_heads.py
HEADS = {formulas()[label].function for label in ("(H3)", "(H4)", "(H6)")}
HELD = {
    "-".join(map(identifier, labels)): function
    for function, labels in LABELS.items()
    if "polynomials" not in formulas()[labels[0]].exempt and function not in {"sigmoid_derivative", *HEADS}
}
EACH = pytest.mark.parametrize("function", HELD.values(), ids=HELD)


def test_there_are_1800_small_shapes_of_a_convolution() -> None:
    assert len({tuple(sizes.values()) for sizes in CONVOLUTIONS["small"]}) == 1800


@EACH
@pytest.mark.parametrize("shapes", ["small", pytest.param("paper", marks=pytest.mark.slow)])
def test_is_the_polynomial_exactly(function: str, shapes: str) -> None:
    for sizes in shapes_of(function)[shapes]:
        hold(function, getattr(SHIPPED, function), sizes)


@EACH
@pytest.mark.parametrize("fault", FAULTS)
def test_one_term_at_fault_is_rejected(function: str, fault: str) -> None:
    with pytest.raises(Mismatch):
        hold(function, with_fault(fault, getattr(SHIPPED, function)), shapes_of(function)["small"][-1])


@EACH
def test_floats_take_the_same_path(function: str) -> None:
    arguments, _ = stated(function, shapes_of(function)["small"][-1])
    assert takes_one_path(getattr(SHIPPED, function), *arguments.values())


@pytest.mark.parametrize(("module", "function"), [(convolution, "conv_activation"), (dense, "dense_activation")])
def test_floats_take_the_same_path_to_the_sigmoid(module, function, monkeypatch) -> None:
    """The sigmoid itself is no polynomial, so another function stands in for it."""
    monkeypatch.setattr(module, "sigmoid", lambda x: x * x)
    assert takes_one_path(getattr(module, function), *operands(function, ACTIVATIONS["small"][-1] | {"c": 2}).values())


def test_floats_take_the_same_path_through_an_update() -> None:
    sides = {"K1": (1, 2, 2, 3), "b1": (2,), "K2": (2, 3, 3, 2), "b2": (3,), "W": (4, 6), "b": (4,)}

    def step(*arrays: np.ndarray) -> None:
        unwrap(update)(
            Parameters(*arrays), Gradients(*arrays, *[None] * 10), 2
        )  # whose annotations ask for a float and all gradients

    assert takes_one_path(step, *(variables(name, shape) for name, shape in sides.items()))


@pytest.mark.parametrize(("body", "one"), [("return 2 * x", True), ("return x if x.dtype == object else 2 * x", False)])
def test_a_branch_on_the_dtype_is_seen_even_within_a_line(body: str, one: bool) -> None:
    scope: dict[str, Callable[..., np.ndarray]] = {}
    exec(compile(f"def f(x): {body}", LIBRARY / "f.py", "exec"), scope)
    assert takes_one_path(scope["f"], variables("x", (2,))) == one


def test_a_failure_shows_the_first_entry_that_differs() -> None:
    """ΔK with one entry wrong: its place, and both polynomials there."""
    S, dC = variables("S", (1, 2, 2, 1)), variables("dC", (1, 1, 2, 1))
    right = SHIPPED.kernel_gradient(S, dC)
    wrong = right.copy()
    wrong[0, 0, 1, 0] = wrong[0, 0, 1, 0] + dC[0, 0, 0, 0]
    with pytest.raises(Mismatch, match=r"the entry \(0, 0, 1, 0\) differs at \(36\)") as caught:
        same_polynomials(wrong, right, "(36)")
    told = str(caught.value)
    assert "expected = 1·S[0,1,0,0]·dC[0,0,0,0] + 1·S[0,1,1,0]·dC[0,0,1,0]" in told
    assert "difference = 1·dC[0,0,0,0]" in told
