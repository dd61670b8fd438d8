"""What the commands that look at files share: their paths, the options that settle how files are read, the settings; and
how what a command declares becomes an option."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

import typer

from crm_metrics import errors
from crm_metrics.commands import Option, option as declared
from crm_metrics.writers import formats

if TYPE_CHECKING:
    from crm_metrics.settings import Settings


def option(shown: str, help: str) -> Any:
    """An option without its default in the help."""
    spec = declared(shown, help)
    return typer.Option(*spec.names, help=help, metavar=spec.metavar, show_default=False)


def paths_argument(metavar: str, help: str) -> Any:
    return typer.Argument(metavar=metavar, help=help, show_default=False)


def shared(
    paths: Annotated[
        list[str] | None,
        paths_argument("PATH...", "Files, folders, zip archives, duckdb:FILE, or - for standard input."),
    ] = None,
    format: Annotated[str | None, option("-f, --format FORMAT", f"{', '.join(formats())}.")] = None,
    output: Annotated[Path | None, option("-o, --output FILE", "Write to a file; its ending picks the format.")] = None,
    table: Annotated[
        str | None, option("--table NAME", "Only this one of the tables; csv holds the first by default.")
    ] = None,
    as_of: Annotated[str | None, option("--as-of DATE", "The last day the data knows: 2025-12-31.")] = None,
    where: Annotated[
        str | None, option("--where FILTER", "Only rows such as: team == 'EMEA' and amount > 1000")
    ] = None,
    encoding: Annotated[
        str | None, option("--encoding NAME", "The encoding of text files: windows-1252, utf-16, ...")
    ] = None,
    date_order: Annotated[str | None, option("--date-order ORDER", "dmy or mdy, where a file leaves it open.")] = None,
    decimal: Annotated[str | None, option("--decimal SIGN", ". or , where a file leaves it open.")] = None,
    timezone: Annotated[
        str | None, option("--timezone ZONE", "The zone of the report, for example Europe/Berlin.")
    ] = None,
    dialect: Annotated[
        str | None, option("--dialect NAME", "CSV for a spreadsheet: excel, or excel-eu (1.234,5).")
    ] = None,
    set_: Annotated[list[str] | None, option("--set NAME=VALUE", "A setting, for example gross_margin=0.8.")] = None,
    config: Annotated[
        Path | None, option("--config FILE", "A settings file, instead of the one that is found.")
    ] = None,
    no_config: Annotated[bool, option("--no-config", "Look for no crm-metrics.toml.")] = False,
    metrics_file: Annotated[
        Path | None, option("--metrics-file FILE", "Your own metrics, in the catalogue's format.")
    ] = None,
    color: Annotated[str, typer.Option("--color", metavar="WHEN", help="auto, always or never.")] = "auto",
    no_pager: Annotated[bool, option("--no-pager", "Never through a pager (PAGER, else less), however long.")] = False,
    verbose: Annotated[bool, option("-v, --verbose", "All notes, and the files that were ignored.")] = False,
    quiet: Annotated[
        bool, option("-q, --quiet", "No problems with the data, no notes, no sign of how far it has come.")
    ] = False,
    log_format: Annotated[
        str, option("--log-format FORM", "What goes to standard error: text, or json, an object a line.")
    ] = "text",
    debug: Annotated[bool, option("--debug", "Show a traceback when something fails.")] = False,
) -> None:
    """The options that commands share."""


def settings_of(config: Path | None, pairs: list[str] | None, *, no_config: bool, **overrides: str | None) -> Settings:
    """The settings file, `--set` and the options that are settings themselves, in this order. Raises `SettingsError`, and
    `UsageError` for `--config` together with `--no-config`."""
    from crm_metrics import settings

    if config is not None and no_config:
        raise errors.UsageError("--config and --no-config contradict each other", hint="Give one of them.")
    over = settings.from_pairs(pairs or [])
    over |= {name: value for name, value in overrides.items() if value is not None}
    return settings.load(config, search=not no_config, over=over)


def color_of(color: str, output: Path | None) -> bool | None:
    """Whether to colour; None leaves it to the stream. Raises `UsageError` for anything but auto, always, never."""
    choices = {"auto": None, "always": True, "never": False}
    if color not in choices:
        raise errors.not_among("--color", color, choices)
    return choices[color] if output is None else False


def own_options(
    question: Callable[..., Any] | None, run: Callable[..., Any] | None
) -> Iterator[tuple[inspect.Parameter, Option]]:
    """The parameters that are options of a room's own: of its run, and of its question where all of it is asked."""
    of_run = parameters(run) if run is not None else []
    is_asked = run is None or any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in of_run)
    for parameter in (*(parameters(question) if question is not None and is_asked else []), *of_run):
        for spec in getattr(parameter.annotation, "__metadata__", ()):
            if isinstance(spec, Option):
                yield parameter, spec


def parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters, those that declare how they are given with their types; what only type checkers know is left as it
    is."""

    def alone() -> None: ...

    declared = list(inspect.signature(function).parameters.values())
    alone.__annotations__ = {
        parameter.name: parameter.annotation
        for parameter in declared
        if parameter.kind is parameter.KEYWORD_ONLY or "Annotated" in str(parameter.annotation)
    }
    hints = get_type_hints(alone, globalns=function.__globals__, include_extras=True)
    return [parameter.replace(annotation=hints.get(parameter.name, parameter.annotation)) for parameter in declared]


def asks_for_metrics(question: Callable[..., Any] | None) -> bool:
    """Whether a question is about metrics, so that one's own can be given."""
    return "Unpack[Asking]" in getattr(question, "__annotations__", {}).values()


def for_typer(parameter: inspect.Parameter, spec: Option) -> inspect.Parameter:
    """A parameter as typer reads it."""
    of, default = get_args(parameter.annotation)[0], parameter.default
    if any(get_origin(kind) in (Sequence, Mapping) for kind in (of, *get_args(of))):  # it can be given several times
        of, default = list[str] | None, None
    elif spec.parse is not None:
        of = str | None
    if not spec.names:
        shown = typer.Argument(metavar=spec.metavar, help=spec.help, show_default=False)
    else:
        shown = typer.Option(
            *spec.names,
            metavar=spec.metavar,
            help=spec.help,
            min=spec.least,
            show_default=bool(default) and "default" not in spec.help,
            readable=spec.readable,
            is_eager=spec.says is not None,
            callback=None if spec.says is None else _saying(spec.says),
        )
    return parameter.replace(annotation=Annotated[of, shown], default=default)


def _saying(says: Callable[[], str]) -> Callable[[bool], None]:
    """What an option does that says something instead of running the command."""

    def say(asked: bool) -> None:
        if asked:
            typer.echo(says())
            raise typer.Exit

    return say
