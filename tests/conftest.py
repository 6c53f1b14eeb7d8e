"""What every test shares: annotations checked at run time, Hypothesis profiles, and the implementation under test."""

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
# `python -m pytest` in somebody's own folder looks there first, where a scipy.py of theirs would be taken for SciPy.
if Path.cwd() != ROOT:
    here = [entry for entry in sys.path if Path(entry or ".").resolve() == Path.cwd()]
    sys.path[:] = [entry for entry in sys.path if entry not in here] + here[:1]

# JAX, SymPy and the tests themselves are millions of objects that stay. To look for garbage among them less often takes
# a fifteenth of the time off.
gc.set_threshold(50_000, 20, 20)

# The products of the tests are small and the processes two: more threads would only get in each other's way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import jaxtyping  # noqa: E402

# Before the first import of the library: every call in every test is compared with the shapes in its annotations. Where
# there are no shapes, mypy says as much, and the formulas and the exact numbers would take several times as long.
LIBRARY = ("arrays", "beyond", "equations", "index_form", "network", "optimizer", "training")
ORACLE = ("autodiff", "complex_step", "forward", "heads")
SHAPED = [f"vanillacnn.{name}" for name in LIBRARY] + [f"reference.{name}" for name in ORACLE]
jaxtyping.install_import_hook(SHAPED, "beartype.beartype")

import hypothesis  # noqa: E402
import jax  # noqa: E402
import pytest  # noqa: E402

from tests.certificate import evidence  # noqa: E402
from tests.suite import report, traceability  # noqa: E402
from tests.suite.implementation import Implementation  # noqa: E402
from tests.suite.loading import load  # noqa: E402
from tests.suite.user_code import UserCode  # noqa: E402


def writable(folder: Path) -> bool:
    """Whether a file can be made there. Permissions alone do not say: a disk may be full, or mounted read-only."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"1")
    except OSError:
        return False
    return True


# Caches that cannot be written are done without, and the header of the run says so.
CACHES = {"compiled programs": ROOT / ".cache" / "jax", "examples that failed": ROOT / ".hypothesis"}
MISSING = [f"{what} ({folder})" for what, folder in CACHES.items() if not writable(folder)]

# What XLA has compiled once is there the next time.
if writable(CACHES["compiled programs"]):
    jax.config.update("jax_compilation_cache_dir", str(CACHES["compiled programs"]))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)

hypothesis.configuration.set_hypothesis_home_dir(CACHES["examples that failed"])
DATABASE = {} if writable(CACHES["examples that failed"]) else {"database": None}

# XLA takes a third less time over its programs, and they are nearer to what JAX derives.
jax.config.update("jax_disable_most_optimizations", True)

# Scripts of the tests draw pictures: without a folder of its own matplotlib says on stderr that it made one.
if "MPLCONFIGDIR" not in os.environ and not writable(Path.home() / ".config" / "matplotlib"):
    os.environ["MPLCONFIGDIR"] = tempfile.mkdtemp(prefix="matplotlib-")

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
        **DATABASE,
    )
hypothesis.settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("vanillacnn")
    group.addoption("--implementation", metavar="FILE", help="run the suite on this file or module (write = before it)")
    group.addoption("--sample-axis", choices=("last", "first", "none"), help="of its arrays (default: last)")
    group.addoption("--report", metavar="FILE", default="", help="write the verdicts on it into this file, as JSON")
    group.addoption("--expect-failure", metavar="'eq38: WHY'", action="append", default=[], help="a known deviation")
    group.addoption("--equations", action="store_true", help="print which tests hold which equation, and exit")
    group.addoption("--evidence", metavar="FILE", help="write what each test has shown into this file")
    group.addoption("--kills", type=int, default=3, help="how often the kill test kills a training run (default: 3)")


def pytest_configure(config: pytest.Config) -> None:
    if name := config.getoption("implementation"):
        # Refused sizes are filtered, however many they are.
        hypothesis.settings.register_profile(
            "user code", suppress_health_check=list(hypothesis.HealthCheck), database=None
        )
        hypothesis.settings.load_profile("user code")
        if name.endswith(".py"):  # the processes of a run need not be where it was started
            config.option.implementation = str(config.invocation_params.dir / name)
        config.stash[USER_CODE] = load(config.option.implementation, config.getoption("sample_axis") or "last")
        expected = expected_failures(config.getoption("expect_failure"))
        written = config.getoption("report") and str(config.invocation_params.dir / config.getoption("report"))
        strict = bool(config.getoption("strict", False))
        plugin = report.Report(config.stash[USER_CODE], name, expected, strict, written)
        config.pluginmanager.register(plugin, "equations")
        config.option.tbstyle, config.option.reportchars = "no", "N"  # the report has it all, and comes last
    else:  # what would say nothing of anyone's code, although it may look so
        for option in ("--sample-axis", "--report", "--expect-failure"):
            if config.getoption(option.strip("-").replace("-", "_")):
                raise pytest.UsageError(f"{option}: expected --implementation with it, got none")
    if config.getoption("evidence"):
        plugin = evidence.Evidence(Path(config.getoption("evidence")), hasattr(config, "workerinput"))
        evidence.watch(plugin.see)
        config.pluginmanager.register(plugin, "evidence")


USER_CODE = pytest.StashKey[UserCode]()


def expected_failures(texts: list[str]) -> dict[str, str]:
    """The labels that 'eq38: reason' and the like name, with their reasons."""
    labels = {traceability.identifier(label): label for row in traceability.rows() for label in row.labels}
    found = {}
    for text in texts:
        name, _, reason = text.partition(":")
        if name.strip() not in labels or not reason.strip():
            raise pytest.UsageError(
                f"--expect-failure: expected 'eq38: reason' with an equation there is, got {text!r}"
            )
        found[labels[name.strip()]] = reason.strip()
    return found


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """A label has one form in the name of every test: eq36, H3, deltaI."""
    return traceability.identifier(val) if argname == "label" and isinstance(val, str) else None


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Two processes do not say how many tests they leave out, so the rule is said."""
    rest = "-m slow, -m exhaustive, -m browser, -m paper, -m mpi, -m bench, -m proof"
    missing = [f"no cache, because nothing can be written there: {', '.join(MISSING)}"] if MISSING else []
    return [f"tests: {config.option.markexpr or 'all'} (the rest: {rest})", *missing]


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    if config.getoption("equations"):
        print(traceability.table())
        return 0
    return None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Somebody else's functions are called in the tests of the equations only."""
    elsewhere = collection_path.parent.name not in ("equations", "beyond")
    return True if USER_CODE in config.stash and collection_path.suffix == ".py" and elsewhere else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """For somebody else's implementation, only the tests of what it offers."""
    if USER_CODE in config.stash:
        offered = config.stash[USER_CODE].functions.keys()
        kept = [item for item in items if report.needs(item) and report.needs(item) <= offered]
        kept = [item for item in kept if report.form(item) != ""]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


@pytest.fixture(scope="session")
def implementation(request: pytest.FixtureRequest) -> Implementation:
    """The library itself, unless another module is named."""
    return request.config.stash.get(USER_CODE, None) or Implementation(*traceability.MODULES)


@pytest.fixture
def unchecked_annotations() -> Iterator[None]:
    """As in a user's program, where no annotation is checked at run time."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
