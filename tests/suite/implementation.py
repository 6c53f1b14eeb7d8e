"""The interface of an implementation, and how each is called in the same way.

The tests speak the project's convention, sample index last. An implementation may have it first, or take one image at
a time as `vanillacnn.index_form` does: then its results are stacked, summed or averaged here, as the batch equations
say.
"""

import re
from collections.abc import Callable
from functools import reduce
from operator import add
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np


class Function(NamedTuple):
    """The signature of a function: the axes of its array arguments, None for any other, and those of its result."""

    arguments: dict[str, str | None]
    result: str | None
    mean: bool  # over the samples, where the result has none

    @property
    def sampled(self) -> list[str]:
        return [name for name, axes in self.arguments.items() if axes is not None and "n" in axes]


def signature(text: str) -> Function:
    left, right = text.split(" -> ")
    arguments = {name: axes and axes[1:-1] for name, axes in re.findall(r"(\w+)(\[\w*\])?", left)}
    result = re.search(r"\[(\w*)\]", right)
    return Function({name: axes or None for name, axes in arguments.items()}, result and result[1], "mean" in right)


# In brackets the axes, a letter each: p input maps, q output maps (k where they are counted through), x y or i j the
# sides of a map, u v those of a kernel, m features, c classes, and last n samples. [] is a scalar. A result without
# samples is summed over them.
SIGNATURES = {
    "correlate": "I[xy] K[uv] -> O[ij]",
    "convolve": "I[xy] K[uv] -> O[ij]",
    "convolve_padded": "I[xy] K[uv] -> O[ij]",
    "valid_shape": "image kernel -> shape",
    "padded_shape": "image kernel -> shape",
    "rotate": "K[uv] -> K[uv]",
    "pad": "I[xy] kernel -> I[ij]",
    "sigmoid": "x[a] -> s[a]",
    "sigmoid_derivative": "x[a] -> ds[a]",
    "softmax": "yhat[cn] -> s[cn]",
    "softmax_gradient": "ds[cn] s[cn] -> dyhat[cn]",
    "relu": "C[qijn] -> C_r[qijn]",
    "relu_gradient": "dC_r[qijn] C[qijn] -> dC[qijn]",
    "initialize_kernels": "rng P Q x_k y_k dtype -> K[pquv]",
    "initialize_kernels_he": "rng P Q x_k y_k dtype -> K[pquv]",
    "initialize_bias": "size dtype -> b[q]",
    "initialize_weights": "rng classes features dtype -> W[cm]",
    "conv_forward": "S[pxyn] K[pquv] b[q] -> C[qijn]",
    "conv_activation": "C[qijn] -> C_s[qijn]",
    "conv_preactivation_gradient": "dC_s[qijn] C_s[qijn] -> dC[qijn]",
    "kernel_gradient": "S[pxyn] dC[qijn] -> dK[pquv]",
    "conv_bias_gradient": "dC[qijn] -> db[q]",
    "conv_input_gradient": "dC[qijn] K[pquv] -> dS[pxyn]",
    "mean_pool": "C_s[qxyn] -> S[qijn]",
    "mean_pool_gradient": "dS[qijn] -> dC_s[qxyn]",
    "max_pool": "C_s[qxyn] -> S[qijn]",
    "max_pool_gradient": "dS[qijn] C_s[qxyn] -> dC_s[qxyn]",
    "vectorize_map": "S_q[ijn] -> v_q[mn]",
    "vectorize": "S[kijn] -> v[mn]",
    "unvectorize_map": "dv_q[mn] shape -> dS_q[ijn]",
    "unvectorize": "dv[mn] shape -> dS[kijn]",
    "dense_forward": "W[cm] v[mn] b[c] -> yhat[cn]",
    "dense_activation": "yhat[cn] -> yhat_s[cn]",
    "dense_preactivation_gradient": "dyhat_s[cn] yhat_s[cn] -> dyhat[cn]",
    "weight_gradient": "dyhat[cn] v[mn] -> dW[cm]",
    "dense_bias_gradient": "dyhat[cn] -> db[c]",
    "dense_input_gradient": "W[cm] dyhat[cn] -> dv[mn]",
    "squared_error": "yhat_s[cn] y[cn] -> L[], the mean",
    "squared_error_gradient": "yhat_s[cn] y[cn] -> dyhat_s[cn] of the mean",
    "softmax_cross_entropy": "yhat[cn] y[cn] -> L[], the mean",
    "softmax_cross_entropy_gradient": "s[cn] y[cn] -> dyhat[cn] of the mean",
    "binary_cross_entropy": "yhat[cn] y[cn] -> L[], the mean",
    "binary_cross_entropy_gradient": "yhat_s[cn] y[cn] -> dyhat[cn] of the mean",
    "normalized_cross_entropy": "yhat_s[cn] y[cn] -> L[], the mean",
    "normalized_cross_entropy_gradient": "yhat_s[cn] y[cn] -> dyhat_s[cn] of the mean",
    "gradient_descent": "theta[a] dtheta[a] alpha -> theta[a]",
    "momentum": "m[a] dtheta[a] mu -> m[a]",
    "nesterov": "dtheta[a] m[a] mu -> d[a]",
    "first_moment": "m[a] dtheta[a] beta_1 -> m[a]",
    "second_moment": "c[a] dtheta[a] beta_2 -> c[a]",
    "unbiased": "m[a] beta t -> m_hat[a]",
    "adam_direction": "m_hat[a] c_hat[a] epsilon -> d[a]",
    "weight_decay": "dtheta[a] theta[a] lambda_ -> g[a]",
    "decoupled_decay": "theta[a] alpha lambda_ -> theta[a]",
    "step_decay": "alpha k gamma h -> alpha_k",
    "exponential_decay": "alpha k gamma h -> alpha_k",
    "cosine_decay": "alpha k T -> alpha_k",
    "linear_warmup": "alpha k w -> alpha_k",
}
FUNCTIONS = {name: signature(text) for name, text in SIGNATURES.items()}


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
