"""The same in Python: from exports to a report.

from crm_metrics import api
report = api.report(["exports/"], period="2025-Q3", by=["owner"], metrics=["sales"])
report.rows  # a pandas DataFrame, one row per metric, period and segment
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast, get_args

from crm_metrics import periods
from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.metrics import catalog as catalogs
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric
from crm_metrics.periods import Grain, PeriodSpec
from crm_metrics.settings import Settings

if TYPE_CHECKING:
    from crm_metrics.engine.compute import Engine
    from crm_metrics.report import Report
    from crm_metrics.tables import Dataset

GRAINS: tuple[str, ...] = get_args(Grain)
HISTORY = 12


@dataclass(frozen=True)
class Query:
    """What is asked for, checked before any file is read: metrics, period, dimensions, comparison."""

    catalog: Catalog
    metrics: list[Metric]
    period: PeriodSpec | None
    by: tuple[str, ...]
    grain: Grain | None
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
    """The question, with every name in it checked. Raises `UsageError` or `SettingsError` that names the nearest valid
    one."""
    settings = settings or Settings()
    catalog = catalogs.built_in()
    if metrics_file is not None:
        catalog = catalogs.with_own(catalog, metrics_file)
    names = [part.strip().casefold() for text in by for part in text.split(",") if part.strip()]
    grains = [cast(Grain, name) for name in names if name in GRAINS]
    if len(grains) > 1:
        raise UsageError(f"--by takes one time grain, not {' and '.join(grains)}", hint="For example: --by month,owner")
    asked = [part for text in metrics for part in text.split(",") if part.strip()]
    chosen = catalog.chosen(asked) if asked else catalog.shown()
    spec = _written(period, settings) if period else None
    if top is not None and top < 1:
        raise UsageError("--top takes a whole number from 1 up")
    baseline: str | PeriodSpec = compare or ("none" if grains else "previous")
    if compare and compare not in ("previous", "year-ago", "none"):
        baseline = _written(compare, settings)
    dims = tuple(dict.fromkeys(name.replace("-", "_") for name in names if name not in GRAINS))
    if top is not None and not dims:
        raise UsageError("--top needs a segment", hint="For example: --by owner --top 10")
    return Query(catalog, chosen, spec, dims, grains[0] if grains else None, baseline, top, settings)


def _written(text: str, settings: Settings) -> PeriodSpec:
    return periods.parse(text, fiscal_year_start=settings.fiscal_year_start, week_start=settings.week_start)


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
    from crm_metrics.loaders.gathering import gather
    from crm_metrics.loaders.reading import open_inputs
    from crm_metrics.metrics.catalog import columns_of

    opened = open_inputs(paths, stdin=stdin)
    parts = [part for part in asked.catalog.parts(asked.metrics) if part.aggregate]
    wanted = {(part.table, column) for part in parts for column in (*columns_of(part), *part.per)}
    now = today or date.today()
    settings = asked.settings
    if settings.as_of is None and asked.period is not None and asked.period.needs_clock:
        settings = settings.model_copy(update={"as_of": now})
    gathered = gather(opened.tables, wanted, asked.by, forced=tables, issues=opened.issues)
    from crm_metrics.loaders.loading import load as load_tables  # imports pandas, while the files are being read

    dataset = load_tables(gathered, settings, today=now)
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
    from crm_metrics.ranking import largest
    from crm_metrics.report import Report, column_name
    from crm_metrics.timeline import Timeline, first_day, reported

    whole = reported(dataset, asked.period)
    timeline = Timeline(dataset)
    shown = [timeline.shown(part, asked.compare) for part in (whole.split(asked.grain) if asked.grain else [whole])]
    past = [timeline.place(part) for part in periods.trailing(whole, HISTORY)] if history and not asked.grain else []
    engine = Engine(dataset, asked.catalog, timeline.windows, asked.by)
    rest = None
    if asked.top is not None:
        engine, rest = largest(engine, asked.metrics, [part.window for part in shown], top=asked.top)
    per = tuple(dict.fromkeys(dim for metric in asked.metrics for dim in metric.per if dim not in asked.by))
    engine.prepare(asked.metrics)
    assembler = Assembler(engine, shown, per)
    rows = assembler.frame(asked.metrics)
    start = first_day(dataset)
    covered = start is not None and whole.start <= dataset.as_of and start < whole.end
    if strict and not has_figures(rows, covered=covered):
        if len(assembler.absent) == len(asked.metrics):
            reasons = dict.fromkeys(f"{metric.name}: {assembler.missing[metric.name]}" for metric in asked.metrics)
            raise _nothing(dataset, list(reasons)[:3])
        raise _nothing(
            dataset,
            [f"no figure can be given for {whole.label}; {_span(dataset)}"],
            "another period with -p, or -p all",
        )
    first = shown[0]
    return Report(
        rows=rows,
        metrics=asked.metrics,
        period=whole.label,
        start=whole.start,
        end=max(whole.end - timedelta(days=1), whole.start),
        as_of=dataset.as_of,
        complete=whole.is_complete(dataset.as_of),
        by=tuple(map(column_name, asked.by)),
        per=tuple(map(column_name, per)),
        grain=asked.grain,
        compare=asked.compare if isinstance(asked.compare, str) else asked.compare.text,
        compare_period=first.earlier.label if first.earlier is not None and len(shown) == 1 else None,
        sources=dataset.sources,
        digests={path: raw.digest() for path, raw in dataset.raws.items()} if digests else {},
        settings=_stated(dataset, asked),
        issues=dataset.issues,
        notes=engine.dataset.notes,
        missing=assembler.missing,
        history=_history(engine, asked.metrics, past) if past else {},
        rest=rest,
    )


def _nothing(dataset: Dataset, reasons: list[str], instead: str = "") -> NothingToReport:
    """Why there is no figure: no rows at all, else the reasons given."""
    if not any(source.rows for source in dataset.sources):
        paths = ", ".join(source.path for source in dataset.sources)
        return NothingToReport(f"the files hold no rows: {paths}")
    return NothingToReport("; ".join(reasons), hint=f"Choose {instead}." if instead else None)


def _span(dataset: Dataset) -> str:
    from crm_metrics.timeline import first_day

    first = first_day(dataset)
    return f"the data reaches from {first} to {dataset.as_of}" if first else "the data has no dates"


def _history(engine: Engine, metrics: list[Metric], places: list[int]) -> dict[tuple[str, ...], list[float | None]]:
    from crm_metrics.engine.cells import Cells

    found: dict[tuple[str, ...], list[float | None]] = {}
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
