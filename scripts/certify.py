"""Run the suite and write what it has shown of each equation: certificate.json, and certificate.html for people.

Takes some twenty minutes. The exit status is 0 when every equation holds and every test passes, 1 otherwise.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts import command

ROOT = Path(__file__).resolve().parents[1]
OF_THE_LAST = ("certificate/test_committed.py", "documents/test_quote.py")  # about a certificate that was made before
# What the test extra is enough for; the theorems are a stage of their own.
MARKS = "not exhaustive and not browser and not paper and not mpi and not bench and not proof"
GATE = (  # what these tests ask for is a stage of its own
    "test_every_mutant_is_killed_or_known_to_be_equivalent",
    "test_no_test_of_the_gate_fails_by_itself",
    "test_few_mutants_of_the_library_are_equivalent",
)


def main() -> int:
    options, start = parse(), perf_counter()
    if options.select:
        check_selection(options.select)
    tests = stage("tests", lambda: run_tests(options.select), lambda tests: f"{len(tests):,} ran")
    # Only now: where the library cannot be imported, the run has said so.
    from tests.certificate import contents, page

    outcomes, broken, faults = None, [], {}
    theorems = stage("theorems", prove, lambda found: f"{len(found):,} labels" if found else "not run: no coqc")
    if not options.select:
        outcomes, broken = stage("mutants", lambda: mutate(tests), lambda found: f"{len(found[0]):,} tried")
        faults = stage("smallest faults", lambda: measure(tests), lambda found: f"{len(found)} gradients")
    certificate = contents.certificate(
        tests,
        outcomes,
        faults,
        theorems,
        complete=not options.select,
        problems=[
            *(f"fails among the mutants without being one: {test}" for test in broken),
            *(() if options.select else contents.without_tests(tests)),
        ],
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(perf_counter() - start),
    )
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(certificate, indent=1, ensure_ascii=False) + "\n"
    (folder / "certificate.json").write_text(text, "utf-8")
    (folder / "certificate.html").write_text(page.page(certificate), "utf-8")
    print(f"written          {folder / 'certificate.json'}, {folder / 'certificate.html'}")
    print(certificate["verdict"])
    return 0 if certificate["holds"] else command.FAILURE


def parse() -> Namespace:
    parser = command.Parser(description=__doc__)
    parser.add_argument("--out", metavar="DIR", default=".", help="where to write the two files (default: here)")
    parser.add_argument(
        "--select", metavar="EXPRESSION", help="only tests that match, as pytest -k, and no mutants: certifies nothing"
    )
    return parser.parse_args()


def stage(name: str, work: Callable[[], Any], result: Callable[[Any], str]) -> Any:
    """Does it, and prints a line that says how long that took."""
    print(f"{name:16} ", end="", flush=True)
    start = perf_counter()
    done = work()
    print(f"{result(done):20} {perf_counter() - start:5.0f} s", flush=True)
    return done


def run_tests(select: str | None) -> dict[str, Any]:
    """What each test did. Raises ChildProcessError where not every test could show it."""
    with tempfile.TemporaryDirectory() as folder:
        evidence = Path(folder) / "evidence.json"
        options = [f"--deselect=tests/mutation/test_mutation.py::{name}" for name in GATE]
        options += [f"--ignore=tests/{name}" for name in OF_THE_LAST] + (["-k", select] if select else [])
        options += [f"-m{MARKS}", "--evidence", str(evidence)]
        line = [sys.executable, "-m", "pytest", "-q"]
        run = subprocess.run([*line, *options], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
        found = json.loads(evidence.read_text("utf-8")) if evidence.exists() else {"problems": [], "tests": {}}
    if run.returncode not in (0, 1) or found["problems"] or not found["tests"]:
        said = (run.stdout + run.stderr).strip().splitlines() or ["nothing"]
        reason = "; ".join(found["problems"]) or f"it said: {said[-1]}"
        print("broken off")
        raise ChildProcessError(f"the suite did not come to its end: pytest's status is {run.returncode}; {reason}")
    tests: dict[str, Any] = found["tests"]
    return tests


def check_selection(select: str) -> None:
    """Raises: ValueError when it is no expression of pytest's, or no test matches."""
    line = [sys.executable, "-m", "pytest", "--collect-only", "-n0", f"-m{MARKS}", "-k", select]
    status = subprocess.run(line, cwd=ROOT, capture_output=True, check=False).returncode
    if status in (4, 5):  # pytest's numbers for bad usage, and for no tests
        came = "no expression" if status == 4 else "no test that matches"
        raise ValueError(f"--select: expected what pytest -k takes, got {came}: {select!r}")


def prove() -> dict[str, Any] | None:
    """What scripts/prove.py says of each equation; None where there is no coqc."""
    if not shutil.which("coqc"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "theorems.json"
        line = [sys.executable, "scripts/prove.py", "--json", str(told)]
        run = subprocess.run(line, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
        if not told.exists():
            raise ChildProcessError(f"the proofs did not come to their end: {run.stderr.strip()}")
        labels: dict[str, Any] = json.loads(told.read_text("utf-8"))["labels"]
        return labels


def mutate(tests: dict[str, Any]) -> Any:
    from tests.certificate.contents import to_be_mutated
    from tests.mutation import verdict

    results, broken = verdict.judge(to_be_mutated(tests))
    return [outcome for outcomes in results.values() for outcome in outcomes], broken


def measure(tests: dict[str, Any]) -> dict[str, Any]:
    from tests.certificate.attribution import findings
    from tests.suite import sensitivity

    found = findings(tests)
    gradients = [(labels, test) for labels, test in sensitivity.gradients() if found[labels[0]].status == "holds"]
    return {label: sensitivity.smallest(test) for labels, test in gradients for label in labels}


if __name__ == "__main__":
    sys.exit(command.run(main))
