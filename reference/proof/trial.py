"""Another formula in the place of one, and whether the theorems about it are still proved.

Only what the formula's theorems need is compiled. "Not proved" says that no proof is found, not that there is none.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Literal, NamedTuple

from reference.formulas.tree import Node
from reference.proof import coq
from reference.proof.generate import rendered
from reference.proof.theorems import OPERATOR, THEOREMS

LIMIT = 30.0  # seconds for one file, which takes one or two
FIXED = ("Sums", "Normal")  # what no formula is in
Outcome = Literal["proved", "not proved", "no proof in time", "not a statement"]


class Trial(NamedTuple):
    """What became of another formula, and at which file or lemma it ended."""

    label: str
    form: str
    outcome: Outcome
    at: str


def prepare(folder: Path) -> None:
    """Compile once what no formula is in."""
    coq.build(folder, "", FIXED)


def units(label: str, form: str) -> list[str]:
    """The files with the theorems about this form, each after what it requires; but none about the network."""
    names = [name for name in THEOREMS[label] if name.startswith(OPERATOR) == (form == "operator")]
    wanted = [name.split(".")[0] for name in names or THEOREMS[label]]
    order = list(coq.UNITS[coq.UNITS.index("Equations") : coq.UNITS.index("Network")])
    needed = set[str]()
    for unit in wanted:
        if unit in order:
            needed |= {unit, *coq.prerequisites((coq.HERE / f"{unit}.v").read_text("utf-8"))}
    return [unit for unit in order if unit in needed]


def attempt(prepared: Path, label: str, form: str, tree: Node, limit: float = LIMIT) -> Trial:
    """Prove the theorems about the label with this tree as its "text" or "operator"."""
    try:
        text = rendered(changed={(label, form): tree})
    except ValueError as error:
        return Trial(label, form, "not a statement", str(error))
    if text == rendered():
        return Trial(label, form, "proved", "the statement is the same")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for unit in FIXED:
            shutil.copy(prepared / f"{unit}.vo", folder)
        for unit in units(label, form):
            source = text if unit == "Equations" else (coq.HERE / f"{unit}.v").read_text("utf-8")
            (folder / f"{unit}.v").write_text(source, "utf-8")
            done = coq.coqc(folder, f"{unit}.v", limit)
            if done.returncode:
                outcome: Outcome = "no proof in time" if done.returncode == 124 else "not proved"
                return Trial(label, form, outcome, f"{unit}.{coq.at_fault(source, done) or ''}".rstrip("."))
    return Trial(label, form, "proved", "")
