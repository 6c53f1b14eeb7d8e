"""The smallest fault that the suite catches: one entry of a gradient, wrong by a relative ε; or all of it.

python scripts/sensitivity.py            every gradient that is held under a bound
python scripts/sensitivity.py kernel     those of functions whose name contains one of these words

The second table is of the bounds that go through the whole network.
"""

import argparse
import sys
from pathlib import Path

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.command import Parser, matching, run
from tests.suite import sensitivity


def main() -> int:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="WORD", help="only functions with it in their names")
    chosen = matching(parser.parse_args().words, [test.function for _, test in sensitivity.gradients()])
    print(f"{'equation':10} {'function':25} {'under the bound':>18} {'exactly':>12}")
    for labels, test in sensitivity.gradients():
        if test.function in chosen:
            found = sensitivity.smallest(test)
            print(f"{' '.join(labels):10} {test.function:25} {found.bounded:18.1e} {found.exact:12.1e}")
    print(f"\n{network()}")
    return 0


def network() -> str:
    """In Markdown, for docs/verification.md: from which ε on the propagated bounds notice a gradient times 1 + ε."""
    rows = [
        f"| `{name}` | {figures['float32']:.0e} | {figures['float64']:.0e} |"
        for name, figures in sensitivity.propagated().items()
    ]
    return "\n".join(["| | float32 | float64 |", "|---|---|---|", *rows])


if __name__ == "__main__":
    sys.exit(run(main))
