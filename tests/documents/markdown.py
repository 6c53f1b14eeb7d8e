"""What the pages of the documentation refer to, read off their Markdown."""

import ast
import re
import shlex
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(ROOT.glob("docs/*.md"))

FENCED = re.compile(r"^```.*?^```$", re.M | re.S)
LINK = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)|(?:src|srcset|href)=\"([^\"\s]+)\"")
COMMAND = re.compile(r"\bpython ((?:-m \w+|scripts/(?:\w+/)?\w+\.py)\b[^\n`|&]*)")


def anchors(markdown: str) -> set[str]:
    """The fragments that GitHub lets one link to: of every heading, and every explicit id."""
    prose = FENCED.sub("", markdown)
    explicit = set(re.findall(r"<\w+ (?:id|name)=\"([^\"]+)\"", prose))
    count: Counter[str] = Counter()
    for heading in re.findall(r"^#{1,6} +(.*?) *$", prose, re.M):
        base = slug(heading)
        explicit.add(f"{base}-{count[base]}" if count[base] else base)
        count[base] += 1
    return explicit


def slug(heading: str) -> str:
    """A heading as GitHub's fragment: in lower case, without punctuation and symbols, hyphens for spaces."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower().replace(" ", "-")
    return "".join(c for c in text if c == "-" or unicodedata.category(c)[0] in "LM" or c.isdecimal() or c == "_")


def links(markdown: str) -> Iterator[tuple[str, str]]:
    """The text and the target of every link and picture that leads to a file or a heading of the repository."""
    prose = re.sub(r"`[^`\n]*`(?P<end>\]?)", lambda code: code[0] if code["end"] else "", FENCED.sub("", markdown))
    for text, target, attribute in LINK.findall(prose):
        if not re.match(r"\w+:", target or attribute):
            yield text.strip("`"), target or attribute


def broken(page: Path, text: str, target: str) -> str | None:
    """What is wrong with a link on the page, if anything is."""
    name, _, fragment = target.partition("#")
    file = page.parent / name if name else page
    if not file.exists():
        return f"{target}: no such file"
    if fragment and fragment not in anchors(file.read_text("utf-8") if file.suffix == ".md" else ""):
        return f"{target}: no such heading"
    if re.fullmatch(r"Test\w+", text) and file.suffix == ".py" and text not in definitions(file):
        return f"{target}: no {text} in it"
    return None


def mentions(markdown: str) -> list[tuple[str, str]]:
    """File and name of every test that is named as pytest names it: tests/test_x.py::TestName."""
    return re.findall(r"\b(tests/(?:\w+/)?\w+\.py)((?:::\w+)+)", markdown)


def definitions(file: Path) -> set[str]:
    """Classes and functions, and the methods of a class as Class::method."""
    tree = ast.parse(file.read_text("utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
            inner = node.body if isinstance(node, ast.ClassDef) else []
            found |= {f"{node.name}::{method.name}" for method in inner if isinstance(method, ast.FunctionDef)}
    return found


def commands(markdown: str) -> list[list[str]]:
    """The words of every command that begins with `python`, wherever it is printed."""
    return [shlex.split(command) for command in COMMAND.findall(markdown.replace("-->", ""))]
