"""The signatures of docs/equations.toml: which axes the arrays have that a function takes and gives."""

import re
from typing import NamedTuple

from reference.formulas.notation import formulas


class Function(NamedTuple):
    """The axes of the array arguments, a letter each, None for any other argument; and those of the result."""

    arguments: dict[str, str | None]
    result: str | None
    mean: bool  # over the samples, where the result has none

    @property
    def sampled(self) -> list[str]:
        return [name for name, axes in self.arguments.items() if axes is not None and "n" in axes]


def signature(text: str) -> Function:
    left, right = text.split(" -> ")
    arguments = {name: axes and axes[1:-1] for name, axes in re.findall(r"(\w+)(\[\w*\])?", left)}
    result = re.search(r"\[(\w*)\]", right)
    return Function({name: axes or None for name, axes in arguments.items()}, result and result[1], "mean" in right)


SIGNATURES = {formula.function: formula.signature for formula in formulas().values()}
FUNCTIONS = {name: signature(text) for name, text in SIGNATURES.items()}
