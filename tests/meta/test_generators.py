"""The generators: every kind of input really occurs in a run, and no degenerate one is common."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.suite import generators

pytestmark = pytest.mark.slow

RUNS = 200


def occurrences(draw: Callable[[st.DataObject], dict[str, bool]]) -> Counter[str]:
    """How often each kind occurs in so many draws, the same ones every time."""
    found: Counter[str] = Counter()

    @settings(max_examples=RUNS, database=None, derandomize=True)
    @given(data=st.data())
    def run(data: st.DataObject) -> None:
        found.update(kind for kind, occurs in draw(data).items() if occurs)

    run()
    return found


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("of", [generators.dyadic, generators.general, generators.activations])
def test_arrays_are_not_constant_and_of_the_asked_form(of: Callable, dtype: type) -> None:
    def draw(data: st.DataObject) -> dict[str, bool]:
        array = data.draw(of(2, 3, 2, dtype=dtype))
        assert array.dtype == dtype
        assert array.shape == (2, 3, 2)
        assert np.isfinite(array).all()
        return {"constant": np.ptp(array) == 0, "zeros": (array == 0).any(), "negative": (array < 0).any()}

    found = occurrences(draw)
    assert found["constant"] <= RUNS / 10
    assert min(found["zeros"], found["negative"]) >= RUNS / 20


def test_dyadic_arrays_have_equal_cells_to_pool() -> None:
    found = occurrences(lambda data: {"tie": len(np.unique(data.draw(generators.dyadic(2, 2)))) < 4})
    assert found["tie"] >= RUNS / 20


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_general_arrays_hold_every_magnitude(dtype: type) -> None:
    def draw(data: st.DataObject) -> dict[str, bool]:
        size = np.abs(data.draw(generators.general(2, 3, 2, dtype=dtype)))
        normal = size >= np.finfo(dtype).smallest_normal
        assert (normal | (size == 0)).all()
        assert np.isfinite(size.max() ** 3 * 2.0**10)
        return {"tiny": (normal & (size < 2.0**-20)).any(), "huge": (size > 2.0**20).any(), "one": (size > 0.1).any()}

    assert min(occurrences(draw)[kind] for kind in ("tiny", "huge", "one")) >= RUNS / 20


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_activations_bend_and_saturate(dtype: type) -> None:
    def draw(data: st.DataObject) -> dict[str, bool]:
        x = data.draw(generators.activations(2, 3, dtype=dtype))
        return {"bends": (np.abs(x) < 2).any(), "is one": (x > 40).any(), "is tiny": (x < -40).any()}

    assert min(occurrences(draw)[kind] for kind in ("bends", "is one", "is tiny")) >= RUNS / 20


def test_sizes_are_not_degenerate() -> None:
    def draw(data: st.DataObject) -> dict[str, bool]:
        s = generators.convolution_sizes(data.draw)
        assert min(s["u"], s["v"], s["p"], s["q"]) >= 2
        assert s["x"] == s["i"] + s["u"] - 1
        assert s["y"] == s["j"] + s["v"] - 1
        several, oblong_image, oblong_kernel = s["n"] > 1, s["x"] != s["y"], s["u"] != s["v"]
        return {"n": several, "P is not Q": s["p"] != s["q"], "image": oblong_image, "kernel": oblong_kernel}

    assert min(occurrences(draw)[kind] for kind in ("n", "P is not Q", "image", "kernel")) >= RUNS / 3


def test_kernels_reach_six_by_six_and_some_are_square() -> None:
    def draw(data: st.DataObject) -> dict[str, bool]:
        u, v = (generators.convolution_sizes(data.draw)[side] for side in "uv")
        return {"square": u == v, "beyond 4 rows": u > 4, "beyond 4 columns": v > 4, f"{u}×{v}": True}

    found = occurrences(draw)
    assert min(found[kind] for kind in ("square", "beyond 4 rows", "beyond 4 columns")) >= RUNS / 10
    assert min(found[kind] for kind in ("3×3", "5×5", "6×6")) >= 1


@pytest.mark.parametrize(
    ("sizes", "reached"),
    [
        (generators.kernel_sizes, {"i": 9, "j": 9, "u": 6, "v": 6}),
        (generators.convolution_sizes, {"i": 9, "j": 9, "p": 17, "q": 17, "n": 128}),
        (generators.pooling_sizes, {"i": 9, "j": 9, "q": 17, "n": 128}),
        (generators.vector_sizes, {"i": 9, "j": 9, "k": 17, "n": 128}),
        (generators.dense_sizes, {"c": 40, "m": 200, "n": 128}),
        (generators.entry_sizes, {"a": 200}),
    ],
)
def test_each_axis_is_long_now_and_then(sizes: Callable[[Callable], dict[str, int]], reached: dict[str, int]) -> None:
    found = occurrences(lambda data: {f"{axis}{size}": True for axis, size in sizes(data.draw).items()})
    for axis, size in reached.items():
        assert found[f"{axis}{size}"] >= 1, f"{axis} never was {size}"
        assert found[f"{axis}{size}"] <= RUNS / 4, f"{axis} is {size} too often to be quick"
