"""What every test shares: annotations checked at run time, Hypothesis profiles, and the implementation under test."""

import os
from importlib import import_module

from jaxtyping import install_import_hook

# Before the first import of the library: every call in every test is held against the shapes in its annotations.
install_import_hook(["vanillacnn", "reference"], "beartype.beartype")

import hypothesis  # noqa: E402
import pytest  # noqa: E402

from tests import report, traceability  # noqa: E402
from tests.implementation import FUNCTIONS, Implementation  # noqa: E402

# An inherited property is one test function run by several classes. That is what is meant here.
INHERITED = [hypothesis.HealthCheck.differing_executors]
for name, examples in {"quick": 25, "default": 100, "deep": 1000}.items():
    hypothesis.settings.register_profile(
        name,
        deadline=None,
        max_examples=examples,
        suppress_health_check=INHERITED,
        print_blob=True,
        phases=set(hypothesis.Phase) - {hypothesis.Phase.explain},  # a mismatch shows its arrays already
        derandomize="CI" in os.environ,
    )
hypothesis.settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("vanillacnn")
    group.addoption("--implementation", metavar="MODULE", help="run the suite against the functions of this module")
    group.addoption("--sample-axis", choices=("last", "first", "none"), default="last", help="of its arrays")
    group.addoption("--equations", action="store_true", help="print which tests hold which equation, and exit")
    group.addoption("--kills", type=int, default=3, help="how often the kill test kills a training run (default: 3)")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*functions): the functions that a test calls of the implementation")
    if config.getoption("implementation"):
        config.pluginmanager.register(report.Report(door(config)), "equations")


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    if config.getoption("equations"):
        print(traceability.table())
        return 0
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """For an implementation that came in by the door, only the tests of what it offers."""
    if config.getoption("implementation"):
        offered = door(config).functions
        kept = [item for item in items if report.needs(item) and report.needs(item) <= offered.keys()]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def door(config: pytest.Config) -> Implementation:
    """The implementation under test: the library itself, unless another is named."""
    if name := config.getoption("implementation"):
        try:
            found = Implementation(import_module(name), sample_axis=config.getoption("sample_axis"))
        except ImportError as error:
            raise pytest.UsageError(f"--implementation {name}: {error}") from None
        if not found.functions:
            raise pytest.UsageError(f"--implementation {name}: expected some of {', '.join(FUNCTIONS)}, got none")
        return found
    return Implementation(*traceability.MODULES)


@pytest.fixture(scope="session")
def implementation(request: pytest.FixtureRequest) -> Implementation:
    return door(request.config)
