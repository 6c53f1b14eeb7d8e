"""Write docs/errata.md from docs/errata.toml, with every counterexample and every figure computed anew."""

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.errata.entries import ERRATA, FAULTS, KINDS, REFUTED, SOURCE, Erratum
from tests.errata.measurements import MEASURED
from tests.errata.refutations import refutation
from tests.suite.traceability import EQUATIONS, order

PAGE, TEXT = Path(__file__).resolve().parents[2] / "docs" / "errata.md", SOURCE["text"]
SYMBOLS = {"dC": "ΔC", "dv": "Δv", "yhat_s": "ŷ_σ"}


def page() -> str:
    counts = Counter(erratum.kind for erratum in ERRATA)
    kinds = "".join(f"| {counts[kind]} | {words} |\n" for kind, words in KINDS.items())
    misprinted = {label for erratum in ERRATA if erratum.itself for label in erratum.equations}
    fine = sorted(set(EQUATIONS) - misprinted, key=order)
    sections = {
        "Formulas that change a result, a shape or a range": "\n".join(formula(erratum) for erratum in REFUTED),
        "Wrong statements": "\n".join(entry(erratum) for erratum in ERRATA if erratum.kind == "statement"),
        "The published code": TEXT["code"].format(count=len(FAULTS)) + "\n" + faults(),
        "Incomplete": table("incomplete", "what is missing"),
        "Typographical": table("typographical", "right"),
        "Printed right": TEXT["right"].format(count=len(fine), labels=", ".join(fine)),
    }
    return TEXT["head"].format(kinds=kinds) + "".join(f"\n## {name}\n\n{text}" for name, text in sections.items())


def formula(erratum: Erratum) -> str:
    found = refutation(erratum.id)
    example = ", ".join(f"`{SYMBOLS.get(name, name)} = {shown(x)}`" for name, x in found.arguments.items())
    given = f" for {erratum.quantity}" * bool(erratum.quantity)
    gives = f"no value: {found.printed}" if found.outside else f"`{shown(found.printed)}`{given}"
    line = f"**Smallest counterexample:** {example}. The print gives {gives}. Right is `{shown(found.right)}`."
    return entry(erratum, line)


def entry(erratum: Erratum, *lines: str) -> str:
    elsewhere = [label for label in erratum.equations if label not in erratum.where]
    concerns = f"; concerns {', '.join(elsewhere)}" if elsewhere else ""
    as_function = [f"[`{erratum.id}`](../tests/errata/as_printed.py)"] * erratum.refuted
    mutant = [f"“{erratum.mutant}” in [`test_all_sizes.py`](../tests/proofs/test_all_sizes.py)"] * bool(erratum.mutant)
    points = [
        f"**Printed:** {filled(erratum, erratum.printed)}",
        f"**Right:** {filled(erratum, erratum.right)}",
        f"**{'Measured' if erratum.kind == 'statement' else 'What breaks'}:** {filled(erratum, erratum.breaks)}",
        *lines,
        f"**Shown by:** {', '.join(as_function + links(erratum) + mutant)}",
    ]
    head = f"### {erratum.id}\n\n{erratum.where}; {KINDS[erratum.kind]}{concerns}\n\n"
    return head + "".join(f"- {point}\n" for point in points)


def links(erratum: Erratum) -> list[str]:
    return [f"[`{name}`](../{path})" for path, name in (test.split("::") for test in erratum.tests)]


def filled(erratum: Erratum, text: str) -> str:
    """The text with what is measured in place of ⟨name⟩ and ⟨name:format⟩."""
    if "⟨" not in text:
        return text
    figures = MEASURED[erratum.id]()
    return re.sub("⟨(.*?)⟩", lambda match: f"{{{match[1]}}}".format(**figures), text)


def shown(value: Any) -> str:
    """Arrays as nested lists of whole numbers where they are whole; shapes and sets of cells as tuples."""
    if isinstance(value, np.ndarray):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, set):
        return ", ".join(map(str, sorted(value))) or "no cell"
    return str(value) if isinstance(value, tuple) else f"{value:g}"


def faults() -> str:
    rows = [[f"`{fault.function}`", fault.does, fault.should, " ".join(fault.equations)] for fault in FAULTS]
    return markdown([["function", "what the code does", "what the paper says", "breaks"], *rows])


def table(kind: str, last: str) -> str:
    rows = [
        [erratum.id, erratum.where, erratum.printed, " ".join([filled(erratum, erratum.right), *links(erratum)])]
        for erratum in ERRATA
        if erratum.kind == kind
    ]
    return markdown([["", "where", "printed", last], *rows])


def markdown(rows: list[list[str]]) -> str:
    head, *body = rows
    return "".join(f"| {' | '.join(row)} |\n" for row in [head, ["---"] * len(head), *body])


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
