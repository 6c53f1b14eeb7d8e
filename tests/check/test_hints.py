"""The explanations of wrong numbers: each is given for its own fault, and for none that only looks like it.

And what to declare instead."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.suite import hints as of_the_suite
from tests.suite.planted import Planted
from vanillacnn.check import Report, Row, check_activation, check_convolution, check_dense
from vanillacnn.check.convolution import Declared, advice, draw
from vanillacnn.check.faults import explain
from vanillacnn.check.geometry import Geometry
from vanillacnn.check.interface import call_pair, to_user
from vanillacnn.check.judge import Quantity, bound
from vanillacnn.check.report import telling
from vanillacnn.check.runner import Case, Data, Sizes

conv_forward = Planted("none", "", "", "").functions()["conv_forward"]
RIGHT = np.random.default_rng(0).integers(1, 99, (2, 3, 5, 5)) / 8

ACCURACY = "of float32 accuracy, as something inside is computed in float32: declare dtype=np.float32 if that is meant"


def said(actual: np.ndarray, expected: np.ndarray = RIGHT) -> list[str]:
    q = Quantity("dw", expected, np.asarray(np.abs(expected)), 9, "OIHW"[: expected.ndim])
    return list(explain(actual, q, bound(q, np.float64)))


@pytest.mark.parametrize(
    ("actual", "hint"),
    [
        (3 * RIGHT, "off by the constant factor 3"),
        (0 * RIGHT, "all values are zero"),
        (RIGHT[..., ::-1], "the right values in other places, as when axes are reshaped and not transposed"),
        (np.trunc(RIGHT), "rounded to integers: an array inside is one of integers"),
        (RIGHT * (1 + 1e-7 * np.sin(RIGHT)), ACCURACY),
        (RIGHT * (np.arange(5) < 4), "wrong only from index 4 of axis W on, where it is zero"),
        (RIGHT + (np.arange(5) < 1), "wrong only up to index 0 of axis W"),
        (RIGHT * np.where(np.arange(5) == 2, np.nan, 1), "NaN or ∞ where every right value is finite"),
    ],
)
def test_each_explanation_has_its_fault(actual: np.ndarray, hint: str) -> None:
    assert said(actual) == [hint]


def test_what_has_no_pattern_is_not_explained() -> None:
    rng = np.random.default_rng(1)
    assert not said(RIGHT + rng.standard_normal(RIGHT.shape))
    assert not said(RIGHT + 1e-4 * (rng.random(RIGHT.shape) < 0.1))
    assert not said(np.array(1.37), np.array(1.0)), "any number is a constant factor times another"
    assert said(np.array(0.5), np.array(1.0)) == ["off by the constant factor 0.5"]


def rows(*hints: list[str]) -> list[Row]:
    return [Row("dw", f"N={k}", "wrong", hints=each) for k, each in enumerate(hints)]


@pytest.mark.parametrize(
    ("hints", "size", "said"),
    [
        ([["a"], ["a", "b"], ["b"], ["b"]], "N=1", "b"),  # what fits at most sizes, and where it fits first
        ([[], ["stops at 3 of 4"], ["stops at 1 of 2"], ["b"]], "N=1", "stops at 3 of 4"),  # whatever its numbers are
        ([["all values are zero"], [], []], "N=0", ""),  # by chance
        ([["all values are zero"], ["all values are zero"], [], []], "N=0", "all values are zero"),
        ([["rounded to integers"], ["a"], []], "N=1", "a"),  # a name may fit at few sizes: some faults do
        ([["off by the constant factor 0.5", "a"], ["a", "off by the constant factor 0.25"]], "N=0", "a"),
        ([["wrong only up to 1", "a"], ["wrong only up to 2"], ["a"]], "N=0", "a"),
        ([["wrong only up to 1", "a"], ["wrong only up to 2"], []], "N=0", "wrong only up to 1"),
        ([[], []], "N=0", ""),
    ],
)
def test_which_explanation_is_given(hints: list[list[str]], size: str, said: str) -> None:
    row, hint = telling(rows(*hints))
    assert (row.size, hint) == (size, said)


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (lambda: check_activation("relu", lambda x: np.clip(x, 0, 6)), ""),
        (lambda: check_activation("relu", np.sin), ""),
        (
            lambda: check_dense(lambda x, w, b: x @ w.T + b),
            'w is transposed: if that is what you mean, declare weight="CM"',
        ),
        (lambda: biased(lambda d: d.mean(axis=(0, 2, 3))), "the mean over samples, rows and columns, not the sum"),
        (lambda: biased(lambda d: d.mean(axis=(2, 3)).sum(axis=0)), "the mean over rows and columns, not the sum"),
        (lambda: check_convolution(lambda x, w, b: np.maximum(conv_forward(x, w, b), 0)), ""),
        (
            lambda: check_convolution(lambda *given: conv_forward(*[a.astype("f4") for a in given]).astype(float)),
            ACCURACY,
        ),
    ],
    ids=["relu6", "sine", "w", "mean", "mean of a map", "relu", "float32"],
)
def test_one_hint_or_none_for_a_fault(report: Callable[[], Report], said: str) -> None:
    found = report()
    (quantity,) = {row.quantity for row in found.rows if row.verdict == "wrong"}
    hints = [line.strip() for line in str(found).splitlines() if line.strip().startswith("hint: ")]
    assert hints == ([f"hint: {said}"] if said else []), quantity


def biased(db: Callable[[np.ndarray], np.ndarray]) -> Report:
    return check_convolution(conv_forward, lambda dout, cache: (None, None, db(dout)))


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("axes", [[2], [3], [2, 3]])
def test_where_a_loop_stops(k: int, axes: list[int]) -> None:
    found = set(of_the_suite.fitting(of_the_suite.cut(RIGHT, axes, k), RIGHT, "pquv"))
    assert found == {of_the_suite.STOPS[k - 1]}
    assert not set(of_the_suite.STOPS) & set(of_the_suite.fitting(RIGHT + 1, RIGHT, "pquv"))


def test_which_kernels_are_large() -> None:
    found = list(of_the_suite.large({"C": ("qijn", (1, 2, 2, 1)), "K": ("pquv", (1, 1, 2, 5))}))
    assert found == ["wrong only for kernels of more than 4 rows or columns", *of_the_suite.LARGE[2:]]
    assert not list(of_the_suite.large({"K": ("pquv", (1, 1, 3, 3)), "C": ("qijn", (1, 2, 2, 1))}))


LAYOUTS = [("NCHW", "OIHW", (-1,)), ("NHWC", "HWIO", (-1, 1)), ("CHWN", "IOHW", (1, -1)),
           ("NCHW", "HWOI", (1, 1, 1, -1)), ("NHWC", "HWIO", (-1, 1, 1)), ("HWC", "HWI", None)]  # fmt: skip


@pytest.mark.parametrize(("x", "kernel", "bias"), LAYOUTS)
def test_the_layout_that_is_meant_is_advised(x: str, kernel: str, bias: tuple[int, ...] | None) -> None:
    """The forward pass takes these axes alone, and the letters are declared in another order."""
    size = {letter: k for letter, k in zip("IHWuv", (2, 6, 5, 3, 2), strict=True)}
    others = {"N": 3 if "N" in x else 1, "O": 4 if "O" in kernel else 1} | size
    drawn = {letter: others[letter] for letter in "NIOHWuv"}
    meant = Declared(x, kernel, x, False, bias, False)

    def cases(declared: Declared) -> Any:
        def make(size: Sizes, data: Data) -> Case:
            layer = draw(Geometry(), size, data, declared, np.float64)
            right = [meant.arguments(layer)[name] for name in ("x", "w")]

            def forward(*given: np.ndarray) -> np.ndarray:
                shapes = [np.shape(a) for a in given]
                wanted = [a.shape for a in right] + ([] if bias is None else [layer.b.reshape(bias).shape])
                if shapes != wanted or not all(map(np.array_equal, given, right)):
                    raise ValueError
                return to_user(layer.C(), "CHWN", x)

            return Case(declared.arguments(layer), call_pair(forward, None, ()), declared.quantities(layer))

        return make

    letters = Declared(x[::-1], kernel[::-1], x[::-1], False, None if bias is None else (2, -1), False)
    said = advice(letters, drawn, cases)
    shape = f'x="{x}", kernel="{kernel}", bias={bias}'
    assert said == [f"the forward pass is right if you declare {shape}"]


def test_another_layout_is_advised_for_the_first_size_that_there_is() -> None:
    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        if w.shape[:2] != (3, 3):
            raise ValueError("expected kernels of 3×3")
        plain = Planted("none", "", "", "").functions()["conv_forward"]
        return np.asarray(plain(x.transpose(0, 3, 1, 2), w.transpose(3, 2, 0, 1), b).transpose(0, 2, 3, 1))

    (said,) = check_convolution(forward).advice
    assert 'x="NHWC", kernel="HWIO"' in said


def test_where_no_layout_can_be_right_none_is_advised() -> None:
    def forward(x: np.ndarray, w: np.ndarray) -> None:
        raise ValueError

    assert not check_convolution(forward, x="HW", kernel="OHW", out="HWC", bias=None).advice
    assert not check_convolution(lambda x, w, b: 0 * x).advice


def test_what_is_right_needs_no_other_layout() -> None:
    report = check_convolution(lambda x, w, b: conv_forward(x, w, b.ravel()))  # right with many a shape of b
    assert report.ok
    assert not report.advice
