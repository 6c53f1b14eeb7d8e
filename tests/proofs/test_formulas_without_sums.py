"""The formulas of docs/equations.toml that are no sums: shapes, distributions, σ, padding; and the mean of a batch."""

import ast
import inspect
from fractions import Fraction
from itertools import product
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import pytest
import sympy
from sympy import S, simplify

from reference.formulas import loops
from reference.formulas.grammar import parse
from reference.formulas.meaning import Reader, Sigma, right, symbol
from reference.formulas.notation import Formula, formulas
from reference.formulas.sums import loop, statement_of
from reference.formulas.tree import Apply, Cell, Name, Node
from tests.suite.traceability import INDEX_FORM, INDEX_SOURCE
from vanillacnn import index_form
from vanillacnn.beyond import layers
from vanillacnn.equations import initialization
from vanillacnn.equations.loss import squared_error


@pytest.mark.parametrize("label", ["(4)", "(5)"])
def test_the_shape_is_the_one_of_the_index_form(label: str) -> None:
    formula = formulas()[label]
    x_i, y_i, x_k, y_k = map(symbol, ("x_i", "y_i", "x_k", "y_k"))
    coded = loops.read(INDEX_SOURCE, formula.index_function, (x_i, y_i), (x_k, y_k)).value
    assert Reader({}).values(right(formula.text).of) == coded


@pytest.mark.parametrize(("label", "array"), [("(15)", "C"), ("(19)", "C"), ("(25)", "ŷ")])
def test_an_activation_is_the_sigmoid_of_each_entry(label: str, array: str) -> None:
    formula = formulas()[label]
    for tree in (parse(formula.text), parse(formula.operator)):
        statement = statement_of(formula, tree)
        ((summand, inner),) = statement.terms
        assert summand == Sigma(sympy.IndexedBase(array)[statement.indices])
        assert not inner
    function = ast.parse(inspect.getsource(getattr(INDEX_FORM, formula.index_function))).body[0]
    assert ast.unparse(function.body[-1]) == f"return sigmoid({function.args.args[0].arg})"


def sides_of_sigma() -> list[sympy.Expr]:
    return [Reader({}).value(side) for side in parse(formulas()["§2.3"].text).of[1:]]


def test_sigma_is_both_branches_of_the_index_form() -> None:
    """Each side of the formula is one branch, and the two are equal."""
    (choice,) = [n for n in ast.walk(ast.parse(inspect.getsource(index_form.sigmoid))) if isinstance(n, ast.IfExp)]
    scope = {"math": SimpleNamespace(exp=sympy.exp), "x": {"k": symbol("x")}, "k": "k"}
    branches = [eval(ast.unparse(branch), scope) for branch in (choice.body, choice.orelse)]
    assert sides_of_sigma() == branches
    assert simplify(branches[0] - branches[1]) == 0


def test_the_derivative_of_sigma_is_the_formal_one() -> None:
    x, (sigma, _) = symbol("x"), sides_of_sigma()
    stated = Reader({}).value(right(formulas()["(6)"].text)).replace(Sigma, lambda _: sigma)
    assert simplify(sigma.diff(x) - stated) == 0
    assert "ds[k] = s[k] * (1 - s[k])" in inspect.getsource(index_form.sigmoid_derivative)


@pytest.mark.parametrize("sizes", list(product((1, 2, 3), (1, 2), repeat=2)), ids=str)
def test_the_padded_image_is_the_one_of_the_index_form(sizes: tuple[int, ...]) -> None:
    x_i, y_i, x_k, y_k = sizes
    statement, I = statement_of(formulas()["§2.2.3"]), np.arange(1.0, x_i * y_i + 1).reshape(x_i, y_i)
    I_pad, known = (
        index_form.pad(I, (x_k, y_k)),
        dict(zip(map(symbol, ("x_i", "y_i", "x_k", "y_k")), sizes, strict=True)),
    )
    shape = tuple(int(last.subs(known)) + 1 for _, _, last in statement.loops)
    assert shape == I_pad.shape
    ((summand, conditions),) = statement.terms
    for at in np.ndindex(shape):
        here = known | dict(zip(statement.indices, at, strict=True))
        inside = all(first.subs(here) <= index.subs(here) <= last.subs(here) for index, first, last in conditions)
        entry = tuple(int(index.subs(here)) for index in summand.indices)
        assert I_pad[at] == (I[entry] if inside else 0)


class Recorder:
    """A generator that notes what is asked of it."""

    def uniform(self, low: Any, high: Any, shape: Any) -> Any:
        self.asked = low, high, shape
        return SimpleNamespace(astype=lambda dtype: np.zeros(1))


@pytest.mark.parametrize(
    ("label", "sizes"),
    [("(7)", "1 P x_k y_k"), ("(9)", "P Q x_k y_k"), ("(11)", "Y M"), ("(L5)", "P Q x_k y_k")],
)
def test_initial_parameters_are_uniform_within_the_bound(label: str, sizes: str) -> None:
    """The functions run on symbols instead of sizes."""
    formula, rng = formulas()[label], Recorder()
    shape = Reader({}).values(tuple(map(Name, sizes.split())))
    module = layers if label == "(L5)" else initialization
    with mock.patch.object(module, "math", SimpleNamespace(sqrt=lambda x: x**S.Half)):
        inspect.unwrap(getattr(module, formula.function))(rng, *shape)
    bound = Reader({}).value(uniform(formula))
    low, high, asked = rng.asked
    assert (simplify(high - bound), simplify(low + bound), asked) == (0, 0, shape)
    counted = [last + 1 for _, _, last in map(loop, formula.ranges.split(", "))]
    assert counted == [n for n in shape if n != 1]


def uniform(formula: Formula) -> Node:
    """a in X ~ U(±a)."""
    match parse(formula.text):
        case Apply("~", (Cell(), Apply("U", (Apply("±", (bound,)),)))):
            return bound
    raise AssertionError(formula.text)


@pytest.mark.parametrize("label", ["(8)", "(10)", "(12)"])
def test_initial_biases_are_zero(label: str) -> None:
    statement = statement_of(formulas()[label])
    assert statement.terms == [(0, ())]
    assert not initialization.initialize_bias(3).any()


def test_the_loss_of_a_batch_is_the_mean() -> None:
    N, ((summand, ((n, first, last),)),) = 4, statement_of(formulas()["mean"]).terms
    yhat_s, y = np.arange(12).reshape(3, N) / 8, np.arange(12)[::-1].reshape(3, N) / 4
    single = [Fraction(float(index_form.squared_error(yhat_s[:, k], y[:, k]))) for k in range(N)]
    sizes = {symbol("N"): N}
    of = {k: summand.subs(sizes).subs(n, k) for k in range(first, last.subs(sizes) + 1)}
    total = sum(Fraction(str(of[k].subs(sympy.IndexedBase("L")[k], sympy.Rational(str(single[k]))))) for k in of)
    assert float(total) == squared_error(yhat_s, y)
