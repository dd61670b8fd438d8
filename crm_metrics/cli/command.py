"""Commands that read files and write tables: what they share is written once and joined to what is their own."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, get_type_hints

from crm_metrics.cli import options
from crm_metrics.cli.guard import guarded
from crm_metrics.cli.options import option
from crm_metrics.cli.output import format_of, opened
from crm_metrics.cli.process import keep_freed

if TYPE_CHECKING:
    from crm_metrics.renderers.sheets import Draw
    from crm_metrics.settings import Settings
    from crm_metrics.sheets import Book

_FORMATS = "table, csv, tsv, json, jsonl, markdown."


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

    def write(self, book: Book, *, draw: Draw | None = None) -> None:
        """Write a book to standard output or the file, in the format asked for; `draw` draws its tables for a page."""
        from crm_metrics.renderers import sheets

        with opened(self.output, plain=self.format != "table") as out:
            sheets.render(book, self.format, out, table=self.table, verbose=self.verbose, color=self.color, draw=draw)


def _shared(
    paths: options.Paths = None,
    period: options.Period = None,
    format: Annotated[str | None, option("-f", "--format", metavar="FORMAT", help=_FORMATS)] = None,
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
    set_: options.Set = None,
    config: options.Config = None,
    no_config: options.NoConfig = False,
    metrics_file: options.MetricsFile = None,
    color: options.Color = "auto",
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """The options that every such command has."""


def reading(
    name: str, *, further: Sequence[str] = (), said: Mapping[str, Any] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes a command of a function whose first parameter is a `Given`: its other parameters come first on the command line,
    the shared ones follow, those of `said` declared as there. `further` are formats beyond those of tables. Every error is
    told and has its exit code."""

    def made(command: Callable[..., None]) -> Callable[..., None]:
        own = _parameters(command)[1:]
        shared = [one.replace(annotation=(said or {}).get(one.name, one.annotation)) for one in _parameters(_shared)]

        @wraps(command)
        def run(**values: Any) -> None:
            own_values = {parameter.name: values.pop(parameter.name) for parameter in own}
            with guarded(debug=values.pop("debug")):
                command(_given(name, further, **values), **own_values)

        # Arguments keep their order; options may come anywhere.
        parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (*own, *shared)]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return run

    return made


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(function, include_extras=True)
    return [
        parameter.replace(annotation=hints[parameter.name])
        for parameter in inspect.signature(function).parameters.values()
    ]


def _given(name: str, further: Sequence[str], **values: Any) -> Given:
    keep_freed()
    from crm_metrics.renderers.sheets import SHEET_FORMATS

    output, settled = values["output"], ("as_of", "encoding", "date_order", "decimal", "timezone")
    format = format_of(values["format"], output, [*SHEET_FORMATS, *further])  # noqa: A001
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
    )
