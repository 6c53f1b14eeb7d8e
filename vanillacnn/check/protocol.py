"""How the user's functions are called, and what their results are."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


def optional_bias(b: np.ndarray, shape: tuple[int, ...] | None) -> dict[str, np.ndarray]:
    return {} if shape is None else {"b": b.reshape(shape)}


def split(result: Any, default: Any) -> tuple[Any, Any]:
    """(out, cache) of what forward returned; the default when there is no cache."""
    if not isinstance(result, tuple):
        return result, default
    return (result[0], result[1]) if len(result) == 2 else (result[0], result[1:])


def call_pair(
    forward: Callable[..., Any], backward: Callable[..., Any] | None, gradients: tuple[str, ...]
) -> Callable[..., Iterator[tuple[str, Any]]]:
    """forward(*inputs), then backward(dout, cache), which gives the gradients in this order, or one, or a dict."""

    def call(dout: np.ndarray, **inputs: np.ndarray) -> Iterator[tuple[str, Any]]:
        values = tuple(inputs.values())
        out, cache = split(forward(*values), values if len(values) > 1 else values[0])
        yield "out", out
        if backward is None:
            return
        given = backward(dout, cache)
        if isinstance(given, dict):
            given = tuple(given.get(name) for name in gradients)
        elif not isinstance(given, tuple | list):
            given = (given,)
        if len(given) > len(gradients):
            raise ValueError(f"backward: expected ({', '.join(gradients)}) or fewer, got {len(given)} results")
        yield from zip(gradients, given, strict=False)

    return call
