"""Which rows figures are to be made of, by a filter over columns of the files.

Rows of the files are marked before other tables are made of them, and the mark is an attribute as those that figures are
asked by: what is made of marked rows is marked. At the end the others go. So a figure of the rows in which a column has a
value is the one of its segment, and what is known of a whole file (what it covers, who bought first) stays known.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from crm_metrics import schema
from crm_metrics.errors import NothingToReport, UsageError, did_you_mean
from crm_metrics.expressions import (
    Among,
    Compare,
    Either,
    Filter,
    Flag,
    Leaf,
    Literals,
    Missing,
    columns,
    leaves,
    literals,
    replaced,
)
from crm_metrics.loaders import linking
from crm_metrics.loaders.coercing.numbers import resolve, take_apart
from crm_metrics.loaders.facts.draft import Draft, distinct_values
from crm_metrics.schema import Kind
from crm_metrics.tables import CHOSEN, NONE, WHERE, Table, Unusable
from crm_metrics.tables.filters import matches
from crm_metrics.tables.frames import categorical

_LABELS = pd.Index([CHOSEN, "no"], dtype="str")


def derive(draft: Draft) -> None:
    """Marks the rows of every table that has the columns of the filter, those of its customer, seller or product included.
    Numbers and dates are only those of the table itself."""
    if draft.where is None:
        return
    for column in sorted(columns(draft.where)):
        if not any(_is_measured(name, column) for name, table in draft.tables.items() if table.has(column)):
            linking.carry(draft.tables, column)
    for table in draft.tables.values():
        mark(draft, table.frame)


def _is_measured(table: str, column: str) -> bool:
    spec = schema.TABLES[table].columns.get(column)
    return spec is not None and (spec.kind is Kind.DATE or spec.kind in schema.NUMERIC)


def mark(draft: Draft, frame: pd.DataFrame) -> None:
    """Writes onto each row of a frame whether it is one of the filter; nothing where a column of it is lacking. Raises
    `UsageError` for a comparison that its column does not allow."""
    if draft.where is None or not columns(draft.where) <= {*frame.columns}:
        return
    cells: dict[str, pd.Series[Any]] = {}
    tree = replaced(draft.where, lambda leaf: _bound(draft, frame, leaf, cells))
    chosen = matches(pd.DataFrame(cells), tree)
    frame[WHERE] = pd.Series(pd.Categorical.from_codes((~chosen).astype(np.int8), _LABELS), index=frame.index)


def follow(draft: Draft, back: pd.DataFrame, of: pd.Series[Any], sold: pd.DataFrame, keys: pd.Series[Any]) -> None:
    """Marks the rows that give money back like the sale that each is `of`, among those with these keys, where the filter is
    about amounts: theirs is another. One of an unknown sale keeps its own mark."""
    specs = schema.TABLES["orders"].columns
    read = columns(draft.where) if draft.where is not None else set()
    is_about_amounts = any(name in specs and specs[name].kind is Kind.MONEY for name in read)
    if WHERE not in back or WHERE not in sold or not is_about_amounts:
        return
    marks = pd.Series(sold[WHERE].to_numpy(), index=keys.to_numpy())
    marks = marks[marks.index.notna() & ~marks.index.duplicated()]
    sale_marks = of.map(marks).to_numpy(dtype=object)
    back[WHERE] = pd.Categorical(np.where(pd.isna(sale_marks), back[WHERE].to_numpy(dtype=object), sale_marks), _LABELS)


def _bound(draft: Draft, frame: pd.DataFrame, leaf: Leaf, cells: dict[str, pd.Series[Any]]) -> Filter:
    """A comparison in the values that its column holds; the column is put among the cells as it is to be compared."""
    column, values = frame[leaf.column], literals(leaf)
    if isinstance(leaf, Missing):
        cells.setdefault(leaf.column, column)
        return leaf
    if pd.api.types.is_bool_dtype(column.dtype):
        cells[leaf.column] = column
        return _checked(leaf, all(isinstance(value, bool) for value in values), "true or false", "True")
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        days = draft.days(column.to_numpy())
        cells[leaf.column] = pd.Series(days.astype(np.float64), index=frame.index).mask(np.isnat(days))
        return _in_days(leaf)
    read: pd.Series[Any] | None = column if pd.api.types.is_numeric_dtype(column.dtype) else None
    if read is None and values and all(map(_is_number, values)):
        read = _numbers(column)
    if read is not None:
        cells[name := f"{leaf.column} in numbers"] = read
        return _checked(replace(leaf, column=name), bool(values) and all(map(_is_number, values)), "numbers", "1000")
    column = frame[leaf.column].astype("category")
    cells[leaf.column] = column
    is_text = bool(values) and all(isinstance(value, str) for value in values)
    return _with_blank(_checked(leaf, is_text, "texts", next(map(repr, distinct_values(frame, leaf.column)), "'one'")))


def _is_number(value: Literals) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _checked(leaf: Leaf, fits: bool, holds: str, example: str) -> Leaf:
    if fits:
        return leaf
    name = leaf.column.removesuffix(" in numbers")
    raise UsageError(f"--where: {name} holds {holds}", hint=f"For example: {name} == {example}")


def _in_days(leaf: Leaf) -> Leaf:
    """A comparison with days in numbers, as which the column is compared."""
    try:
        read = [date.fromisoformat(str(literal)) for literal in literals(leaf)]
        days = np.array(read, dtype="datetime64[D]").astype(np.float64).tolist()
    except ValueError:
        days = []
    if isinstance(leaf, Flag) or not days:
        raise UsageError(f"--where: {leaf.column} holds dates", hint=f"For example: {leaf.column} >= '2025-01-31'")
    if isinstance(leaf, Among):
        return Among(leaf.column, tuple(days), leaf.negated)
    assert isinstance(leaf, Compare)
    return Compare(leaf.column, leaf.operator, days[0])


def _numbers(column: pd.Series[Any]) -> pd.Series[Any] | None:
    """The numbers of a column of texts; None where they are none, or can be read in two ways."""
    texts = categorical(column)
    written = take_apart(pa.array([str(label) for label in texts.categories], pa.string()))
    decimals = written.decimals
    if not written.valid.all() or written.doubtful is not None or len(decimals) > 1:
        return None
    numbers = np.append(resolve(written, next(iter(decimals), ".")), np.nan)
    return pd.Series(numbers[texts.codes], index=column.index)


def _with_blank(leaf: Leaf) -> Filter:
    """A comparison in which (none) is a cell without a value, as it is called where figures are by a column."""
    if isinstance(leaf, Compare) and leaf.value == NONE:
        return Missing(leaf.column, negated=leaf.operator == "!=")
    if isinstance(leaf, Among) and NONE in leaf.values and not leaf.negated:
        rest = Among(leaf.column, tuple(value for value in leaf.values if value != NONE))
        return Either((rest, Missing(leaf.column)))
    return leaf


def choose(draft: Draft) -> tuple[dict[str, Table], dict[str, Unusable]]:
    """Leaves the rows of the filter in the draft; all come back, with the tables that go as a whole: they lack a column of
    it, or have no such row and never a text of it. Raises `NothingToReport` where nothing is left of what is asked for."""
    if draft.where is None:
        return {}, {}
    tables, draft.tables, unable = draft.tables, {}, dict[str, Unusable]()
    asked = {base for name in draft.wanted for base in (name, *schema.TABLES[name].bases)} & tables.keys()
    unknown, nowhere = _unknown(draft.where, {name: tables[name] for name in sorted(asked)})
    for name, table in tables.items():
        if not table.has(WHERE):
            unable[name] = Unusable("missing-column", _lacking(table, draft.where))
            continue
        keep = table.chosen()
        if not keep.any() and name in unknown:
            unable[name] = Unusable("no-rows", unknown[name])
            continue
        draft.tables[name] = replace(table, frame=table.frame[keep].reset_index(drop=True))
    if not any(len(draft.tables[name].frame) for name in asked & draft.tables.keys()):
        reasons = nowhere or [unable[name].seen for name in sorted(asked & unable.keys())] or ["there is no such row"]
        raise NothingToReport(f"--where {draft.settings.where}: {'; '.join(dict.fromkeys(reasons))}")
    draft.notes += [f"N{sentence[1:]}" for sentence in nowhere]
    return tables, unable


def _lacking(table: Table, where: Filter) -> str:
    read = sorted(columns(where))
    names = [name for name in read if not table.has(name)] or read
    return f"the {schema.called(table.name)} have no column {' and '.join(names)} to choose rows by"


def _unknown(where: Filter, tables: dict[str, Table]) -> tuple[dict[str, str], list[str]]:
    """The tables of which no row has some text of the filter in its column, as a sentence; and sentences on those texts that
    no table has."""
    unknown, nowhere = dict[str, str](), []
    texts = {(leaf.column, value) for leaf in leaves(where) for value in literals(leaf) if isinstance(value, str)}
    for column, value in sorted(texts - {(column, NONE) for column, _ in texts}):
        texts_of = {
            name: distinct_values(table.frame, column)
            for name, table in tables.items()
            if table.has(column) and isinstance(table.frame[column].dtype, pd.CategoricalDtype | pd.StringDtype)
        }
        without = [name for name, values in texts_of.items() if value not in values]
        if texts_of and len(without) == len(texts_of):
            advice = did_you_mean(value, set().union(*texts_of.values()))
            nowhere.append(f"no row has the {column} {value!r}. {advice}")
        for name in tables:
            bases = [base for base in schema.TABLES[name].bases or (name,) if base in texts_of]
            if bases and {*bases} <= {*without}:
                unknown.setdefault(name, f"none of the {schema.called(bases[0])} has the {column} {value!r}")
    return unknown, nowhere
