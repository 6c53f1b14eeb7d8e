"""The options of scripts/train.py, and the Config that they make."""

import argparse
import re
from dataclasses import replace
from typing import Any

from scripts.command import Parser
from vanillacnn.architecture import ACTIVATIONS, HEADS, PAPER, POOLINGS
from vanillacnn.mnist import Split
from vanillacnn.optimizer import RULES, SCHEDULES
from vanillacnn.training.batches import check_data, load_data
from vanillacnn.training.config import RECIPES, Config
from vanillacnn.training.run import State


def pair(text: str) -> tuple[int, int]:
    """5x5 as (5, 5)."""
    if not (sides := re.fullmatch(r"(\d+)x(\d+)", text)):
        raise argparse.ArgumentTypeError(f"expected rows x columns such as 5x5, got {text!r}")
    return int(sides[1]), int(sides[2])


def parser(description: str) -> Parser:
    """Options that are not given stay out of the result: their defaults are those of the recipe."""
    parser = Parser(
        description=description,
        argument_default=argparse.SUPPRESS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add, default = parser.add_argument, Config()
    add("--recipe", choices=RECIPES, help="of these options: paper (default); best, the same network with another "
        "head and rule; modern, with rectifiers and max-pooling too")  # fmt: skip
    add("--epochs", type=int, help=f"passes over the training images (default: the recipe's; paper {default.epochs})")
    add("--batch-size", type=int, help=f"images in a step (default: the recipe's; paper {default.batch_size})")
    add("--alpha", type=float, help=f"learning rate (default: the recipe's; paper {default.alpha})")
    add("--seed", type=int, help=f"of weights and shuffling (default {default.seed})")
    add("--dtype", choices=("float32", "float64"), help=f"(default {default.dtype})")
    add("--no-shuffle", dest="shuffle", action="store_false", default=argparse.SUPPRESS,
        help="take the images in the order in which they are published")  # fmt: skip
    add("--data", metavar="DIR", help="a folder with the four files (default: the bundled MNIST)")
    add("--transpose", action="store_true", help="turn each image's rows into columns, as EMNIST needs")
    add("--limit", type=int, metavar="N", help="train on the first N images (default: all)")
    add("--out", metavar="DIR", help="the run's folder (default: runs/<time>-<seed>)")
    add("--resume", metavar="RUN", help="go on with a run; takes --epochs, --data and --quiet only")
    add("--processes", type=int, metavar="N", help="train in so many processes; needs the extra mpi")
    add("--quiet", action="store_true", default=False, help="print errors only")
    add("--maps", nargs=2, type=int, metavar=("P", "Q"), help="how many the two layers have (default 6 12)")
    add("--kernels", nargs=2, type=pair, metavar=("K1", "K2"), help="rows x columns of their kernels (default 5x5 5x5)")
    add = parser.add_argument_group("beyond the paper").add_argument
    add("--activation", choices=ACTIVATIONS, help=f"of both layers (paper: {PAPER.activation})")
    add("--pooling", choices=POOLINGS, help=f"after each (paper: {PAPER.pooling})")
    add("--head", choices=HEADS, help=f"of the scores, and the loss (paper: {PAPER.head})")
    add("--rule", choices=RULES, help=f"of a step (paper: {default.rule.name})")
    add("--momentum", type=float, metavar="MU", help="of heavy_ball and nesterov")
    add("--beta-1", type=float, metavar="B", help="of the first moment of adam and adamw")
    add("--beta-2", type=float, metavar="B", help="of the second")
    add("--epsilon", type=float, metavar="E", help="of adam and adamw")
    add("--weight-decay", type=float, metavar="L", help="of any rule; decoupled for adamw")
    add("--schedule", choices=SCHEDULES, help=f"of the learning rate (paper: {default.schedule.name})")
    add("--gamma", type=float, metavar="G", help="factor of step_decay and exponential_decay")
    add("--period", type=int, metavar="STEPS", help="from one application of it to the next")
    add("--warmup", type=int, metavar="STEPS", help="in which the rate rises to its full size")
    return parser


PARTS = {  # which part of a Config an option belongs to, and as what
    "activation": ("architecture", "activation"), "pooling": ("architecture", "pooling"),
    "head": ("architecture", "head"), "rule": ("rule", "name"), "momentum": ("rule", "mu"),
    "beta_1": ("rule", "beta_1"), "beta_2": ("rule", "beta_2"), "epsilon": ("rule", "epsilon"),
    "weight_decay": ("rule", "weight_decay"), "schedule": ("schedule", "name"), "gamma": ("schedule", "gamma"),
    "period": ("schedule", "period"), "warmup": ("schedule", "warmup"),
}  # fmt: skip


NEEDS = {  # which rules or schedules an option is for; with others it would do nothing
    "momentum": ("heavy_ball", "nesterov"), "beta_1": ("adam", "adamw"), "beta_2": ("adam", "adamw"),
    "epsilon": ("adam", "adamw"), "gamma": ("step_decay", "exponential_decay"),
    "period": ("step_decay", "exponential_decay"),
}  # fmt: skip


def configured(options: dict[str, Any]) -> Config:
    """The recipe with the options that were given. Raises: ValueError naming the option that is wrong."""
    config = RECIPES[options.pop("recipe", "paper")]
    changes = {name: value for name, value in options.items() if name not in PARTS}
    changes |= {name: tuple(changes[name]) for name in ("maps", "kernels") if name in changes}
    for name in options.keys() & PARTS:
        part, field = PARTS[name]
        try:
            changes[part] = replace(changes.get(part, getattr(config, part)), **{field: options[name]})
        except ValueError as error:
            raise ValueError(f"--{name.replace('_', '-')}: {error}") from None
    made = replace(config, **changes)
    for name, needs in NEEDS.items():
        part, chosen = ("schedule", made.schedule.name) if name in ("gamma", "period") else ("rule", made.rule.name)
        if name in options and chosen not in needs:
            raise ValueError(f"--{name.replace('_', '-')}: expected --{part} {' or '.join(needs)}, got {chosen}")
    return made


def data_of(state: State) -> Split:
    """The data that a run began with. Raises: ValueError when they are no longer there, or are others."""
    try:
        data = load_data(state.config)
    except FileNotFoundError as error:
        raise ValueError(f"{error}; if the data set was moved, say where it is with --data") from None
    check_data(state.data, data)
    return data
