"""Every misprint of every formula about which something is proved."""

from collections.abc import Iterator

from reference.formulas.grammar import parse
from reference.formulas.notation import formulas
from reference.formulas.tree import Node
from reference.proof.theorems import THEOREMS
from tests.mutation.misprints import misprints


def wrong_formulas() -> Iterator[tuple[str, str, Node]]:
    """The label, the form that is misprinted, "text" or "operator", and the misprint."""
    for label in THEOREMS:
        formula = formulas()[label]
        for form, text in ("text", formula.text), ("operator", formula.operator):
            if text:
                yield from ((label, form, wrong) for wrong in misprints(parse(text)))
