"""An equation of docs/equations.toml as definitions of Gallina: one for each side of it."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reference.formulas.grammar import parse
from reference.formulas.notation import Formula
from reference.formulas.tree import Apply, At, Cell, Name, Node
from reference.proof.gallina import SIZES, Symbol, cells, free, index, symbol, value

REAL = ("m", "x")  # real numbers that are not arrays
Changed = Mapping[tuple[str, str], Node]  # other trees in place of a label's "text" or "operator"


class Definition(NamedTuple):
    """A formula, or one side of a chain of equal ones."""

    name: str
    label: str
    left: Node
    right: Node
    letters: tuple[str, ...]  # the places of an entry
    ranges: tuple[tuple[str, Node], ...]

    @property
    def place(self) -> tuple[str, ...]:
        """The indices that a formula of whole arrays leaves out."""
        match self.left:
            case Cell(_, _, below, None):
                return tuple(letter for letter in self.letters if Name(letter) not in below)
            case Apply("⋆" | "∗" | "⊛"):
                return self.letters
        return ()

    @property
    def symbols(self) -> dict[str, Symbol]:
        found = {each.gallina: each for each in map(symbol, cells(self.right)) if each.name != "m"}
        if self.relation:
            assert isinstance(self.left, Cell)
            found[symbol(self.left).gallina] = symbol(self.left)
        return dict(sorted(found.items(), key=lambda item: (not item[0].startswith("Δ"), item[0])))

    @property
    def relation(self) -> bool:
        """Whether the left side is no entry at plain letters, so that the formula is a property of its array."""
        return isinstance(self.left, Cell) and any(not isinstance(each, Name) for each in self.left.at or ())

    @property
    def sizes(self) -> list[str]:
        """Those that it speaks of, and those that an operator or a product in it needs.

        Raises: ValueError when it has an index that no sum and no left side gives.
        """
        bound = frozenset(self.letters) | frozenset(self.symbols)
        used = {*free(self.right, bound)} | ({*free(tuple(end for _, end in self.ranges))} if self.relation else set())
        if unknown := used - {*SIZES, *REAL}:
            raise ValueError(f"{self.label}: expected a size or an index of a sum, got {', '.join(sorted(unknown))}")
        body = self.body
        return [size for size in SIZES if size in used or f" {size} " in f" {body} "]

    @property
    def body(self) -> str:
        if isinstance(self.right, Apply) and self.right.what == ",":
            return f"({', '.join(map(index, self.right.of))})"
        return value(self.right, self.place)

    def __str__(self) -> str:
        names = {*free(self.right), *(each.name for each in cells(self.right))}
        real = [(name, "R") for name in REAL if name in names]
        given = [*((size, "Z") for size in self.sizes), *((name, each.type) for name, each in self.symbols.items())]
        given += real
        arguments = "".join(f" ({name} : {kind})" for name, kind in given)
        letters = f" ({' '.join(self.letters)} : Z)" if self.letters else ""
        if self.relation:
            within = " -> ".join(f"0 <= {letter} < {index(end)}" for letter, end in self.ranges)
            equal = f"({value(self.left)} = {self.body})%R"
            return f"Definition {self.name}{arguments} : Prop := forall{letters}, {within} -> {equal}."
        if isinstance(self.right, Apply) and self.right.what == ",":
            return f"Definition {self.name}{arguments} : Z * Z := {self.body}."
        return f"Definition {self.name}{arguments}{letters} : R := {self.body}%R."


def identifier(label: str) -> str:
    """eq36 of (36), H3 of (H3), deltaI of ΔI, section23 of §2.3."""
    bare = label.strip("()").replace("Δ", "delta").replace("§", "section").replace(".", "")
    return f"eq{int(bare):02}" if bare.isdigit() else bare


def definitions(formula: Formula, changed: Changed | None = None) -> Iterator[Definition]:
    """One for each side of the formula, and one for its form with whole arrays.

    Raises: ValueError when an index of a sum has the name of something outside of it, or Gallina has no such thing.
    """
    name, changed = "σ" if formula.label == "§2.3" else identifier(formula.label), changed or {}
    pairs = [part.split(" < ") for part in formula.ranges.split(", ") if part]
    ranges = tuple((letter.strip(), parse(end)) for letter, end in pairs)
    for form, text in ("text", formula.text), ("operator", formula.operator):
        if text:
            tree = changed.get((formula.label, form)) or parse(text)
            if not isinstance(tree, Apply) or tree.what != "=":
                raise ValueError(f"{formula.label}: expected an equation, got {tree}")
            left, *sides = tree.of
            if array(left) != array(parse(formula.text)):
                raise ValueError(f"{formula.label}: expected its own array on the left side, got {array(left)}")
            letters = places(formula.label, left, [letter for letter, _ in ranges])
            suffixes = ("", "_other") if form == "text" else ("_operator",)
            for suffix, side in zip(suffixes, sides, strict=False):
                yield Definition(name + suffix, formula.label, left, side, letters, ranges)


def array(left: Node) -> str:
    """What stands on the left side, without its indices: ΔC_σ², or ⋆."""
    match left:
        case Cell(name, layer):
            return name + layer
        case At(whole, _) | Apply("=", (whole, *_)):
            return array(whole)
        case Apply(what):
            return what
    raise ValueError(f"expected an array, got {left}")


def places(label: str, left: Node, letters: list[str]) -> tuple[str, ...]:
    """The letters in the order of the left side; a formula of whole arrays does not name the last ones.

    Raises: ValueError when the left side is not one entry, or map, for each value of its letters.
    """
    what, at = (left.whole, left.at) if isinstance(left, At) else (left, left.at if isinstance(left, Cell) else None)
    below = what.below if isinstance(what, Cell) else ()
    named = [each for each in (*below, *(at or ())) if each != Name("0")]
    if all(isinstance(each, Name) for each in named):
        found = [each.text for each in named if isinstance(each, Name)]
        if len({*found}) < len(found) or not {*found} <= {*letters} or (at is not None and len(found) < len(letters)):
            raise ValueError(f"{label}: expected the indices {', '.join(letters)}, got {', '.join(found)}")
        return (*found, *(letter for letter in letters if letter not in found))
    return tuple(letters)
