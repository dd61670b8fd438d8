"""`crm-metrics forecast`: what a figure will be in a period that is not over, and how far that can be trusted."""

from __future__ import annotations

from typing import Annotated

import typer

from crm_metrics.cli.command import Given, reading
from crm_metrics.cli.options import option

_PERIOD = Annotated[
    str | None, option("-p", "--period", metavar="PERIOD", help="A period that is not over; this month by default.")
]


@reading("forecast revenue_won", said={"period": _PERIOD})
def forecast(
    given: Given,
    metric: Annotated[
        str, typer.Argument(metavar="METRIC", help="A metric: revenue_won, mrr, ...", show_default=False)
    ],
) -> None:
    """What a figure will be at the end of a period, by methods that are each tested on the past; --as-of goes back."""
    from crm_metrics import api
    from crm_metrics.commands.forecast import book as books

    found = api.forecast(
        given.paths,
        metric,
        period=given.period,
        settings=given.settings,
        metrics_file=given.metrics_file,
        stdin=given.stdin,
    )
    given.write(books.book(found))
