"""Time a training step of the paper's network against the frameworks, all in one run, side by side.

Each contender is a process of its own that waits for its turn; in every round each takes its turn, in another order.
First all of them must compute the same loss and the same step. Needs the extras bench and mpi.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from reference import forward
from reference.autodiff import gradients, values
from reference.rounding import bounds
from reference.rounding.propagation import radii
from scripts.bench.worker import Process, digits, initial
from scripts.command import Parser, count, run
from vanillacnn.arrays import Parameters

GROUPS = ("PyTorch", "JAX", "Keras")
BATCHES = (1, 30, 64, 256, 1024)
CONTENDERS = {  # name: what it runs, threads, ranks
    "vanillacnn": ("vanillacnn", 1, 1),
    "vanillacnn, 2 ranks": ("vanillacnn", 1, 2),
    "PyTorch": ("pytorch", 1, 1),
    "PyTorch, 2 threads": ("pytorch", 2, 1),
    "PyTorch compiled": ("pytorch-compiled", 1, 1),
    "PyTorch compiled, 2 threads": ("pytorch-compiled", 2, 1),
    "JAX": ("jax", 1, 1),
    "JAX, 2 threads": ("jax", 2, 1),
    "Keras": ("keras", 2, 1),
}


def flop(maps: tuple[int, int] = (6, 12), side: int = 28) -> int:
    """For a sample: two for each product of (14) (41), (18) (36) (38), (24) (29) (31)."""
    (P, Q), c1 = maps, side - 4
    c2 = c1 // 2 - 4
    return 2 * (2 * P * 25 * c1**2 + 3 * P * Q * 25 * c2**2 + 3 * 10 * Q * (c2 // 2) ** 2)


def main() -> int:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=count, nargs="+", default=BATCHES, metavar="N", help="samples in a step")
    parser.add_argument("--rounds", type=count, default=21, help="turns of each contender (default 21)")
    parser.add_argument("--seconds", type=float, default=0.1, help="that a turn takes at least (default 0.1)")
    parser.add_argument("--only", nargs="+", default=list(CONTENDERS), choices=CONTENDERS, metavar="NAME")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures into this file")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw them into this file")
    options = parser.parse_args()
    found: dict[str, Any] = {"machine": machine(), "rounds": options.rounds, "flop": flop(), "batches": {}}
    with ExitStack() as stack:
        processes = {name: stack.enter_context(Process(name, *CONTENDERS[name])) for name in options.only}
        agree(processes)
        one = processes.get("vanillacnn")
        found["breakdown"] = {str(n): breakdown(one, n) for n in (1, 64)} if one else {}
        for n in options.batches:
            found["batches"][str(n)] = compared(processes, n, options.rounds, options.seconds)
            print(table(n, found["batches"][str(n)]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    if options.plot:
        draw(found, options.plot)
    return 0


def breakdown(one: Process, n: int) -> dict[str, float]:
    """µs a sample that each equation takes, and all else."""
    one.ask("time", n, 3)
    seconds = one.ask("breakdown", n, 100)
    step = seconds.pop("step")
    found = {name: s / n * 1e6 for name, s in seconds.items()}
    return found | {"all else": (step - sum(seconds.values())) / n * 1e6, "step": step / n * 1e6}


def agree(processes: dict[str, Process], n: int = 30) -> None:
    """All compute the loss and the step of the reference, as exactly as float32 allows. Raises: ValueError if not."""
    params, (I, y) = initial(), digits(n)
    double = {name: theta.astype(np.float64) for name, theta in params._asdict().items()}
    I64, y64 = I.astype(np.float64), y.astype(np.float64)
    trace = values(double, I64)
    grads = gradients(double, I64, y64)
    r = radii(double, trace, grads, y64, np.float32)
    exact = float(forward.loss(double, I64, y64))
    moved = float((r["yhat_s"] * (np.abs(trace["yhat_s"] - y64) + r["yhat_s"])).sum() / n)
    limit = float(moved + bounds.sums(y.size + 5, exact + moved, np.float32))
    for name, process in processes.items():
        with tempfile.TemporaryDirectory() as folder:
            loss = process.ask("first_step", n, f"{folder}/params.npz")
            saved = np.load(f"{folder}/params.npz")
            new = Parameters(*(saved[f"arr_{k}"] for k in range(len(params))))
        worst = {"loss": abs(loss - exact) / limit}
        for symbol in Parameters._fields:
            theta, dtheta, radius = double[symbol], grads[f"d{symbol}"], r[f"d{symbol}"]
            rounding = bounds.sums(5, np.abs(theta) + 2 * (np.abs(dtheta) + radius), np.float32)
            worst[symbol] = float((np.abs(getattr(new, symbol) - (theta - dtheta)) / (radius + rounding)).max())
        if not all(share <= 1 for share in worst.values()):
            raise ValueError(f"{name}: expected the loss and the step of the reference, got errors / bounds {worst}")
    print(f"all {len(processes)} agree with the reference on the loss and the step of {n} samples\n", flush=True)


def compared(processes: dict[str, Process], n: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Seconds for a step in every round, and the ceiling of the machine in the same."""
    steps = {}
    for name, process in processes.items():
        process.ask("time", n, 3)
        steps[name] = max(1, round(seconds / process.ask("time", n, 3)))
    times: dict[str, list[float]] = {name: [] for name in processes}
    ceilings = []
    for turn in range(rounds):
        for name in np.random.default_rng(turn).permutation(list(processes)):
            times[name].append(processes[name].ask("time", n, steps[name]))
        ceilings.append(next(iter(processes.values())).ask("ceiling"))
    sgemm, exp = (median(values) for values in zip(*ceilings, strict=True))
    return {
        "sgemm": sgemm / 1e9,
        "exp": exp / 1e9,
        "times": times,
        "contenders": {name: summary(values, n, sgemm) for name, values in times.items()},
        "best": {group: fastest(times, group) / n * 1e6 for group in GROUPS if any(map(of(group), times))},
        "ratios": ratios(times),
    }


def summary(values: list[float], n: int, sgemm: float) -> dict[str, float]:
    """The time in µs a sample, and the arithmetic's share of sgemm's ceiling."""
    low, middle, high = quantiles(values, n=4)
    of_ceiling = flop() * n / middle / sgemm
    return {"median": middle / n * 1e6, "low": low / n * 1e6, "high": high / n * 1e6, "of_ceiling": of_ceiling}


def ratios(times: dict[str, list[float]]) -> dict[str, float]:
    """How many times as fast as another: ratios of medians."""
    middle = {name: median(values) for name, values in times.items()}
    ours = [*filter(of("vanillacnn"), times)]
    found: dict[str, float] = {}
    for group in (*GROUPS, "fastest", "fastest on one core"):
        if peers := [*filter(of(group), times)]:
            found |= {f"{name} / {group}": min(middle[peer] for peer in peers) / middle[name] for name in ours}
    if len(ours) == 2:
        # Of pairs, for the two are to be compared with nothing in between.
        found["2 ranks / 1"] = median(a / b for a, b in zip(times[ours[0]], times[ours[1]], strict=True))
    return found


def of(group: str) -> Callable[[str], bool]:
    """Whether a contender is of this framework, or of any, or of any and has one thread."""
    if not group.startswith("fastest"):
        return lambda name: name.startswith(group)
    threads = (1,) if group == "fastest on one core" else (1, 2)
    return lambda name: not name.startswith("vanillacnn") and CONTENDERS[name][1] in threads


def fastest(times: dict[str, list[float]], group: str) -> float:
    """The median of the fastest of a framework's settings."""
    return min(median(values) for name, values in times.items() if of(group)(name))


def machine() -> dict[str, Any]:
    packages = ("numpy", "torch", "jax", "keras", "mpi4py")
    about = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":")[1].strip() for line in about if line.startswith("model name")), "")
    return {
        "processor": model or platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {package: version(package) for package in packages},
    }


def table(n: int, found: dict[str, Any]) -> str:
    lines = [f"{n} samples: µs a sample, median and quartiles; sgemm {found['sgemm']:.0f} GFLOP/s"]
    for name, s in sorted(found["contenders"].items(), key=lambda item: item[1]["median"]):
        spread = f"({s['low']:.1f} to {s['high']:.1f})"
        lines.append(f"  {name:30} {s['median']:8.1f}  {spread:20} {s['of_ceiling']:5.1%} of sgemm")
    lines += [f"  {name:45} {ratio:5.2f} ×" for name, ratio in found["ratios"].items()]
    return "\n".join(lines) + "\n"


def draw(found: dict[str, Any], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    batches = [*found["batches"]]
    for name in found["batches"][batches[0]]["contenders"]:
        values = [found["batches"][n]["contenders"][name] for n in batches]
        ours = name.startswith("vanillacnn")
        line = axes.plot(batches, [v["median"] for v in values], "o-", lw=2.5 if ours else 1, label=name)
        low, high = ([v[key] for v in values] for key in ("low", "high"))
        axes.fill_between(batches, low, high, color=line[0].get_color(), alpha=0.15)
    ceiling = [found["flop"] / 1e3 / found["batches"][n]["sgemm"] for n in batches]
    axes.plot(batches, ceiling, "k:", label="sgemm's ceiling, one core")
    axes.set(xlabel="samples in a step", ylabel="µs a sample", yscale="log")
    axes.set_title("{processor}, {cores} cores".format(**found["machine"]), fontsize=9)
    axes.grid(alpha=0.3, which="both")
    figure.legend(loc="outside right upper", fontsize=8)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    sys.exit(run(main))
