"""A formula's tree as LaTeX, of plain constructs: GitHub's MathJax, pandoc and latex2mathml all read them."""

from itertools import pairwise

from reference.formulas.grammar import parse
from reference.formulas.tree import Apply, At, Cell, Name, Node, Over, Sum, Where

NAMES = {"¼": r"\frac{1}{4}", "½": r"\frac{1}{2}", "α": r"\alpha"}
NAMES |= {"β": r"\beta", "β_1": r"\beta_1", "β_2": r"\beta_2", "γ": r"\gamma", "ε": r"\varepsilon", "λ": r"\lambda"}
NAMES |= {"μ": r"\mu", "π": r"\pi"}
MARKS = {
    "⋆": r"\star",
    "∗": r"\ast",
    "⊛": r"\circledast",
    "⊙": r"\odot",
    "←": r"\leftarrow",
    "~": r"\sim",
    "≤": r"\le",
    ">": r"\gt",
    "·": "",
}
CALLS = {"max": r"\max", "min": r"\min", "log": r"\log", "cos": r"\cos", "σ": r"\sigma", "σ′": r"\sigma'", "U": "U"}
BELOW = {"σ": r"\sigma", "r": "r", "rot": r"\mathrm{rot}", "pad": r"\mathrm{pad}"}
BOLD = {"v": r"\mathbf{v}", "y": r"\mathbf{y}", "ŷ": r"\hat{\mathbf{y}}", "b": r"\mathbf{b}"}
STEMS = BOLD | {"s": r"\mathbf{s}", "θ": r"\theta", "L̄": r"\bar{L}", "m̂": r"\hat{m}", "ĉ": r"\hat{c}", "α": r"\alpha"}
LAYERS = {"¹": "1", "²": "2", "": ""}


def latex(node: Node) -> str:
    match node:
        case Name(text):
            return NAMES.get(text, text)
        case Cell():
            return cell(node)
        case Sum(letter, None, _, body):
            return rf"\sum_{{{letter}}} {bracketed(body)}"
        case Sum(letter, tuple() as first, tuple() as last, body):
            return rf"\sum_{{{letter}={latex(first)}}}^{{{latex(last)}}} {bracketed(body)}"
        case Over(what, letter, stop, body):
            name = r"\max" if what == "max" else r"\operatorname{argmax}"
            return rf"{name}_{{{letter} \lt {latex(stop)}}} {latex(body)}"
        case At(whole, at):
            return rf"({latex(whole)})({listed(at)})"
        case Where(value, conditions):
            both = r" \text{ and } ".join(map(latex, conditions))
            return rf"{latex(value)} \quad \text{{where }} {both}, \text{{ else }} 0"
        case Apply(what, of):
            return applied(what, of)
    raise ValueError(f"expected a formula, got {node!r}")


def applied(what: str, of: tuple[Node, ...]) -> str:
    parts = [latex(part) for part in of]
    match what:
        case ",":
            return f"({listed(of)})"
        case "/":
            numerator, denominator = parts
            return rf"\frac{{{numerator}}}{{{denominator}}}"
        case "√":
            return rf"\sqrt{{{parts[0]}}}"
        case "²":
            return f"({parts[0]})^2"
        case "⌊":
            return rf"\lfloor {inline(of[0])} \rfloor"
        case "^":
            return f"{parts[0]}^{{{inline(of[1])}}}"
        case "|":
            return f"|{parts[0]}|"
        case "[]":
            return f"[{parts[0]}]"
        case "e^":
            return f"e^{{{parts[0]}}}"
        case "±":
            return rf"\pm {parts[0]}"
        case "-" if len(of) == 1:
            return f"-{parts[0]}"
        case "+" | "-" if all(isinstance(part, Name) for part in of):
            return what.join(parts)
        case "-":  # of two
            return f"{parts[0]} - {bracketed(of[1])}"
        case "·":
            return product(of)
    if what in CALLS:
        return f"{CALLS[what]}({listed(of)})"
    return f" {MARKS.get(what, what)} ".join(bracketed(part) if what in "⋆∗⊛⊙" else latex(part) for part in of)


def inline(node: Node) -> str:
    """A fraction as i/2."""
    match node:
        case Apply("/", (Name(numerator), Name(denominator))):
            return f"{latex(Name(numerator))}/{latex(Name(denominator))}"
    return latex(node)


def product(factors: tuple[Node, ...]) -> str:
    """Sizes and numbers closely, entries of arrays with a thin space between."""
    text = bracketed(factors[0])
    for left, right in pairwise(factors):
        close = isinstance(left, Name) or isinstance(right, Sum) or (isinstance(left, Cell) and left.at is None)
        text += (" " if close else r"\, ") + bracketed(right)
    return text


def bracketed(node: Node) -> str:
    """A sum as a factor needs its brackets."""
    return f"({latex(node)})" if isinstance(node, Apply) and node.what in {"+", "-"} else latex(node)


def listed(nodes: tuple[Node, ...]) -> str:
    """i, j closely, as subscripts and short indices are set, longer ones with a thin space."""
    parts = [latex(node) for node in nodes]
    return (",".join if all(len(part) == 1 for part in parts) else r",\, ".join)(parts)


def cell(node: Cell) -> str:
    """ΔK²_{p,q}(u,v)."""
    name, *mark = node.name.removeprefix("Δ").split("_")
    # b²_q and L_n are numbers; a whole vector, and the vector of one map, are set bold.
    stem = "b" if name == "b" and node.below else STEMS.get(name, name)
    below = [BELOW[m] for m in mark] + [latex(b) for b in node.below]
    subscript = f"_{{{','.join(below)}}}" if below else ""
    superscript = r"^\top" if node.transposed else f"^{LAYERS[node.layer]}" if node.layer else ""
    at = f"({listed(node.at)})" if node.at is not None else ""
    return r"\Delta " * node.name.startswith("Δ") + stem + superscript + subscript + at


def aligned(*formulas: str) -> str:
    """The formulas that are not empty, one below the other at their relations."""
    lines = [formula for formula in formulas if formula]
    match lines:
        case [line]:
            return line
    rows = [line.replace(" = ", " &= ", 1) for line in lines]
    return "\\begin{aligned}\n" + " \\\\[4pt]\n".join(rows) + "\n\\end{aligned}"


def ranges(text: str) -> str:
    """p < P, q < Q as inline formulas, each from 0 on."""
    found = [part.split(" < ") for part in text.split(", ")]
    return ", ".join(rf"$0 \le {letter} \lt {latex(parse(size))}$" for letter, size in found)
