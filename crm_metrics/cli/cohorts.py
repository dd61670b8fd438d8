"""`crm-metrics cohorts`: customers who began together, and what became of them."""

from __future__ import annotations

from typing import Annotated

from crm_metrics.cli.command import Given, reading
from crm_metrics.cli.options import option


@reading("cohorts")
def cohorts(
    given: Given,
    by: Annotated[
        str, option("--by", metavar="GRAIN", help="The length of a period: month (default), quarter, year, week.")
    ] = "month",
    of: Annotated[
        str,
        option(
            "--of",
            metavar="WHAT",
            help="purchases (default): who buys again; revenue: what they bring; starts: who stays; mrr: what those pay.",
        ),
    ] = "purchases",
) -> None:
    """Customers by the period in which they first bought or began, and what part of them came back or stayed."""
    from crm_metrics import api

    found = api.cohorts(given.paths, by=by, of=of, period=given.period, settings=given.settings, stdin=given.stdin)
    from crm_metrics.commands.cohorts.book import book

    given.write(book(found))
