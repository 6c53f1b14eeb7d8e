"""The properties of an equation, to be inherited: a test class names its function, its sizes and its oracle.

`Equation` holds a function against the index form and against what any such function obeys. `Judged` adds the oracle.
On dyadic data no operation rounds, so there equal means equal in every bit; on general data the bound is a theorem.
"""

from collections.abc import Callable, Iterator
from functools import reduce
from itertools import product
from operator import add
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.rounding import bounds
from tests.suite import compare, slack
from tests.suite.compare import Mismatch, same, within
from tests.suite.generators import Array, Draw, Sizes, dyadic, general, lengthened, long_axes
from tests.suite.implementation import FUNCTIONS, Implementation
from tests.suite.traceability import INDEX_MODULES

INDEX_FORM = Implementation(*INDEX_MODULES, sample_axis="none")
DTYPES = st.sampled_from([np.float64, np.float32])
PERMUTABLE = "pqnc"  # the axes along which nothing distinguishes one index from another


class Equation:
    """One function of the interface, on arguments of random sizes."""

    function: ClassVar[str]
    sizes: ClassVar[Callable[[Draw], Sizes]]

    def __init_subclass__(cls) -> None:
        """Leaves out the tests that could not fail for this function."""
        super().__init_subclass__()
        if interface := FUNCTIONS.get(getattr(cls, "function", "")):
            letters = {*"".join(axes or "" for axes in interface.arguments.values())}
            if not interface.sampled:
                cls.test_a_batch_is_its_samples = None  # type: ignore[method-assign]
            if not letters & set(PERMUTABLE):
                cls.test_a_permutation_goes_through = None  # type: ignore[method-assign]
            if not any(name.startswith("d") for name in interface.arguments):
                cls.test_is_linear_in_the_cotangent = None  # type: ignore[method-assign]

    def arguments(self, sizes: Sizes, array: Array) -> dict[str, Any]:
        """The arguments by their symbols. To be extended where one of them is no array."""
        axes = FUNCTIONS[self.function].arguments
        return {name: array(*(sizes[letter] for letter in letters)) for name, letters in axes.items() if letters}

    def drawn(self, data: st.DataObject, long: str = "") -> dict[str, Any]:
        """The arguments, with the axis of this letter as long as it gets."""
        dtype, sizes = data.draw(DTYPES), type(self).sizes(data.draw)
        sizes = lengthened(sizes, long) if long else sizes
        return self.made(sizes, lambda *sides: data.draw(self.entries_of()(*sides, dtype=dtype)))

    def made(self, sizes: Sizes, array: Array) -> dict[str, Any]:
        """The arguments, for somebody else's code such as everybody agrees on."""
        arguments = self.arguments(sizes, array)
        return usual(self.function, arguments) if compare.note else arguments

    def entries_of(self) -> Callable[..., st.SearchStrategy[np.ndarray]]:
        """Those on which nothing rounds, if there are any."""
        return dyadic

    @given(data=st.data())
    def test_is_the_index_form_exactly(self, implementation: Implementation, data: st.DataObject) -> None:
        arguments = self.drawn(data)
        self.agree(self.call(implementation, arguments), self.call(INDEX_FORM, arguments), arguments)

    @settings(max_examples=2)
    @given(data=st.data())
    def test_a_long_axis_hides_nothing(self, implementation: Implementation, data: st.DataObject) -> None:
        """Code whose loop stops early is right at small sizes, so each axis in turn is longer than loops and blocks."""
        for letter in long_axes(type(self).sizes(data.draw)):
            arguments = self.drawn(data, letter)
            self.agree(self.call(implementation, arguments), self.call(INDEX_FORM, arguments), arguments)

    @given(data=st.data())
    def test_is_pure(self, implementation: Implementation, data: st.DataObject) -> None:
        """Arguments stay as they are, and the result shares no memory with them."""
        arguments = self.drawn(data)
        before = {name: np.copy(value) for name, value in arguments.items()}
        result = self.call(implementation, arguments)
        for name, value in arguments.items():
            same(np.asarray(value), before[name], arguments)
            if np.shares_memory(result, value):
                raise Mismatch(f"the result is a view of {name}", arguments)

    @pytest.mark.form("arguments that lie otherwise in memory")
    @given(data=st.data())
    def test_every_memory_layout_gives_the_same(self, implementation: Implementation, data: st.DataObject) -> None:
        arguments = self.drawn(data)
        for name, value in arguments.items():
            for view in layouts(value):
                plain = arguments | {name: np.array(view, order="C")}  # np.copy would keep the order of the view
                self.agree(self.call(implementation, arguments | {name: view}), self.call(implementation, plain), plain)

    @given(data=st.data())
    def test_a_batch_is_its_samples(self, implementation: Implementation, data: st.DataObject) -> None:
        """The result of a batch is the results of its samples side by side, or their sum, or their mean."""
        interface, arguments = FUNCTIONS[self.function], self.drawn(data)
        N = arguments[interface.sampled[0]].shape[-1]
        singles = [
            self.call(implementation, arguments | {name: arguments[name][..., n : n + 1] for name in interface.sampled})
            for n in range(N)
        ]
        joined = np.concatenate(singles, axis=-1) if "n" in (interface.result or "") else reduce(add, singles)
        self.agree(self.call(implementation, arguments), joined / N if interface.mean else joined, arguments)

    @given(data=st.data())
    def test_a_permutation_goes_through(self, implementation: Implementation, data: st.DataObject) -> None:
        """Permuting maps, classes or samples of the arguments permutes those of the result, and does nothing else."""
        interface, arguments = FUNCTIONS[self.function], self.drawn(data)
        axes = {name: letters for name, letters in interface.arguments.items() if letters}
        result = self.call(implementation, arguments)
        for letter in set(PERMUTABLE) & set("".join(axes.values())):
            sides = {x.shape[axes[name].index(letter)] for name, x in arguments.items() if letter in axes.get(name, "")}
            order = data.draw(st.permutations(range(*sides)))
            permuted = arguments | {
                name: permute(arguments[name], letters, letter, order) for name, letters in axes.items()
            }
            expected = permute(result, interface.result or "", letter, order)
            self.agree(self.call(implementation, permuted), expected, permuted)

    @given(data=st.data())
    def test_is_linear_in_the_cotangent(self, implementation: Implementation, data: st.DataObject) -> None:
        """f(2Δ + Δ′) = 2 f(Δ) + f(Δ′); and f(2^k Δ) = 2^k f(Δ), where float32 has still room on either side."""
        arguments = self.drawn(data)
        for name in [name for name in arguments if name.startswith("d")]:
            sides, dtype = arguments[name].shape, arguments[name].dtype
            other = arguments | {name: data.draw(dyadic(*sides, dtype=dtype))}
            both = arguments | {name: 2 * arguments[name] + other[name]}
            expected = 2 * self.call(implementation, arguments) + self.call(implementation, other)
            self.agree(self.call(implementation, both), expected, both)
            for factor in (2.0**-80, 2.0**80):
                scaled = arguments | {name: factor * arguments[name]}
                self.agree(self.call(implementation, scaled), factor * self.call(implementation, arguments), scaled)

    def agree(self, actual: Any, expected: Any, arguments: dict[str, Any]) -> None:
        """Two ways to the same result: on dyadic data nothing rounds."""
        same(actual, expected, arguments)

    def call(self, implementation: Any, arguments: dict[str, Any]) -> Any:
        return getattr(implementation, self.function)(*arguments.values())


class Judged(Equation):
    """An equation with an oracle: JAX's forward pass, or its pullback. Linear in each argument, so its bound is γ_k."""

    catalogue: ClassVar[list[Sizes]]  # XLA compiles anew for each shape, so there are few
    entries: ClassVar[Callable[..., st.SearchStrategy[np.ndarray]]] = general  # those that may round

    def oracle(self, **arguments: Any) -> Any:
        raise NotImplementedError

    def terms(self, sizes: Sizes) -> int:
        """The operations that lead to one entry of the result."""
        raise NotImplementedError

    def bound(self, sizes: Sizes, arguments: dict[str, Any], dtype: Any) -> Any:
        """Of the distance between the function in `dtype` and the oracle in float64.

        The sum of the sizes of all terms is the oracle once more, for no term has a minus sign.
        """
        k, magnitude = self.terms(sizes), self.oracle(**{name: np.abs(x) for name, x in arguments.items()})
        return bounds.sums(k, magnitude, dtype) + bounds.sums(k, magnitude, np.float64)

    @given(data=st.data())
    def test_is_autodiff_exactly(self, implementation: Implementation, data: st.DataObject) -> None:
        dtype, sizes = data.draw(DTYPES), data.draw(st.sampled_from(self.catalogue))
        arguments = self.made(sizes, lambda *sides: data.draw(dyadic(*sides, dtype=dtype)))
        same(self.call(implementation, arguments), self.oracle(**arguments), arguments)

    @given(data=st.data())
    def test_is_autodiff_within_the_bound(self, implementation: Implementation, data: st.DataObject) -> None:
        dtype, sizes = data.draw(DTYPES), data.draw(st.sampled_from(self.catalogue))
        arguments = self.made(sizes, lambda *sides: data.draw(type(self).entries(*sides, dtype=dtype)))
        self.judge(implementation, sizes, arguments, dtype)

    def test_the_bound_is_sharp(self, implementation: Implementation) -> None:
        """Neither crossed nor out of reach: the largest error / bound, on data that round at every step."""
        rng = np.random.default_rng(0)
        for sizes, dtype in product(self.catalogue, (np.float64, np.float32)):
            for _ in range(5):
                arguments = self.made(sizes, lambda *sides, d=dtype: rng.standard_normal(sides).astype(d))
                self.judge(implementation, sizes, arguments, dtype)
        assert compare.note or self.reached <= slack.largest(type(self).__name__) <= 1

    reached: ClassVar[float] = 1e-3

    def judge(self, implementation: Implementation, sizes: Sizes, arguments: dict[str, Any], dtype: Any) -> None:
        """The oracle computes in float64 for float32 too, so that the error is all the function's own."""
        double = {name: x.astype(np.float64) if is_array(x) else x for name, x in arguments.items()}
        actual, expected = self.call(implementation, arguments), self.oracle(**double)
        bound = self.bound(sizes, double, dtype)
        within(actual, expected, bound, arguments)
        slack.record(type(self).__name__, np.abs(actual - expected), bound)


class Rounded(Judged):
    """An equation that rounds on dyadic data too, as a logarithm or a quotient does. What would be equal is within the
    bound of the true value, on either side."""

    test_is_the_index_form_exactly = None  # type: ignore[assignment]
    test_is_autodiff_exactly = None  # type: ignore[assignment]

    def entries_of(self) -> Callable[..., st.SearchStrategy[np.ndarray]]:
        return type(self).entries

    @given(data=st.data())
    def test_is_the_index_form_within_the_bound(self, implementation: Implementation, data: st.DataObject) -> None:
        arguments = self.drawn(data)
        self.agree(self.call(implementation, arguments), self.call(INDEX_FORM, arguments), arguments)

    def agree(self, actual: Any, expected: Any, arguments: dict[str, Any]) -> None:
        dtypes = {np.asarray(x).dtype for x in (actual, expected, *arguments.values())}
        if len(dtypes) > 1:
            raise Mismatch(f"expected one dtype, got {dtypes}", arguments)
        axes = {name: letters for name, letters in FUNCTIONS[self.function].arguments.items() if letters}
        sizes = {a: n for name, letters in axes.items() for a, n in zip(letters, arguments[name].shape, strict=True)}
        double = {name: x.astype(np.float64) for name, x in arguments.items()}
        within(actual, expected, 2 * self.bound(sizes, double, dtypes.pop()), arguments)


def usual(function: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Without what each library answers in its own way: kinks, ties, labels that are no labels, classes far apart."""
    if "cross_entropy" in function:
        y = arguments["y"]
        labels = (np.arange(len(y))[:, np.newaxis] == np.argmax(y, axis=0)).astype(y.dtype)
        arguments = arguments | {"y": labels}
        if "yhat" in arguments:
            arguments |= {"yhat": arguments["yhat"] / 4}
    for name in {"max_pool_gradient": ["C_s"], "relu_gradient": ["C"]}.get(function, []):
        x = arguments[name]
        cell = 1 + np.indices(x.shape)[1] % 2 * 2 + np.indices(x.shape)[2] % 2
        arguments = arguments | {name: x + (cell / 64).astype(x.dtype)}
    return arguments


def is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def layouts(value: Any) -> Iterator[np.ndarray]:
    """An array otherwise in memory: in Fortran's order, with negative strides, with gaps, read-only, broadcast."""
    if is_array(value):
        yield np.asfortranarray(value)
        yield np.flip(np.flip(value).copy())
        yield np.repeat(value, 2, axis=-1)[..., ::2]
        yield np.broadcast_to(value, value.shape)
        yield np.broadcast_to(value[..., :1], value.shape)


def permute(array: Any, axes: str, letter: str, order: list[int]) -> Any:
    return np.take(array, order, axes.index(letter)) if letter in axes else array
