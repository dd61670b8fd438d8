"""`crm-metrics why`: what a change came of."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from crm_metrics.cli import options
from crm_metrics.cli.guard import guarded
from crm_metrics.cli.options import option
from crm_metrics.cli.output import format_of, opened
from crm_metrics.cli.process import keep_freed


def why(
    metric: Annotated[
        str, typer.Argument(metavar="METRIC", help="A metric: win_rate, revenue, ...", show_default=False)
    ],
    paths: options.Paths = None,
    period: options.Period = None,
    compare: Annotated[
        str, typer.Option("--compare", metavar="PERIOD", help="previous, year-ago, or a period.")
    ] = "previous",
    by: Annotated[
        list[str] | None,
        option("--by", metavar="NAME", help="Only these dimensions: owner, plan, ... (all by default)"),
    ] = None,
    format: Annotated[str | None, option("-f", "--format", metavar="FORMAT", help="table, json.")] = None,
    output: options.Output = None,
    as_of: options.AsOf = None,
    encoding: options.Encoding = None,
    date_order: options.DateOrder = None,
    decimal: options.Decimal = None,
    timezone: options.Timezone = None,
    set_: options.Set = None,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    metrics_file: options.MetricsFile = None,
    color: options.Color = "auto",
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Why a figure changed: what each segment contributed, by its own rate and by its share."""
    with guarded(debug=debug):
        keep_freed()
        from crm_metrics.renderers import changes

        chosen = format_of(format, output, list(changes.CHANGE_FORMATS))
        shown = options.color_of(color, output)
        settled = {"as_of": as_of, "encoding": encoding, "date_order": date_order, "decimal": decimal}
        settings = options.settings_of(config, set_, no_config=no_config, timezone=timezone, **settled)
        wanted = options.paths_of(paths, settings, f"why {metric}")
        from crm_metrics import api

        found = api.why(
            wanted,
            metric,
            period=period,
            compare=compare,
            by=by or (),
            settings=settings,
            metrics_file=metrics_file,
            stdin=sys.stdin.buffer if "-" in wanted else None,
        )
        with opened(output, plain=chosen != "table") as out:
            changes.render(found, chosen, out, verbose=verbose, color=shown)
