"""The same in Python: from exports to a report.

from crm_metrics import api
report = api.report(["exports/"], period="2025-Q3", by=["owner"], metrics=["sales"])
report.rows  # a pandas DataFrame, one row per metric, period and segment
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from crm_metrics import periods
from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.metrics import catalog as catalogs
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric
from crm_metrics.periods import Period, PeriodSpec
from crm_metrics.settings import Settings

if TYPE_CHECKING:
    from crm_metrics.engine.windows import Window
    from crm_metrics.report import Report
    from crm_metrics.tables import Dataset

GRAINS = ("day", "week", "month", "quarter", "year")
RANKED_BY = ("revenue_won", "revenue", "mrr", "deals_won", "tickets_created", "leads_created", "acquisition_spend")
HISTORY = 12


@dataclass(frozen=True)
class Query:
    """What is asked for, checked before any file is read: metrics, period, dimensions, comparison."""

    catalog: Catalog
    metrics: list[Metric]
    period: PeriodSpec | None
    by: tuple[str, ...]
    grain: str | None
    compare: str | PeriodSpec
    top: int | None = None
    settings: Settings = field(default_factory=Settings)


def query(
    *,
    period: str | None = None,
    by: Sequence[str] = (),
    metrics: Sequence[str] = (),
    compare: str | None = None,
    top: int | None = None,
    settings: Settings | None = None,
    metrics_file: Path | None = None,
) -> Query:
    """The question, with every name in it checked. Raises `UsageError` or `SettingsError` that names the nearest valid one."""
    settings = settings or Settings()
    catalog = catalogs.built_in()
    if metrics_file is not None:
        catalog = catalogs.with_own(catalog, metrics_file)
    names = [part.strip().casefold() for text in by for part in text.split(",") if part.strip()]
    grains = [name for name in names if name in GRAINS]
    if len(grains) > 1:
        raise UsageError(f"--by takes one time grain, not {' and '.join(grains)}", hint="For example: --by month,owner")
    asked = [part for text in metrics for part in text.split(",") if part.strip()]
    chosen = catalog.chosen(asked) if asked else catalog.shown()
    calendar: dict[str, int | str] = {
        "fiscal_year_start": settings.fiscal_year_start,
        "week_start": settings.week_start,
    }
    spec = periods.parse(period, **calendar) if period else None  # type: ignore[arg-type]
    if top is not None and top < 1:
        raise UsageError("--top takes a whole number from 1 up")
    baseline: str | PeriodSpec = compare or ("none" if grains else "previous")
    if compare and compare not in ("previous", "year-ago", "none"):
        baseline = periods.parse(compare, **calendar)  # type: ignore[arg-type]
    dims = tuple(dict.fromkeys(name.replace("-", "_") for name in names if name not in GRAINS))
    if top is not None and not dims:
        raise UsageError("--top needs a segment", hint="For example: --by owner --top 10")
    return Query(catalog, chosen, spec, dims, grains[0] if grains else None, baseline, top, settings)


def load(
    paths: Sequence[str],
    asked: Query,
    *,
    today: date | None = None,
    stdin: BinaryIO | None = None,
    tables: Mapping[str, str] | None = None,
) -> Dataset:
    """The tables of the given files that the question needs. `tables` names the table of a path where it is known, for
    files whose columns have the canonical names."""
    from crm_metrics.loaders.loading import load as load_tables
    from crm_metrics.loaders.reading import open_inputs
    from crm_metrics.metrics.catalog import columns_of

    opened = open_inputs(paths, stdin=stdin)
    parts = [part for part in asked.catalog.parts(asked.metrics) if part.aggregate]
    wanted = {(part.table, column) for part in parts for column in (*columns_of(part), *part.per)}
    now = today or date.today()
    settings = asked.settings
    if settings.as_of is None and asked.period is not None and asked.period.needs_clock:
        settings = settings.model_copy(update={"as_of": now})
    dataset = load_tables(opened.tables, wanted, asked.by, settings, today=now, forced=tables, issues=opened.issues)
    dataset.ignored = opened.ignored
    dataset.raws = {raw.path: raw for raw in opened.tables}
    return dataset


def report(
    paths: Sequence[str],
    *,
    period: str | None = None,
    by: Sequence[str] = (),
    metrics: Sequence[str] = (),
    compare: str | None = None,
    top: int | None = None,
    settings: Settings | None = None,
    metrics_file: Path | None = None,
    today: date | None = None,
    stdin: BinaryIO | None = None,
) -> Report:
    """The key figures of a period from files, folders or archives. `period` as on the command line (the last complete month
    when not given), `by` dimensions and at most one time grain, `metrics` names or families (all when empty). Raises
    `CrmMetricsError` with what, where and what to do."""
    asked = query(
        period=period, by=by, metrics=metrics, compare=compare, top=top, settings=settings, metrics_file=metrics_file
    )
    return compute(load(paths, asked, today=today, stdin=stdin), asked)


def compute(
    dataset: Dataset, asked: Query, *, history: bool = False, digests: bool = False, strict: bool = True
) -> Report:
    """The report of a loaded dataset. With `history` the last 12 periods of each metric are computed too; with `digests`
    the SHA-256 of every input. Raises `NothingToReport` when no figure rests on any record, unless not `strict`."""
    from crm_metrics.assembly import Assembler, has_figures
    from crm_metrics.engine.compute import Engine
    from crm_metrics.report import Report

    whole = _period(dataset, asked)
    timeline = _Timeline(dataset)
    shown = [timeline.shown(part, asked.compare) for part in (whole.split(asked.grain) if asked.grain else [whole])]
    past = [timeline.place(part) for part in periods.trailing(whole, HISTORY)] if history and not asked.grain else []
    engine = Engine(dataset, asked.catalog, timeline.windows, asked.by)
    rest = None
    if asked.top is not None:
        engine, rest = _top(engine, asked, [part.window for part in shown])
    per = tuple(dict.fromkeys(dim for metric in asked.metrics for dim in metric.per if dim not in asked.by))
    assembler = Assembler(engine, shown, per)
    rows = assembler.frame(asked.metrics)
    start = _first_day(dataset)
    covered = start is not None and whole.start <= dataset.as_of and start < whole.end
    if strict and not has_figures(rows, covered=covered):
        raise _nothing(dataset, whole)
    first = shown[0]
    return Report(
        rows=rows,
        metrics=asked.metrics,
        period=whole.label,
        start=whole.start,
        end=max(whole.end - timedelta(days=1), whole.start),
        as_of=dataset.as_of,
        complete=whole.is_complete(dataset.as_of),
        by=asked.by,
        per=per,
        grain=asked.grain,
        compare=asked.compare if isinstance(asked.compare, str) else asked.compare.text,
        compare_period=first.earlier.label if first.earlier is not None and len(shown) == 1 else None,
        sources=dataset.sources,
        digests={path: raw.digest() for path, raw in dataset.raws.items()} if digests else {},
        settings=_stated(dataset, asked),
        issues=dataset.issues,
        notes=dataset.notes,
        missing=assembler.missing,
        history=_history(engine, asked.metrics, past) if past else {},
        rest=rest,
    )


def _period(dataset: Dataset, asked: Query) -> Period:
    first = _first_day(dataset)
    if asked.period is not None:
        return asked.period.resolve(as_of=dataset.as_of, first=first or dataset.as_of)
    if first is None:
        return periods.parse("all").resolve(as_of=dataset.as_of, first=dataset.as_of)
    last = periods.last_complete("month", dataset.as_of)
    if last.end <= first:  # less than a month of data
        return periods.parse("all").resolve(as_of=dataset.as_of, first=first)
    return last


def _first_day(dataset: Dataset) -> date | None:
    """The first day on which something happened; None when no table has dates."""
    from crm_metrics import schema

    days = []
    for table in dataset.tables.values():
        if schema.is_derived(table.name):
            continue
        for column in schema.TABLES[table.name].clocks:
            if table.has(column) and not table.frame[column].isna().all():
                days.append(table.frame[column].min())
    return min(days).date() if days else None


class _Timeline:
    """The windows to compute: each distinct period once."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.windows: list[Window] = []
        self._places: dict[tuple[date, date, str], int] = {}

    def place(self, period: Period) -> int:
        """Where the period's window stands; the window of a period to date ends with as-of."""
        from crm_metrics.engine.windows import Window

        cut = period.until(self.dataset.as_of)
        key = (cut.start, cut.end, period.unit if period.unit == "all" else "")
        if key not in self._places:
            self._places[key] = len(self.windows)
            lag = self._lag()
            shifted = {}
            if lag is not None:
                days = timedelta(days=lag)
                shifted["cac_lag_days"] = (self._instant(cut.start - days), self._instant(cut.end - days))
            goals = [goal for goal in self.dataset.settings.goal if goal.metric == "revenue_won"]
            target = sum(goal.target for goal in goals if goal.start == period.start and goal.due == _last(period))
            values = {"goal_revenue_won": target} if target else {}
            window = Window(
                self._instant(cut.start),
                self._instant(cut.end),
                cut.months,
                period.unit == "all",
                values,
                shifted,
                self._instant(period.end),
            )
            self.windows.append(window)
        return self._places[key]

    def shown(self, period: Period, compare: str | PeriodSpec) -> object:
        from crm_metrics.assembly import Shown

        as_of = self.dataset.as_of
        if isinstance(compare, PeriodSpec):
            other = compare.resolve(as_of=as_of, first=_first_day(self.dataset) or as_of)
            earlier = periods.comparison(period, other, as_of=as_of)
        else:
            earlier = periods.comparison(period, compare, as_of=as_of)
        place = self.place(earlier) if earlier is not None else None
        return Shown(period, period.is_complete(as_of), self.place(period), earlier, place)

    def _lag(self) -> int | None:
        settings = self.dataset.settings
        if settings.cac_lag_days is not None:
            return settings.cac_lag_days
        usual = self.dataset.constants.get("median_cycle_days")
        return None if usual is None else int(usual + 0.5)

    def _instant(self, day: date) -> int:
        """The beginning of a day in the declared time zone, in microseconds since 1970."""
        from zoneinfo import ZoneInfo

        zone = ZoneInfo(self.dataset.settings.timezone or "UTC")
        moment = datetime(day.year, day.month, day.day, tzinfo=zone)
        return round(moment.timestamp()) * 1_000_000


def _last(period: Period) -> date:
    return period.end - timedelta(days=1)


def _top(engine: object, asked: Query, windows: list[int]) -> tuple[object, str]:
    """An engine in which all segments but the largest are one; largest by the first amount that the report has."""
    import numpy as np

    from crm_metrics.engine.cells import Cells
    from crm_metrics.engine.compute import Engine

    assert isinstance(engine, Engine)
    assert asked.top is not None
    names = [metric.name for metric in asked.metrics if not metric.per]
    for name in [*(name for name in RANKED_BY if name in names), *names, *RANKED_BY]:
        cells = engine.cells(name)
        if isinstance(cells, Cells) and cells.dims == asked.by and (cells.reason[windows] == 0).any():
            break
    else:
        raise UsageError(
            "--top has nothing to rank the segments by", hint=f"Add a metric that has {', '.join(asked.by)}."
        )
    total = np.where(cells.reason[windows] == 0, cells.value[windows], 0.0).sum(axis=0)
    labels = engine.segments(asked.by).labels
    order = sorted(range(len(labels)), key=lambda i: (-total[i], i))
    keep = tuple(labels[i] for i in order[: asked.top])
    rest = f"(rest: {len(labels) - len(keep)})" if len(labels) > len(keep) else ""
    engine.dataset.notes.append(
        f"The {len(keep)} largest by {asked.catalog[name].title.lower()} are shown; the rest is one row."
    )
    return Engine(engine.dataset, engine.catalog, engine.windows, engine.by, keep=keep, rest=rest), rest


def _nothing(dataset: Dataset, whole: Period) -> NothingToReport:
    """Why there is no figure: no rows at all, or none in the period."""
    if not any(source.rows for source in dataset.sources):
        return NothingToReport("the files hold no rows")
    first = _first_day(dataset)
    span = f"the data reaches from {first} to {dataset.as_of}" if first else "the data has no dates"
    return NothingToReport(
        f"no figure can be given for {whole.label}; {span}", hint="Choose another period with -p, or -p all."
    )


def _history(engine: object, metrics: list[Metric], places: list[int]) -> dict[tuple[str, ...], list[float | None]]:
    from crm_metrics.engine.cells import Cells
    from crm_metrics.engine.compute import Engine

    assert isinstance(engine, Engine)
    found = {}
    for metric in metrics:
        cells = engine.cells(metric.name)
        if isinstance(cells, Cells) and cells.value.shape[1] == 1:
            values = [cells.value[place, 0] if cells.reason[place, 0] == 0 else None for place in places]
            found[(metric.name,)] = [None if value is None else float(value) for value in values]
    return found


def _stated(dataset: Dataset, asked: Query) -> dict[str, object]:
    """The settings in force, those that were derived included."""
    stated = {name: value for name, value in asked.settings.model_dump(mode="json").items() if value is not None}
    stated["as_of"] = dataset.as_of.isoformat()
    if "median_cycle_days" in dataset.constants and "cac_lag_days" not in stated:
        stated["cac_lag_days"] = int(dataset.constants["median_cycle_days"] + 0.5)
    return stated
