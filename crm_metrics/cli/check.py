"""`crm-metrics check`: what is wrong with the data."""

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


def check(
    paths: options.Paths = None,
    only: Annotated[
        list[str] | None, option("--only", metavar="NAME", help="Only these checks or dimensions, separated by commas.")
    ] = None,
    ignore: Annotated[
        list[str] | None, option("--ignore", metavar="NAME", help="Not these checks or dimensions.")
    ] = None,
    rows: Annotated[bool, option("--rows", help="Every affected row as CSV: check, file, row, what was seen.")] = False,
    list_: Annotated[bool, option("--list", help="The checks there are.")] = False,
    format: Annotated[str | None, option("-f", "--format", metavar="FORMAT", help="table, csv, json.")] = None,
    output: options.Output = None,
    as_of: options.AsOf = None,
    date_order: options.DateOrder = None,
    decimal: options.Decimal = None,
    timezone: options.Timezone = None,
    set_: options.Set = None,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    color: options.Color = "auto",
    debug: options.Debug = False,
) -> None:
    """What is wrong with the data: silent and exit code 0 when nothing is, else the findings and exit code 1."""
    with guarded(debug=debug):
        keep_freed()
        from crm_metrics.renderers import findings

        if list_:
            _list()
            return
        if rows and format is not None and format.casefold() != "csv":
            raise errors.UsageError(f"--rows writes CSV, not {format}", hint="Leave -f away, or --rows.")
        chosen = "csv" if rows else format_of(format, output, list(findings.FINDING_FORMATS))
        shown = options.color_of(color, output)
        settled = {"as_of": as_of, "date_order": date_order, "decimal": decimal, "timezone": timezone}
        settings = options.settings_of(config, set_, no_config=no_config, **settled)
        wanted = options.paths_of(paths, settings, "check")
        from crm_metrics import api

        stdin = sys.stdin.buffer if "-" in wanted else None
        with options.busy():
            found = api.check(wanted, only=_names(only), ignore=_names(ignore), settings=settings, stdin=stdin)
        if found or output is not None or chosen != "table":
            with opened(output, plain=chosen != "table") as out:
                findings.render(found, chosen, out, rows=rows, color=shown)
        if found:
            raise typer.Exit(errors.EXIT_FINDINGS)


def _names(given: list[str] | None) -> list[str]:
    return [name.strip() for text in given or () for name in text.split(",") if name.strip()]


def _list() -> None:
    from crm_metrics.analysis import quality

    checks = quality.known().values()
    wide = max(len(check.name) for check in checks)
    dimension = None
    for check in checks:
        if check.dimension is not dimension:
            typer.echo(("" if dimension is None else "\n") + str(check.dimension).capitalize())
            dimension = check.dimension
        typer.echo(f"  {check.name:<{wide}}  {check.sentence}")
