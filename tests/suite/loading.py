"""Loading an implementation by the name of its module or the path of its file, and finding what it offers."""

import ast
import difflib
import inspect
import sys
import warnings
from collections.abc import Iterator
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import pytest

from tests.suite.signatures import FUNCTIONS
from tests.suite.user_code import UserCode, x64


def load(name: str, sample_axis: str = "last") -> UserCode:
    """The implementation in this file, or in the module of this name.

    Raises: UsageError, in one line, when it cannot be imported or offers none of the functions.
    """
    if not name.endswith(".py") and ("/" in name or Path(name).is_file()):
        raise pytest.UsageError(f"--implementation {name}: expected a file that ends in .py, or a module, got neither")
    try:
        with warnings.catch_warnings(), x64(False):  # 64 bits are the suite's choice, and need not be theirs
            warnings.simplefilter("ignore")  # such as a backslash in a docstring
            module = from_file(Path(name)) if name.endswith(".py") else import_module(name)
            with_x64 = jax.config.jax_enable_x64
    except (Exception, SystemExit) as error:
        reason = " ".join(str(error).split())
        raise pytest.UsageError(f"--implementation {name}: {type(error).__name__}: {reason}{place(error)}") from None
    others = imported(module)
    own = {key: value for key, value in vars(module).items() if is_own(key, value, module, others)}
    functions = {key: value for key, value in own.items() if key in FUNCTIONS}
    hints = [*near_misses(own)]
    if not functions:
        known = "; ".join(hints) or f"expected some of {', '.join(FUNCTIONS)}, got none"
        raise pytest.UsageError(f"--implementation {name}: it defines no function of the suite: {known}")
    return UserCode(functions, sample_axis, Path(str(module.__file__)).resolve().parent, with_x64, hints)


def from_file(path: Path) -> ModuleType:
    """Under a name of its own: a file named scipy.py hides no package. Its folder is looked through last."""
    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    name = f"implementation_{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no Python file: {path}")
    sys.path.append(str(path.resolve().parent))
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def place(error: BaseException) -> str:
    """The file and line that an error at import comes from."""
    if isinstance(error, SyntaxError):
        return f" ({Path(str(error.filename)).name}, line {error.lineno})"
    frames = inspect.getinnerframes(error.__traceback__) if error.__traceback__ else []
    frames = [frame for frame in frames if "importlib" not in frame.filename and frame.filename != __file__]
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""


def is_own(name: str, value: Any, module: ModuleType, others: set[str]) -> bool:
    """Whether a name is a function that the module defines, or lists in __all__, or has from a file beside it."""
    if name.startswith("_") or not callable(value) or isinstance(value, type):
        return False
    if name in getattr(module, "__all__", ()) or name not in others:
        return True
    source = getattr(sys.modules.get(getattr(value, "__module__", "")), "__file__", None) or ""
    return Path(str(module.__file__)).resolve().parent in Path(source).parents and "site-packages" not in source


def imported(module: ModuleType) -> set[str]:
    """The names that import statements bind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {(alias.asname or alias.name).split(".")[0] for node in nodes for alias in node.names}


def near_misses(own: dict[str, Any]) -> Iterator[str]:
    missing = [name for name in FUNCTIONS if name not in own]
    for name in own.keys() - FUNCTIONS.keys():
        for meant in difflib.get_close_matches(name, missing, 1, 0.8):
            yield f"{name} is no function of the suite; {meant} is"
