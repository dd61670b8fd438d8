"""`crm-metrics explain`: one figure, opened down to the rows."""

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


def explain(
    metric: Annotated[str, typer.Argument(metavar="METRIC", help="A metric: win_rate, mrr, ...", show_default=False)],
    paths: options.Paths = None,
    period: options.Period = None,
    segment: Annotated[
        list[str] | None, option("--segment", metavar="NAME=VALUE", help="Of one segment only: owner=Ann.")
    ] = None,
    rows: Annotated[
        bool, option("--rows", help="Every record behind the figure as CSV, with its file and row.")
    ] = False,
    diff: Annotated[
        str | None,
        option("--diff", metavar="PERIOD", help="Which records came and went since previous, year-ago or a period."),
    ] = None,
    format: Annotated[str | None, option("-f", "--format", metavar="FORMAT", help="table, json, csv.")] = None,
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
    debug: options.Debug = False,
) -> None:
    """One figure, opened: its formula with figures, what is counted and what is not, and every record behind it."""
    with guarded(debug=debug):
        keep_freed()
        from crm_metrics.renderers import openings

        if rows and format is not None and format.casefold() != "csv":
            raise errors.UsageError(f"--rows writes CSV, not {format}", hint="Leave -f away, or --rows.")
        chosen = "csv" if rows else format_of(format, output, list(openings.OPENING_FORMATS))
        settled = {"as_of": as_of, "encoding": encoding, "date_order": date_order, "decimal": decimal}
        settings = options.settings_of(config, set_, no_config=no_config, timezone=timezone, **settled)
        wanted = options.paths_of(paths, settings, f"explain {metric}")
        from crm_metrics import api

        figure = api.explain(
            wanted,
            metric,
            period=period,
            segment=options.segment_of(segment or []),
            diff=diff,
            settings=settings,
            metrics_file=metrics_file,
            stdin=sys.stdin.buffer if "-" in wanted else None,
        )
        with opened(output, plain=chosen != "table") as out:
            openings.render(figure, chosen, out)
