"""What is mutated: every function of the equations, and what the proofs and comparisons rest on; and its own tests."""

import ast
import inspect
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

from tests.mutation.operators import Mutant, mutants
from tests.suite import traceability
from tests.suite.traceability import cited, labels_of_test

OTHERS = {  # which tests are about functions that are no equations
    "vanillacnn.network.update": ("equations/test_update.py::test_",),
    "vanillacnn.equations.bands": ("equations/test_convolution.py",),
    "vanillacnn.architecture": ("network/test_architecture.py",),
    "vanillacnn.network_checks": (
        "network/test_network.py",
        "network/test_checks.py",
        "equations/test_update.py::test_",
    ),
    "vanillacnn.network": (
        "network/test_network.py",
        "network/test_checks.py",
        "equations/test_initialization.py::test_the_network",
    ),
    "vanillacnn.checks": (
        "equations/test_arguments.py",
        "network/test_checks.py",
        "network/test_network.py",
        "training/test_optimizer",
    ),
    "vanillacnn.optimizer": ("training/test_optimizer", "network/test_checks.py::test_the_numbers_of_a"),
    "reference.rounding.bounds": ("reference/test_bounds.py",),
    "reference.exact.numbers": ("reference/test_exact.py",),
    "reference.exact.jaxpr": ("reference/test_jaxpr.py",),
    "vanillacnn.check.bounds": ("check/test_bounds.py",),
    "tests.suite.compare": ("check/test_comparisons.py",),
}
# What takes long, and is run by its name or by --all.
WIDER = {
    "vanillacnn.training.batches": ("training/test_batches.py", "training/test_training.py", "training/test_ranks.py"),
    "vanillacnn.training.step": ("training/test_training.py", "training/test_parallel.py"),
    "vanillacnn.training.run": ("training/test_training.py", "training/test_ranks.py"),
    "vanillacnn.training.config": (
        "training/test_batches.py",
        "training/test_training.py",
        "training/test_checkpoint.py",
    ),
    "vanillacnn.training.parallel": (
        "training/test_launchers.py",
        "training/test_parallel.py",
        "training/test_ranks.py",
    ),
    "vanillacnn.training.checkpoint": (
        "training/test_checkpoint.py",
        "training/test_forged_checkpoint.py",
        "training/test_network_file_systems.py",
        "training/saving/test_refusals.py",
        "training/saving/test_writing.py",
    ),
    "vanillacnn.training.run_folder": (
        "training/test_run_folder.py",
        "training/test_provenance.py",
        "training/test_network_file_systems.py",
        "training/saving/test_folders.py",
        "training/saving/test_origins.py",
    ),
    "vanillacnn.mnist.dataset": ("mnist/test_dataset.py", "mnist/test_mnist.py"),
    "vanillacnn.mnist.idx": ("mnist/test_idx.py", "mnist/test_dataset.py"),
    "reference.rounding.propagation": ("reference/test_propagation", "network/test_architecture.py"),
    "reference.formulas.evaluation": ("reference/formulas/test_evaluation.py",),
    "reference.formulas.grammar": ("reference/formulas/test_grammar.py",),
    "reference.formulas.indexed": ("reference/formulas/test_indexed.py",),
    "reference.formulas.latex": ("reference/formulas/test_latex.py",),
    "reference.formulas.loops": ("reference/formulas/test_loops.py",),
    "reference.formulas.meaning": ("reference/formulas/test_meaning.py",),
    "reference.formulas.sums": ("reference/formulas/test_sums.py",),
    "vanillacnn.check.convolution": (
        "check/test_layers.py",
        "check/test_styles.py",
        "check/test_report.py",
        "check/test_hints.py",
    ),
    "scripts.digits": ("scripts/test_picture_steps.py", "scripts/test_digits.py"),
    "scripts.pictures": ("scripts/test_pictures.py", "scripts/test_picture_files.py"),
}
MODULES = [module.__name__ for module in [*traceability.MODULES, *traceability.INDEX_MODULES]] + [
    name for name in OTHERS if name != "vanillacnn.network.update"
]
EQUIVALENT: dict[str, dict[str, str]] = tomllib.loads((Path(__file__).parent / "equivalent.toml").read_text("utf-8"))
UNREAD = {"__repr__", "__str__", "_name", "pasteable", "same_entries"}  # they make text for people


class Target(NamedTuple):
    """A function, and which tests are about it: those that name it or its equations, or whose names begin so."""

    name: str
    function: FunctionType
    labels: frozenset[str]
    tests: tuple[str, ...]

    def concerns(self, nodeid: str) -> bool:
        if self.labels:
            named = nodeid.endswith(f"[{self.function.__name__}]")
            return named or not self.labels.isdisjoint(labels_of_test(nodeid))
        return nodeid.removeprefix("tests/").startswith(self.tests)

    def mutants(self) -> list[Mutant]:
        source = inspect.getsourcefile(self.function)
        return list(mutants(definition(self.function), returns_floats(self.function), str(source)))


def targets() -> list[Target]:
    return [target for module in MODULES for target in targets_in(module)]


def wider() -> list[Target]:
    return [target for module in WIDER for target in targets_in(module)]


def targets_in(module: str) -> Iterator[Target]:
    """Every function of a module and every method; a helper belongs to the equations of those that call it."""
    functions = dict(functions_in(import_module(module)))
    for name, function in functions.items():
        full = f"{module}.{name}"
        tests = next((tests for prefix, tests in (OTHERS | WIDER).items() if f"{full}.".startswith(f"{prefix}.")), ())
        labels = set() if tests else equations(function)
        if not labels and not tests:
            callers = [other for other in functions.values() if name in other.__code__.co_names]
            labels = set().union(*map(equations, callers))
        if name.split(".")[-1] not in UNREAD:
            yield Target(full, function, frozenset(labels), tests)


def functions_in(module: Any) -> Iterator[tuple[str, FunctionType]]:
    for name, value in vars(module).items():
        members = vars(value).items() if isinstance(value, type) else [("", value)]
        for member, function in members:
            function = inspect.unwrap(getattr(function, "__func__", function))
            own = isinstance(function, FunctionType) and function.__code__.co_filename == module.__file__
            # Not once more under another name; and what calls super() cannot change its code.
            if own and function.__name__ in (name, member) and not function.__code__.co_freevars:
                yield f"{name}.{member}".rstrip("."), function


def equations(function: FunctionType) -> set[str]:
    return set(cited(function.__doc__)[0])


def definition(function: FunctionType) -> ast.FunctionDef:
    """Its node in the tree of its file, which keeps the numbers of the lines."""
    tree = ast.parse(Path(str(inspect.getsourcefile(function))).read_text("utf-8"))
    lines = range(function.__code__.co_firstlineno, function.__code__.co_firstlineno + 9)  # decorators come first
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function.__name__]
    return next(node for node in nodes if node.lineno in lines)


def returns_floats(function: FunctionType) -> bool:
    """Whether it is arrays of numbers, or numbers, that a function returns."""
    annotation = definition(function).returns
    text = ast.unparse(annotation) if annotation else ""
    alias = str(function.__globals__.get(text, text))
    return "ndarray" in alias or text in ("Scalar", "Floats")
