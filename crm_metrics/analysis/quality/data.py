"""The data as checks look at it: tables that were given as files, their cells, and the problems noticed while loading."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_metrics.analysis.inventory import Inventory
from crm_metrics.analysis.quality.check import Hits, Part
from crm_metrics.issues import Issue
from crm_metrics.loaders.coercing import columns as coerced
from crm_metrics.loaders.coercing.columns import by_text
from crm_metrics.loaders.reading import As
from crm_metrics.loaders.recognising import normalised
from crm_metrics.tables import ROW, SOURCE, Dataset, Source, Table
from crm_metrics.tables.frames import has_value, moments, numbers, wall_clock

if TYPE_CHECKING:
    from crm_metrics.analysis.quality.check import Bools, Ints, Seen


class Data:
    """The loaded data; only tables of which a file was given, not those derived from others. `refused` are the files that
    could not be read, by path."""

    def __init__(self, inventory: Inventory, dataset: Dataset) -> None:
        self.dataset, self.issues, self._raws = dataset, list(inventory.issues), inventory.raws
        self.refused = inventory.refused
        self._read: dict[tuple[str, str], tuple[NDArray[Any], coerced.Texts]] = {}
        self.sources: list[Source] = dataset.sources
        self.as_of: date = dataset.as_of
        self.tables_read = {source.table for source in dataset.sources}

    def tables(self, *names: str, having: Collection[str] = ()) -> Iterator[Rows]:
        """The tables of these names, of all where none are named, that were given as files and have the columns."""
        for name in names or sorted(self.tables_read):
            if name in self.tables_read and name in self.dataset.tables:
                rows = Rows(self, self.dataset.tables[name])
                if rows.has(*having):
                    yield rows

    def issue_hits(self, *codes: str) -> Hits:
        """What was noticed while loading under these codes, with what the cells hold where a column is named."""
        issues = [issue for issue in self.issues if issue.code in codes]
        paths = {issue.path for issue in issues}
        of = sum(source.rows for source in self.sources if source.path in paths)
        return Hits([self._part(issue) for issue in issues], of)

    def file_hits(self, by_path: Mapping[str, str]) -> Hits:
        """Files that are found as a whole, with what is said of each, by path."""
        none = np.zeros(0, dtype=np.int64)
        parts = [Part(path, none, partial(_texts, [text]), 1) for path, text in by_path.items()]
        return Hits(parts, len(self.sources) + len(self.refused))

    def unread(self) -> Iterator[Hits]:
        """The rows of each file that could not be read, with their text."""
        for source in self.sources:
            rows = np.array([row for _, row, _ in source.unread], dtype=np.int64)
            texts = [text for _, _, text in source.unread]
            if len(rows):
                yield Hits([Part(source.path, rows, partial(_texts, texts), len(rows))], source.rows)

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

    def read(self, path: str, headers: Sequence[str]) -> None:
        """Keep the cells of these columns of a file, read in one pass."""
        raw = self._raws.get(path)
        labels = raw.header if raw is not None else []
        places = {
            label: labels.index(label) for label in headers if label in labels and (path, label) not in self._read
        }
        if raw is None or not places:
            return
        cells = raw.read(dict.fromkeys(places.values(), As.TEXT))
        for label, place in places.items():
            self._read[path, label] = cells.rows, coerced.texts(cells.columns[place], None)

    def written(self, path: str, header: str, rows: Ints) -> list[str] | None:
        """What the cells of a column hold in these rows of the file, to the letter; None without such a column."""
        self.read(path, [header])
        if (path, header) not in self._read:
            return None
        rows_read, texts = self._read[path, header]
        places = np.minimum(np.searchsorted(rows_read, rows), len(rows_read) - 1)
        codes = np.where(rows_read[places] == rows, texts.codes[places], -1)
        return [texts.at(code) if code >= 0 and texts.at(code) else "blank" for code in codes.tolist()]


def _texts(texts: list[str], places: Ints) -> list[str]:
    return [texts[place] for place in places]


def _shown(value: object) -> str:
    """A cell as it is quoted: a date without an empty time of day, a number without a useless point, "blank" for none."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return "blank"
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d" if value == value.normalize() else "%Y-%m-%d %H:%M")
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value)


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
        return has_value(self.frame, column)

    def missing(self, column: str) -> Bools:
        """Where the row's own file has the column, but no value in it."""
        having = np.array([column in source.columns for source in self.data.sources], dtype=bool)
        return having[self.source] & ~self.filled(column)

    def equals(self, column: str, value: object) -> Bools:
        """Where the column has this value; nowhere without the column."""
        if column not in self.frame:
            return np.zeros(len(self.frame), dtype=bool)
        return (self.frame[column] == value).fillna(False).to_numpy(dtype=bool)

    def matching(self, column: str, test: Callable[[str], bool]) -> Bools:
        """Where the column has a value that passes the test."""
        return by_text(self.frame[column], test, False)

    def strange(self, column: str, accepted: Collection[str], fold: Callable[[str], str]) -> Bools:
        """Where the column has a value that, folded, is none of those accepted."""
        return self.matching(column, lambda value: fold(value) not in accepted)

    def of_several(self, column: str, key: str, fold: Callable[[str], str]) -> Bools:
        """Where the column's value, folded, belongs to several keys."""
        values = self.frame[column].astype("category")
        same = pd.Series([fold(str(value)) for value in values.cat.categories], dtype="object")
        code = np.append(pd.factorize(same)[0], -1)[values.cat.codes.to_numpy()]
        keys = pd.DataFrame({"code": code, "key": self.frame[key].astype("object").to_numpy()})
        counts = keys[code >= 0].drop_duplicates()["code"].value_counts()
        return np.isin(code, counts.index[counts > 1])

    def spellings(self, column: str) -> tuple[Bools, list[str]]:
        """The rows whose value is written in another way more often, case, spaces and punctuation aside, and for each row of
        the table what it says and how it is written more often ("" for the others)."""
        values = self.frame[column].astype("category")
        labels = [str(value) for value in values.cat.categories]
        codes = values.cat.codes.to_numpy()
        counts = np.bincount(codes[codes >= 0], minlength=len(labels))
        met = pd.DataFrame({"label": labels, "key": [_key(label) for label in labels], "count": counts})
        met = met[(met["count"] > 0) & (met["key"] != "")].sort_values(["count", "label"], ascending=[False, True])
        usual = met.drop_duplicates("key").set_index("key")
        notes = [""] * (len(labels) + 1)
        for label, key in zip(met["label"], met["key"], strict=True):
            best = str(usual.loc[key, "label"])
            if label != best:
                notes[labels.index(label)] = f"{column}: {label!r}, {usual.loc[key, 'count']:,} rows have {best!r}"
        texts = np.array(notes, dtype=object)[codes]
        return texts != "", texts.tolist()

    def numbers(self, column: str) -> NDArray[np.float64]:
        """The column as numbers, NaN where missing."""
        return numbers(self.frame, column)

    def moments(self, column: str) -> NDArray[Any]:
        """The column as instants, NaT where missing."""
        return moments(self.frame, column)

    def before(self, column: str, other: str) -> Bools:
        """Where one date lies before another: by calendar day where a file has either without a time of day."""
        first, second = self.moments(column), self.moments(other)
        by_day = self.by_day(column) | self.by_day(other)
        zone = self.data.dataset.settings.timezone
        days = [wall_clock(instants, zone).astype("datetime64[D]") for instants in (first, second)]
        return np.where(by_day, days[0] < days[1], first < second)

    def by_day(self, column: str) -> Bools:
        """The rows whose file writes the date without a time of day."""
        flags = self.table.calendar.get(column)
        return flags[self.source] if flags is not None else np.zeros(len(self.frame), dtype=bool)

    def age_days(self, column: str) -> NDArray[np.float64]:
        """Days from the date to as-of, NaN where it is missing."""
        age = (np.datetime64(self.data.dataset.now, "us") - self.moments(column)).astype("timedelta64[us]")
        return np.where(np.isnat(age), np.nan, age.view(np.int64) / 86_400_000_000)

    def among(self, hits: Hits) -> Bools:
        """The rows that were found."""
        result = np.zeros(len(self.frame), dtype=bool)
        for part in hits.parts:
            of = (part.path, self.name)
            mine = [source.index for source in self.data.sources if (source.path, source.table) == of]
            result |= np.isin(self.source, mine) & np.isin(self.frame[ROW].to_numpy(), part.rows)
        return result

    def hits(self, hit: Bools, *columns: str, among: Bools | None = None, why: Sequence[str] | None = None) -> Hits:
        """The marked rows by file, of those `among` that are looked at (all when not given); what was seen are their cells
        in these columns, else `why`, one text for each row of the table."""
        parts = []
        looked_at = np.ones(len(self.frame), dtype=bool) if among is None else among
        marked = np.flatnonzero(hit & looked_at)
        for source in np.unique(self.source[marked]).tolist():
            places = marked[self.source[marked] == source]
            places = places[np.argsort(self.frame[ROW].to_numpy()[places], kind="stable")]
            rows = self.frame[ROW].to_numpy()[places].astype(np.int64)
            cells: Seen = partial(self._seen, source, places, columns, why)
            parts.append(Part(self.data.sources[source].path, rows, cells, len(rows)))
        return Hits(parts, int(np.count_nonzero(looked_at)))

    def _seen(
        self, source: int, places: Ints, columns: Sequence[str], why: Sequence[str] | None, chosen: Ints
    ) -> list[str]:
        wanted = places[chosen]
        if why is not None:
            return [why[place] for place in wanted]
        rows = self.frame[ROW].to_numpy()[wanted].astype(np.int64)
        named = [name for name in columns if self.has(name)]
        file = self.data.sources[source]
        headers = [file.columns.get(name, name.replace("_", " ")) for name in named]
        self.data.read(file.path, headers)
        cells = [self._written(file, name, rows, wanted) for name in named]
        return [
            "; ".join(f"{header}: {cell}" for header, cell in zip(headers, row, strict=True))
            for row in zip(*cells, strict=True)
        ]

    def _written(self, file: Source, column: str, rows: Ints, wanted: Ints) -> list[str]:
        """The cells as the file has them; of a column that was derived its values."""
        written = self.data.written(file.path, file.columns.get(column, ""), rows)
        return written or [_shown(value) for value in self.frame[column].iloc[wanted].tolist()]


def _key(label: str) -> str:
    """What two spellings of one value share: "google-ads", "Google Ads" and "GoogleAds" are one; "-" alone is none."""
    return normalised(label).replace(" ", "")
