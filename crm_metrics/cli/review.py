"""`crm-metrics review`: a period on one page."""

from __future__ import annotations

from typing import Annotated

import typer

from crm_metrics.cli.command import Given, reading


@reading("review")
def review(
    given: Given,
    compare: Annotated[
        str, typer.Option("--compare", metavar="PERIOD", help="previous, year-ago, or a period.")
    ] = "previous",
) -> None:
    """A period on one page: what changed and why, goals, bottleneck, whom to call; nothing that chance explains."""
    from crm_metrics import api
    from crm_metrics.commands.review import book as books

    found = api.review(
        given.paths,
        period=given.period,
        compare=compare,
        settings=given.settings,
        metrics_file=given.metrics_file,
        stdin=given.stdin,
    )
    given.write(books.book(found))
