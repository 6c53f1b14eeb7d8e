"""One step of training: the gradient of a batch, in slices and over ranks, and what a rule makes of it."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from vanillacnn.architecture import PAPER, Architecture
from vanillacnn.arrays import ParameterGradients, Parameters, Scalar
from vanillacnn.network import SAMPLES_AT_ONCE, backward_unchecked, forward_unchecked
from vanillacnn.optimizer import Moments, Rule
from vanillacnn.training.parallel import ALONE, Alone

Asked = Callable[[], object]  # whether to stop after the step under way


def never() -> bool:
    return False


@np.errstate(over="ignore", invalid="ignore")  # whether the numbers are finite is asked outright
def batch_gradient(
    params: Parameters,
    I: Float[np.ndarray, "x y n"],
    y: Float[np.ndarray, "i n"],
    batch_size: int,
    architecture: Architecture = PAPER,
    ranks: Alone = ALONE,
    asked: Asked = never,
) -> tuple[float, ParameterGradients, bool]:
    """The mean loss of a batch and the gradients of the parameters, where this rank has some of the samples; and
    whether any rank was asked to stop."""
    parts = loss_and_gradients(params, I, y, architecture)
    (loss, *grads), stop = ranks.batch_mean(parts, y.shape[1] / batch_size, bool(asked()))
    return float(loss), ParameterGradients(*grads), stop


def loss_and_gradients(
    params: Parameters, I: Float[np.ndarray, "x y n"], y: Float[np.ndarray, "i n"], architecture: Architecture = PAPER
) -> list[np.ndarray]:
    """The mean loss and the gradients of the parameters, in their order, on this rank's samples; zeros if it has none.

    Slice by slice, so that what a layer leaves is still in the cache when the next one reads it.
    """
    n = y.shape[1]
    if n <= SAMPLES_AT_ONCE:
        return _of_slice(params, I, y, architecture)
    slices = [slice(k, k + SAMPLES_AT_ONCE) for k in range(0, n, SAMPLES_AT_ONCE)]
    parts = [_of_slice(params, I[..., some], y[:, some], architecture) for some in slices]
    shares = [y[:, some].shape[1] / n for some in slices]
    means = (sum(share * X for share, X in zip(shares, arrays, strict=True)) for arrays in zip(*parts, strict=True))
    return [np.asarray(mean) for mean in means]


def _of_slice(params: Parameters, I: np.ndarray, y: np.ndarray, architecture: Architecture) -> list[np.ndarray]:
    if y.shape[1] == 0:
        return [np.zeros((), y.dtype), *map(np.zeros_like, params)]
    trace = forward_unchecked(params, I, architecture)
    grads = backward_unchecked(params, trace, y, architecture, input_gradient=False)
    loss = architecture.functions().head.loss(trace.yhat, trace.yhat_s, y)
    return [np.asarray(loss), grads.dK1, grads.db1, grads.dK2, grads.db2, grads.dW, grads.db]


@np.errstate(over="ignore", invalid="ignore")
def descend(
    rule: Rule, params: Parameters, grads: ParameterGradients, moments: tuple[Moments, ...], alpha: Scalar, t: int
) -> tuple[Parameters, tuple[Moments, ...]]:
    """Step t of all parameters, by their rule, and their moments after it."""
    new = [
        rule.step_unchecked(theta, dtheta, m, alpha, t) for theta, dtheta, m in zip(params, grads, moments, strict=True)
    ]
    return Parameters(*(theta for theta, _ in new)), tuple(m for _, m in new)


def keep_freed_memory() -> None:
    """A step takes half as long when the memory of its arrays comes from the step before, not anew from the system.

    glibc keeps what is freed only up to twice the size of the largest block it has seen freed, and counts blocks up to
    32 MiB (mallopt(3), M_MMAP_THRESHOLD). So one such block comes and goes; elsewhere this does nothing.
    """
    np.empty(31 << 20, np.uint8)
