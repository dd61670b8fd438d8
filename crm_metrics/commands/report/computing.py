"""The figures of a period: from a loaded dataset and a question to a report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from crm_metrics import periods
from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.metrics.metric import Metric
from crm_metrics.query import Query
from crm_metrics.reporting import Origin
from crm_metrics.session import complete

if TYPE_CHECKING:
    import pandas as pd

    from crm_metrics.intervals.engine import Engine
    from crm_metrics.reporting.report import Report
    from crm_metrics.tables import Dataset

# Reasons that another period would not take away.
WHATEVER_THE_PERIOD = ("missing-column", "mixed-currency", "no-rate", "scale-ambiguous")
MOST_PARTS = 5000  # 95 years of weeks; more come of a mistyped year


def compute(
    dataset: Dataset, asked: Query, *, history: bool = False, strict: bool = True, alike: bool = False
) -> Report:
    """The report of a loaded dataset. With `history` the last 12 periods of each metric are computed too, where there are no
    segments, and of a series the whole of its time; with `alike` figures that follow records are those at the age of the
    newest period that is over. Raises `NothingToReport` when no figure rests on any record, unless not `strict`."""
    from crm_metrics.analysis.grounds import above_the_whole, grounds, still_waiting
    from crm_metrics.engine.scheduling import prepare
    from crm_metrics.intervals.engine import Engine
    from crm_metrics.loaders.memory import refuse_too_many
    from crm_metrics.reporting.assembly import Assembler
    from crm_metrics.reporting.report import Report, column_name, in_order, largest, ranks
    from crm_metrics.reporting.timeline import PAST, Timeline, reported, ripe

    span = reported(dataset, asked.period)
    timeline = Timeline(dataset)
    parts = span.split(asked.grain) if asked.grain else [span]
    if len(parts) > MOST_PARTS:
        raise UsageError(
            f"{span.label} has {len(parts):,} {asked.grain}s, from {span.start} on",
            hint="Give a period with -p, such as -p 2020..; 'crm-metrics check' lists dates that may be mistyped.",
        )
    follows = any(asked.catalog.follows(metric) for metric in asked.metrics)
    shown = [timeline.shown(part, asked.compare, aged=follows) for part in parts]
    over = [part for part in parts if part.is_complete(dataset.as_of)]
    if alike and follows and over:
        shown = [
            replace(part, alike_window=timeline.aged(part.period, over[-1])) if part.complete else part
            for part in shown
        ]
    past, then = [], []
    if history and not (asked.grain or asked.by):
        past = timeline.trailing(span)
        then = [timeline.aged(part, span) for part in periods.trailing(span, PAST)[:-1]] if follows else []
        then += [part.window for part in shown] if then else []
    is_series = bool(asked.grain) and len(parts) > 1
    together_at = timeline.shown(span, "none") if is_series and (history or asked.sort) else None
    places = {place for part in shown for place in (part.window, part.earlier_window) if place is not None}
    places |= {together_at.window} if together_at else set()
    dataset = complete(dataset, asked, [timeline.windows[place] for place in places])
    judged = {at for part in shown for at in (part.aged_window, part.alike_window) if at is not None} | places
    # Segments are compared with each other in one period, and with an earlier one.
    compared = len(shown) == 1 or any(part.earlier_window is not None for part in shown)
    engine = Engine(dataset, asked.catalog, timeline.windows, asked.by, limits=judged, compared=compared)
    rest = None
    if asked.top is not None:
        engine, rest = largest(engine, asked.metrics, [part.window for part in shown], top=asked.top)
    order = ranks(engine, asked.sort, (together_at or shown[0]).window) if asked.sort else {}
    per = tuple(dict.fromkeys(dim for metric in asked.metrics for dim in metric.per if dim not in asked.by))
    segments = len(engine.segments(engine.by))
    refuse_too_many(len(asked.metrics) * len(engine.windows) * segments, segments=segments)
    prepare(engine, asked.metrics)
    assembler = Assembler(engine, shown, per)
    rows = assembler.frame(asked.metrics)
    together = Assembler(engine, [together_at], per).frame(asked.metrics) if together_at and history else None
    if order:
        names = list(map(column_name, asked.by))
        rows = in_order(rows, names, order)
        together = None if together is None else in_order(together, names, order)
    if strict and (rows["status"] == "unavailable").all():
        if len(assembler.absent) == len(asked.metrics):
            # What is wrong with a table that was given says more than which others were not.
            first_of: dict[str, str] = {}
            for name in sorted(assembler.missing, key=assembler.lacking.__contains__):
                first_of.setdefault(assembler.missing[name], name)
            raise _nothing([f"{name}: {why}" for why, name in first_of.items()][:3])
        of_period = set(rows.loc[~rows["reason"].isin(WHATEVER_THE_PERIOD), "metric"])
        if not of_period:
            raise _nothing(_distinct(assembler.missing.values()))
        reach, is_outside = _reach(dataset, span)
        raise _nothing(
            [
                f"no figure can be given for {span.label}; {reach}",
                *_distinct(why for name, why in assembler.missing.items() if name in of_period and not is_outside),
            ],
            "Choose another period with -p, or -p all.",
            *assembler.offers,
        )
    first, above = shown[0], above_the_whole(asked.catalog, asked.metrics, rows)
    made_from = vars(Origin.of(dataset)) | {
        "notes": list(dict.fromkeys([*engine.dataset.notes, *timeline.notes, *assembler.notes, *above.values()]))
    }
    made_from["settings"] |= {} if timeline.lag is None else {"cac_lag_days": timeline.lag}
    return Report(
        **made_from,
        rows=rows,
        metrics=asked.metrics,
        period=span.label,
        start=span.start,
        end=max(span.end - timedelta(days=1), span.start),
        complete=span.is_complete(dataset.as_of),
        by=tuple(map(column_name, asked.by)),
        per=tuple(map(column_name, per)),
        grain=asked.grain,
        compare_period=first.earlier.label if first.earlier is not None and len(shown) == 1 else None,
        together=together,
        concerns=_concerned(engine, asked.metrics) | {note: frozenset({name}) for name, note in above.items()},
        missing=assembler.missing,
        lacking=assembler.lacking,
        grounds={} if asked.grain or asked.by else grounds(engine, asked.metrics, first.window),
        ripe=ripe(engine, asked.metrics, span, past),
        history=_history(engine, asked.metrics, past, then) if past else {},
        trailing=tuple(part.label for part in periods.trailing(span, PAST)) if past else (),
        rest=rest,
        missed_goals=assembler.missed_goals,
        uncovered=list(assembler.uncovered),
        offers=list(assembler.offers),
        newest=_newest(engine, asked.metrics, rows),
        alike=dict.fromkeys(sorted(assembler.alike), over[-1].label if over else ""),
        waiting=[] if asked.grain else still_waiting(engine, asked.metrics, first.window),
    )


def _concerned(engine: Engine, metrics: list[Metric]) -> dict[str, frozenset[str]]:
    """The metrics that read what a note is about, for every note that is not about all."""
    from crm_metrics.metrics.checking import columns_of

    concerns = {note: set(columns) for note, columns in engine.dataset.concerns.items()}
    if not concerns:
        return {}
    read = {}
    for metric in metrics:
        parts = [part for part in engine.catalog.parts([metric]) if part.table]
        columns = {f"{part.table}.{column}" for part in parts for column in columns_of(part)}
        read[metric.name] = {part.table for part in parts} | columns
    return {note: frozenset(name for name in read if read[name] & about) for note, about in concerns.items()}


def _newest(engine: Engine, metrics: list[Metric], rows: pd.DataFrame) -> dict[str, date]:
    """The newest record of each table behind the figures that are given, or not given because it ends too early."""
    names = set(rows.loc[(rows["status"] != "unavailable") | (rows["reason"] == "not-covered"), "metric"])
    tables = {table for metric in metrics if metric.name in names for table in engine.covering.tables(metric)}
    return {table: engine.dataset.coverage[table].newest for table in sorted(tables)}


def _nothing(reasons: list[str], *ways: str) -> NothingToReport:
    return NothingToReport("; ".join(reasons), hint="\n".join(ways) or None)


def _distinct(missing: Iterable[str]) -> list[str]:
    """Why figures are missing where not for want of records; the first two reasons that no other one says as well, those of
    time before others."""
    reasons = [reason for reason in dict.fromkeys(missing) if not reason.startswith("no records in")]
    reasons = [reason for reason in reasons if not any(reason != other and reason in other for other in reasons)]
    return sorted(reasons, key=lambda reason: " end on " not in reason and " begin on " not in reason)[:2]


def _reach(dataset: Dataset, span: periods.Period) -> tuple[str, bool]:
    """From when to when the data reaches, and whether no day of the span is among them: more need not be said then."""
    from crm_metrics.reporting.timeline import first_day

    first = first_day(dataset)
    if first is None:
        return "the data has no dates", False
    if first > dataset.as_of:
        return f"nothing happened up to {dataset.as_of}, the last day that counts", False
    last = min(dataset.as_of, max(covered.newest for covered in dataset.coverage.values()))
    return f"the data reaches from {first} to {last}", span.end <= first or span.start > last


def _history(engine: Engine, metrics: list[Metric], past: list[int], then: list[int]) -> dict[str, list[float | None]]:
    """The figures of the last periods; of metrics that follow records each as it stood `then`, at the age of the
    last."""
    from crm_metrics.engine.cells import Cells

    by_metric: dict[str, list[float | None]] = {}
    for metric in metrics:
        cells = engine.cells(metric.name)
        places = then if engine.catalog.follows(metric) else past
        if isinstance(cells, Cells) and cells.value.shape[1] == 1:
            by_metric[metric.name] = [cells.at(place, 0)[0] for place in places]
    return by_metric
