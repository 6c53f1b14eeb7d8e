"""Faults planted outside the equations, one at a time, in a copy of the repository: which test notices. Takes minutes.

python scripts/planted_faults.py            all of tests/mutation/planted.toml
python scripts/planted_faults.py Adam mpi   those whose words or group have one of these in them

Fails when nobody notices a fault, when its old text does not stand in its file exactly once, and when its tests fail
without it.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import NamedTuple

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.command import Parser, matching, run

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "tests" / "mutation" / "planted.toml"
PARTS = (
    "vanillacnn", "reference", "tests", "scripts", "docs",
    "pyproject.toml", "README.md", "CITATION.cff", "CHANGELOG.md", "CONTRIBUTING.md",
)  # fmt: skip
COPIES = 2  # at work at the same time


class Fault(NamedTuple):
    group: str
    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def faults() -> list[Fault]:
    table = tomllib.loads(TABLE.read_text("utf-8"))
    return [Fault(group, **row | {"tests": tuple(row["tests"])}) for group, rows in table.items() for row in rows]


def main() -> int:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="WORD", help="only faults with it in their words or group")
    words = parser.parse_args().words
    named = {f"{each.group} {each.what}": each for each in faults()}
    chosen = [named[name] for name in matching(words, named)]
    with tempfile.TemporaryDirectory() as folder:
        copies: Queue[Path] = Queue()
        (ROOT / ".cache").mkdir(exist_ok=True)
        for k in range(COPIES):
            copy = copied(Path(folder) / str(k))
            (copy / ".cache").symlink_to(ROOT / ".cache")  # the same compiled programs
            copies.put(copy)
        with ThreadPoolExecutor(COPIES) as pool:
            plain = pool.submit(run_in, copies, None, sorted({test for fault in chosen for test in fault.tests}))
            found = [pool.submit(run_in, copies, fault, list(fault.tests)) for fault in chosen]
            problems = [f"fails without a fault: {plain.result()}"] if plain.result() else []
            print("| | fault | noticed by |", "|---|---|---|", sep="\n")
            for fault, future in zip(chosen, found, strict=True):
                noticed, what = future.result(), fault.what.replace("|", r"\|")
                print(f"| {fault.group} | {what} | {f'`{noticed}`' if noticed else '**nobody**'} |", flush=True)
                problems += [] if noticed else [f"nobody notices: {fault.what}"]
    print(*problems, sep="\n")
    return bool(problems)


def copied(folder: Path) -> Path:
    """The repository without its history."""
    folder.mkdir()
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, folder)
    return folder


def run_in(copies: "Queue[Path]", fault: Fault | None, tests: list[str]) -> str:
    """The first test that fails in a copy with the fault, or nothing. Raises ChildProcessError when none could run."""
    folder = copies.get()
    try:
        path = fault and folder / fault.file
        text = path.read_text("utf-8") if path else ""
        if fault and path:
            path.write_text(planted(fault, text), "utf-8")
        try:
            return first_failure(folder, tests)
        finally:
            if path:
                path.write_text(text, "utf-8")
    finally:
        copies.put(folder)


def planted(fault: Fault, text: str) -> str:
    """The text of its file with the fault in it."""
    if (count := text.count(fault.old)) != 1:
        raise ValueError(f"{fault.file}: expected once, got {count} times: {fault.old}")
    return text.replace(fault.old, fault.new)


def first_failure(folder: Path, tests: list[str]) -> str:
    line = [sys.executable, "-m", "pytest", "-n0", "-x", "-q", "--tb=no", "-rfE", "-mnot exhaustive and not mpi"]
    # Compiled Python is told from its source by seconds and size, which a fault may leave as they are.
    env = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([*line, *tests], cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False)
    if done.returncode not in (0, 1):
        raise ChildProcessError(f"expected tests that pass or fail, got: {done.stdout}{done.stderr}")
    failed = re.search(r"^(?:FAILED|ERROR) tests/(\S+)", done.stdout, re.MULTILINE)
    return failed[1] if failed else ""


if __name__ == "__main__":
    sys.exit(run(main))
