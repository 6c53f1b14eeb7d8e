"""Write the table of equations and functions into docs/equations.md, between its two markers."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "equations.md"
BEGIN, END = "<!-- equations: python scripts/documents/equation_table.py -->", "<!-- end of equations -->"


def main() -> None:
    sys.path.insert(0, str(ROOT))  # the tests are no package that is installed
    from tests.suite.traceability import table

    head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    if not tail:
        sys.exit(f"{PAGE}: expected the lines {BEGIN!r} and {END!r}")
    PAGE.write_text(f"{head}{BEGIN}\n{table()}\n{END}{tail}", "utf-8")


if __name__ == "__main__":
    main()
