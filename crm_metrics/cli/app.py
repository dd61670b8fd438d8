"""The commands put together. Commands import what computes only when they run: help and usage errors stay quick."""

from __future__ import annotations

from typing import Annotated, NoReturn

import typer

from crm_metrics import __version__
from crm_metrics.cli import check, explain, init, metrics, report, scan, why
from crm_metrics.cli.process import leave, spare_collections

_EXAMPLES = """\
Key figures from the CSV and Excel files that your CRM, help desk, survey and billing tools export.

  crm-metrics report exports/                          the last complete month
  crm-metrics report exports/ -p 2025-Q3 --by owner    a quarter, by owner
  crm-metrics report deals.csv -p 2025 --by month -f csv -o kpis.csv

Commands
  report     the figures (the main job)
  scan       what was recognised in the files: tables, columns, dates, stages, problems
  explain    one figure, opened: formula, what is counted, and every record behind it
  why        what a change came of: each segment's own rate and its share of the mix
  check      what is wrong with the data; silent and exit code 0 when nothing is
  init       writes crm-metrics.toml from what was found
  metrics    what each figure means; 'crm-metrics metrics win_rate' explains one

'crm-metrics COMMAND --help' lists the options of a command."""

app = typer.Typer(
    name="crm-metrics",
    help="Key figures of a period from the files that CRM, help desk, survey and billing tools export.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("report")(report.report)
app.command("scan")(scan.scan)
app.command("check")(check.check)
app.command("init")(init.init)
app.command("explain")(explain.explain)
app.command("why")(why.why)
app.command("metrics")(metrics.metrics)


@app.callback(invoke_without_command=True)
def _start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(_EXAMPLES)


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    spare_collections()
    try:
        app()
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
    leave(code)
