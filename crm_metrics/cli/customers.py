"""`crm-metrics customers`: one row per customer, and what is expected of each."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from crm_metrics.cli.command import Given, reading
from crm_metrics.cli.options import option
from crm_metrics.errors import UsageError

_SHOWN = 20  # on a page, unless --top says otherwise


@reading("customers")
def customers(
    given: Given,
    left: Annotated[bool, option("--left", help="Who left in the period, and what they were worth.")] = False,
    where: Annotated[
        str | None,
        option("--where", metavar="FILTER", help="Only these: \"rfm_segment == 'at risk' and revenue > 500\"."),
    ] = None,
    sort: Annotated[
        str | None, option("--sort", metavar="COLUMN", help="By a column, largest first; -COLUMN the other way.")
    ] = None,
    top: Annotated[int | None, option("--top", metavar="N", help="The first N; 20 on a page.", least=1)] = None,
    horizon: Annotated[
        int | None, option("--horizon", metavar="DAYS", help="Days ahead for purchases and value; 365.", least=1)
    ] = None,
    unit: Annotated[
        str, option("--unit", metavar="UNIT", help="Time in the model: days, weeks (default), months.")
    ] = "weeks",
    hold_out: Annotated[
        str | None,
        option("--hold-out", metavar="DATE", help="Test the model: fitted up to DATE, against what came after."),
    ] = None,
) -> None:
    """One row per customer: purchases, segment, tickets, NPS, MRR, chance of being alive, predicted value."""
    until = _day(hold_out) if hold_out is not None else None
    from crm_metrics import api

    if until is not None:
        tested = api.hold_out(given.paths, until, unit=unit, settings=given.settings, stdin=given.stdin)
        from crm_metrics.commands.customers import book as books  # imports pandas, which a mistake does not need

        given.write(books.hold_out(*tested))
        return
    page = given.format in ("text", "markdown")
    found = api.customers(
        given.paths,
        period=given.period,
        left=left,
        where=where,
        sort=sort,
        top=top or (_SHOWN if page else None),
        horizon=horizon,
        unit=unit,
        settings=given.settings,
        stdin=given.stdin,
    )
    from crm_metrics.commands.customers import book as books

    given.write(books.book(found))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--hold-out {text}: a day, such as 1997-09-30") from None
