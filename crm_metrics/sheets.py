"""A result as tables of typed cells: what a command makes once, so that every format writes the same figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from crm_metrics.issues import Issue
from crm_metrics.metrics.metric import Unit
from crm_metrics.tables import Coverage, Dataset, Source

Cell = str | float | bool | date | None  # None and NaN: missing
OF_ROW = "unit"  # the unit of a column whose rows are in different ones: the row's own, in its column `unit`


@dataclass(frozen=True)
class Column:
    """A column of a table. `name` is its name for machines, `title` its heading for people (empty: the name); numbers are
    in `unit`, shares as fractions, money in the currency of the row's column `currency`, else of the table. A column that is
    not `shown` is only for machines; in a narrow terminal those with the highest `spare` go first, 0 never. `bar` draws a
    fraction beside its figure; `styles` colours texts."""

    name: str
    title: str = ""
    unit: Unit | str | None = None
    shown: bool = True
    spare: int = 0
    bar: bool = False
    styles: Mapping[str, str] = field(default_factory=dict)

    @property
    def heading(self) -> str:
        return self.title or self.name.replace("_", " ")


@dataclass(frozen=True)
class Sheet:
    """One table: a row has a cell for each column. `notes` stand below it; `empty` instead of it where it has no rows."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    currency: str | None = None
    notes: Sequence[str] = ()
    empty: str = ""

    def column(self, name: str) -> int | None:
        """The place of a column; None when there is none of that name."""
        return next((place for place, column in enumerate(self.columns) if column.name == name), None)


@dataclass(frozen=True)
class Origin:
    """What a result was made from: the files, up to when they know, the settings file, and what was noticed."""

    as_of: date
    sources: Sequence[Source] = ()
    settings_file: str | None = None
    issues: Sequence[Issue] = ()
    notes: Sequence[str] = ()
    coverage: Mapping[str, Coverage] = field(default_factory=dict)

    @classmethod
    def of(cls, dataset: Dataset) -> Origin:
        """The origin of everything that is made from a dataset."""
        settings, found = dataset.settings.file, dataset.issues
        return cls(dataset.as_of, dataset.sources, settings, found, dataset.notes, dataset.coverage)


@dataclass(frozen=True)
class Book:
    """The whole result of a command: a title with what it is about, plain sentences, tables (the first is the main one),
    notes. `known` holds further keys for JSON."""

    title: str
    origin: Origin
    sheets: Sequence[Sheet]
    about: Sequence[str] = ()
    says: Sequence[str] = ()
    notes: Sequence[str] = ()
    known: Mapping[str, object] = field(default_factory=dict)
