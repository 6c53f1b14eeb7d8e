"""Training to an accuracy by the best recipe, by the derivation and by PyTorch: same weights, batches, rates and tests.

Both have their data in memory, as they like them, before the clock starts; the tests are part of the time.
"""

import math
import time
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import numpy as np

import vanillacnn as vc
from vanillacnn.mnist import Split
from vanillacnn.training.batches import batches, epoch_order, load_data, share
from vanillacnn.training.config import RECIPES, Config
from vanillacnn.training.parallel import Alone
from vanillacnn.training.run import begin, measured
from vanillacnn.training.step import batch_gradient, descend

Found = tuple[float, int]  # seconds and steps
Steps = Generator[float, bool, None]


def learn(framework: Any, ranks: Alone, seed: int, target: float, every: int) -> Found:
    """Trains until the test accuracy, measured after every so many steps, reaches the target."""
    config = replace(RECIPES["best"], seed=seed)
    data = load_data(config)
    steps = by_hand(config, data, ranks) if framework is None else by_pytorch(framework, config, data)
    next(steps)  # all is ready
    ranks.wait()
    start = time.perf_counter()
    for k in range(1, config.epochs * math.ceil(data.train.labels.size / config.batch_size) + 1):
        accuracy = steps.send(k % every == 0)
        if accuracy >= target:
            return time.perf_counter() - start, k
    raise ValueError(f"expected an accuracy of {target}, got {accuracy} at the end")


def by_hand(config: Config, data: Split, ranks: Alone) -> Steps:
    """A step for each question whether to test after it; the answer is the accuracy, or 0."""
    state = begin(config, data)
    part = share(data if ranks.rank == 0 else None, ranks)
    n = math.ceil(data.train.labels.size / config.batch_size)
    test = yield 0.0
    for k in range(config.epochs * n):
        if k % n == 0:
            epoch = batches(config, 1 + k // n, 0, part.train, 10, ranks)
        I, y, size = next(epoch)
        alpha = config.schedule(config.alpha, k, config.epochs * n)
        _, grads, _ = batch_gradient(state.params, I, y, size, config.architecture, ranks)
        params, moments = descend(config.rule, state.params, grads, state.moments, alpha, k + 1)
        state = state._replace(params=params, moments=moments)
        errors, images = measured(state, part.test, ranks)[1:] if test else (1, 1)
        test = yield 1 - errors / images


def by_pytorch(torch: Any, config: Config, data: Split) -> Steps:
    """The same by PyTorch: its network, its cross-entropy, its optimizer."""
    nn = torch.nn
    network = nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.Sigmoid(), nn.AvgPool2d(2), nn.Conv2d(6, 12, 5), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(192, 10),
    )  # fmt: skip
    weigh(torch, network, begin(config, data).params)
    rule = config.rule
    optimizer = torch.optim.SGD(
        network.parameters(), lr=1.0, momentum=rule.mu, weight_decay=rule.weight_decay, nesterov=True
    )
    (X, labels), (X_test, labels_test) = ((images(torch, part), torch.tensor(part.labels).long()) for part in data)
    n = math.ceil(len(X) / config.batch_size)
    test = yield 0.0
    for k in range(config.epochs * n):
        if k % n == 0:
            order = torch.tensor(epoch_order(config, 1 + k // n, len(X)))
        batch = order[k % n * config.batch_size : (k % n + 1) * config.batch_size]
        optimizer.param_groups[0]["lr"] = config.schedule(config.alpha, k, config.epochs * n)
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(X[batch]), labels[batch]).backward()
        optimizer.step()
        with torch.no_grad():
            test = yield (network(X_test).argmax(1) == labels_test).float().mean().item() if test else 0.0


def images(torch: Any, part: vc.mnist.Subset) -> Any:
    return torch.tensor(np.moveaxis(part.images, -1, 0)[:, np.newaxis].astype(np.float32) / 255)


def weigh(torch: Any, network: Any, params: vc.Parameters) -> None:
    """Gives a network of PyTorch these parameters."""
    K1, b1, K2, b2, W, b = (torch.tensor(np.ascontiguousarray(theta)) for theta in params)
    with torch.no_grad():
        values = K1.swapaxes(0, 1), b1, K2.swapaxes(0, 1), b2, W, b
        for theta, value in zip(network.parameters(), values, strict=True):
            theta.copy_(value)
