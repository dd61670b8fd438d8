"""What the commands that look at files share: their paths, the options that settle how files are read, the settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_metrics import errors
from crm_metrics.writers import formats

if TYPE_CHECKING:
    from crm_metrics.settings import Settings


def option(*names: str, help: str, metavar: str | None = None) -> Any:
    """An option without its default in the help."""
    return typer.Option(*names, help=help, metavar=metavar, show_default=False)


def paths_argument(metavar: str, help: str) -> Any:
    """The paths of a command."""
    return typer.Argument(metavar=metavar, help=help, show_default=False)


def shared(
    paths: Annotated[
        list[str] | None,
        paths_argument("PATH...", "Files, folders, zip archives, duckdb:FILE, or - for standard input."),
    ] = None,
    format: Annotated[str | None, option("-f", "--format", metavar="FORMAT", help=f"{', '.join(formats())}.")] = None,
    output: Annotated[
        Path | None, option("-o", "--output", metavar="FILE", help="Write to a file; its ending picks the format.")
    ] = None,
    table: Annotated[
        str | None,
        option("--table", metavar="NAME", help="Only this one of the tables; csv holds the first by default."),
    ] = None,
    as_of: Annotated[
        str | None, option("--as-of", metavar="DATE", help="The last day the data knows: 2025-12-31.")
    ] = None,
    where: Annotated[
        str | None, option("--where", metavar="FILTER", help="Only rows such as: team == 'EMEA' and amount > 1000")
    ] = None,
    encoding: Annotated[
        str | None, option("--encoding", metavar="NAME", help="The encoding of text files: windows-1252, utf-16, ...")
    ] = None,
    date_order: Annotated[
        str | None, option("--date-order", metavar="ORDER", help="dmy or mdy, where a file leaves it open.")
    ] = None,
    decimal: Annotated[
        str | None, option("--decimal", metavar="SIGN", help=". or , where a file leaves it open.")
    ] = None,
    timezone: Annotated[
        str | None, option("--timezone", metavar="ZONE", help="The zone of the report, for example Europe/Berlin.")
    ] = None,
    dialect: Annotated[
        str | None, option("--dialect", metavar="NAME", help="CSV for a spreadsheet: excel, or excel-eu (1.234,5).")
    ] = None,
    set_: Annotated[
        list[str] | None, option("--set", metavar="NAME=VALUE", help="A setting, for example gross_margin=0.8.")
    ] = None,
    config: Annotated[
        Path | None, option("--config", metavar="FILE", help="A settings file, instead of the one that is found.")
    ] = None,
    no_config: Annotated[bool, option("--no-config", help="Look for no crm-metrics.toml.")] = False,
    metrics_file: Annotated[
        Path | None, option("--metrics-file", metavar="FILE", help="Your own metrics, in the catalogue's format.")
    ] = None,
    color: Annotated[str, typer.Option("--color", metavar="WHEN", help="auto, always or never.")] = "auto",
    no_pager: Annotated[
        bool, option("--no-pager", help="Never through a pager (PAGER, else less), however long.")
    ] = False,
    verbose: Annotated[bool, option("-v", "--verbose", help="All notes, and the files that were ignored.")] = False,
    quiet: Annotated[
        bool, option("-q", "--quiet", help="No problems with the data, no notes, no sign of how far it has come.")
    ] = False,
    log_format: Annotated[
        str,
        option("--log-format", metavar="FORM", help="What goes to standard error: text, or json, an object a line."),
    ] = "text",
    debug: Annotated[bool, option("--debug", help="Show a traceback when something fails.")] = False,
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
    if color not in ("auto", "always", "never"):
        raise errors.UsageError(f"--color {color}: auto, always or never")
    return {"auto": None, "always": True, "never": False}[color] if output is None else False
