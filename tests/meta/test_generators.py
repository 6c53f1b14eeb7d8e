"""The generators: every kind of input really occurs in a run, and no degenerate one is common."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.suite import generators

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
        assert s["u"] != s["v"]
        assert min(s["u"], s["v"], s["p"], s["q"]) >= 2
        assert s["x"] == s["i"] + s["u"] - 1
        assert s["y"] == s["j"] + s["v"] - 1
        return {"several samples": s["n"] > 1, "P is not Q": s["p"] != s["q"], "oblong": s["x"] != s["y"]}

    assert min(occurrences(draw)[kind] for kind in ("several samples", "P is not Q", "oblong")) >= RUNS / 3
