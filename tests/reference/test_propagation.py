"""The bounds of the whole network, step by step: as wide as they must be, and no wider than they say.

Each X of the network is known up to r_X. What a step makes of it moves by Σ |∂f/∂X| r_X where each entry is off in the
direction that hurts most, and its terms round on top of that. The derivatives are central differences of the library's
functions: no formula of the propagation stands here once more.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import vanillacnn as vc
from reference.rounding import bounds
from reference.rounding.propagation import radii
from vanillacnn import network
from vanillacnn.architecture import Architecture
from vanillacnn.beyond.layers import max_pool_gradient
from vanillacnn.equations.pooling import mean_pool

SIZES: dict[str, Any] = {"image": (8, 11), "maps": (2, 3), "kernels": ((3, 2), (2, 2)), "classes": 3}
ARCHITECTURES = [
    Architecture(),
    Architecture("relu", "max", "softmax_cross_entropy"),
    Architecture("sigmoid", "mean", "softmax_squared_error"),
    Architecture("sigmoid", "max", "binary_cross_entropy"),
    Architecture("relu", "mean", "normalized_cross_entropy"),
]
EACH = pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: f"{a.activation}-{a.pooling}-{a.head}")
U = bounds.roundoff(np.float32)
SMALL = 1e-5  # products of two radii, and what central differences lose, beside the radii themselves
Values = dict[str, np.ndarray]


class Step(NamedTuple):
    """A result and what it is made of; and how many roundings its terms meet, which is sharp of a sum of products.

    An operation for each product or addition, and one for the 0 that a sum may begin with.
    """

    result: str
    operands: tuple[str, ...]
    function: Callable[..., np.ndarray]
    roundings: int = 0
    sharp: bool = False


def exact(architecture: Architecture, y: np.ndarray) -> tuple[Values, Values, Values]:
    """The parameters, the trace and the gradients of two images."""
    rng = np.random.default_rng(3)
    params = vc.initialize(rng, **SIZES, architecture=architecture, dtype=np.float64)
    params = vc.Parameters(*(theta if theta.any() else rng.uniform(-1, 1, theta.shape) for theta in params))
    trace = vc.forward(params, rng.random((*SIZES["image"], 2)), architecture)
    grads = vc.backward(params, trace, y, architecture)._asdict()
    grads["dyhat_s"] = np.zeros(y.shape) if grads["dyhat_s"] is None else grads["dyhat_s"]
    return params._asdict(), trace._asdict(), grads


def known(architecture: Architecture) -> tuple[Values, Values]:
    """Everything in the network, and how far it may be off in float32."""
    y = np.eye(3)[:, [0, 2]]
    params, trace, grads = exact(architecture, y)
    names = (architecture.activation, architecture.pooling, architecture.head)
    return params | trace | grads, radii(params, trace, grads, y, np.float32, names)


def greatest(C_s: np.ndarray, S: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Of each cell the entry that is the greatest now, the first of equals: a maximum bends where several are."""
    taken = max_pool_gradient(np.ones_like(S), C_s)
    return lambda moved: 4 * mean_pool(taken * moved)


def forward_steps(x: Values, architecture: Architecture) -> list[Step]:
    activation, pooling, head = architecture.functions()
    mean = architecture.pooling == "mean"
    steps = []
    for layer, source, images in (("1", "I", lambda S: S[np.newaxis]), ("2", "S1", lambda S: S)):
        K, b, C, C_s, S = f"K{layer}", f"b{layer}", f"C{layer}", f"C{layer}_s", f"S{layer}"
        P, _, u, v = x[K].shape
        steps += [
            Step(C, (source, K, b), lambda S, K, b, f=images: network.conv_forward(f(S), K, b), P * u * v + 1, True),
            Step(C_s, (C,), activation.forward),
            Step(S, (C_s,), pooling.forward, 4, True) if mean else Step(S, (C_s,), greatest(x[C_s], x[S])),
        ]
    dense = Step("yhat", ("W", "v", "b"), network.dense_forward, x["W"].shape[1] + 1, True)
    return [*steps, Step("v", ("S2",), network.vectorize, 0, True), dense, Step("yhat_s", ("yhat",), head.forward)]


def backward_steps(x: Values, architecture: Architecture) -> list[Step]:
    activation, pooling, _ = architecture.functions()
    (c, n), relu = x["yhat"].shape, architecture.activation == "relu"
    steps = [
        Step("dW", ("dyhat", "v"), network.weight_gradient, n + 1, True),
        Step("db", ("dyhat",), network.dense_bias_gradient, n + 1, True),
        Step("dv", ("W", "dyhat"), network.dense_input_gradient, c + 1, True),
        Step("dS2", ("dv",), lambda dv: network.unvectorize(dv, x["S2"].shape[:3]), 0, True),
    ]
    for layer, source in (("2", "S1"), ("1", "I")):
        K, dC, dC_s, C_s = f"K{layer}", f"dC{layer}", f"dC{layer}_s", f"C{layer}_s"
        (_, Q, u, v), (_, i, j, _) = x[K].shape, x[dC].shape
        images = (lambda S: S[np.newaxis]) if layer == "1" else (lambda S: S)
        steps += [
            Step(dC_s, (f"dS{layer}",), lambda dS, C_s=C_s: pooling.backward(dS, x[C_s])),
            # A rectifier jumps at 0, where its entries are when they are off.
            Step(dC, (dC_s,), lambda dC_s, C_s=C_s: activation.backward(dC_s, x[C_s]))
            if relu
            else Step(dC, (dC_s, C_s), activation.backward, 1),
            Step(f"d{K}", (source, dC), lambda S, dC, f=images: network.kernel_gradient(f(S), dC), i * j * n + 1, True),
            Step(f"db{layer}", (dC,), network.conv_bias_gradient, i * j * n + 1, True),
            Step(f"d{source}", (dC, K),
                 lambda dC, K, layer=layer: network.conv_input_gradient(dC, K)[0 if layer == "1" else slice(None)],
                 Q * u * v + 1, True),
        ]  # fmt: skip
    return steps


def jacobian(step: Step, x: Values, k: int) -> np.ndarray:
    """|∂f/∂X| for the operand at this place: a row for each entry of the result."""
    operands, h = [x[name] for name in step.operands], 2.0**-14
    columns = []
    for place in np.ndindex(operands[k].shape):
        ends = []
        for sign in (1, -1):
            moved = operands[k].copy()
            moved[place] += sign * h
            ends.append(step.function(*operands[:k], moved, *operands[k + 1 :]))
        columns.append(np.abs(ends[0] - ends[1]).ravel() / (2 * h))
    return np.array(columns).T


def moved(step: Step, x: Values, r: Values) -> tuple[np.ndarray, np.ndarray]:
    """How far a result moves when each operand is off by all of its radius; and the sizes of its terms together."""
    far, products, biases = 0.0, 0.0, 0.0
    for k, name in enumerate(step.operands):
        J, size = jacobian(step, x, k), np.abs(x[name]).ravel()
        far = far + J @ np.broadcast_to(r.get(name, 0.0), x[name].shape).ravel()
        if name.startswith("b"):
            biases = J @ size
        else:  # a factor of each term
            products = np.maximum(products, J @ size)
    return far, products + biases


@EACH
def test_each_radius_holds_whatever_the_operands_are(architecture: Architecture) -> None:
    x, r = known(architecture)
    for step in forward_steps(x, architecture) + backward_steps(x, architecture):
        far, terms = moved(step, x, r)
        radius = np.broadcast_to(r[step.result], x[step.result].shape).ravel()
        assert (radius >= (1 - SMALL) * (far + step.roundings * U * terms)).all(), step.result


@EACH
def test_no_radius_of_a_sum_is_wider_than_its_terms_need(architecture: Architecture) -> None:
    x, r = known(architecture)
    for step in forward_steps(x, architecture) + backward_steps(x, architecture):
        if step.sharp:
            far, terms = moved(step, x, r)
            most = (1 + 1e-3) * (far + step.roundings * U * terms) + step.roundings * float(
                np.finfo(np.float32).smallest_normal
            )
            assert (np.ravel(r[step.result]) <= most).all(), step.result


@EACH
def test_a_sigmoid_passes_on_a_quarter_at_most_and_adds_its_own_roundings(architecture: Architecture) -> None:
    _, r = known(architecture)
    of = {"C1_s": "C1", "C2_s": "C2"} if architecture.activation == "sigmoid" else {}
    of |= {} if architecture.head.startswith("softmax") else {"yhat_s": "yhat"}
    for s, C in of.items():
        assert (r[s] >= r[C] / 4).all()
        assert (r[s] <= (1 + SMALL) * r[C] / 4 + (bounds.EXP + 3) * U).all()
