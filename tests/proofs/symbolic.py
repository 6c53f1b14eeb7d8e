"""The shipped functions on arrays of variables: what they must return, and faults that must be seen."""

import re
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vanillacnn
from reference.exact.numbers import Monomial, Polynomial, derivative, identical, pairing, variables
from reference.formulas.notation import formulas
from tests.suite.compare import Mismatch, same_entries
from tests.suite.generators import Sizes
from tests.suite.implementation import Implementation
from tests.suite.properties import INDEX_FORM
from tests.suite.signatures import FUNCTIONS, SIGNATURES
from tests.suite.traceability import MODULES
from vanillacnn.equations import sigmoid

SHIPPED = Implementation(*MODULES)
LIBRARY = Path(vanillacnn.__file__).parent

ACTIVATIONS = ("conv_activation", "dense_activation")
LABELS: dict[str, list[str]] = {}  # of each function
for _label, _formula in formulas().items():
    LABELS.setdefault(_formula.function, []).append(_label)


def forward_of(function: str) -> str:
    """The forward function that a function is the gradient of, or nothing."""
    forward = formulas()[LABELS[function][0]].derivative_of
    return formulas()[forward].function if forward else ""


def result(function: str) -> str:
    """The name of what a function returns."""
    return re.split(r"\W", SIGNATURES[function].split(" -> ")[1])[0]


def operands(function: str, sizes: Sizes) -> dict[str, Any]:
    """The arguments of a function, each entry a variable of its own."""
    axes = FUNCTIONS[function].arguments
    arrays = {name: variables(name, tuple(sizes[letter] for letter in letters or "")) for name, letters in axes.items()}
    scalars = {name: arrays[name][()] for name in ("alpha", "mu", "beta_1", "beta_2", "lambda_") if name in axes}
    arrays |= scalars
    if "beta" in axes:  # 1 - β^t is divided by, so it has to be a number
        arrays |= {"beta": Fraction(9, 10), "t": sizes["t"]}
    if "kernel" in axes:
        arrays["kernel"] = (sizes["u"], sizes["v"])
    return arrays


# What is added for a term m of a result. The variables of an array have consecutive numbers.
FAULTS: dict[str, Callable[[Monomial], Polynomial]] = {
    "a wrong index": lambda m: Polynomial({(*m[:-1], m[-1] + 1): 1, m: -1}),
    "a dropped term": lambda m: Polynomial({m: -1}),
    "a factor 1 + 1e-9": lambda m: Polynomial({m: Fraction(1, 10**9)}),
}


def with_fault(fault: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with one term of one entry of its result at fault."""

    def faulty(*arguments: Any) -> np.ndarray:
        result = np.array(function(*arguments))
        entry = [k for k, value in enumerate(result.flat) if isinstance(value, Polynomial)][-1]
        monomial, coefficient = list(result.flat[entry].terms.items())[-1]
        result.flat[entry] = result.flat[entry] + coefficient * FAULTS[fault](monomial)
        return result

    return faulty


def executed(function: Callable[..., Any], *arguments: Any) -> set[tuple[str, int, int]]:
    """Every instruction of the library that a call executes: its function, its line, its place in the bytecode."""
    seen = set()

    def trace(frame: Any, event: str, _: Any) -> Any:
        if LIBRARY not in Path(frame.f_code.co_filename).parents:
            return None
        frame.f_trace_opcodes = True
        seen.add((frame.f_code.co_qualname, frame.f_lineno, frame.f_lasti))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function(*arguments)
    finally:
        sys.settrace(before)
    return seen


def takes_one_path(function: Callable[..., Any], *arguments: Any) -> bool:
    """Whether floats in place of the variables lead through the same instructions: no branch asks for the dtype."""
    rng = np.random.default_rng(0)
    floats = [rng.standard_normal(x.shape) if isinstance(x, np.ndarray) else x for x in arguments]
    floats = [0.5 if isinstance(x, Polynomial) else x for x in floats]
    path = executed(function, *arguments)
    return bool(path) and path == executed(function, *floats)


def same_polynomials(actual: np.ndarray, expected: np.ndarray, where: str) -> None:
    """Raises: Mismatch with the first entry that differs, both polynomials there and their difference."""
    if not identical(actual, expected):
        same_entries(actual, expected, where)
        raise Mismatch(f"other polynomials at {where}", {})


Stated = tuple[dict[str, Any], np.ndarray]  # arguments, and what a function must return for them


def stated(function: str, sizes: Sizes) -> Stated:
    """For arguments whose entries are variables: the index form's polynomials or, of a gradient, the derivative."""
    forward = forward_of(function)
    if not forward:
        arguments = operands(function, sizes)
        return arguments, np.asarray(getattr(INDEX_FORM, function)(*arguments.values()))
    return slope(function, sizes) if forward in ACTIVATIONS else gradient(function, forward, sizes)


def gradient(function: str, forward: str, sizes: Sizes) -> Stated:
    """The derivative of ⟨Δ, forward⟩ by the argument that the function's result is named after."""
    known, of = operands(forward, sizes), result(function).removeprefix("d")
    output, x = np.asarray(getattr(SHIPPED, forward)(*known.values())), known[of]
    # A scalar, the loss, has no cotangent but 1.
    D = variables("D", output.shape) if output.shape else np.array(1, object)
    known["shape"] = x.shape[:-1]
    arguments = {name: known.get(name, D) for name in FUNCTIONS[function].arguments}
    return arguments, derivative(pairing(D, output), x)


def slope(function: str, sizes: Sizes) -> Stated:
    """Δ ⊙ s ⊙ (1 - s) as a polynomial in Δ and in s, the value of the sigmoid at x.

    On such polynomials d/dx is the derivation with s′ = s(1 - s), which is (6), read from its function. By the chain
    rule ⟨Δ, σ(x)⟩ has the derivative ∂⟨Δ, s⟩/∂s ⊙ s′, and that the function must be, for all Δ and s. It is no proof
    that s is σ(x), which is no polynomial: (15), (19) and (25) are left to other tests.
    """
    arguments = operands(function, sizes)
    D, s = arguments.values()
    return arguments, derivative(pairing(D, s), s) * sigmoid_slope(s)


def hold(function: str, code: Callable[..., Any], sizes: Sizes) -> None:
    """Raises: Mismatch unless the code returns what is stated for the function."""
    arguments, expected = stated(function, sizes)
    same_polynomials(np.asarray(code(*arguments.values()), object), expected, f"{function}, sizes {sizes}")


def sigmoid_slope(s: np.ndarray) -> np.ndarray:
    """(6), where the sigmoid returns s."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sigmoid, "sigmoid", lambda x: s)
        return SHIPPED.sigmoid_derivative(s)
