"""The check of a whole network: the derivation's own passes, and a fault in one gradient is found there alone."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import vanillacnn as vc
from vanillacnn.arrays import Parameters
from vanillacnn.check import check_network

SIZES = {"image": (14, 18), "maps": (2, 3), "kernels": (3, 3), "classes": 4}
NAMES = ("K1", "b1", "K2", "b2", "W", "b")


def network(faults: dict[str, Callable[[np.ndarray], np.ndarray]]) -> Callable[..., Any]:
    def both(x: np.ndarray, y: np.ndarray, *values: np.ndarray) -> Any:
        K1, b1, K2, b2, W, b = values
        params = Parameters(K1.transpose(1, 0, 2, 3), b1, K2.transpose(1, 0, 2, 3), b2, W, b)
        trace = vc.forward(params, np.ascontiguousarray(x.transpose(1, 2, 0)))
        grads = vc.backward(params, trace, np.ascontiguousarray(y.T))
        given = {f"d{name}": getattr(grads, f"d{name}") for name in NAMES}
        given |= {name: given[name].transpose(1, 0, 2, 3) for name in ("dK1", "dK2")}
        return vc.loss(trace, np.ascontiguousarray(y.T)), given | {n: f(given[n]) for n, f in faults.items()}

    return both


def test_the_derivation_is_right() -> None:
    report = check_network(network({}), **SIZES)
    assert report.ok, str(report)


@pytest.mark.parametrize("name", [f"d{name}" for name in NAMES])
@pytest.mark.parametrize(
    "fault",
    [lambda a: 2 * a, lambda a: a[..., ::-1], lambda a: a.astype(np.float16).astype(a.dtype)],
    ids=["twice", "reversed", "float16"],
)
def test_a_fault_in_one_gradient_is_found_there(name: str, fault: Callable[[np.ndarray], np.ndarray]) -> None:
    report = check_network(network({name: fault}), **SIZES)
    assert {row.quantity for row in report.rows if row.verdict == "wrong"} == {name}


@pytest.mark.parametrize(("dtype", "share"), [(np.float32, 1e-4), (np.float64, 1e-11)])
def test_a_small_error_is_found_in_either_precision(dtype: type, share: float) -> None:
    def off(a: np.ndarray) -> np.ndarray:
        return a + share * np.abs(a).max()

    for name in ("dK1", "db2"):
        assert not check_network(network({name: off}), dtype=dtype, **SIZES).ok
    assert check_network(network({}), dtype=dtype, **SIZES).ok


def test_gradients_by_other_names_are_none() -> None:
    report = check_network(lambda *given: (network({})(*given)[0], {"grad": given[2]}), **SIZES)
    assert not report.ok
    assert "got a dict of grad" in str(report)
