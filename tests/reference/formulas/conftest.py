"""What SymPy and the formulas have kept from one test is gone in the next: a wrong result would outlive its cause."""

from collections.abc import Iterator

import pytest
from sympy.core.cache import clear_cache

from reference.formulas import indexed, loops


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    yield
    indexed.at_least_zero.cache_clear()
    loops._functions.cache_clear()
    clear_cache()
