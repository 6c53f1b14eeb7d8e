"""All about one equation on one screen: its formula, code, literal sum, example, tests, errata and proofs.

python -m vanillacnn show 36        also dK2, H3, deltaI, kernel_gradient
"""

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from reference.formulas.notation import Formula, formulas
from reference.proof.theorems import EXEMPT, THEOREMS

ROOT = Path(__file__).resolve().parents[2]

LAYERS = str.maketrans("¹²", "12")


def main(word: str) -> int:
    try:
        labels = found(word)
    except ValueError as error:
        print(f"show: error: {error}", file=sys.stderr)
        return 2
    print(page(labels[0]))
    if others := labels[1:]:
        print(f"\n{word} is also {', '.join(others)}")
    return 0


def found(word: str) -> list[str]:
    """The labels that a word means: a number, a label, a symbol such as dK2, or the name of a function.

    Raises: ValueError for a word that means none.
    """
    bare = word.strip("()")
    called = {label: names(label, formula) for label, formula in formulas().items()}
    by_name = [label for label, known in called.items() if bare in known]
    if not by_name:  # v and V are two symbols, but h3 can only be H3
        by_name = [label for label, known in called.items() if bare.lower() in {str(name).lower() for name in known}]
    if not by_name:
        raise ValueError(f"expected an equation such as 36, H3, dK2 or kernel_gradient, got {word!r}")
    return by_name


def names(label: str, formula: Formula) -> set[str]:
    """What an equation may be called."""
    plain = label.strip("()§")
    found = {plain, label, formula.function, plain.replace("Δ", "delta")}
    if plain.isdigit():
        found |= {f"eq{int(plain):02}", f"{int(plain):02}"}
    if match := re.match(r"(Δ?)(ŷ|[A-Za-z])([¹²]?)(_\{?σ)?", formula.text.split(" = ")[0]):
        delta, letter, layer, activated = match.groups()
        symbol = letter.replace("ŷ", "yhat") + layer.translate(LAYERS) + "_s" * bool(activated)
        found |= {("d" if delta else "") + symbol, delta + symbol}
    return found


def page(label: str) -> str:
    formula = formulas()[label]
    parts = [f"{label}  {formula.title}", "", f"  {formula.text}"]
    if formula.operator:
        parts.append(f"  {formula.operator}")
    if formula.ranges:
        parts.append(f"  for {formula.ranges}")
    if formula.derivative_of:
        parts.append(f"  the gradient of {formula.derivative_of}")
    parts += ["", *places(label, formula), "", "index form", *indented(index_form(formula)), ""]
    parts += [*example(formula, label), *errata(label), *tests(label), "", *proofs(label)]
    return "\n".join(parts)


def indented(text: str) -> list[str]:
    return [f"  {line}".rstrip() for line in text.splitlines()]


@cache
def parsed(path: Path) -> tuple[str, ast.Module]:
    """A file's text and its syntax tree."""
    source = path.read_text("utf-8")
    return source, ast.parse(source)


def definitions(name: str, *files: str) -> Iterator[tuple[Path, ast.FunctionDef, str]]:
    """Where a function is defined, by the text of the files."""
    for path in (path for pattern in files for path in sorted(ROOT.glob(pattern))):
        source, tree = parsed(path)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                yield path, node, "\n".join(source.splitlines()[node.lineno - 1 : node.end_lineno])


def places(label: str, formula: Formula) -> list[str]:
    operator = [each for each in definitions(formula.function, "vanillacnn/equations/*.py", "vanillacnn/beyond/*.py")
                if each[0].stem != "index_form"]  # fmt: skip
    literal = definitions(formula.index_function, "vanillacnn/index_form.py", "vanillacnn/beyond/index_form.py")
    lines = [f"function    {formula.function}  {path.relative_to(ROOT)}:{node.lineno}" for path, node, _ in operator]
    lines += [f"index form  {path.relative_to(ROOT)}:{node.lineno}" for path, node, _ in literal]
    text = (ROOT / "docs" / "derivation.md").read_text("utf-8").splitlines()
    at = text.index(f"<!-- formula: {label} -->")
    section = next(line.lstrip("# ") for line in reversed(text[:at]) if re.match(r"#{2,3} ", line))
    return [*lines, f"section     {section}  docs/derivation.md:{at + 1}"]


def index_form(formula: Formula) -> str:
    literal = definitions(formula.index_function, "vanillacnn/index_form.py", "vanillacnn/beyond/index_form.py")
    return next((source for *_, source in literal), "none: it is a distribution")


def example(formula: Formula, label: str) -> list[str]:
    """The worked example of the label, or else one of the function."""
    from tests.errata.test_errata import EXAMPLES
    from tests.suite.traceability import identifier

    own = [each for key, each in EXAMPLES.items() if key.partition("-")[0] == identifier(label)]
    shared = [each for each in EXAMPLES.values() if each[0] == formula.index_function]
    if not (candidates := own or shared):
        return []
    name, arguments, expected = min(candidates, key=lambda each: len(repr(each)))
    shown = [plain(argument) for argument in arguments]
    return ["example", f"  {name}({', '.join(shown)})", f"  = {plain(expected)}", ""]


def plain(value: Any) -> str:
    return repr(value.tolist() if hasattr(value, "tolist") else list(value) if isinstance(value, range) else value)


def errata(label: str) -> list[str]:
    entries = tomllib.loads((ROOT / "docs" / "errata.toml").read_text("utf-8"))["erratum"]
    own = [each for each in entries if label in each.get("equations", ())]
    wrong = [each for each in own if each["kind"] in ("result", "shape")]
    lines = [f"  {each['id']}  printed: {each['printed']}  right: {each['right']}" for each in wrong]
    others = ", ".join(each["id"] for each in own if each not in wrong)
    return ["errata, docs/errata.md", *lines, *([f"  without effect on a result: {others}"] * bool(others)), ""] * bool(
        own
    )


def tests(label: str) -> list[str]:
    """The classes and functions of the suite that name the equation, by their text, and how to run them."""
    from tests.suite.traceability import identifier, labels_of_test

    lines = []
    for path in sorted(ROOT.glob("tests/*/test_*.py")):
        defined = [node.name for node in parsed(path)[1].body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
        named = [name for name in defined if name.lower().startswith("test") and label in labels_of_test(name)]
        lines += [f"  {path.relative_to(ROOT)}::{name}" for name in named]
    return ["tests", *lines, f"  python -m pytest -k {identifier(label)}"]


def proofs(label: str) -> list[str]:
    """What the release's certificate says of the equation, and how far the claim of each level goes."""
    certificate = json.loads((ROOT / "docs" / "certificate.json").read_text("utf-8"))
    entry = certificate["equations"].get(label)
    if entry is None:
        return []
    names = {level["key"]: level["name"] for level in certificate["levels"]}
    lines = [
        f"  {names[key]:34} {ran['tests']:>4} test{'s' * (ran['tests'] != 1)}" for key, ran in entry["levels"].items()
    ]
    theorems = ", ".join(THEOREMS.get(label, ())) or f"none, for {EXEMPT[label]}"
    proved = entry.get("proof", {"status": "not run"})["status"]
    return [f"certificate: {entry['status']}", *lines, f"theorems in reference/proof, {proved}: {theorems}"]
