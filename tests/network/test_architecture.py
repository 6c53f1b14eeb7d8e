"""Networks with other activations, pooling and heads than the paper's: each part, and the whole against autodiff."""

import numpy as np
import pytest

import vanillacnn as vc
from reference import forward as jax_forward
from reference import heads
from reference.autodiff import gradients as jax_gradients
from reference.autodiff import values as jax_values
from reference.rounding.bounds import sums
from reference.rounding.propagation import radii
from tests.network.test_network import ODD, batch
from tests.suite.compare import within
from vanillacnn.architecture import ACTIVATIONS, HEADS, PAPER, POOLINGS, Architecture

# Every function in its place with every other kind of neighbour once; what stands there knows nothing of the rest.
NETWORKS = [("sigmoid", "mean", head) for head in HEADS]
NETWORKS += [("relu", "max", "softmax_cross_entropy"), ("relu", "mean", "squared_error")]
NETWORKS += [("sigmoid", "max", "softmax_squared_error")]
EACH = pytest.mark.parametrize("names", NETWORKS, ids="-".join)


def test_the_networks_have_every_name() -> None:
    for place, table in enumerate((ACTIVATIONS, POOLINGS, HEADS)):
        assert {names[place] for names in NETWORKS} == set(table)


@EACH
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_everything_is_that_of_autodiff(names: tuple[str, str, str], dtype: type) -> None:
    params, I, y = batch(ODD, 2, dtype)
    double = {name: theta.astype(np.float64) for name, theta in params._asdict().items()}
    I64, y64, places, architecture = (
        I.astype(np.float64),
        y.astype(np.float64),
        heads.places(*names),
        Architecture(*names),
    )
    exact = jax_values(double, I64, places=places)
    exact_gradients = jax_gradients(double, I64, y64, places)
    own, of_jax = (radii(double, exact, exact_gradients, y64, kind, names) for kind in (dtype, np.float64))
    trace = vc.forward(params, I, architecture)
    grads = vc.backward(params, trace, y, architecture)
    for name, X in trace._asdict().items():
        within(X, exact[name], own[name] + of_jax[name], {})
    for name, dX in grads._asdict().items():
        if dX is None:  # the loss is one of ŷ, and knows nothing of ŷ_σ
            assert name == "dyhat_s"
            assert not exact_gradients[name].any()
        else:
            within(dX, exact_gradients[name], own[name] + of_jax[name], {})
            assert dX.dtype == dtype


@EACH
def test_the_bounds_are_of_use(names: tuple[str, str, str]) -> None:
    """A bound of the size of a gradient would hold whatever the code. No kink is so near, but for zeros of the
    rectifier that tie in a cell: what comes back to them is any of them's, and the rectifier drops it."""
    params, I, y = batch(ODD, 2)
    places = heads.places(*names)
    exact = jax_values(params._asdict(), I, places=places)
    grads = jax_gradients(params._asdict(), I, y, places)
    bounds = radii(params._asdict(), exact, grads, y, np.float64, names)
    tied = {"dC1_s", "dC2_s"} if names[:2] == ("relu", "max") else set()
    for name, dX in ((name, dX) for name, dX in grads.items() if name not in tied):
        assert bounds[name].max() <= 2.0**-25 * np.abs(dX).max(), name


@EACH
def test_the_loss_is_that_of_the_reference(names: tuple[str, str, str]) -> None:
    """In float64, within its slope, Δŷ or Δŷ_σ, times what ŷ or ŷ_σ may be off."""
    params, I, y = batch(ODD, 2)
    places, architecture = heads.places(*names), Architecture(*names)
    exact = jax_values(params._asdict(), I, places=places)
    grads = jax_gradients(params._asdict(), I, y, places)
    r = radii(params._asdict(), exact, grads, y, np.float64, names)
    expected = float(jax_forward.loss(params._asdict(), I, y, places=places))
    through = "dyhat_s" if grads["dyhat_s"].any() else "dyhat"
    X = through.removeprefix("d")
    moved = float(((np.abs(grads[through]) + r[through]) * r[X]).sum())
    largest = abs(expected) + float((np.abs(y) * (1 + np.abs(exact["yhat"]))).sum()) + 1
    actual = float(vc.loss(vc.forward(params, I, architecture), y, architecture))
    assert abs(actual - expected) <= 4 * moved + 2 * float(sums(64, largest, np.float64))


def test_the_defaults_are_the_papers() -> None:
    params, I, y = batch(ODD, 2)
    assert Architecture("sigmoid", "mean", "squared_error") == PAPER
    trace, explicit = vc.forward(params, I), vc.forward(params, I, PAPER)
    for a, b in zip(trace, explicit, strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(vc.backward(params, trace, y), vc.backward(params, trace, y, PAPER), strict=True):
        np.testing.assert_array_equal(a, b)


def test_rectifiers_begin_with_the_bound_of_he() -> None:
    rng = np.random.default_rng(0)
    params = vc.initialize(rng, architecture=Architecture(activation="relu"))
    for K in (params.K1, params.K2):
        a = (6 / (K.shape[0] * 25)) ** 0.5
        assert 0.9 * a < np.abs(K).max() <= a


def test_a_prediction_has_the_networks_functions() -> None:
    params, I, _ = batch(ODD, 70)
    for names in NETWORKS:
        scores = vc.forward(params, I, Architecture(*names)).yhat_s
        np.testing.assert_array_equal(vc.predict(params, I, Architecture(*names)), scores.argmax(axis=0))


@pytest.mark.parametrize(("place", "name"), [("activation", "tanh"), ("pooling", "min"), ("head", "hinge")])
def test_a_name_that_is_none_is_refused(place: str, name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{place}: expected one of .*, got {name!r}"):
        Architecture(**{place: name})
