"""The options of a run of training."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vanillacnn.architecture import PAPER, Architecture
from vanillacnn.checks import real, require, whole
from vanillacnn.network_checks import is_pair
from vanillacnn.optimizer import CONSTANT, GRADIENT_DESCENT, Rule, Schedule

MOST = 10**9  # epochs, or images in a batch: more than any run will do


@dataclass(frozen=True)
class Config:
    """The options of a run; the defaults are the paper's."""

    epochs: int = 10
    batch_size: int = 30
    alpha: float = 1.0
    seed: int = 0
    dtype: str = "float32"
    shuffle: bool = True
    limit: int | None = None
    """Train on the first so many images; None: on all."""
    data: str | None = None
    """The folder of the data set; None: the one that comes with the package."""
    transpose: bool = False
    """Whether each image's rows become columns; EMNIST's images lie on their side."""
    maps: tuple[int, int] = (6, 12)
    """How many output maps the two layers have."""
    kernels: tuple[tuple[int, int], tuple[int, int]] = ((5, 5), (5, 5))
    """Rows and columns of their kernels."""
    architecture: Architecture = PAPER
    rule: Rule = GRADIENT_DESCENT
    schedule: Schedule = CONSTANT

    @classmethod
    def of(cls, options: dict[str, Any]) -> "Config":
        """The Config that `asdict` made these of, or an earlier version, which knew of the paper's options only."""
        read: dict[str, Callable[[Any], Any]] = {
            "architecture": lambda value: Architecture(**value),
            "rule": lambda value: Rule(**value),
            "schedule": lambda value: Schedule(**value),
            "maps": tuple,  # JSON has none
            "kernels": lambda value: tuple(map(tuple, value)),
        }
        return cls(**{name: read[name](value) if name in read else value for name, value in options.items()})

    def __post_init__(self) -> None:
        # One 32-bit word: as two, the seed could be mistaken for a seed and an epoch.
        seed = whole(self.seed, 0) and self.seed < 2**32
        limit = self.limit is None or whole(self.limit, 1)
        alpha = real(self.alpha) and self.alpha > 0
        checks = {
            "epochs": (whole(self.epochs, 1) and self.epochs < MOST, f"a whole number from 1 to below {MOST:,}"),
            "batch_size": (
                whole(self.batch_size, 1) and self.batch_size < MOST,
                f"a whole number from 1 to below {MOST:,}",
            ),
            "alpha": (alpha, "a finite number above 0"),
            "seed": (seed, "a whole number from 0 to 2³² - 1"),
            "dtype": (self.dtype in ("float32", "float64"), "float32 or float64"),
            "shuffle": (isinstance(self.shuffle, bool), "true or false"),
            "limit": (limit, "a whole number from 1, or none"),
            "data": (self.data is None or isinstance(self.data, str), "a folder, or none"),
            "transpose": (isinstance(self.transpose, bool), "true or false"),
            "maps": (is_pair(self.maps), "two whole numbers from 1"),
            "kernels": (
                isinstance(self.kernels, tuple) and len(self.kernels) == 2 and all(map(is_pair, self.kernels)),
                "two pairs of whole numbers from 1",
            ),
        }
        for name, (ok, expected) in checks.items():
            require(name, getattr(self, name), expected, ok)


_CROSS_ENTROPY = Architecture(head="softmax_cross_entropy")
_MODERN = Architecture("relu", "max", "softmax_cross_entropy")
_SLIGHT_DECAY, _DECAY = Rule("nesterov", weight_decay=2e-5), Rule("nesterov", weight_decay=5e-4)
_WARM_COSINE = Schedule("cosine_decay", warmup=300)
RECIPES = {  # docs/reproduction.md says how they were chosen
    "paper": Config(),
    "best": Config(20, 32, 0.25, architecture=_CROSS_ENTROPY, rule=_SLIGHT_DECAY, schedule=_WARM_COSINE),
    "modern": Config(20, 32, 0.05, architecture=_MODERN, rule=_DECAY, schedule=_WARM_COSINE),
}
