"""The smallest fault that the suite catches: one entry of a gradient, wrong by a relative ε.

python scripts/sensitivity.py            every gradient that is held under a bound
python scripts/sensitivity.py kernel     those of functions whose name contains one of these words
"""

import sys
from pathlib import Path

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.suite import sensitivity


def main() -> None:
    words = sys.argv[1:] or [""]
    print(f"{'equation':10} {'function':25} {'under the bound':>18} {'exactly':>12}")
    for labels, test in sensitivity.gradients():
        if any(word in test.function for word in words):
            found = sensitivity.smallest(test)
            print(f"{' '.join(labels):10} {test.function:25} {found.bounded:18.1e} {found.exact:12.1e}")


if __name__ == "__main__":
    main()
