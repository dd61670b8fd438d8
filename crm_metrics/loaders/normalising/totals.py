"""Rows that sum up others: totals, subtotals and averages, wherever they stand, and the lines below a vendor's report.

They are taken out before anything is coerced, so that a total never decides how a column is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm_metrics.loaders.beside import is_beside
from crm_metrics.loaders.coercing import columns as coerced
from crm_metrics.loaders.normalising import records
from crm_metrics.loaders.normalising.file import File
from crm_metrics.loaders.normalising.rollups import above_all, near, rollups
from crm_metrics.loaders.normalising.total_words import ALONE, BALANCE, MEAN, by_word, has_letters
from crm_metrics.loaders.planning import Plan
from crm_metrics.loaders.reading import Cells
from crm_metrics.loaders.reading.columns import is_text
from crm_metrics.loaders.stretches import COLUMNS
from crm_metrics.schema import NUMERIC, Kind
from crm_metrics.tables.frames import Bools, Floats

Ints = NDArray[np.int64]

_FEW = 100  # dated rows that are looked at without a total word in what is read of them


def without_totals(file: File, plan: Plan, cells: Cells) -> Cells:
    """The cells without rows that sum up others.

    Such a row has no id, stage and date of its own, and a total word in any cell or figures that are the sums or means of
    other rows; a dated one has both. Where a file has none of these columns, the word has to stand alone, so that a campaign
    called "Total Wine" stays.
    """
    hit = _unnamed(file, plan, cells)
    suspects = _suspects(file, plan, cells)
    if len(suspects):
        hit[_Judge(file, cells).totals(suspects)] = True
    hit |= _of_spend(file, plan, cells, hit)
    return records.without(file, plan, cells, hit, "total-row") if hit.any() and not hit.all() else cells


# ---- who is suspected ----


def _owned(file: File, names: Sequence[str]) -> list[str]:
    """Of these columns those that a record has of its own: dates, states, ids. A customer's id is not one."""
    spec = file.schema
    foreign = {*spec.identity, "lead_id", "campaign_id"} - {spec.key}
    dates = [name for name in names if file.kind(name) is Kind.DATE]
    states = [name for name in names if name in records.STATES]
    ids = [name for name in names if file.kind(name) is Kind.ID and name not in foreign and name not in states]
    return [*dates, *states, *ids]


def _suspects(file: File, plan: Plan, cells: Cells) -> Ints:
    """The rows without id, stage and date as far as these were read, and dated ones that may be totals all the same."""
    own = [name for name in _owned(file, list(plan.names)) if not is_beside(name)]
    dates = [name for name in own if file.kind(name) is Kind.DATE]
    read = {name: cells.columns[place] for name, place in plan.names.items()}
    every = np.arange(len(cells.rows), dtype=np.int64)
    blank = _without(every, own, read, file)
    if not dates:
        return blank
    others = [name for name in own if name not in dates]
    rows = _without(every, others, read, file)
    if not len(rows):
        return blank
    labels = [column for name, column in read.items() if is_text(column) and name not in dates]
    some = [column if len(rows) == len(column) else column.take(pa.array(rows)) for column in labels]
    absent = np.logical_and.reduce([np.ones(len(every), dtype=bool), *(read[name].is_null() for name in others)])[rows]
    maybe = np.logical_or.reduce([absent & (absent.sum() <= _FEW), *(_has_word(label, file) for label in some)])
    return np.union1d(blank, rows[maybe])


def _without(rows: Ints, names: Sequence[str], read: Mapping[str, Any], file: File) -> Ints:
    """Those of the rows that have nothing of their own in these columns. Blank cells are counted first: of a million records
    hardly one is looked at."""
    if any(not is_text(read[name]) and not read[name].null_count for name in names):
        return rows[:0]
    for name in names if len(rows) else ():
        part = read[name] if len(rows) == len(read[name]) else read[name].take(pa.array(rows))
        rows = rows[_is_blank(part, file, is_date=file.kind(name) is Kind.DATE)]
    return rows


def _has_word(column: Any, file: File) -> Bools:
    """The cells that are the word for a total or a mean."""
    if not pa.types.is_dictionary(column.type):
        return by_word(column, file.layout.total_rows) >= ALONE
    texts = coerced.texts(column)
    return texts.spread(by_word(texts.values, file.layout.total_rows) >= ALONE, False)


def _is_blank(column: Any, file: File, *, is_date: bool) -> Bools:
    """The cells that hold nothing of the row's own."""
    if not is_text(column):
        return np.asarray(column.is_null())
    texts = coerced.texts(column, file.missing)
    return texts.spread(_says_nothing(texts.values, file, is_date=is_date), True)


def _says_nothing(values: Any, file: File, *, is_date: bool) -> Bools:
    """The texts that are a total word or, where a date should be, have no digit."""
    empty = by_word(values, file.layout.total_rows) >= ALONE
    if is_date:
        empty |= np.asarray(pc.invert(pc.match_substring_regex(values, r"\pN")))
    return empty


# ---- evidence ----


class _Judge:
    """What the whole text of a file says of the rows that are suspected. It is read only where there are any."""

    def __init__(self, file: File, cells: Cells) -> None:
        self.file = file
        table = file.raw.texts()
        place = np.searchsorted(table.rows, cells.rows)
        self.texts = {at: _at(coerced.texts(column, file.missing_text), place) for at, column in table.columns.items()}
        self.names = {at: name for name, at in file.recognised.columns.items() if not is_beside(name)}
        self.own = [file.recognised.columns[name] for name in _owned(file, [*file.recognised.columns])]

    def totals(self, suspects: Ints) -> Ints:
        """The suspected rows that are totals."""
        file, footers = self.file, self.file.layout.total_rows
        own, dated, timed = (np.zeros(len(suspects), dtype=bool) for _ in range(3))
        for at in self.own:
            texts = self.texts[at]
            is_date = file.kind(self.names.get(at, "")) is Kind.DATE
            filled = ~texts.spread(_says_nothing(texts.values, file, is_date=is_date), True)[suspects]
            if is_date:
                dated |= filled
            else:
                own |= filled
        words = np.stack([texts.spread(by_word(texts.values, footers), 0)[suspects] for texts in self.texts.values()])
        alone, means, balances = ((words == said).any(axis=0) for said in (ALONE, MEAN, BALANCE))
        named = (words > 0).any(axis=0)
        others = np.zeros(len(suspects), dtype=np.int64)  # cells of text that are no total words
        # Rows with dates and figures alone, where others have more.
        bare, is_told = np.ones(len(suspects), dtype=bool), False
        for word, (at, texts) in zip(words, self.texts.items(), strict=True):
            name = self.names.get(at, "")
            if name in COLUMNS:
                timed |= (texts.codes[suspects] >= 0) & (word < ALONE)
            if name == "currency" or file.kind(name) in {*NUMERIC, Kind.BOOL} or at in self.own:
                continue
            others += texts.spread(has_letters(texts.values), False)[suspects] & (word < ALONE)
            bare &= texts.codes[suspects] < 0
            is_told |= bool(np.count_nonzero(texts.codes < 0) <= len(suspects))
        is_word = alone | means if self.own else alone & (others == 0)
        hit = ~own & (balances | (~dated & is_word))
        unlike = (named & ~timed) | (others <= (1 if self.own else 0))
        open_ = ~own & ~balances & np.where(dated, is_word, ~is_word & unlike)
        if open_.any():
            single = (named & ~dated)[open_] if self.own else np.zeros(int(open_.sum()), dtype=bool)
            agreed = self._agree(suspects[open_], suspects[hit], single)
            if (agreed & dated[open_]).any():  # where days have totals, a day of one record has one too
                agreed |= self._agree(suspects[open_], suspects[hit], single | dated[open_])
            hit[open_] = agreed
        bare &= ~own & dated & ~hit & is_told & (file.layout.table != "spend")
        if bare.any():
            hit[bare] = self._agree(suspects[bare], suspects[hit], np.zeros(int(bare.sum()), dtype=bool), of_sums=True)
        return suspects[hit]

    def _agree(self, rows: Ints, totals: Ints, single: Bools, *, of_sums: bool = False) -> Bools:
        """The rows whose filled figures all are the sum or mean (`of_sums`: the sum) of the rows above or below, of all or
        of those up to the next such row; two rows at least, but for a row that names a total, and has nothing of its own
        (`single`)."""
        figures = [values for values in self._figures().values() if not np.isnan(values[rows]).all()]
        result = np.zeros(len(rows), dtype=bool)
        if not figures:
            return result
        size = len(figures[0])
        apart = np.zeros(size, dtype=bool)
        apart[rows] = apart[totals] = True
        edges = np.concatenate([[-1], np.flatnonzero(apart), [size]])
        at = np.searchsorted(edges, rows)
        ends: tuple[tuple[Ints, Ints], ...] = (
            (np.zeros_like(rows), rows),
            (rows + 1, np.full_like(rows, size)),
            (np.zeros_like(rows), np.full_like(rows, size)),
            (edges[at - 1] + 1, rows),
            (rows + 1, edges[at + 1]),
        )
        for first, end in ends:
            every, some = np.ones(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
            for values in figures:
                mine, agrees = values[rows], _is_sum_or_mean(values, apart, rows, (first, end), single, of_sums)
                every &= agrees | np.isnan(mine)
                some |= agrees & (mine != 0)
            result |= every & some
        return result

    def _figures(self) -> dict[str, Floats]:
        """The file's recognised number columns."""
        columns = {name: self.texts[at] for at, name in self.names.items() if self.file.kind(name) in NUMERIC}
        return {name: self.file.numbers(texts) for name, texts in columns.items()}


def _at(texts: coerced.Texts, place: Ints) -> coerced.Texts:
    return coerced.Texts(texts.values, texts.codes[place])


def _is_sum_or_mean(
    values: Floats, apart: Bools, rows: Ints, among: tuple[Ints, Ints], single: Bools, of_sums: bool
) -> Bools:
    """Whether each row's value is what the rows from the first of `among` up to the second come to, those that are apart
    left out; one row counts where `single` says so."""
    first, end = among
    there = ~np.isnan(values) & ~apart
    sums = np.concatenate([[0.0], np.cumsum(np.where(there, values, 0.0))])
    counts = np.concatenate([[0], np.cumsum(there)])
    total, count = sums[end] - sums[first], counts[end] - counts[first]
    with np.errstate(invalid="ignore", divide="ignore"):
        is_near = near(values[rows], total) | (near(values[rows], total / count) & (not of_sums))
    agrees: Bools = is_near & (count > np.where(single, 0, 1))
    return agrees


# ---- ad platforms ----


def _unnamed(file: File, plan: Plan, cells: Cells) -> Bools:
    """The rows without any name, where the vendor writes its totals so."""
    blank = [cells.columns[plan.names[name]] for name in sorted(file.layout.total_blank) if name in plan.names]
    if not blank:
        return np.zeros(len(cells.rows), dtype=bool)
    hit = np.logical_and.reduce([np.asarray(column.is_null()) for column in blank])
    return np.zeros_like(hit) if hit.all() else hit


def _of_spend(file: File, plan: Plan, cells: Cells, totals: Bools) -> Bools:
    """The rows of a spend file that hold the costs of others again."""
    none = np.zeros(len(cells.rows), dtype=bool)
    place = plan.names.get("cost")
    if file.layout.table != "spend" or place is None or len(none) < 3:
        return none
    column = cells.columns[place]
    cost = file.numbers(coerced.texts(column, file.missing)) if is_text(column) else coerced.typed_numbers(column)
    judge = _Judge(file, cells)
    hit = rollups(file, judge.texts, judge.names, cost, totals)
    left = np.where(totals | hit, np.nan, cost)
    for at, rows in above_all(file, judge.texts, judge.names, left):
        seen = judge.texts[at].at(int(judge.texts[at].codes[np.argmax(rows)]))
        file.note("perhaps-total", cells.rows[rows], column=file.raw.header[at], seen=seen)
    return hit
