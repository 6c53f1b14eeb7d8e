"""The checks in a file, for the command line: its own functions check_*() that return a report."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from vanillacnn.check.report import Report
from vanillacnn.check.runner import describe


def check_file(path: Path, strict: bool, out: Path | None) -> int:
    """Prints each report. The status is 0 if all are ok, 1 if one is not, and 2 if nothing could be checked."""
    try:
        reports = list(reports_of(load(path)))
    except Exception as error:
        print(f"check: error: {path}: {describe(error)}", file=sys.stderr)
        return 2
    if not reports:
        print(f"check: error: {path}: expected functions check_*() that return a report, got none", file=sys.stderr)
        return 2
    for report in reports:
        report.strict = report.strict or strict
        print(report)
    if out is not None:
        out.write_text(json.dumps([json.loads(report.json()) for report in reports], indent=1), "utf-8")
    return 0 if all(report.ok for report in reports) else 1


def load(path: Path) -> ModuleType:
    """The file as a module, which may import its neighbours."""
    if not path.is_file():
        raise FileNotFoundError("expected a Python file, got none")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ValueError("expected a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))
    spec.loader.exec_module(module)
    return module


def reports_of(module: ModuleType) -> Iterator[Report]:
    """What is imported, such as check_convolution itself, is not the file's."""
    for name, value in vars(module).items():
        if name.startswith("check_") and getattr(value, "__module__", "") == module.__name__:
            report = value()
            if isinstance(report, Report):
                yield report
