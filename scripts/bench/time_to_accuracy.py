"""Time until the test accuracy reaches 97 %, by the best recipe: the derivation in one process and in two, and PyTorch.

In each round every contender trains from the same weights on the same batches. Needs the extras bench and mpi.
"""

import argparse
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.bench.worker import Process
from scripts.benchmark import CONTENDERS, machine
from scripts.command import Parser, count, run

NAMES = ("vanillacnn", "vanillacnn, 2 ranks", "PyTorch", "PyTorch, 2 threads")


def main() -> int:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", type=float, default=0.97, metavar="A", help="test accuracy (default 0.97)")
    parser.add_argument("--every", type=count, default=250, metavar="STEPS", help="tests after so many (default 250)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="N", help="one to each round")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures into this file")
    options = parser.parse_args()
    found: dict[str, Any] = {"machine": machine(), "target": options.target, "runs": {name: [] for name in NAMES}}
    with ExitStack() as stack:
        processes = {name: stack.enter_context(Process(name, *CONTENDERS[name])) for name in NAMES}
        for seed in options.seeds:
            for name, process in processes.items():
                seconds, steps = process.ask("learn", seed, options.target, options.every)
                found["runs"][name].append({"seed": seed, "seconds": seconds, "steps": steps})
                print(f"seed {seed}: {name}: {seconds:.2f} s, {steps} steps", flush=True)
    found["seconds"] = {name: median(r["seconds"] for r in runs) for name, runs in found["runs"].items()}
    peers = min(seconds for name, seconds in found["seconds"].items() if name.startswith("PyTorch"))
    found["ratio"] = {name: peers / found["seconds"][name] for name in NAMES[:2]}
    print(*(f"{name}: {s:.2f} s, the median" for name, s in found["seconds"].items()), sep="\n")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
