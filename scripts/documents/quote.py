"""Write the figures of docs/*.json into the README and docs/*.md, wherever a comment asks for one.

The comment stands behind the figure, names the file and the place in it, and may say how to write the number:

    caught from 3.1e-12<!-- certificate: equations.(38).smallest_fault.bounded --> on
    takes 31.4<!-- benchmark: batches.64.contenders.vanillacnn.median .1f --> µs a sample

A table has one comment above it, the table with {benchmark: …} for each figure, and is written anew below it:

    <!-- table
    | 64 | {benchmark: batches.64.contenders.vanillacnn.median .1f} |
    -->
    | 64 | 31.4 |
    <!-- end of table -->
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts import command

DOCS = Path(__file__).resolve().parents[2] / "docs"
FILES = "certificate|benchmark|scaling|reproduction|time_to_accuracy"
NUMBER = r"[-+]?\d[\d.,:eT%+-]*"  # or a version, or a time
MARKER = re.compile(rf"(?:{NUMBER})?<!-- ({FILES}): (.+?)(?: (,|\.\d[ef%]))? -->")
PLACE = re.compile(rf"{{({FILES}): (.+?)(?: (,|\.\d[ef%]))?}}")
TABLE = re.compile(r"(<!-- table\n(.*?)-->\n).*?(<!-- end of table -->)", re.S)
# By the last part of a key. Whole numbers have commas.
FORMATS = {"bounded": ".1e", "exact": ".1e", "error": ".1e", "bound": ".1e", "slack": ".1%", "largest_slack": ".1%"}


def main() -> int:
    command.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    found = sources()
    for path in documents():
        text = path.read_text("utf-8")
        if (quoted := with_figures(text, found)) != text:
            path.write_text(quoted, "utf-8")
            print(f"changed {path.relative_to(DOCS.parent)}")
    return 0


def documents() -> Iterator[Path]:
    yield DOCS.parent / "README.md"
    yield from sorted(DOCS.glob("*.md"))


def sources() -> dict[str, Any]:
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(DOCS.glob("*.json"))}


def with_figures(text: str, found: dict[str, Any]) -> str:
    """The text with every figure as its file has it. Raises ValueError for a place that is not there."""

    def quoted(comment: re.Match[str]) -> str:
        source, key, form = comment.groups()
        return figure(source, key, form, found) + comment[0][comment[0].index("<!--") :]

    def table(block: re.Match[str]) -> str:
        head, rows, end = block.groups()
        return head + PLACE.sub(lambda place: figure(place[1], place[2], place[3], found), rows) + end

    return TABLE.sub(table, MARKER.sub(quoted, text))


def figure(source: str, key: str, form: str | None, found: dict[str, Any]) -> str:
    value = look_up(key, found.get(source), f"{source}: expected a place in docs/{source}.json, got {key}")
    text = f"{value:,}" if type(value) is int else format(value, form or FORMATS.get(key.split(".")[-1], ""))
    if not re.fullmatch(NUMBER, text):  # the next time it would not be found
        raise ValueError(f"{source}: expected the place of a figure, got {key}")
    return text


def look_up(key: str, node: Any, problem: str) -> Any:
    """What is at a path of names with dots in between. Names like §4.5 have dots of their own."""
    named = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in named:
        if key == str(name):
            return value
        if key.startswith(f"{name}.") and not isinstance(value, str | int | float):
            return look_up(key.removeprefix(f"{name}."), value, problem)
    raise ValueError(problem)


if __name__ == "__main__":
    sys.exit(command.run(main))
