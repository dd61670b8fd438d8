"""`crm-metrics products`: what is bought, by whom, and what together."""

from __future__ import annotations

from typing import Annotated

import typer

from crm_metrics.cli.command import Given, reading


@reading("products")
def products(
    given: Given,
    compare: Annotated[
        str, typer.Option("--compare", metavar="PERIOD", help="previous, year-ago, none, or a period.")
    ] = "previous",
    top: Annotated[
        int, typer.Option("--top", metavar="N", min=1, help="Rows of each table; all other products are one row.")
    ] = 20,
    least: Annotated[
        int, typer.Option("--least", metavar="N", min=1, help="Pairs bought together at least so many times.")
    ] = 5,
) -> None:
    """Each product's revenue, units, buyers, rank and share; what is bought together; what the best customers buy."""
    from crm_metrics import api
    from crm_metrics.commands.products import book as books

    found = api.products(
        given.paths,
        period=given.period,
        compare=compare,
        top=top,
        least=least,
        settings=given.settings,
        metrics_file=given.metrics_file,
        stdin=given.stdin,
    )
    given.write(books.book(found))
