"""What a JAX program computes, in exact arithmetic: an interpreter of jaxprs on NumPy object arrays.

JAX differentiates by program transformation, so a gradient is a program like any other. Interpreted here, neither XLA
nor a floating-point number has a part in it, and its entries may be fractions, polynomials or elements of a field. It
knows the primitives that occur in the derivative of the network; each of them is written from its definition
(https://openxla.org/xla/operation_semantics), and whatever else comes is refused by name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from inspect import signature
from operator import add, mul
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal, Var

Element = Any  # int, Fraction or whatever calculates with them; never a float
Rule = Callable[..., Any]
Sides = Sequence[Any]  # integers, some of them NumPy's
Place = tuple[int, ...]


def trace(function: Callable[..., Any], *shapes: tuple[int, ...]) -> ClosedJaxpr:
    """The program of a function of float64 arrays of these shapes."""
    arguments = [jax.ShapeDtypeStruct(shape, np.float64) for shape in shapes]  # type: ignore[no-untyped-call]
    return jax.make_jaxpr(function)(*arguments)


def evaluate(program: ClosedJaxpr, *arrays: np.ndarray, **functions: Callable[[Element], Element]) -> list[np.ndarray]:
    """The results of a program on object arrays. `functions` are what stands for the sigmoid of an entry, `logistic`,
    or for its exponential, `exp`: primitives that no exact arithmetic has.

    Raises: NotImplementedError for a primitive, or a parameter of one, that has no rule here; TypeError for an array
    that does not hold objects; ValueError for one of another shape than the program says, or one too many or too few.
    """
    rules = RULES | {name: np.frompyfunc(function, 1, 1) for name, function in functions.items()}
    values: dict[Var, np.ndarray] = {}
    for variable, constant in zip(program.jaxpr.constvars, program.consts, strict=True):
        values[variable] = _exact(constant)
    for variable, array in zip(program.jaxpr.invars, arrays, strict=True):
        if array.dtype != object:
            raise TypeError(f"argument: expected an array of objects, got {array.dtype}")
        values[variable] = _fitting("argument", variable, array)
    for equation in _needed(program.jaxpr):
        rule, parameters = _rule(equation, rules)
        result = rule(*(_read(atom, values) for atom in equation.invars), **parameters)
        [variable] = equation.outvars
        values[variable] = _fitting(equation.primitive.name, variable, np.asarray(result, object))
    return [_read(atom, values) for atom in program.jaxpr.outvars]


def _read(atom: Var | Literal, values: dict[Var, np.ndarray]) -> np.ndarray:
    return _exact(atom.val) if isinstance(atom, Literal) else values[atom]


def _fitting(origin: str, variable: Var, value: np.ndarray) -> np.ndarray:
    shape = variable.aval.shape  # type: ignore[attr-defined]
    if value.shape != shape:
        raise ValueError(f"{origin}: expected shape {shape}, got {value.shape}")
    return value


def _needed(jaxpr: Jaxpr) -> list[JaxprEqn]:
    """The equations that the results depend on. A pullback also holds the forward pass, needed or not."""
    live = {atom for atom in jaxpr.outvars if isinstance(atom, Var)}
    needed = []
    for equation in reversed(jaxpr.eqns):
        if live & set(equation.outvars):
            live |= {atom for atom in equation.invars if isinstance(atom, Var)}
            needed.append(equation)
    return needed[::-1]


def _rule(equation: JaxprEqn, rules: Mapping[str, Rule]) -> tuple[Rule, dict[str, Any]]:
    """The rule of a primitive and the parameters that it takes; all others must have the value that changes nothing."""
    name = equation.primitive.name
    if name not in rules:
        raise NotImplementedError(f"{name}: no rule for this primitive")
    taken = {key: value for key, value in equation.params.items() if key in PARAMETERS.get(name, ())}
    for key, value in equation.params.items():
        if key not in taken and key != "precision" and not (key in NEUTRAL and value == NEUTRAL[key]):
            raise NotImplementedError(f"{name}: no rule for {key}={value!r}")
    return rules[name], taken


def _number(value: Any) -> int | Fraction:
    """A float as what it is; an integer where it is one, which calculates faster."""
    fraction = Fraction(float(value))
    return fraction.numerator if fraction.denominator == 1 else fraction


def _exact(floats: Any) -> np.ndarray:
    return np.asarray(np.frompyfunc(_number, 1, 1)(floats), object)


def _broadcast_in_dim(x: np.ndarray, *, shape: Sides, broadcast_dimensions: Sides) -> np.ndarray:
    """Axis k of x becomes axis broadcast_dimensions[k], in ascending order; along all others x is repeated."""
    sides = [1] * len(shape)
    for axis, side in zip(broadcast_dimensions, x.shape, strict=True):
        sides[axis] = side
    return np.broadcast_to(x.reshape(sides), shape)


def _pad(x: np.ndarray, value: Element, *, padding_config: Sequence[Sides]) -> np.ndarray:
    """Entry i comes to lo + i (1 + interior), unless a negative lo or hi cuts it off."""
    axes = list(zip(x.shape, padding_config, strict=True))
    sides = [lo + size + (size - 1) * interior + hi for size, (lo, hi, interior) in axes]
    places = [lo + np.arange(size) * (1 + interior) for size, (lo, _, interior) in axes]
    inside = [np.flatnonzero((place >= 0) & (place < side)) for place, side in zip(places, sides, strict=True)]
    padded = np.full(sides, value, object)
    padded[np.ix_(*(place[i] for place, i in zip(places, inside, strict=True)))] = x[np.ix_(*inside)]
    return padded


def _spread(x: np.ndarray, padding: Sequence[Sides], dilation: Sides) -> np.ndarray:
    """Entries at a distance of `dilation`, with zeros between and around them."""
    config = [(lo, hi, step - 1) for (lo, hi), step in zip(padding, dilation, strict=True)]
    return _pad(x, 0, padding_config=config)


def _shifts(x: np.ndarray, window: Sides, strides: Sides, dilation: Sides) -> Iterator[tuple[Place, np.ndarray]]:
    """For each place k in a window on the last axes all x(…, i·stride + k·dilation), i the positions of the window."""
    axes = zip(x.shape[-len(window) :], window, dilation, strict=True)
    spans = [max(0, size - (side - 1) * gap) for size, side, gap in axes]
    for place in np.ndindex(*window):
        starts = np.array(place) * dilation
        entries: tuple[Any, ...] = (..., *map(slice, starts, starts + spans, strides))
        yield place, x[entries]


def _reduce_window_sum(
    x: np.ndarray,
    *,
    window_dimensions: Sides,
    window_strides: Sides,
    padding: Sequence[Sides],
    base_dilation: Sides,
    window_dilation: Sides,
) -> np.ndarray:
    """Σ_k x(i·stride + k·dilation)."""
    shifts = _shifts(_spread(x, padding, base_dilation), window_dimensions, window_strides, window_dilation)
    return reduce(add, (shifted for _, shifted in shifts))


def _conv_general_dilated(
    x: np.ndarray,
    k: np.ndarray,
    *,
    window_strides: Sides,
    padding: Sequence[Sides],
    lhs_dilation: Sides,
    rhs_dilation: Sides,
    dimension_numbers: Any,
) -> np.ndarray:
    """Σ_c Σ_u x(n, c, i·stride + u·dilation) k(o, c, u), with the axes brought into that order."""
    lhs_spec, (*rhs_features, u, v), out_spec = dimension_numbers
    x, k = x.transpose(lhs_spec), k.transpose(u, v, *rhs_features)
    x = _spread(x, [(0, 0), (0, 0), *padding], [1, 1, *lhs_dilation])
    shifts = _shifts(x, k.shape[:2], window_strides, rhs_dilation)
    products = (np.tensordot(shifted, k[place], (1, 1)) for place, shifted in shifts)
    y = np.moveaxis(reduce(add, products), -1, 1)
    return y.transpose(np.argsort(out_spec))


def _dot_general(x: np.ndarray, y: np.ndarray, *, dimension_numbers: Any) -> np.ndarray:
    contracting, batch = dimension_numbers
    if batch != ((), ()):
        raise NotImplementedError(f"dot_general: no rule for dimension_numbers={dimension_numbers!r}")
    return np.tensordot(x, y, contracting)


RULES: dict[str, Rule] = {
    "add": lambda x, y: x + y,
    "add_any": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x * (Fraction(1) / y),  # of two integers too, whose quotient would be a float
    "neg": lambda x: -x,
    "square": lambda x: x * x,
    "integer_pow": lambda x, *, y: reduce(mul, [x if y > 0 else Fraction(1) / x] * abs(y)),
    "reshape": lambda x, *, new_sizes: x.reshape(new_sizes),
    "squeeze": lambda x, *, dimensions: x.squeeze(tuple(dimensions)),
    "transpose": lambda x, *, permutation: x.transpose(permutation),
    "rev": lambda x, *, dimensions: np.flip(x, dimensions),
    "reduce_sum": lambda x, *, axes: x.sum(axis=tuple(axes)),
    "broadcast_in_dim": _broadcast_in_dim,
    "pad": _pad,
    "reduce_window_sum": _reduce_window_sum,
    "dot_general": _dot_general,
    "conv_general_dilated": _conv_general_dilated,
}

PARAMETERS = {name: set(signature(rule).parameters) for name, rule in RULES.items()}  # those that have an effect here
NEUTRAL = {"batch_group_count": 1, "feature_group_count": 1} | dict.fromkeys(
    ["accuracy", "dimensions", "out_dtype", "out_sharding", "preferred_element_type", "sharding"]
)
