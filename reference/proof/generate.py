"""Write Equations.v from docs/equations.toml: every formula a definition, and the network that they make.

python -m reference.proof.generate
"""

from collections.abc import Mapping
from pathlib import Path

from reference.formulas.notation import Formula, formulas
from reference.proof.definition import Changed, Definition, definitions
from reference.proof.theorems import EXEMPT
from reference.proof.wiring import network

TARGET = Path(__file__).parent / "Equations.v"
HEAD = """\
(* Written from docs/equations.toml by generate.py; not to be edited. *)
From Coq Require Import Reals ZArith Bool.
From Vanilla Require Import Sums.
Open Scope Z_scope.
"""


def every(known: Mapping[str, Formula], changed: Changed | None = None) -> list[Definition]:
    """The definitions of all equations about which something is proved."""
    return [each for label, formula in known.items() if label not in EXEMPT for each in definitions(formula, changed)]


def rendered(known: Mapping[str, Formula] | None = None, changed: Changed | None = None) -> str:
    """The text of Equations.v: of the file's formulas, or of others.

    Raises: ValueError for a formula that Gallina cannot say.
    """
    found = every(known or formulas(), changed)
    lines = [HEAD, *map(str, found), network({each.name: each for each in found})]
    return "\n".join(lines)


if __name__ == "__main__":
    TARGET.write_text(rendered(), "utf-8")
