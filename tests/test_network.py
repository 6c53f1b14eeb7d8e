"""The whole network against autodiff, every Δ of §4.4 by its name."""

import numpy as np
import pytest

import vanillacnn as vc
from reference import forward as jax_forward
from reference import gradients as jax_gradients
from tests.properties import INDEX_FORM

PAPER = {}
ODD = {"image": (12, 19), "maps": (2, 3), "kernels": ((3, 2), (2, 4)), "classes": 4}
SIZES = pytest.mark.parametrize("sizes", [PAPER, ODD], ids=["paper", "odd"])
PROMISE = 1e-13  # relative to the largest entry of a gradient, in float64


def batch(sizes: dict, N: int, dtype=np.float64) -> tuple[vc.Parameters, np.ndarray, np.ndarray]:
    """Glorot parameters with biases that are not zero, images and labels."""
    rng = np.random.default_rng(7)
    params = vc.initialize(rng, **sizes, dtype=dtype)
    params = vc.Parameters(
        *(theta if theta.any() else rng.uniform(-1, 1, theta.shape).astype(dtype) for theta in params)
    )
    I = rng.random((*sizes.get("image", (28, 28)), N)).astype(dtype)
    y = np.eye(len(params.b), dtype=dtype)[:, rng.integers(0, len(params.b), N)]
    return params, I, y


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
@pytest.mark.parametrize("form", [operator_form, index_form])
def test_every_gradient_is_that_of_autodiff(form, sizes) -> None:
    params, I, y = batch(sizes, N=2)
    expected = jax_gradients(params._asdict(), I, y)
    for name, gradient in form(params, I, y)._asdict().items():
        assert gradient.shape == expected[name].shape
        assert np.abs(gradient - expected[name]).max() <= PROMISE * np.abs(expected[name]).max(), name


@SIZES
def test_every_intermediate_is_that_of_the_reference(sizes) -> None:
    params, I, _ = batch(sizes, N=3)
    expected = jax_forward.forward(params._asdict(), I)
    for name, X in vc.forward(params, I)._asdict().items():
        assert X.shape == expected[name].shape
        assert np.abs(X - expected[name]).max() <= PROMISE * np.abs(expected[name]).max(), name


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


def test_a_gradient_without_its_image_is_the_same() -> None:
    params, I, y = batch(ODD, N=2)
    trace = vc.forward(params, I)
    *grads, dI = vc.backward(params, trace, y, input_gradient=False)
    assert dI is None
    for a, b in zip(grads, vc.backward(params, trace, y), strict=False):
        np.testing.assert_array_equal(a, b)
