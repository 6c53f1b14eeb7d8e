"""Write the formulas of docs/equations.toml, and the links below them, into docs/derivation.md, between its markers."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "derivation.md"
BLOCK = re.compile(r"<!-- formula: (?P<label>.+) -->\n(?:.*\n)*?<!-- end of formula -->\n")


def main() -> None:
    DOCUMENT.write_text(refreshed(DOCUMENT.read_text("utf-8")), "utf-8")


def refreshed(text: str) -> str:
    """The document with every formula as the file has it."""
    return BLOCK.sub(lambda match: block(match["label"]), text)


def block(label: str) -> str:
    """The formula under its number, for which indices it holds, and where to find it.

    Raises: SystemExit when there is no formula of this label.
    """
    sys.path.insert(0, str(ROOT))  # neither the reference nor the tests are installed
    from reference.formulas.latex import aligned, ranges
    from reference.formulas.notation import formulas

    if label not in formulas():
        sys.exit(f"{DOCUMENT.name}: expected a label of docs/equations.toml, got {label!r}")
    formula = formulas()[label]
    display = f"```math\n{aligned(formula.operator_latex, formula.latex)} \\tag{{{label.strip('()')}}}\n```"
    valid = f"for {ranges(formula.ranges)}" if formula.ranges else ""
    below = " · ".join(filter(None, [valid, *links(label)]))
    from tests.suite.traceability import identifier

    anchor = f'<a id="{identifier(label)}"></a>'
    return f"<!-- formula: {label} -->\n{anchor}\n\n{display}\n\n{below}\n<!-- end of formula -->\n"


def links(label: str) -> list[str]:
    """Links to the two forms of the function, and to the properties of the equation."""
    from reference.proof.theorems import THEOREMS
    from tests.suite.traceability import labels_of_test, rows

    equation = "(26)" if label == "mean" else label
    row = next(row for row in rows() if equation in row.labels)
    found = [f"[`{row.function}`](../{row.module.replace('.', '/')}.py)"]
    if row.index_form:
        folder = "beyond/" if label[1] in "GHL" else ""
        found.append(f"[index form](../vanillacnn/{folder}index_form.py)")
    classes = [test.split("::") for test in row.tests if "::Test" in test and equation in labels_of_test(test)]
    found.append(" ".join(f"[{name}](../tests/{path})" for path, name in classes))
    proved = [name.split(".") for name in THEOREMS.get(label, ())]
    return [
        *found,
        *[f"proved: {', '.join(f'[{name}](../reference/proof/{file}.v)' for file, name in proved)}"] * bool(proved),
    ]


if __name__ == "__main__":
    main()
