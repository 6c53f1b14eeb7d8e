"""What the gate found: the faults that it lets nobody overlook, and the tables."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

from tests.mutation import gate
from tests.mutation.gate import Outcome
from tests.mutation.targets import EQUIVALENT, Target

Results = dict[str, list[Outcome]]  # by function


def judge(chosen: list[Target], processes: int = 2) -> tuple[Results, list[str]]:
    """Every mutant of these functions, and the tests that fail without one."""
    # Spawned, not forked, for JAX has threads; in each the library is imported without checks of its annotations.
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        runs: list[Future[tuple[list[Outcome], list[str]]]] = [
            pool.submit(gate.run, s) for s in shares(chosen, processes)
        ]
    found: Results = {target.name: [] for target in chosen}
    for outcome in (outcome for run in runs for outcome in run.result()[0]):
        found[outcome.target].append(outcome)
    return found, [broken for run in runs for broken in run.result()[1]]


def shares(chosen: list[Target], processes: int) -> list[list[str]]:
    """Names of functions for each process: about as many mutants, and those with the same tests together."""
    groups: dict[object, list[Target]] = {}
    for target in chosen:
        groups.setdefault(target.labels or target.tests, []).append(target)
    sizes = {key: sum(len(target.mutants()) for target in group) for key, group in groups.items()}
    loads, names = [0] * processes, [list[str]() for _ in range(processes)]
    for key in sorted(groups, key=sizes.__getitem__, reverse=True):
        k = loads.index(min(loads))
        loads[k] += sizes[key]
        names[k] += [target.name for target in groups[key]]
    return names


def problems(outcomes: list[Outcome], equivalent: dict[str, str]) -> Iterator[str]:
    """What is wrong with a function's tests, or with the list of its equivalent mutants."""
    names = {outcome.mutant for outcome in outcomes}
    for outcome in outcomes:
        if not outcome.killer and outcome.mutant not in equivalent:
            yield f"survives: {outcome.mutant}"
        if outcome.killer and outcome.mutant in equivalent:
            yield f"listed as equivalent, but {outcome.killer} kills it: {outcome.mutant}"
    yield from (f"listed as equivalent, but there is no such mutant: {name}" for name in equivalent.keys() - names)


def table(results: Results, group: Callable[[str], Iterable[str]]) -> str:
    """Counts in Markdown, a row for each group that a function belongs to."""
    counts: dict[str, Counter[str]] = {}
    for name, outcomes in results.items():
        listed = EQUIVALENT.get(name, {})
        kinds = [outcome.by if outcome.killer or outcome.mutant not in listed else "equivalent" for outcome in outcomes]
        for row in group(name):
            counts.setdefault(row, Counter()).update(kinds)
    head = ["", "mutants", "killed by assertion", "by error", "equivalent", "survivors"]
    lines = [head, ["---", *["---:"] * 5]]
    for row, count in counts.items():
        columns = (count["assertion"], count["error"], count["equivalent"], count["nothing"])
        lines.append([row, *map(str, (count.total(), *columns))])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
