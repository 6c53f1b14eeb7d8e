"""The power of the suite: every mutant of every equation, and which tests notice. Takes minutes.

python scripts/mutation.py            the equations, the network, and what the proofs and comparisons rest on
python scripts/mutation.py --all      training, the data set, the formulas, bounds and pictures too
python scripts/mutation.py loss       the functions of all these whose name contains one of these words
"""

import argparse
import sys
from pathlib import Path
from time import perf_counter

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.command import Parser, matching, run
from tests.mutation import verdict
from tests.mutation.targets import EQUIVALENT, wider
from tests.mutation.targets import targets as all_targets
from tests.suite.traceability import order


def main() -> int:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="WORD", help="only functions with it in their names")
    parser.add_argument("--all", action="store_true", help="training, the data set, the formulas and pictures too")
    options, start = parser.parse_args(), perf_counter()
    every = {target.name: target for target in [*all_targets(), *(wider() if options.all or options.words else [])]}
    targets = {name: every[name] for name in matching(options.words, every)}
    results, broken = verdict.judge([*targets.values()])
    equations = sorted({label for target in targets.values() for label in target.labels}, key=order)
    ordered = {name: results[name] for label in equations for name in results if label in targets[name].labels}
    print(verdict.table(ordered, lambda name: sorted(targets[name].labels, key=order)), end="\n\n")
    print(verdict.table(results, lambda name: [f"`{targets[name].function.__module__}`", "all"]), end="\n\n")
    problems = [
        f"{name}: {text}" for name in results for text in verdict.problems(results[name], EQUIVALENT.get(name, {}))
    ]
    problems += [f"fails without a mutant: {test}" for test in broken]
    print(*problems, f"{perf_counter() - start:.0f} s", sep="\n")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(run(main))
