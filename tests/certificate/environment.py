"""Where a certificate was made: the kind of machine, the versions, the commit. Nothing says whose machine it is."""

import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
PACKAGES = ("numpy", "jax", "jaxlib", "hypothesis", "pytest", "scipy", "sympy")


def environment() -> dict[str, Any]:
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {name: version(name) for name in PACKAGES},
        "blas": f"{blas['name']} {blas['version']}",
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
    }


def processor() -> str:
    """The model where the system tells it, as Linux does."""
    information = Path("/proc/cpuinfo")
    text = information.read_text("utf-8") if information.exists() else ""
    model = re.search(r"^model name\s*: (.+)$", text, re.M)
    return model[1] if model else platform.processor() or platform.machine()


def commit() -> dict[str, Any] | None:
    """The commit that is checked out, and whether files differ from it; None where there is no repository."""
    commit = git("rev-parse", "HEAD")
    return commit and {"hash": commit, "dirty": bool(git("status", "--porcelain"))}


def git(*arguments: str) -> str | None:
    """What git says of the checkout; None where there is none, such as in an unpacked archive."""
    try:
        result = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    except FileNotFoundError:
        return None
    return result.stdout.strip() if result.returncode == 0 else None
