"""How long a step would take on ranks that no one machine has, by a model that is fitted to what was measured.

    t(N, p) = w(p) (a + b N/p) + ⌈log₂ p⌉ l + 2 (p-1)/p · bytes / B

a is what a step costs whatever its size, b what a sample costs; l is the latency of a message and B the bandwidth of
the links, for a sum over p ranks by halving and doubling (Rabenseifner, 2004). All wait for the slowest: w(p) is how
much longer than the median step the longest of p takes, drawn from the steps that were measured; on machines that
nothing disturbs it is 1.
"""

import math
from typing import Any

import numpy as np

RANKS = (1, 2, 4, 16, 64, 256, 1024)
SAMPLES = (64, 1024, 60000)
ENTRIES = 3900  # of a message: the gradients, the loss and whether to stop
# What joins the machines of a cluster: 10 Gbit/s, and 50 µs from process to process. Assumed, not measured.
ETHERNET = {"latency": 50e-6, "bandwidth": 1.25e9}
DRAWS = 2000


def fitted(one: dict[int, float], two: dict[int, float], sums: dict[int, float], steps: list[float]) -> dict[str, Any]:
    """The model, from the seconds of steps of one rank and of two, of sums of so many entries, and of single steps."""
    a, b = line(one)
    latency, per_entry = line(sums)
    rng, relative = np.random.default_rng(0), np.array(steps) / np.median(steps)
    waiting = {p: float(rng.choice(relative, (DRAWS, p)).max(axis=1).mean()) if p > 1 else 1.0 for p in RANKS}
    links = {"this machine": {"latency": latency, "bandwidth": 4 / per_entry}, "Ethernet": ETHERNET}
    found: dict[str, Any] = {"a": a, "b": b, "links": links, "waiting": {str(p): w for p, w in waiting.items()}}
    for p, measured in ((1, one), (2, two)):
        off = [time(found, "this machine", N, p) / seconds - 1 for N, seconds in measured.items()]
        found[f"error_{p}"] = max(map(abs, off))
    found["microseconds"] = {"a": a * 1e6, "b": b * 1e6, "l": latency * 1e6}
    found["gigabytes"] = links["this machine"]["bandwidth"] / 1e9
    return found | {"said": [speedups(found, link, larger) for link in links for larger in (1, 1000)]}


def line(seconds: dict[int, float]) -> tuple[float, float]:
    """a and b of a + b x that leave the least relative errors."""
    x, t = np.array([*seconds], float), np.array([*seconds.values()])
    (a, b), *_ = np.linalg.lstsq(np.stack([1 / t, x / t], axis=1), np.ones(len(t)), rcond=None)
    return float(a), float(b)


def time(model: dict[str, Any], link: str, N: int, p: int, larger: int = 1, disturbed: bool = True) -> float:
    """Seconds for a step on N samples of a network so many times larger, in work and in parameters."""
    compute = model["a"] + model["b"] * larger * N / p
    if disturbed:
        compute *= model["waiting"][str(p)]
    message = 4 * ENTRIES * larger * 2 * (p - 1) / p / model["links"][link]["bandwidth"]
    return float(compute + math.ceil(math.log2(p)) * model["links"][link]["latency"] + message)


def speedups(model: dict[str, Any], link: str, larger: int) -> dict[str, Any]:
    """How many times as fast as one rank, on machines that are disturbed as this one, and on others."""
    disturbed, undisturbed = (faster(model, link, larger, disturbed) for disturbed in (True, False))
    return {"link": link, "larger": larger, "disturbed": disturbed, "undisturbed": undisturbed}


def faster(model: dict[str, Any], link: str, larger: int, disturbed: bool) -> dict[str, Any]:
    """With the same samples for all ranks together, and with 64 for each."""

    def one_to(N: int, p: int) -> float:
        return time(model, link, N, 1, larger, disturbed) / time(model, link, N, p, larger, disturbed)

    strong = {str(N): {str(p): one_to(N, p) for p in RANKS if p <= N} for N in SAMPLES}
    weak = {
        str(p): p * time(model, link, 64, 1, larger, disturbed) / time(model, link, 64 * p, p, larger, disturbed)
        for p in RANKS
    }
    # Where a rank more is half wasted, data parallelism does not pay any more.
    pays = {N: max(int(p) for p, times in row.items() if times >= int(p) / 2) for N, row in strong.items()}
    return {"strong": strong, "weak": weak, "pays": pays}
