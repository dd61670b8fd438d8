"""From a room to its command: the options it declares, those it shares with others, and what happens with its answer."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from crm_metrics import progress
from crm_metrics.cli import options, output as outputs, telling
from crm_metrics.cli.guard import guarded
from crm_metrics.cli.process import keep_freed
from crm_metrics.commands import CHOOSING, READING, SETTING, WRITING, Option, room
from crm_metrics.errors import UsageError
from crm_metrics.writers import How, format_of, has_dialects

if TYPE_CHECKING:
    from crm_metrics.book import Book, Origin
    from crm_metrics.issues import Issue
    from crm_metrics.metrics.catalog import Catalog
    from crm_metrics.session import Session
    from crm_metrics.settings import Settings

_SETTLED = ("as_of", "where", "encoding", "date_order", "decimal", "timezone", "dialect")  # options that are settings


@dataclass(frozen=True)
class Called:
    """A command as it was called; `commands.Call` says what its methods are for. `asked` is the format that was asked for,
    `stated` are the settings that have options of their own, as they were given."""

    room: ModuleType
    arguments: list[str]
    settings: Settings
    stated: Mapping[str, str]
    metrics_file: Path | None
    asked: str | None
    output: Path | None
    table: str | None
    color: str
    verbose: bool
    quiet: bool
    pager: bool

    @property
    def format(self) -> str:
        """The format, by its name or by the ending of the file."""
        return format_of(self.asked, self.output)

    @cached_property
    def catalog(self) -> Catalog:
        from crm_metrics.metrics.own import catalog_of

        return catalog_of(self.settings, self.metrics_file)

    @cached_property
    def session(self) -> Session:
        return self.on(self.arguments)

    def on(self, paths: Sequence[str], settings: Settings | None = None, example: str = "") -> Session:
        settings = settings or self.settings
        wanted = list(paths or settings.paths)
        if not wanted:
            name = getattr(self.room, "EXAMPLE", self.room.__name__.rpartition(".")[2])
            hint = f"For example: crm-metrics {example or name} exports/"
            raise UsageError("no file or folder is given", hint=hint)
        from crm_metrics.session import Session

        stdin = sys.stdin.buffer if "-" in wanted else None
        return Session(wanted, settings=settings, metrics_file=self.metrics_file, stdin=stdin)

    def directed(self, format: str | None, output: str | None, *, quiet: bool = False, verbose: bool = False) -> Called:
        asked, file = self.asked or (format if self.output is None else None), Path(output) if output else None
        quiet, verbose = self.quiet or quiet, self.verbose or verbose
        call = replace(self, asked=asked, output=self.output or file, quiet=quiet, verbose=verbose)
        outputs.refuse_unwritable(call.format, call.output)
        if quiet:
            telling.clear()
        return call

    def answer(self, answer: object, **how: object) -> None:
        """Write the book of an answer, as the room makes it. A book may import pandas, which a mistake does not need."""
        home = import_module(f"{self.room.__name__}.book") if hasattr(self.room, "__path__") else self.room
        self.write(home.book(answer, **how))

    def write(self, book: Book) -> None:
        """Write a book to standard output or the file, in the format asked for; where that does not show them, or programs
        read what is told, tell of the problems with the data."""
        if "dialect" in self.stated and not has_dialects(self.format):
            instead = "add -f csv" if self.output is None else f"write -o {self.output.with_suffix('.csv')}"
            problem = f"--dialect says how CSV is written, and this is {self.format}"
            raise UsageError(problem, hint=f"Leave it away, or {instead}.")
        how = How(self.verbose, dialect=self.settings.dialect)
        color = options.color_of(self.color, self.output)
        issues = book.origin.issues
        if self.quiet and self.format == "text":
            book = replace(book, origin=replace(book.origin, issues=()))
        book = replace(book, define=self._defined)
        progress.stage("writing")
        if self.output is None:
            telling.clear()
        outputs.written(book, self.format, self.output, how, table=self.table, color=color, pager=self.pager)
        if self.tells_aside:
            self._tell_of(book.origin, issues)

    @property
    def tells_aside(self) -> bool:
        return self.format != "text" or telling.is_for_programs()

    def _tell_of(self, origin: Origin, issues: Sequence[Issue]) -> None:
        """Tell of the settings file, which rows there are figures of, and the problems with the data."""
        from crm_metrics.book.cells import visible
        from crm_metrics.book.provenance import chosen, problem
        from crm_metrics.issues import Severity

        file, where = origin.settings_file, origin.where
        self.tell("settings", [f"settings: {visible(file)}"] if file else [], path=file)
        self.tell("where", [f"only rows where {visible(where)}"] if where else [], filter=where)
        for issue in chosen(issues, verbose=self.verbose):
            level = "warning" if issue.severity is Severity.WARNING else "info"
            self.tell("problem", [problem(issue)], level=level, code=issue.code, path=issue.path, rows=issue.count)

    def _defined(self, name: str) -> Mapping[str, str]:
        """What the figure of a metric means."""
        from crm_metrics.metrics.describe import defined

        return defined(self.catalog[name], self.catalog) if name in self.catalog else {}

    def show(self, text: Callable[[bool], str]) -> None:
        telling.clear()
        with outputs.opened(None, plain=False, pager=self.pager) as out:
            written_as = out.encoding or "utf-8"
            out.write(text(out.isatty()).encode(written_as, "replace").decode(written_as))

    def opened(self, path: Path) -> AbstractContextManager[TextIO]:
        return outputs.opened(path, plain=True)

    def tell(self, event: str, lines: Iterable[str], *, level: str = "info", **more: object) -> None:
        for line in () if self.quiet and level != "error" else lines:
            telling.tell(event, line, level=level, **more)  # type: ignore[arg-type]  # more holds no text

    def wrote(self, path: Path, text: str) -> None:
        if not self.quiet:
            self.show(lambda _: f"{text}\n")
        telling.tell("written", text, level="info", text="", path=path)


def command_of(name: str) -> Callable[..., None]:
    """The command of a room: its own options first, then the shared ones. Every error is told and has its exit code."""
    own_room = room(name)
    question, run = getattr(own_room, name, None), getattr(own_room, "run", None)
    own = {parameter.name: (parameter, spec) for parameter, spec in options.own_options(question, run)}
    kept = {*getattr(own_room, "SHARED", (*READING, *CHOOSING, *WRITING, *SETTING))} - own.keys()
    kept |= {"metrics_file"} if options.asks_for_metrics(question) else set()
    shared = {parameter.name: parameter for parameter in options.parameters(options.shared)}
    left = {name: parameter.default for name, parameter in shared.items() if name not in kept}
    left |= {} if "no_config" in kept else {"no_config": True}
    if hasattr(own_room, "PATHS"):
        argument = Annotated[list[str] | None, options.paths_argument(*own_room.PATHS)]
        shared["paths"] = shared["paths"].replace(annotation=argument)

    def command(**values: Any) -> None:
        debug, log_format = values.pop("debug"), values.pop("log_format", "text")
        with guarded(debug=debug, log_format=log_format), telling.watching(quiet=values.get("quiet", True)):
            keep_freed()
            wanted = {name: _value(values.pop(name), *own[name]) for name in own}
            values = {**left, **values}
            values["format"] = _format(values["format"], [(wanted[name], spec) for name, (_, spec) in own.items()])
            call = _called(own_room, values)
            if isinstance(metric := wanted.get("metric"), str):
                call, wanted["metric"] = _metric_first(call, metric)
            if run is not None:
                if code := run(call, **wanted):
                    raise typer.Exit(code)
            elif question is not None:
                call.answer(question(call.session, **wanted))

    declared = [options.for_typer(parameter, spec) for parameter, spec in own.values()]
    declared += [parameter for name, parameter in shared.items() if name in kept]
    # Arguments keep their order; options may come anywhere.
    declared = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in declared]
    command.__signature__ = inspect.Signature(declared)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in declared}
    command.__doc__ = own_room.__doc__
    return command


def _metric_first(call: Called, asked: str) -> tuple[Called, str]:
    """The metric, and the call with the paths it is looked for in, whichever of both came first: a file or folder that is
    there is a path, whatever its name."""
    if Path(asked).exists() or not asked.isidentifier():
        named = [path for path in call.arguments if call.catalog.is_named(path) and not Path(path).exists()]
        if asked not in call.catalog and len(named) == 1:
            paths = [asked, *(path for path in call.arguments if path not in named)]
            return replace(call, arguments=paths), named[0]
        if asked not in call.catalog and not call.arguments and Path(asked).exists():
            raise UsageError("no metric is given", hint=f"For example: crm-metrics {call.room.EXAMPLE} {asked}")
    return call, asked


def _value(value: Any, parameter: inspect.Parameter, spec: Option) -> Any:
    """The value of an option as its parameter wants it."""
    if value is None or value == [] or value == parameter.default:
        return value if parameter.default is parameter.empty else parameter.default
    return value if spec.parse is None else spec.parse(value)


def _format(asked: str | None, values: Iterable[tuple[Any, Option]]) -> str | None:
    """The format asked for, or that of an option that has one. Raises `UsageError` where they contradict each other."""
    for value, spec in values:
        if value and spec.format is not None:
            if asked is not None and asked.casefold() != spec.format:
                name = spec.names[-1]
                raise UsageError(f"{name} writes {spec.format.upper()}, not {asked}", hint=f"Leave -f away, or {name}.")
            return spec.format
    return asked


def _called(own_room: ModuleType, values: Mapping[str, Any]) -> Called:
    output = values["output"]
    outputs.refuse_unwritable(format_of(values["format"], output), output)
    options.color_of(values["color"], output)
    stated = {name: values[name] for name in _SETTLED if values[name] is not None}
    settings = options.settings_of(values["config"], values["set_"], no_config=values["no_config"], **stated)
    as_they_are = {name: values[name] for name in ("metrics_file", "output", "table", "color", "verbose", "quiet")}
    arguments = {"arguments": values["paths"] or [], "asked": values["format"], "pager": not values["no_pager"]}
    return Called(own_room, settings=settings, stated=stated, **arguments, **as_they_are)
