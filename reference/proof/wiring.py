"""The network of §4.2 and §4.4 in Gallina: which equation makes which array, read off the formulas' left sides."""

from collections.abc import Iterator, Mapping

from reference.formulas.tree import Cell
from reference.proof.definition import Definition
from reference.proof.gallina import SIZES, symbol

FORWARD = ("eq14", "eq15", "eq16", "eq18", "eq19", "eq20", "eq22", "eq24", "eq25", "eq26")
BACKWARD = (
    "eq27", "eq28", "eq29", "eq30", "eq31", "eq33", "eq34", "eq35", "eq36", "eq37", "eq38", "eq39", "eq40", "eq41",
    "eq42", "deltaI",
)  # fmt: skip
INPUTS = {"I": 2, "K1": 4, "b1": 1, "K2": 4, "b2": 1, "W": 2, "b": 1}  # what moves, with its axes; y stands still
# How the sizes of a layer hang together, k for the layer: the header of equations.toml.
RELATIONS = ("1 <= {a}_k{k} n <= {a}_i{k} n", "{a}_c{k} n = {a}_i{k} n - {a}_k{k} n + 1", "{a}_c{k} n = 2 * {a}_s{k} n")
GLOBAL = ("x_i2 n = x_s1 n", "y_i2 n = y_s1 n", "M n = x_s2 n * y_s2 n * Q n", "0 <= P n", "0 <= Q n", "0 <= Y n")


def made(definition: Definition) -> str:
    """The array on the left side."""
    assert isinstance(definition.left, Cell)
    return symbol(definition.left).gallina


def layered(definition: Definition) -> Iterator[str]:
    """The sizes of a definition, those of its layer: x_k of layer 1 is x_k1 n."""
    names = [made(definition), *definition.symbols]
    layer = max((character for name in names for character in name if character in "12"), default="0")
    for size in definition.sizes:
        yield f"({size}{layer if '_' in size else ''} n)"


def call(definition: Definition, given: Mapping[str, str]) -> str:
    """The definition applied to what stands for each of its arrays."""
    if definition.relation:
        return f"flatten {given[next(name for name in definition.symbols if name != made(definition))]}"
    return " ".join([definition.name, *layered(definition), *(given[name] for name in definition.symbols)])


def network(found: Mapping[str, Definition]) -> str:
    """Gallina that composes the definitions; it takes them from the file, and no array that the file does not make."""
    sizes = [size for size in SIZES if "_" not in size] + [f"{size}{k}" for k in "12" for size in SIZES if "_" in size]
    lines = ["", "(* The network: its sizes, what it is given, and what each equation makes of that. *)"]
    lines.append(f"Record sizes := {{ {'; '.join(f'{size} : Z' for size in sizes)} }}.")
    fields = (f"{name} : {'Z -> ' * axes}R" for name, axes in INPUTS.items())
    lines.append(f"Record operands := {{ {'; '.join(fields)} }}.")
    relations = [each.format(a=axis, k=k) for k in "12" for axis in "xy" for each in RELATIONS]
    lines.append("Definition fitting (n : sizes) : Prop :=\n  " + " /\\\n  ".join([*relations, *GLOBAL]) + ".")
    vector = found["eq22"]
    lines.append("Definition flattens (n : sizes) (flatten : (Z -> Z -> Z -> R) -> Z -> R) : Prop :=")
    inner = {name: name if name != made(vector) else "(flatten S2)" for name in vector.symbols}
    lines.append(
        f"  forall S2, {' '.join([vector.name, *layered(vector), *(inner[name] for name in vector.symbols)])}."
    )
    lines += ["Section Network.", "Variables (flatten : (Z -> Z -> Z -> R) -> Z -> R) (y : Z -> R)."]
    given = {name: f"({name} x)" for name in INPUTS} | {"y": "y"}
    intermediate = []
    for name in FORWARD[:-1]:
        lines.append(f"Definition {made(found[name])} (n : sizes) (x : operands) := {call(found[name], given)}.")
        intermediate.append(made(found[name]))
        given[made(found[name])] = f"({made(found[name])} n x)"
    lines.append("(* The loss, seen from each array on the way. *)")
    after = ""
    for name in reversed(FORWARD):
        (middle,) = [
            array for array in found[name].symbols if array in intermediate and array != made(found[name])
        ] or ["x"]
        if middle == "x":
            continue
        body = call(found[name], given | {middle: middle})
        body = f"L_of_{after} n x ({body})" if after else body
        lines.append(f"Definition L_of_{middle} (n : sizes) (x : operands) {middle} : R := {body}.")
        after = middle
    lines.append(f"Definition L (n : sizes) (x : operands) : R := L_of_{after} n x ({after} n x).")
    lines.append("(* What §4.4 computes. *)")
    for name in BACKWARD:
        lines.append(f"Definition {made(found[name])} (n : sizes) (x : operands) := {call(found[name], given)}.")
        given[made(found[name])] = f"({made(found[name])} n x)"
    return "\n".join([*lines, "End Network.", ""])
