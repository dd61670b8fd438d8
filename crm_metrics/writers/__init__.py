"""The formats a book is written in: a module of this folder each, imported when it is asked for.

A format is `write(book, how) -> str | bytes`: text with its line ends as they are to be, which may come in pieces, or bytes
where the format is `BINARY`; one that people read is `FOR_PEOPLE`. A format knows no command, only books; what it has no use
for in `how` it leaves aside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import PurePath
from pkgutil import iter_modules
from typing import TYPE_CHECKING, cast

from crm_metrics.errors import UsageError, did_you_mean, not_among

if TYPE_CHECKING:
    from crm_metrics.book import Book, Sheet

_ENDINGS = {".txt": "text", ".md": "markdown", ".ndjson": "jsonl"}  # other endings are a format's name
_FORMER = {"table": "text"}  # what earlier versions called a format


@dataclass(frozen=True)
class How:
    """How to write for the one who reads: with `verbose` all notes; text in `color`, no wider than `width` columns (None: no
    limit) and in the characters of `encoding`; text for spreadsheets in the `dialect` that they read, excel or excel-eu."""

    verbose: bool = False
    color: bool = False
    width: int | None = None
    encoding: str = "utf-8"
    dialect: str | None = None


def formats() -> list[str]:
    """The names of all formats, sorted; none is imported."""
    return sorted(module.name for module in iter_modules(__path__) if not module.ispkg)


def format_of(name: str | None, output: PurePath | None) -> str:
    """The format by name, else by the ending of the file, else text. Raises `UsageError` for what names none, with the
    nearest one."""
    names = formats()
    endings = {**_ENDINGS, **{f".{name_}": name_ for name_ in names}}
    ending = output.suffix.casefold() if output is not None else ""
    if name is not None:
        chosen = name.casefold()
        if (chosen := _FORMER.get(chosen, _ENDINGS.get(f".{chosen}", chosen))) not in names:
            raise not_among("--format", name, names)
        if (other := endings.get(ending, chosen)) != chosen and (is_binary(other) or is_binary(chosen)):
            hint = f"End the name of the file with .{chosen}."
            raise UsageError(f"{chosen} does not go into {output}, whose ending says {other}", hint=hint)
        return chosen
    if output is None:
        return "text"
    if ending not in endings:
        raise UsageError(
            f"the ending of {output} says no format",
            hint=f"End it with {', '.join(sorted(endings))}, or say which with -f.",
        )
    return endings[ending]


def is_so(what: str, format: str) -> bool:  # noqa: A002
    """Whether a format is what its module says of itself with a word in capitals."""
    return getattr(import_module(f"{__name__}.{format}"), what, False)


is_binary = partial(is_so, "BINARY")  # no text
has_dialects = partial(is_so, "HAS_DIALECTS")  # spreadsheets of different countries want it written differently
is_for_people = partial(is_so, "FOR_PEOPLE")  # who want to see what came before


def write(book: Book, format: str, how: How | None = None, *, table: str | None = None) -> str | bytes:  # noqa: A002
    """The book in a format, as text or bytes. `table` names the only one of its tables that is wanted; formats that hold one
    table hold the first. Raises `UsageError` for a table that the book does not have, and for a format that does not
    exist."""
    content = pieces(book, format, how, table=table)
    return content if isinstance(content, bytes) else "".join(content)


def pieces(
    book: Book,
    format: str,  # noqa: A002
    how: How | None = None,
    *,
    table: str | None = None,
) -> Iterable[str] | bytes:
    """The same, its text in pieces, each made when it is asked for."""
    if table is not None:
        book = replace(book, sheets=[_chosen(book, table)], charts=(), passages=(), page=None)
    writing = import_module(f"{__name__}.{format_of(format, None)}").write
    content = cast("Callable[[Book, How], str | Iterable[str] | bytes]", writing)(book, how or How())
    return [content] if isinstance(content, str) else content


def _chosen(book: Book, name: str) -> Sheet:
    names = [sheet.name for sheet in book.sheets]
    if name.casefold() not in names:
        raise UsageError(f"there is no table {name!r} here. {did_you_mean(name, names)}")
    return replace(book.sheets[names.index(name.casefold())], charted=False, most=0, first=0)
