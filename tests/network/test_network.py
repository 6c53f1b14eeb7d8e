"""The whole network against autodiff, every Δ of §4.4 by its name."""

import numpy as np
import pytest

import vanillacnn as vc
from reference import forward as jax_forward
from reference.rounding.bounds import sums
from tests.suite.compare import within
from tests.suite.network import ODD, PAPER, batch, exact
from tests.suite.properties import INDEX_FORM
from vanillacnn.network import SAMPLES_AT_ONCE, scores

SIZES = pytest.mark.parametrize("sizes", [PAPER, ODD], ids=["paper", "odd"])


def index_form(params: vc.Parameters, I: np.ndarray, y: np.ndarray) -> vc.Gradients:
    """`network.backward` once more, composed of nested sums."""
    f = INDEX_FORM
    C1 = f.conv_forward(I[np.newaxis], params.K1, params.b1)
    C1_s = f.conv_activation(C1)
    S1 = f.mean_pool(C1_s)
    C2_s = f.conv_activation(f.conv_forward(S1, params.K2, params.b2))
    S2 = f.mean_pool(C2_s)
    v = f.vectorize(S2)
    yhat_s = f.dense_activation(f.dense_forward(params.W, v, params.b))
    dyhat_s = f.squared_error_gradient(yhat_s, y)
    dyhat = f.dense_preactivation_gradient(dyhat_s, yhat_s)
    dv = f.dense_input_gradient(params.W, dyhat)
    dS2 = f.unvectorize(dv, S2.shape[:3])
    dC2_s = f.mean_pool_gradient(dS2)
    dC2 = f.conv_preactivation_gradient(dC2_s, C2_s)
    dS1 = f.conv_input_gradient(dC2, params.K2)
    dC1_s = f.mean_pool_gradient(dS1)
    dC1 = f.conv_preactivation_gradient(dC1_s, C1_s)
    return vc.Gradients(
        f.kernel_gradient(I[np.newaxis], dC1), f.conv_bias_gradient(dC1),
        f.kernel_gradient(S1, dC2), f.conv_bias_gradient(dC2),
        f.weight_gradient(dyhat, v), f.dense_bias_gradient(dyhat),
        dyhat_s, dyhat, dv, dS2, dC2_s, dC2, dS1, dC1_s, dC1, f.conv_input_gradient(dC1, params.K1)[0],
    )  # fmt: skip


def operator_form(params: vc.Parameters, I: np.ndarray, y: np.ndarray) -> vc.Gradients:
    return vc.backward(params, vc.forward(params, I), y)


@SIZES
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("form", [operator_form, index_form])
def test_every_gradient_is_that_of_autodiff(form, sizes, dtype) -> None:
    params, I, y = batch(sizes, 2, dtype)
    values, bounds = exact(params, I, y)
    for name, gradient in form(params, I, y)._asdict().items():
        within(gradient, values[name], bounds[name], {})


@SIZES
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_intermediate_is_that_of_the_reference(sizes, dtype) -> None:
    params, I, y = batch(sizes, 3, dtype)
    values, bounds = exact(params, I, y)
    for name, X in vc.forward(params, I)._asdict().items():
        within(X, values[name], bounds[name], {})


def test_the_loss_is_that_of_the_reference() -> None:
    params, I, y = batch(ODD, 3)
    scores, radius = vc.forward(params, I).yhat_s, exact(params, I, y).bounds["yhat_s"]
    moved = (radius * (np.abs(scores - y) + radius)).sum() / 3  # L moves by |ŷ_σ - y| r + r²/2 for each score
    expected = np.asarray(jax_forward.loss(params._asdict(), I, y))[()]
    bound = moved + sums(scores.size + 5, expected + moved, np.float64)
    within(vc.loss(vc.forward(params, I), y), expected, bound, {})


def test_the_propagated_bounds_are_of_use() -> None:
    """A bound of the size of a gradient would hold whatever the code."""
    values, bounds = exact(*batch(PAPER, 2))
    shares = {name: bounds[name].max() / np.abs(values[name]).max() for name in vc.Gradients._fields}
    assert max(shares.values()) <= 2.0**-30


def test_the_gradient_of_a_batch_is_the_mean_of_those_of_its_samples() -> None:
    params, I, y = batch(ODD, 3)
    whole = operator_form(params, I, y)
    singles = [(I[..., n : n + 1], y[:, n : n + 1]) for n in range(3)]
    parts = [operator_form(params, *single) for single in singles]
    of_whole, of_parts = exact(params, I, y).bounds, [exact(params, *single).bounds for single in singles]
    for name in vc.Parameters._fields:
        d = f"d{name}"
        bound = of_whole[d] + sum(b[d] for b in of_parts) + sums(3, sum(np.abs(getattr(g, d)) for g in parts), I.dtype)
        within(getattr(whole, d), sum(getattr(g, d) for g in parts) / 3, bound, {})


def reverse(theta: vc.Parameters, maps: str) -> vc.Parameters:
    """The maps of layer 1, of layer 2, or the classes, in the opposite order."""
    if maps == "p":
        return theta._replace(K1=theta.K1[:, ::-1], b1=theta.b1[::-1], K2=theta.K2[::-1])
    if maps == "q":
        W = theta.W.reshape(len(theta.b), len(theta.b2), -1)[:, ::-1].reshape(theta.W.shape)
        return theta._replace(K2=theta.K2[:, ::-1], b2=theta.b2[::-1], W=W)
    return theta._replace(W=theta.W[::-1], b=theta.b[::-1])


@pytest.mark.parametrize("maps", ["p", "q", "classes"])
def test_permuted_maps_have_permuted_gradients(maps: str) -> None:
    params, I, y = batch(ODD, 2)
    grads, bounds = operator_form(params, I, y), exact(params, I, y).bounds
    expected = reverse(vc.Parameters(*grads[:6]), maps)
    actual = operator_form(reverse(params, maps), I, y[::-1] if maps == "classes" else y)
    radius = reverse(vc.Parameters(*(bounds[f"d{name}"] for name in vc.Parameters._fields)), maps)
    for k, name in enumerate(vc.Parameters._fields):
        within(actual[k], expected[k], 2 * radius[k], {"name": name})


@pytest.mark.parametrize("N", [1, 2])
def test_nothing_is_written_and_nothing_shared(N: int) -> None:
    params, I, y = batch(ODD, N)
    given = [*params, I, y]
    before = [array.copy() for array in given]
    trace = vc.forward(params, I)
    kept = [array.copy() for array in trace]
    grads = vc.backward(params, trace, y)
    new = vc.update(params, grads, alpha=1.0)
    for arrays, copies in ((given, before), (trace, kept)):
        for array, copy in zip(arrays, copies, strict=True):
            np.testing.assert_array_equal(array, copy, strict=True)
    results = [*trace, *grads, *new]
    assert not any(np.shares_memory(a, b) for a in results for b in given)
    assert not any(np.shares_memory(a, b) for k, a in enumerate(results) for b in results[:k])


def test_read_only_arrays_will_do() -> None:
    params, I, y = batch(ODD, 2)
    expected = operator_form(params, I, y)
    for array in (*params, I, y):
        array.flags.writeable = False
    for a, b in zip(operator_form(params, I, y), expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_no_samples_have_no_gradient() -> None:
    params, I, y = batch(ODD, 2)
    grads = operator_form(params, I[..., :0], y[:, :0])
    for name, theta in params._asdict().items():
        np.testing.assert_array_equal(getattr(grads, f"d{name}"), np.zeros_like(theta), strict=True)
    assert grads.dI.shape == (*I.shape[:2], 0)


@SIZES
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_dtype_is_kept(sizes, dtype) -> None:
    params, I, y = batch(sizes, N=2, dtype=dtype)
    trace = vc.forward(params, I)
    grads = vc.backward(params, trace, y)
    arrays = [*params, *trace, *grads, *vc.update(params, grads, alpha=1.0), vc.loss(trace, y)]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}


def test_the_papers_network_has_3898_parameters() -> None:
    assert sum(theta.size for theta in vc.initialize(np.random.default_rng(0))) == 3898


def test_the_same_seed_is_the_same_network_in_every_dtype() -> None:
    single, double = (vc.initialize(np.random.default_rng(3), dtype=dtype) for dtype in (np.float32, np.float64))
    for a, b in zip(single, double, strict=True):
        np.testing.assert_array_equal(a, b.astype(np.float32))


def test_a_prediction_is_the_first_largest_score_however_many_images() -> None:
    params, I, _ = batch(ODD, N=601)
    labels = vc.predict(params, I)
    np.testing.assert_array_equal(
        labels, [scores.tolist().index(max(scores)) for scores in vc.forward(params, I).yhat_s.T]
    )
    assert vc.predict(params, I[..., :0]).shape == (0,)
    np.testing.assert_array_equal(vc.predict(params._replace(W=0 * params.W, b=0 * params.b), I[..., :2]), [0, 0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("N", [0, 1, 2, 501, 1301])
def test_scores_are_those_of_the_forward_pass_slice_by_slice(N: int, dtype) -> None:
    params, I, _ = batch(ODD | {"classes": 7}, N, dtype)
    slices = [vc.forward(params, I[..., k : k + SAMPLES_AT_ONCE]).yhat_s for k in range(0, max(N, 1), SAMPLES_AT_ONCE)]
    np.testing.assert_array_equal(scores(params, I), np.concatenate(slices, axis=1), strict=True)
    assert vc.predict(params, I).dtype == np.intp


def test_the_smallest_network_is_one() -> None:
    params = vc.initialize(np.random.default_rng(0), image=(4, 4), maps=(1, 1), kernels=((1, 1), (1, 1)), classes=1)
    assert [theta.size for theta in params] == [1] * 6


def test_a_gradient_without_its_image_is_the_same() -> None:
    params, I, y = batch(ODD, N=2)
    trace = vc.forward(params, I)
    *grads, dI = vc.backward(params, trace, y, input_gradient=False)
    assert dI is None
    for a, b in zip(grads, vc.backward(params, trace, y), strict=False):
        np.testing.assert_array_equal(a, b)
