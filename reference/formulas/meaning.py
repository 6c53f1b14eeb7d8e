"""What a formula of the notation says, in SymPy: its summands, and over which indices each is summed; at all sizes.

An operator stands for its definition, which is a formula itself: ⋆ for (1), ∗ for (2), ⊛ for (3). A constant subscript
counts through nothing and is dropped: K¹_{0,p}(u,v) has the indices p, u, v. Docstrings speak of a batch and of one
general layer: Σ_n and N are read as of one sample, and a Σ_u without bounds runs along the side that u stands at.
"""

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

from sympy import Add, Dummy, Expr, Function, IndexedBase, Integer, Max, Min, Rational, S, Symbol, cos, exp, floor, pi  # type: ignore[import-untyped]

from reference.formulas.grammar import parse
from reference.formulas.loops import Loop
from reference.formulas.notation import formulas
from reference.formulas.tree import Apply, At, Cell, Name, Node, Sum, Where

Terms = list[tuple[Expr, tuple[Loop, ...]]]  # summands and their loops
Letters = dict[str, Expr]

DEFINITIONS = {"⋆": "(1)", "∗": "(2)", "⊛": "(3)", "K_rot": "§2.2.1", "I_pad": "§2.2.3"}
SIDES = {
    "I": "x_i y_i",
    "K": "x_k y_k",
    "C": "x_c y_c",
    "S": "x_i y_i",
    "v": "M",
    "W": "Y M",
    "ŷ": "Y",
    "y": "Y",
    "s": "Y",
    "b": "Y",
}
MAPS = {"p": "P", "q": "Q"}  # the sizes that these subscripts count through


def symbol(name: str) -> Symbol:
    return Symbol(name, integer=True)


def right(text: str) -> Node:
    """The last side of a relation."""
    tree = parse(text)
    if not isinstance(tree, Apply):
        raise ValueError(f"expected a relation, got {text!r}")
    return tree.of[-1]


def sides(name: str) -> list[str]:
    """ΔC_σ has the sides of C; L and θ have none."""
    return SIDES.get(name.removeprefix("Δ").split("_")[0], "").split()


def is_whole(node: Node) -> bool:
    """Whether a factor is an array rather than an entry of one, so that the product is one of matrices."""
    return isinstance(node, Cell) and node.at is None and not node.below and bool(sides(node.name))


class Sigma(Function):  # type: ignore[misc]
    """σ, whose derivative is what (6) says."""

    def fdiff(self, argindex: int = 1) -> Expr:
        (x,) = self.args
        return Reader({"x": x}).value(right(formulas()["(6)"].text))


FUNCTIONS: dict[str, Any] = {
    "²": lambda x: x * x,
    "/": lambda x, y: x / y,
    "√": lambda x: x ** Rational(1, 2),
    "^": lambda x, y: x**y,
    "cos": cos,
    "⌊": floor,
    "max": Max,
    "min": Min,
    "e^": exp,
    "σ": Sigma,
}

Arrays = dict[str, tuple["Reader", Node]]


class Reader:
    """Reads a tree; some letters stand for expressions, some arrays for what another reader reads, one is 0 outside."""

    def __init__(self, letters: Letters, arrays: "Arrays | None" = None, padded: str = "") -> None:
        self.letters, self.arrays, self.padded = letters, arrays or {}, padded

    def value(self, node: Node, at: tuple[Expr, ...] = ()) -> Expr:
        """An expression without Σ, at this entry."""
        terms = self.terms(node, at)
        if any(loops for _, loops in terms):
            raise ValueError(f"expected no Σ in {node}")
        return Add(*(summand for summand, _ in terms))

    def values(self, nodes: tuple[Node, ...]) -> tuple[Expr, ...]:
        return tuple(self.value(node) for node in nodes)

    def terms(self, node: Node, at: tuple[Expr, ...] = ()) -> Terms:
        """The sums that an entry of the expression consists of."""
        match node:
            case Name(text):
                return [(self.name(text), ())]
            case Cell():
                return self.cell(node, at)
            case Sum():
                return self.sum(node, at)
            case At(whole, indices):
                return self.terms(whole, self.values(indices))
            case Where(inside, (Cell(name),)):
                return Reader(self.letters, self.arrays, name).terms(inside, at)
            case Where(inside, conditions):
                bounds = [self.values(condition.of) for condition in conditions if isinstance(condition, Apply)]
                loops = tuple((middle, first, last) for first, middle, last in bounds)
                return [(summand, (*others, *loops)) for summand, others in self.terms(inside, at)]
            case Apply("+", (left, right)):
                return self.terms(left, at) + self.terms(right, at)
            case Apply("-", (*left, right)):
                negative = [(-summand, loops) for summand, loops in self.terms(right, at)]
                return [term for part in left for term in self.terms(part, at)] + negative
            case Apply("⋆" | "∗" | "⊛" as operator, (Cell() as left, Cell() as kernel)):
                return self.operation(operator, left, kernel, at)
            case Apply("·", (Cell() as left, Cell() as vector)) if is_whole(left) and is_whole(vector):
                return self.matrix_product(left, vector, at)
            case Apply("·" | "⊙", factors):
                return times(*(self.terms(factor, at) for factor in factors))
            case Apply(what, of):
                return [(FUNCTIONS[what](*(self.value(part, at) for part in of)), ())]
        raise ValueError(f"expected a formula, got {node!r}")

    def name(self, text: str) -> Expr:
        if text in self.letters:
            return self.letters[text]
        return {"¼": Rational(1, 4), "½": Rational(1, 2), "π": pi}.get(text) or (
            Integer(text) if text.isdecimal() else symbol(text)
        )

    def cell(self, cell: Cell, at: tuple[Expr, ...]) -> Terms:
        """An entry. A whole array is read at the place asked for; a number such as b_q takes no indices."""
        below = self.values(counted(cell.below))
        if cell.at is not None:
            at = self.values(cell.at)
        elif below:
            at = () if cell.name.removeprefix("Δ") == "b" else at[len(at) - len(sides(cell.name)) :]
        if cell.name in self.arrays:
            reader, node = self.arrays[cell.name]
            return reader.terms(node, at)
        if cell.name in DEFINITIONS:
            tree = parse(formulas()[DEFINITIONS[cell.name]].text)
            assert isinstance(tree, Apply)
            defined, entry = tree.of
            assert isinstance(defined, Cell)
            assert defined.at
            letters = zip((letter.text for letter in defined.at if isinstance(letter, Name)), at, strict=True)
            return Reader(self.letters | dict(letters), self.arrays).terms(entry)
        indices = (*below, *(reversed(at) if cell.transposed else at))
        limits = zip(at, sides(cell.name), strict=True) if cell.name == self.padded else ()
        conditions = tuple((index, S.Zero, self.name(side) - 1) for index, side in limits)
        return [(IndexedBase(cell.name)[indices] if indices else symbol(cell.name), conditions)]

    def sum(self, node: Sum, at: tuple[Expr, ...]) -> Terms:
        index = Dummy(node.letter, integer=True)
        loop: Loop
        match node:
            case Sum("n", None):
                return self.terms(node.body, at)
            case Sum(_, tuple() as first, tuple() as last):
                loop = index, self.value(first), self.value(last)
            case _:
                loop = index, S.Zero, self.name(side_along(node.letter, node.body)) - 1
        inner = Reader(self.letters | {node.letter: index}, self.arrays, self.padded)
        return [(summand, (*loops, loop)) for summand, loops in inner.terms(node.body, at)]

    def operation(self, operator: str, left: Cell, kernel: Cell, at: tuple[Expr, ...]) -> Terms:
        sizes = zip(("x_i", "y_i", "x_k", "y_k"), [*sides(left.name), *sides(kernel.name)], strict=True)
        letters = {name: self.name(size) for name, size in sizes} | dict(zip("ij", at[-2:], strict=True))
        definition = Reader(letters, {"I": (self, left), "K": (self, kernel)})
        return definition.terms(right(formulas()[DEFINITIONS[operator]].text))

    def matrix_product(self, left: Cell, vector: Cell, at: tuple[Expr, ...]) -> Terms:
        """W v, or an outer product y vᵀ."""
        if vector.transposed:
            return times(self.cell(left, at[:1]), self.cell(vector, at[1:]))
        index, (side,) = Dummy("k", integer=True), sides(vector.name)
        loop = index, S.Zero, self.name(side) - 1
        return [(summand, (loop,)) for summand, _ in times(self.cell(left, (*at, index)), self.cell(vector, (index,)))]


def counted(subscripts: tuple[Node, ...]) -> tuple[Node, ...]:
    """The subscripts but for 0, that of the only map."""
    if wrong := [mark for mark in subscripts if isinstance(mark, Name) and mark.text.isdecimal() and mark.text != "0"]:
        raise ValueError(f"expected letters and 0 as subscripts, got {wrong}")
    return tuple(mark for mark in subscripts if mark != Name("0"))


def times(*factors: Terms) -> Terms:
    return [
        (prod((summand for summand, _ in terms), start=S.One), tuple(loop for _, loops in terms for loop in loops))
        for terms in product(*factors)
    ]


def side_along(letter: str, body: Node) -> str:
    """The size of the side at which a letter stands alone."""
    if letter in MAPS:
        return MAPS[letter]
    for cell in cells(body):
        for index, side in zip(cell.at or (), sides(cell.name), strict=False):
            if index == Name(letter):
                return side
    raise ValueError(f"Σ_{letter}: expected {letter} alone at a side of an array")


def cells(node: Any) -> Iterator[Cell]:
    """Every entry of an array in a tree."""
    if isinstance(node, Cell):
        yield node
    if isinstance(node, tuple):
        for part in node:
            yield from cells(part)
