"""A formula in Gallina, the language of Coq: every node in its own brackets, so that nothing has to be guessed.

An entry of an array is an application, C2_σ q i j. Places and bounds are integers, entries are real numbers.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from reference.formulas.tree import Apply, At, Cell, Name, Node, Over, Sum, Where

SIZES = ("x_i", "y_i", "x_k", "y_k", "x_c", "y_c", "x_s", "y_s", "P", "Q", "M", "Y")
OPERATORS = {"⋆": "eq01", "∗": "eq02", "⊛": "eq03"}  # correlation and the convolutions, by their own definitions
FUNCTIONS = {"σ": "σ", "e^": "exp", "log": "ln", "|": "Rabs"}
LAYERS = {"": "", "¹": "1", "²": "2"}
# The axes of each array: how many subscripts, and how many indices in brackets.
AXES = {
    "I": (0, 2), "I_pad": (0, 2), "S": (1, 2), "C": (1, 2), "C_σ": (1, 2), "C_r": (1, 2), "K": (2, 2), "K_rot": (0, 2),
    "W": (0, 2), "v": (0, 1), "v_q": (1, 1), "b": (0, 1), "ŷ": (0, 1), "ŷ_σ": (0, 1), "y": (0, 1), "s": (0, 1),
    "L": (0, 0), "m": (0, 0),
}  # fmt: skip


class Symbol(NamedTuple):
    """An array of a layer: its name in the formulas and in Gallina, and its axes."""

    name: str
    layer: str
    below: int
    at: int

    @property
    def gallina(self) -> str:
        stem, mark, rest = self.name.replace("ŷ", "yhat").partition("_")
        return stem + LAYERS[self.layer] + mark + rest

    @property
    def type(self) -> str:
        return "Z -> " * (self.below + self.at) + "R"


def symbol(cell: Cell) -> Symbol:
    """Raises: ValueError for an array that is not in AXES."""
    name = cell.name + "_q" * (cell.name.removeprefix("Δ") == "v" and bool(cell.below))
    key = name.removeprefix("Δ")
    if key in ("S", "C") and not cell.below:
        raise ValueError(f"{cell.name}: expected the subscript of its map, got none")
    if key not in AXES:
        raise ValueError(f"{cell.name}: expected one of {', '.join(AXES)}")
    below, at = (1, 0) if key == "b" and cell.layer else (0, 2) if key == "K" and not cell.below else AXES[key]
    return Symbol(name, cell.layer, below, at)


def index(node: Node) -> str:
    """An integer."""
    match node:
        case Name(text) if text.isidentifier() or text.isdigit():
            return text
        case Apply("+" | "-" as sign, (left, right)):
            return f"({index(left)} {sign} {index(right)})"
        case Apply("-", (inner,)):
            return f"(- {index(inner)})"
        case Apply("·", of):
            return f"({' * '.join(map(index, of))})"
        case Apply("max" | "min" as what, (left, right)):
            return f"(Z.{what} {index(left)} {index(right)})"
        case Apply("⌊", (Apply("/", (left, right)),)):
            return f"({index(left)} / {index(right)})"
        case Over("argmax", letter, stop, body):
            return f"(argmax {index(stop)} (fun {letter} => {value(body)}))"
    raise ValueError(f"expected an integer, got {node}")


def scoped(node: Node) -> str:
    """An integer where a real number would be read."""
    text = index(node)
    return text if text.isidentifier() else f"{text}%Z"


def value(node: Node, place: tuple[str, ...] = ()) -> str:
    """A real number; of whole arrays the entry at a place."""
    match node:
        case Name("¼" | "½" as part):
            return "(/ 4)" if part == "¼" else "(/ 2)"
        case Name(text) if text.isdigit() or text in ("m", "x"):
            return text
        case Cell("m", "", (), None):
            return "m"
        case Cell():
            return entry(node, place)
        case Sum(letter, first, last, body) if first is not None and last is not None:
            return f"(Σ {letter} from {scoped(first)} to {scoped(last)}, {value(body, place)})"
        case Over("max", letter, stop, body):
            return f"(max_over {scoped(stop)} (fun {letter} => {value(body, place)}))"
        case Apply("·", (Cell(at=None), Cell(at=None))) if place:
            return product(node.of[0], node.of[1], place)
        case Apply("·" | "⊙" as what, of):
            return "(" + {"·": " * ", "⊙": " ⊙ "}[what].join(value(each, place) for each in of) + ")"
        case Apply("+" | "-" | "/" as what, (left, right)):
            return f"({value(left, place)} {what} {value(right, place)})"
        case Apply("-", (inner,)):
            return f"(- {value(inner, place)})"
        case Apply("²", (inner,)):
            return f"({value(inner, place)} ^ 2)"
        case Apply("max", (left, right)):
            return f"(Rmax {value(left, place)} {value(right, place)})"
        case Apply("σ" | "e^" | "log" | "|" as what, (inner,)):
            return f"({FUNCTIONS[what]} {value(inner, place)})"
        case Apply("⋆" | "∗" | "⊛" as what, (Cell() as image, Cell() as kernel)):
            return operation(what, image, kernel, place)
        case Apply("[]", (Apply(">", (left, right)),)):
            return f"(indicator (Rlt_dec {value(right, place)} {value(left, place)}))"
        case Apply("[]", (Apply("=", (left, right)),)):
            return f"(indicator (Z.eq_dec {scoped(left)} {scoped(right)}))"
        case Where(inner, conditions):
            within = (f"(within {' '.join(map(scoped, each.of))})" for each in conditions if isinstance(each, Apply))
            return f"(when ({' && '.join(within)}) {value(inner, place)})"
    raise ValueError(f"expected a real number, got {node}")


def entry(cell: Cell, place: tuple[str, ...] = ()) -> str:
    found = symbol(cell)
    if cell.transposed or (place and cell.at is None and found.at not in (0, len(place))):
        raise ValueError(f"{found.name}: expected an array with the axes {', '.join(place)}, or a number")
    indices = [*map(scoped, cell.below), *(map(scoped, cell.at) if cell.at is not None else place[: found.at])]
    if len(indices) != found.below + found.at:
        raise ValueError(f"{found.name}: expected {found.below + found.at} indices, got {len(indices)}")
    return f"({' '.join([found.gallina, *indices])})" if indices else found.gallina


def matrix(cell: Cell) -> str:
    """A whole array, or a map of one, as a function of its places."""
    indices = [*map(scoped, cell.below)]
    text = f"({' '.join([symbol(cell).gallina, *indices])})" if indices else symbol(cell).gallina
    return f"(transpose {text})" if cell.transposed else text


def sides(cell: Cell) -> str:
    """The sides of a map or a kernel."""
    key = cell.name.removeprefix("Δ")[0]
    return " ".join(f"{axis}_{ {'I': 'i', 'S': 'i', 'K': 'k', 'C': 'c'}[key] }" for axis in "xy")


def operation(what: str, image: Cell, kernel: Cell, place: tuple[str, ...]) -> str:
    """An entry of I ⋆ K, I ∗ K or I ⊛ K. (3) has to know where I ends."""
    needed = f"{sides(image)} {sides(kernel)}" if what == "⊛" else sides(kernel)
    return f"({OPERATORS[what]} {needed} {matrix(image)} {matrix(kernel)} {' '.join(place)})"


def product(left: Node, right: Node, place: tuple[str, ...]) -> str:
    """An entry of a matrix times a vector, or of a vector times a transposed one."""
    assert isinstance(left, Cell)
    assert isinstance(right, Cell)
    if right.transposed:
        return f"(outer {matrix(left)} {matrix(right._replace(transposed=False))} {' '.join(place)})"
    inner = "Y" if left.transposed else "M"
    return f"(times {inner} {matrix(left)} {matrix(right)} {' '.join(place)})"


def cells(node: Any) -> Iterator[Cell]:
    if isinstance(node, Cell):
        yield node
    if isinstance(node, tuple):
        for part in node:
            yield from cells(part)


def free(node: Any, bound: frozenset[str] = frozenset()) -> Iterator[str]:
    """The sizes and letters that a formula does not bind itself.

    Raises: ValueError when an index of a sum has the name of something outside of it.
    """
    match node:
        case Name(text):
            if text not in bound and text.isidentifier():
                yield text
        case Sum(letter, first, last, body):
            yield from free((first, last), bound)
            yield from free(body, caught(letter, bound))
        case Over(_, letter, stop, body):
            yield from free(stop, bound)
            yield from free(body, caught(letter, bound))
        case At(whole, _):
            yield from free(whole, bound)
        case tuple():
            for part in node:
                yield from free(part, bound)


def caught(letter: str, bound: frozenset[str]) -> frozenset[str]:
    if letter in bound:
        raise ValueError(
            f"{letter}: expected an index of its own for each sum, got one that has another meaning outside"
        )
    return bound | {letter}
