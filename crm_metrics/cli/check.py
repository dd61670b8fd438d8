"""`crm-metrics check`: what is wrong with the data."""

from __future__ import annotations

from typing import Annotated

import typer

from crm_metrics import errors
from crm_metrics.cli import options
from crm_metrics.cli.command import Given, reading
from crm_metrics.cli.options import option


def _listed(asked: bool) -> None:
    """Print the checks there are, and leave."""
    if not asked:
        return
    from crm_metrics.analysis import quality

    checks = quality.known().values()
    wide = max(len(check.name) for check in checks)
    dimension = None
    for check in checks:
        if check.dimension is not dimension:
            typer.echo(("" if dimension is None else "\n") + str(check.dimension).capitalize())
            dimension = check.dimension
        typer.echo(f"  {check.name:<{wide}}  {check.sentence}")
    raise typer.Exit


@reading("check", without=("period", "table", "metrics_file", "verbose"))
def check(
    given: Given,
    only: Annotated[
        list[str] | None, option("--only", metavar="NAME", help="Only these checks or dimensions, separated by commas.")
    ] = None,
    ignore: Annotated[
        list[str] | None, option("--ignore", metavar="NAME", help="Not these checks or dimensions.")
    ] = None,
    rows: Annotated[bool, option("--rows", help="Every affected row as CSV: check, file, row, what was seen.")] = False,
    list_: Annotated[
        bool, typer.Option("--list", help="The checks there are.", is_eager=True, callback=_listed)
    ] = False,
) -> None:
    """What is wrong with the data: silent and exit code 0 when nothing is, else the findings and exit code 1."""
    from crm_metrics import api

    with options.busy():
        found = api.check(
            given.paths, only=_names(only), ignore=_names(ignore), settings=given.settings, stdin=given.stdin
        )
    if found or given.output is not None or given.format != "text":
        from crm_metrics.commands.check.book import book

        given.write(book(found, rows=rows))
    if found:
        raise typer.Exit(errors.EXIT_FINDINGS)


def _names(given: list[str] | None) -> list[str]:
    return [name.strip() for text in given or () for name in text.split(",") if name.strip()]
