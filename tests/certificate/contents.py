"""The certificate as data, in the form that docs/certificate.schema.json describes."""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import vanillacnn
from reference.formulas.notation import formulas
from tests.certificate import digest
from tests.certificate.attribution import Finding, Test, about, findings, section
from tests.certificate.environment import commit, environment
from tests.certificate.levels import LEVELS, level
from tests.mutation import targets
from tests.mutation.gate import Outcome
from tests.mutation.targets import EQUIVALENT, Target
from tests.suite import traceability
from tests.suite.sensitivity import Smallest

NOT_VERIFIED = [
    "Floats at every shape and value. There the bounds are theorems about the formulas; that the machine keeps to them "
    "is tested on the numbers drawn, not proved.",
    "NumPy's BLAS and exp, and the processor, beyond what was tried.",
    "The vectorised functions at shapes beyond the paper's and the small ones, except on the numbers drawn. The proof "
    "for all sizes is about the literal sums, and the theorem over ℝ about the formulas.",
    "σ as a real function. The exact levels use the rule σ′ = σ (1 - σ); that the code computes σ is held by bounds.",
    "Every float32: the suite can look at all of them, python -m pytest -m exhaustive, but this certificate does not.",
    "That the paper's network is a good one.",
]

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

PROOFS = ("polynomials", "program", "all_sizes")  # whose absence from an equation needs a reason

Figures = dict[str, Any]


@cache
def all_targets() -> list[Target]:
    return targets.targets()


def certificate(
    tests: dict[str, Test],
    outcomes: list[Outcome] | None,
    faults: dict[str, Smallest],
    theorems: Figures | None = None,
    **run: Any,
) -> Figures:
    """All of it. `outcomes` of mutants is None where they were not made, and so are `theorems`.

    `run` is what the caller knows of the run.
    """
    held = findings(tests)
    at_fault = {label for label, each in held.items() if each.status == "fails"}
    found = {label: with_theorem(each, label, theorems or {}, at_fault) for label, each in held.items()}
    equations = {
        label: equation(label, row, found[label], tests, outcomes, faults) | {"proof": proof(label, theorems)}
        for label, row in labelled()
    }
    parts = {name: part(t for t in tests.items() if section(t[0]) == name) for name in ("network", "other")}
    figures = totals(tests, equations, outcomes)
    survived = figures["mutants"]["survived"]
    whole = run["complete"] and not run["problems"] and not survived
    made = run | {
        "version": vanillacnn.__version__,
        "commit": commit(),
        "environment": environment(),
        "holds": whole and all_hold(equations, parts),
        "totals": figures,
        "equations": equations,
        **parts,
        "levels": [{key: getattr(one, key) for key in ("key", "name", "claim", "trusts")} for one in LEVELS],
        "not_verified": NOT_VERIFIED,
    }
    made = {"verdict": sentence(made)} | made | {"sources": digest.sources()}
    return made | {"sha256": digest.of(made)}


def proof(label: str, theorems: Figures | None) -> Figures:
    """The theorems about an equation, at all sizes over ℝ, and the axioms that they rest on."""
    if theorems is None:
        return {"status": "not run", "theorems": [], "axioms": [], "reason": "there was no coqc"}
    found = theorems[label]
    names = [each["theorem"] for each in found["theorems"]]
    return {
        "status": found["status"],
        "theorems": names,
        "axioms": found.get("axioms", []),
        "reason": found.get("reason", ""),
    }


def with_theorem(found: Finding, label: str, theorems: Figures, at_fault: set[str]) -> Finding:
    """An equation falls with its theorem.

    It is not established where only what the theorem rests on falls, or an equation of the same theorem is at fault.
    """
    told = theorems.get(label, {"status": "not run"})
    if told["status"] != "not proved" or found.status != "holds":
        return found
    unproved = [each["theorem"] for each in told["theorems"] if not each["proved"]]
    explained = {each["theorem"] for other in at_fault for each in theorems[other]["theorems"]}
    if own := [name for name in unproved if not name.startswith("Partial.") and name not in explained]:
        return Finding("fails", f"not proved: {', '.join(own)}")
    return Finding("not established", f"its theorem rests on what is not proved: {told['reason']}")


def labelled() -> list[tuple[str, traceability.Row]]:
    """Every label of the paper with its function, in the paper's order."""
    found = [(label, row) for row in traceability.rows() for label in row.labels]
    return sorted(found, key=lambda entry: traceability.order(entry[0]))


def all_hold(equations: dict[str, Figures], parts: dict[str, Figures]) -> bool:
    hold = all(each["status"] == "holds" for each in equations.values())
    return hold and not any(each["failed"] for each in parts.values())


def equation(
    label: str,
    row: traceability.Row,
    found: Finding,
    tests: dict[str, Test],
    outcomes: list[Outcome] | None,
    faults: dict[str, Smallest],
) -> Figures:
    own = {name: test for name, test in tests.items() if label in about(name)}
    formula = formulas().get(label)  # none for what is not in the paper
    shapes = {sizes for test in own.values() for sizes in test["calls"].get(f"operator.{row.function}", [])}
    used = [test["worst"] for test in own.values() if test.get("worst")]
    worst = max(used, key=lambda each: each["used"], default=None)
    held = found.status == "holds"
    return {
        "title": formula.title if formula else row.function.replace("_", " ").capitalize(),
        "formula": {"text": formula.text, "latex": formula.latex} if formula else {"text": row.formula, "latex": ""},
        "operator_form": {"module": row.module, "function": row.function},
        "index_form": {"module": "vanillacnn.index_form", "function": row.function} if row.index_form else None,
        "status": found.status,
        "why": found.why,
        "levels": levels(own),
        "exempt": exempt(label),
        **counts(own.values()),
        "shapes": len(shapes),
        "largest_error": worst and {"error": worst["error"], "bound": worst["bound"], "slack": worst["used"]},
        "mutants": mutants(label, outcomes) if held and outcomes is not None else None,
        "smallest_fault": faults[label]._asdict() if held and label in faults else None,
        "failures": failures(own),
    }


def counts(tests: Iterable[Test]) -> Figures:
    tests = list(tests)
    failed = sum(test["outcome"] != "passed" for test in tests)
    return {"tests": len(tests), "failed": failed, "cases": sum(test["cases"] for test in tests)}


def levels(tests: dict[str, Test]) -> dict[str, Figures]:
    """Of each level that applies to an equation, what ran."""
    by_key = {one.key: [test for name, test in tests.items() if level(name) == one] for one in LEVELS}
    return {key: counts(ran) for key, ran in by_key.items() if ran}


def exempt(label: str) -> dict[str, str]:
    """The levels of proof that do not apply to an equation, and why."""
    return {key: reason for key, reason in formulas()[label].exempt.items() if key in PROOFS}


def without_tests(tests: dict[str, Test]) -> Iterator[str]:
    """The levels of proof that apply to an equation, and none of whose tests ran."""
    ran = {(label, level(name).key) for name in tests for label in about(name)}
    for label, _ in labelled():
        missing = [key for key in PROOFS if (label, key) not in ran and key not in exempt(label)]
        yield from (f"{label}: no test of the level {key} ran" for key in missing)


def failures(tests: dict[str, Test]) -> list[dict[str, str]]:
    return [{"test": name, "message": test["message"]} for name, test in tests.items() if test["outcome"] != "passed"]


def part(tests: Iterable[tuple[str, Test]]) -> Figures:
    tests = dict(tests)
    return counts(tests.values()) | {"failures": failures(tests)}


def kind(outcome: Outcome) -> str:
    if outcome.killer:
        return "killed"
    return "equivalent" if outcome.mutant in EQUIVALENT.get(outcome.target, {}) else "survived"


def mutants(label: str, outcomes: list[Outcome]) -> Figures | None:
    """Of both forms of an equation, and of what they share with others."""
    names = {target.name for target in all_targets() if label in target.labels}
    found = Counter(kind(outcome) for outcome in outcomes if outcome.target in names)
    return {"total": found.total(), **{name: found[name] for name in ("killed", "equivalent", "survived")}}


def totals(tests: dict[str, Test], equations: dict[str, Figures], outcomes: list[Outcome] | None) -> Figures:
    """The figures for a first sentence."""
    statuses = Counter(each["status"] for each in equations.values())
    faults = [each["smallest_fault"] for each in equations.values() if each["smallest_fault"]]
    made = Counter(map(kind, outcomes or []))
    slack = [each["largest_error"]["slack"] for each in equations.values() if each["largest_error"]]
    return {
        "equations": len(equations),
        "hold": statuses["holds"],
        **counts(tests.values()),
        "mutants": {"total": made.total(), **{name: made[name] for name in ("killed", "equivalent", "survived")}},
        "largest_slack": max(slack, default=None),
        "smallest_fault": (faults and {key: max(fault[key] for fault in faults) for key in Smallest._fields}) or None,
    }


def to_be_mutated(tests: dict[str, Test]) -> list[Target]:
    """The functions whose tests pass: only of these can it be said that a test kills a mutant."""
    failed = [name for name, test in tests.items() if test["outcome"] != "passed"]
    held = {label for label, found in findings(tests).items() if found.status == "holds"}
    return [t for t in all_targets() if t.labels <= held and not any(map(t.concerns, failed))]


def sentence(certificate: Figures) -> str:
    """The verdict, with the figures that matter."""
    totals, fault = certificate["totals"], certificate["totals"]["smallest_fault"]
    if certificate["holds"]:
        return (
            f"All {totals['equations']} equations hold. {totals['tests']:,} tests with {totals['cases']:,} random "
            f"cases found no error; {totals['mutants']['killed']:,} small faults put in on purpose were all noticed; "
            f"one wrong entry of a gradient is noticed from a relative {power(fault['bounded'])} on under the "
            f"rounding-error bounds, from {power(fault['exact'])} on in exact arithmetic."
        )
    parts = [] if certificate["complete"] else ["only a selection of the tests was run"]
    for status, verb in (("fails", "fail"), ("not established", "not established"), ("not run", "not run")):
        if labels := [label for label, each in certificate["equations"].items() if each["status"] == status]:
            parts.append(f"{verb}: {', '.join(labels)}")
    for name in ("network", "other"):
        if failed := certificate[name]["failed"]:
            parts.append(f"{failed} failed of the {'tests of the network' if name == 'network' else 'other checks'}")
    if survived := totals["mutants"]["survived"]:
        parts.append(f"{survived} small faults put in on purpose went unnoticed")
    return "This certifies nothing. " + sentence_case("; ".join(parts + certificate["problems"])) + "."


def sentence_case(text: str) -> str:
    """With a capital; all other letters, of equations' names too, as they are."""
    return text[:1].upper() + text[1:]


def power(number: float) -> str:
    """1.2·10⁻¹⁰, and what is neither small nor large as it is."""
    if number == 0 or 0.01 <= abs(number) < 1000:
        return f"{number:.2g}"
    mantissa, exponent = f"{number:.1e}".split("e")
    return f"{mantissa}·10{str(int(exponent)).translate(SUPERSCRIPTS)}"
