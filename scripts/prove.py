"""Prove the equations: docs/equations.toml in Gallina, checked by Coq's kernel, at all sizes over the reals.

Needs Coq with Coquelicot, here from Debian: apt-get install --no-install-recommends coq libcoq-coquelicot

python scripts/prove.py                  every theorem, with its equation and its axioms
python scripts/prove.py --recheck        and the compiled files once more, by coqchk (minutes)
python scripts/prove.py --json FILE      and for each label its theorems, axioms and status
python scripts/prove.py --misprints 60   no wrong formula is proved: this many of all misprints, or all (an hour)
"""

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from reference.formulas.tree import Node
from reference.proof import coq, trial
from reference.proof.generate import TARGET, rendered
from reference.proof.theorems import AXIOMS, EXEMPT, THEOREMS, WHOLE
from scripts.command import BAD_INPUT, FAILURE, Parser, run
from tests.mutation.wrong_formulas import wrong_formulas

SEED = 0  # of the choice among the misprints


def arguments() -> argparse.Namespace:
    assert __doc__
    summary, _, examples = __doc__.partition("\n\n")
    parser = Parser(description=summary, epilog=examples, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recheck", action="store_true", help="let coqchk read the compiled files anew")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write each label's theorems, axioms and status")
    parser.add_argument(
        "--misprints", type=int, nargs="?", const=0, metavar="N", help="try N wrong formulas instead, or all"
    )
    return parser.parse_args()


def short(axioms: tuple[str, ...]) -> str:
    return ", ".join(axiom.split(".")[-1] for axiom in axioms) or "no axiom"


def prove(options: argparse.Namespace, folder: Path) -> int:
    equations = rendered()
    if TARGET.read_text("utf-8") != equations:
        TARGET.write_text(equations, "utf-8")
    built = coq.build(folder, equations)
    found = coq.verdicts(built, coq.every_theorem())
    for name, verdict in found.items():
        about = " ".join(label for label, names in THEOREMS.items() if name in names) or "§4.4"
        result = f"proved from {short(verdict.axioms)}" if verdict.proved else f"NOT PROVED. {verdict.unproved}"
        print(f"{about:24} {name:48} {result}")
    for label, reason in EXEMPT.items():
        print(f"{label:24} nothing to prove: {reason}")
    used = {axiom for verdict in found.values() for axiom in verdict.axioms}
    proved = sum(verdict.proved for verdict in found.values())
    print(
        f"{proved} of {len(found)} theorems proved, about {len(THEOREMS)} equations; {len(used)} axioms, of Coq's reals"
    )
    if options.json:
        network = found[WHOLE]._asdict()
        text = json.dumps(
            {"coq": coq.version(), "network": network, "labels": coq.statuses(found)}, ensure_ascii=False, indent=1
        )
        options.json.write_text(text + "\n", "utf-8")
    if options.recheck:
        checked = coq.recheck(built)
        if not checked <= AXIOMS:
            raise ValueError(f"expected no axiom but those of the reals, got {', '.join(sorted(checked - AXIOMS))}")
        print(f"coqchk accepts the compiled files, with {len(checked)} axioms")
    return FAILURE * any(not verdict.proved for verdict in found.values())


def try_misprints(count: int, folder: Path) -> int:
    trial.prepare(folder)
    wrong = [*dict.fromkeys(wrong_formulas())]
    chosen = random.Random(SEED).sample(wrong, count) if count else wrong
    outcomes, still = Counter[str](), []

    def attempt(case: tuple[str, str, Node]) -> trial.Trial:
        return trial.attempt(folder, *case)

    with ThreadPoolExecutor(max_workers=2) as pool:
        for case, result in zip(chosen, pool.map(attempt, chosen), strict=True):
            outcomes[result.outcome] += 1
            if result.outcome == "proved":
                still.append(case)
                print(f"{result.label} is still proved with a misprint: {case[2]}", flush=True)
    print(f"{len(chosen)} of {len(wrong)} misprints: " + ", ".join(f"{n} {what}" for what, n in outcomes.most_common()))
    return FAILURE * bool(still)


def main() -> int:
    options, start = arguments(), perf_counter()
    if not coq.available():
        print(f"prove.py: error: {coq.NEEDED}", file=sys.stderr)
        return BAD_INPUT
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        result = prove(options, folder) if options.misprints is None else try_misprints(options.misprints, folder)
    print(f"{perf_counter() - start:.0f} s")
    return result


if __name__ == "__main__":
    sys.exit(run(main))
