"""`crm-metrics trend`: where metrics are heading, as charts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crm_metrics.cli import options
from crm_metrics.cli.command import Given, reading
from crm_metrics.cli.options import option
from crm_metrics.errors import UsageError

_SAID = {
    "paths": Annotated[
        list[str] | None,
        typer.Argument(
            metavar="METRIC... [PATH...]",
            help="Metrics (win_rate, revenue, ...), then files, folders, archives, or - for standard input.",
            show_default=False,
        ),
    ],
    "period": Annotated[
        str | None, option("-p", "--period", metavar="PERIOD", help="As for report; all of the data by default.")
    ],
}


@reading("trend METRIC", said=_SAID)
def trend(
    given: Given,
    metric: Annotated[
        list[str] | None, option("-m", "--metric", metavar="METRIC", help="A metric that a file here is named like.")
    ] = None,
    grain: Annotated[
        str, typer.Option("--grain", metavar="GRAIN", help="day, week, month, quarter or year.")
    ] = "month",
    by: Annotated[
        list[str] | None, option("--by", metavar="NAME", help="A series for each owner, plan, ... (combinable)")
    ] = None,
    top: Annotated[int | None, option("--top", metavar="N", help="Only the N largest segments, and the rest.")] = None,
    last: Annotated[
        int | None, option("--last", metavar="N", help="The last N complete periods, and the one under way.")
    ] = None,
) -> None:
    """Where metrics are heading: a chart, and what it shows beyond chance: trend, season, changes of level."""
    named, paths = _parted(given)
    metrics = [*(metric or ()), *named]
    if not metrics:
        raise UsageError("no metric is given", hint="For example: crm-metrics trend win_rate exports/")
    paths = options.paths_of(paths, given.settings, f"trend {metrics[0]}")
    from crm_metrics import api
    from crm_metrics.commands.trend import book as books

    found = api.trend(
        paths,
        metrics,
        grain=grain.casefold(),
        by=by or (),
        top=top,
        period=given.period,
        last=last,
        settings=given.settings,
        metrics_file=given.metrics_file,
        stdin=given.stdin if "-" in paths else None,
    )
    given.write(books.book(found))


def _parted(given: Given) -> tuple[list[str], list[str]]:
    """The metrics and the paths among the arguments: what exists, or is written like a path or a pattern, is a path. Raises
    `UsageError` for a metric's name that is also a file's, and for what is neither."""
    from crm_metrics.metrics.own import catalog_of

    catalog = catalog_of(given.settings, given.metrics_file)
    known = {*catalog, *(metric.family for metric in catalog.shown())}
    arguments = [] if given.paths == list(given.settings.paths) else given.paths
    metrics: list[str] = []
    paths: list[str] = []
    for argument in arguments:
        exists = Path(argument).exists()
        if exists and argument in known:
            raise UsageError(
                f"{argument} is the name of a metric and of a file here",
                hint=f"Write ./{argument} for the file, or -m {argument} for the metric.",
            )
        written = argument == "-" or any(sign in argument for sign in "/\\.*?[#")
        (paths if exists or written else metrics).append(argument)
    catalog.chosen(name for argument in metrics for name in argument.split(","))
    return metrics, paths
