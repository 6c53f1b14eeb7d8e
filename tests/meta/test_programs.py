"""The derivative programs are compared with something: each notices a wrong function, and is asked for all sizes."""

from typing import Any

import numpy as np
import pytest

from tests.proofs import test_derivative_program as programs
from tests.proofs import test_derivative_program_heads as of_the_heads
from tests.suite.implementation import Implementation

SHIPPED = programs.SHIPPED
MODULES = [programs, of_the_heads]
CLASSES = [value for module in MODULES for name, value in vars(module).items() if name.startswith("Test")]


class Broken:
    """The library, with one added to the last entry of every result."""

    def __getattr__(self, name: str) -> Any:
        def wrong(*arguments: Any) -> np.ndarray:
            result = np.array(getattr(SHIPPED, name)(*arguments), object)
            result[(-1,) * result.ndim] += 1
            return result

        return wrong


def test_there_are_programs_of_all_gradients() -> None:
    assert isinstance(SHIPPED, Implementation)
    assert len(CLASSES) >= 25


@pytest.mark.parametrize("cls", CLASSES)
def test_a_wrong_function_is_noticed(cls: type, monkeypatch: pytest.MonkeyPatch) -> None:
    cls().all_equal(cls.sizes[-1:])
    for module in MODULES:
        monkeypatch.setattr(module, "SHIPPED", Broken())
    with pytest.raises(AssertionError):
        cls().all_equal(cls.sizes[-1:])


@pytest.mark.parametrize("cls", CLASSES)
def test_all_its_sizes_are_asked_for(cls: type, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(cls, "all_equal", lambda self, shapes: asked.extend(shapes))
    for name in dir(cls):
        if name.startswith("test_is_"):
            getattr(cls(), name)()
    assert asked == list(cls.sizes)
    assert asked
