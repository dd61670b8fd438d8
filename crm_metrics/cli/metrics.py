"""`crm-metrics metrics`: the catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crm_metrics.cli import options
from crm_metrics.cli.guard import guarded
from crm_metrics.cli.output import written
from crm_metrics.writers import How, format_of, formats


def metrics(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A metric or a family.", show_default=False)
    ] = None,
    metrics_file: Annotated[
        Path | None,
        typer.Option("--metrics-file", metavar="FILE", help="Your own metrics as well.", show_default=False),
    ] = None,
    format: options.format_among(formats()) = None,  # type: ignore[valid-type]
    output: options.Output = None,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    no_pager: options.NoPager = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something fails.")] = False,
) -> None:
    """What each figure means: all of them, or one with its formula, edges and a worked example."""
    with guarded(debug=debug):
        from crm_metrics.commands.metrics.book import book
        from crm_metrics.metrics.own import catalog_of

        catalog = catalog_of(options.settings_of(config, None, no_config=no_config), metrics_file)
        chosen = catalog.chosen([name]) if name else catalog.listed()
        answer = book(chosen, catalog, alone=bool(name) and len(chosen) == 1)
        written(answer, format_of(format, output), output, How(), pager=not no_pager)
