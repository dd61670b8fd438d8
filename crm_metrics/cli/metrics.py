"""`crm-metrics metrics`: the catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crm_metrics.cli import options
from crm_metrics.cli.guard import guarded


def metrics(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A metric or a family.", show_default=False)
    ] = None,
    metrics_file: Annotated[
        Path | None,
        typer.Option("--metrics-file", metavar="FILE", help="Your own metrics as well.", show_default=False),
    ] = None,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something fails.")] = False,
) -> None:
    """What each figure means: all of them, or one with its formula, edges and a worked example."""
    with guarded(debug=debug):
        from crm_metrics.metrics import describe
        from crm_metrics.metrics.own import catalog_of

        catalog = catalog_of(options.settings_of(config, None, no_config=no_config), metrics_file)
        chosen = catalog.chosen([name]) if name else catalog.listed()
        if name and len(chosen) == 1:
            typer.echo(describe.one(chosen[0], catalog))
        else:
            typer.echo(describe.listing(chosen))
