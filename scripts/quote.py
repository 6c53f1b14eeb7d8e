"""Write the figures of docs/certificate.json into the README and docs/*.md, wherever a comment asks for one.

The comment stands behind the figure and names its place in the file:

    caught from 3.1e-12<!-- certificate: equations.(38).smallest_fault.bounded --> on
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import command

ROOT = Path(__file__).resolve().parents[1]
CERTIFICATE = ROOT / "docs" / "certificate.json"
MARKER = re.compile(r"(?:[-+]?\d[\d.,:eT%+-]*)?<!-- certificate: (.+?) -->")
# By the last part of a key. Whole numbers have commas, and text stands as it is.
FORMATS = {"bounded": ".1e", "exact": ".1e", "error": ".1e", "bound": ".1e", "slack": ".1%", "largest_slack": ".1%"}


def main() -> int:
    command.Parser(description=__doc__).parse_args()
    certificate = json.loads(CERTIFICATE.read_text("utf-8"))
    for path in documents():
        text = path.read_text("utf-8")
        if (quoted := with_figures(text, certificate)) != text:
            path.write_text(quoted, "utf-8")
            print(f"changed {path.relative_to(ROOT)}")
    return 0


def documents() -> Iterator[Path]:
    yield ROOT / "README.md"
    yield from sorted((ROOT / "docs").glob("*.md"))


def with_figures(text: str, certificate: dict[str, Any]) -> str:
    """The text with every figure as the certificate has it. Raises ValueError for a key that is not there."""
    return MARKER.sub(lambda found: f"{figure(found[1], certificate)}<!-- certificate: {found[1]} -->", text)


def figure(key: str, certificate: dict[str, Any]) -> str:
    value = look_up(key, certificate)
    if isinstance(value, bool | dict | list | None):
        raise ValueError(f"certificate: expected the key of a figure, got {key}")
    return f"{value:,}" if isinstance(value, int) else format(value, FORMATS.get(key.split(".")[-1], ""))


def look_up(key: str, node: Any) -> Any:
    """What is at a path of names with dots in between. Names like §4.5 have dots of their own."""
    for name, value in node.items() if isinstance(node, dict) else ():
        if key == name:
            return value
        if key.startswith(f"{name}.") and not isinstance(value, str | int | float):
            return look_up(key.removeprefix(f"{name}."), value)
    raise ValueError(f"certificate: expected a key of {CERTIFICATE.name}, got {key}")


if __name__ == "__main__":
    sys.exit(command.run(main))
