"""The errata that change a result, a shape or a range, each refuted by an example of three by three at most."""

import numpy as np
import pytest

from tests.errata.entries import REFUTED
from tests.errata.refutations import PRINTED, RIGHT, refutation, refutations


@pytest.mark.parametrize("name", RIGHT)
def test_the_printed_formula_is_wrong(name: str) -> None:
    example = refutation(name)
    sides = [np.shape(x) if isinstance(x, np.ndarray) else x for x in example.arguments.values()]
    assert all(size <= 3 for shape in sides for size in shape), example


def test_every_formula_is_refuted_and_no_other() -> None:
    """docs/errata.toml says which errata change a result, a shape or a range."""
    assert [*PRINTED] == [*RIGHT] == [erratum.id for erratum in REFUTED]


@pytest.mark.parametrize("name", RIGHT)
def test_the_right_formula_is_not_refuted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRINTED, name, RIGHT[name][0])
    assert not refutations(name)


@pytest.mark.parametrize("erratum", REFUTED, ids=lambda erratum: erratum.id)
def test_the_kind_is_what_the_formula_shows(erratum) -> None:
    """A result: on some example a wrong value in the right shape. Else all that is wrong is a size or an index."""
    found = [x for x in refutations(erratum.id) if not isinstance(x.printed, int | Exception)]
    assert any(np.shape(x.printed) == np.shape(x.right) for x in found) == (erratum.kind == "result")
