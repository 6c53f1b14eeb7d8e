"""The certificate of the release: nobody changed it by hand, and the equations are still those that it is about."""

import copy
import functools
import json
import operator
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.certificate import digest, page
from tests.certificate.example import certificate, passing

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "certificate.schema.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return json.loads((ROOT / "docs" / "certificate.json").read_text("utf-8"))


def test_nobody_changed_it_and_its_equations_are_those_that_there_are(made: dict[str, Any]) -> None:
    digest.check(made)


def test_a_figure_that_is_changed_by_hand_is_noticed(made: dict[str, Any]) -> None:
    def figures(node: Any, *path: Any) -> list[tuple[Any, ...]]:
        named = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        return [found for name, value in named for found in figures(value, *path, name)] or [path]

    every = [path for path in figures(made) if path != ("sha256",)]
    assert len(every) > 1000
    for *path, last in every[:: len(every) // 200]:
        changed = copy.deepcopy(made)
        node = functools.reduce(operator.getitem, path, changed)
        node[last] = [node[last]]
        with pytest.raises(
            ValueError, match=r"^sha256: .* changed by hand; make the certificate anew: python scripts/"
        ):
            digest.check(changed)


@pytest.mark.parametrize("change", [lambda path: path.write_bytes(path.read_bytes() + b"\n"), Path.unlink])
@pytest.mark.parametrize("file", digest.sources())
def test_a_file_of_an_equation_that_changed_is_named(made: dict[str, Any], file: str, change, tmp_path: Path) -> None:
    for name in digest.sources():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    digest.check(made, tmp_path)
    change(tmp_path / file)
    with pytest.raises(ValueError, match=f"^sources: .* changes in {re.escape(file)}; make the certificate anew"):
        digest.check(made, tmp_path)


def test_every_equation_is_in_one_of_the_files() -> None:
    modules = {each["operator_form"]["module"] for each in certificate(passing())["equations"].values()}
    assert {f"{module.replace('.', '/')}.py" for module in modules} <= digest.sources().keys()
    assert {
        "vanillacnn/index_form.py",
        "vanillacnn/beyond/index_form.py",
        "docs/equations.toml",
    } <= digest.sources().keys()


def test_the_committed_certificate_is_of_this_schema_and_its_page_shows_it(made: dict[str, Any]) -> None:
    jsonschema.validate(made, SCHEMA)
    assert made["holds"]
    assert list(made["equations"]) == list(certificate(passing())["equations"])
    assert (ROOT / "docs" / "certificate.html").read_text("utf-8") == page.page(made)
