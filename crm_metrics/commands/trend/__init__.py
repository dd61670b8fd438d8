"""Where metrics are heading: a chart, and what it shows beyond chance: trend, season, changes of level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Unpack, cast

from crm_metrics.commands import Call, option
from crm_metrics.commands.trend.tracks import Trends, measured
from crm_metrics.errors import UsageError, not_among
from crm_metrics.periods import Grain
from crm_metrics.query import GRAINS
from crm_metrics.session import Asking, Session

ABOUT, PLACE = "charts of figures over time: trend, season and changes of level, where there are any", 50
EXAMPLE = "trend win_rate"
PATHS = (
    "METRIC... [PATH...]",
    "Metrics (win_rate, revenue, ...), then files, folders, archives, or - for standard input.",
)


def trend(
    paths: Sequence[str] | Session,
    metrics: Sequence[str],
    *,
    grain: Annotated[str, option("--grain GRAIN", "day, week, month, quarter or year.")] = "month",
    by: Annotated[Sequence[str], option("--by NAME", "A series for each owner, plan, ... (combinable)")] = (),
    top: Annotated[int | None, option("--top N", "Only the N largest segments, and the rest.")] = None,
    last: Annotated[int | None, option("--last N", "The last N complete periods, and the one under way.")] = None,
    period: Annotated[str | None, option("-p, --period PERIOD", "As for report; all of the data by default.")] = None,
    **files: Unpack[Asking],
) -> Trends:
    """The trend of metrics over the whole `grain`s that a period touches (all of the data when not given), or the `last` so
    many complete ones and the one under way; a series for each segment of `by`. Raises `CrmMetricsError` with what, where
    and what to do."""
    session, grain = Session.of(paths, **files), grain.casefold()
    if grain not in GRAINS:
        raise not_among("--grain", grain, GRAINS)
    if last is not None and last < 1:
        raise UsageError("--last takes a whole number from 1 up")
    if not metrics:
        raise UsageError("no metric is given", hint="For example: crm-metrics trend win_rate exports/")
    asked = session.query(period=period or "all", by=by, metrics=metrics, compare="none", top=top)
    if asked.grain:
        raise UsageError(f"--by takes segments here, not {asked.grain}", hint=f"Write --grain {asked.grain}")
    asked = replace(asked, grain=cast(Grain, grain))
    return measured(session.load(asked), asked, last)


def run(
    call: Call,
    *,
    metric: Annotated[Sequence[str], option("-m, --metric METRIC", "A metric that a file here is named like.")] = (),
    **asked: Any,
) -> None:
    """Writes the trend of the metrics among the arguments, over the paths among them."""
    named, paths = _parted(call)
    metrics = [*metric, *named]
    if not metrics:
        raise UsageError("no metric is given", hint="For example: crm-metrics trend win_rate exports/")
    session = call.on(paths, example=f"trend {metrics[0]}")
    answer = trend(session, metrics, **asked)
    call.answer(answer)


def _parted(call: Call) -> tuple[list[str], list[str]]:
    """The metrics and the paths among the arguments: what exists, or is written like a path or a pattern, is a path. Raises
    `UsageError` for a metric's name that is also a file's, and for what is neither."""
    catalog = call.catalog
    names = {*catalog, *(metric.family for metric in catalog.shown())}
    metrics: list[str] = []
    paths: list[str] = []
    for argument in call.arguments:
        exists = Path(argument).exists()
        if exists and argument in names:
            raise UsageError(
                f"{argument} is the name of a metric and of a file here",
                hint=f"Write ./{argument} for the file, or -m {argument} for the metric.",
            )
        is_path = argument == "-" or (any(sign in argument for sign in "/\\.*?[#") and not catalog.is_named(argument))
        (paths if exists or is_path else metrics).append(argument)
    catalog.chosen(name for argument in metrics for name in argument.split(","))
    return metrics, paths
