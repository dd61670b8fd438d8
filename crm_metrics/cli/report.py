"""`crm-metrics report`: the figures."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_metrics import errors
from crm_metrics.cli.guard import guarded
from crm_metrics.cli.output import format_of, opened
from crm_metrics.cli.process import keep_freed

if TYPE_CHECKING:
    from crm_metrics.report import Report
    from crm_metrics.settings import Settings

Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH...", help="Files, folders, zip archives, or - for standard input.", show_default=False
    ),
]


def _option(*names: str, help: str, metavar: str | None = None, least: int | None = None) -> Any:
    return typer.Option(*names, help=help, metavar=metavar, min=least, show_default=False)


def report(
    paths: Paths = None,
    period: Annotated[
        str | None,
        _option(
            "-p",
            "--period",
            metavar="PERIOD",
            help="2025-03, 2025-Q1, 2025, last-month, ytd, 2025-01..2025-06, all, ...",
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        _option(
            "--by", metavar="NAME", help="month, quarter, week, year, day and any column: owner, region, plan, ..."
        ),
    ] = None,
    metric: Annotated[
        list[str] | None, _option("-m", "--metric", metavar="NAME", help="Metrics or families, separated by commas.")
    ] = None,
    compare: Annotated[
        str | None, _option("--compare", metavar="PERIOD", help="previous, year-ago, none, or a period.")
    ] = None,
    top: Annotated[
        int | None, _option("--top", metavar="N", help="Only the N largest segments; the rest is one row.")
    ] = None,
    format: Annotated[
        str | None, _option("-f", "--format", metavar="FORMAT", help="table, csv, tsv, json, jsonl.")
    ] = None,
    output: Annotated[
        Path | None, _option("-o", "--output", metavar="FILE", help="Write to a file; its ending picks the format.")
    ] = None,
    as_of: Annotated[
        str | None, _option("--as-of", metavar="DATE", help="The last day the data knows: 2025-12-31.")
    ] = None,
    date_order: Annotated[
        str | None, _option("--date-order", metavar="ORDER", help="dmy or mdy, where a file leaves it open.")
    ] = None,
    decimal: Annotated[
        str | None, _option("--decimal", metavar="SIGN", help=". or , where a file leaves it open.")
    ] = None,
    timezone: Annotated[
        str | None, _option("--timezone", metavar="ZONE", help="The zone of the report, for example Europe/Berlin.")
    ] = None,
    set_: Annotated[
        list[str] | None, _option("--set", metavar="NAME=VALUE", help="A setting, for example gross_margin=0.8.")
    ] = None,
    config: Annotated[Path | None, _option("--config", metavar="FILE", help="A TOML file with settings.")] = None,
    metrics_file: Annotated[
        Path | None, _option("--metrics-file", metavar="FILE", help="Your own metrics, in the catalogue's format.")
    ] = None,
    max_age: Annotated[
        int | None, _option("--max-age", metavar="DAYS", help="Leave with exit code 4 when the data is older.", least=0)
    ] = None,
    color: Annotated[str, typer.Option("--color", metavar="WHEN", help="auto, always or never.")] = "auto",
    quiet: Annotated[bool, _option("-q", "--quiet", help="No notes on standard error.")] = False,
    verbose: Annotated[bool, _option("-v", "--verbose", help="All notes, and the files that were ignored.")] = False,
    debug: Annotated[bool, _option("--debug", help="Show a traceback when something fails.")] = False,
) -> None:
    """The key figures of a period from exports."""
    with guarded(debug=debug):
        keep_freed()
        from crm_metrics import api, renderers

        if not paths:
            raise errors.UsageError("no file or folder is given", hint="For example: crm-metrics report exports/")
        if color not in ("auto", "always", "never"):
            raise errors.UsageError(f"--color {color}: auto, always or never")
        chosen = format_of(format, output, renderers.known())
        settings = _settings(config, set_ or [], as_of=as_of, date_order=date_order, decimal=decimal, timezone=timezone)
        asked = api.query(
            period=period,
            by=by or (),
            metrics=metric or (),
            compare=compare,
            top=top,
            settings=settings,
            metrics_file=metrics_file,
        )
        with _busy(quiet):
            dataset = api.load(paths, asked, stdin=sys.stdin.buffer if "-" in paths else None)
            if verbose:
                for path in dataset.ignored:
                    typer.echo(f"ignored: {path}", err=True)
            _refuse_old(dataset.as_of, max_age)
            result = api.compute(dataset, asked, history=chosen == "table", digests=chosen == "json")
        with opened(output, plain=chosen != "table") as out:
            shown = {"auto": None, "always": True, "never": False}[color] if output is None else False
            renderers.render(result, chosen, out, verbose=verbose, color=shown)
        if chosen != "table" and not quiet:
            _warn(result, verbose)


def _settings(config: Path | None, pairs: list[str], **options: str | None) -> Settings:
    from crm_metrics import settings

    values = settings.read(config) if config is not None else {}
    settings.validated(values, str(config))  # a mistake in the file is the file's
    values |= settings.from_pairs(pairs)
    values |= {name: value for name, value in options.items() if value is not None}
    return settings.validated(values, "settings")


def _refuse_old(as_of: date, max_age: int | None) -> None:
    if max_age is None:
        return
    age = (date.today() - as_of).days
    if age > max_age:
        raise errors.NothingToReport(f"the newest record is of {as_of}, {age} days ago; --max-age allows {max_age}")


def _busy(quiet: bool) -> AbstractContextManager[object]:
    """A sign of life on a terminal while files are read."""
    if quiet or not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status("Reading and computing …")


def _warn(result: Report, verbose: bool) -> None:
    from crm_metrics.renderers.table import problems

    for line in problems(result, verbose=verbose):
        typer.echo(line, err=True)
