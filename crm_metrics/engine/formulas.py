"""Formulas over cells: a formula's value, what it rests on, and why it may not be available."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from crm_metrics.engine.blocks import Computing
from crm_metrics.engine.cells import CODE, NO_N, Cells, Floats, Ints, first_reason
from crm_metrics.expressions import Formula, Name, Number
from crm_metrics.metrics.metric import Metric

Part = tuple[Floats, Ints, NDArray[np.int8]]  # value, n and reason of each cell
OPERATIONS: dict[str, np.ufunc] = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


def evaluate(
    tree: Formula, cells: Callable[[str], Cells | None], values: Callable[[str], Floats], shape: tuple[int, int]
) -> Part:
    """Value, n and reason of each cell. `cells` gives a metric's cells (None for a named value), `values` a named value
    per window and segment, NaN where it is not set. What is divided by 0 or by less has no value. n is that of the
    denominator for a ratio, else the smallest of the parts."""

    def part(node: Formula) -> Part:
        match node:
            case Number(number):
                return np.full(shape, number), np.full(shape, NO_N), np.zeros(shape, dtype=np.int8)
            case Name(name):
                operand = cells(name)
                if operand is not None:
                    return operand.value, operand.n, operand.reason
                value = np.broadcast_to(values(name), shape)
                reason = np.where(np.isnan(value), CODE["no-baseline"], CODE[""]).astype(np.int8)
                return value, np.full(shape, NO_N), reason
        return _combined(node.operator, part(node.left), part(node.right))

    value, n, reason = part(tree)
    return np.where(reason == 0, value, np.nan), np.where(n == NO_N, 0, n), reason


def _combined(operator: str, left: Part, right: Part) -> Part:
    reason, n = first_reason(left[2], right[2]), np.minimum(left[1], right[1])
    with np.errstate(all="ignore"):
        if operator == "/":
            troubles = [right[0] == 0, right[0] < 0], [CODE["zero-denominator"], CODE["negative-base"]]
            trouble = np.where(right[2] == 0, np.select(*troubles, CODE[""]), CODE[""])
            reason, n = first_reason(reason, trouble.astype(np.int8)), right[1]
        value = OPERATIONS[operator](left[0], right[0])
    return value, np.where(n == NO_N, left[1], n), reason


def named_value(engine: Computing, name: str, dims: tuple[str, ...], metric: Metric | None = None) -> Floats:
    """A named value of formulas for each window and segment, NaN where it is not set; months as far as the metric is
    given. What is set for all records, such as a goal, is not that of a part."""
    labels, part = engine.segments(dims).labels, engine.dataset.settings.part
    shape = len(engine.windows), len(labels)
    if name == "period_months" and metric:
        everywhere = engine.covering.months(metric)
    elif name == "period_months":
        everywhere = np.array([window.months for window in engine.windows])
    elif name == "gross_margin":
        everywhere = np.full(len(engine.windows), engine.dataset.settings.gross_margin)
    elif not (dims or part):
        everywhere = np.array([window.values.get(name, np.nan) for window in engine.windows])
    else:
        scopes = [part | frozenset(zip(dims, label, strict=True)) for label in labels]
        values = [window.scoped.get((name, scope), np.nan) for window in engine.windows for scope in scopes]
        return np.array(values).reshape(shape)
    return np.broadcast_to(everywhere[:, None], shape)


def adds_up(
    tree: Formula, is_part: Callable[[str], bool], is_fixed: Callable[[str], bool], scaling: str = "*/"
) -> bool:
    """Whether a formula is a sum or difference of parts, or by an operator of `scaling` a multiple of one, by a number or by
    a named value that is fixed."""
    if isinstance(tree, Number):
        return False
    if isinstance(tree, Name):
        return is_part(tree.name)
    sides = tree.left, tree.right
    left, right = (adds_up(side, is_part, is_fixed, scaling) for side in sides)
    if tree.operator in "+-":
        return left and right
    fixed = [isinstance(side, Number) or (isinstance(side, Name) and is_fixed(side.name)) for side in sides]
    return tree.operator in scaling and ((left and fixed[1]) or (tree.operator == "*" and right and fixed[0]))
