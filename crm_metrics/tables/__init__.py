"""The loaded data as values: tables of rows that know their file and row, and what could not be used.

Dates are instants in UTC as `datetime64[us]` without a zone; without a declared time zone the wall clock of the file
stands for UTC. `_source` is the index of a row's `Source`, `_row` its row number as a spreadsheet shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from crm_metrics.issues import Issue

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from crm_metrics.settings import Settings
    from crm_metrics.tables.frames import Bools

SOURCE, ROW = "_source", "_row"
STATE = "_state"  # what became of a record, one of `schema.STATES`; missing where nothing tells
RATE = "exchange_rate"  # what an amount was multiplied by to be in the currency of the report
NO_RATE = "_no_rate"  # True on rows with an amount that no exchange rate leads from
UNIT = "_unit"  # a number for the customer, where figures only have to tell customers apart; 0 for none
TOLD = "_told"  # a number for all that a cost's cells say but for its figures and its days
LATER = "_later"  # True on rows that have ended by the file, but after the day up to which they are known
WHERE = "_where"  # whether a row is one of those that figures are to be made of: CHOSEN, or something else
CHOSEN = "yes"
NONE = "(none)"
NOT_KNOWN = "not known"  # what a word for a state means that nobody knows, and how it counts


@dataclass
class Source:
    """One file or sheet that was recognised. Conservation: rows = used + sum of left_out. One that is not `asked` was read
    for the days it covers alone: what would be left out of its rows is not known."""

    index: int
    path: str
    table: str
    vendor: str
    rows: int
    left_out: Counter[str] = field(default_factory=Counter)
    columns: dict[str, str] = field(default_factory=dict)  # canonical column -> header
    unmapped: tuple[str, ...] = ()
    unread: tuple[tuple[str, int, str], ...] = ()  # records that could not be read: why, the row, its text
    date_order: str = ""  # dmy or mdy, where dates of the file leave it open one by one
    decimal: str = ""  # the sign that separates decimals, where numbers of the file are text
    asked: bool = True

    @property
    def used(self) -> int:
        return self.rows - sum(self.left_out.values())


@dataclass(frozen=True)
class Unusable:
    """Why a column cannot be used: a reason code of the design (`missing-column`, `scale-ambiguous`, ...), what was
    seen, and what would settle it."""

    reason: str
    seen: str
    hint: str = ""


@dataclass(frozen=True)
class Coverage:
    """What a table knows of time, in days, all inclusive. `oldest`: the first day on which one of its records says that
    something happened; `first` and `newest`: the same and the newest without those that lie far out of line;
    `known_until`: up to when the state of its records is known; `complete`: up to when its periods are; `last`: no period
    that begins later is covered (costs end with their last day)."""

    oldest: date
    first: date
    newest: date
    known_until: date
    complete: date
    last: date
    is_snapshot: bool = False  # the records are known as they are on the first day and on no other

    @property
    def goes_on_to(self) -> date | None:
        """The newest day, where it lies behind the day up to which the state of the records is known."""
        return self.newest if self.newest > self.known_until else None

    def within(self, other: Coverage) -> Coverage:
        """What both know, for rows that are made of two tables."""
        names = ("oldest", "newest", "known_until", "complete", "last")
        earlier = {name: min(getattr(self, name), getattr(other, name)) for name in names}
        return Coverage(first=max(self.first, other.first), **earlier)


@dataclass
class Table:
    """Rows of one canonical table. `calendar[column][source]` is True where that file's column holds calendar dates (no
    time of day); `unusable` names columns that exist but cannot be read safely. With `in_parts` several rows may be the
    parts of one record of a file, such as the days of a cost: they are one record in every count of these. Equal ids of
    files with another `numbering` are two records (0 where none is given)."""

    name: str
    frame: pd.DataFrame
    calendar: dict[str, np.ndarray] = field(default_factory=dict)
    unusable: dict[str, Unusable] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)  # edges of time at which no rows can be told, and why
    in_parts: bool = False
    states: dict[tuple[int, str, str, str], int] = field(default_factory=dict)  # source, column, word, state -> rows
    numbering: dict[int, int] = field(default_factory=dict)

    def has(self, column: str) -> bool:
        return column in self.frame.columns

    def chosen(self) -> Bools:
        """Which rows are among those that figures are to be made of."""
        return (self.frame[WHERE] == CHOSEN).to_numpy(dtype=bool, na_value=False)


@dataclass
class Dataset:
    """Everything that was loaded. `as_of` is the last day the data knows; `labels` are the readings that were chosen
    and belong into a metric's title; `now` is the instant at the end of the as-of day, in microseconds since 1970;
    `notes` are sentences that have to be printed with the figures, those of `concerns` with the figures that read the
    tables or columns named there."""

    tables: dict[str, Table]
    sources: list[Source]
    issues: list[Issue]
    as_of: date
    settings: Settings
    labels: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    concerns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    constants: dict[str, float] = field(default_factory=dict)
    now: int = 0
    ignored: list[str] = field(default_factory=list)
    raws: dict[str, Digestible] = field(default_factory=dict)
    priced_in: str | None = None  # the currency that all amounts are converted to; None where they stay in their own
    offers: dict[tuple[str, str, str], str] = field(default_factory=dict)  # file, table, lacking column -> a remedy
    unfiltered: dict[str, Table] = field(default_factory=dict)  # all rows, where `tables` hold only those of a filter
    unable: dict[str, Unusable] = field(default_factory=dict)  # tables that a filter takes away, and why
    coverage: dict[str, Coverage] = field(default_factory=dict)  # of every table that has dates, derived ones included

    def start(self, day: date) -> int:
        """The instant at which a day begins in the declared time zone, in microseconds since 1970."""
        moment = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.settings.timezone or "UTC"))
        return round(moment.timestamp()) * 1_000_000

    def behind(self, day: date) -> int:
        """The instant behind the end of a day, likewise."""
        return self.start(day + timedelta(days=1))

    def up_to(self, *tables: str) -> Dataset:
        """The same as of the last day on which the periods of all of these tables are complete, as-of at the latest."""
        ends = [self.coverage[name].complete for name in tables if name in self.coverage]
        last = min([self.as_of, *ends])
        return self if last == self.as_of else replace(self, as_of=last, now=self.behind(last))


class Digestible(Protocol):
    """A file whose content can be told from another's."""

    def digest(self) -> str: ...


class Digests(Mapping[str, str]):
    """The SHA-256 of files by their path, each worked out when it is asked for."""

    def __init__(self, raws: Mapping[str, Digestible]) -> None:
        self._raws = raws
        self._known: dict[str, str] = {}

    def __getitem__(self, path: str) -> str:
        if path not in self._known:
            self._known[path] = self._raws[path].digest()
        return self._known[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._raws)

    def __len__(self) -> int:
        return len(self._raws)
