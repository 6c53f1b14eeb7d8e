"""Training by gradient descent on batches, as in §5 of the paper: epochs, batches, metrics.

A run is a sequence of states. `train` yields one after every step, and each is a complete,
immutable description of the run: going on from a saved state gives the same weights, bit for bit,
as a run that never stopped. No state of a random generator needs keeping for that, because the
order of an epoch is a function of the seed and the epoch.
"""

import math
from collections.abc import Iterator
from time import perf_counter
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from vanillacnn.architecture import PAPER, Architecture
from vanillacnn.arrays import Parameters
from vanillacnn.mnist import Split, Subset
from vanillacnn.network import initialize, outputs
from vanillacnn.optimizer import Moments
from vanillacnn.training.batches import batches, fingerprint, one_hot, scale
from vanillacnn.training.config import Config
from vanillacnn.training.parallel import ALONE, Alone
from vanillacnn.training.step import Asked, batch_gradient, descend, keep_freed_memory, never


class Metrics(NamedTuple):
    """What is measured of an epoch: the mean loss while it ran, and the test set at its end."""

    epoch: int
    train_loss: float
    test_loss: float
    test_accuracy: float
    test_errors: int
    seconds: float


class State(NamedTuple):
    """Where a run stands: `epoch` epochs are complete, and `step` steps of the next one."""

    config: Config
    params: Parameters
    image: tuple[int, int]
    data: str
    """The fingerprint of the data."""
    epoch: int = 0
    step: int = 0
    loss: float = 0.0
    """Sum of the loss over the images of the epoch under way."""
    seconds: float = 0.0
    """Time spent in the epoch under way."""
    history: tuple[Metrics, ...] = ()
    moments: tuple[Moments, ...] = ((),) * len(Parameters._fields)
    """What the rule keeps of each parameter; that of the paper nothing."""


class Evaluation(NamedTuple):
    """How parameters do on a set of images."""

    scores: Float[np.ndarray, "i n"]
    predictions: Int[np.ndarray, "n"]
    loss: float
    accuracy: float
    errors: int


def begin(config: Config, data: Split) -> State:
    """The state before the first step: parameters by (7) to (12), for images of this size.

    Raises: ValueError when images of this size do not fit the network.
    """
    x, y = data.train.images.shape[:2]
    rng = np.random.default_rng(config.seed)
    try:
        params = initialize(
            rng, image=(x, y), maps=config.maps, kernels=config.kernels, architecture=config.architecture,
            dtype=config.dtype,
        )  # fmt: skip
    except ValueError as error:
        rows, columns = (fitting_sides(*pair) for pair in zip(*config.kernels, strict=True))
        expected = rows if rows == columns else f"{rows} rows and {columns} columns"
        raise ValueError(f"images: expected sides of {expected}, got {x}×{y} pixels ({error})") from None
    moments = tuple(map(config.rule.begin, params))
    return State(config, params, (x, y), fingerprint(data), moments=moments)


def fitting_sides(k1: int, k2: int) -> str:
    """The sides of images whose maps can be pooled: x - k1 + 1 = 2s and s - k2 + 1 = 2t."""
    return ", ".join(str(2 * (2 * t + k2 - 1) + k1 - 1) for t in range(1, 5)) + " and so on by 4"


def train(state: State, data: Split, ranks: Alone = ALONE, asked: Asked = never) -> Iterator[State]:
    """The state after every step and at the end of every epoch, until all are complete or a rank is asked to stop.

    The ranks have the same state and the same training images, and each has its part of the test images.
    Raises: FloatingPointError when the loss or a parameter stops being finite.
    """
    keep_freed_memory()
    config, classes = state.config, state.params.b.size
    steps = math.ceil(data.train.labels.size / config.batch_size)  # of an epoch
    while state.epoch < config.epochs:
        start = perf_counter() - state.seconds
        for I, y, n in batches(config, state.epoch + 1, state.step, data.train, classes, ranks):
            k = state.epoch * steps + state.step
            alpha = config.schedule(config.alpha, k, config.epochs * steps)
            loss, grads, stop = batch_gradient(state.params, I, y, n, config.architecture, ranks, asked)
            params, moments = descend(config.rule, state.params, grads, state.moments, alpha, k + 1)
            if not math.isfinite(loss):
                _diverged("loss", f"{loss}", state)
            total, seconds = state.loss + loss * n, perf_counter() - start
            state = state._replace(params=params, moments=moments, step=state.step + 1, loss=total, seconds=seconds)
            yield state
            if stop:
                return
        state = _close(state, data, ranks)
        yield state


def _close(state: State, data: Split, ranks: Alone) -> State:
    """The state when all steps of an epoch are done: measured, and ready for the next."""
    start = perf_counter()
    if not all(np.isfinite(theta).all() for theta in state.params):
        _diverged("parameters", "some that are not", state)
    loss, errors, n = measured(state, data.test, ranks)
    seconds = state.seconds + perf_counter() - start
    train_loss = state.loss / data.train.labels.size
    epoch = state.epoch + 1
    metrics = Metrics(epoch, train_loss, loss, 1 - errors / n, errors, seconds)
    history = (*state.history, metrics)
    return state._replace(epoch=epoch, step=0, loss=0.0, seconds=0.0, history=history)


def measured(state: State, part: Subset, ranks: Alone) -> tuple[float, int, int]:
    """The mean loss and the errors on the images of all ranks, and how many they are."""
    (n,) = ranks.sum(np.array([part.labels.size]))
    found = np.zeros(2)
    if part.labels.size:
        of_part = evaluate(state.params, part, state.config.architecture)
        found[:] = of_part.loss * (part.labels.size / n), of_part.errors
    loss, errors = ranks.sum(found)
    return float(loss), int(errors), int(n)


@np.errstate(over="ignore", invalid="ignore")
def evaluate(params: Parameters, subset: Subset, architecture: Architecture = PAPER) -> Evaluation:
    """The scores, predictions, mean loss and accuracy on all images of a subset."""
    dtype = params.b.dtype.name
    yhat, yhat_s = outputs(params, scale(subset.images, dtype), architecture)
    predictions = yhat_s.argmax(axis=0)
    y = one_hot(subset.labels, params.b.size, dtype)
    loss = float(architecture.functions().head.loss(yhat, yhat_s, y))
    errors = int(np.count_nonzero(predictions != subset.labels))
    return Evaluation(yhat_s, predictions, loss, 1 - errors / predictions.size, errors)


def _diverged(what: str, came: str, state: State) -> None:
    raise FloatingPointError(
        f"{what}: expected finite numbers, got {came} in epoch {state.epoch + 1} after "
        f"{state.step} steps with alpha {state.config.alpha}; try a smaller alpha"
    )
