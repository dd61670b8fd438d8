"""`crm-metrics report`: the figures."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crm_metrics import errors
from crm_metrics.cli import options
from crm_metrics.cli.guard import guarded
from crm_metrics.cli.options import option
from crm_metrics.cli.output import refuse_unwritable, written
from crm_metrics.cli.process import keep_freed
from crm_metrics.commands.report import failing, profiles, restating
from crm_metrics.schema import called
from crm_metrics.writers import How, format_of, formats, is_for_people

if TYPE_CHECKING:
    from crm_metrics.report import Report

_PATHS = "Files, folders, zip archives, or - for standard input; @NAME for a profile of crm-metrics.toml."
_PERIODS = "2025-03, 2025-Q1, 2025, last-month, ytd, 2025-01..2025-06, all, ..."
_BY = "month, quarter, week, year, day and any column: owner, region, plan, ..."


def report(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[@PROFILE] PATH...", help=_PATHS, show_default=False)
    ] = None,
    period: Annotated[str | None, option("-p", "--period", metavar="PERIOD", help=_PERIODS)] = None,
    by: Annotated[list[str] | None, option("--by", metavar="NAME", help=_BY)] = None,
    metric: Annotated[
        list[str] | None, option("-m", "--metric", metavar="NAME", help="Metrics or families, separated by commas.")
    ] = None,
    compare: Annotated[
        str | None, option("--compare", metavar="PERIOD", help="previous, year-ago, none, or a period.")
    ] = None,
    top: Annotated[
        int | None, option("--top", metavar="N", help="Only the N largest segments; the rest is one row.")
    ] = None,
    sort: Annotated[
        str | None, option("--sort", metavar="FIGURE", help="The segments with the largest of this figure first.")
    ] = None,
    layout: Annotated[
        str, typer.Option("--layout", metavar="FORM", help="Of files: tidy, or wide with the periods across.")
    ] = "tidy",
    all_: Annotated[bool, option("--all", help="All figures, not only the headline figures.")] = False,
    format: options.format_among(formats()) = None,  # type: ignore[valid-type]
    output: options.Output = None,
    as_of: options.AsOf = None,
    encoding: options.Encoding = None,
    date_order: options.DateOrder = None,
    decimal: options.Decimal = None,
    timezone: options.Timezone = None,
    dialect: options.Dialect = None,
    set_: options.Set = None,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    metrics_file: options.MetricsFile = None,
    max_age: Annotated[
        int | None, option("--max-age", metavar="DAYS", help="Leave with exit code 4 when the data is older.", least=0)
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        option(
            "--fail-on", metavar="WHAT", help="Exit code 1 for: worse (beyond chance), warning, restated, goal-missed."
        ),
    ] = None,
    history: Annotated[
        Path | None,
        typer.Option(
            "--history",
            metavar="FILE",
            help="Keep the figures there, and say which were others in earlier runs.",
            show_default=False,
            readable=False,  # what is wrong with the file is told after the report
        ),
    ] = None,
    color: options.Color = "auto",
    no_pager: options.NoPager = False,
    quiet: Annotated[bool, option("-q", "--quiet", help="No notes on standard error.")] = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """The key figures of a period from exports."""
    with guarded(debug=debug):
        keep_freed()
        from crm_metrics import api

        if layout not in ("tidy", "wide"):
            raise errors.UsageError(f"--layout {layout}: tidy or wide")
        options.color_of(color, None)  # a mistake in it is told before anything else is looked at
        failing_on = failing.kinds(fail_on or ())
        settled = {
            "as_of": as_of,
            "encoding": encoding,
            "date_order": date_order,
            "decimal": decimal,
            "dialect": dialect,
        }
        settings = options.settings_of(config, set_, no_config=no_config, timezone=timezone, **settled)
        files, profile = profiles.chosen(paths, settings)
        if as_of is None and profile.as_of is not None:
            settings = settings.model_copy(update={"as_of": profile.as_of})
        wanted = options.paths_of(files or list(profile.paths), settings, "report")
        chosen = format_of(format or (profile.format if output is None else None), output)
        if output is None and profile.output is not None:
            output = Path(profile.output)
            chosen = format_of(format or profile.format, output)
        refuse_unwritable(chosen, output)
        quiet, verbose = quiet or bool(profile.quiet), verbose or bool(profile.verbose)
        failing_on = failing_on or failing.kinds(profile.fail_on)
        history = history or (Path(profile.history) if profile.history else None)
        failing.refuse_without_history(failing_on, history)
        failing.refuse_without_goals(failing_on, settings)
        restating.refuse_clash(history, output, wanted)
        asked = api.query(
            period=period or profile.period,
            by=by or profile.by,
            metrics=metric or profile.metrics,
            compare=compare or profile.compare,
            top=profile.top if top is None else top,
            sort=sort,
            settings=settings,
            metrics_file=metrics_file,
        )
        with _busy(quiet):
            dataset = api.load(wanted, asked, stdin=sys.stdin.buffer if "-" in wanted else None)
            if verbose:
                for path in dataset.ignored:
                    typer.echo(f"ignored: {path}", err=True)
            result = api.compute(dataset, asked, history=is_for_people(chosen) or layout == "wide")
            _refuse_old(result.newest, profile.max_age if max_age is None else max_age)
            earlier = restating.History(history, result, dataset, asked)
        from crm_metrics.commands.report.book import book

        everything = "all" if all_ else "named" if metric or profile.metrics else ""
        catalog = asked.catalog if is_for_people(chosen) else None
        answer = book(result, catalog, everything=everything, paths=[] if "-" in wanted else wanted)
        if layout == "wide":
            from crm_metrics.commands.report.wide import across

            answer = replace(answer, sheets=[across(result), *answer.sheets[1:]])
        how, shades = How(verbose, dialect=settings.dialect), options.color_of(color, output)
        written(answer, chosen, output, how, color=shades, pager=not no_pager)
        if chosen != "text" and not quiet:
            _warn(result, verbose)
        if (said := earlier.keep()) and not quiet:
            typer.echo("\n".join(said), err=True)
        failed = failing.reasons(result, failing_on)
        if failed:
            typer.echo("\n".join(f"failed: {reason}" for reason in failed), err=True)
        earlier.finish()
        if failed:
            raise typer.Exit(errors.EXIT_FINDINGS)


def _refuse_old(newest: Mapping[str, date], max_age: int | None) -> None:
    """Raises `NothingToReport` where the newest record of a table behind the figures is older than allowed."""
    if max_age is None or not newest:
        return
    table, day = min(newest.items(), key=lambda pair: pair[1])
    if (age := (date.today() - day).days) > max_age:
        said = f"the newest record of the {called(table)} is of {day}, {age:,} days ago"
        raise errors.NothingToReport(f"{said}; --max-age allows {max_age}")


def _busy(quiet: bool) -> AbstractContextManager[object]:
    """A sign of life on a terminal while files are read."""
    if quiet or not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status("Reading and computing …")


def _warn(result: Report, verbose: bool) -> None:
    """What the formats without a header do not say: the settings file, and the problems with the data."""
    from crm_metrics.book import cells
    from crm_metrics.book.provenance import problems
    from crm_metrics.commands.report.waiting import sentences

    if result.settings_file:
        typer.echo(f"settings: {cells.visible(result.settings_file)}", err=True)
    said = [*result.uncovered, *map(cells.visible, result.offers), *sentences(result)]
    for line in (*said, *problems(result.issues, verbose=verbose)):
        typer.echo(line, err=True)
