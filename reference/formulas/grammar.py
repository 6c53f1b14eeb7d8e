"""The notation of docs/equations.toml and of the docstrings, read into a tree.

A Σ reaches as far as the next + or -. Brackets that touch what stands before them hold indices; with a space between, a
factor. Inside such brackets v and m are indices, elsewhere v is the vector and m a moment.
"""

import re

from reference.formulas.tree import Apply, At, Cell, Name, Node, Over, Sum, Where

OPERATORS = "⋆∗⊛⊙"
RELATIONS = "=←~≤<"
LETTERS = "ijuvpqmnkx"
ACTIVATED = {"σ", "r"}  # subscripts that are part of a name: what has passed through the sigmoid, or the rectifier


TOKENS = re.compile(
    r"""\s*(?:(?P<over>(?:arg)?max_)
    |(?P<sum>Σ_)|(?P<function>max|min|log|cos|√|±|σ′|σ|U(?=\()|e\^)|(?P<word>zero\ outside|where|and|else)\b
    |(?P<size>[xy]_[a-z]|[PQNYMT]\b)
    |(?P<cell>Δ?(?:L̄|ŷ|m̂|ĉ|[IKCSWLOθbyvsmcdg]|α(?=_))[¹²]?(?:_rot|_pad|_\{[^}]*\}|_[a-zσ0-9])?ᵀ?)
    |(?P<index>β_[12]|[ijupqmnkxthwαβγελμπ])|(?P<number>\d+|[¼½])|(?P<mark>[-+/=←~≤<>,(){}\[\]|⌊⌋^²⋆∗⊛⊙]))""",
    re.VERBOSE,
)


class Parser:
    """One formula, by recursive descent."""

    def __init__(self, text: str) -> None:
        self.text, self.position, self.inside = text, 0, False

    def peek(self) -> tuple[str, str]:
        """Kind and text of the next token."""
        if not self.text[self.position :].strip():
            return "end", ""
        match TOKENS.match(self.text, self.position):
            case re.Match(lastgroup=str(kind)) as found:
                return kind, found[kind]
        raise ValueError(f"{self.text!r}: expected a symbol of the notation at {self.text[self.position :]!r}")

    def take(self, *expected: str) -> str:
        """The next token, which is to be one of those expected, if any are."""
        _, token = self.peek()
        if expected and token not in expected:
            raise ValueError(f"{self.text!r}: expected {' or '.join(expected)}, got {self.text[self.position :]!r}")
        self.position = self.text.index(token, self.position) + len(token)
        return token

    def touches(self, bracket: str) -> bool:
        return self.text.startswith(bracket, self.position)

    def statement(self) -> Node:
        """All of the text: an expression, a relation or a chain of relations, with its conditions."""
        parts, relations = [self.expression()], []
        while self.peek()[1] in {*RELATIONS}:
            relations.append(self.take())
            parts.append(self.expression())
        if self.peek()[1] == "where":
            self.take()
            parts[-1] = Where(parts[-1], self.conditions())
        if self.peek()[1] == ",":
            self.take()
            self.take("zero outside")
            parts[-1] = Where(parts[-1], (self.cell(),))
        if self.peek()[0] != "end":
            raise ValueError(f"{self.text!r}: expected an end at {self.text[self.position :]!r}")
        if relations:
            return Apply(relations[0], tuple(parts))
        (whole,) = parts
        return whole

    def conditions(self) -> tuple[Node, ...]:
        """a ≤ i ≤ b and …, else 0."""
        found: list[Node] = []
        self.inside = True
        while not found or self.peek()[1] == "and":
            if found:
                self.take("and")
            first, _, middle, _, last = (
                self.expression(), self.take("≤"), self.expression(), self.take("≤"), self.expression(),
            )  # fmt: skip
            found.append(Apply("≤", (first, middle, last)))
        for token in (",", "else", "0"):
            self.take(token)
        return tuple(found)

    def expression(self) -> Node:
        total = self.operation()
        while (sign := self.peek()[1]) in {"+", "-"}:
            self.take()
            total = Apply(sign, (total, self.operation()))
        return total

    def operation(self) -> Node:
        left = self.product()
        while (operator := self.peek()[1]) in {*OPERATORS}:
            self.take()
            left = Apply(operator, (left, self.product()))
        return left

    def product(self) -> Node:
        factors = [self.factor()]
        while True:
            kind, token = self.peek()
            if token == "/":
                self.take()
                factors[-1] = Apply("/", (factors[-1], self.factor()))
            elif kind in {"sum", "over", "function", "size", "cell", "index", "number"} or token in {"(", "⌊", "["}:
                factors.append(self.factor())
            else:
                return joined("·", tuple(factors))

    def factor(self) -> Node:
        kind, token = self.peek()
        if kind == "cell" and token in {"v", "m"} and self.inside:
            kind = "index"
        match kind, token:
            case "sum", _:
                return self.sum()
            case "over", _:
                return self.over()
            case "cell", _:
                return self.cell()
            case (("index" | "size" | "number"), _):
                return self.power(Name(self.take()))
            case "function", _:
                return self.function()
            case _, "-":
                self.take()
                return Apply("-", (self.factor(),))
            case _, "⌊":
                self.take()
                floored = self.expression()
                self.take("⌋")
                return Apply("⌊", (floored,))
            case _, "|":
                self.take()
                size = self.expression()
                self.take("|")
                return Apply("|", (size,))
            case _, "[":
                return self.indicator()
        return self.bracket()

    def power(self, base: Node) -> Node:
        """β^t, γ^{k/h}, or the base alone."""
        if not self.touches("^"):
            return base
        self.take()
        return Apply("^", (base, *(self.indices("{", "}") if self.touches("{") else (self.factor(),))))

    def bracket(self) -> Node:
        whole = joined(",", self.list("(", ")"))
        if self.touches("("):
            return At(whole, self.indices())
        if self.touches("²"):
            self.take()
            return Apply("²", (whole,))
        return whole

    def list(self, opening: str, closing: str) -> tuple[Node, ...]:
        self.take(opening)
        parts = [self.expression()]
        while self.take(",", closing) == ",":
            parts.append(self.expression())
        return tuple(parts)

    def indices(self, opening: str = "(", closing: str = ")") -> tuple[Node, ...]:
        outside, self.inside = self.inside, True
        parts = self.list(opening, closing)
        self.inside = outside
        return parts

    def sum(self) -> Node:
        """Σ_{u=a}^{b}, Σ_{u<n} or Σ_u."""
        self.take()
        first: Node | None = None
        last: Node | None = None
        if braces := self.touches("{"):
            self.take()
        letter = self.take(*LETTERS)
        if braces:
            if self.touches("<"):
                (stop,) = self.indices("<", "}")
                first, last = Name("0"), Apply("-", (stop, Name("1")))
            else:
                (first,) = self.indices("=", "}")
                self.take("^")
                (last,) = self.indices("{", "}")
        return Sum(letter, first, last, self.operation())

    def over(self) -> Node:
        """max_{u<n} or argmax_{u<n}."""
        what = self.take().removesuffix("_")
        self.take("{")
        letter = self.take(*LETTERS)
        (stop,) = self.indices("<", "}")
        return Over(what, letter, stop, self.operation())

    def indicator(self) -> Node:
        """[a > b] or [i = k], where v is an index."""
        outside, self.inside = self.inside, True
        self.take("[")
        left, relation, right = self.expression(), self.take(">", "="), self.expression()
        self.take("]")
        self.inside = outside
        return Apply("[]", (Apply(relation, (left, right)),))

    def function(self) -> Node:
        name = self.take()
        if name == "e^":
            return Apply(name, self.indices("{", "}") if self.touches("{") else (self.factor(),))
        if name == "±" or (name == "√" and not self.touches("(")):
            return Apply(name, (self.factor(),))
        return Apply(name, self.list("(", ")"))

    def cell(self) -> Node:
        kind, _ = self.peek()
        if kind != "cell":
            raise ValueError(f"{self.text!r}: expected an array, got {self.text[self.position :]!r}")
        match = re.fullmatch(r"(.*?)([¹²]?)(?:_(rot|pad)|_\{?(.*?)\}?)?(ᵀ?)", self.take())
        assert match
        stem, layer, word, letters, transposed = match.groups()
        subscripts = [mark.strip() for mark in (letters or "").split(",") if mark]
        marks = [mark for mark in subscripts if mark in ACTIVATED]
        name = "_".join([stem, *([word] if word else []), *marks])
        below = tuple(Name(mark) for mark in subscripts if mark not in ACTIVATED)
        return Cell(name, layer, below, self.indices() if self.touches("(") else None, bool(transposed))


def joined(what: str, parts: tuple[Node, ...]) -> Node:
    """The only part there is, or what the parts make together."""
    match parts:
        case (part,):
            return part
    return Apply(what, parts)


def parse(text: str) -> Node:
    """The tree of a formula.

    Raises: ValueError at what is no formula of the notation.
    """
    return Parser(text).statement()
