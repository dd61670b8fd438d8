"""`crm-metrics funnel`: the stages deals go through, and the one where most is lost."""

from __future__ import annotations

from typing import Annotated

from crm_metrics.cli import options
from crm_metrics.cli.command import Given, reading
from crm_metrics.cli.options import option


@reading("funnel")
def funnel(
    given: Given,
    segment: Annotated[
        list[str] | None, option("--segment", metavar="NAME=VALUE", help="Of one segment only: owner=Ann.")
    ] = None,
) -> None:
    """The stages deals go through: how many go on, are lost and wait in each, for how long, and where most is lost."""
    from crm_metrics import api
    from crm_metrics.commands.funnel import book as books

    found = api.bottleneck(
        given.paths,
        period=given.period,
        segment=options.segment_of(segment or []),
        settings=given.settings,
        metrics_file=given.metrics_file,
        stdin=given.stdin,
    )
    given.write(books.book(found))
