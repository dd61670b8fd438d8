"""The aggregates behind a figure: their values, the rows that are counted, and why others are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_metrics import schema
from crm_metrics.engine.cells import REASONS, Cells, Ints, Unavailable
from crm_metrics.engine.columns import NEVER
from crm_metrics.engine.currencies import split
from crm_metrics.engine.pairs import Pairs
from crm_metrics.intervals.engine import Engine
from crm_metrics.metrics.checking import columns_of
from crm_metrics.metrics.metric import Metric
from crm_metrics.schema import Kind
from crm_metrics.tables import RATE, ROW, SOURCE

NO_DATE, ELSEWHEN, NOT_OPEN = "without a date", "in another period", "not there at that moment"
NOT_YET, GONE = "that came after that moment", "that had gone by that moment"
UNFIT, ELSEWHERE, NO_VALUE = "that do not meet the condition", "of another segment", "without a value"


@dataclass(frozen=True)
class Amount:
    """A value with its 95 % limits, the records it rests on, and its currency; `reason` says why there is no value."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    reason: str | None
    currency: str | None


@dataclass(frozen=True)
class Part:
    """An aggregate behind the figure: its amounts, the rows that are counted (columns `file`, `row`, `counts_as` and those
    that decide), the header of each canonical column by file, and how many rows of the table are not counted, by reason.
    Of a stock also the rows that are not counted (`out`), each with its reason (`left_out`)."""

    metric: Metric
    amounts: list[Amount]
    rows: pd.DataFrame
    headers: Mapping[str, Mapping[str, str]]
    left_out: Mapping[str, int]
    total: int
    out: pd.DataFrame | None = None


def within(engine: Engine, part: Metric, metric: Metric, place: int) -> int:
    """The segment of a part in which the segment of the whole lies."""
    mine, fine = engine.dims(part), engine.dims(metric)
    if mine == fine:
        return place
    return int(engine.segments(fine).within(engine.segments(mine))[place])


def amounts_of(engine: Engine, metric: Metric, window: int, place: int) -> list[Amount]:
    """The metric's value in the cell, once for each currency it is in."""
    cells = engine.cells(metric.name)
    if isinstance(cells, Unavailable):
        return [Amount(None, None, None, 0, cells.reason, None)]
    parts = split(engine, metric, cells)
    money = metric.is_money or len(parts) > 1
    amounts = [
        amount_of(part.cells, window, place, part.currency[window, place] if money else None)
        for part in parts
        if part.shown[window, place]
    ]
    return amounts or [amount_of(cells, window, place)]


def amount_of(cells: Cells, window: int, place: int, currency: str | None = None) -> Amount:
    """What a cell holds."""
    reason = REASONS[int(cells.reason[window, place])] or None
    return Amount(*cells.at(window, place), int(cells.n[window, place]), reason, currency)


def part_of(engine: Engine, leaf: Metric, metric: Metric, window: int, place: int) -> Part:
    """An aggregate of a figure in a cell, down to its rows."""
    own = within(engine, leaf, metric, place)
    pairs = engine.pairs(leaf)
    segments = engine.segments(engine.dims(leaf))
    hit = engine.cell_numbers(leaf, pairs) == window * len(segments) + own
    table = engine.dataset.tables[leaf.table]
    used = [name for name in ("currency", *columns_of(leaf), *engine.dims(leaf)) if table.has(name)]
    sources = engine.dataset.sources
    headers = {
        sources[int(index)].path: {
            name: sources[int(index)].columns[name] for name in used if name in sources[int(index)].columns
        }
        for index in table.frame[SOURCE].unique()
    }
    rows = _rows(engine, leaf, pairs.rows[hit]).assign(counts_as=_counts_as(engine, leaf, pairs, np.flatnonzero(hit)))
    records = engine.columns(leaf.table).records_of(pairs.rows[hit])
    if table.in_parts:
        rows = _by_record(leaf, rows, records)
    left_out, out = _left_out(engine, leaf, pairs, window, len(np.unique(records))), None
    if leaf.open is not None:
        why = _why_not(engine, leaf, pairs, window, pairs.rows[hit])
        out = _sorted(_rows(engine, leaf, np.flatnonzero(why != "")).assign(left_out=why[why != ""]))
        left_out = {name: count for name, count in left_out.items() if name == NO_VALUE}
        left_out = {**Counter(why[why != ""].tolist()), **left_out}
    return Part(
        leaf,
        amounts_of(engine, leaf, window, own),
        _sorted(rows),
        headers,
        left_out,
        engine.columns(leaf.table).number_of_records,
        out,
    )


def _why_not(engine: Engine, leaf: Metric, pairs: Pairs, window: int, counted: Ints) -> NDArray[np.object_]:
    """Of each row of a stock's table why it is not counted; empty for those that are."""
    assert leaf.open is not None
    table, columns = engine.dataset.tables[leaf.table], engine.columns(leaf.table)
    why = np.full(len(table.frame), NOT_OPEN, dtype=object)
    if leaf.when in ("start", "end"):
        edge = getattr(engine.covering.windows(leaf.table)[window], leaf.when)
        ended = columns.dates(leaf.open[1])
        why[(ended != NEVER) & (ended < edge)] = GONE
        if table.has(leaf.open[0]):
            started = columns.dates(leaf.open[0])
            why[started >= edge] = NOT_YET
            why[started == NEVER] = NO_DATE
    placed = engine.selector(leaf.table).placed(leaf)
    why[placed.rows[placed.window == window]] = UNFIT
    why[pairs.rows[pairs.window == window]] = ELSEWHERE
    why[counted] = ""
    return why


def _rows(engine: Engine, leaf: Metric, rows: Ints) -> pd.DataFrame:
    """Rows of an aggregate's table: where each stands, a place for what it counts as, and the columns that decide that it
    counts."""
    table = engine.dataset.tables[leaf.table]
    frame = table.frame.iloc[rows]
    listing = pd.DataFrame({"part": leaf.name, "table": leaf.table}, index=frame.index)
    paths = np.array([source.path for source in engine.dataset.sources], dtype=object)
    listing["file"], listing["row"] = paths[frame[SOURCE].to_numpy()], frame[ROW].to_numpy()
    listing["counts_as"] = None
    ids = [name for name, spec in schema.TABLES[leaf.table].columns.items() if spec.kind is Kind.ID]
    shown = dict.fromkeys(
        ["currency", RATE, *engine.dims(leaf), *columns_of(leaf), *(name for name in ids if name.endswith("_id"))]
    )
    for name in shown:
        if table.has(name) and name not in listing:
            listing[name] = frame[name].to_numpy() if frame[name].dtype.kind == "M" else frame[name]
    if engine.dataset.priced_in is not None:  # the amounts beside it are in another
        listing = listing.rename(columns={"currency": "currency_in_file"})
    return listing


def _by_record(leaf: Metric, parts: pd.DataFrame, records: Ints) -> pd.DataFrame:
    """One row per record of a table whose rows are parts of records: it counts as much as its parts together."""
    by_record = parts.groupby(records, sort=False)
    listing = by_record.first().reset_index(drop=True)[parts.columns]
    if leaf.aggregate == "sum":
        listing["counts_as"] = listing[leaf.column] = by_record["counts_as"].sum(min_count=1).to_numpy()
    return listing


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values(["file", "row"], kind="stable").reset_index(drop=True)


def _counts_as(engine: Engine, leaf: Metric, pairs: Pairs, places: np.ndarray) -> np.ndarray:
    """What each row adds to the aggregate: 1 to a count, its entity to a count of entities, else its value."""
    if leaf.aggregate == "count":
        return np.ones(len(places), dtype=np.int64)
    if leaf.aggregate == "distinct":
        return engine.dataset.tables[leaf.table].frame[leaf.column].astype("str").to_numpy()[pairs.rows[places]]
    return engine.measures.values(leaf, pairs)[places]


def _left_out(engine: Engine, leaf: Metric, pairs: Pairs, window: int, counted: int) -> dict[str, int]:
    """How many rows of the table are not counted, each for the first reason that keeps it out."""
    table, columns = engine.dataset.tables[leaf.table], engine.columns(leaf.table)
    placed = engine.selector(leaf.table).placed(leaf)
    there = np.unique(columns.records_of(placed.rows[placed.window == window]))
    fitting = np.unique(columns.records_of(pairs.rows[pairs.window == window]))
    missing = 0
    if leaf.at is not None and table.has(leaf.at):
        missing = int((columns.dates(leaf.at) == NEVER).sum())
    away = columns.number_of_records - missing - len(there)
    counts = {
        NO_DATE: missing,
        (ELSEWHEN if leaf.open is None else NOT_OPEN): away,
        UNFIT: len(there) - len(fitting),
        ELSEWHERE: len(fitting) - counted,
    }
    if leaf.aggregate not in ("count", "distinct"):
        values = engine.measures.values(leaf, pairs)[pairs.window == window]
        blank = columns.records_of(pairs.rows[pairs.window == window])[np.isnan(values)]
        counts[NO_VALUE] = len(np.unique(blank)) if len(fitting) == counted else 0
    return {reason: count for reason, count in counts.items() if count}
