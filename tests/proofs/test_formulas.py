"""docs/equations.toml says what the code does, at all sizes; and so do the docstrings. No misprint goes unnoticed.

Formulas that are no sums are in test_formulas_without_sums.py. Those with a logarithm, a maximum or a condition are
written out at one size after the other, in test_written_out.py.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from reference.formulas.grammar import parse
from reference.formulas.meaning import cells
from reference.formulas.notation import Formula, formulas
from reference.formulas.sums import Statement, content, in_letters_of, loop, read, statement_of
from reference.formulas.tree import Apply, Cell, Node
from tests.mutation.misprints import misprints
from tests.proofs import written_out
from tests.proofs.notation import over, relations, symbolic
from tests.suite.compare import Mismatch
from tests.suite.traceability import INDEX_MODULES, INDEX_SOURCE, MODULES, cited, owns, rows, stated

SUMS = [label for label, formula in formulas().items() if "sums" not in formula.exempt]
ROWS = {label: row for row in rows() for label in row.labels}


@cache
def of_the_code(label: str) -> Statement:
    """What the function of the index form says."""
    formula = formulas()[label]
    counted = (loop(over(formula)),) if over(formula) else ()
    return read(INDEX_SOURCE, formula.index_function, *map(symbolic, formula.arguments), over=counted)


def of_the_formula(label: str, tree: Node | None, sample: bool) -> Any:
    formula = formulas()[label]
    return content(statement_of(formula, tree, sample), relations(formula))


@cache
def expected(label: str) -> Any:
    formula = formulas()[label]
    return content(in_letters_of(of_the_code(label), statement_of(formula)), relations(formula))


def agrees(label: str, tree: Node | None = None, sample: bool = False) -> bool:
    return of_the_formula(label, tree, sample) == expected(label)


def hold(label: str, tree: Node | None = None, sample: bool = False) -> None:
    """Raises: Mismatch with both sums."""
    if not agrees(label, tree, sample):
        found = of_the_formula(label, tree, sample)
        parts = ("array", "indices", "ranges", "sums")
        pairs = [each for each in zip(parts, expected(label), found, strict=True) if each[1] != each[2]]
        part, right, wrong = pairs[0]
        raise Mismatch(f"{label}: other {part} than the index form", {}, expected=right, actual=wrong)


# The formulas against the index form


def test_there_is_a_formula_for_every_equation_and_for_the_batch_mean() -> None:
    assert {*formulas()} == {*ROWS, "mean"}
    for label, formula in formulas().items():
        row = ROWS.get(label, ROWS["(26)"])
        assert formula.function == row.function
        assert bool(formula.index_function) == row.index_form


@pytest.mark.parametrize("label", SUMS)
def test_the_formula_is_the_sum_of_the_index_form(label: str) -> None:
    hold(label)


@pytest.mark.parametrize("label", [label for label in SUMS if formulas()[label].operator])
def test_the_operator_form_is_the_same_sum(label: str) -> None:
    hold(label, parse(formulas()[label].operator))


def test_every_gradient_names_its_forward_formula() -> None:
    gradients = {label for label, formula in formulas().items() if formula.text.startswith("Δ")}
    assert gradients == {label for label, formula in formulas().items() if formula.derivative_of} - {"(6)"}


# The docstrings


def docstrings() -> Iterator[tuple[str, str, str]]:
    """A label of the most general layer of each function, the form, and a formula of its docstring."""
    for row in rows():
        for module in [module for module in [*MODULES, *INDEX_MODULES] if owns(module, row.function)]:
            for text in stated(cited(getattr(module, row.function).__doc__)[1]):
                label = next(
                    label for label in reversed(row.labels) if label not in {"ΔI", "(39)", "(40)", "(41)", "(42)"}
                )
                yield label, module.__name__, text


DOCSTRINGS = [*docstrings()]


@pytest.mark.parametrize(("label", "form", "text"), [each for each in DOCSTRINGS if each[0] in SUMS])
def test_the_docstring_says_the_same_sum(label: str, form: str, text: str) -> None:
    tree = parse(text)
    chain = tree.of if isinstance(tree, Apply) and tree.what in "=←" else (parse(formulas()[label].text).of[0], tree)
    for side in chain[1:]:
        hold(label, Apply("=", (chain[0], side)), sample=True)


@pytest.mark.parametrize(
    ("label", "form", "text"), [each for each in DOCSTRINGS if each[0] not in {*SUMS, *written_out.LABELS}]
)
def test_the_docstring_says_the_same_formula(label: str, form: str, text: str) -> None:
    formula, tree = formulas()[label], parse(text)
    if label == "§2.2.3":
        assert content(statement_of(formula), {}) == content(statement_of(formula, tree), {}), text
    else:
        assert without_layers(tree) == without_layers(parse(formula.text)), text


def without_layers(node: Any) -> Any:
    """A tree of one general layer: K¹_{0,p} is as good as K_{p,q}, and b¹_p as b."""
    if isinstance(node, Cell):
        return Cell(node.name, "", (), None if node.name == "b" else node.at)
    return type(node)(*map(without_layers, node)) if hasattr(node, "_fields") else without(node)


def without(node: Any) -> Any:
    return tuple(map(without_layers, node)) if isinstance(node, tuple) else node


# Misprints


def rejects(label: str, tree: Node) -> bool:
    try:
        return not agrees(label, tree)
    except ValueError:  # it says nothing at all
        return True


@pytest.mark.slow
@pytest.mark.parametrize("label", SUMS)
def test_no_misprint_of_a_formula_goes_unnoticed(label: str) -> None:
    formula = formulas()[label]
    found = [wrong for text in (formula.text, formula.operator) if text for wrong in misprints(parse(text))]
    assert len(found) >= 2
    for wrong in found:
        assert rejects(label, wrong), wrong


LAYER = {"¹": "(7) (8) (13) (14) (15) (16) (39) (40) (41) (42) ΔI", "²": "(9) (10) (17) (18) (19) (20) (21) (22)"}
LAYER["²"] += " (32) (33) (34) (35) (36) (37) (38)"


@pytest.mark.parametrize(("layer", "label"), [(layer, label) for layer in LAYER for label in LAYER[layer].split()])
def test_every_array_stands_in_its_layer(layer: str, label: str) -> None:
    """What layer 2 convolves is S¹, and its gradient is ΔS¹."""
    formula = formulas()[label]
    read_below = {"conv_forward", "kernel_gradient", "conv_input_gradient"}
    for cell in cells((parse(formula.text), parse(formula.operator or "0"))):
        name = cell.name.removeprefix("Δ")
        above = "¹" if name == "S" and formula.function in read_below else layer
        assert cell.layer == ("" if name in {"I", "v"} else above), (label, cell)


def test_an_array_without_a_layer_is_in_a_formula_without_one() -> None:
    without = formulas().keys() - {*" ".join(LAYER.values()).split()}
    assert not [cell for label in without for cell in cells(parse(formulas()[label].text)) if cell.layer]


def test_two_indices_of_one_array_stay_two() -> None:
    """Σ_i Σ_j v(i) v(j) is the square of a sum, not a sum of squares."""
    once, twice = (statement_of(Formula(text=text)) for text in SQUARES)
    assert content(once, {}) != content(twice, {})


SQUARES = ["L = Σ_{i=0}^{M-1} v(i) v(i)", "L = Σ_{i=0}^{M-1} Σ_{j=0}^{M-1} v(i) v(j)"]


NONSENSE = ["", "L =", "L = K_", "L = Σ_{i=0} v(i)", "L = (v(i)", "L = v(i))", "L = ∫ v", "i < x_k <"]


@pytest.mark.parametrize("text", NONSENSE)
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse(text)
