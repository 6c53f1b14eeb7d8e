"""What functions expect of their arguments, and the ValueError that says so. NumPy would broadcast many a wrong shape.

`checked` reads it off the annotations of an equation; `unchecked` is for callers that have checked already.
"""

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import wraps
from typing import Any, TypeVar, get_args

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])


def checked(equation: F) -> F:
    """The equation, with a check before it: shapes that fit its annotations and each other, one dtype, and numbers.

    Raises: ValueError naming the symbol, what was expected and what came.
    """
    signature = inspect.signature(equation)
    annotations = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    axes = {name: kind.dim_str.split() for name, kind in annotations.items() if hasattr(kind, "dim_str")}
    first = next(iter(axes))

    @wraps(equation)
    def check_first(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        arguments = bound.arguments
        known: dict[str, Any] = {}
        for name in arguments.keys() - axes.keys():
            arguments[name] = plain(name, arguments[name], annotations[name])
        for name, letters in axes.items():
            expect_array(name, arguments[name])
            came = arguments[name].shape
            shape = [*sides(letters, came, arguments, known)]
            expect(name, arguments[name], shape, arguments[first].dtype, first)
            known = dict(zip(letters, came, strict=False)) | known
        return equation(*bound.args, **bound.kwargs)

    return check_first  # type: ignore[return-value]


def unchecked(equation: F) -> F:
    """The equation without its check."""
    return getattr(equation, "__wrapped__", equation)


def sides(letters: list[str], came: tuple[int, ...], arguments: dict[str, Any], known: dict[str, Any]) -> Iterator[Any]:
    """The sides that an array must have. A letter that no array before it has stands for any number."""
    for letter in letters:
        if letter.startswith("*"):
            yield from known.setdefault(letter, came)
        elif letter.isidentifier():
            yield known.get(letter, letter)
        else:  # 1, 2*x_s, or {size} of another argument
            yield eval(letter.strip("{}"), arguments | known)


def plain(name: str, value: Any, kind: Any) -> Any:
    """A number, a size or a shape, as Python has them: NumPy's would change the dtype of what they multiply.

    Raises: ValueError when it is none.
    """
    value = scalar(value)
    if kind is int:
        require(name, value, "a whole number from 1", whole(value, 1))
    elif kind is Any:
        require(name, value, "a number", hasattr(value, "__neg__") and not isinstance(value, np.ndarray))
    else:
        value, count = tuple(map(scalar, value)) if isinstance(value, tuple) else value, len(get_args(kind))
        fits = isinstance(value, tuple) and len(value) == count and all(whole(side, 1) for side in value)
        require(name, value, f"{count} sides of at least 1", fits)
    return value


def scalar(value: Any) -> Any:
    """Python's number for one of NumPy's or for an array without axes; anything else as it is."""
    if isinstance(value, np.longdouble):
        return float(value)
    return value.item() if isinstance(value, np.generic | np.ndarray) and value.ndim == 0 else value


def expect(
    symbol: str, array: Any, shape: Sequence[int | str], dtype: np.dtype | None = None, whose: str = "the parameters"
) -> None:
    """Raise ValueError, naming the symbol, unless `array` has this shape and dtype.

    A side that is a string is free, and is how the message names it; only n may be 0. Without `dtype`, any float or
    object will do.
    """
    expect_array(symbol, array)
    pairs = list(zip(array.shape, shape, strict=False))
    if array.ndim != len(shape) or any(side != want for side, want in pairs if not isinstance(want, str)):
        raise ValueError(f"{symbol}: expected shape ({', '.join(map(str, shape))}), got {array.shape}")
    if any(side == 0 and want != "n" for side, want in pairs if isinstance(want, str)):
        raise ValueError(f"{symbol}: expected sides of at least 1, got shape {array.shape}")
    if dtype is not None and array.dtype != dtype:
        raise ValueError(f"{symbol}: expected dtype {dtype}, that of {whose}, got {array.dtype}")


def expect_array(symbol: str, array: object) -> None:
    """Raise ValueError, naming the symbol, unless an equation runs on `array`."""
    # A matrix has another product; what is masked is left out of a sum.
    if not isinstance(array, np.ndarray) or isinstance(array, np.matrix | np.ma.MaskedArray):
        raise ValueError(f"{symbol}: expected a plain NumPy array, got {type(array).__name__}")
    if array.dtype.kind not in "fcO":
        raise ValueError(f"{symbol}: expected a floating-point dtype, got {array.dtype}")
    if not array.dtype.isnative:
        raise ValueError(f"{symbol}: expected the byte order of this machine, got {array.dtype.str}")


def require(name: str, value: object, expected: str, ok: bool) -> None:
    """Raise ValueError, naming the option, unless its value is as expected."""
    if not ok:
        raise ValueError(f"{name}: expected {expected}, got {value!r}")


def whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def real(value: Any) -> bool:
    """Whether it is a finite number."""
    value = scalar(value)
    number = isinstance(value, int | float | Fraction) and not isinstance(value, bool)
    return number and bool(abs(value) <= sys.float_info.max)
