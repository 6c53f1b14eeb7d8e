"""Print the lowest version that pyproject.toml admits of each package it names, as constraints for pip.

python .ci/lowest_versions.py > lowest.txt && python -m pip install -e '.[test]' -c lowest.txt
"""

import re
import tomllib
from pathlib import Path


def main() -> None:
    project = tomllib.loads((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    for requirement in [*project["dependencies"], *extras["plot"], *extras["test"]]:
        if found := re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement):
            print(f"{found[1]}=={found[2]}")


if __name__ == "__main__":
    main()
