"""Which function is which equation, and which tests hold it: read off the docstrings and the names of the tests.

A function says so in its first line, "Eq. (36), (41): …", "§4.5: …" or, beyond the paper, "(G3): …"; a test in its
name, TestEq36, TestSection45 or TestG3.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import vanillacnn
from reference.formulas.notation import formulas
from tests.suite.implementation import Implementation
from tests.suite.signatures import FUNCTIONS, SIGNATURES
from vanillacnn import index_form
from vanillacnn.beyond import index_form as beyond_the_paper

TESTS, LIBRARY = Path(__file__).parents[1], Path(vanillacnn.__file__).parent
INDEX_MODULES = [index_form, beyond_the_paper]
INDEX_SOURCE = "".join(Path(str(module.__file__)).read_text("utf-8") for module in INDEX_MODULES)
INDEX_FORM = Implementation(*INDEX_MODULES)  # of one sample
# Every module of equations/ and beyond/ in operator form; bands holds no equation.
MODULES = [
    import_module(f"vanillacnn.{folder}.{path.stem}")
    for folder in ("equations", "beyond")
    for path in sorted((LIBRARY / folder).glob("*.py"))
    if path.stem not in ("__init__", "bands", "index_form")
]

LABEL = r"\((?:[GHL]?\d+)\)|ΔI|§[\d.]+\d"
EQUATIONS = [f"({number})" for number in range(1, 43)]
DEFINITIONS = EQUATIONS[:12]  # no gradient to compare with: shapes, operators, distributions


class Row(NamedTuple):
    """A function with all that is known of it."""

    function: str
    module: str
    labels: list[str]
    formula: str
    index_form: bool
    tests: list[str]
    exactly: list[str]
    bounded: list[str]


def cited(docstring: str | None) -> tuple[list[str], str]:
    """The labels and the formula in the first line of a docstring."""
    first = (docstring or "").split("\n")[0]
    match = re.fullmatch(rf"(?:Eq\. )?((?:{LABEL})(?:, (?:{LABEL}))*): (.*)", first)
    return (re.findall(LABEL, match[1]), match[2]) if match else ([], "")


def owns(module: Any, function: str) -> bool:
    """Whether the function is defined in the module, not only imported."""
    return getattr(getattr(module, function, None), "__module__", None) == module.__name__


def literal(function: str) -> Any:
    """A function of the index form, in the interface or not yet."""
    return next(getattr(module, function) for module in INDEX_MODULES if owns(module, function))


def stated(text: str) -> Iterator[str]:
    """The formulas in the first line of a docstring: A = B, that is C = D, which is E; words around them left out."""
    first = re.split(r"\. (?=[A-Z])", text.removeprefix("every ").rstrip("."))[0]
    for part in re.split(r", (?:that|which) is ", first):
        yield re.split(r", (?=the |independently|for )", part)[0]


def labels_of_test(name: str) -> list[str]:
    """TestEq13Eq14 is about (13), (14), TestDeltaI about ΔI, TestG1G2 about (G1), (G2), test_x[H3-wide] about (H3)."""
    sections = ["§" + ".".join(digits) for digits in re.findall(r"section(\d+)", name, re.I)]
    numbers = [f"({int(number)})" for number in re.findall(r"eq(\d\d)", name, re.I)]
    beyond = [f"({label})" for label in re.findall(r"(?:(?<=Test)|(?<=\d)|(?<=[\[-]))([GHL]\d+)(?![a-z])", name)]
    return numbers + sections + ["ΔI"] * ("deltai" in name.lower()) + beyond


def suite() -> Iterator[tuple[str, Any]]:
    """Every test class and test function of the suite that names an equation."""
    for path in sorted(TESTS.glob("*/test_*.py")):
        module = import_module(f"tests.{path.parent.name}.{path.stem}")
        for name, value in vars(module).items():
            if name.lower().startswith("test") and labels_of_test(name) and value.__module__ == module.__name__:
                yield f"{path.parent.name}/{path.name}::{name}", value


def compared(kind: str, classes: list[Any]) -> list[str]:
    """What the classes compare a function with: "autodiff" for a test_is_autodiff_exactly."""
    names = [name for value in classes for name in dir(value) if getattr(value, name) is not None]
    found = [re.fullmatch(rf"test_is_(?:the_)?(.*)_{kind}", name) for name in names]
    return sorted({match[1].replace("_", " ") for match in found if match})


@cache
def rows() -> list[Row]:
    """A row for each function of the interface, in the order of the paper's equations."""
    found, tests = [], [(test, value, set(labels_of_test(test))) for test, value in suite()]
    for function in FUNCTIONS:
        module = next((module for module in MODULES if owns(module, function)), None)
        if module is None:
            raise LookupError(f"{function}: in SIGNATURES, but in no module of vanillacnn/equations or beyond")
        labels, formula = cited(getattr(module, function).__doc__)
        about = {test: value for test, value, named in tests if named & set(labels)}
        classes = list(about.values())
        exactly, bounded = compared("exactly", classes), compared("within_the_bound", classes)
        has_index_form = function in INDEX_FORM.functions
        found.append(Row(function, module.__name__, labels, formula, has_index_form, list(about), exactly, bounded))
    return sorted(found, key=lambda row: order(row.labels[0]) if row.labels else (99, row.function, 0))


def identifier(label: str) -> str:
    """A label as a name: eq36 of (36), H3 of (H3), deltaI of ΔI, section45 of §4.5."""
    if match := re.fullmatch(r"\((\d+)\)", label):
        return f"eq{int(match[1]):02}"
    return re.sub(r"[().]", "", label.replace("Δ", "delta").replace("§", "section"))


def order(label: str) -> tuple[int, str, int]:
    """(36) by its number; behind (42) ΔI, the sections, and what is beyond the paper, (G2) before (G10)."""
    if match := re.fullmatch(r"\((\D?)(\d+)\)", label):
        letter, number = match.groups()
        return (45 if letter else int(number)), letter, int(number)
    return 43 + label.startswith("§"), label, 0


PROOFS = {"polynomials": "polynomials", "program": "JAX's program", "all_sizes": "all sizes", "theorem": "theorem"}


def proofs(labels: list[str]) -> list[str]:
    """The levels of proof that apply to one of the labels: of all real inputs of a shape, or of all sizes."""
    return [name for key, name in PROOFS.items() if any(key not in formulas()[label].exempt for label in labels)]


def table() -> str:
    """The rows in Markdown, for a page in docs/. A label leads to its place in the derivation."""
    head = ["equation", "function", "formula", "proofs", "exactly equal to", "within a proven bound of"]
    lines = [head, ["---"] * len(head)]
    for row in rows():
        labels = " ".join(f"[{label}](derivation.md#{identifier(label)})" for label in row.labels)
        function = f"[`{row.function}`](../{row.module.replace('.', '/')}.py)<br>`{SIGNATURES[row.function]}`"
        compared_with = [", ".join(proofs(row.labels)), ", ".join(row.exactly), ", ".join(row.bounded)]
        lines.append([labels, function, row.formula.replace("|", "\\|"), *compared_with])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
