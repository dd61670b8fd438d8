"""The small language of the catalogue: filters over rows and formulas over metrics. Text is parsed into a tree of the few
allowed forms when it is loaded; nothing is ever evaluated as Python.

A filter compares columns with literals: `outcome == 'won' and amount > 0`, `status in ('a', 'b')`, `owner is None`,
`is_won`, `not is_won`. A comparison with a missing cell is false, and so is `not` of a missing truth value.
A formula combines metrics, named settings and numbers with `+ - * /` and parentheses.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from crm_metrics.errors import SettingsError

Comparison = Literal["==", "!=", "<", "<=", ">", ">="]
_COMPARISONS: dict[type[ast.cmpop], Comparison] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_OPERATORS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
Literals = str | float | int | bool


@dataclass(frozen=True)
class Compare:
    column: str
    operator: Comparison
    value: Literals


@dataclass(frozen=True)
class Among:
    column: str
    values: tuple[Literals, ...]
    negated: bool = False


@dataclass(frozen=True)
class Missing:
    column: str
    negated: bool = False


@dataclass(frozen=True)
class Flag:
    column: str


@dataclass(frozen=True)
class Not:
    part: Filter


@dataclass(frozen=True)
class Both:
    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class Either:
    parts: tuple[Filter, ...]


Leaf = Compare | Among | Missing | Flag
Filter = Leaf | Not | Both | Either


@dataclass(frozen=True)
class Name:
    name: str


@dataclass(frozen=True)
class Number:
    value: float


@dataclass(frozen=True)
class Operation:
    operator: str
    left: Formula
    right: Formula


Formula = Name | Number | Operation


# What people write where this language has another form: how it is told, and what to write instead.
_SLIPS = (
    (r"[‘’‚“”„«»]", "quotation marks are straight: 'text'"),
    (r"(?<![=<>!])=(?!=)", "'is equal to' is written =="),
    (r"<>", "'is not equal to' is written !="),
    (r"&&?", "'and' is written and"),
    (r"\|\|?", "'or' is written or"),
    (r"!(?!=)", "'not' is written not"),
    (r"\b(?:AND|OR|NOT|IN|IS)\b", "and, or, not, in, is are written in small letters"),
    (r"\b(?i:null|nil)\b", "a cell without a value is None: owner is None"),
    (r"\b(?i:like|contains|between)\b", "there are only ==, !=, <, <=, >, >=, in, is None, and, or, not"),
    (r"(?<=\w)\s+(?!(?:and|or|not|in|is)\b)(?=\w)", "a name of several words has _ between them: deal_owner"),
)
_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")


def _parsed(text: str, where: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        at = (error.offset or 1) - 1 if isinstance(error, SyntaxError) and error.lineno == 1 else None
        bare = _TEXT.sub(lambda quoted: "_" * len(quoted[0]), text.strip())
        slips = [(match.start(), advice) for form, advice in _SLIPS if (match := re.search(form, bare))]
        at, advice = min(slips, default=(at, ""))
        raise SettingsError(f"cannot be read: {text!r}", where=where, hint=_pointed(text, at, advice)) from error


def _pointed(text: str, at: int | None, advice: str = "") -> str | None:
    """The text with a mark under the place where it is wrong, and what to write there."""
    shown = text.strip()
    if at is None or "\n" in shown:
        return advice or None
    return f"  {shown}\n  {' ' * min(at, len(shown))}^ {advice or 'from here on'}"


def _refuse(node: ast.AST, what: str, where: str, advice: str = "") -> SettingsError:
    return SettingsError(f"{ast.unparse(node)!r} {what}", where=where, hint=advice or None)


def _literal(node: ast.expr, where: str) -> Literals:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        value = node.operand.value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return -value
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | bool):
        return node.value
    advice = f"A text stands in quotation marks: '{node.id}'" if isinstance(node, ast.Name) else ""
    raise _refuse(node, "is no text, number, True or False to compare with", where, advice)


def parse_filter(text: str, where: str) -> Filter:
    """The filter as a tree. Raises `SettingsError`, with `where`, for everything outside the language."""
    return _filter(_parsed(text, where), where)


def _filter(node: ast.expr, where: str) -> Filter:
    match node:
        case ast.BoolOp():
            parts = tuple(_filter(part, where) for part in node.values)
            return Both(parts) if isinstance(node.op, ast.And) else Either(parts)
        case ast.UnaryOp(op=ast.Not()):
            return Not(_filter(node.operand, where))
        case ast.Name():
            return Flag(node.id)
        case ast.Compare(left=ast.Name(id=column), ops=[operator], comparators=[value]):
            return _comparison(column, operator, value, where)
        case ast.Compare(ops=[_, _, *_]):
            raise _refuse(node, "chains comparisons; join them with 'and'", where)
    raise _refuse(node, "is no filter: compare a column with a value", where)


def _comparison(column: str, operator: ast.cmpop, value: ast.expr, where: str) -> Filter:
    if isinstance(operator, ast.Is | ast.IsNot):
        if isinstance(value, ast.Constant) and value.value is None:
            return Missing(column, negated=isinstance(operator, ast.IsNot))
        raise _refuse(value, "cannot follow 'is'; only None can", where)
    if isinstance(operator, ast.In | ast.NotIn):
        if not isinstance(value, ast.Tuple | ast.List):
            raise _refuse(value, "is no list of values", where)
        values = tuple(_literal(item, where) for item in value.elts)
        return Among(column, values, negated=isinstance(operator, ast.NotIn))
    return Compare(column, _COMPARISONS[type(operator)], _literal(value, where))


def parse_formula(text: str, where: str) -> Formula:
    """The formula as a tree. Raises `SettingsError`, with `where`, for everything outside the language."""
    return _formula(_parsed(text, where), where)


def _formula(node: ast.expr, where: str) -> Formula:
    match node:
        case ast.BinOp() if type(node.op) in _OPERATORS:
            return Operation(_OPERATORS[type(node.op)], _formula(node.left, where), _formula(node.right, where))
        case ast.Name():
            return Name(node.id)
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return Number(float(number))
        case ast.UnaryOp(op=ast.USub()):
            return Operation("-", Number(0.0), _formula(node.operand, where))
    raise _refuse(node, "is not allowed in a formula: only + - * /, numbers, metrics and settings", where)


def replaced(tree: Filter, change: Callable[[Leaf], Filter]) -> Filter:
    """The filter with each of its comparisons changed."""
    match tree:
        case Both(parts) | Either(parts):
            return replace(tree, parts=tuple(replaced(part, change) for part in parts))
        case Not(part):
            return Not(replaced(part, change))
        case Compare() | Among() | Missing() | Flag():
            return change(tree)


def parse_rows(text: str, where: str) -> Filter:
    """A filter that people write over the columns of their files, whose names are compared with case aside. Raises as
    `parse_filter`."""
    return replaced(parse_filter(text, where), lambda leaf: replace(leaf, column=leaf.column.casefold()))


def equalities(tree: Filter) -> frozenset[tuple[str, str]] | None:
    """The columns with the texts that they have in all rows of the filter, where it says nothing else."""
    match tree:
        case Compare(column, "==", str() as value) | Among(column, (str() as value,), False):
            return frozenset({(column, value)})
        case Both(parts):
            each = [equalities(part) for part in parts]
            return frozenset().union(*(columns for columns in each if columns)) if all(each) else None
    return None


def leaves(tree: Filter) -> list[Leaf]:
    """The comparisons of a filter, in the order in which they are written."""
    match tree:
        case Both(parts) | Either(parts):
            return [leaf for part in parts for leaf in leaves(part)]
        case Not(part):
            return leaves(part)
        case Compare() | Among() | Missing() | Flag():
            return [tree]


def columns(tree: Filter) -> set[str]:
    """The columns a filter reads."""
    return {leaf.column for leaf in leaves(tree)}


def literals(leaf: Leaf) -> tuple[Literals, ...]:
    """The values that a comparison compares with."""
    if isinstance(leaf, Among):
        return leaf.values
    return (leaf.value,) if isinstance(leaf, Compare) else ()


def walk(tree: Formula) -> Iterator[Formula]:
    """A formula and all that it is made of, in the order in which it is written."""
    yield tree
    if isinstance(tree, Operation):
        yield from walk(tree.left)
        yield from walk(tree.right)


def names(tree: Formula) -> list[str]:
    """The metrics and settings a formula uses, in the order they are written, each once."""
    return list(dict.fromkeys(node.name for node in walk(tree) if isinstance(node, Name)))
