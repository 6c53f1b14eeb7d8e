"""A batch shared by ranks that are played in this process, one after the other; real MPI messages add nothing to it."""

from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.rounding.bounds import sums
from tests.network.test_network import ODD, batch, exact
from tests.suite import commands as scripts
from tests.suite.compare import within
from vanillacnn.arrays import Parameters
from vanillacnn.optimizer import GRADIENT_DESCENT
from vanillacnn.training import step
from vanillacnn.training.parallel import Alone, Ranks
from vanillacnn.training.step import batch_gradient, descend, loss_and_gradients

data = scripts.data
digits_of_mnist = scripts.digits_of_mnist


class Scene:
    """The communicators of some ranks that play in turn. A sum is complete when the last has given its part."""

    def __init__(self, size: int) -> None:
        self.size, self.given = size, list[np.ndarray]()

    def comms(self) -> list["Player"]:
        return [Player(self, rank) for rank in range(self.size)]


class Player:
    def __init__(self, scene: Scene, rank: int) -> None:
        self.scene, self.rank, self.size = scene, rank, scene.size

    def Allreduce(self, x: np.ndarray, total: np.ndarray) -> None:
        self.scene.given.append(x.copy())
        total[:] = reduce(add, self.scene.given)


@given(n=st.integers(0, 50), size=st.integers(1, 9))
def test_every_sample_is_in_one_part(n: int, size: int) -> None:
    ranks = [Ranks(comm) for comm in Scene(size).comms()]
    parts = [rank.parts(n)[rank.rank] for rank in ranks]
    assert [k for part in parts for k in range(n)[part]] == list(range(n))
    lengths = [len(range(n)[part]) for part in parts]
    assert max(lengths) - min(lengths) <= 1


def bound(params: Parameters, I: np.ndarray, y: np.ndarray, parts: list[tuple[np.ndarray, np.ndarray]]) -> dict:
    """How far the mean of the parts' gradients may be from that of the whole: what either is off, and the sum."""
    N, dtype = y.shape[1], y.dtype
    found = dict.fromkeys(Parameters._fields, 0.0)
    for some_I, some_y in [(I, y), *parts]:
        values, radii = exact(params, some_I, some_y)
        share = some_y.shape[1] / N
        for name in found:
            magnitude = share * (np.abs(values[f"d{name}"]) + radii[f"d{name}"])
            found[name] += share * radii[f"d{name}"] + sums(len(parts) + 2, magnitude, dtype)
    return found


def descended(params: Parameters, grads: list[np.ndarray]) -> Parameters:
    return descend(GRADIENT_DESCENT, params, grads, ((),) * 6, 1.0, 1)[0]


def of_step(before: Parameters, after: Parameters, of_gradient: dict, dtype: type) -> dict:
    """How far two steps with gradients that far apart may end, each of which rounds α Δθ and its sum with θ."""
    size = {name: np.abs(getattr(before, name)) + np.abs(getattr(after, name)) for name in Parameters._fields}
    return {name: of_gradient[name] + 2 * sums(2, 2 * size[name] + of_gradient[name], dtype) for name in size}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("size", "n"), [(2, 3), (4, 2)])
def test_the_step_of_the_ranks_is_that_of_one(size: int, n: int, dtype: type) -> None:
    params, I, y = batch(ODD, n, dtype)
    loss, grads, _ = batch_gradient(params, I, y, n)
    alone = descended(params, grads)
    ranks = [Ranks(comm) for comm in Scene(size).comms()]
    parts = [(I[..., part], y[:, part]) for part in Alone.parts(ranks[0], n)]
    for rank, (some_I, some_y) in zip(ranks, parts, strict=True):
        shared_loss, grads, _ = batch_gradient(params, some_I, some_y, n, ranks=rank)
    shared = descended(params, grads)
    limit = of_step(params, alone, bound(params, I, y, [part for part in parts if part[1].size]), dtype)
    for name in Parameters._fields:
        within(getattr(shared, name), getattr(alone, name), limit[name], {"name": name})
    assert abs(shared_loss - loss) <= 2 * float(exact(params, I, y).bounds["yhat_s"].max()) * len(y)


def test_slices_of_a_batch_have_its_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "SAMPLES_AT_ONCE", 2)
    params, I, y = batch(ODD, 3)
    _, *grads = loss_and_gradients(params, I, y)
    parts = [(I[..., k : k + 2], y[:, k : k + 2]) for k in (0, 2)]
    of_gradient = bound(params, I, y, parts)
    values = exact(params, I, y).values
    for name, dtheta in zip(Parameters._fields, grads, strict=True):
        within(dtheta, values[f"d{name}"], of_gradient[name], {"name": name})


@pytest.mark.parametrize(("n", "sizes"), [(64, [64]), (65, [64, 1]), (130, [64, 64, 2])])
def test_a_batch_goes_slice_by_slice(n: int, sizes: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[int] = []

    def seen(params: Parameters, I: np.ndarray, y: np.ndarray, architecture: object) -> list[np.ndarray]:
        found.append(y.shape[1])
        return of_slice(params, I, y, architecture)

    of_slice = step._of_slice
    monkeypatch.setattr(step, "_of_slice", seen)
    loss_and_gradients(*batch(ODD, n))
    assert found == sizes


def test_no_samples_have_no_loss_and_no_gradient() -> None:
    params, I, y = batch(ODD, 1)
    found = loss_and_gradients(params, I[..., :0], y[:, :0])
    assert [X.shape for X in found] == [(), *(theta.shape for theta in params)]
    assert not any(X.any() for X in found)


@pytest.mark.parametrize("asked", [[False] * 3, [False, True, False], [True] * 3])
def test_one_that_is_asked_stops_all(asked: list[bool]) -> None:
    params, I, y = batch(ODD, 1)  # so that two of the ranks have no sample
    ranks = [Ranks(comm) for comm in Scene(3).comms()]
    for rank, question in zip(ranks, asked, strict=True):
        part = rank.parts(1)[rank.rank]
        part_I, part_y = I[..., part], y[:, part]
        *_, stop = batch_gradient(params, part_I, part_y, 1, ranks=rank, asked=lambda question=question: question)
    assert stop == any(asked)
