"""Training by gradient descent on batches, as in §5 of the paper: epochs, batches, metrics.

A run is a sequence of states. `train` yields one after every step, and each is a complete,
immutable description of the run: whoever goes on from a saved state gets the same weights, bit for
bit, as a run that never stopped. No state of a random generator needs keeping for that, because the
order of an epoch is a function of the seed and the epoch.
"""

import math
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from vanillacnn.arrays import Parameters
from vanillacnn.batches import batches, fingerprint, one_hot, scale
from vanillacnn.config import Config
from vanillacnn.loss import squared_error
from vanillacnn.mnist import Split, Subset
from vanillacnn.network import SAMPLES_AT_ONCE, backpropagate, initialize, propagate, scores
from vanillacnn.parallel import ALONE, Alone
from vanillacnn.update import gradient_descent

Asked = Callable[[], object]  # whether to stop after the step under way


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


class Evaluation(NamedTuple):
    """How parameters do on a set of images."""

    scores: Float[np.ndarray, "i n"]
    predictions: Int[np.ndarray, "n"]
    loss: float
    accuracy: float
    errors: int


def begin(config: Config, data: Split) -> State:
    """The state before the first step: parameters by (7) to (12), for images of this size."""
    x, y = data.train.images.shape[:2]
    params = initialize(np.random.default_rng(config.seed), image=(x, y), dtype=config.dtype)
    return State(config, params, (x, y), fingerprint(data))


def never() -> bool:
    return False


def train(state: State, data: Split, ranks: Alone = ALONE, asked: Asked = never) -> Iterator[State]:
    """The state after every step and at the end of every epoch, until all are complete or a rank is asked to stop.

    The ranks have the same state and the same training images, and each has its part of the test images.
    Raises: FloatingPointError when the loss or a parameter stops being finite.
    """
    keep_freed_memory()
    while state.epoch < state.config.epochs:
        start = perf_counter() - state.seconds
        classes = state.params.b.size
        for I, y, n in batches(state.config, state.epoch + 1, state.step, data.train, classes, ranks):
            params, loss, stop = step(state.params, I, y, n, state.config.alpha, ranks, asked)
            if not math.isfinite(loss):
                _diverged("loss", f"{loss}", state)
            state = state._replace(
                params=params, step=state.step + 1, loss=state.loss + loss * n, seconds=perf_counter() - start
            )
            yield state
            if stop:
                return
        state = _close(state, data, ranks)
        yield state


def keep_freed_memory() -> None:
    """A step takes half as long when the memory of its arrays comes from the step before, not anew from the system.

    glibc keeps what is freed only up to twice the size of the largest block it has seen freed, and counts blocks up to
    32 MiB (mallopt(3), M_MMAP_THRESHOLD). So one such block comes and goes; elsewhere this does nothing.
    """
    np.empty(31 << 20, np.uint8)


@np.errstate(over="ignore", invalid="ignore")  # whether the numbers are finite is asked outright
def step(
    params: Parameters,
    I: Float[np.ndarray, "x y n"],
    y: Float[np.ndarray, "i n"],
    batch_size: int,
    alpha: float,
    ranks: Alone = ALONE,
    asked: Asked = never,
) -> tuple[Parameters, float, bool]:
    """One step of gradient descent, §4.5, on a batch of which this rank has some samples.

    The new parameters, the loss before them, and whether any rank was asked to stop.
    """
    parts = loss_and_gradients(params, I, y)
    (loss, *grads), stop = ranks.batch_mean(parts, y.shape[1] / batch_size, bool(asked()))
    new = (gradient_descent(theta, dtheta, alpha) for theta, dtheta in zip(params, grads, strict=True))
    return Parameters(*new), float(loss), stop


def loss_and_gradients(
    params: Parameters, I: Float[np.ndarray, "x y n"], y: Float[np.ndarray, "i n"]
) -> list[np.ndarray]:
    """The mean loss and the gradients of all parameters, zeros where there are no samples.

    Slice by slice, so that what a layer leaves is still in the cache when the next one reads it.
    """
    n = y.shape[1]
    if n == 0:
        return [np.zeros((), y.dtype), *map(np.zeros_like, params)]
    slices = [slice(k, k + SAMPLES_AT_ONCE) for k in range(0, n, SAMPLES_AT_ONCE)]
    parts = [_of_slice(params, I[..., some], y[:, some]) for some in slices]
    if len(parts) == 1:
        return parts[0]
    shares = [y[:, some].shape[1] / n for some in slices]
    return [sum(share * X for share, X in zip(shares, arrays, strict=True)) for arrays in zip(*parts, strict=True)]


def _of_slice(params: Parameters, I: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    trace = propagate(params, I)
    grads = backpropagate(params, trace, y, input_gradient=False)
    return [np.asarray(squared_error(trace.yhat_s, y)), *(getattr(grads, f"d{name}") for name in params._fields)]


def _close(state: State, data: Split, ranks: Alone) -> State:
    """The state when all steps of an epoch are done: measured, and ready for the next."""
    start = perf_counter()
    if not all(np.isfinite(theta).all() for theta in state.params):
        _diverged("parameters", "some that are not", state)
    loss, errors, n = _measured(state.params, data.test, ranks)
    seconds = state.seconds + perf_counter() - start
    train_loss = state.loss / data.train.labels.size
    epoch = state.epoch + 1
    metrics = Metrics(epoch, train_loss, loss, 1 - errors / n, errors, seconds)
    history = (*state.history, metrics)
    return state._replace(epoch=epoch, step=0, loss=0.0, seconds=0.0, history=history)


def _measured(params: Parameters, part: Subset, ranks: Alone) -> tuple[float, int, int]:
    """The mean loss and the errors on the images of all ranks, and how many they are."""
    (n,) = ranks.sum(np.array([part.labels.size]))
    found = np.zeros(2)
    if part.labels.size:
        of_part = evaluate(params, part)
        found[:] = of_part.loss * (part.labels.size / n), of_part.errors
    loss, errors = ranks.sum(found)
    return float(loss), int(errors), int(n)


@np.errstate(over="ignore", invalid="ignore")
def evaluate(params: Parameters, subset: Subset) -> Evaluation:
    """The scores, predictions, mean loss and accuracy on all images of a subset."""
    dtype = params.b.dtype.name
    yhat_s = scores(params, scale(subset.images, dtype))
    predictions = yhat_s.argmax(axis=0)
    loss = float(squared_error(yhat_s, one_hot(subset.labels, params.b.size, dtype)))
    errors = int(np.count_nonzero(predictions != subset.labels))
    return Evaluation(yhat_s, predictions, loss, 1 - errors / predictions.size, errors)


def _diverged(what: str, came: str, state: State) -> None:
    raise FloatingPointError(
        f"{what}: expected finite numbers, got {came} in epoch {state.epoch + 1} after "
        f"{state.step} steps with alpha {state.config.alpha}; try a smaller alpha"
    )
