"""The entries of docs/equations.toml: what the documents print, and what each level of the verification reads."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from reference.formulas.grammar import parse
from reference.formulas.latex import latex
from reference.formulas.tree import Node

SOURCE = Path(__file__).parents[2] / "docs" / "equations.toml"

NO_GRADIENT = {"all_sizes": "it is no gradient"}  # what differentiates the index form has nothing to compare


class Argument(NamedTuple):
    """An argument in the letters of the formula: an array, a shape without a name, or a number without sides."""

    name: str
    sides: tuple[Node, ...] | None  # none are given, (), where the formula does not index the array


def sides_of(text: str) -> tuple[Node, ...]:
    return () if text == "(…)" else tuple(map(parse, text[1:-1].split(", ")))


class Formula(NamedTuple):
    """An entry of docs/equations.toml."""

    label: str = ""
    title: str = ""
    function: str = ""
    text: str = ""
    operator: str = ""
    ranges: str = ""
    derivative_of: str = ""
    signature: str = ""
    arrays: str = ""
    exempt: Mapping[str, str] = MappingProxyType({})  # why a level does not apply

    @property
    def index_function(self) -> str:
        """The name of the function in the index form, or nothing."""
        return "" if "index_form" in self.exempt else self.function

    @property
    def arguments(self) -> list[Argument]:
        """What the function takes of one sample."""
        found = re.findall(r"([^\s(]*)(\([^)]*\))?(?: |$)", self.arrays)
        return [Argument(name, sides_of(sides) if sides else None) for name, sides in found if name or sides]

    @property
    def latex(self) -> str:
        return latex(parse(self.text))

    @property
    def operator_latex(self) -> str:
        return latex(parse(self.operator)) if self.operator else ""


@cache
def formulas() -> dict[str, Formula]:
    """Every entry by its label, in the order of the file."""
    names = {"formula": "text", "for": "ranges"}
    signatures: dict[str, str] = {}
    found = {}
    for entry in tomllib.loads(SOURCE.read_text("utf-8"))["equation"]:
        formula = Formula(**{names.get(key, key): value for key, value in entry.items()})
        signatures.setdefault(formula.function, formula.signature)
        exempt = {**({} if formula.derivative_of else NO_GRADIENT), **formula.exempt}
        found[formula.label] = formula._replace(signature=signatures[formula.function], exempt=exempt)
    return found
