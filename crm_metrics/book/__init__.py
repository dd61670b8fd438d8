"""A result as tables of typed cells, sentences and charts: what a command makes once, so that every format writes the same
figures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, overload

from crm_metrics.issues import Issue
from crm_metrics.metrics.metric import Unit
from crm_metrics.reporting import Origin as Origin

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

Cell = str | float | bool | date | None  # None and NaN: missing
AS_TEXT = "text"  # the unit of a column of texts that begin with a number, by which they are aligned
OF_ROW = "unit"  # the unit of a column whose rows are in different ones: the row's own, in its column `unit`

_PIECE = 1 << 16  # rows of a frame that are worked on at a time

BY_SIGNAL = {"better": "green", "maybe better": "green", "worse": "red", "maybe worse": "red"}  # the styles of signals


@dataclass(frozen=True)
class Column:
    """A column of a table. `name` is its name for machines, `title` its heading for people (empty: the name); numbers are
    in `unit`, shares as fractions, money in the currency of the row's column `currency`, else of the table. A column that is
    not `shown` is only for machines; in a narrow terminal those with the highest `spare` go first, 0 never. `bar` draws a
    fraction beside its figure, alone where it is in no unit; `styles` colours texts by what they are, or end with, else as
    it says of "", and by the text of the column `by` where there is one. What is `signed` is a change, in the unit itself
    or in percent of what it was. In a terminal a text may be folded to `fold` letters before columns go, a sign that `leads`
    stands in the margin, and of columns that are `missed` it is said that they went."""

    name: str
    title: str = ""
    unit: Unit | str | None = None
    shown: bool = True
    spare: int = 0
    bar: bool = False
    styles: Mapping[str, str] = field(default_factory=dict)
    signed: Literal["", "difference", "relative"] = ""
    by: str = ""
    fold: int = 0
    leads: bool = False
    missed: bool = False

    @property
    def heading(self) -> str:
        return self.title or self.name.replace("_", " ")


@dataclass(frozen=True)
class Sheet:
    """One table: a row has a cell for each column. `notes` stand below it; `empty` instead of it where it has no rows. One
    that is `charted` is what the book's charts or passages show: a terminal leaves it to them, and of a table of more than
    `most` rows (0: no limit) it shows some, at equal steps; of others pages show the `first` rows (0: all). One that is
    `for_people` shows figures of the main table again, which programs do not need twice; where it is False, people have
    them in other tables, and this one last, in a terminal not at all. There its rows stand under the texts of the column
    `grouped`, apart from each other where it is `spaced`; columns that do not fit come below beside the first ones again, so
    many as are `labels`."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    currency: str | None = None
    notes: Sequence[str] = ()
    empty: str = ""
    charted: bool = False
    most: int = 0
    first: int = 0
    for_people: bool | None = None
    grouped: str = ""
    spaced: bool = False
    labels: int = 0

    @property
    def shortened(self) -> Sheet:
        """The table as a page shows it: its first rows, and how many there are besides."""
        if not self.first or len(self.rows) <= self.first:
            return self
        note = f"{self.first:,} of {len(self.rows):,} shown: --table {self.name} -f csv writes them all"
        return replace(self, rows=self.rows[: self.first], notes=[*self.notes, note])

    def column(self, name: str) -> int | None:
        """The place of a column; None when there is none of that name."""
        return next((place for place, column in enumerate(self.columns) if column.name == name), None)

    def distinct(self, name: str) -> set[Cell]:
        """What is in a column; empty when there is none of that name."""
        if (place := self.column(name)) is None:
            return set()
        if isinstance(self.rows, Frame):
            return set(self.rows.column(name).dropna().unique())
        return {row[place] for row in self.rows} - {None}

    def says(self, column: Column) -> bool:
        """Whether any row has something in a column."""
        if isinstance(self.rows, Frame):
            return bool(self.rows.column(column.name).notna().any())
        place = self.columns.index(column)
        return any(row[place] is not None and row[place] == row[place] for row in self.rows)


class Frame(Sequence[Sequence[Cell]]):
    """The rows of a table that lie in a frame, those at `places` (None: all), for results too large to be rows of Python:
    these are made as they are looked at. `dates` are columns of ISO text; cells are None where there is nothing."""

    def __init__(
        self,
        frame: pd.DataFrame,
        columns: Sequence[Column],
        dates: Sequence[str] = (),
        places: NDArray[np.integer] | None = None,
    ) -> None:
        self._all, self._places = frame, places
        self._columns, self._dates = columns, dates

    @property
    def frame(self) -> pd.DataFrame:
        return self._all if self._places is None else self._all.iloc[self._places]

    def column(self, name: str) -> pd.Series:
        return self._all[name] if self._places is None else self._all[name].iloc[self._places]

    def pieces(self) -> Iterator[Frame]:
        """The rows in pieces of many: spelled all at once, a large table would need several times its memory."""
        for start in range(0, len(self) or 1, _PIECE):
            yield self[start : start + _PIECE]

    def __len__(self) -> int:
        return len(self._all if self._places is None else self._places)

    def __iter__(self) -> Iterator[Sequence[Cell]]:
        for piece in self.pieces():
            yield from piece._cells

    @overload
    def __getitem__(self, place: int) -> Sequence[Cell]: ...

    @overload
    def __getitem__(self, place: slice) -> Frame: ...

    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, int):
            return self._cells[place]
        if place.indices(len(self)) == (0, len(self), 1):
            return self
        if self._places is None:
            return Frame(self._all.iloc[place], self._columns, self._dates)
        return Frame(self._all, self._columns, self._dates, self._places[place])

    @cached_property
    def _cells(self) -> list[tuple[Cell, ...]]:
        columns = []
        for column in self._columns:
            cells = self.column(column.name)
            listed = cells.astype(object).where(cells.notna(), None).tolist()
            if column.name in self._dates:
                days = {text: date.fromisoformat(text) for text in set(listed) - {None}}
                listed = [days.get(text) for text in listed]
            columns.append(listed)
        return list(zip(*columns, strict=True))


@dataclass(frozen=True)
class Said:
    """A paragraph of a passage, so many steps `deep` below its title."""

    text: str
    deep: int = 1
    style: str = ""


@dataclass(frozen=True)
class Pairs:
    """Labels of a passage, each with what belongs to it, so many steps `deep`: below each other, and where there is room as
    many as `across` beside each other."""

    pairs: Sequence[tuple[str, str]]
    deep: int = 1
    across: int = 1


@dataclass(frozen=True)
class Passage:
    """What is said of one thing, under its title, with a word or two `aside` of it, in a `style`."""

    title: str
    parts: Sequence[Said | Pairs]
    aside: str = ""
    style: str = "dim"


@dataclass(frozen=True)
class Curve:
    """A series over time, as a chart draws it: a number for each period, oldest first, shares as fractions, None where there
    is none. `complete` says of each period whether it is over and its value final; `steps` are the places at which the level
    changes, `odd` those out of line. `says` is what it shows, in a sentence, `is_notable` whether that is worth telling of
    one series among many."""

    title: str
    unit: Unit
    currency: str | None
    periods: Sequence[str]
    values: Sequence[float | None]
    complete: Sequence[bool]
    low: Sequence[float | None]
    high: Sequence[float | None]
    target: Sequence[float | None]
    trend: Sequence[float | None]
    steps: Sequence[int] = ()
    odd: Sequence[int] = ()
    says: str = ""
    is_notable: bool = True


@dataclass(frozen=True)
class HeatMap:
    """Shares (fractions) by row and step, None where there is none, with their `average` below; `sizes` count what a row is
    of, under the heading `of`."""

    title: str
    rows: Sequence[str]
    of: str
    sizes: Sequence[int]
    shares: Sequence[Sequence[float | None]]
    average: Sequence[float | None]
    says: str = ""


@dataclass(frozen=True)
class Book:
    """The whole result of a command: a title with what it is about, plain sentences, charts, tables (the first is the main
    one), passages for people, notes. `extra` holds further keys for JSON, `covered_codes` the codes of problems that
    passages tell of. `page`, where there is one, makes the short book or text that a terminal of a width shows instead, with
    all notes or not; `closing` says below it what else there is, each with its command. `define` gives what the figure of a
    metric means, by heading, empty where that is not known."""

    title: str
    origin: Origin
    sheets: Sequence[Sheet]
    about: Sequence[str] = ()
    says: Sequence[str] = ()
    notes: Sequence[str] = ()
    extra: Mapping[str, object] = field(default_factory=dict)
    charts: Sequence[Curve | HeatMap] = ()
    passages: Sequence[Passage] = ()
    covered_codes: Collection[str] = ()
    page: Callable[[int | None, bool], Book | str] | None = None
    closing: Sequence[str] = ()
    define: Callable[[str], Mapping[str, str]] = lambda metric: {}

    @property
    def problems(self) -> list[Issue]:
        """The problems with the data that are still to be told."""
        return [issue for issue in self.origin.issues if issue.code not in self.covered_codes]

    def is_told(self, sheet: Sheet) -> bool:
        """Whether charts or passages show what is in a table."""
        return sheet.charted and bool(self.charts or self.passages)
