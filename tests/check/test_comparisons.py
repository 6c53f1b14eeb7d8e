"""The comparisons of the suite: strict by themselves, and what they forgive to somebody else's code."""

import numpy as np
import pytest

from tests.suite import compare
from tests.suite.user_code import close

RIGHT = np.array([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    "wrong",
    [
        RIGHT * np.array([[np.nan, 1], [1, 1]]),
        RIGHT[:, :1],
        RIGHT[np.newaxis],
        RIGHT.astype(np.float32),
        RIGHT * np.array([[1 + 2e-9, 1], [1, 1]]),
        RIGHT * np.array([[1 - 2e-9, 1], [1, 1]]),
        RIGHT.tolist(),
        np.float64(1.0),
    ],
    ids=["nan", "shape", "axes", "dtype", "too large", "too small", "list", "scalar"],
)
def test_the_comparisons_reject_what_is_wrong(wrong: object) -> None:
    with pytest.raises(compare.Mismatch):
        compare.same(wrong, RIGHT, {})
    if not isinstance(wrong, list) and np.result_type(wrong) == np.float64:
        with pytest.raises(compare.Mismatch):
            compare.within(wrong, RIGHT, np.full((2, 2), 1e-9), {})


def test_the_comparisons_accept_what_is_right() -> None:
    compare.same(RIGHT.copy(), RIGHT, {})
    compare.within(RIGHT + 2.0**-30, RIGHT, np.full((2, 2), 2.0**-30), {})


def test_the_comparisons_let_pass_only_what_is_forgiven(monkeypatch: pytest.MonkeyPatch) -> None:
    """By whom it is set, who sees the result, what was expected, and the arguments, in this order."""
    seen, arguments, wrong = [], {"x": RIGHT}, RIGHT + 1
    comparisons = [
        lambda: compare.same(wrong, RIGHT, arguments),
        lambda: compare.within(wrong, RIGHT, np.full((2, 2), 1e-9), arguments),
    ]
    for compared in comparisons:
        for answer in (True, False):
            monkeypatch.setattr(compare, "forgive", lambda *given, answer=answer: seen.append(given) or answer)
            if answer:
                compared()
            else:
                with pytest.raises(compare.Mismatch):
                    compared()
    assert len(seen) == 4
    assert all(given[0] is wrong and given[1] is RIGHT and given[2] is arguments for given in seen)


def test_somebody_elses_result_may_round_otherwise_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The arguments' norm is that of RIGHT, √30."""
    monkeypatch.setattr(compare, "precision", np.dtype(np.float64))
    eps = np.finfo(np.float64).eps
    for factor, accepted in ((1, True), (1e3, False), (1e9, False)):
        assert close(RIGHT * (1 + factor * eps), RIGHT, {"x": RIGHT}) == accepted
    assert not close(RIGHT * np.nan, RIGHT, {"x": RIGHT})
