"""`crm-metrics explain`: one figure, opened down to the rows."""

from __future__ import annotations

from typing import Annotated

import typer

from crm_metrics.cli import options
from crm_metrics.cli.command import Given, reading
from crm_metrics.cli.options import option


@reading("explain win_rate", without=("color", "verbose"))
def explain(
    given: Given,
    metric: Annotated[str, typer.Argument(metavar="METRIC", help="A metric: win_rate, mrr, ...", show_default=False)],
    segment: Annotated[
        list[str] | None, option("--segment", metavar="NAME=VALUE", help="Of one segment only: owner=Ann.")
    ] = None,
    rows: Annotated[
        bool, option("--rows", help="Every record behind the figure as CSV, with its file and row.")
    ] = False,
    diff: Annotated[
        str | None,
        option("--diff", metavar="PERIOD", help="Which records came and went since previous, year-ago or a period."),
    ] = None,
) -> None:
    """One figure, opened: its formula with figures, what is counted and what is not, and every record behind it."""
    from crm_metrics import api

    figure = api.explain(
        given.paths,
        metric,
        period=given.period,
        segment=options.segment_of(segment or []),
        diff=diff,
        settings=given.settings,
        metrics_file=given.metrics_file,
        stdin=given.stdin,
    )
    from crm_metrics.commands.explain.book import book

    given.write(book(figure))
