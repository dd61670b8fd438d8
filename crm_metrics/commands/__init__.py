"""The commands: a room each, found by looking into this folder.

A room has the name of its command, and its docstring is the help. In it are
- `ABOUT`, a line for the overview, where it stands at `PLACE`;
- the question, a function named like the command: paths first, then what is asked. Its parameters that are declared with
  `option` or `argument` are the command's own, in the shell and in Python;
- `book(answer)`, the answer as a book; where a room is a folder, in its module `book`;
- where a command does more than write this book, `run(call, ...)`: its parameters are the command's own too; with `**asked`
  it takes those of the question besides. What it returns is the exit code;
- `SHARED`, the options that it shares with others where these are not all, `EXAMPLE`, the command as hints write it, and
  `PATHS`, how its paths are called and what they are, where that is not as usual.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, Protocol, TextIO

from crm_metrics.errors import UsageError

if TYPE_CHECKING:
    from crm_metrics.book import Book
    from crm_metrics.metrics.catalog import Catalog
    from crm_metrics.session import Session
    from crm_metrics.settings import Settings

# The options that commands share, by what they are for.
TELLING = ("quiet", "log_format")
READING = ("paths", "as_of", "encoding", "date_order", "decimal", "timezone", *TELLING)
CHOOSING = ("where",)
WRITING = ("format", "output", "table", "dialect", "color", "no_pager", "verbose")
SETTING = ("set_", "config", "no_config", "debug")


@dataclass(frozen=True)
class Option:
    """How a parameter is given in the shell: by one of its names, without any as an argument. A number is `least` or more;
    `parse` makes the value of the text or texts given; an option with a `format` chooses that one; what one `says` is
    printed instead of running the command; a path that need not be `readable` is looked at by the command itself."""

    names: tuple[str, ...]
    help: str
    metavar: str | None = None
    least: int | None = None
    parse: Callable[[Any], object] | None = None
    format: str | None = None
    says: Callable[[], str] | None = None
    readable: bool = True


def option(shown: str, help: str, **more: Any) -> Option:  # noqa: A002
    """How an option is given, as its help shows it: "-o, --output FILE"; `more` are the other fields of `Option`."""
    words = shown.replace(",", "").split()
    names = tuple(word for word in words if word.startswith("-"))
    return Option(names, help, next((word for word in words if word not in names), None), **more)


def argument(metavar: str, help: str) -> Option:  # noqa: A002
    """How an argument is given."""
    return Option((), help, metavar)


def segment_of(pairs: Sequence[str]) -> dict[str, str]:
    """The value of each dimension from NAME=VALUE. Raises `UsageError` for anything else."""
    segment: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--segment {pair}: NAME=VALUE", hint="For example: --segment owner=Ann")
        if (key := name.strip().casefold().replace("-", "_")) in segment:
            raise UsageError(
                f"--segment {pair}: {key} is given twice",
                hint="A segment has one value of each; look at them one by one.",
            )
        segment[key] = value.strip()
    return segment


PeriodOption = Annotated[
    str | None, option("-p, --period PERIOD", "As for report; the last complete month by default.")
]
SegmentOption = Annotated[
    Mapping[str, str] | None,
    option("--segment NAME=VALUE", "Of one segment only: owner=Ann.", parse=segment_of),
]


class Call(Protocol):
    """A command as it was called: its paths as they were given, the settings, those that have options of their own as they
    were `stated`, where its book goes and in which format, whether to be quiet of problems with the data, and whether what
    people see beside the figures is told aside. The session is of its files: it raises `UsageError` where none are given."""

    arguments: list[str]
    settings: Settings
    stated: Mapping[str, str]
    catalog: Catalog
    session: Session
    format: str
    output: Path | None
    verbose: bool
    quiet: bool
    tells_aside: bool

    def on(self, paths: Sequence[str], settings: Settings | None = None, example: str = "") -> Session:
        """A session of other paths, those of the settings where there are none."""

    def directed(
        self,
        format: str | None,  # noqa: A002
        output: str | None,
        *,
        quiet: bool = False,
        verbose: bool = False,
    ) -> Call:
        """The same call with a format and a file, each where none was asked for, and quiet or verbose also where that was
        not."""

    def show(self, text: Callable[[bool], str]) -> None:
        """Prints a text, which is told whether it is for a screen; one longer than that through a pager."""

    def answer(self, answer: object, **how: object) -> None:
        """Writes the book of an answer, as the room makes it."""

    def write(self, book: Book) -> None:
        """Writes a book to where it goes."""

    def opened(self, path: Path) -> AbstractContextManager[TextIO]:
        """A file that appears whole or not at all."""

    def tell(self, event: str, lines: Iterable[str], *, level: str = "info", **more: object) -> None:
        """Tells of an event a line, aside from the book: on standard error. `level` is info, warning or error, which is told
        also where it is to be quiet; `more` is for programs."""

    def wrote(self, path: Path, text: str) -> None:
        """Says on standard output that a path is written, and tells of it."""


def names() -> list[str]:
    """The names of all commands; none is imported."""
    return [module.name for module in iter_modules(__path__)]


def overview() -> dict[str, str]:
    """What each command is for, by its name, in the order in which they are shown. It is read from the rooms as text: to
    import them all would take longer than help may."""
    places = []
    for finder, name, is_folder in iter_modules(__path__):
        file = Path(finder.path, name, "__init__.py") if is_folder else Path(finder.path, f"{name}.py")  # type: ignore[union-attr]
        stated = re.search(
            r"^ABOUT, PLACE = (\(.*?^\)|.*?)$", file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
        about, place = ast.literal_eval(stated[1]) if stated else (room(name).ABOUT, room(name).PLACE)
        places.append((place, name, about))
    return {name: about for _, name, about in sorted(places)}


def room(name: str) -> ModuleType:
    """The room of a command. Raises `ModuleNotFoundError` for a name that is none."""
    return import_module(f"{__name__}.{name}")
