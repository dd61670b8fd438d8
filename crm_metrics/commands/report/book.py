"""A report as a book: every figure as a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from crm_metrics.book import BY_SIGNAL, OF_ROW, Book, Cell, Column, Curve, Frame, Origin, Sheet, cells
from crm_metrics.book.rows import by_name, limits, unseen
from crm_metrics.commands.report import waiting
from crm_metrics.intervals.signals import BETTER, WORSE
from crm_metrics.metrics.catalog import FAMILY_TITLES
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    from crm_metrics.reporting.report import Report

_LIMITED = ("value", "low", "high")
_COLUMNS = {
    column.name: column
    for column in (
        *unseen("metric", OF_ROW, "start", "end", "complete", "status", "currency", "compare_period"),
        Column("title", "Figure"),
        Column("period", "Period"),
        Column("value", "Value", OF_ROW),
        *limits(OF_ROW, 4),
        Column("n", "records", Unit.COUNT, spare=6),
        Column("reason", "not available", spare=3),
        Column("compare_value", "before", OF_ROW, spare=1),
        Column("change", "change", OF_ROW, spare=2, signed="difference"),
        Column("change_pct", "in percent", Unit.PERCENT, spare=5, signed="relative"),
        Column("signal", "beyond chance", spare=1, styles=BY_SIGNAL),
        Column("target", "target", OF_ROW, spare=7),
        Column("attainment", "reached", Unit.PERCENT, spare=7),
        Column("standing", "against all", spare=8),
        Column("rank_low", "rank from", Unit.COUNT, spare=9),
        Column("rank_high", "to", Unit.COUNT, spare=9),
    )
}


def book(report: Report, *, for_people: bool = False, scope: str = "", paths: Sequence[str] = ()) -> Book:
    """The tidy rows; for people the same by family, as they read them, and what is not available. A terminal has a
    page of its own: of the headline figures, with `everything` of "all" figures or of those that are "named" and in the
    report; `paths` are those of the commands that it names."""
    columns = [_COLUMNS.get(name) or Column(name, spare=1) for name in report.columns]
    rows = Frame(report.rows, columns, dates=("start", "end"))
    extra: dict[str, Any] = {"period": report.period}
    if report.restated is not None:
        extra["restated"] = list(map(asdict, report.restated))
    days = str(report.start) if report.start == report.end else f"{report.start} to {report.end}"
    compared = [f"compared with {report.compare_period}"] if report.compare_period else []
    return Book(
        f"Key figures  {report.period}",
        origin(report),
        [
            Sheet("rows", "", columns, rows, for_people=False if for_people else None),
            *(_by_family(report, columns) if for_people else []),
        ],
        [days if report.complete else f"{days}, to date", *compared],
        says=_beyond_chance(report) if for_people else [],
        notes=[*report.uncovered, *report.notes, *waiting.resting(report), *waiting.sentences(report)],
        extra=extra,
        charts=_curves(report) if for_people else [],
        page=lambda width, verbose: _page(report, verbose, scope, paths, width),
    )


def _page(report: Report, verbose: bool, scope: str, paths: Sequence[str], width: int | None) -> Book:
    from crm_metrics.commands.report.page import page

    return page(report, width, verbose=verbose, scope=scope, paths=paths)


def _by_family(report: Report, columns: Sequence[Column]) -> list[Sheet]:
    """The headline figures, of a series with its periods across, by segment with the figures across; then all of them by
    family, then those that cannot be given with what they lack."""
    available = report.rows["metric"].where(report.rows["value"].notna())
    several = report.grain is not None
    left = {"reason"} if several else {"reason", "period"}
    shown = [replace(column, shown=column.shown and column.name not in left) for column in columns]
    headlines = {metric.name for metric in report.metrics if metric.headline and not metric.per}
    chosen = {"headlines": ("Headline figures", headlines)} if not (report.by or several) else {}
    for metric in report.metrics:
        title = FAMILY_TITLES.get(metric.family, metric.family)
        chosen.setdefault(metric.family, (title, set()))[1].add(metric.name)
    sheets = [
        Sheet(name, title, shown, Frame(report.rows, shown, ("start", "end"), places), for_people=True)
        for name, (title, names) in chosen.items()
        if len(places := available.isin(names).to_numpy().nonzero()[0])
    ]
    overview = _by_segment(report, headlines) if report.by else _over_time(report, headlines) if several else None
    first = [overview] if overview is not None and overview.rows else []
    return [*first, *sheets, _not_available(report)]


def _over_time(report: Report, headlines: set[str]) -> Sheet:
    """The headline figures of a series, its periods across, with a note on those that are not final."""
    rows = report.rows[report.rows["metric"].isin(headlines) & report.rows["value"].notna()]
    together = report.together
    if together is not None:
        together = together[together["metric"].isin(rows["metric"]) & together["value"].notna()]
    sheet = across(replace(report, rows=rows, together=together, per=()))
    machines = {"metric", OF_ROW, "currency"}
    young = rows[rows["status"] == "partial"].groupby("period", sort=False)["title"].agg(", ".join)
    return replace(
        sheet,
        name="headlines",
        title="Headline figures",
        columns=[replace(column, shown=column.name not in machines) for column in sheet.columns],
        notes=[f"Not final in {period}: {titles}" for period, titles in young.items()],
        for_people=True,
    )


def _by_segment(report: Report, headlines: set[str]) -> Sheet:
    """The headline figures of each segment, across, of a series those of the whole period; each currency has columns of its
    own, whose headings name it."""
    import numpy as np
    import pandas as pd

    rows = report.rows.iloc[:0] if report.grain is not None else report.rows
    rows = rows if report.together is None else report.together
    rows = rows[rows["metric"].isin(headlines) & rows["value"].notna()]
    place, segments = pd.factorize(pd.MultiIndex.from_frame(rows[list(report.by)]))
    values = rows["value"].to_numpy(dtype=float)
    columns, figures = [Column(name) for name in report.by], list[Any]()
    kinds: Any = rows.groupby(["metric", "title", "unit", "currency"], sort=False, dropna=False).indices
    for (metric, title, unit, code), own in kinds.items():
        if isinstance(code, str):
            metric, title = f"{metric}_{code}", f"{title} ({code})"
        columns.append(Column(metric, title, unit))
        figures.append(np.full(len(segments), np.nan))
        figures[-1][place[own]] = values[own]
    listed: list[list[Cell]] = [
        [None if cell != cell else cell for cell in (*segment, *line)]
        for segment, line in zip(segments, np.stack(figures, axis=1).tolist() if figures else [], strict=True)
    ]
    return Sheet("headlines", "Headline figures", columns, listed, for_people=True)


def _curves(report: Report) -> list[Curve]:
    """The headline figures over the periods of the report, else over the last ones up to its own."""
    if report.by:
        return []
    curves = []
    for metric in report.metrics:
        if not metric.headline or metric.per:
            continue
        rows = report.rows[report.rows["metric"] == metric.name]
        if rows["value"].isna().all():
            continue
        nothing: list[float | None] = [None] * max(len(report.trailing), len(rows))
        paid = next(iter(rows["currency"].dropna().unique()), None)
        if report.grain is None:
            values = report.history.get(metric.name, [])
            drawn = report.trailing, values, [*[True] * (len(values) - 1), report.complete], nothing, nothing
        elif rows["period"].is_unique:
            value, low, high = (rows[name].astype(object).where(rows[name].notna(), None).tolist() for name in _LIMITED)
            drawn = tuple(rows["period"]), value, (rows["status"] != "partial").tolist(), low, high
        else:  # in several currencies
            continue
        if sum(number is not None for number in drawn[1]) > 1:
            curves.append(Curve(metric.title, metric.unit, paid, *drawn, nothing, nothing))
    return curves


def _beyond_chance(report: Report) -> list[str]:
    """A sentence for each figure of all records that changed by more than chance brings."""
    if report.by or report.grain:
        return []
    rows = report.rows[report.rows["signal"].isin([BETTER, WORSE])]
    rows = rows[rows[list(report.per)].isna().all(axis=1)] if report.per else rows
    names = ["title", "unit", "currency", "value", "compare_value", "signal"]
    return [
        f"{title}: {cells.value(value, unit, paid)}, {cells.value(before, unit, paid)} in {report.compare_period}: {signal}."
        for title, unit, currency, value, before, signal in rows[names].itertuples(index=False, name=None)
        for paid in [currency if isinstance(currency, str) else None]
    ]


def _not_available(report: Report) -> Sheet:
    columns = [Column("figures", "Figures"), Column("why", "Why")]
    listed = [[", ".join(titles), reason] for reason, titles in report.unavailable(report.metrics).items()]
    return Sheet("not_available", "Not available", columns, listed, empty="nothing", for_people=True)


def origin(report: Report) -> Origin:
    """What a report was made from."""
    return Origin(**by_name(report, *(of.name for of in fields(Origin) if of.name != "notes")))


_LABELS = (Column("metric"), Column("title", "Figure"), Column(OF_ROW))


def across(report: Report) -> Sheet:
    """Values in the unit of their row, missing where there is no figure; of a series the last column is the whole period,
    recomputed from its records; of one period the one that it is compared with comes before it."""
    import numpy as np
    import pandas as pd

    rows, dims = report.rows, [*report.by, *report.per]
    parts = [rows]
    if report.together is not None:
        parts.append(report.together)
    elif report.compare_period:
        earlier = rows.assign(period=rows["compare_period"], value=rows["compare_value"])
        parts.insert(0, earlier[earlier["period"].notna()])
    every = pd.concat(parts, ignore_index=True)
    periods = list(dict.fromkeys(every["period"]))
    # A figure without a value has no currency: it stands in the row of those of its kind that have one.
    kind = every.groupby(["metric", *dims], sort=False, dropna=False)["currency"]
    currency = every["currency"].where(every["currency"].notna(), kind.transform("first"))
    labels = pd.MultiIndex.from_frame(every[["metric", "title", "unit", *dims]].assign(currency=currency))
    row, rows_of = pd.factorize(labels)
    values = np.full((len(rows_of), len(periods)), np.nan)
    place = pd.Index(periods).get_indexer(every["period"])
    values[row, place] = every["value"].to_numpy(dtype=float, na_value=np.nan)
    cells = [
        [None if cell != cell else cell for cell in (*labels, *line)]
        for labels, line in zip(rows_of, values.tolist(), strict=True)
    ]
    names = [*(Column(name) for name in dims), Column("currency")]
    return Sheet("across", "", [*_LABELS, *names, *(Column(str(name), unit=OF_ROW) for name in periods)], cells)
