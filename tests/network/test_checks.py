"""What the public functions refuse: a ValueError that names the symbol, what was expected and what came."""

import sys
from fractions import Fraction

import numpy as np
import pytest
from jaxtyping import config

import vanillacnn as vc
from tests.network.test_network import ODD, batch
from vanillacnn.checks import real
from vanillacnn.optimizer import RULES


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
        ({"classes": 0}, "classes"),
        ({"classes": 10.0}, "classes"),
        ({"maps": 6}, "maps"),
        ({"image": (28, 28, 1)}, "image"),
        ({"kernels": (5, 5)}, "kernels"),
        ({"kernels": 5}, "kernels"),
        ({"kernels": ((5, 5), 5)}, "kernels"),
        ({"kernels": ((5, 5),) * 3}, "kernels"),
        ({"architecture": "relu"}, "architecture"),
        ({"dtype": np.int32}, "dtype"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(sizes, symbol) -> None:
    with pytest.raises(ValueError, match=rf"^{symbol}.*: expected "):
        vc.initialize(np.random.default_rng(0), **sizes)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"image": 28}, "image: expected two whole numbers from 1, got 28"),
        ({"maps": 6}, "maps: expected two whole numbers from 1, got 6"),
        ({"kernels": 5}, "kernels: expected two pairs of whole numbers from 1, got 5"),
        ({"classes": 0}, "classes: expected a whole number from 1, got 0"),
        ({"dtype": int}, "dtype: expected a floating-point dtype, got <class 'int'>"),
    ],
)
def test_sizes_are_refused_with_what_was_expected_and_what_came(sizes, message) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        vc.initialize(np.random.default_rng(0), **sizes)


def test_sizes_may_be_lists_and_numbers_of_numpy() -> None:
    lists = {"image": [28, 28], "maps": np.array([6, 12]).tolist(), "kernels": [[5, np.int64(5)], [5, 5]]}
    some = vc.initialize(np.random.default_rng(0), **lists, classes=np.int64(10))
    for a, b in zip(some, vc.initialize(np.random.default_rng(0)), strict=True):
        np.testing.assert_array_equal(a, b, strict=True)


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
    """The dtypes of a network of integers agree, but training would round it to nothing."""
    params, I, _ = batch(ODD, N=2)
    with pytest.raises(ValueError, match="^K1: expected a floating-point dtype, got int64"):
        vc.forward(vc.Parameters(*(theta.astype(np.int64) for theta in params)), I.astype(np.int64))


def test_exact_labels_are_finite_by_nature() -> None:
    params, I, y = batch(ODD, N=2)
    trace = vc.forward(params, I)
    halves = np.array([[Fraction(1, 2)] * 2] * 4, object)
    exact = trace._replace(yhat=halves, yhat_s=halves)
    assert vc.loss(exact, y.astype(int).astype(object)) == Fraction(1, 2)


@pytest.mark.parametrize("label", [np.nan, np.inf, -np.inf])
def test_labels_that_are_not_finite_are_refused(label) -> None:
    params, I, y = batch(ODD, N=2)
    y[1, 0] = label
    trace = vc.forward(params, I)
    for call in (lambda: vc.loss(trace, y), lambda: vc.backward(params, trace, y)):
        with pytest.raises(ValueError, match="^y: expected finite"):
            call()


@pytest.mark.parametrize("k", range(5))
def test_classes_and_scores_of_two_passes_are_refused(k) -> None:
    params, I, y = batch(ODD, N=2)
    trace = vc.forward(params, I)
    with pytest.raises(ValueError, match="^yhat: expected "):
        vc.loss(trace._replace(yhat=wrong(trace.yhat)[k]), y)


@pytest.mark.parametrize("k", [0, 3, 4])
def test_scores_that_are_none_have_no_loss(k) -> None:
    params, I, y = batch(ODD, N=2)
    trace = vc.forward(params, I)
    with pytest.raises(ValueError, match="^yhat_s: expected "):
        vc.loss(trace._replace(yhat_s=wrong(trace.yhat_s)[k]), y)


@pytest.mark.parametrize("pixel", [np.nan, np.inf])
def test_no_digit_is_read_from_pixels_that_are_not_numbers(pixel) -> None:
    params, I, _ = batch(ODD, N=2)
    I[3, 4, 1] = pixel
    with pytest.raises(ValueError, match="^I: expected finite numbers"):
        vc.predict(params, I)


def test_no_digit_is_read_by_parameters_that_are_not_numbers() -> None:
    params, I, _ = batch(ODD, N=2)
    with pytest.raises(ValueError, match="^yhat_s: expected finite numbers"):
        vc.predict(params._replace(b=np.full(4, np.nan)), I)


def test_big_endian_and_masked_arrays_and_networks_without_maps_are_refused() -> None:
    params, I, _ = batch(ODD, N=2)
    empty = params._replace(K1=params.K1[:, :0], b1=params.b1[:0], K2=params.K2[:0])
    swapped = vc.Parameters(*(theta.astype(theta.dtype.newbyteorder()) for theta in params))
    masked = params._replace(K1=np.ma.masked_array(params.K1))
    for broken in (empty, swapped, masked):
        with pytest.raises(ValueError, match="^K1: expected "):
            vc.forward(broken, I)


@pytest.mark.parametrize("wrong", [None, (), "params", {}])
def test_what_is_no_record_is_refused(wrong) -> None:
    params, I, y = batch(ODD, N=2)
    trace = vc.forward(params, I)
    grads = vc.backward(params, trace, y)
    for symbol, call in [
        ("params", lambda: vc.forward(wrong, I)),
        ("params", lambda: vc.predict(wrong, I)),
        ("params", lambda: vc.backward(wrong, trace, y)),
        ("params", lambda: vc.update(wrong, grads, 0.1)),
        ("trace", lambda: vc.loss(wrong, y)),
        ("trace", lambda: vc.backward(params, wrong, y)),
        ("grads", lambda: vc.update(params, wrong, 0.1)),
        ("alpha: expected a finite learning rate", lambda: vc.update(params, grads, wrong)),
        ("rng", lambda: vc.initialize(wrong)),
        ("architecture", lambda: vc.forward(params, I, wrong)),
        ("architecture", lambda: vc.predict(params, I, wrong)),
        ("architecture", lambda: vc.loss(trace, y, wrong)),
        ("architecture", lambda: vc.backward(params, trace, y, wrong)),
    ]:
        with pytest.raises(ValueError, match=rf"^{symbol}\b.* got "):
            call()


@pytest.mark.parametrize("alpha", [np.float64(0.5), np.float16(0.5), np.longdouble(0.5), np.array(0.5)])
def test_a_rate_of_any_kind_keeps_the_dtype(alpha) -> None:
    params, I, y = batch(ODD, N=2, dtype=np.float32)
    grads = vc.backward(params, vc.forward(params, I), y)
    for a, b in zip(vc.update(params, grads, alpha), vc.update(params, grads, 0.5), strict=True):
        np.testing.assert_array_equal(a, b, strict=True)


@pytest.mark.parametrize("name", RULES)
def test_the_numbers_of_a_rule_keep_the_dtype(name) -> None:
    options = {"mu": 0.5, "beta_1": 0.5, "beta_2": 0.75, "epsilon": 1e-3, "weight_decay": 0.25}
    theta, dtheta = np.ones(3, np.float32), np.full(3, 0.5, np.float32)
    rule, of_numpy = (
        vc.Rule(name, **{key: kind(value) for key, value in options.items()}) for kind in (float, np.float64)
    )
    expected, m = rule.step(theta, dtheta, rule.begin(theta), 0.5, 1)
    actual, of_numpys = of_numpy.step(theta, dtheta, rule.begin(theta), np.float64(0.5), np.int64(1))
    for a, b in zip((actual, *of_numpys), (expected, *m), strict=True):
        np.testing.assert_array_equal(a, b, strict=True)


def test_the_numbers_of_a_schedule_may_be_numpys() -> None:
    plain, numpys = (
        vc.Schedule("step_decay", real(0.5), whole(2), whole(3))
        for real, whole in ((float, int), (np.float64, np.int64))
    )
    rates = [numpys(np.float64(0.5), np.int64(k), np.int64(8)) for k in range(8)]
    assert rates == [plain(0.5, k, 8) for k in range(8)]
    assert {type(rate) for rate in rates} == {float}


def test_the_numbers_of_a_rule_go_with_an_array() -> None:
    with pytest.raises(ValueError, match="^theta: expected "):
        vc.Rule().step([1.0], np.ones(1), (), 0.5, 1)


def test_the_mean_over_no_samples_is_refused() -> None:
    params, I, y = batch(ODD, N=2)
    with pytest.raises(ValueError, match="^y: expected at least one sample"):
        vc.loss(vc.forward(params, I[..., :0]), y[:, :0])


@pytest.mark.parametrize(
    "value", [0, -2, 1.5, Fraction(1, 2), np.float16(2), np.array(3), sys.float_info.max, -sys.float_info.max]
)
def test_a_finite_number_is_one(value) -> None:
    assert real(value)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 10**400, -(10**400), True, "1", None])
def test_what_is_no_finite_number(value) -> None:
    assert not real(value)


def test_images_with_their_samples_first_are_named() -> None:
    params = vc.initialize(np.random.default_rng(0))
    message = r"^I: expected images of sides that the kernels fit, and the sample index last, got shape \(30, 28, 28\)"
    with pytest.raises(ValueError, match=message):
        vc.forward(params, np.zeros((30, 28, 28), np.float32))
