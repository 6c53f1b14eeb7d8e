"""Mutants of a function: its source with one small change, of the kind that slips in by hand.

What changes no result is left alone: annotations, docstrings, messages, and the `strict` of a zip.
"""

import ast
import copy
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from types import CodeType
from typing import Any, NamedTuple

ε = 1e-9
SYMMETRIC = {"max", "min", "maximum", "minimum", "multiply", "isinstance", "suppress"}  # in their arguments
ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
              ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult}  # fmt: skip
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}  # fmt: skip
OTHER_NAMES = {"max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum", "zeros": "ones", "all": "any",
               "any": "all", "zeros_like": "ones_like"}  # fmt: skip
DROPPED_CALLS = {"copy", "abs", "list", "set", "sorted"}  # of which only what they are applied to remains


class Mutant(NamedTuple):
    """Named by what it changes, so that the name outlives changes elsewhere in the file."""

    name: str
    code: CodeType


class Site(NamedTuple):
    """A node of the tree and where it hangs: its parents, the nearest first, and the place in the first of them."""

    node: ast.AST
    parents: tuple[ast.AST, ...]
    field: str
    position: int | None

    def put(self, node: ast.AST) -> None:
        if self.position is None:
            setattr(self.parents[0], self.field, node)
        else:
            getattr(self.parents[0], self.field)[self.position] = node


def mutants(function: ast.FunctionDef, returns_floats: bool, file: str) -> Iterator[Mutant]:
    """Every mutant of a function, no two of them alike. To be used up before the function is touched again."""
    names: Counter[str] = Counter()
    sources = {ast.unparse(function)}
    for site in list(sites(function)):
        for change in changes(site, returns_floats):
            site.put(ast.fix_missing_locations(ast.copy_location(change, site.node)))
            name, source = f"{head(site.node)} → {head(change)}", ast.unparse(function)
            if source not in sources:
                sources.add(source)
                names[name] += 1
                yield Mutant(name if names[name] == 1 else f"{name} #{names[name]}", compiled(function, file))
            site.put(site.node)
    yield from (Mutant(name, compiled(changed, file)) for name, changed in stopping_early(function))


def stopping_early(function: ast.FunctionDef) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Each axis of each argument and of the result, with zeros in the place of all entries from the fifth on.

    So does a loop that is right for the sizes of one example only, as the paper's do where they stop too early.
    """
    cut = "np.where(np.indices({0}.shape)[{1}] < 4, {0}, 0)"
    for argument in function.args.args:
        for k, axis in enumerate(axes(argument.annotation)):
            changed = copy.deepcopy(function)
            changed.body[:0] = ast.parse(f"{argument.arg} = {cut.format(argument.arg, k)}").body
            yield f"{argument.arg} stops early along {axis}", placed(changed, function)
    for k, axis in enumerate(axes(function.returns)):
        changed = copy.deepcopy(function)
        for node in ast.walk(changed):
            if isinstance(node, ast.Return) and node.value:
                node.value = ast.parse(f"(lambda x: {cut.format('x', k)})({ast.unparse(node.value)})", mode="eval").body
        yield f"the result stops early along {axis}", placed(changed, function)


def axes(annotation: ast.expr | None) -> list[str]:
    """The axes that an annotation such as Real[np.ndarray, "q x y n"] names."""
    text = ast.unparse(annotation) if annotation else ""
    named = re.search(r"ndarray, '([^'.*]+)'", text)
    return named[1].split() if named else []


def placed(changed: ast.FunctionDef, function: ast.FunctionDef) -> ast.FunctionDef:
    return ast.fix_missing_locations(ast.copy_location(changed, function))


def compiled(function: ast.FunctionDef, file: str) -> CodeType:
    module = compile(ast.Module([function], []), file, "exec")
    return next(code for code in module.co_consts if isinstance(code, CodeType) and code.co_name == function.name)


def head(node: ast.AST) -> str:
    """The first line of a node, which is all of an expression."""
    return ast.unparse(node).split("\n")[0]


def sites(function: ast.FunctionDef) -> Iterator[Site]:
    documented = ast.get_docstring(function) is not None
    for k, statement in enumerate(function.body):
        if k or not documented:
            yield from below(Site(statement, (function,), "body", k))


def below(site: Site) -> Iterator[Site]:
    """A site and all those under it whose change could change a result."""
    node = site.node
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.keyword) and node.arg == "strict"):
        return
    yield site
    if isinstance(node, ast.Raise):
        return
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        children = value if isinstance(value, list) else [value]
        for k, child in enumerate(children):
            if isinstance(child, ast.AST):
                position = k if isinstance(value, list) else None
                yield from below(Site(child, (node, *site.parents), field, position))


def changes(site: Site, returns_floats: bool) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    node = site.node
    if isinstance(node, ast.stmt):
        yield from of_statement(node, returns_floats)
    elif isinstance(node, ast.expr) and not isinstance(getattr(node, "ctx", None), ast.Store):
        yield from of_expression(node)
        if is_index(site):
            yield from shifted(node)
        if isinstance(node, ast.Tuple) and not is_set(site):
            yield from swapped(node, "elts")
    elif isinstance(node, ast.Tuple):  # sizes by the wrong names
        yield from swapped(node, "elts")


def of_statement(node: ast.stmt, returns_floats: bool) -> Iterator[ast.AST]:
    stored = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
    called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    if stored or called or isinstance(node, ast.AugAssign | ast.Continue | ast.Raise):
        yield ast.Pass()
    if isinstance(node, ast.AugAssign):
        for op in OPERATORS(node.op):
            yield ast.AugAssign(node.target, op, node.value)
        yield ast.Assign([node.target], node.value)
    if isinstance(node, ast.If):
        yield ast.If(ast.Constant(True), node.body, node.orelse)
        yield ast.If(ast.Constant(False), node.body, node.orelse)
    if isinstance(node, ast.Return) and node.value and returns_floats:
        yield ast.Return(ast.BinOp(node.value, ast.Mult(), ast.Constant(1 + ε)))
        yield ast.Return(ast.Call(ast.Attribute(node.value, "astype", ast.Load()), [ast.Constant("float32")], []))


def of_expression(node: ast.expr) -> Iterator[ast.AST]:
    match node:
        case ast.BinOp(left, op, right):
            for other in OPERATORS(op):
                yield ast.BinOp(left, other, right)
            yield left
            if not isinstance(op, ast.Div | ast.FloorDiv | ast.Mod | ast.Pow):
                yield right
            if not isinstance(op, ast.Add | ast.Mult | ast.BitAnd | ast.BitOr) and ast.unparse(left) != ast.unparse(
                right
            ):
                yield ast.BinOp(right, op, left)
            if isinstance(op, ast.Div) and isinstance(right, ast.Constant) and not isinstance(right.value, str):
                yield from (ast.BinOp(left, op, ast.Constant(right.value * factor)) for factor in (1 - ε, 1 + ε))
        case ast.UnaryOp(ast.USub() | ast.Not(), operand):
            yield operand
        case ast.Compare(left, ops, comparators):
            for k, op in enumerate(ops):
                for other in COMPARISONS[type(op)]:
                    yield ast.Compare(left, [*ops[:k], other(), *ops[k + 1 :]], comparators)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            yield from values
        case ast.IfExp(_, body, orelse):
            yield from (body, orelse)
        case ast.Constant(value) if isinstance(value, bool):
            yield ast.Constant(not value)
        case ast.Constant(value) if isinstance(value, int):
            yield from (ast.Constant(value - 1), ast.Constant(value + 1))
        case ast.Constant(value) if isinstance(value, float):
            yield from (ast.Constant(value * (1 - ε)), ast.Constant(value * (1 + ε)))
        case ast.Attribute(value, "T"):
            yield value
        case ast.Call():
            yield from of_call(node)


def of_call(node: ast.Call) -> Iterator[ast.AST]:
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    name = ast.unparse(node.func).split(".")[-1]
    if name in DROPPED_CALLS and (name == "copy") == bool(owner) and (owner or node.args):
        yield owner if name == "copy" else node.args[0]
    if name in OTHER_NAMES:
        other = OTHER_NAMES[name]
        func = ast.Attribute(owner, other, ast.Load()) if owner else ast.Name(other, ast.Load())
        yield ast.Call(func, node.args, node.keywords)
    if name not in SYMMETRIC:
        yield from swapped(node, "args")


def swapped(node: Any, field: str) -> Iterator[ast.AST]:
    """Two neighbours the other way round."""
    items = getattr(node, field)
    for k, (a, b) in enumerate(pairwise(items)):
        words = all(isinstance(x, ast.Constant) and isinstance(x.value, str) for x in (a, b))  # for messages
        if ast.unparse(a) != ast.unparse(b) and not words and not isinstance(a, ast.Starred):
            yield type(node)(**dict(ast.iter_fields(node)) | {field: [*items[:k], b, a, *items[k + 2 :]]})


def is_index(site: Site) -> bool:
    """An index, the bound of a slice or of a range; those that are numbers are changed as such."""
    node, parent = site.node, site.parents[0]
    if not isinstance(node, ast.Name | ast.BinOp):
        return False
    if isinstance(parent, ast.Call):
        return site.field == "args" and ast.unparse(parent.func) == "range"
    inside = parent if not isinstance(parent, ast.Tuple | ast.Slice) else site.parents[1]
    inside = inside if not isinstance(inside, ast.Tuple) else site.parents[2]
    return site.field in ("slice", "lower", "upper", "elts") and isinstance(inside, ast.Subscript)


def is_set(site: Site) -> bool:
    """A tuple whose order says nothing: the axes of a sum, what something is to be one of, exceptions."""
    parent = site.parents[0]
    axes = isinstance(parent, ast.keyword) and ast.unparse(site.parents[1]).split("(")[0].endswith(".sum")
    return axes or isinstance(parent, ast.Compare | ast.ExceptHandler)


def shifted(node: ast.expr) -> Iterator[ast.AST]:
    yield from (ast.BinOp(node, op, ast.Constant(1)) for op in (ast.Sub(), ast.Add()))


def OPERATORS(op: ast.operator) -> list[ast.operator]:
    other = ARITHMETIC.get(type(op))
    return [other()] if other else []
