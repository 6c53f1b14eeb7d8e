"""The formulas of docs/equations.toml, which the document prints and the code and its docstrings are held against."""

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from reference.formulas.grammar import parse
from reference.formulas.latex import latex

SOURCE = Path(__file__).parents[2] / "docs" / "equations.toml"


class Formula(NamedTuple):
    """An entry of docs/equations.toml."""

    label: str
    title: str
    function: str
    text: str
    operator: str
    ranges: str
    index_function: str
    derivative_of: str

    @property
    def latex(self) -> str:
        return latex(parse(self.text))

    @property
    def operator_latex(self) -> str:
        return latex(parse(self.operator)) if self.operator else ""


@cache
def formulas() -> dict[str, Formula]:
    """Every formula by its label, in the order of the file."""
    entries = tomllib.loads(SOURCE.read_text("utf-8"))["equation"]
    names = {"formula": "text", "for": "ranges"}
    empty = dict.fromkeys(Formula._fields, "")
    found = [Formula(**empty | {names.get(key, key): value for key, value in entry.items()}) for entry in entries]
    return {formula.label: formula for formula in found}
