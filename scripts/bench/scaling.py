"""What a training step costs as it grows: with the batch, the maps, the image and the ranks; and in memory.

Time and communication are measured on this machine, and a model is fitted to them and asked about up to 1,024 ranks.
Needs the extras bench and mpi.
"""

import argparse
import json
import sys
from pathlib import Path
from statistics import median
from typing import Any

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.bench import cost_model
from scripts.bench.worker import Process
from scripts.benchmark import CONTENDERS, flop, machine
from scripts.command import Parser, count, run

BATCHES = (8, 16, 32, 64, 128, 256, 512, 1024)
MAPS = ((6, 12), (12, 24), (24, 48), (48, 96))
SIDES = (28, 44, 60, 92)
ENTRIES = (1, 1000, 3900, 100_000, 1_000_000)


def main() -> int:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=count, default=15, help="turns of each measurement (default 15)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures into this file")
    options = parser.parse_args()
    with Process("1 rank", "vanillacnn", 1, 1) as one, Process("2 ranks", "vanillacnn", 1, 2) as two:
        steps = one.ask("each", 64, 300)
        times = by_turns(one, two, options.rounds)
        work = by_work(one, options.rounds)
        sums = {k: of_sums(two, k, options.rounds) for k in ENTRIES}
    middle = {p: {n: median(values) for n, values in times[p].items()} for p in times}
    found: dict[str, Any] = {
        "machine": machine(),
        "rounds": options.rounds,
        "batch": {str(n): by_batch(times, n) for n in BATCHES},
        "work": work,
        "sum": {str(k): seconds * 1e6 for k, seconds in sums.items()},
        "memory": memory(),
        "steps": steps,
        "model": cost_model.fitted(middle["1"], middle["2"], sums, steps),
    }
    print(report(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    return 0


def by_turns(one: Process, two: Process, rounds: int) -> dict[str, dict[int, list[float]]]:
    """Seconds for a step of one rank and of two, one after the other in each round."""
    times: dict[str, dict[int, list[float]]] = {p: {n: [] for n in BATCHES} for p in "12"}
    for _ in range(rounds):
        for n in BATCHES:
            for p, process in (("1", one), ("2", two)):
                times[p][n].append(process.ask("time", n, max(1, 1024 // n)))
    return times


def by_batch(times: dict[str, dict[int, list[float]]], n: int) -> dict[str, float]:
    """µs a sample; and how many times as fast two ranks are: with the same samples, and with as many for each."""
    found = {f"{p} µs": median(times[p][n]) / n * 1e6 for p in times}
    found["strong"] = median(a / b for a, b in zip(times["1"][n], times["2"][n], strict=True))
    if n // 2 in times["1"]:
        found["weak"] = median(2 * a / b for a, b in zip(times["1"][n // 2], times["2"][n], strict=True))
    return found


def by_work(one: Process, rounds: int, n: int = 64) -> list[dict[str, Any]]:
    """As the maps and the sides grow: µs for a MFLOP, which is the same where time is linear in the work."""
    found = []
    for maps, side in [(maps, 28) for maps in MAPS] + [(MAPS[0], side) for side in SIDES[1:]]:
        mflop = flop(maps, side) / 1e6
        times = [one.ask("grown", maps, side, n, max(1, int(500 / mflop))) for _ in range(rounds)]
        found.append({"maps": maps, "side": side, "mflop": mflop, "us_per_mflop": median(times) * 1e6 / n / mflop})
    return found


def of_sums(two: Process, entries: int, rounds: int) -> float:
    """Seconds for a sum over two ranks."""
    return median(two.ask("allreduce", entries, max(1, 100_000 // entries)) for _ in range(rounds))


def memory(batches: tuple[int, ...] = (64, 1024)) -> dict[str, dict[str, float]]:
    """MB that a process has had at most after some steps, and before the first."""
    chosen = {name: setting for name, setting in CONTENDERS.items() if setting[1:] == (1, 1)}
    return {name: {str(n): peak(name, setting, n) for n in (0, *batches)} for name, setting in chosen.items()}


def peak(name: str, setting: tuple[str, int, int], n: int) -> float:
    with Process(name, *setting) as process:
        if n:
            process.ask("time", n, 3)
        return float(process.ask("memory")) / 1e6


def report(found: dict[str, Any]) -> str:
    model = found["model"]
    here = model["links"]["this machine"]
    lines = ["samples    µs a sample: 1 rank, 2 ranks    times as fast: same samples, as many each"]
    for n, t in found["batch"].items():
        lines.append(f"{n:>7} {t['1 µs']:24.1f} {t['2 µs']:8.1f} {t['strong']:30.2f} {t.get('weak', 0):8.2f}")
    for w in found["work"]:
        lines.append(f"maps {w['maps']}, side {w['side']}: {w['mflop']:.1f} MFLOP, {w['us_per_mflop']:.1f} µs each")
    lines += [f"sum of {k} entries: {us:.1f} µs" for k, us in found["sum"].items()]
    for name, mb in found["memory"].items():
        lines.append(f"{name}: " + ", ".join(f"{m:.0f} MB" + f" with {n}" * (n != "0") for n, m in mb.items()))
    lines.append(f"a = {model['a'] * 1e6:.0f} µs, b = {model['b'] * 1e6:.1f} µs, l = {here['latency'] * 1e6:.1f} µs, ")
    lines[-1] += (
        f"B = {here['bandwidth'] / 1e9:.2f} GB/s; off by up to {model['error_1']:.0%} and {model['error_2']:.0%}"
    )
    for s in model["said"]:
        for disturbed in ("disturbed", "undisturbed"):
            f, lead = s[disturbed], f"{s['link']}, {disturbed}, {s['larger']} × the network"
            for N, row in f["strong"].items():
                times = ", ".join(f"{p}: {faster:.1f}" for p, faster in row.items())
                lines.append(f"{lead}, {N} samples: {times}; pays up to {f['pays'][N]}")
            lines.append("  64 samples each: " + ", ".join(f"{p}: {faster:.0f}" for p, faster in f["weak"].items()))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(run(main))
