"""The door through which every implementation comes into the suite, whichever way it lays out its samples.

The tests speak the project's convention, sample index last. An implementation may have it first, or take one image at
a time as `vanillacnn.index_form` does: then its results are stacked, summed or averaged here, as the batch equations
say.
"""

from collections.abc import Callable
from functools import reduce
from operator import add
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np


class Function(NamedTuple):
    """A name of the interface: its arguments, those of them that have a sample index, and what becomes of it."""

    arguments: str
    sampled: str = ""
    result: str = "whole"  # stack: one result a sample; sum or mean: over the samples; whole: there is no sample index


FUNCTIONS = {
    "correlate": Function("I K"),
    "convolve": Function("I K"),
    "convolve_padded": Function("I K"),
    "valid_shape": Function("x k"),
    "padded_shape": Function("x k"),
    "rotate": Function("K"),
    "pad": Function("I k"),
    "sigmoid": Function("x"),
    "sigmoid_derivative": Function("x"),
    "initialize_kernels": Function("rng P Q x_k y_k dtype"),
    "initialize_bias": Function("size dtype"),
    "initialize_weights": Function("rng classes features dtype"),
    "conv_forward": Function("S K b", "S", "stack"),
    "conv_activation": Function("C", "C", "stack"),
    "conv_preactivation_gradient": Function("dC_s C_s", "dC_s C_s", "stack"),
    "kernel_gradient": Function("S dC", "S dC", "sum"),
    "conv_bias_gradient": Function("dC", "dC", "sum"),
    "conv_input_gradient": Function("dC K", "dC", "stack"),
    "mean_pool": Function("C_s", "C_s", "stack"),
    "mean_pool_gradient": Function("dS", "dS", "stack"),
    "vectorize_map": Function("S_q", "S_q", "stack"),
    "vectorize": Function("S", "S", "stack"),
    "unvectorize_map": Function("dv_q shape", "dv_q", "stack"),
    "unvectorize": Function("dv shape", "dv", "stack"),
    "dense_forward": Function("W v b", "v", "stack"),
    "dense_activation": Function("yhat", "yhat", "stack"),
    "dense_preactivation_gradient": Function("dyhat_s yhat_s", "dyhat_s yhat_s", "stack"),
    "weight_gradient": Function("dyhat v", "dyhat v", "sum"),
    "dense_bias_gradient": Function("dyhat", "dyhat", "sum"),
    "dense_input_gradient": Function("W dyhat", "dyhat", "stack"),
    "squared_error": Function("yhat_s y", "yhat_s y", "mean"),
    "squared_error_gradient": Function("yhat_s y", "yhat_s y", "stack, mean"),
    "gradient_descent": Function("theta dtheta alpha"),
}


class Implementation:
    """A module, or several, whose functions are called as if the sample index came last."""

    def __init__(self, *modules: ModuleType, sample_axis: str = "last") -> None:
        self.name = modules[0].__name__ if len(modules) == 1 else "vanillacnn"
        self.sample_axis = sample_axis
        self.functions: dict[str, Callable[..., Any]] = {
            name: getattr(module, name) for name in FUNCTIONS for module in modules if hasattr(module, name)
        }

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = self.functions[name]
        if self.sample_axis == "last" or not FUNCTIONS[name].sampled:
            return function
        adapter = {"first": samples_first, "none": one_by_one}[self.sample_axis]
        return adapter(function, FUNCTIONS[name])


def samples_first(function: Callable[..., Any], interface: Function) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        result = function(
            *(
                np.moveaxis(argument, -1, 0) if name in interface.sampled.split() else argument
                for name, argument in zip(interface.arguments.split(), arguments, strict=True)
            )
        )
        return np.moveaxis(result, 0, -1) if interface.result.startswith("stack") else result

    return call


def one_by_one(function: Callable[..., Any], interface: Function) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        names = interface.arguments.split()
        N = arguments[names.index(interface.sampled.split()[0])].shape[-1]
        results = [
            function(
                *(
                    argument[..., n] if name in interface.sampled.split() else argument
                    for name, argument in zip(names, arguments, strict=True)
                )
            )
            for n in range(N)
        ]
        joined = np.stack(results, axis=-1) if interface.result.startswith("stack") else reduce(add, results)
        return joined / N if interface.result.endswith("mean") else joined

    return call
