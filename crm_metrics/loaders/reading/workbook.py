"""Excel and OpenDocument workbooks as raw tables, one per visible sheet, through fastexcel."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_metrics.errors import SettingsError, did_you_mean
from crm_metrics.issues import Issue
from crm_metrics.loaders.reading import limits
from crm_metrics.loaders.reading.columns import TEXTS, converted, empty
from crm_metrics.loaders.reading.content import Content, steady
from crm_metrics.loaders.reading.extents import Extent
from crm_metrics.loaders.reading.headers import (
    HEADER_WITHIN,
    blocks_in,
    filled,
    header_among,
    header_at,
    header_rows,
    no_header,
    only,
)
from crm_metrics.loaders.reading.layout import HEAD, SAMPLED
from crm_metrics.loaders.reading.money_formats import Signs, shown, signs_of
from crm_metrics.loaders.reading.raw import As, Cells, Raw
from crm_metrics.loaders.reading.repeats import without_repeats
from crm_metrics.loaders.reading.spreadsheets import (
    ROOM,
    cleaned,
    load,
    merged_cells,
    reader_of,
    spelling,
    with_durations,
)
from crm_metrics.settings import Stated

_LARGE = 100_000  # cells of a sheet from which on it is worth a reader of its own


@dataclass
class Sheet(Raw):
    """A sheet whose cells were read as text: numbers as written by a program (`123`, `0.5`), dates in ISO form,
    `true` and `false`. `columns` start below the header, blank rows included; `errors` are (row, column, spelling)."""

    name: str
    columns: list[pa.Array]
    errors: list[tuple[int, int, str]]
    places: Sequence[int]  # where its columns stand in the sheet
    may_be_merged: bool = False
    money: Signs = field(default_factory=dict)  # how amounts are shown, by their columns in the sheet
    visible: bool = True
    tables: int = 1  # how many tables the sheet holds

    def __post_init__(self) -> None:
        filled = np.zeros(len(self.columns[0]), bool)
        for column in self.columns:
            filled |= column.is_valid().to_numpy(zero_copy_only=False)
        for row, _, _ in self.errors:
            filled[row - self.header_row - 1] = True
        self.rows = (np.flatnonzero(filled) + self.header_row + 1).astype(np.int32)
        if not filled.all():
            self.columns = [column.filter(pa.array(filled)) for column in self.columns]
        self.merged: dict[int, np.ndarray] = {}
        if self.may_be_merged and any(column.null_count for column in self.columns):
            self._fill_down()

    def _fill_down(self) -> None:
        """Give every row of a merged cell what stands in its first one."""
        parts: dict[int, list[np.ndarray]] = defaultdict(list)
        place = {column: at for at, column in enumerate(self.places)}
        for cell in merged_cells(self.content, self.name):
            first, last = np.searchsorted(self.rows, (cell.first + 1, cell.last + 2))
            at = place.get(cell.column)
            if at is not None and first < last and self.rows[first] == cell.first + 1:
                parts[at].append(np.stack([np.arange(first + 1, last), np.full(last - first - 1, first)]))
        for at, pairs in parts.items():
            rows, above = np.concatenate(pairs, axis=1)
            source = np.arange(len(self.rows))
            source[rows] = above
            self.columns[at] = self.columns[at].take(pa.array(source))
            self.merged[at] = self.rows[rows]

    def shown_in(self, at: int, rows: np.ndarray) -> list[str | None]:
        signs = self.money.get(self.places[at])
        return shown(rows - 1, signs) if signs else []

    @cached_property
    def head(self) -> list[list[str | None]]:
        return [column.slice(0, HEAD).to_pylist() for column in self.columns]

    def read(self, wanted: Mapping[int, As], missing: Collection[str] = (), *, threads: bool = True) -> Cells:
        with steady(self.content):
            columns = {at: _chunked(self._column(at, kind, missing)) for at, kind in wanted.items()}
        merged = {at: rows for at, rows in self.merged.items() if at in wanted}
        cells = Cells(columns or {0: self.columns[0]}, self.rows, issues=self._issues(wanted), merged=merged)
        others = {at: column for at, column in enumerate(self.columns) if at not in cells.columns}
        cells = without_repeats(cells, self.header_rows, self.path, lambda: others)
        cells.columns = {at: cells.columns[at] for at in wanted}
        return cells

    def _column(self, at: int, kind: As, missing: Collection[str]) -> pa.Array | pa.ChunkedArray:
        texts = self.columns[at]
        if not len(texts):
            return empty(kind)
        if kind not in TEXTS:
            column = converted(texts, kind, missing)
            if column is not None:
                return self._exact(at, texts, column) if kind is As.FLOAT else column
            kind = As.TEXT
        return texts.dictionary_encode() if kind is As.TEXT else texts

    def _exact(self, at: int, texts: pa.Array, column: pa.Array) -> pa.Array:
        """Numbers in full: as text they are rounded to nine decimals, so those that may be are read once more."""
        if not pc.any(pc.match_substring_regex(texts, r"\.\d{9}")).as_py():
            return column
        place = self.places[at]
        sheet = load(reader_of(self.content), self.name, self.content, dtypes={place: "float"}, use_columns=[place])
        numbers = sheet.to_arrow().column(0).take(pa.array(self.rows - 1))
        return pc.if_else(pc.and_(pc.is_valid(column), pc.is_valid(numbers)), numbers, column)

    def _issues(self, wanted: Iterable[int]) -> list[Issue]:
        """One issue per column read that holds error cells."""
        rows, seen = defaultdict(list), defaultdict(set)
        for row, at, spelt in self.errors:
            rows[at].append(row)
            seen[at].add(spelt)
        issues = [header_rows(self.path, len(self.header_rows))] if len(self.header_rows) > 1 else []
        issues += [] if self.visible else [Issue("hidden-sheet", self.path)]
        issues += [Issue("several-tables", self.path, self.tables)] if self.tables > 1 else []
        issues += [
            Issue.of_rows("merged-cells", self.path, below, column=self.header[at])
            for at, below in self.merged.items()
            if at in wanted
        ]
        for at in (at for at in wanted if at in rows):
            column, spelt = self.header[at] or f"column {at + 1}", ", ".join(sorted(seen[at]))
            issues.append(Issue.of_rows("error-cell", self.path, rows[at], column=column, seen=spelt))
        return issues


def _chunked(column: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    return column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])


@dataclass
class _Loaded:
    """The cells of a sheet as text, from its first row, and those that are none."""

    name: str
    is_visible: bool
    columns: list[pa.Array]
    problems: list[Any]
    money: Signs = field(default_factory=dict)


def open_workbook(content: Content, stated: Callable[[str], Stated], extent: Extent) -> tuple[list[Sheet], list[str]]:
    """The sheets that hold cells, of the extent that was seen, and the names of those that are not read: only a program can
    show them, as they hold its own data, or others are stated. Sheets that a user has hidden are read. Raises DataError, and
    SettingsError for a stated sheet or header that is not there."""
    reader = reader_of(content)
    wanted = stated(content.path).sheets
    chosen = _chosen(content.path, wanted, reader.sheet_names)
    hidden = [f"{content.path}#{name} (not the sheet that is set)" for name in reader.sheet_names if name not in chosen]
    several = bool(wanted) and len(reader.sheet_names) > 1  # then rules are told apart by the sheet
    found = _all_loaded(content, reader, chosen, extent)
    hidden += [f"{content.path}#{name} (hidden)" for name, sheet in zip(chosen, found, strict=True) if sheet is None]
    loaded = [sheet for sheet in found if sheet is not None and sheet.columns]
    sheets = []
    for each in loaded:
        path = f"{content.path}#{each.name}" if several or len(loaded) > 1 else content.path
        row, columns = stated(path).header, each.columns
        blocks = [block for block in blocks_in(columns) if row is None or block.rows[0] < row <= block.rows[1]]
        if row is not None and not blocks:
            raise no_header(path, row)
        for block in blocks:
            cells = columns if len(blocks) == 1 and not block.where else only(columns, block)
            inside = [problem for problem in each.problems if block.holds(*problem.position)]
            part = replace(each, columns=cells, problems=inside)
            sheet = _sheet(content, path + block.where, part, row, may_be_merged=extent.are_merged)
            if sheet is not None:
                sheet.tables = len(blocks)
                sheets.append(sheet)
    return sheets, hidden


def _all_loaded(content: Content, reader: Any, names: Sequence[str], extent: Extent) -> list[_Loaded | None]:
    """The sheets, large ones side by side with a reader each, as far as there is memory for them; None for one that only a
    program can show."""
    readers, most = [reader], max(extent.cells, default=limits.MOST_CELLS)

    def loaded(name: str) -> _Loaded | None:
        own = readers.pop() if readers else reader_of(content)
        with ROOM.taken(most):
            sheet = _loaded(own, name, content)
        readers.append(own)
        if sheet is not None:
            sheet.columns = [cleaned(column) for column in with_durations(sheet.columns, sheet.problems)]
            sheet.money = signs_of(content, name)
        return sheet

    large = sum(cells >= _LARGE for cells in extent.cells)
    with ThreadPoolExecutor(max(1, min(large, os.cpu_count() or 1))) as pool:
        return list(pool.map(loaded, names))


def _loaded(reader: Any, name: str, content: Content) -> _Loaded | None:
    sheet = load(reader, name, content, dtypes="string")
    if sheet.visible == "veryhidden":
        return None
    is_visible = sheet.visible == "visible"
    if not (sheet.width and sheet.height):
        return _Loaded(name, is_visible, [], [])
    batch, errors = sheet.to_arrow_with_errors()
    return _Loaded(name, is_visible, batch.columns, list(errors.errors) if errors else [])


def _chosen(path: str, wanted: Sequence[str], names: Sequence[str]) -> list[str]:
    """The sheets to read: those wanted, else all. Raises SettingsError for one that is not there."""
    for sheet in wanted:
        if sheet.casefold() not in map(str.casefold, names):
            hint = f"{did_you_mean(sheet, names)} Change the sheet in its [[files]] block."
            raise SettingsError(f"sheet = {sheet!r}, but there is no such sheet", where=path, hint=hint)
    folded = {sheet.casefold() for sheet in wanted}
    return [name for name in names if not wanted or name.casefold() in folded]


def _sheet(content: Content, path: str, part: _Loaded, row: int | None, *, may_be_merged: bool) -> Sheet | None:
    """The sheet below its header, which is in this row where that is known; None when it has none: no text at all."""
    columns = part.columns
    count = len(columns[0])
    first = min((row or HEADER_WITHIN) + SAMPLED, count)
    # Leading blank rows do not count among those that may hold the header.
    start = next((row for row in range(count) if any(column[row].is_valid for column in columns)), None)
    if start is None:
        return None
    records = [[column[row].as_py() for column in columns] for row in range(start, min(start + first, count))]
    if row is None:
        at = header_among(records)
    else:
        at = row - 1 - start
        if not 0 <= at < len(records) or not filled(records[at]):
            raise no_header(path, row)
    if at is None:
        return None
    header = header_at(records, at)
    labels, at = header.labels, header.last + start
    used = [
        position
        for position, column in enumerate(columns)
        if labels[position] or column.slice(at + 1).null_count < len(column) - at - 1
    ]
    place = {position: new for new, position in enumerate(used)}
    cells = [
        (error.position[0] + 1, place[error.position[1]], spelling(error.detail))
        for error in part.problems
        if error.position[0] > at and error.position[1] in place
    ]
    body = [columns[position].slice(at + 1) for position in used]
    rows = tuple(tuple(row[position] for position in used) for row in header.rows)
    above = tuple(" ".join(filter(None, record)).strip() for record in records[: header.first])
    header_labels = [labels[position] for position in used]
    shown = (used, may_be_merged, part.money, part.is_visible)
    return Sheet(content, path, header_labels, at + 1, rows, above, 0, part.name, body, cells, *shown)
