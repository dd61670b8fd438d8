"""`crm-metrics why`: what a change came of."""

from __future__ import annotations

from typing import Annotated

import typer

from crm_metrics.cli.command import Given, reading
from crm_metrics.cli.options import option


@reading("why win_rate")
def why(
    given: Given,
    metric: Annotated[
        str, typer.Argument(metavar="METRIC", help="A metric: win_rate, revenue, ...", show_default=False)
    ],
    compare: Annotated[
        str, typer.Option("--compare", metavar="PERIOD", help="previous, year-ago, or a period.")
    ] = "previous",
    by: Annotated[
        list[str] | None,
        option("--by", metavar="NAME", help="Only these dimensions: owner, plan, ... (all by default)"),
    ] = None,
) -> None:
    """Why a figure changed: what each segment contributed, by its own rate and by its share."""
    from crm_metrics import api

    found = api.why(
        given.paths,
        metric,
        period=given.period,
        compare=compare,
        by=by or (),
        settings=given.settings,
        metrics_file=given.metrics_file,
        stdin=given.stdin,
    )
    from crm_metrics.commands.why.book import book

    given.write(book(found))
