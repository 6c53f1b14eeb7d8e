"""Training: what a step, an epoch and a run do; a run can be stopped and resumed anywhere."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from tests.network.test_network import exact
from tests.suite.compare import within
from vanillacnn.architecture import Architecture
from vanillacnn.arrays import Parameters
from vanillacnn.mnist import Split, Subset
from vanillacnn.network import backward, forward, loss, update
from vanillacnn.optimizer import RULES, Rule, Schedule
from vanillacnn.training import run
from vanillacnn.training.batches import epoch_order, fingerprint, one_hot, scale
from vanillacnn.training.config import RECIPES, Config
from vanillacnn.training.run import State, begin, evaluate, train


def subset(n: int, seed: int) -> Subset:
    """Noise with a bright bar as high up as the label says, in the memory layout of `mnist.load`."""
    rng = np.random.default_rng(seed)
    images, labels = rng.integers(0, 50, (n, 16, 20), np.uint8), rng.integers(0, 10, n, np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[label : label + 5] += 200
    return Subset(np.moveaxis(images, 0, -1), labels)


DATA = Split(subset(47, 1), subset(23, 2))
CONFIG = Config(epochs=3, batch_size=10, seed=5)  # 5 steps in an epoch, the last with 7 images
STATES = [begin(CONFIG, DATA), *train(begin(CONFIG, DATA), DATA)]


def without_times(state: State) -> tuple[list, list, list]:
    moments = [m.tobytes() for kept in state.moments for m in kept]
    return [theta.tobytes() for theta in state.params], moments, [m._replace(seconds=0.0) for m in state.history]


def test_states_of_a_run() -> None:
    places = [(state.epoch, state.step) for state in STATES]
    epoch = [0, 1, 2, 3, 4, 5]
    assert places == [(e, s) for e in range(3) for s in epoch] + [(3, 0)]
    assert [metrics.epoch for metrics in STATES[-1].history] == [1, 2, 3]


@pytest.mark.parametrize("stop", range(len(STATES)))
def test_resumed_anywhere_a_run_ends_in_the_same_bits(stop: int) -> None:
    final = STATES[stop]
    for state in train(STATES[stop], DATA):
        final = state
    assert without_times(final) == without_times(STATES[-1])


BEYOND = Config(
    epochs=2,
    batch_size=10,
    alpha=0.01,
    seed=5,
    architecture=Architecture("relu", "max", "softmax_cross_entropy"),
    rule=Rule("adamw", weight_decay=0.1),
    schedule=Schedule("cosine_decay", warmup=3),
)
BEYOND_STATES = [begin(BEYOND, DATA), *train(begin(BEYOND, DATA), DATA)]


@pytest.mark.parametrize("stop", range(len(BEYOND_STATES)))
def test_so_does_one_with_moments_and_a_schedule(stop: int) -> None:
    final = BEYOND_STATES[stop]
    for state in train(BEYOND_STATES[stop], DATA):
        final = state
    assert without_times(final) == without_times(BEYOND_STATES[-1])


@pytest.mark.parametrize("decay", ["exponential_decay", "cosine_decay"])
@pytest.mark.parametrize("name", RULES)
def test_a_run_follows_its_rule_and_schedule(name: str, decay: str) -> None:
    """Step by step with the public functions: the rate of step k of the 20 of the whole run, and t from 1 on."""
    rule, schedule = Rule(name, weight_decay=0.01), Schedule(decay, gamma=0.5, period=3, warmup=2)
    architecture = Architecture(head="softmax_cross_entropy")
    config = Config(4, 10, 0.1, dtype="float64", architecture=architecture, rule=rule, schedule=schedule)
    *_, final = train(begin(config, DATA), DATA)
    params, k = begin(config, DATA).params, 0
    moments = [rule.begin(theta) for theta in params]
    for epoch in (1, 2, 3, 4):
        order = epoch_order(config, epoch, 47)
        for start in range(0, 47, 10):
            batch = order[start : start + 10]
            I, y = scale(DATA.train.images[..., batch], "float64"), one_hot(DATA.train.labels[batch], 10, "float64")
            grads = backward(params, forward(params, I, architecture), y, architecture)
            alpha, new = schedule(0.1, k, 20), []
            for j, name in enumerate(params._fields):
                theta, moments[j] = rule.step(params[j], getattr(grads, f"d{name}"), moments[j], alpha, k + 1)
                new.append(theta)
            params, k = Parameters(*new), k + 1
    assert [theta.tobytes() for theta in final.params] == [theta.tobytes() for theta in params]
    assert [m.tobytes() for kept in final.moments for m in kept] == [m.tobytes() for kept in moments for m in kept]


def test_the_recipes() -> None:
    """The paper's is the default; the best has the paper's layers and parameters; the modern one has neither."""
    assert RECIPES["paper"] == Config()
    best, modern = RECIPES["best"], RECIPES["modern"]
    assert (best.architecture.activation, best.architecture.pooling) == ("sigmoid", "mean")
    assert (modern.architecture.activation, modern.architecture.pooling) == ("relu", "max")
    assert best.architecture.head == modern.architecture.head == "softmax_cross_entropy"
    assert max(best.epochs, modern.epochs) <= 20


def test_states_are_never_changed() -> None:
    states = iter(train(STATES[0], DATA))
    kept = next(states)
    before = [theta.tobytes() for theta in kept.params]
    assert [theta.tobytes() for theta in next(states).params] != before
    assert [theta.tobytes() for theta in kept.params] == before


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shuffle", [True, False])
def test_an_epoch_is_its_batches_in_its_order(dtype: str, shuffle: bool) -> None:
    config = Config(epochs=2, batch_size=10, alpha=0.5, shuffle=shuffle, dtype=dtype)
    *_, final = train(begin(config, DATA), DATA)
    params = begin(config, DATA).params
    for epoch in (1, 2):
        total, order = 0.0, epoch_order(config, epoch, 47)
        for start in range(0, 47, 10):
            batch = order[start : start + 10]
            I, y = scale(DATA.train.images[..., batch], dtype), one_hot(DATA.train.labels[batch], 10, dtype)
            trace = forward(params, I)
            total += float(loss(trace, y)) * batch.size
            params = update(params, backward(params, trace, y), 0.5)
        assert final.history[epoch - 1].train_loss == total / 47
    assert [theta.tobytes() for theta in final.params] == [theta.tobytes() for theta in params]
    assert {theta.dtype for theta in final.params} == {np.dtype(dtype)}


def test_the_test_set_is_measured_at_the_end_of_an_epoch() -> None:
    result, metrics = evaluate(STATES[-1].params, DATA.test), STATES[-1].history[-1]
    assert (metrics.test_loss, metrics.test_accuracy, metrics.test_errors) == (
        result.loss,
        result.accuracy,
        result.errors,
    )


def test_evaluate_against_single_images() -> None:
    """In float64, so that batches and single images differ by far less than any two scores."""
    params = Parameters(*(theta.astype(np.float64) for theta in STATES[-1].params))
    images, labels = DATA.test
    I, y = scale(images, "float64"), one_hot(labels, 10, "float64")
    bound = 2 * exact(params, I, y).bounds["yhat_s"]
    result = evaluate(params, DATA.test)
    losses = []
    for n in range(labels.size):
        one = slice(n, n + 1)
        trace = forward(params, I[..., one])
        within(result.scores[:, one], trace.yhat_s, bound[:, one], {"n": n})
        assert result.predictions[n] == trace.yhat_s.argmax()
        losses.append(float(loss(trace, y[:, one])))
    assert abs(result.loss - np.mean(losses)) <= 10 * float(bound.max())  # |ŷ_σ - y| ≤ 1 for each of ten scores
    assert result.errors == sum(result.predictions != labels)
    assert result.accuracy == 1 - result.errors / 23


def test_of_equal_scores_the_first_is_the_prediction() -> None:
    """Parameters of zero give each digit the same score: only a 0 is read right."""
    result = evaluate(Parameters(*(0 * theta for theta in STATES[0].params)), DATA.test)
    assert np.ptp(result.scores) == 0
    assert result.errors == np.count_nonzero(DATA.test.labels) == 23 - round(23 * result.accuracy)
    assert 0 < result.errors < 23


def test_it_learns() -> None:
    config = Config(epochs=45, batch_size=5, alpha=3.0)
    *_, final = train(begin(config, DATA), DATA)
    assert final.history[-1].train_loss < 0.25 < 0.5 < final.history[0].train_loss
    assert final.history[-1].test_accuracy > 0.6


@pytest.mark.parametrize("alpha", [1e39, 1e300])
def test_it_stops_when_numbers_overflow(alpha: float) -> None:
    config = Config(epochs=2, batch_size=10, alpha=alpha)
    with pytest.raises(FloatingPointError, match=r"loss: expected finite .* epoch 1 after 1 steps .* smaller alpha"):
        list(train(begin(config, DATA), DATA))


def test_parameters_are_checked_when_the_loss_does_not_show_it() -> None:
    # The last step of the last epoch has no step after it that would meet its parameters.
    state = STATES[-2]
    for place in range(10):
        b = state.params.b.copy()
        b[place] = np.inf
        with pytest.raises(FloatingPointError, match="parameters"):
            list(train(state._replace(params=state.params._replace(b=b)), DATA))


def test_the_seed_draws_the_parameters() -> None:
    same, other = begin(CONFIG, DATA), begin(Config(seed=6), DATA)
    assert (same.params.K1 == STATES[0].params.K1).all()
    assert (other.params.K1 != STATES[0].params.K1).any()


@pytest.mark.parametrize(("batch_size", "steps"), [(1, 47), (46, 2), (47, 1), (48, 1)])
def test_every_image_is_in_one_batch(batch_size: int, steps: int) -> None:
    config = Config(epochs=1, batch_size=batch_size)
    assert [state.step for state in train(begin(config, DATA), DATA)] == [*range(1, steps + 1), 0]


def test_parameters_have_the_size_of_the_images() -> None:
    state = begin(CONFIG, DATA)
    assert isinstance(state.params, Parameters)
    assert (state.image, state.data) == ((16, 20), fingerprint(DATA))
    assert state.params.W.shape == (10, 12 * 1 * 2)


@pytest.mark.parametrize(
    ("kernels", "expected"),
    [
        (((5, 5), (5, 5)), "16, 20, 24, 28 and so on by 4"),
        (((3, 5), (3, 5)), "10, 14, 18, 22 and so on by 4 rows and 16, 20, 24, 28 and so on by 4 columns"),
        (((5, 1), (3, 1)), "12, 16, 20, 24 and so on by 4 rows and 4, 8, 12, 16 and so on by 4 columns"),
    ],
)
def test_images_that_do_not_fit_are_told_which_would(kernels: tuple, expected: str) -> None:
    narrow = Split(*(Subset(images[:15], labels) for images, labels in DATA))
    with pytest.raises(ValueError, match=f"^images: expected sides of {expected}, got 15×20 pixels"):
        begin(replace(CONFIG, kernels=kernels), narrow)


def test_it_stops_after_the_step_under_way() -> None:
    questions = iter([False, True])
    states = [*train(STATES[0], DATA, asked=lambda: next(questions))]
    assert [(state.epoch, state.step) for state in states] == [(0, 1), (0, 2)]
    assert without_times(states[-1]) == without_times(STATES[2])


def test_the_seconds_of_an_epoch_are_those_of_all_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock advances by one at each call. A resumed epoch has had 100 already."""
    monkeypatch.setattr(run, "perf_counter", itertools.count(1000).__next__)
    begun = STATES[3]._replace(seconds=100.0)
    *steps, closed = itertools.islice(train(begun, DATA), 3)
    assert [state.seconds for state in steps] == [101, 102]
    assert (closed.history[-1].seconds, closed.seconds) == (103, 0)
