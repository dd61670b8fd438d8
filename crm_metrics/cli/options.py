"""What the commands that look at files share: their paths, the options that settle how files are read, the settings."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_metrics import errors

if TYPE_CHECKING:
    from crm_metrics.settings import Settings


def option(*names: str, help: str, metavar: str | None = None, least: int | None = None) -> Any:
    """An option without its default in the help."""
    return typer.Option(*names, help=help, metavar=metavar, min=least, show_default=False)


def format_among(names: Iterable[str]) -> Any:
    """The option `-f` with the formats there are in its help."""
    return Annotated[str | None, option("-f", "--format", metavar="FORMAT", help=f"{', '.join(names)}.")]


Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH...", help="Files, folders, zip archives, or - for standard input.", show_default=False
    ),
]
Period = Annotated[
    str | None, option("-p", "--period", metavar="PERIOD", help="As for report; the last complete month by default.")
]
MetricsFile = Annotated[
    Path | None, option("--metrics-file", metavar="FILE", help="Your own metrics, in the catalogue's format.")
]
Output = Annotated[
    Path | None, option("-o", "--output", metavar="FILE", help="Write to a file; its ending picks the format.")
]
AsOf = Annotated[str | None, option("--as-of", metavar="DATE", help="The last day the data knows: 2025-12-31.")]
Encoding = Annotated[
    str | None, option("--encoding", metavar="NAME", help="The encoding of text files: windows-1252, utf-16, ...")
]
DateOrder = Annotated[
    str | None, option("--date-order", metavar="ORDER", help="dmy or mdy, where a file leaves it open.")
]
Decimal = Annotated[str | None, option("--decimal", metavar="SIGN", help=". or , where a file leaves it open.")]
Timezone = Annotated[
    str | None, option("--timezone", metavar="ZONE", help="The zone of the report, for example Europe/Berlin.")
]
Dialect = Annotated[
    str | None, option("--dialect", metavar="NAME", help="CSV for a spreadsheet: excel, or excel-eu (1.234,5).")
]
Set = Annotated[
    list[str] | None, option("--set", metavar="NAME=VALUE", help="A setting, for example gross_margin=0.8.")
]
Config = Annotated[
    Path | None, option("--config", metavar="FILE", help="A settings file, instead of the one that is found.")
]
NoConfig = Annotated[bool, option("--no-config", help="Look for no crm-metrics.toml.")]
Color = Annotated[str, typer.Option("--color", metavar="WHEN", help="auto, always or never.")]
NoPager = Annotated[bool, option("--no-pager", help="Never through a pager (PAGER, else less), however long.")]
Verbose = Annotated[bool, option("-v", "--verbose", help="All notes, and the files that were ignored.")]
Debug = Annotated[bool, option("--debug", help="Show a traceback when something fails.")]


def settings_of(config: Path | None, pairs: list[str] | None, *, no_config: bool, **given: str | None) -> Settings:
    """The settings file, `--set` and the options that are settings themselves, in this order. Raises `SettingsError`, and
    `UsageError` for `--config` together with `--no-config`."""
    from crm_metrics import settings

    if config is not None and no_config:
        raise errors.UsageError("--config and --no-config contradict each other", hint="Give one of them.")
    over = settings.from_pairs(pairs or [])
    over |= {name: value for name, value in given.items() if value is not None}
    return settings.load(config, search=not no_config, over=over)


def paths_of(paths: list[str] | None, settings: Settings, command: str) -> list[str]:
    """The paths of the command, else those of the settings. Raises `UsageError` when there are none."""
    found = list(paths or settings.paths)
    if not found:
        raise errors.UsageError("no file or folder is given", hint=f"For example: crm-metrics {command} exports/")
    return found


def segment_of(pairs: list[str]) -> dict[str, str]:
    """The value of each dimension from NAME=VALUE. Raises `UsageError` for anything else."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise errors.UsageError(f"--segment {pair}: NAME=VALUE", hint="For example: --segment owner=Ann")
        if (key := name.strip().casefold().replace("-", "_")) in found:
            raise errors.UsageError(
                f"--segment {pair}: {key} is given twice",
                hint="A segment has one value of each; look at them one by one.",
            )
        found[key] = value.strip()
    return found


def color_of(color: str, output: Path | None) -> bool | None:
    """Whether to colour; None leaves it to the stream. Raises `UsageError` for anything but auto, always, never."""
    if color not in ("auto", "always", "never"):
        raise errors.UsageError(f"--color {color}: auto, always or never")
    return {"auto": None, "always": True, "never": False}[color] if output is None else False


def busy() -> AbstractContextManager[object]:
    """A sign of life on a terminal while files are read."""
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status("Reading …")
