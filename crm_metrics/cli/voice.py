"""`crm-metrics voice`: what customers say in surveys."""

from __future__ import annotations

from typing import Annotated

import typer

from crm_metrics.cli.command import Given, reading
from crm_metrics.cli.options import option


@reading("voice")
def voice(
    given: Given,
    kind: Annotated[str | None, option("--kind", metavar="KIND", help="Only one question: nps, csat or ces.")] = None,
    by: Annotated[
        list[str] | None, option("--by", metavar="NAME", help="Split by each of these: team, segment, ...")
    ] = None,
    compare: Annotated[
        str, typer.Option("--compare", metavar="PERIOD", help="previous, year-ago, none, or a period.")
    ] = "previous",
    least: Annotated[int, typer.Option("--least", metavar="N", min=1, help="Words in at least so many comments.")] = 5,
    quotes: Annotated[
        int, typer.Option("--quotes", metavar="N", min=0, help="Comments quoted for each word and each group.")
    ] = 2,
) -> None:
    """What customers say: promoters and detractors, who is satisfied, and the words that set them apart, with
    quotes."""
    from crm_metrics import api
    from crm_metrics.commands.voice import book as books

    found = api.voice(
        given.paths,
        period=given.period,
        compare=compare,
        by=by or (),
        kind=kind,
        least=least,
        quotes=quotes,
        settings=given.settings,
        metrics_file=given.metrics_file,
        stdin=given.stdin,
    )
    given.write(books.book(found))
