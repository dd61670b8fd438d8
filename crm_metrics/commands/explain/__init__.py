"""One figure: opened down to its rows, or its change taken apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.metrics.metric import Metric
from crm_metrics.periods import Period
from crm_metrics.query import Query, query
from crm_metrics.session import complete, load, opened
from crm_metrics.settings import Settings

if TYPE_CHECKING:
    from crm_metrics.analysis.drivers import Change
    from crm_metrics.analysis.opening import Opened
    from crm_metrics.tables import Dataset


@dataclass(frozen=True)
class Why:
    """A change between two periods and what it came of."""

    period: Period
    earlier: Period
    dataset: Dataset
    change: Change


def explain(
    paths: Sequence[str],
    metric: str,
    *,
    period: str | None = None,
    segment: Mapping[str, str] | None = None,
    diff: str | None = None,
    settings: Settings | None = None,
    metrics_file: Path | None = None,
    today: date | None = None,
    stdin: BinaryIO | None = None,
) -> Opened:
    """One figure, opened: its formula with figures, each part with its rows, and what was left out. `segment` is one
    value for each dimension (`{"owner": "Ann"}`); `diff` (`previous`, `year-ago` or a period) sets the rows against those of
    another period. Raises `CrmMetricsError` with what, where and what to do."""
    asked = query(
        period=period,
        by=list(segment or ()),
        metrics=[metric],
        compare=diff or "none",
        settings=settings,
        metrics_file=metrics_file,
    )
    return open_figure(load(paths, asked, today=today, stdin=stdin, ids=True), asked, segment or {})


def open_figure(dataset: Dataset, asked: Query, segment: Mapping[str, str]) -> Opened:
    """The first metric of a question over a loaded dataset, opened; compared where the question compares."""
    from crm_metrics.analysis import opening
    from crm_metrics.timeline import Timeline, reported

    metric = _only(asked)
    whole, timeline = reported(dataset, asked.period), Timeline(dataset)
    shown = timeline.shown(whole, asked.compare)
    windows = timeline.windows
    earlier = None
    if shown.earlier is not None and (before := timeline.against(shown)) is not None:
        earlier = (shown.earlier, before)
    chosen = [windows[shown.window], *([earlier[1]] if earlier else [])]
    dataset = complete(dataset, asked, chosen)
    return opening.opened(dataset, asked.catalog, metric, (whole, windows[shown.window]), earlier, segment)


def why(
    paths: Sequence[str],
    metric: str,
    *,
    period: str | None = None,
    compare: str = "previous",
    by: Sequence[str] = (),
    settings: Settings | None = None,
    metrics_file: Path | None = None,
    today: date | None = None,
    stdin: BinaryIO | None = None,
) -> Why:
    """Why a metric changed between two periods: what each segment contributed, over the dimensions `by`, else over all that
    the files have. Raises `CrmMetricsError` with what, where and what to do."""
    from crm_metrics.analysis import dimensions, drivers
    from crm_metrics.engine.compute import Engine
    from crm_metrics.timeline import Timeline, reported, ripe

    settings = settings or Settings()
    asked = query(period=period, by=by, metrics=[metric], compare=compare, settings=settings, metrics_file=metrics_file)
    only = _only(asked)
    if asked.grain or asked.compare == "none":
        raise UsageError("why compares two periods and splits them by dimensions, not by time")
    if not asked.by:
        found = dimensions.known(only, asked.catalog, opened(paths, settings, stdin).tables, settings)
        asked = replace(asked, by=found)
    dataset = load(paths, asked, today=today, stdin=stdin)
    timeline, whole = Timeline(dataset), reported(dataset, asked.period)
    earlier, before, now = timeline.compared(whole, asked.compare)
    dataset = complete(dataset, asked, [before, now])
    try:
        change = drivers.change(dataset, asked.catalog, only, before, now, asked.by)
    except NothingToReport as error:
        places = timeline.trailing(whole)
        old = ripe(Engine(dataset, asked.catalog, timeline.windows, limits=False), [only], whole, places)
        if only.name not in old:
            raise
        label = old[only.name][0]
        hint = f"{label} is the newest period that is old enough: give -p {label}."
        raise NothingToReport(error.what, hint=hint) from error
    return Why(whole, earlier, dataset, change)


def _only(asked: Query) -> Metric:
    """The one metric of a question. Raises `UsageError` for a family."""
    if len(asked.metrics) > 1:
        raise UsageError(f"one metric at a time, not {', '.join(metric.name for metric in asked.metrics[:4])}")
    return asked.metrics[0]
