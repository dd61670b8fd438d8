"""Formulas over cells: a formula's value, what it rests on, and why it may not be available."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crm_metrics.engine.cells import CODE, NO_N, Cells, Floats, Ints, first_reason
from crm_metrics.engine.computing import Computing
from crm_metrics.expressions import Formula, Name, Number, Operation
from crm_metrics.metrics.metric import Metric


@dataclass(frozen=True)
class _Part:
    value: Floats
    n: Ints
    reason: NDArray[np.int8]


def evaluate(
    tree: Formula, cells: Callable[[str], Cells | None], values: Callable[[str], Floats], shape: tuple[int, int]
) -> tuple[Floats, Ints, NDArray[np.int8]]:
    """Value, n and reason of each cell. `cells` gives a metric's cells (None for a named value), `values` a named value
    per window and segment, NaN where it is not set. What is divided by 0 or by less has no value. n is that of the
    denominator for a ratio, else the smallest of the parts."""

    def part(node: Formula) -> _Part:
        match node:
            case Number(number):
                return _Part(np.full(shape, number), np.full(shape, NO_N), np.zeros(shape, dtype=np.int8))
            case Name(name):
                operand = cells(name)
                if operand is not None:
                    return _Part(operand.value, operand.n, operand.reason)
                value = np.broadcast_to(values(name), shape)
                reason = np.where(np.isnan(value), CODE["no-baseline"], CODE[""]).astype(np.int8)
                return _Part(value, np.full(shape, NO_N), reason)
        return _combined(node, part(node.left), part(node.right))

    result = part(tree)
    value = np.where(result.reason == 0, result.value, np.nan)
    return value, np.where(result.n == NO_N, 0, result.n), result.reason


def _combined(node: Operation, left: _Part, right: _Part) -> _Part:
    reason = first_reason(left.reason, right.reason)
    with np.errstate(all="ignore"):
        match node.operator:
            case "+":
                value = left.value + right.value
            case "-":
                value = left.value - right.value
            case "*":
                value = left.value * right.value
            case _:
                trouble = np.select(
                    [right.reason != 0, right.value == 0, right.value < 0],
                    [CODE[""], CODE["zero-denominator"], CODE["negative-base"]],
                    CODE[""],
                )
                reason = first_reason(reason, trouble.astype(np.int8))
                value = left.value / right.value
    n = right.n if node.operator == "/" else np.minimum(left.n, right.n)
    return _Part(value, np.where(n == NO_N, left.n, n), reason)


def named_value(engine: Computing, name: str, dims: tuple[str, ...], metric: Metric | None = None) -> Floats:
    """A named value of formulas for each window and segment, NaN where it is not set; months as far as the metric is
    given. What is set for all records, such as a goal, is not that of a part."""
    labels, part = engine.segments(dims).labels, engine.dataset.settings.part
    shape = len(engine.windows), len(labels)
    if name == "period_months":
        everywhere = (
            engine.covering.months(metric) if metric else np.array([window.months for window in engine.windows])
        )
    elif name == "gross_margin":
        everywhere = np.full(len(engine.windows), engine.dataset.settings.gross_margin)
    elif not (dims or part):
        everywhere = np.array([window.values.get(name, np.nan) for window in engine.windows])
    else:
        scopes = [part | frozenset(zip(dims, label, strict=True)) for label in labels]
        values = [window.scoped.get((name, scope), np.nan) for window in engine.windows for scope in scopes]
        return np.array(values).reshape(shape)
    return np.broadcast_to(everywhere[:, None], shape)
