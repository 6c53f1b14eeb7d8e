"""Which files a certificate is about, and that neither they nor it have changed since: by SHA-256."""

import hashlib
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# What the equations are: their formulas, both their forms, and how they are put together. A test may change without a
# new certificate, which says what the tests of its own day have shown.
SOURCES = (
    "vanillacnn/equations/*.py", "vanillacnn/beyond/*.py", "vanillacnn/index_form.py", "vanillacnn/network.py",
    "vanillacnn/architecture.py", "vanillacnn/optimizer.py", "docs/equations.toml",
)  # fmt: skip
ANEW = "make the certificate anew: python scripts/certify.py --out docs"


def sources(root: Path = ROOT) -> dict[str, str]:
    """The digest of each file."""
    paths = sorted(path for pattern in SOURCES for path in root.glob(pattern))
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def of(certificate: dict[str, Any]) -> str:
    """The digest of all figures of a certificate, whatever its file looks like."""
    figures = {key: value for key, value in certificate.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(figures, sort_keys=True).encode()).hexdigest()


def check(certificate: dict[str, Any], root: Path = ROOT) -> None:
    """Raises: ValueError for a certificate that was changed by hand, or is about other files than there are."""
    if certificate["sha256"] != of(certificate):
        raise ValueError(f"sha256: expected {of(certificate)}, got {certificate['sha256']}: changed by hand; {ANEW}")
    now, then = sources(root), certificate["sources"]
    if changed := sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name)):
        raise ValueError(f"sources: expected those of the certificate, got changes in {', '.join(changed)}; {ANEW}")
