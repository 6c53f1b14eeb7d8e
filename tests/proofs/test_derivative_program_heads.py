"""The gradients of the heads against the programs that JAX derives, over two finite fields: with e^ŷ for variables."""

import random
from itertools import product
from typing import ClassVar

import numpy as np

from reference.exact import jaxpr
from reference.exact import numbers as exact
from tests.proofs.symbolic import SHIPPED
from tests.proofs.test_derivative_program import Backward
from tests.suite.compare import Mismatch, same_entries
from tests.suite.generators import Sizes
from tests.suite.signatures import FUNCTIONS


class Head(Backward):
    """The variables are drawn from a field. What JAX takes for ŷ is e^ŷ already."""

    cotangent, of = "dL", "yhat"
    primals: ClassVar = ("yhat", "y")
    sizes: ClassVar = [{"c": c, "n": n} for c, n in product((1, 2, 5, 10), (1, 2, 3))]

    def all_equal(self, shapes: list[Sizes]) -> None:
        for sizes, p in product(shapes, (exact.P1, exact.P2)):
            rng = random.Random(p)
            x = {
                name: exact.field(p)([[rng.randrange(1, p) for _ in range(sizes["n"])] for _ in range(sizes["c"])])
                for name in self.axes()
            }
            program, primals = self.program(x)
            [expected] = jaxpr.evaluate(program, *primals, exp=lambda e: e)
            names = FUNCTIONS[self.function].arguments
            arguments = [self.score(x[self.of]) if name in ("s", "yhat_s") else x[name] for name in names]
            actual = getattr(SHIPPED, self.function)(*arguments)
            if exact.residues(actual) != exact.residues(expected):
                same_entries(actual, expected, f"{self.function}, sizes {sizes}, modulo {p}")
                raise Mismatch(f"other residues at {sizes}", {})

    def score(self, e: np.ndarray) -> np.ndarray:
        return e / e.sum(axis=0)


class TestH3(Head):
    function, forward = "softmax_cross_entropy_gradient", "softmax_cross_entropy"


class TestH4(Head):
    function, forward, cotangent = "softmax_gradient", "softmax", "ds"
    primals: ClassVar = ("yhat",)


class TestH6(Head):
    function, forward = "binary_cross_entropy_gradient", "binary_cross_entropy"

    def score(self, e: np.ndarray) -> np.ndarray:
        return e / (1 + e)


class TestH8(Head):
    """Here the variables are the scores."""

    function, forward, of = "normalized_cross_entropy_gradient", "normalized_cross_entropy", "yhat_s"
    primals: ClassVar = ("yhat_s", "y")

    def score(self, e: np.ndarray) -> np.ndarray:
        return e
