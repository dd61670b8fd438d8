"""`crm-metrics init`: a settings file from what the files hold."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_metrics import errors
from crm_metrics.cli import options
from crm_metrics.cli.guard import guarded
from crm_metrics.cli.options import option
from crm_metrics.cli.output import opened
from crm_metrics.cli.process import keep_freed

if TYPE_CHECKING:
    from crm_metrics.settings import Settings


def init(
    paths: options.Paths = None,
    output: Annotated[
        Path | None, option("-o", "--output", metavar="FILE", help="The file to write: crm-metrics.toml.")
    ] = None,
    force: Annotated[bool, option("--force", help="Write over a file that is there.")] = False,
    date_order: options.DateOrder = None,
    decimal: options.Decimal = None,
    set_: options.Set = None,
    debug: options.Debug = False,
) -> None:
    """Write crm-metrics.toml from what was found in the files, each setting with its meaning."""
    with guarded(debug=debug):
        keep_freed()
        from crm_metrics import api, settings

        target = output or Path(settings.NAME)
        if target.exists() and not force:
            raise errors.UsageError(
                "is there already; nothing is written",
                where=str(target),
                hint="Write over it with --force, or to another file with -o.",
            )
        # A settings file that is there is about to be replaced: it decides nothing.
        given = options.settings_of(None, set_, no_config=True, date_order=date_order, decimal=decimal)
        wanted = list(paths or given.paths or ["."])
        if "-" in wanted:
            raise errors.UsageError("standard input cannot be written into a settings file", hint="Give files.")
        with options.busy():
            scanned = api.scan(wanted, settings=given)
        asked = [error for error in scanned.refused.values() if isinstance(error, errors.AmbiguousError)]
        if not scanned.files and not asked and scanned.refused:
            raise errors.together(list(scanned.refused.values()))
        if not scanned.files and not asked:
            raise errors.NothingToReport("no file is recognised", hint="'crm-metrics scan' says what each lacks.")
        from crm_metrics.commands.init.starting import settings_text

        with opened(target, plain=True) as out:
            seen = tuple(_as_seen_from(target, path) for path in wanted)
            out.write(settings_text(scanned, type(given)(**{**_given(given), "paths": seen})))
        typer.echo(f"{target} is written.")
        for path, error in scanned.refused.items():
            if isinstance(error, errors.AmbiguousError):
                typer.echo(f"To be settled in it: {path}")
            else:
                typer.echo(f"Not read: {error}", err=True)


def _given(settings: Settings) -> dict[str, Any]:
    """The settings that were given, as they were."""
    return {name: getattr(settings, name) for name in settings.model_fields_set}


def _as_seen_from(target: Path, path: str) -> str:
    """The path relative to the folder of the settings file, as the file wants it."""
    if Path(path).is_absolute():
        return path
    folder = target.parent
    return path if folder == Path() else Path(os.path.relpath(path, folder)).as_posix()
