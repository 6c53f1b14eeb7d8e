"""The derivation's table of what this library, JAX and PyTorch do where a function has no derivative."""

import re
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reference import forward as jax_forward
from scripts.documents.formulas import DOCUMENT
from tests.suite.implementation import Implementation

# A function of the forward pass and its gradient: the value at x, and what comes back for the cotangent d.
Passes = Callable[[np.ndarray, np.ndarray], tuple[Any, Any]]


def rows() -> dict[str, list[str]]:
    """The rows of the table, by their first column."""
    text = (
        DOCUMENT.read_text("utf-8").partition("<!-- conventions -->\n")[2].partition("<!-- end of conventions -->")[0]
    )
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.splitlines()]
    return {name: columns for name, *columns in cells[2:]}


def column(relu: Passes, max_pool: Passes) -> list[str]:
    """Computes what the rows of the table say. All arrays have one map and one sample."""

    def value(passes: Passes, x: list[float], d: list[float], which: int) -> str:
        def cell(entries: list[float]) -> np.ndarray:
            return np.array(entries, float).reshape(1, len(entries) // 2 or 1, min(len(entries), 2), 1)

        return written(np.ravel(passes(cell(x), cell(d))[which]))

    nan = np.nan
    return [
        value(relu, [0], [1], 1),
        value(relu, [nan], [1], 0),
        value(relu, [nan], [1], 1),
        value(relu, [-1], [nan], 1),
        value(max_pool, [1, 1, 1, 1], [1], 1),
        value(max_pool, [0, 1, 1, 1], [1], 1),
        value(max_pool, [0, 0, 1, 1], [1], 1),
        value(max_pool, [1, 2, 0, nan], [1], 0),
        value(max_pool, [1, 2, 0, nan], [1], 1),
        value(max_pool, [1, 2, 0, 0], [nan], 1),
    ]


def written(entries: np.ndarray) -> str:
    """1 0 / 0 0 for a cell, with fractions of 12."""
    fractions = {0.0: "0", 1.0: "1", 0.5: "½", 0.25: "¼", 1 / 3: "⅓"}
    words = ["NaN" if np.isnan(x) else fractions.get(float(x), str(x)) for x in entries]
    return " / ".join([" ".join(words[:2]), " ".join(words[2:])]) if len(words) == 4 else words[0]


def by_jax(function: Callable[..., Any]) -> Passes:
    def passes(x: np.ndarray, d: np.ndarray) -> tuple[Any, Any]:
        value, pullback = jax.vjp(function, jnp.asarray(x))
        return value, pullback(jnp.asarray(d))[0]

    return passes


def test_what_is_done_here(implementation: Implementation) -> None:
    def relu(x: np.ndarray, d: np.ndarray) -> tuple[Any, Any]:
        return implementation.relu(x), implementation.relu_gradient(d, x)

    def max_pool(x: np.ndarray, d: np.ndarray) -> tuple[Any, Any]:
        return implementation.max_pool(x), implementation.max_pool_gradient(d, x)

    assert column(relu, max_pool) == [columns[0] for columns in rows().values()]


def test_what_jax_does_in_the_functions_that_the_reference_is_made_of() -> None:
    assert column(by_jax(jax_forward.relu), by_jax(jax_forward.max_pool)) == [columns[1] for columns in rows().values()]


def test_what_jax_does_in_a_maximum() -> None:
    """JAX shares a tie out among the entries, so it is no oracle there."""
    found = column(by_jax(lambda x: jnp.maximum(x, 0)), by_jax(lambda x: jnp.max(x, axis=(1, 2), keepdims=True)))
    assert found == [columns[2] for columns in rows().values()]


@pytest.mark.bench
def test_what_pytorch_does() -> None:
    import torch

    def by_torch(function: Callable[..., Any]) -> Passes:
        def passes(x: np.ndarray, d: np.ndarray) -> tuple[Any, Any]:
            X = torch.tensor(x[..., 0], requires_grad=True)
            value = function(X)
            value.backward(torch.tensor(d[..., 0]))
            return value.detach().numpy(), X.grad.numpy()

        return passes

    found = column(by_torch(torch.relu), by_torch(lambda x: torch.nn.functional.max_pool2d(x, 2)))
    assert found == [columns[3] for columns in rows().values()]


def test_the_table_is_about_what_is_computed() -> None:
    assert len(rows()) == len(column(*[lambda x, d: (x, x * 0)] * 2))
    assert re.search(r"jnp\.maximum.*max_pool2d", DOCUMENT.read_text("utf-8"))
