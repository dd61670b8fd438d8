"""`crm-metrics scan`: what was recognised."""

from __future__ import annotations

import typer

from crm_metrics import errors
from crm_metrics.cli import options
from crm_metrics.cli.command import Given, reading


@reading("scan", without=("period", "metrics_file"))
def scan(given: Given) -> None:
    """What was recognised in the files: tables, columns, dates, stages, joins, problems."""
    from crm_metrics import api

    with options.busy():
        found = api.scan(given.paths, settings=given.settings, stdin=given.stdin)
    from crm_metrics.commands.scan.book import book

    given.write(book(found))
    if found.refused:
        raise typer.Exit(errors.EXIT_DATA)
    if not found.files:
        raise typer.Exit(errors.EXIT_NOTHING)
