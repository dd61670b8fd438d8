"""Commands that read files and write tables: what they share is written once and joined to what is their own."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, get_type_hints

from crm_metrics.cli import options
from crm_metrics.cli.guard import guarded
from crm_metrics.cli.options import option
from crm_metrics.cli.output import refuse_unwritable, written
from crm_metrics.cli.process import keep_freed
from crm_metrics.errors import UsageError
from crm_metrics.writers import How, format_of, formats

if TYPE_CHECKING:
    from crm_metrics.book import Book
    from crm_metrics.settings import Settings


@dataclass(frozen=True)
class Given:
    """What was asked for with the shared options, checked; `stdin` is standard input where it is one of the paths."""

    paths: list[str]
    period: str | None
    settings: Settings
    metrics_file: Path | None
    stdin: BinaryIO | None
    format: str
    output: Path | None
    table: str | None
    color: bool | None
    verbose: bool
    pager: bool

    def write(self, book: Book) -> None:
        """Write a book to standard output or the file, in the format asked for."""
        how = How(self.verbose, dialect=self.settings.dialect)
        book = replace(book, define=partial(_defined, self))
        written(book, self.format, self.output, how, table=self.table, color=self.color, pager=self.pager)


def _metric_first(given: Given, asked: str) -> tuple[Given, str]:
    """The metric, and what was asked with the paths it is looked for in, whichever of both came first."""
    from crm_metrics.metrics.own import catalog_of

    if Path(asked).exists() or not asked.isidentifier():
        catalog = catalog_of(given.settings, given.metrics_file)
        named = [path for path in given.paths if path.casefold() in catalog and not Path(path).exists()]
        if asked not in catalog and len(named) == 1:
            paths = [asked, *(path for path in given.paths if path not in named)]
            return replace(given, paths=paths, stdin=sys.stdin.buffer if "-" in paths else None), named[0]
    return given, asked


def _defined(given: Given, name: str) -> Mapping[str, str]:
    """What the figure of a metric means."""
    from crm_metrics.metrics.describe import defined
    from crm_metrics.metrics.own import catalog_of

    catalog = catalog_of(given.settings, given.metrics_file)
    return defined(catalog[name], catalog) if name in catalog else {}


def _shared(
    paths: options.Paths = None,
    period: options.Period = None,
    format: str | None = None,
    output: options.Output = None,
    table: Annotated[
        str | None,
        option("--table", metavar="NAME", help="Only this one of the tables; csv holds the first by default."),
    ] = None,
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
    color: options.Color = "auto",
    no_pager: options.NoPager = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """The options that such commands have, unless they say otherwise."""


def reading(
    name: str, *, without: Collection[str] = (), said: Mapping[str, Any] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes a command of a function whose first parameter is a `Given`: its other parameters come first on the command line,
    the shared ones follow but those of `without`, those of `said` declared as there. With an option `rows` of its own it
    writes CSV. Every error is told and has its exit code."""

    def made(command: Callable[..., None]) -> Callable[..., None]:
        own = _parameters(command)[1:]
        told = {"format": options.format_among(formats()), **(said or {})}
        shared = [one.replace(annotation=told.get(one.name, one.annotation)) for one in _parameters(_shared)]
        taken = [one for one in shared if one.name not in without]
        left = {one.name: one.default for one in shared if one.name in without}

        @wraps(command)
        def run(**values: Any) -> None:
            own_values = {parameter.name: values.pop(parameter.name) for parameter in own}
            with guarded(debug=values.pop("debug")):
                if own_values.get("rows"):
                    _refuse_but_csv(values["format"])
                    values["format"] = "csv"
                given = _given(name, **left, **values)
                if isinstance(asked := own_values.get("metric"), str):
                    given, own_values["metric"] = _metric_first(given, asked)
                command(given, **own_values)

        # Arguments keep their order; options may come anywhere.
        parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (*own, *taken)]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return run

    return made


def _refuse_but_csv(name: str | None) -> None:
    if name is not None and name.casefold() != "csv":
        raise UsageError(f"--rows writes CSV, not {name}", hint="Leave -f away, or --rows.")


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(function, include_extras=True)
    return [
        parameter.replace(annotation=hints[parameter.name])
        for parameter in inspect.signature(function).parameters.values()
    ]


def _given(name: str, **values: Any) -> Given:
    keep_freed()
    output, settled = values["output"], ("as_of", "encoding", "date_order", "decimal", "timezone", "dialect")
    format = format_of(values["format"], output)  # noqa: A001
    refuse_unwritable(format, output)
    color = options.color_of(values["color"], output)
    settings = options.settings_of(
        values["config"], values["set_"], no_config=values["no_config"], **{key: values[key] for key in settled}
    )
    paths = options.paths_of(values["paths"], settings, name)
    return Given(
        paths,
        values["period"],
        settings,
        values["metrics_file"],
        sys.stdin.buffer if "-" in paths else None,
        format,
        output,
        values["table"],
        color,
        values["verbose"],
        not values["no_pager"],
    )
