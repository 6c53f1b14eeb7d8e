"""Every way to misprint a formula in one place: an index or a bound one more or less, one letter for another, …"""

from collections.abc import Iterator
from typing import Any

from reference.formulas.tree import Apply, Cell, Name, Node, Sum

OTHER = {"+": "-", "-": "+", "⋆": "∗", "∗": "⋆", "⊛": "∗"}
NEIGHBOUR = {"i": "j", "j": "i", "u": "v", "v": "u", "p": "q", "q": "p", "m": "i"}


def misprints(node: Any) -> Iterator[Any]:
    """The tree with one misprint, once for each."""
    yield from own(node)
    if isinstance(node, tuple):
        for k, part in enumerate(node):
            for wrong in misprints(part):
                parts = (*node[:k], wrong, *node[k + 1 :])
                yield type(node)(*parts) if hasattr(node, "_fields") else parts


def own(node: Any) -> Iterator[Node]:
    """The misprints of the node itself; those of its parts are found there."""
    match node:
        case Cell(_, _, below, at, transposed):
            for k, index in enumerate(at or ()):
                yield node._replace(at=(*at[:k], Apply("+", (index, Name("1"))), *at[k + 1 :]))
            for k, mark in enumerate(below):
                yield node._replace(below=(*below[:k], Name(NEIGHBOUR.get(mark.text, "1")), *below[k + 1 :]))
            if transposed:
                yield node._replace(transposed=False)
        case Sum(_, first, last, body):
            for sign in "+-":
                yield node._replace(last=Apply(sign, (last, Name("1"))))
            yield node._replace(first=Apply("+", (first, Name("1"))))
            yield body
        case Apply("+" | "-" | "⋆" | "∗" | "⊛" as what, (left, right)):
            yield Apply(OTHER[what], (left, right))
            if left != Name("1"):
                yield left
        case Apply("·" | "⊙" as what, of):
            for k in range(len(of)):
                yield Apply(what, (*of[:k], *of[k + 1 :])) if len(of) > 2 else of[1 - k]
        case Apply("²" | "⌊" | "√", (inner,)) | Apply("/" | "^", (inner, _)):
            yield inner
        case Name(text) if text in NEIGHBOUR:
            yield Name(NEIGHBOUR[text])
