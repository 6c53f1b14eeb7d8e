"""The comparisons. Each takes the arguments along, so that a mismatch can be pasted into Python and seen again."""

from typing import Any

import numpy as np


class Mismatch(AssertionError):
    """A wrong result, with the arguments that led to it."""


def same(actual: Any, expected: Any, **arguments: Any) -> None:
    """Equal in type, shape, dtype and every entry. NaN equals nothing."""
    agree_in_form(actual, expected, arguments)
    if not np.all(actual == expected):
        raise Mismatch(report("wrong values", actual, expected, arguments))


def within(actual: Any, expected: Any, bound: Any, **arguments: Any) -> None:
    """Equal in form, and no entry further from the expected one than its bound. NaN is never within."""
    agree_in_form(actual, expected, arguments)
    if not np.all(np.abs(actual - expected) <= bound):
        raise Mismatch(report(f"error above the bound {bound!r}", actual, expected, arguments))


def agree_in_form(actual: Any, expected: Any, arguments: dict[str, Any]) -> None:
    forms = [(np.shape(x), np.result_type(x)) for x in (actual, expected)]
    if type(actual) is not type(expected) or forms[0] != forms[1]:
        raise Mismatch(
            report(f"{type(actual)} {forms[0]} for {type(expected)} {forms[1]}", actual, expected, arguments)
        )


def report(what: str, actual: Any, expected: Any, arguments: dict[str, Any]) -> str:
    lines = [f"{name} = {pasteable(value)}" for name, value in arguments.items()]
    return "\n".join([what, *lines, f"expected = {pasteable(expected)}", f"actual = {pasteable(actual)}"])


def pasteable(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()}, np.{value.dtype})"
    return repr(value)
