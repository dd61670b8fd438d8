"""Filters over rows: a parsed filter becomes a truth array, one entry per row; a missing cell satisfies no comparison."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from crm_metrics.expressions import Among, Both, Compare, Either, Filter, Flag, Missing, Not
from crm_metrics.tables.arrays import taken
from crm_metrics.tables.frames import Bools

_OPERATIONS: dict[str, Any] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def matches(frame: pd.DataFrame, tree: Filter) -> Bools:
    """True for the rows that satisfy the filter."""
    return _truth(frame, tree)[0]


def _truth(frame: pd.DataFrame, tree: Filter) -> tuple[Bools, Bools]:
    """True rows, and rows for which the filter can be told at all."""
    decided: Bools
    match tree:
        case Both(parts) | Either(parts):
            truths = [_truth(frame, part) for part in parts]
            join, unlike = (
                (np.logical_and, np.logical_or) if isinstance(tree, Both) else (np.logical_or, np.logical_and)
            )
            true = reduce(join, [true for true, _ in truths])
            return true, true | reduce(unlike, [decided & ~true for true, decided in truths])
        case Not(part):
            true, decided = _truth(frame, part)
            return decided & ~true, decided
        case Missing(column, negated):
            missing = frame[column].isna().to_numpy()
            return (~missing if negated else missing), np.ones(len(frame), dtype=bool)
        case Flag(column):
            decided = frame[column].notna().to_numpy()
            return frame[column].fillna(False).to_numpy(dtype=bool), decided
        case Among(column, values, negated):
            series = frame[column]
            inside = series.isin(list(values)).to_numpy()
            decided = series.notna().to_numpy()
            return ((decided & ~inside) if negated else inside), decided
        case Compare():
            return _compared(frame[tree.column], tree)


def _compared(series: pd.Series[Any], tree: Compare) -> tuple[Bools, Bools]:
    operation = _OPERATIONS[tree.operator]
    if isinstance(series.dtype, pd.CategoricalDtype):
        # Comparing the few categories and looking the rows up is many times faster than comparing rows.
        codes = series.cat.codes.to_numpy()
        labels = series.cat.categories
        by_label = np.append([bool(operation(str(label), tree.value)) for label in labels], False)
        return taken(by_label.astype(bool), codes), codes >= 0
    filled = series.notna().to_numpy()
    if pd.api.types.is_string_dtype(series.dtype):
        values = series.to_numpy(dtype=object, na_value="")
        return np.asarray(operation(values, str(tree.value)), dtype=bool) & filled, filled
    blank = False if pd.api.types.is_bool_dtype(series.dtype) else 0
    return np.asarray(operation(series.fillna(blank).to_numpy(), tree.value), dtype=bool) & filled, filled
