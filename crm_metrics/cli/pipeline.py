"""`crm-metrics pipeline`: the open deals, and what changed since an older export."""

from __future__ import annotations

from typing import Annotated

from crm_metrics.cli.command import Given, reading
from crm_metrics.cli.options import option

_PERIOD = Annotated[
    str | None, option("-p", "--period", metavar="PERIOD", help="With --against: deals expected to close in it.")
]


@reading("pipeline", said={"period": _PERIOD})
def pipeline(
    given: Given,
    by: Annotated[
        list[str] | None,
        option("--by", metavar="NAME", help="By these instead of stage, owner and month: region, product, ..."),
    ] = None,
    against: Annotated[
        str | None,
        option("--against", metavar="OLD", help="An older export: what changed since."),
    ] = None,
) -> None:
    """The open deals: value, chances by the history, coverage of goals, deals at risk; what changed between two exports."""
    from crm_metrics import api
    from crm_metrics.commands.pipeline import book as books

    found = api.pipeline(
        given.paths, by=by or (), against=against, period=given.period, settings=given.settings, stdin=given.stdin
    )
    page = given.format in ("text", "markdown") and given.table is None
    given.write(books.book(found, everything=not page))
