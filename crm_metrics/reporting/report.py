"""The result of a run: one tidy frame, where it came from, and what was noticed on the way.

`rows` has one row per metric, period and segment, in catalogue order, with the columns `TIDY` (the dimensions of the
run come after `complete`). Shares are fractions, durations are in the metric's unit, dates are ISO text (first and last
day, inclusive), what is missing is None or NaN. The largest segments are what `--top` keeps, and the rest is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from crm_metrics.engine.cells import Cells
from crm_metrics.errors import UsageError
from crm_metrics.intervals.engine import Engine
from crm_metrics.metrics.metric import Metric
from crm_metrics.reporting import Origin

if TYPE_CHECKING:
    import pandas as pd

    from crm_metrics.analysis.grounds import Waiting

BEFORE_DIMENSIONS = ("metric", "title", "unit", "period", "start", "end", "complete")
AFTER_DIMENSIONS = (
    *("value", "low", "high", "n", "status", "reason", "currency", "compare_period", "compare_value", "change"),
    *("change_pct", "signal", "target", "attainment", "standing", "rank_low", "rank_high"),
)


def column_name(dimension: str) -> str:
    """The column of a dimension: its own name, unless the tidy form has a column of that name already (`by_status`)."""
    return f"by_{dimension}" if dimension in (*BEFORE_DIMENSIONS, *AFTER_DIMENSIONS) else dimension


@dataclass(frozen=True)
class RowChanges:
    """How many rows came, changed (same id, other cells) and went."""

    added: int
    changed: int | None
    gone: int


@dataclass(frozen=True)
class FileChange:
    """A file that is `changed`, `new` or `gone`, with the rows read of it before and now."""

    path: str
    change: str
    rows_before: int | None
    rows_now: int | None


@dataclass(frozen=True)
class Cause:
    """One reason: `definition`, `version`, `files` (of one table, with their rows as far as they can be told apart),
    `as-of`, or `unknown`. `what` says it in words where it is not about files."""

    kind: str
    what: tuple[str, ...] = ()
    table: str = ""
    files: tuple[FileChange, ...] = ()
    rows: RowChanges | None = None


@dataclass(frozen=True)
class Restated:
    """A figure of a complete period that was another one in an earlier run. `first_recorded` is when the earlier value was
    first recorded (UTC, ISO); a value is None where it was or is not available, with the reason (`gone`: no such segment).
    """

    metric: str
    title: str
    unit: str
    period: str
    start: str
    end: str
    segment: dict[str, str]
    currency: str | None
    before: float | None
    before_reason: str | None
    now: float | None
    now_reason: str | None
    first_recorded: str
    because: tuple[Cause, ...]


@dataclass(frozen=True, repr=False, kw_only=True)
class Report(Origin):
    """Everything a renderer needs.

    `metrics` are the metrics shown, in order. `by` are the segment dimensions (time grains are not among them), `per`
    those that table metrics add; both are columns of `rows`. `grain` is the time grain of the rows, if any. `history`
    holds, per metric, the values of the last periods up to the reported one, oldest first, None where there is
    none; `trailing` are the labels of these periods. `grounds` say, per metric, what its figure rests on where that has
    to be known. `missing` tells, per metric that no row has a value for, what was seen and what would make it
    available, `lacking` of which tables one would have to be given, where no file of such a kind was. `waiting` are the
    records that a figure leaves out because they still wait, where they are many. `restated` are the figures that an
    earlier run gave otherwise; None without a history to compare with. `missed_goals` are the goals of rows whose period
    is over that are not met. `uncovered` says which of the periods shown are not whole; `offers` say how to read a file's
    header as a column that figures miss; `newest` is the day of the newest record of each table behind the figures.
    `alike` names metrics whose figures are those at the age of a period, and that period; `ripe` gives, for metrics of
    which the period is too young to tell, the newest period that is old enough and its value. `concerns` are the metrics
    that a note is about, for notes that are not about all; `together` are the tidy rows of the whole period of a series.
    """

    rows: pd.DataFrame
    metrics: list[Metric]
    period: str
    start: date
    end: date
    as_of: date
    complete: bool
    by: tuple[str, ...] = ()
    per: tuple[str, ...] = ()
    grain: str | None = None
    compare_period: str | None = None
    missing: dict[str, str] = field(default_factory=dict)
    lacking: dict[str, tuple[str, ...]] = field(default_factory=dict)
    grounds: dict[str, list[str]] = field(default_factory=dict)
    history: dict[str, list[float | None]] = field(default_factory=dict)
    trailing: tuple[str, ...] = ()
    rest: str | None = None
    waiting: list[Waiting] = field(default_factory=list)
    restated: list[Restated] | None = None
    missed_goals: list[str] = field(default_factory=list)
    uncovered: list[str] = field(default_factory=list)
    offers: list[str] = field(default_factory=list)
    newest: dict[str, date] = field(default_factory=dict)
    ripe: dict[str, tuple[str, float]] = field(default_factory=dict)
    alike: dict[str, str] = field(default_factory=dict)
    concerns: dict[str, frozenset[str]] = field(default_factory=dict)
    together: pd.DataFrame | None = None

    def __repr__(self) -> str:
        """What it is of, in a line: the rows would be hundreds."""
        available = int((self.rows["status"] != "unavailable").sum())
        against = f" against {self.compare_period}" if self.compare_period else ""
        by = f" by {', '.join(filter(None, (self.grain, *self.by)))}" if self.grain or self.by else ""
        only = f", only rows where {self.where}" if self.where else ""
        missing = f", {len(self.rows) - available:,} not available" if available < len(self.rows) else ""
        return f"<Report {self.period}{by}{against}: {available:,} figures{missing}, as of {self.as_of}{only}>"

    def unavailable(self, metrics: Iterable[Metric]) -> dict[str, list[str]]:
        """The titles of those of the metrics that no row has a value for, by what is missing."""
        available = set(self.rows.loc[self.rows["value"].notna(), "metric"])
        titles: dict[str, list[str]] = {}
        for metric in metrics:
            if metric.name not in available:
                titles.setdefault(self.missing.get(metric.name, "no figure"), []).append(metric.title)
        return titles

    @property
    def columns(self) -> list[str]:
        """The columns of the tidy form, in order; new ones are only ever added at the end."""
        return [*BEFORE_DIMENSIONS, *self.by, *self.per, *AFTER_DIMENSIONS]


RANKED_BY = ("revenue_won", "revenue", "mrr", "deals_won", "tickets_created", "leads_created", "acquisition_spend")


def largest(engine: Engine, metrics: Sequence[Metric], windows: list[int], *, top: int) -> tuple[Engine, str]:
    """An engine in which all segments but the `top` largest are one, and that one's name, empty when there is none; largest
    by the first amount that the report has. Raises `UsageError` when nothing ranks the segments."""
    names = [metric.name for metric in metrics if not metric.per]
    for name in [*(name for name in RANKED_BY if name in names), *names, *RANKED_BY]:
        cells = engine.cells(name)
        if isinstance(cells, Cells) and cells.dims == engine.by and (cells.reason[windows] == 0).any():
            break
    else:
        raise UsageError(
            "--top has nothing to rank the segments by", hint=f"Add a metric that has {', '.join(engine.by)}."
        )
    total = np.where(cells.reason[windows] == 0, cells.value[windows], 0.0).sum(axis=0)
    labels = engine.segments(engine.by).labels
    order = sorted(range(len(labels)), key=lambda i: (-total[i], i))
    keep = tuple(labels[i] for i in order[:top])
    rest = f"(rest: {len(labels) - len(keep)})" if len(labels) > len(keep) else ""
    note = f"The {len(keep)} largest by {engine.catalog[name].title.lower()} are shown; the rest is one row."
    dataset = replace(engine.dataset, notes=[*engine.dataset.notes, note])
    limits, grid = np.flatnonzero(engine.limited).tolist(), (engine.catalog, engine.windows, engine.by)
    return Engine(dataset, *grid, keep=keep, rest=rest, limits=limits, compared=engine.compared), rest


def ranks(engine: Engine, metric: Metric, window: int) -> dict[tuple[str, ...], int]:
    """The place of each segment by a figure in a window, largest first; segments without the figure have none, and the rest
    of `--top` neither. Raises `UsageError` where no segment has the figure."""
    cells = engine.cells(metric.name)
    if not isinstance(cells, Cells) or cells.dims != engine.by or not (cells.reason[window] == 0).any():
        raise UsageError(
            f"--sort {metric.name}: there is no such figure by {' and '.join(engine.by)}",
            hint=f"'crm-metrics metrics {metric.name}' says what it is made of.",
        )
    placed = np.flatnonzero(cells.reason[window] == 0)
    labels = engine.segments(engine.by).labels
    order = placed[np.argsort(-cells.value[window, placed], kind="stable")].tolist()
    return {labels[at]: place for place, at in enumerate(order) if engine.rest not in labels[at] or not engine.rest}


def in_order(rows: pd.DataFrame, by: Sequence[str], places: dict[tuple[str, ...], int]) -> pd.DataFrame:
    """Tidy rows with the segments of each metric and period in the order of their places, the others after them."""
    import pandas as pd

    block, _ = pd.factorize(pd.MultiIndex.from_arrays([rows["metric"], rows["period"]]))
    segments, labels = pd.factorize(pd.MultiIndex.from_arrays([rows[name] for name in by]))
    place = np.array([places.get(tuple(segment), len(places)) for segment in labels], dtype=np.int64)
    return rows.iloc[np.lexsort((place[segments], block))].reset_index(drop=True)
