"""The parameters of the paper's network and ΔI against the complex step: a sample always, all 3,898 by `-m slow`."""

import numpy as np
import pytest

import vanillacnn as vc
from reference import complex_step
from reference import forward as jax_forward
from reference.autodiff import gradients, values
from reference.complex_step import partial_derivatives
from reference.rounding.bounds import sums
from reference.rounding.propagation import radii
from tests.network.test_network import PAPER, batch
from tests.suite.compare import Mismatch, within

SAMPLE = {"K1": 72, "b1": 6, "K2": 150, "b2": 12, "W": 150, "b": 10, "I": 100}  # entries of each; 400 parameters
ARRAYS = pytest.mark.parametrize("name", SAMPLE)


class Network:
    """The hand-derived gradient of one batch, and how far the complex step may be from it."""

    def __init__(self) -> None:
        params, I, y = batch(PAPER, 2)
        given = params._asdict()
        trace = values(given, I)
        r = radii(given, trace, gradients(given, I, y), y, np.float64)
        of_step = complex_step.error(given, trace, r, y)
        self.arguments, self.y, self.radii = given | {"I": I}, y, r
        self.bounds = {name: r[f"d{name}"] + of_step[name] for name in SAMPLE}
        backward = vc.backward(params, vc.forward(params, I), y)
        self.derived = {name: getattr(backward, f"d{name}") for name in SAMPLE}

    def judge(self, name: str, where: np.ndarray, derived: np.ndarray) -> None:
        """At the entries `where`; also the published figure: of the array's largest derivative, 10⁻¹³ at most."""
        step = partial_derivatives(self.arguments, self.y, name, where)
        within(derived.flat[where], step, self.bounds[name].flat[where], {})
        within(derived.flat[where], step, 1e-13 * np.abs(derived).max(), {})


@pytest.fixture(scope="module")
def network() -> Network:
    return Network()


@ARRAYS
def test_a_sample_is_the_complex_step_within_the_bound(network: Network, name: str) -> None:
    derived = network.derived[name]
    where = np.random.default_rng(0).choice(derived.size, SAMPLE[name], replace=False)
    network.judge(name, where, derived)


@pytest.mark.slow
@ARRAYS
def test_every_derivative_is_the_complex_step_within_the_bound(network: Network, name: str) -> None:
    derived = network.derived[name]
    network.judge(name, np.arange(derived.size), derived)


def test_these_are_all_3898_parameters(network: Network) -> None:
    assert sum(network.derived[name].size for name in vc.Parameters._fields) == 3898
    assert sum(SAMPLE[name] for name in vc.Parameters._fields) == 400


@ARRAYS
def test_a_fault_of_one_entry_is_found(network: Network, name: str) -> None:
    wrong = network.derived[name].copy()
    largest = np.abs(wrong).argmax()
    wrong.flat[largest] *= 1 + 2e-9
    with pytest.raises(Mismatch, match="error above the bound"):
        network.judge(name, np.array([largest]), wrong)


def test_the_bounds_are_of_use(network: Network) -> None:
    """A bound of the size of a gradient would hold whatever the code."""
    shares = [network.bounds[name].max() / np.abs(dX).max() for name, dX in network.derived.items()]
    assert max(shares) <= 2.0**-30


def test_the_forward_pass_is_that_of_the_reference(network: Network) -> None:
    """Without a perturbation every t has the same loss, and it is real."""
    arguments = {name: np.repeat(X[np.newaxis], 3, axis=0).astype(complex) for name, X in network.arguments.items()}
    params = {name: network.arguments[name] for name in vc.Parameters._fields}
    scores = values(params, network.arguments["I"])["yhat_s"]
    expected = np.asarray(jax_forward.loss(params, network.arguments["I"], network.y))
    # L moves by |ŷ_σ - y| r + r²/2 for each score, here for two evaluations and a mean of two samples.
    residual, r = np.abs(scores - network.y), network.radii["yhat_s"]
    bound = ((residual + r) * r).sum() + 2 * sums(scores.size + 8, ((residual + r) ** 2).sum(), np.float64)
    L = complex_step.loss(arguments, network.y)
    within(L.real, np.repeat(expected, 3), bound, {})
    assert not L.imag.any()
