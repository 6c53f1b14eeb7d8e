"""Training by gradient descent on batches, as in §5 of the paper: epochs, batches, metrics.

A run is a sequence of states. `train` yields one after every step, and each is a complete,
immutable description of the run: whoever goes on from a saved state gets the same weights, bit for
bit, as a run that never stopped. No state of a random generator needs keeping for that, because the
order of an epoch is a function of the seed and the epoch.
"""

import hashlib
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt8

from vanillacnn.arrays import Parameters
from vanillacnn.checks import require as _require
from vanillacnn.checks import whole as _whole
from vanillacnn.loss import squared_error
from vanillacnn.mnist import Split, Subset, load
from vanillacnn.network import backpropagate, initialize, propagate, scores
from vanillacnn.update import update


@dataclass(frozen=True)
class Config:
    """The options of a run; the defaults are the paper's."""

    epochs: int = 10
    batch_size: int = 30
    alpha: float = 1.0
    seed: int = 0
    dtype: str = "float32"
    shuffle: bool = True
    limit: int | None = None
    """Train on the first so many images; None: on all."""
    data: str | None = None
    """The folder of the data set; None: the one that comes with the package."""

    def __post_init__(self) -> None:
        # One 32-bit word: as two, the seed could be mistaken for a seed and an epoch.
        seed = _whole(self.seed, 0) and self.seed < 2**32
        limit = self.limit is None or _whole(self.limit, 1)
        alpha = isinstance(self.alpha, int | float) and 0 < self.alpha <= sys.float_info.max
        checks = {
            "epochs": (_whole(self.epochs, 1), "a whole number from 1"),
            "batch_size": (_whole(self.batch_size, 1), "a whole number from 1"),
            "alpha": (alpha, "a finite number above 0"),
            "seed": (seed, "a whole number from 0 to 2³² - 1"),
            "dtype": (self.dtype in ("float32", "float64"), "float32 or float64"),
            "shuffle": (isinstance(self.shuffle, bool), "true or false"),
            "limit": (limit, "a whole number from 1, or none"),
            "data": (self.data is None or isinstance(self.data, str), "a folder, or none"),
        }
        for name, (ok, expected) in checks.items():
            _require(name, getattr(self, name), expected, ok)


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


def load_data(config: Config) -> Split:
    """The data of a run: the first `limit` training images and the whole test set."""
    (images, labels), test = load(config.data)
    limit = labels.size if config.limit is None else config.limit
    _require("limit", limit, f"at most the {labels.size} training images", limit <= labels.size)
    return Split(Subset(images[..., :limit], labels[:limit]), test)


def check_data(state: State, data: Split) -> None:
    """Raises: ValueError unless these are the data that the run began with."""
    came = fingerprint(data)
    _require("data", came, f"those of the run, with SHA-256 {state.data}", came == state.data)


def fingerprint(split: Split) -> str:
    """SHA-256 of all images and labels."""
    digest = hashlib.sha256()
    for images, labels in split:
        digest.update(f"{images.shape}".encode())
        # Image by image, as they lie in memory, so that nothing is copied.
        digest.update(np.ascontiguousarray(np.moveaxis(images, -1, 0)).data)
        digest.update(np.ascontiguousarray(labels).data)
    return digest.hexdigest()


def begin(config: Config, data: Split) -> State:
    """The state before the first step: parameters by (7) to (12), for images of this size."""
    x, y = data.train.images.shape[:2]
    params = initialize(np.random.default_rng(config.seed), image=(x, y), dtype=config.dtype)
    return State(config, params, (x, y), fingerprint(data))


def train(state: State, data: Split) -> Iterator[State]:
    """The state after every step and at the end of every epoch, until all epochs are complete.

    Raises: FloatingPointError when the loss or a parameter stops being finite.
    """
    _keep_freed_memory()
    while state.epoch < state.config.epochs:
        for later in _steps(state, data.train):
            state = later
            yield state
        state = _close(state, data)
        yield state


def _keep_freed_memory() -> None:
    """A step takes half as long when the memory of its arrays comes from the step before, not anew from the system.

    glibc keeps what is freed only up to twice the size of the largest block it has seen freed, and counts blocks up to
    32 MiB (mallopt(3), M_MMAP_THRESHOLD). So one such block comes and goes; elsewhere this does nothing.
    """
    np.empty(31 << 20, np.uint8)


def _steps(state: State, subset: Subset) -> Iterator[State]:
    """The state after each remaining step of the epoch under way."""
    config, n = state.config, subset.labels.size
    images = np.moveaxis(subset.images, -1, 0)  # contiguous images, gathered fast
    y = one_hot(subset.labels, state.params.b.size, config.dtype)
    order = epoch_order(config, state.epoch + 1, n)
    start = perf_counter() - state.seconds
    for step in range(state.step, math.ceil(n / config.batch_size)):
        batch = order[step * config.batch_size : (step + 1) * config.batch_size]
        I = scale(np.moveaxis(images[batch], 0, -1), config.dtype)
        params, batch_loss = train_step(state.params, I, y[:, batch], config.alpha)
        if not math.isfinite(batch_loss):
            _diverged("loss", f"{batch_loss}", state)
        total = state.loss + batch_loss * batch.size  # the last batch may be incomplete
        state = state._replace(params=params, step=step + 1, loss=total, seconds=perf_counter() - start)
        yield state


@np.errstate(over="ignore", invalid="ignore")  # whether the numbers are finite is asked outright
def train_step(
    params: Parameters, I: Float[np.ndarray, "x y n"], y: Float[np.ndarray, "i n"], alpha: float
) -> tuple[Parameters, float]:
    """One step of gradient descent, §4.5, and the loss before it."""
    trace = propagate(params, I)
    grads = backpropagate(params, trace, y, input_gradient=False)
    return update(params, grads, alpha), float(squared_error(trace.yhat_s, y))


def _close(state: State, data: Split) -> State:
    """The state when all steps of an epoch are done: measured, and ready for the next."""
    start = perf_counter()
    if not all(np.isfinite(theta).all() for theta in state.params):
        _diverged("parameters", "some that are not", state)
    test = evaluate(state.params, data.test)
    seconds = state.seconds + perf_counter() - start
    train_loss = state.loss / data.train.labels.size
    epoch = state.epoch + 1
    metrics = Metrics(epoch, train_loss, test.loss, test.accuracy, test.errors, seconds)
    history = (*state.history, metrics)
    return state._replace(epoch=epoch, step=0, loss=0.0, seconds=0.0, history=history)


@np.errstate(over="ignore", invalid="ignore")
def evaluate(params: Parameters, subset: Subset) -> Evaluation:
    """The scores, predictions, mean loss and accuracy on all images of a subset."""
    dtype = params.b.dtype.name
    yhat_s = scores(params, scale(subset.images, dtype))
    predictions = yhat_s.argmax(axis=0)
    loss = float(squared_error(yhat_s, one_hot(subset.labels, params.b.size, dtype)))
    errors = int(np.count_nonzero(predictions != subset.labels))
    return Evaluation(yhat_s, predictions, loss, 1 - errors / predictions.size, errors)


def epoch_order(config: Config, epoch: int, n: int) -> Int[np.ndarray, "n"]:
    """The order in which an epoch takes the images: shuffled anew each time, or as published.

    Epochs count from 1: to NumPy [seed, 0] is the same as seed, which drew the parameters.
    """
    if not config.shuffle:
        return np.arange(n)
    return np.random.default_rng([config.seed, epoch]).permutation(n)


def one_hot(labels: UInt8[np.ndarray, "n"], classes: int, dtype: str) -> Float[np.ndarray, "i n"]:
    """y(i,n) = 1 where image n shows digit i, else 0."""
    most = int(labels.max(initial=0))
    _require("labels", most, f"labels from 0 to {classes - 1}", most < classes)
    y: np.ndarray = (np.arange(classes)[:, np.newaxis] == labels).astype(dtype)
    return y


def scale(images: UInt8[np.ndarray, "x y n"], dtype: str) -> Float[np.ndarray, "x y n"]:
    """I = images / 255, with the index n contiguous, as the network likes it."""
    I: np.ndarray = np.divide(images, np.asarray(255, dtype), order="C", dtype=dtype)
    return I


def _diverged(what: str, came: str, state: State) -> None:
    raise FloatingPointError(
        f"{what}: expected finite numbers, got {came} in epoch {state.epoch + 1} after "
        f"{state.step} steps with alpha {state.config.alpha}; try a smaller alpha"
    )
