"""What every test shares: annotations checked at run time, Hypothesis profiles, and the implementation under test."""

import os
from pathlib import Path

# The products of the tests are small and the processes two: more threads would only get in each other's way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from jaxtyping import install_import_hook

# Before the first import of the library: every call in every test is held against the shapes in its annotations.
install_import_hook(["vanillacnn", "reference"], "beartype.beartype")

import hypothesis  # noqa: E402
import jax  # noqa: E402
import pytest  # noqa: E402

from tests.certificate import evidence  # noqa: E402
from tests.suite import report, traceability  # noqa: E402
from tests.suite.implementation import Implementation, door  # noqa: E402

# What XLA has compiled once is there the next time.
jax.config.update("jax_compilation_cache_dir", str(Path(__file__).parents[1] / ".cache" / "jax"))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)

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
    group.addoption("--evidence", metavar="FILE", help="write what each test has shown into this file")
    group.addoption("--kills", type=int, default=3, help="how often the kill test kills a training run (default: 3)")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("implementation"):
        config.pluginmanager.register(report.Report(under_test(config)), "equations")
    if config.getoption("evidence"):
        plugin = evidence.Evidence(Path(config.getoption("evidence")), hasattr(config, "workerinput"))
        evidence.watch(plugin.see)
        config.pluginmanager.register(plugin, "evidence")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """A label has one form in the name of every test: eq36, H3, deltaI."""
    return traceability.identifier(val) if argname == "label" and isinstance(val, str) else None


def pytest_report_header(config: pytest.Config) -> str:
    """Two processes do not say how many tests they leave out, so the rule is said."""
    rest = "-m slow, -m exhaustive, -m browser, -m paper, -m mpi, -m bench, -m proof"
    return f"tests: {config.option.markexpr or 'all'} (the rest: {rest})"


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    if config.getoption("equations"):
        print(traceability.table())
        return 0
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """For an implementation that came in by the door, only the tests of what it offers."""
    if config.getoption("implementation"):
        offered = under_test(config).functions
        kept = [item for item in items if report.needs(item) and report.needs(item) <= offered.keys()]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def under_test(config: pytest.Config) -> Implementation:
    """The library itself, unless another module is named."""
    if name := config.getoption("implementation"):
        return door(name, config.getoption("sample_axis"))
    return Implementation(*traceability.MODULES)


@pytest.fixture(scope="session")
def implementation(request: pytest.FixtureRequest) -> Implementation:
    return under_test(request.config)
