"""A formula as MathML that breaks into lines where the page is narrow, which no browser does by itself."""

from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from latex2mathml import converter

RELATIONS = ("=", "~", "←")
NAMESPACE = "http://www.w3.org/1998/Math/MathML"


def mathml(latex: str) -> str:
    """The style sheet lays out the rows one after the other, and one below the other where there is no room."""
    ElementTree.register_namespace("", NAMESPACE)
    math = ElementTree.fromstring(converter.convert(latex, display="block"))
    [row] = math
    math[:] = rows(row)
    return ElementTree.tostring(math, encoding="unicode")


def rows(row: Element) -> Iterator[Element]:
    """The parts that a line may end behind: before a relation or a Σ, behind a Σ, and at spaces outside brackets."""
    part, depth, behind_sum = Element(tag("mrow")), 0, False
    for node in row:
        text = (node.text or "").strip()
        if text in RELATIONS:
            node.tag = tag("mo")  # the converter takes ~ for a letter
        if is_sum(node):
            node.tag = tag("munderover")
        space = node.tag in (tag("mspace"), tag("mtext"))
        if len(part) and not depth and (space or behind_sum or is_sum(node) or text in RELATIONS):
            yield part
            part = Element(tag("mrow"))
        depth += {"(": 1, ")": -1}.get(text, 0)
        behind_sum = is_sum(node)
        if not (space and not text):
            part.append(node)
    yield part


def is_sum(node: Element) -> bool:
    return len(node) > 0 and (node[0].text or "") == "∑"


def tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
