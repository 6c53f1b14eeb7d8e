"""The runs behind docs/reproduction.md: which network learns by which rule, and with which of the published faults.

The four faults are those of the code that the paper's author published, written from their description as mutants of
our own functions.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in train.py; before NumPy, in each process

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests are no package that is installed

from tests.errata import published_faults
from vanillacnn import network
from vanillacnn.architecture import POOLINGS, Architecture
from vanillacnn.training.batches import load_data
from vanillacnn.training.config import RECIPES, Config
from vanillacnn.training.run import begin, train

FAULTS = {
    "sum": "the sum over the input maps of (17) is overwritten",
    "pool": "(16) and (20) take one of four entries",
    "kernel": "(36) and (41) take the gradient of another map",
    "input": "(38) takes the gradient of another map",
}
PUBLISHED = replace(RECIPES["paper"], shuffle=False)  # rate 1, batches of 30, in the published order
KERAS = Config(10, 32, 0.01, architecture=Architecture(head="normalized_cross_entropy"))
TOOLBOX = Config(100, 50, 1.0)


@dataclass(frozen=True)
class Experiment:
    """Runs that differ by their seeds."""

    what: str
    config: Config
    faults: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0, 1, 2)


def experiments() -> dict[str, Experiment]:
    six, three = replace(PUBLISHED, epochs=6), replace(PUBLISHED, epochs=3)
    every = tuple(FAULTS)
    found = {
        # They begin late, some seeds in the first epoch and some in the second, so that three would say little.
        "published": Experiment("the published code: all four faults", six, every, seeds=tuple(range(10))),
        "corrected": Experiment("the equations as corrected, same rate, batches and order", six),
    }
    for name in every:
        others = tuple(other for other in every if other != name)
        found[f"without {name}"] = Experiment(f"the published code without this fault: {FAULTS[name]}", three, others)
        found[f"only {name}"] = Experiment(f"this fault alone: {FAULTS[name]}", three, (name,))
    return found | {
        "keras": Experiment(
            "the paper's Keras network: 6 and 6 maps, cross-entropy, rate 0.01", replace(KERAS, maps=(6, 6))
        ),
        "under keras": Experiment("the paper's network under that rule", KERAS),
        "toolbox": Experiment("the paper's network and rule in batches of 50, as DeepLearnToolbox has them", TOOLBOX),
        "best": Experiment("--recipe best", RECIPES["best"]),
        "modern": Experiment("--recipe modern", RECIPES["modern"]),
    }


def accuracies(experiment: Experiment, seed: int) -> list[float]:
    """The test accuracy on all images after each epoch."""
    config = replace(experiment.config, seed=seed)
    data = load_data(config)
    state = begin(config, data)
    with faulty(experiment.faults):
        for later in train(state, data):
            state = later
    return [metrics.test_accuracy for metrics in state.history]


@contextmanager
def faulty(names: tuple[str, ...]) -> Iterator[None]:
    """The network with these faults in it."""
    functions = {"sum": "conv_forward", "kernel": "kernel_gradient", "input": "conv_input_gradient"}
    with ExitStack() as stack:
        for name in names:
            if name == "pool":
                pooling = POOLINGS["mean"]._replace(forward=published_faults.mean_pool)
                stack.enter_context(patch.dict(POOLINGS, mean=pooling))
            else:
                wrong = getattr(published_faults, functions[name])
                stack.enter_context(patch.object(network, functions[name], wrong))
        yield
