"""Typeset the derivation, the errata and the certificate's table as a PDF, with pandoc and typst."""

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.command import BAD_INPUT, Parser, run
from tests.certificate.environment import git
from vanillacnn import __version__

try:
    import pypandoc
    import typst
except ModuleNotFoundError as missing:
    print(f"paper.py: error: no {missing.name}: python -m pip install -e '.[docs]'", file=sys.stderr)
    sys.exit(BAD_INPUT)

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
CHAPTERS = ["derivation", "errata"]
CERTIFICATE = DOCS / "certificate.json"

Node = dict[str, Any]  # of pandoc's document tree: {"t": its type, "c": its content}


def main() -> int:
    parser = Parser(prog="paper.py", description=__doc__)
    parser.add_argument("--out", metavar="FILE", type=Path, default=Path("vanillacnn.pdf"), help="default: %(default)s")
    out = parser.parse_args().out
    if not CERTIFICATE.exists():
        raise FileNotFoundError(f"{CERTIFICATE}: no such file; python scripts/certify.py --out docs writes it")
    out.write_bytes(paper())
    print(f"{out}: {out.stat().st_size:,} bytes")
    return 0


def paper() -> bytes:
    """The PDF of the documents as they are."""
    chapters = [chapter(name, (DOCS / f"{name}.md").read_text("utf-8")) for name in CHAPTERS]
    return typeset("\n".join(chapters), state())


def typeset(chapters: str, inputs: dict[str, str]) -> bytes:
    """The PDF. Only the fonts that typst brings along, and no clock: the same input gives the same bytes.

    Raises: ValueError where a link leads nowhere, or the text is otherwise none that typst reads.
    """
    source = f'#import "paper.typ": formula, numbered, paper\n#show: paper.with(json("certificate.json"))\n{chapters}'
    compiler = typst.Compiler(root=str(DOCS), ignore_system_fonts=True, sys_inputs=inputs)
    try:
        pdf = compiler.compile(input=source.encode(), format="pdf", timestamp=int(inputs["time"]))
    except typst.TypstError as error:
        raise ValueError(f"typst: {error}") from None
    assert isinstance(pdf, bytes)
    return pdf


def state() -> dict[str, str]:
    """What of the repository is typeset: the version, the commit, and when that was made."""
    return {
        "version": __version__,
        "commit": git("describe", "--always", "--dirty", "--abbrev=12", "--exclude=*") or "no commit",
        "time": os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct") or "0",
    }


def chapter(name: str, markdown: str) -> str:
    """A document in GitHub's Markdown as typst. Its anchors get its name in front: two documents may share one."""
    tree = json.loads(pypandoc.convert_text(markdown, "json", format="gfm"))
    tree["blocks"] = rewrite(tree["blocks"], lambda node: adapted(node, name))
    text = str(pypandoc.convert_text(json.dumps(tree), "typst", format="json", extra_args=["--wrap=none"]))
    return text.replace("dot.circle", "dot.o")  # ⊙ as typst calls it since 0.14, which pandoc does not know yet


def rewrite(tree: Any, change: Callable[[Node], list[Node]]) -> Any:
    """The tree with each node replaced by those that `change` makes of it, the inner ones first."""
    if isinstance(tree, dict):
        return {key: rewrite(value, change) for key, value in tree.items()}
    if isinstance(tree, list):
        items = [(item, rewrite(item, change)) for item in tree]
        return [new for old, item in items for new in (change(item) if is_node(old) else [item])]
    return tree


def is_node(item: Any) -> bool:
    return isinstance(item, dict) and "t" in item


def adapted(node: Node, name: str) -> list[Node]:
    """Where GitHub's Markdown and the page part ways: numbers of equations, links, anchors, figures."""
    match node:
        case {"t": "Math", "c": [{"t": "DisplayMath"}, latex]} if tag := re.search(r"\\tag\{(.*?)\}", latex):
            bare = {"t": "Math", "c": [{"t": "DisplayMath"}, latex.replace(tag[0], "")]}  # pandoc reads few of the tags
            return [typst_inline(f"#numbered[{tag[1]}]["), bare, typst_inline("]")]
        case {"t": "Header", "c": [level, [anchor, *attributes], title]}:
            return [node | {"c": [level, [name if level == 1 else f"{name}-{anchor}", *attributes], title]}]
        case {"t": "Link", "c": [_, text, [url, _]]} if not url.startswith(("http:", "https:")):
            return [link(text, label)] if (label := target(name, url)) else text
        case {"t": "Para", "c": [{"t": "Image", "c": [_, caption, [path, _]]}]}:
            return [figure(path, caption)]
        case {"t": "Table", "c": [attributes, caption, columns, *rows]}:
            left = [[{"t": "AlignLeft"} if how == {"t": "AlignDefault"} else how, width] for how, width in columns]
            return [node | {"c": [attributes, caption, left, *rows]}]
        case {"t": "RawBlock", "c": ["html", html]} if picture := re.search(r'<img[^>]*src="([^"]*)"', html):
            alt = re.search(r'<img[^>]*alt="([^"]*)"', html)
            return [figure(picture[1], [{"t": "Str", "c": alt[1]}] if alt else [])]
        case {"t": "RawInline", "c": ["html", html]} if anchor := re.search(r'<a (?:id|name)="([^"]*)"', html):
            return [typst_inline(f"#metadata(none)<{name}-{anchor[1]}>")]
        case {"t": "RawInline", "c": ["html", "<br>" | "<br/>" | "<br />"]}:
            return [{"t": "LineBreak"}]
        case {"t": "RawBlock", "c": ["html", html]} if mark := re.match(r"<!-- (end of )?formula", html):
            return [{"t": "RawBlock", "c": ["typst", "]" if mark[1] else "#formula["]}]
    return [node]


def typst_inline(code: str) -> Node:
    return {"t": "RawInline", "c": ["typst", code]}


def target(name: str, url: str) -> str | None:
    """The label that a relative link leads to; None for a file that is not in the paper."""
    path, _, anchor = url.partition("#")
    chapter = Path(path).stem if path else name
    if chapter not in CHAPTERS or Path(path).suffix not in ("", ".md"):
        return None
    return f"{chapter}-{anchor}" if anchor else chapter


def link(text: list[Node], label: str) -> Node:
    return {"t": "Link", "c": [["", [], []], text, [f"#{label}", ""]]}


def figure(path: str, caption: list[Node]) -> Node:
    image = {"t": "Image", "c": [["", [], []], [], [path, ""]]}
    blocks = [{"t": "Plain", "c": caption}] if caption else []
    return {"t": "Figure", "c": [["", [], []], [None, blocks], [{"t": "Plain", "c": [image]}]]}


if __name__ == "__main__":
    sys.exit(run(main))
