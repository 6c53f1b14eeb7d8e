"""Check your own code, look an equation up, or cite this package."""

import argparse
import sys
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path

from vanillacnn import __version__

# Held against CITATION.cff by the suite: that file is not in the wheel, and no package should need YAML to be cited.
BIBTEX = f"""\
@software{{vanillacnn,
  title   = {{{{VanillaCNN}}: a convolutional network derived by hand and verified against automatic differentiation}},
  author  = {{{{The VanillaCNN contributors}}}},
  version = {{{__version__}}},
  date    = {{2026-11-23}},
  year    = {{2026}}
}}

@techreport{{vu2018vanillacnn,
  title       = {{{{VanillaCNN}}: Deriving Convolutional Neural Networks from Scratch}},
  author      = {{Vu, Ngan}},
  institution = {{Yale University}},
  type        = {{S\\&DS 430}},
  url         = {{https://github.com/nganvu/VanillaCNN}},
  date        = {{2018-12-13}},
  year        = {{2018}},
  month       = dec
}}"""


def show(equation: str) -> int:
    """All about one equation. The formulas and tests are in the repository, not in the wheel."""
    root = Path(__file__).resolve().parents[1]
    if not (root / "docs" / "equations.toml").is_file():
        print(f"show: error: expected a checkout of the repository, got the package alone in {root}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(root))
    return int(import_module("scripts.documents.show").main(equation))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m vanillacnn", description=__doc__)
    parser.add_argument("--cite", action="store_true", help="print BibTeX of the software and of the paper")
    parser.add_argument("--version", action="version", version=__version__, help="print the version")
    commands = parser.add_subparsers(dest="command")
    shown = commands.add_parser("show", help="print all about one equation: its number, H3, dK2 or kernel_gradient")
    shown.add_argument("equation", help="docs/equations.md lists them")
    checked = commands.add_parser(
        "check", help="run the checks in a file: its functions check_*() that return a report"
    )
    checked.add_argument("file", type=Path, help="docs/check_your_own.md says what is in it")
    checked.add_argument("--strict", action="store_true", help="notes and refused sizes fail too")
    checked.add_argument("--report", type=Path, metavar="FILE", help="write the reports as JSON")
    options = parser.parse_args()
    if options.command == "check":
        from vanillacnn.check.file import check_file

        for stream in (sys.stdout, sys.stderr):  # whose encoding may lack an ε
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        sys.exit(check_file(options.file, options.strict, options.report))
    if options.command == "show":
        sys.exit(show(options.equation))
    if options.cite:
        print(BIBTEX)
    else:
        parser.print_help()


if __name__ == "__main__":
    main()
