"""The data as checks look at it: tables that were given as files, their cells, and the problems noticed while loading."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_metrics.analysis.everything import Everything
from crm_metrics.analysis.quality.check import Bools, Hits, Ints, Part, Seen, shown
from crm_metrics.issues import Issue
from crm_metrics.loaders.coercing import columns as coerced
from crm_metrics.loaders.reading import As
from crm_metrics.settings import Settings
from crm_metrics.tables import ROW, SOURCE, Dataset, Source, Table


class Data:
    """The loaded data; only tables of which a file was given, not those derived from others."""

    def __init__(self, found: Everything, dataset: Dataset) -> None:
        self.dataset, self.issues, self._raws = dataset, list(found.issues), found.raws
        self._read: dict[tuple[str, str], tuple[NDArray[Any], coerced.Texts]] = {}
        self.sources: list[Source] = dataset.sources
        self.settings: Settings = dataset.settings
        self.as_of: date = dataset.as_of
        self.now = np.datetime64(dataset.now, "us")
        self.given = {source.table for source in dataset.sources}

    def table(self, name: str) -> Rows | None:
        """A table's rows; None when no file of it was given."""
        if name not in self.given or name not in self.dataset.tables:
            return None
        return Rows(self, self.dataset.tables[name])

    def tables(self, *names: str, having: Collection[str] = ()) -> Iterator[Rows]:
        """The tables of these names that were given and have the columns."""
        for name in names:
            rows = self.table(name)
            if rows is not None and rows.has(*having):
                yield rows

    def noticed(self, *codes: str) -> Hits:
        """What was noticed while loading under these codes, with what the cells hold where a column is named."""
        issues = [issue for issue in self.issues if issue.code in codes]
        paths = {issue.path for issue in issues}
        of = sum(source.rows for source in self.sources if source.path in paths)
        return Hits([self._part(issue) for issue in issues], of)

    def _part(self, issue: Issue) -> Part:
        every = issue.every if issue.every is not None else issue.rows
        rows = np.asarray(every, dtype=np.int64)
        order = np.argsort(rows, kind="stable")
        return Part(issue.path, rows[order], partial(self._cells, issue, rows[order]), max(issue.count, len(rows), 1))

    def _cells(self, issue: Issue, rows: Ints, places: Ints) -> list[str]:
        """What the file holds in the issue's column at these rows, else the words of the issue."""
        header = issue.detail.get("column", "")
        cells = self.written(issue.path, header, rows[places] if len(rows) else rows)
        if cells is None or not len(rows):
            return [replace(issue, rows=()).sentence] * len(places)
        return [f"{header}: {cell}" for cell in cells]

    def written(self, path: str, header: str, rows: Ints) -> list[str] | None:
        """What the cells of a column hold in these rows of the file, to the letter; None without such a column."""
        raw = self._raws.get(path)
        if raw is None or header not in raw.header:
            return None
        if (path, header) not in self._read:
            place = raw.header.index(header)
            cells = raw.read({place: As.TEXT})
            self._read[path, header] = cells.rows, coerced.texts(cells.columns[place], None)
        known, found = self._read[path, header]
        places = np.minimum(np.searchsorted(known, rows), len(known) - 1)
        codes = np.where(known[places] == rows, found.codes[places], -1)
        return [found.at(code) if code >= 0 and found.at(code) else "blank" for code in codes.tolist()]


@dataclass(frozen=True)
class Rows:
    """The rows of one table."""

    data: Data
    table: Table

    @property
    def frame(self) -> pd.DataFrame:
        return self.table.frame

    @property
    def name(self) -> str:
        return self.table.name

    @cached_property
    def source(self) -> Ints:
        return self.frame[SOURCE].to_numpy().astype(np.int64)

    def has(self, *columns: str) -> bool:
        return all(column in self.frame for column in columns)

    def filled(self, column: str) -> Bools:
        """Where the column has a value; nowhere without the column."""
        if column not in self.frame:
            return np.zeros(len(self.frame), dtype=bool)
        return self.frame[column].notna().to_numpy(dtype=bool)

    def missing(self, column: str) -> Bools:
        """Where the row's own file has the column, but no value in it."""
        having = np.array([column in source.columns for source in self.data.sources], dtype=bool)
        return having[self.source] & ~self.filled(column)

    def equals(self, column: str, value: object) -> Bools:
        """Where the column has this value; nowhere without the column."""
        if column not in self.frame:
            return np.zeros(len(self.frame), dtype=bool)
        return (self.frame[column] == value).fillna(False).to_numpy(dtype=bool)

    def numbers(self, column: str) -> NDArray[np.float64]:
        """The column as numbers, NaN where missing."""
        if column not in self.frame:
            return np.full(len(self.frame), np.nan)
        return self.frame[column].to_numpy(dtype=np.float64, na_value=np.nan)

    def moments(self, column: str) -> NDArray[Any]:
        """The column as instants, NaT where missing."""
        if column not in self.frame:
            return np.full(len(self.frame), np.datetime64("NaT", "us"))
        return self.frame[column].to_numpy()

    def before(self, column: str, other: str) -> Bools:
        """Where one date lies before another: by calendar day where a file has either without a time of day."""
        first, second = self.moments(column), self.moments(other)
        by_day = self._by_day(column) | self._by_day(other)
        days = self._days(first) < self._days(second)
        return np.where(by_day, days, first < second)

    def _by_day(self, column: str) -> Bools:
        flags = self.table.calendar.get(column)
        return flags[self.source] if flags is not None else np.zeros(len(self.frame), dtype=bool)

    def _days(self, moments: NDArray[Any]) -> NDArray[Any]:
        if self.data.settings.timezone is None:
            return moments.astype("datetime64[D]")
        local = pd.DatetimeIndex(moments).tz_localize("UTC").tz_convert(self.data.settings.timezone)
        return local.tz_localize(None).to_numpy().astype("datetime64[D]")

    def age_days(self, column: str) -> NDArray[np.float64]:
        """Days from the date to as-of, NaN where it is missing."""
        age = (self.data.now - self.moments(column)).astype("timedelta64[us]")
        return np.where(np.isnat(age), np.nan, age.view(np.int64) / 86_400_000_000)

    def header(self, column: str, source: int) -> str:
        """The column as the file writes it."""
        return self.data.sources[source].columns.get(column, column.replace("_", " "))

    def among(self, found: Hits) -> Bools:
        """The rows that were found."""
        result = np.zeros(len(self.frame), dtype=bool)
        for part in found.parts:
            mine = [
                source.index for source in self.data.sources if (source.path, source.table) == (part.path, self.name)
            ]
            result |= np.isin(self.source, mine) & np.isin(self.frame[ROW].to_numpy(), part.rows)
        return result

    def hits(self, hit: Bools, *columns: str, of: int | None = None, why: Sequence[str] | None = None) -> Hits:
        """The marked rows by file; what was seen are their cells in these columns, else `why`, one text for each row of the
        table. `of` is the number of rows looked at, all when not given."""
        parts = []
        marked = np.flatnonzero(hit)
        for source in np.unique(self.source[marked]).tolist():
            places = marked[self.source[marked] == source]
            places = places[np.argsort(self.frame[ROW].to_numpy()[places], kind="stable")]
            rows = self.frame[ROW].to_numpy()[places].astype(np.int64)
            seen: Seen = partial(self._seen, source, places, columns, why)
            parts.append(Part(self.data.sources[source].path, rows, seen, len(rows)))
        return Hits(parts, len(self.frame) if of is None else of)

    def _seen(
        self, source: int, places: Ints, columns: Sequence[str], why: Sequence[str] | None, chosen: Ints
    ) -> list[str]:
        wanted = places[chosen]
        if why is not None:
            return [why[place] for place in wanted]
        rows = self.frame[ROW].to_numpy()[wanted].astype(np.int64)
        named = [name for name in columns if self.has(name)]
        cells = [self._written(source, name, rows, wanted) for name in named]
        headers = [self.header(name, source) for name in named]
        return [
            "; ".join(f"{header}: {cell}" for header, cell in zip(headers, row, strict=True))
            for row in zip(*cells, strict=True)
        ]

    def _written(self, source: int, column: str, rows: Ints, wanted: Ints) -> list[str]:
        """The cells as the file has them; of a column that was derived its values."""
        known = self.data.sources[source]
        written = self.data.written(known.path, known.columns.get(column, ""), rows)
        return written or [shown(value) for value in self.frame[column].iloc[wanted].tolist()]
