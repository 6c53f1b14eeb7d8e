"""The checks in a file, for the command line: its own functions check_*() that return a report."""

import importlib.util
import inspect
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from vanillacnn.check.report import CheckError, Report
from vanillacnn.check.runner import describe


def check_file(path: Path, strict: bool, out: Path | None) -> int:
    """Prints each report. The status is 0 if all are ok, 1 if one is not, and 2 if something could not be checked."""
    try:
        checks = checks_of(load(path))
    except (Exception, SystemExit) as error:
        return failed(path, describe(error))
    if not checks:
        return failed(path, "expected functions check_*() that return a report, got none")
    reports: list[Report] = []
    status = 0
    for name, check in checks.items():
        try:
            result = check()
        except CheckError as error:  # of a raise_for_errors()
            print(f"{name}: {error}")
            status = max(status, 1)
            continue
        except (Exception, SystemExit) as error:
            status = failed(path, f"{name}: {describe(error)}")
            continue
        if not isinstance(result, Report):
            status = failed(path, f"{name}: expected a report, got {type(result).__name__}")
            continue
        result.strict = result.strict or strict
        print(f"{name}: {result}")
        status = max(status, 0 if result.ok else 1)
        reports.append(result)
    if out is not None:
        try:
            out.write_text(json.dumps([json.loads(report.json()) for report in reports], indent=1), "utf-8")
        except OSError as error:
            status = failed(out, describe(error))
    return status


def failed(path: Path, reason: str) -> int:
    print(f"check: error: {path}: {reason}", file=sys.stderr)
    return 2


def load(path: Path) -> ModuleType:
    """The file as a module, which may import its neighbours. Its name is none that a package has."""
    if path.suffix != ".py" or not path.is_file():
        came = "a folder" if path.is_dir() else "another kind of file" if path.is_file() else "none"
        raise FileNotFoundError(f"expected a Python file, got {came}")
    name = f"checks_in_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None  # for a file that ends in .py there is one, and it has a loader
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))
    spec.loader.exec_module(module)
    return module


def checks_of(module: ModuleType) -> dict[str, Callable[[], Any]]:
    """What is imported, such as check_convolution itself, is not the file's, and what needs arguments is no check."""
    return {
        name: value
        for name, value in vars(module).items()
        if name.startswith("check_") and is_own(value, module) and needs_nothing(value)
    }


def is_own(value: Any, module: ModuleType) -> bool:
    return isinstance(value, partial) or getattr(value, "__module__", "") == module.__name__


def needs_nothing(function: Callable[..., Any]) -> bool:
    parameters = inspect.signature(function).parameters.values()
    return all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)
