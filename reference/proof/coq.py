"""Run Coq on the development, and read what it says.

A proof that fails, or takes too long, is left out, and the rest goes on. What rests on it names it among its axioms:
Coq itself keeps account of that. So a wrong formula shows where it matters. "Not proved" is never "refuted".
"""

import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from reference.proof.theorems import AXIOMS, EXEMPT, THEOREMS, WHOLE

HERE = Path(__file__).parent
NEEDED = "expected Coq with Coquelicot: apt-get install --no-install-recommends coq libcoq-coquelicot"
LIMIT = 120.0  # seconds for one file, which takes one or two
AXIOM = re.compile(r"^(?!Axioms:|Chars |Closed )([^\s:]+)(?=\s*(?::|$))", re.M)
STATEMENT = re.compile(r"^(?:Theorem|Lemma) ([\w']+)", re.M)
UNITS = ("Sums", "Normal", "Equations", "Layers", "Identities", "Heads", "Layers_beyond", "Network", "Partial")


class Verdict(NamedTuple):
    """Whether a theorem is proved, from which axioms, and which lemmas of its proof are not."""

    theorem: str
    proved: bool
    axioms: tuple[str, ...]
    missing: tuple[str, ...]
    unproved: str = ""  # why it is not: what Coq said first


class Built(NamedTuple):
    """A folder with compiled files, and what was left out of them: a theorem, or a file, and why."""

    folder: Path
    left_out: Mapping[str, str]


def available() -> bool:
    return shutil.which("coqc") is not None


def coqc(folder: Path, file: str, limit: float = LIMIT) -> subprocess.CompletedProcess[str]:
    """Compile one file; the standard output says how far it came. Status 124 when the time is up."""
    command = ["coqc", "-time", "-w", "-ambiguous-paths", "-Q", ".", "Vanilla", file]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            out, error = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.kill()
            out, error = process.communicate()
            return subprocess.CompletedProcess(command, 124, out, f"no proof in {limit:g} s")
    return subprocess.CompletedProcess(command, process.returncode, out, error)


def prerequisites(text: str) -> list[str]:
    return [name for line in re.findall(r"^From Vanilla Require Import (.*)\.$", text, re.M) for name in line.split()]


def compile_unit(folder: Path, unit: str, limit: float = LIMIT) -> dict[str, str]:
    """Compile one file, without the proofs that fail; they are returned, each with the reason."""
    path, left_out = folder / f"{unit}.v", dict[str, str]()
    while (done := coqc(folder, path.name, limit)).returncode:
        text = path.read_text("utf-8")
        found = at_fault(text, done)
        if found is None or f"{unit}.{found}" in left_out:
            return left_out | {unit: message(done)}
        left_out[f"{unit}.{found}"] = message(done)
        proof = re.compile(rf"^((?:Theorem|Lemma) {re.escape(found)}\b.*?)^Proof\..*?Qed\.", re.M | re.S)
        path.write_text(proof.sub(r"\1Admitted.", text, count=1), "utf-8")
    return left_out


def at_fault(text: str, done: subprocess.CompletedProcess[str]) -> str | None:
    """The theorem that Coq was at when it stopped. Coq counts bytes."""
    raw = text.encode()
    if line := re.search(r'^File "[^"]*", line (\d+)', done.stderr, re.M):
        end = sum(map(len, raw.splitlines(keepends=True)[: int(line[1])]))
    else:
        end = max((int(each) for each in re.findall(r"^Chars \d+ - (\d+)", done.stdout, re.M)), default=0) + 2
    names = STATEMENT.findall(raw[:end].decode("utf-8", "ignore"))
    return names[-1] if names else None


def message(done: subprocess.CompletedProcess[str]) -> str:
    """What Coq said, on one line."""
    said = done.stderr[done.stderr.find("Error:") :] if "Error:" in done.stderr else done.stderr
    return " ".join(said.split())[:300]


def build(folder: Path, equations: str, units: Iterable[str] = UNITS, limit: float = LIMIT) -> Built:
    """Compile the files into a folder, with this text for Equations.v; two at a time, each after what it requires.

    Raises: FileNotFoundError without Coq.
    """
    if not available():
        raise FileNotFoundError(NEEDED)
    texts = {unit: equations if unit == "Equations" else (HERE / f"{unit}.v").read_text("utf-8") for unit in units}
    for unit, text in texts.items():
        (folder / f"{unit}.v").write_text(text, "utf-8")
    left_out: dict[str, str] = {}
    with ThreadPoolExecutor(max_workers=2) as pool:
        running: dict[str, Future[dict[str, str]]] = {}

        def after(unit: str) -> dict[str, str]:
            for name in prerequisites(texts[unit]):
                if name in running and name in running[name].result():
                    return {unit: f"{name} does not compile"}
            return compile_unit(folder, unit, limit)

        for unit in texts:  # in an order in which a file comes after what it requires
            running[unit] = pool.submit(after, unit)
        for future in running.values():
            left_out |= future.result()
    return Built(folder, left_out)


def assumptions(folder: Path, part: int, theorems: list[str]) -> dict[str, list[str]]:
    """All axioms of each theorem, by `Print Assumptions`."""
    lines = [f"From Vanilla Require {' '.join(sorted({name.split('.')[0] for name in theorems}))}."] if theorems else []
    for name in theorems:
        lines += [f'Goal True. idtac "theorem {name}". Abort.', f"Print Assumptions Vanilla.{name}."]
    path = folder / f"Assumptions{part}.v"
    path.write_text("\n".join([*lines, ""]), "utf-8")
    done = coqc(folder, path.name)
    if done.returncode:
        raise ChildProcessError(f"Print Assumptions: {message(done)}")
    answers = (each.partition("\n") for each in done.stdout.split("theorem ")[1:])
    return {name.strip(): AXIOM.findall(rest) for name, _, rest in answers}


def verdicts(built: Built, theorems: Iterable[str]) -> dict[str, Verdict]:
    """What each theorem rests on. One whose proof rests on a lemma that is left out is not proved."""
    chosen = list(dict.fromkeys(theorems))
    known = [name for name in chosen if name.split(".")[0] not in built.left_out]
    with ThreadPoolExecutor(max_workers=2) as pool:
        halves = pool.map(assumptions, [built.folder] * 2, range(2), (known[::2], known[1::2]))
        rests = {name: axioms for half in halves for name, axioms in half.items()}
    found = {}
    for name in chosen:
        axioms = tuple(each for each in rests.get(name, []) if each in AXIOMS)
        missing = tuple(each for each in rests.get(name, []) if each not in AXIOMS)
        first = next((each for each in (name, name.split(".")[0], *missing) if each in built.left_out), "")
        reason = f"{first}: {built.left_out[first]}" if first else ""
        found[name] = Verdict(name, name in rests and not missing, axioms, missing, reason)
    return found


def every_theorem() -> list[str]:
    return [*dict.fromkeys(name for names in THEOREMS.values() for name in names), WHOLE]


def statuses(found: Mapping[str, Verdict]) -> dict[str, dict[str, Any]]:
    """What is proved about each equation: by itself, and as a derivative of the network's loss."""
    told: dict[str, dict[str, Any]] = {}
    for label, names in THEOREMS.items():
        theorems = [found[name] for name in names]
        lacking = [each.unproved for each in theorems if not each.proved]
        told[label] = {
            "status": "not proved" if lacking else "proved",
            "theorems": [each._asdict() for each in theorems],
            "axioms": sorted({axiom for each in theorems for axiom in each.axioms}),
        } | ({"reason": lacking[0]} if lacking else {})
    for label, reason in EXEMPT.items():
        told[label] = {"status": "nothing to prove", "theorems": [], "axioms": [], "reason": reason}
    return told


def recheck(built: Built) -> set[str]:
    """The axioms that coqchk finds, which reads the compiled files anew and checks each step again.

    Raises: ChildProcessError when it does not accept them.
    """
    command = ["coqchk", "-silent", "-o", "-Q", ".", "Vanilla", *(f"Vanilla.{unit}" for unit in UNITS)]
    done = subprocess.run(command, cwd=built.folder, capture_output=True, text=True, timeout=1800, check=False)
    if done.returncode:
        raise ChildProcessError(f"coqchk: {' '.join(done.stderr.split())[-300:]}")
    listed = (done.stdout + done.stderr).partition("Axioms:")[2].partition("\n* ")[0]
    return {".".join(line.split(".")[-2:]).strip() for line in listed.splitlines() if line.strip()}


def version() -> str:
    """Coq, version 8.16.1."""
    return subprocess.run(["coqc", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
