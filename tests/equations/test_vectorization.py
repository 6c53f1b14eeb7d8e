"""§4.2.5 and §4.4.3: from maps to one vector and back. Nothing is computed, so every bit must agree."""

from typing import Any, ClassVar

import numpy as np

from reference import forward as jax_forward
from reference.autodiff import pullback, value
from tests.suite.generators import Array, Sizes, vector_sizes
from tests.suite.properties import Judged


class Vectorization(Judged):
    sizes, reached = vector_sizes, 0.0
    catalogue: ClassVar = [{"k": 2, "i": 2, "j": 3, "n": 2}, {"k": 3, "i": 4, "j": 1, "n": 1}]

    def terms(self, sizes: Sizes) -> int:
        return 0


class TestEq21(Vectorization):
    function = "vectorize_map"

    def oracle(self, S_q: Any) -> np.ndarray:
        return value(jax_forward.vectorize_map, S_q)


class TestEq22(Vectorization):
    function = "vectorize"

    def oracle(self, S: Any) -> np.ndarray:
        return value(jax_forward.vectorize, S)


class TestEq32(Vectorization):
    function = "unvectorize_map"

    def arguments(self, sizes: Sizes, array: Array) -> dict[str, Any]:
        shape = (sizes["i"], sizes["j"])
        return {"dv_q": array(sizes["i"] * sizes["j"], sizes["n"]), "shape": shape}

    def oracle(self, dv_q: Any, shape: Any) -> np.ndarray:
        return pullback(jax_forward.vectorize_map, dv_q, np.zeros((*shape, dv_q.shape[1]), dv_q.dtype))[0]


class TestEq33(Vectorization):
    function = "unvectorize"

    def arguments(self, sizes: Sizes, array: Array) -> dict[str, Any]:
        shape = (sizes["k"], sizes["i"], sizes["j"])
        return {"dv": array(sizes["k"] * sizes["i"] * sizes["j"], sizes["n"]), "shape": shape}

    def oracle(self, dv: Any, shape: Any) -> np.ndarray:
        return pullback(jax_forward.vectorize, dv, np.zeros((*shape, dv.shape[1]), dv.dtype))[0]
