"""From Gallina back to the tree of a formula: the test that nothing is lost or changed on the way."""

import re
from collections.abc import Mapping

from reference.formulas.tree import Apply, Cell, Name, Node, Over, Sum, Where
from reference.proof.gallina import FUNCTIONS, OPERATORS, Symbol

TOKEN = re.compile(r"\s*(%Z|=>|&&|[\w.Δσ⊙Σ]+|[-+*/^(),])")
WORDS = {"exp": "e^", **{gallina: what for what, gallina in FUNCTIONS.items()}}


class Reader:
    """One expression. `whole` says that its arrays stand without indices in the formula."""

    def __init__(self, text: str, symbols: Mapping[str, Symbol], whole: bool) -> None:
        self.tokens = [token for token in TOKEN.findall(text) if token != "%Z"]
        self.symbols, self.whole, self.exponent = symbols, whole, False

    def peek(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def take(self, *expected: str) -> str:
        if expected and self.peek() not in expected:
            raise ValueError(f"expected {' or '.join(expected)}, got {' '.join(self.tokens[:8])!r}")
        return self.tokens.pop(0)

    def node(self) -> Node:
        """A name, a number, or what stands in brackets."""
        if self.peek() != "(":
            return self.named(self.take(), ())
        self.take("(")
        found = self.inside()
        if self.peek() == ",":
            self.take()
            found = Apply(",", (found, self.node()))
        self.take(")")
        return found

    def inside(self) -> Node:
        if self.peek() == "Σ":
            return self.sum()
        if self.peek() in ("/", "-"):
            sign = self.take()
            inner = self.node()
            return (
                Name({"4": "¼", "2": "½"}[inner.text])
                if sign == "/" and isinstance(inner, Name)
                else Apply("-", (inner,))
            )
        if self.peek() == "(":
            return self.infix(self.node())
        word = self.take()
        return self.application(word) if self.applied(word) else self.infix(self.named(word, ()))

    def applied(self, word: str) -> bool:
        known = {"max_over", "argmax", "indicator", "when", "times", "outer", "transpose", "Rmax", "Z.max", "Z.min"}
        known |= {"Rlt_dec", "Z.eq_dec", "within", *WORDS, *OPERATORS.values()}
        return word in known or (word in self.symbols and self.peek() not in (*"+-*/^)", "⊙"))

    def infix(self, left: Node) -> Node:
        sign = self.peek()
        if sign in ("*", "⊙"):
            of = [left]
            while self.peek() == sign:
                self.take()
                of.append(self.node())
            return Apply({"*": "·"}.get(sign, sign), tuple(of))
        if sign == "^":
            self.take()
            self.take("2")
            return Apply("²", (left,))
        if sign in ("+", "-", "/"):
            self.take()
            found = Apply(sign, (left, self.node()))
            return Apply("⌊", (found,)) if sign == "/" and self.is_integer(found) else found
        return left

    def is_integer(self, quotient: Apply) -> bool:
        """What is divided by an index is an index."""
        return all(isinstance(part, Name) for part in quotient.of)

    def sum(self) -> Node:
        self.take("Σ")
        letter, _, first, _, last, _ = (
            self.take(), self.take("from"), self.node(), self.take("to"), self.node(), self.take(","),
        )  # fmt: skip
        return Sum(letter, first, last, self.node())

    def over(self, what: str) -> Node:
        stop = self.node()
        self.take("(")
        self.take("fun")
        letter = self.take()
        self.take("=>")
        body = self.node()
        self.take(")")
        return Over(what, letter, stop, body)

    def application(self, word: str) -> Node:
        match word:
            case "max_over" | "argmax":
                return self.over("max" if word == "max_over" else word)
            case "exp" | "ln" | "Rabs" | "σ":
                outside, self.exponent = self.exponent, self.exponent or word == "exp"
                inner = self.node()
                self.exponent = outside
                return Apply(WORDS[word], (inner,))
            case "Rmax" | "Z.max" | "Z.min":
                return Apply(word[-3:], (self.node(), self.node()))
            case "indicator":
                self.take("(")
                relation = {"Rlt_dec": ">", "Z.eq_dec": "="}[self.take()]
                pair = self.node(), self.node()
                self.take(")")
                return Apply("[]", (Apply(relation, pair[:: -1 if relation == ">" else 1]),))
            case "when":
                return self.when()
            case "times" | "outer":
                if word == "times":
                    self.node()
                left, right = self.node(), self.node()
                self.rest()
                if isinstance(right, Cell) and word == "outer":
                    right = right._replace(transposed=True)
                return Apply("·", (left, right))
            case "transpose":
                inner = self.node()
                assert isinstance(inner, Cell)
                return inner._replace(transposed=True)
        if word in OPERATORS.values():
            for _ in range(4 if word == OPERATORS["⊛"] else 2):
                self.node()
            operands = self.node(), self.node()
            self.rest()
            return Apply({gallina: what for what, gallina in OPERATORS.items()}[word], operands)
        indices = []
        while self.peek() != ")":
            indices.append(self.node())
        return self.named(word, tuple(indices))

    def rest(self) -> None:
        """The place of an entry, which a formula of whole arrays does not say."""
        while self.peek() != ")":
            self.node()

    def when(self) -> Node:
        self.take("(")
        conditions: list[Node] = []
        while not conditions or self.peek() == "&&":
            if conditions:
                self.take("&&")
            self.take("(")
            self.take("within")
            conditions.append(Apply("≤", (self.node(), self.node(), self.node())))
            self.take(")")
        self.take(")")
        return Where(self.node(), tuple(conditions))

    def named(self, word: str, indices: tuple[Node, ...]) -> Node:
        if word == "m":
            return Name("m") if self.exponent else Cell("m", "", (), None)
        if word not in self.symbols or (
            not indices and not self.whole and self.symbols[word].below + self.symbols[word].at
        ):
            return Name(word)
        found = self.symbols[word]
        below, at = indices[: found.below], indices[found.below :]
        name = found.name.removesuffix("_q")
        return Cell(name, found.layer, below, at if at and not self.whole else None)


def read(text: str, symbols: Mapping[str, Symbol], whole: bool) -> Node:
    """Raises: ValueError for what `gallina.value` would not write."""
    reader = Reader(text, symbols, whole)
    found = reader.node()
    if reader.tokens:
        raise ValueError(f"expected the end, got {' '.join(reader.tokens[:8])!r}")
    return found
