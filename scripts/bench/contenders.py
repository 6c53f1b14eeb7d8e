"""The networks that are timed, each as its framework would write it.

Every one is the paper's network: squared error, gradient descent with rate 1, float32. A step goes from a batch, in the
arrays that the framework likes, to new parameters and the loss as a number. The number of threads must be known before
any of them is imported.
"""

import os
from collections.abc import Callable
from typing import Any, Protocol

THREADS = int(os.environ.get("CONTENDER_THREADS", "1"))
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(THREADS)
os.environ["KERAS_BACKEND"] = "jax"
if THREADS == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"

import numpy as np  # noqa: E402

import vanillacnn as vc  # noqa: E402
from scripts.bench.learners import weigh  # noqa: E402
from vanillacnn.optimizer import GRADIENT_DESCENT  # noqa: E402
from vanillacnn.training import parallel, step  # noqa: E402

ALPHA = 1.0
NONE = ((),) * len(vc.Parameters._fields)  # the moments of gradient descent


class Contender(Protocol):
    def load(self, params: vc.Parameters) -> None: ...

    def batch(self, I: np.ndarray, y: np.ndarray) -> Any:
        """The batch as the framework likes it."""

    def step(self, batch: Any) -> float: ...

    def parameters(self) -> vc.Parameters: ...


class VanillaCNN:
    """The derivation, in this process or shared by the ranks of an MPI job."""

    def __init__(self) -> None:
        self.ranks = parallel.ranks()
        step.keep_freed_memory()

    def load(self, params: vc.Parameters) -> None:
        self.params = params

    def batch(self, I: np.ndarray, y: np.ndarray) -> Any:
        part = self.ranks.parts(y.shape[1])[self.ranks.rank]
        return np.ascontiguousarray(I[..., part]), np.ascontiguousarray(y[:, part]), y.shape[1]

    def step(self, batch: Any) -> float:
        I, y, batch_size = batch
        loss, grads, _ = step.batch_gradient(self.params, I, y, batch_size, ranks=self.ranks)
        self.params, _ = step.descend(GRADIENT_DESCENT, self.params, grads, NONE, ALPHA, 1)
        return loss

    def parameters(self) -> vc.Parameters:
        return self.params


class PyTorch:
    def __init__(self, compiled: bool = False) -> None:
        import torch
        from torch import nn

        torch.set_num_threads(THREADS)
        self.torch, self.compiled = torch, compiled
        self.network = nn.Sequential(
            nn.Conv2d(1, 6, 5), nn.Sigmoid(), nn.AvgPool2d(2),
            nn.Conv2d(6, 12, 5), nn.Sigmoid(), nn.AvgPool2d(2),
            nn.Flatten(), nn.Linear(192, 10), nn.Sigmoid(),
        )  # fmt: skip
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=ALPHA)
        self.loss = torch.compile(self._loss, dynamic=False) if compiled else self._loss

    def _loss(self, I: Any, y: Any) -> Any:
        return ((self.network(I) - y) ** 2).sum() / (2 * len(y))

    def load(self, params: vc.Parameters) -> None:
        weigh(self.torch, self.network, params)

    def batch(self, I: np.ndarray, y: np.ndarray) -> Any:
        return self.torch.tensor(np.moveaxis(I, -1, 0)[:, np.newaxis].copy()), self.torch.tensor(y.T.copy())

    def step(self, batch: Any) -> float:
        self.optimizer.zero_grad()
        loss = self.loss(*batch)
        loss.backward()
        self.optimizer.step()
        return float(loss.item())

    def parameters(self) -> vc.Parameters:
        K1, b1, K2, b2, W, b = (theta.detach().numpy() for theta in self.network.parameters())
        return vc.Parameters(K1.swapaxes(0, 1), b1, K2.swapaxes(0, 1), b2, W, b)


class JAX:
    """A step by autodiff, jitted, with the update."""

    def __init__(self) -> None:
        import jax
        from jax import lax, nn

        def layer(S: Any, K: Any, b: Any) -> Any:
            C = nn.sigmoid(lax.conv(S, K, (1, 1), "VALID") + b[:, None, None])
            return lax.reduce_window(C, 0.0, lax.add, (1, 1, 2, 2), (1, 1, 2, 2), "VALID") / 4

        def loss(params: Any, I: Any, y: Any) -> Any:
            K1, b1, K2, b2, W, b = params
            v = layer(layer(I, K1, b1), K2, b2).reshape(len(y), -1)
            return ((nn.sigmoid(v @ W.T + b) - y) ** 2).sum() / (2 * len(y))

        def step(params: Any, I: Any, y: Any) -> Any:
            value, grads = jax.value_and_grad(loss)(params, I, y)
            return [theta - ALPHA * dtheta for theta, dtheta in zip(params, grads, strict=True)], value

        self.jax, self.jitted = jax, jax.jit(step)

    def load(self, params: vc.Parameters) -> None:
        K1, b1, K2, b2, W, b = map(self.jax.numpy.asarray, params)
        self.params = [K1.swapaxes(0, 1), b1, K2.swapaxes(0, 1), b2, W, b]

    def batch(self, I: np.ndarray, y: np.ndarray) -> Any:
        return self.jax.device_put(np.moveaxis(I, -1, 0)[:, np.newaxis]), self.jax.device_put(y.T)

    def step(self, batch: Any) -> float:
        self.params, loss = self.jitted(self.params, *batch)
        return float(loss)

    def parameters(self) -> vc.Parameters:
        K1, b1, K2, b2, W, b = map(np.asarray, self.params)
        return vc.Parameters(K1.swapaxes(0, 1), b1, K2.swapaxes(0, 1), b2, W, b)


class Keras:
    """Keras 3 on JAX, with its own layout: channels last."""

    def __init__(self) -> None:
        import keras
        from keras import layers, ops

        def convolution(maps: int) -> Any:
            return layers.Conv2D(maps, 5, activation="sigmoid")

        self.network = keras.Sequential(
            [keras.Input((28, 28, 1)), convolution(6), layers.AveragePooling2D(2), convolution(12),
             layers.AveragePooling2D(2), layers.Flatten(), layers.Dense(10, activation="sigmoid")]
        )  # fmt: skip
        self.network.compile(
            keras.optimizers.SGD(ALPHA), loss=lambda y, yhat: ops.sum(ops.square(yhat - y), axis=-1) / 2
        )

    def load(self, params: vc.Parameters) -> None:
        K1, b1, K2, b2, W, b = params
        W = W.reshape(10, 12, 4, 4).transpose(2, 3, 1, 0).reshape(192, 10)
        self.network.set_weights([K1.transpose(2, 3, 0, 1), b1, K2.transpose(2, 3, 0, 1), b2, W, b])

    def batch(self, I: np.ndarray, y: np.ndarray) -> Any:
        return np.moveaxis(I, -1, 0)[..., np.newaxis].copy(), y.T.copy()

    def step(self, batch: Any) -> float:
        return float(self.network.train_on_batch(*batch))

    def parameters(self) -> vc.Parameters:
        K1, b1, K2, b2, W, b = self.network.get_weights()
        W = W.reshape(4, 4, 12, 10).transpose(3, 2, 0, 1).reshape(10, 192)
        return vc.Parameters(K1.transpose(2, 3, 0, 1), b1, K2.transpose(2, 3, 0, 1), b2, W, b)


CONTENDERS: dict[str, Callable[[], Contender]] = {
    "vanillacnn": VanillaCNN,
    "pytorch": PyTorch,
    "pytorch-compiled": lambda: PyTorch(compiled=True),
    "jax": JAX,
    "keras": Keras,
}
