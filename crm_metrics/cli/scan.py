"""`crm-metrics scan`: what was recognised."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from crm_metrics import errors
from crm_metrics.cli import options
from crm_metrics.cli.guard import guarded
from crm_metrics.cli.options import option
from crm_metrics.cli.output import format_of, opened
from crm_metrics.cli.process import keep_freed


def scan(
    paths: options.Paths = None,
    format: Annotated[str | None, option("-f", "--format", metavar="FORMAT", help="table, json.")] = None,
    output: options.Output = None,
    as_of: options.AsOf = None,
    date_order: options.DateOrder = None,
    decimal: options.Decimal = None,
    timezone: options.Timezone = None,
    set_: options.Set = None,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    color: options.Color = "auto",
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """What was recognised in the files: tables, columns, dates, stages, joins, problems."""
    with guarded(debug=debug):
        keep_freed()
        from crm_metrics.renderers import scans

        chosen = format_of(format, output, list(scans.SCAN_FORMATS))
        shown = options.color_of(color, output)
        settled = {"as_of": as_of, "date_order": date_order, "decimal": decimal, "timezone": timezone}
        settings = options.settings_of(config, set_, no_config=no_config, **settled)
        wanted = options.paths_of(paths, settings, "scan")
        from crm_metrics import api

        stdin = sys.stdin.buffer if "-" in wanted else None
        with options.busy():
            found = api.scan(wanted, settings=settings, stdin=stdin)
        with opened(output, plain=chosen != "table") as out:
            scans.render(found, chosen, out, verbose=verbose, color=shown)
        if found.refused:
            raise typer.Exit(errors.EXIT_DATA)
        if not found.files:
            raise typer.Exit(errors.EXIT_NOTHING)
