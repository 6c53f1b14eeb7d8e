"""§4.3 and the first step of §4.4: the squared error of a batch; and beyond the paper three cross-entropies."""

from collections.abc import Callable
from fractions import Fraction
from itertools import permutations, product
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import forward as jax_forward
from reference import heads as jax_heads
from reference.autodiff import pullback, value
from reference.rounding import bounds
from tests.beyond import test_heads as test_softmax
from tests.equations import test_sigmoid
from tests.suite import compare, slack
from tests.suite.compare import same, within
from tests.suite.generators import Sizes, activations, dense_sizes, positive
from tests.suite.implementation import Implementation
from tests.suite.properties import DTYPES, INDEX_FORM, Equation, Judged, Rounded, usual
from vanillacnn.beyond.heads import binary_cross_entropy

FORMS = pytest.mark.parametrize("form", ["operator", "index"])


class Loss(Judged):
    sizes = dense_sizes
    catalogue: ClassVar = [{"c": 3, "n": 2}, {"c": 4, "n": 1}, {"c": 2, "n": 4}]


class TestEq26(Loss):
    function = "squared_error"

    def oracle(self, yhat_s: Any, y: Any) -> Any:
        return value(jax_forward.squared_error, yhat_s, y)[()]

    def bound(self, sizes: Sizes, arguments: dict[str, Any], dtype: Any) -> Any:
        """A difference, a square, a sum and two divisions. All terms are positive: Σ|term| is L itself."""
        k, L = sizes["c"] * sizes["n"] + 5, self.oracle(**arguments)
        return bounds.sums(k, L, dtype) + bounds.sums(k, L, np.float64)


class TestEq27(Loss):
    function = "squared_error_gradient"

    def oracle(self, yhat_s: Any, y: Any) -> np.ndarray:
        return pullback(jax_forward.squared_error, np.ones((), y.dtype)[()], yhat_s, y)[0]

    def bound(self, sizes: Sizes, arguments: dict[str, Any], dtype: Any) -> Any:
        """A difference and a division, and as JAX writes it twice as many: no cancellation beyond the difference."""
        size = np.abs(self.oracle(**arguments))
        return bounds.sums(4, size, dtype) + bounds.sums(4, size, np.float64)


# Beyond the paper. Labels are any numbers, and a loss is a sum over classes and samples of terms that are known.


class CrossEntropy(Rounded):
    """From classes that a sigmoid or a softmax has not yet made scores of."""

    sizes, catalogue, entries = dense_sizes, Loss.catalogue, activations


class TestH2(CrossEntropy):
    function = "softmax_cross_entropy"

    def oracle(self, yhat: Any, y: Any) -> Any:
        return value(jax_heads.softmax_cross_entropy, yhat, y)[()]

    def bound(self, sizes: Sizes, arguments: dict[str, Any], dtype: Any) -> Any:
        yhat, y = arguments.values()
        z = yhat - yhat.max(axis=0)
        return logarithm_of_a_sum(z, y, dtype) + logarithm_of_a_sum(yhat, y, np.float64)

    @pytest.mark.form("classes so far apart that exponentials overflow")
    @FORMS
    def test_a_wrong_class_costs_what_it_is_ahead_exactly(self, implementation: Implementation, form: str) -> None:
        """Where e^ŷ overflows, and where s underflows."""
        loss = {"operator": implementation, "index": INDEX_FORM}[form].softmax_cross_entropy
        yhat, y = np.array([[3000.0], [1000.0], [0.0]]), np.array([[0.0], [1.0], [0.0]])
        with np.errstate(all="raise", under="ignore"):
            for order in permutations(range(3)):
                same(loss(yhat[[*order]], y[[*order]]), np.float64(2000), {})
            same(loss(yhat, np.array([[1], [0.5], [0]])), np.float64(1000), {})


def logarithm_of_a_sum(z: np.ndarray, y: np.ndarray, dtype: Any) -> Any:
    """Of the mean of y(i) (ℓ - z(i)), ℓ = log Σ e^z, where z is a difference that was rounded once, or no difference.

    The sum is off by a factor that the bound of the softmax allows for, so ℓ is by as much, and by LOG roundings of its
    own; a difference, a product, two sums and a quotient follow.
    """
    (c, n), ell = z.shape, np.log(np.exp(z).sum(axis=0))
    k = c + n + bounds.LOG + 4
    terms = (np.abs(y) * (np.abs(ell) + np.abs(z))).sum() / n
    return (
        bounds.sums(k, terms, dtype) + bounds.gamma(np.abs(z).max() + bounds.EXP + c + k, dtype) * np.abs(y).sum() / n
    )


class TestH5(CrossEntropy):
    function = "binary_cross_entropy"

    def oracle(self, yhat: Any, y: Any) -> Any:
        return value(jax_heads.binary_cross_entropy, yhat, y)[()]

    def bound(self, sizes: Sizes, arguments: dict[str, Any], dtype: Any) -> Any:
        """Each term is positive, up to the sign of y: e^-|ŷ| is off by EXP roundings, and log(1 + e) by no larger a
        share than e, and LOG of its own. The index form and the oracle add the 1 first, which costs them a rounding
        of 1 + e, or of as large a share of 1 + e^ŷ."""
        yhat, y = arguments.values()
        c, n = y.shape
        terms = np.maximum(yhat, 0) + np.abs(yhat * y) + np.log1p(np.exp(-np.abs(yhat)))
        k, added = c + n + bounds.EXP + bounds.LOG + 4, bounds.EXP + 2
        size, rounded = terms.sum() / n, c * bounds.gamma(added, dtype)
        return (
            bounds.sums(k, size, dtype)
            + rounded
            + bounds.sums(k, size, np.float64)
            + c * bounds.gamma(added, np.float64)
        )

    @pytest.mark.form("classes so far apart that exponentials overflow")
    def test_a_class_that_is_sure_and_wrong_costs_what_it_is_sure_of_exactly(
        self, implementation: Implementation
    ) -> None:
        yhat, y = np.array([[3000.0], [-1000.0]]), np.array([[0.0], [1.0]])
        with np.errstate(all="raise", under="ignore"):
            same(implementation.binary_cross_entropy(yhat, y), np.float64(4000), {})
            same(implementation.binary_cross_entropy(yhat, 1 - y), np.float64(0), {})

    def test_a_class_that_is_sure_and_right_still_costs_something(self) -> None:
        """The shipped function: e^-40, although 1 + e^-40 is 1. The next term of log(1 + e) is less than e²."""
        loss = binary_cross_entropy(np.array([[40.0]]), np.ones((1, 1)))
        within(loss, np.exp(-40.0), bounds.gamma(2 * bounds.EXP + bounds.LOG + 2, np.float64) * np.exp(-40.0), {})


class TestH7(Rounded):
    function, sizes, catalogue, entries = "normalized_cross_entropy", dense_sizes, Loss.catalogue, positive

    def arguments(self, sizes: Sizes, array: Any) -> dict[str, Any]:
        """Scores that are positive; labels of both signs."""
        found = super().arguments(sizes, array)
        return {"yhat_s": np.abs(found["yhat_s"]), "y": found["y"] - found["y"].dtype.type(0.25)}

    def oracle(self, yhat_s: Any, y: Any) -> Any:
        return value(jax_heads.normalized_cross_entropy, yhat_s, y)[()]

    def bound(self, sizes: Sizes, arguments: dict[str, Any], dtype: Any) -> Any:
        """A quotient of a score and a sum is off by c roundings, so its logarithm is by as much, and by LOG of its own.
        The oracle's two logarithms are of one sign or the other: their sizes are added."""
        yhat_s, y = arguments.values()
        c, n = y.shape
        k, whole = c + n + bounds.LOG + 4, yhat_s.sum(axis=0)
        terms = np.abs(y * np.log(yhat_s / whole)).sum() / n
        apart = (np.abs(y) * (np.abs(np.log(yhat_s)) + np.abs(np.log(whole)))).sum() / n
        share = bounds.gamma(c + k, dtype) + bounds.gamma(c + k, np.float64)
        return bounds.sums(k, terms, dtype) + bounds.sums(k, apart, np.float64) + share * np.abs(y).sum() / n

    @pytest.mark.form("the logarithm of a score of zero")
    @pytest.mark.parametrize("y", [0.0, 1.0])
    def test_a_score_of_zero_is_not_passed_over(self, implementation: Implementation, y: float) -> None:
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.call(implementation, {"yhat_s": np.array([[0.0], [1.0]]), "y": np.array([[y], [0.0]])})
        assert not np.isfinite(found).all()

    @pytest.mark.form("labels that are no labels")
    def test_one_class_that_has_all_of_the_sum_costs_nothing_exactly(self, implementation: Implementation) -> None:
        loss = implementation.normalized_cross_entropy(np.array([[0.25]]), np.array([[3.0]]))
        same(np.abs(loss), np.float64(0), {})


class TestH8(TestH7):
    function = "normalized_cross_entropy_gradient"

    def oracle(self, yhat_s: Any, y: Any) -> np.ndarray:
        return pullback(jax_heads.normalized_cross_entropy, np.ones((), y.dtype)[()], yhat_s, y)[0]

    def bound(self, sizes: Sizes, arguments: dict[str, Any], dtype: Any) -> Any:
        """Two sums, two quotients, a difference and a division by N, which JAX has in another order."""
        yhat_s, y = arguments.values()
        k, n = 2 * len(y) + 6, y.shape[1]
        size = (np.abs(y).sum(axis=0) / yhat_s.sum(axis=0) + np.abs(y) / yhat_s) / n
        return bounds.sums(k, size, dtype) + bounds.sums(k, size, np.float64)

    test_one_class_that_has_all_of_the_sum_costs_nothing_exactly = None  # type: ignore[assignment]

    @pytest.mark.form  # fractions, which hardly anyone else's code takes
    @given(data=st.data())
    def test_is_the_index_form_of_fractions_exactly(self, implementation: Implementation, data: st.DataObject) -> None:
        arguments = {name: fractions(x) for name, x in self.drawn(data).items()}
        same(self.call(implementation, arguments), self.call(INDEX_FORM, arguments), arguments)


def fractions(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.frompyfunc(lambda entry: Fraction(float(entry)), 1, 1)(x), object)


class FromScores(Equation):
    """A gradient from the score that the forward pass has left, to be inherited: linear in it, so exact on dyadic data.
    Only autodiff asks that it be the score of some classes; it is rounded once."""

    sizes = dense_sizes
    forward: ClassVar[Callable[..., Any]]
    scores: ClassVar[Callable[[np.ndarray], np.ndarray]]  # of the classes, in float64
    reached: ClassVar = 1e-3

    @given(data=st.data())
    def test_is_autodiff_within_the_bound(self, implementation: Implementation, data: st.DataObject) -> None:
        dtype, sizes = data.draw(DTYPES), data.draw(st.sampled_from(Loss.catalogue))
        yhat, y = (data.draw(activations(sizes["c"], sizes["n"], dtype=dtype)) for _ in range(2))
        self.judge(implementation, yhat.astype(np.float64), y)

    def test_the_bound_is_sharp(self, implementation: Implementation) -> None:
        rng = np.random.default_rng(0)
        for (c, n), dtype in product(((3, 2), (4, 1)), (np.float64, np.float32)):
            for _ in range(5):
                self.judge(implementation, rng.standard_normal((c, n)), rng.standard_normal((c, n)).astype(dtype))
        assert compare.note or slack.largest(type(self).__name__) >= self.reached

    def judge(self, implementation: Implementation, yhat: np.ndarray, y: np.ndarray) -> None:
        """The score is rounded once, or taken from exponentials; a sum, a product, a difference and a division follow,
        which JAX has in another order."""
        y = usual(self.function, {"y": y})["y"] if compare.note else y
        s, double = type(self).scores(yhat), y.astype(np.float64)
        expected, _ = pullback(type(self).forward, np.ones(()), yhat, double)
        k, size = len(y) + 4, (s * self.weight(double) + np.abs(double)) / y.shape[1]
        bound = bounds.sums(k, size, y.dtype) + bounds.sums(3 * k + 2 * bounds.EXP, size, np.float64)
        actual = getattr(implementation, self.function)(s.astype(y.dtype), y)
        within(actual, expected, bound, {"s": s.astype(y.dtype), "y": y})
        slack.record(type(self).__name__, np.abs(actual - expected), bound)

    def weight(self, y: np.ndarray) -> Any:
        """What the score is multiplied by, as the sum of the sizes of its terms."""
        raise NotImplementedError


class TestH3(FromScores):
    function, forward = "softmax_cross_entropy_gradient", jax_heads.softmax_cross_entropy
    scores = test_softmax.exact

    def weight(self, y: np.ndarray) -> Any:
        return np.abs(y).sum(axis=0)


class TestH6(FromScores):
    function, forward = "binary_cross_entropy_gradient", jax_heads.binary_cross_entropy

    def scores(yhat: np.ndarray) -> np.ndarray:
        return test_sigmoid.exact(yhat.ravel())[0].reshape(yhat.shape)

    def weight(self, y: np.ndarray) -> Any:
        return 1
