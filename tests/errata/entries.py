"""docs/errata.toml: the errata of the paper, what each concerns and which test shows it."""

import tomllib
from pathlib import Path
from typing import NamedTuple

SOURCE = tomllib.loads((Path(__file__).parents[2] / "docs" / "errata.toml").read_text("utf-8"))
KINDS = {
    "result": "changes a result",
    "shape": "changes a shape or runs out of range",
    "statement": "wrong statement",
    "incomplete": "incomplete",
    "typographical": "typographical",
}


class Erratum(NamedTuple):
    """An entry. The comment at the head of the file tells the fields."""

    id: str
    kind: str
    where: str
    printed: str
    right: str
    equations: tuple[str, ...] = ()
    breaks: str = ""
    quantity: str = ""
    itself: bool = False
    mutant: str = ""
    proof: tuple[str, ...] = ()

    @property
    def refuted(self) -> bool:
        return self.kind in ("result", "shape")

    @property
    def tests(self) -> list[str]:
        """The ids of the tests that show it."""
        refutation = f"tests/errata/test_refutations.py::test_the_printed_formula_is_wrong[{self.id}]"
        return [refutation] * self.refuted + [*self.proof]


class Fault(NamedTuple):
    """A function of the published code that computes something else than its equations."""

    id: str
    function: str
    does: str
    should: str
    equations: list[str]


ERRATA = [Erratum(**entry) for entry in SOURCE["erratum"]]
REFUTED = [erratum for erratum in ERRATA if erratum.refuted]
FAULTS = [Fault(**entry) for entry in SOURCE["code"]]
