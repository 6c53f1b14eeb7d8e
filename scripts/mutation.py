"""The power of the suite: every mutant of every equation, and which tests notice. Takes minutes.

python scripts/mutation.py            the equations, the network, and what the proofs and comparisons rest on
python scripts/mutation.py --all      training, the data set, the formulas, bounds and pictures too
python scripts/mutation.py loss       the functions of all these whose name contains one of these words
"""

import sys
from pathlib import Path
from time import perf_counter

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.command import open_streams
from tests.mutation import verdict
from tests.mutation.targets import EQUIVALENT, wider
from tests.mutation.targets import targets as all_targets
from tests.suite.traceability import order


def main() -> None:
    open_streams()
    start, words = perf_counter(), sys.argv[1:]
    every = [*all_targets(), *(wider() if words else [])]
    words = [""] if words in ([], ["--all"]) else words
    targets = {target.name: target for target in every if any(word in target.name for word in words)}
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
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
