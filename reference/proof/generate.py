"""Write Equations.v from docs/equations.toml: every formula a definition, and the network that they make.

python -m reference.proof.generate
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from reference.formulas.grammar import parse
from reference.formulas.notation import Formula, formulas
from reference.formulas.tree import Apply, At, Cell, Name, Node, Where
from reference.proof.gallina import SIZES, Symbol, cells, free, index, symbol, value

TARGET = Path(__file__).parent / "Equations.v"
HEAD = """\
(* Written from docs/equations.toml by generate.py; not to be edited. *)
From Coq Require Import Reals ZArith Bool.
From Vanilla Require Import Sums.
Open Scope Z_scope.
"""
# What is proved nothing about, and why.
EXEMPT = {
    "(7)": "a distribution", "(8)": "the value zero", "(9)": "a distribution", "(10)": "the value zero",
    "(11)": "a distribution", "(12)": "the value zero", "mean": "the theorems are about one sample; L̄ is linear in them",
    "§4.5": "a definition, not a derivative", "(L5)": "a distribution",
} | {f"(G{k})": "a definition, not a derivative" for k in range(1, 13)}  # fmt: skip


class Definition(NamedTuple):
    """A formula, or one side of a chain of equal ones."""

    name: str
    label: str
    left: Node
    right: Node
    letters: tuple[str, ...]  # the places of an entry
    ranges: tuple[tuple[str, Node], ...]

    @property
    def whole(self) -> bool:
        return bool(self.place)

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
        bound = frozenset(self.letters) | frozenset(self.symbols)
        used = {*free(self.right, bound)} | ({*free(tuple(end for _, end in self.ranges))} if self.relation else set())
        body = self.body
        return [size for size in SIZES if size in used or f" {size} " in f" {body} "]

    @property
    def body(self) -> str:
        if isinstance(self.right, Apply) and self.right.what == ",":
            return f"({', '.join(map(index, self.right.of))})"
        return value(self.right, self.place)

    def __str__(self) -> str:
        real = [("m", "R")] if any(each.name == "m" for each in cells(self.right)) or "m" in free(self.right) else []
        if self.label in ("§2.3", "(6)"):
            real = [("x", "R")]
        given = [*((size, "Z") for size in self.sizes), *((name, each.type) for name, each in self.symbols.items()), *real]
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


def definitions(formula: Formula) -> Iterator[Definition]:
    """One for each side of the formula, and one for its form with whole arrays.

    Raises: ValueError when an index of a sum has the name of something outside of it, or Gallina has no such thing.
    """
    name = "σ" if formula.label == "§2.3" else identifier(formula.label)
    letters: tuple[str, ...] = ()
    ranges: tuple[tuple[str, Node], ...] = ()
    if formula.ranges:
        pairs = [part.split(" < ") for part in formula.ranges.split(", ")]
        letters = tuple(letter.strip() for letter, _ in pairs)
        ranges = tuple((letter.strip(), parse(end)) for letter, end in pairs)
    tree = parse(formula.text)
    assert isinstance(tree, Apply)
    left, *sides = tree.of
    for suffix, side in zip(("", "_other"), sides, strict=False):
        yield Definition(name + suffix, formula.label, left, side, letters, ranges)
    if formula.operator:
        tree = parse(formula.operator)
        assert isinstance(tree, Apply)
        yield Definition(f"{name}_operator", formula.label, tree.of[0], tree.of[1], letters, ranges)


def theorems(known: dict[str, Formula]) -> list[Definition]:
    return [each for label, formula in known.items() if label not in EXEMPT for each in definitions(formula)]


def rendered(known: dict[str, Formula] | None = None) -> str:
    """The text of Equations.v, from these formulas or from those of the file."""
    from reference.proof.wiring import network

    found = theorems(known or formulas())
    lines = [HEAD, *map(str, found), network({each.name: each for each in found})]
    return "\n".join(lines)


if __name__ == "__main__":
    TARGET.write_text(rendered(), "utf-8")
