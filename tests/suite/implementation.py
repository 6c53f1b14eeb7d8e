"""The interface of an implementation, and how each is called in the same way.

The tests speak the project's convention, sample index last. An implementation may have it first, or take one image at
a time as `vanillacnn.index_form` does: then its results are stacked, summed or averaged here, as the batch equations
say.
"""

from collections.abc import Callable
from functools import reduce
from operator import add
from types import ModuleType
from typing import Any

import numpy as np

from tests.suite.signatures import FUNCTIONS, Function


class NotOffered(AttributeError):
    """The function is not there, so what needs it says nothing."""


class Implementation:
    """A module, or several, whose functions are called as if the sample index came last."""

    def __init__(self, *modules: ModuleType, sample_axis: str = "last") -> None:
        self.sample_axis = sample_axis
        self.functions: dict[str, Callable[..., Any]] = {
            name: getattr(module, name) for name in FUNCTIONS for module in modules if hasattr(module, name)
        }

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self.functions:
            raise NotOffered(f"the implementation offers no {name}")
        if self.sample_axis == "last" or not FUNCTIONS[name].sampled:
            return self.functions[name]
        adapter = {"first": samples_first, "none": one_by_one}[self.sample_axis]
        return adapter(self.functions[name], FUNCTIONS[name])


def samples_first(function: Callable[..., Any], interface: Function) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        named = zip(interface.arguments, arguments, strict=True)
        result = function(*(moved(x) if name in interface.sampled else x for name, x in named))
        return np.moveaxis(result, 0, -1) if "n" in (interface.result or "") else result

    return call


def moved(x: np.ndarray) -> np.ndarray:
    """With the samples first; in the usual order in memory, unless it had none before."""
    view = np.moveaxis(x, -1, 0)
    return view.copy() if x.flags.c_contiguous and x.flags.writeable else view


def one_by_one(function: Callable[..., Any], interface: Function) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        named = dict(zip(interface.arguments, arguments, strict=True))
        N = named[interface.sampled[0]].shape[-1]
        results = [
            function(*(x[..., n] if name in interface.sampled else x for name, x in named.items())) for n in range(N)
        ]
        joined = np.stack(results, axis=-1) if "n" in (interface.result or "") else reduce(add, results)
        return joined / N if interface.mean else joined

    return call
