"""What the public functions refuse: a ValueError that names the symbol, what was expected and what came."""

import sys
from fractions import Fraction

import numpy as np
import pytest
from jaxtyping import config

import vanillacnn as vc
from tests.network.test_network import ODD, batch
from vanillacnn.checks import real


@pytest.fixture(autouse=True)
def unchecked_annotations():
    """Elsewhere the suite checks annotations at run time; a user's program does not. These checks must stand alone."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


@pytest.mark.parametrize(
    ("sizes", "symbol"),
    [
        ({"image": (4, 28)}, "K1"),
        ({"image": (29, 28)}, "K1"),
        ({"image": (12, 28)}, "K2"),
        ({"image": (30, 28)}, "K2"),
        ({"image": (28, 29)}, "K1"),
        ({"image": (28, 30)}, "K2"),
        ({"maps": (0, 12)}, "maps"),
        ({"classes": 0}, "maps, classes"),
        ({"dtype": np.int32}, "dtype"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(sizes, symbol) -> None:
    with pytest.raises(ValueError, match=rf"^{symbol}.*: expected "):
        vc.initialize(np.random.default_rng(0), **sizes)


def wrong(array: np.ndarray) -> list:
    """The array with one index fewer, one sample or column fewer, of another float, of integers, and not an array."""
    other = np.float32 if array.dtype == np.float64 else np.float64
    return [array[0], array[..., :-1], array.astype(other), array.astype(int), array.tolist()]


@pytest.mark.parametrize("name", vc.Parameters._fields)
@pytest.mark.parametrize("k", range(5))
def test_wrong_parameters_are_refused(name, k) -> None:
    params, I, y = batch(ODD, N=2)
    trace = vc.forward(params, I)
    if name in ("K1", "K2") and k == 1:  # narrower kernels are kernels too: the images no longer fit
        name = "I"
        broken = params._replace(K2=params.K2[..., :2])
    else:
        broken = params._replace(**{name: wrong(getattr(params, name))[k]})
    symbols = {"K1": "(K1|b1)", "W": "(W|I)"}.get(name, name)
    for call in (lambda: vc.forward(broken, I), lambda: vc.backward(broken, trace, y), lambda: vc.predict(broken, I)):
        with pytest.raises(ValueError, match=rf"^{symbols}: expected "):
            call()


@pytest.mark.parametrize("k", [0, 2, 3, 4])
def test_wrong_images_are_refused(k) -> None:
    params, I, _ = batch(ODD, N=2)
    for call in (vc.forward, vc.predict):
        with pytest.raises(ValueError, match="^I: expected "):
            call(params, wrong(I)[k])


@pytest.mark.parametrize("name", vc.Trace._fields)
@pytest.mark.parametrize("k", [0, 2, 3, 4])
def test_a_wrong_trace_is_refused(name, k) -> None:
    params, I, y = batch(ODD, N=2)
    trace = vc.forward(params, I)
    with pytest.raises(ValueError, match=rf"^{name}: expected "):
        vc.backward(params, trace._replace(**{name: wrong(getattr(trace, name))[k]}), y)


@pytest.mark.parametrize("k", range(5))
def test_wrong_labels_are_refused(k) -> None:
    params, I, y = batch(ODD, N=2)
    trace = vc.forward(params, I)
    for call in (lambda: vc.loss(trace, wrong(y)[k]), lambda: vc.backward(params, trace, wrong(y)[k])):
        with pytest.raises(ValueError, match="^y: expected "):
            call()


def test_integer_parameters_are_refused() -> None:
    """Whole networks of integers agree with themselves in dtype, and would be trained to nothing."""
    params, I, _ = batch(ODD, N=2)
    with pytest.raises(ValueError, match="^K1: expected a floating-point dtype, got int64"):
        vc.forward(vc.Parameters(*(theta.astype(np.int64) for theta in params)), I.astype(np.int64))


def test_exact_labels_are_finite_by_nature() -> None:
    params, I, y = batch(ODD, N=2)
    trace = vc.forward(params, I)
    exact = trace._replace(yhat_s=np.array([[Fraction(1, 2)] * 2] * 4, object))
    assert vc.loss(exact, y.astype(int).astype(object)) == Fraction(1, 2)


@pytest.mark.parametrize("label", [np.nan, np.inf, -np.inf])
def test_labels_that_are_not_finite_are_refused(label) -> None:
    params, I, y = batch(ODD, N=2)
    y[1, 0] = label
    trace = vc.forward(params, I)
    for call in (lambda: vc.loss(trace, y), lambda: vc.backward(params, trace, y)):
        with pytest.raises(ValueError, match="^y: expected finite"):
            call()


def test_the_mean_over_no_samples_is_refused() -> None:
    params, I, y = batch(ODD, N=2)
    with pytest.raises(ValueError, match="^y: expected at least one sample"):
        vc.loss(vc.forward(params, I[..., :0]), y[:, :0])


@pytest.mark.parametrize("value", [0, -2, 1.5, sys.float_info.max, -sys.float_info.max])
def test_a_finite_number_is_one(value) -> None:
    assert real(value)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 10**400, -(10**400), True, "1", None])
def test_what_is_no_finite_number(value) -> None:
    assert not real(value)
