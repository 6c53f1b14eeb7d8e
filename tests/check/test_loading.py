"""Loading somebody else's file, and the guard between it and the suite."""

from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
import pytest

from tests.conftest import expected_failures, pytest_configure
from tests.suite.loading import load
from tests.suite.user_code import UserCode
from vanillacnn.equations import dense


def written(folder: Path, name: str, source: str) -> str:
    (folder / name).write_text(source)
    return str(folder / name)


def test_what_a_module_imports_is_no_offer(tmp_path: Path) -> None:
    source = "from scipy.signal import correlate\npad = 0\ndef rotate(K): return K[::-1, ::-1].copy()\n"
    found = load(written(tmp_path, "scipy.py", source))
    assert found.functions.keys() == {"rotate"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "raise RuntimeError('set CUDA_VISIBLE_DEVICES first')",
            "^--implementation .*import_.py: RuntimeError: set CUDA",
        ),
        ("import sys; sys.exit('no')", "SystemExit: no"),
        ("def relu(C) return C", r"SyntaxError: .*\(import_.py, line 1\)"),
        ("def kernel_grad(S, dC): return 0", "kernel_grad is no function of the suite; kernel_gradient is"),
        ("x = 1", "expected some of correlate, .* got none"),
    ],
)
def test_a_file_that_offers_nothing_is_one_clear_line(tmp_path: Path, source: str, message: str) -> None:
    with pytest.raises(pytest.UsageError, match=message) as caught:
        load(written(tmp_path, "import_.py", source))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["no_such_module", "no_such_file.py"])
def test_what_is_not_there_is_a_usage_error(name: str) -> None:
    with pytest.raises(pytest.UsageError, match=name):
        load(name)


@pytest.mark.parametrize("name", ["README.md", "no/such/folder/"])
def test_what_is_neither_a_python_file_nor_a_module_is_said(name: str) -> None:
    with pytest.raises(pytest.UsageError, match=rf"^--implementation {name}: expected a file that ends in .py, or a "):
        load(name)


@pytest.mark.parametrize(
    "option", [("--sample-axis", "first"), ("--report", "report.json"), ("--expect-failure", "eq38: why")]
)
def test_what_is_about_an_implementation_is_refused_without_one(option: tuple[str, str]) -> None:
    """Else a mistyped --implementation would test our own code, and that is right."""
    name, value = option
    given = {name.strip("-").replace("-", "_"): value}
    with pytest.raises(pytest.UsageError, match=f"^{name}: expected --implementation with it, got none$"):
        pytest_configure(SimpleNamespace(getoption=given.get))


@pytest.mark.parametrize("text", ["eq99: why", "eq38", "(38): why"])
def test_an_expected_failure_names_an_equation_and_a_reason(text: str) -> None:
    with pytest.raises(pytest.UsageError, match="expected 'eq38: reason'"):
        expected_failures([text])


def test_jax_has_64_bits_only_where_their_code_turns_them_on(tmp_path: Path) -> None:
    source = "import jax.numpy as jnp\ndef relu(C): return jnp.maximum(C, 0)\n"
    C = np.array([[[[0.5]]]])
    plain = load(written(tmp_path, "plain.py", source))
    plain.relu(C)
    assert ("relu", "returns float32 for float64") in plain.notes
    double = load(written(tmp_path, "double.py", "import jax\njax.config.update('jax_enable_x64', True)\n" + source))
    double.relu(C)
    assert not double.notes
    assert jax.config.jax_enable_x64


def test_their_warnings_are_notes(tmp_path: Path) -> None:
    found = load(written(tmp_path, "warns.py", "import numpy as np\ndef sigmoid(x): return 1 / (1 + np.exp(-x))\n"))
    assert found.sigmoid(np.array([-1000.0])) == 0
    assert ("sigmoid", "warns: RuntimeWarning: overflow encountered in exp") in found.notes


def test_the_guard_passes_values_on_and_no_fault_away() -> None:
    """A wrong shape stays wrong, a result keeps its values, and nothing that is noted changes one."""
    rng = np.random.default_rng(0)
    W, v, b = rng.standard_normal((3, 4)), rng.standard_normal((4, 2)), rng.standard_normal(3)
    right = UserCode({"dense_forward": dense.dense_forward}).dense_forward(W, v, b)
    np.testing.assert_array_equal(right, dense.dense_forward(W, v, b), strict=True)
    assert UserCode({"dense_forward": lambda W, v, b: (W @ v).T}).dense_forward(W, v, b).shape == (2, 3)
    half = UserCode({"dense_forward": lambda W, v, b: (W @ v).astype(np.float16)}).dense_forward(W, v, b)
    assert np.abs(half - W @ v).max() > 1e-6
