"""What every test shares: annotations checked at run time, Hypothesis profiles, and the implementation under test."""

from importlib import import_module

from jaxtyping import install_import_hook

# Before the first import of the library: every call in every test is held against the shapes in its annotations.
install_import_hook(["vanillacnn", "reference"], "beartype.beartype")

import hypothesis  # noqa: E402
import pytest  # noqa: E402

from tests.implementation import Implementation  # noqa: E402

# By name, because `vanillacnn.loss` and `vanillacnn.update` as attributes are the public functions.
LAYERS = "correlation sigmoid initialization convolution pooling vectorization dense loss update"

# An inherited property is one test function run by several classes. That is what is meant here.
INHERITED = [hypothesis.HealthCheck.differing_executors]
hypothesis.settings.register_profile("quick", deadline=None, max_examples=25, suppress_health_check=INHERITED)
hypothesis.settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=3, help="how often the kill test kills a training run (default: 3)")


@pytest.fixture(scope="session")
def implementation() -> Implementation:
    return Implementation(*(import_module(f"vanillacnn.{layer}") for layer in LAYERS.split()))
