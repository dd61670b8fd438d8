"""`crm-metrics goals`: targets, how far they are reached, and the chance of meeting them."""

from __future__ import annotations

from typing import Annotated

import typer

from crm_metrics import errors
from crm_metrics.cli.command import Given, reading
from crm_metrics.cli.options import option
from crm_metrics.commands.report import failing


@reading("goals")
def goals(
    given: Given,
    fail_on: Annotated[
        list[str] | None, option("--fail-on", metavar="WHAT", help="Exit code 1 for: goal-missed, goal-behind.")
    ] = None,
) -> None:
    """The goals of crm-metrics.toml: value, target, pace, status, and the chance that each is met. -p shows those of a
    period."""
    failing_on = failing.kinds(fail_on or (), failing.OF_GOALS)
    from crm_metrics import api
    from crm_metrics.commands.goals import book as books

    found = api.goals(
        given.paths,
        period=given.period,
        settings=given.settings,
        metrics_file=given.metrics_file,
        stdin=given.stdin,
    )
    given.write(books.book(found))
    if failed := failing.reasons_of_goals(found, failing_on):
        typer.echo("\n".join(f"failed: {reason}" for reason in failed), err=True)
        raise typer.Exit(errors.EXIT_FINDINGS)
