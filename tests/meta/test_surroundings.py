"""What is not ours fails no test: warnings of others, caches that cannot be read or written, and files in the way."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from tests.conftest import SHAPED, writable

ROOT = Path(__file__).parents[2]
PROGRAM = """
import jax, sys
jax.config.update("jax_compilation_cache_dir", sys.argv[1])
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
print(jax.jit(lambda x: 2 * x + 1)(20.5))
"""


@pytest.mark.parametrize("module", ["jax._src.compilation_cache", "hypothesis.database", "matplotlib", "my_cnn"])
def test_a_warning_of_others_is_no_error(module: str) -> None:
    with pytest.warns(UserWarning, match="theirs"):
        warnings.warn_explicit("theirs", UserWarning, f"{module}.py", 1, module=module)


@pytest.mark.parametrize("module", ["vanillacnn.network", "reference.autodiff", "scripts.train", "tests.suite.compare"])
def test_a_warning_of_ours_is_an_error(module: str) -> None:
    with pytest.raises(UserWarning, match="ours"):
        warnings.warn_explicit("ours", UserWarning, f"{module}.py", 1, module=module)


def test_a_folder_where_nothing_can_be_written_is_seen(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert writable(tmp_path / "new" / "folder")
    assert not writable(tmp_path / "file")
    assert not writable(tmp_path / "file" / "folder")
    assert not writable(Path("/proc/nothing"))


def compiled(cache: Path) -> str:
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(cache)], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.slow
def test_truncated_programs_are_compiled_anew(tmp_path: Path) -> None:
    assert compiled(tmp_path) == "42.0"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    for path in files:
        os.truncate(path, path.stat().st_size // 2)
    assert compiled(tmp_path) == "42.0"


@pytest.mark.slow
def test_the_suite_runs_where_nothing_can_be_written(tmp_path: Path) -> None:
    """The caches of a copy are files, and so is its home: nothing is lost but time."""
    for part in ("tests", "vanillacnn", "reference", "scripts", "docs", "pyproject.toml"):
        (tmp_path / part).symlink_to(ROOT / part)
    for name in (".cache", ".hypothesis", ".pytest_cache", "home"):
        (tmp_path / name).write_text("")
    (tmp_path / "tests").unlink()
    (tmp_path / "tests").mkdir()
    for path in (ROOT / "tests").iterdir():
        if path.name != "conftest.py":
            (tmp_path / "tests" / path.name).symlink_to(path)
    (tmp_path / "tests" / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text("utf-8"), "utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-k", "eq29 or eq30", "tests/equations/test_dense.py"],
        cwd=tmp_path,
        env=environment | {"HOME": str(tmp_path / "home"), "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("no cache, because nothing can be written there") == 1


def test_every_module_with_shapes_in_its_annotations_is_compared_with_them() -> None:
    for package in ("vanillacnn", "reference"):
        for path in (ROOT / package).rglob("*.py"):
            module = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
            shaped = any(module == name or module.startswith(f"{name}.") for name in SHAPED)
            assert shaped or "from jaxtyping import" not in path.read_text("utf-8"), module
