"""The days that the costs of an advertising report are of, where no column names each day: those of its week, month, quarter
or year, and those that the lines above the header name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from crm_metrics.loaders.coercing import columns as coerced, dates, spans
from crm_metrics.loaders.normalising import ambiguities, moments
from crm_metrics.loaders.normalising.file import File
from crm_metrics.loaders.normalising.total_words import has_letters
from crm_metrics.loaders.reading import Cells
from crm_metrics.loaders.stretches import COLUMNS, Stretch, stretch_of
from crm_metrics.schema import NUMERIC, Kind
from crm_metrics.tables import ROW, TOLD
from crm_metrics.tables.frames import NEVER, day_numbers

Days = NDArray[np.int64]  # days since 1970, `NEVER` where there is none
_EPOCH = date(1970, 1, 1)


def with_days(file: File, frame: pd.DataFrame, cells: Cells) -> pd.DataFrame:
    """Costs without a day of their own with the first and the last day of the stretch that their row names, within the range
    that a line above the header names, such as "September 1, 2026 - September 3, 2026"; without a stretch with those of the
    line. A column of days, or of a first and a last day of each row, stands before both."""
    if file.layout.table != "spend":
        return frame
    named = [name for name in COLUMNS if name in frame]
    stretches, frame = frame[named], frame.drop(columns=named)
    frame = _with_last_days(file, frame)
    if "spent_at" in frame and not (named and _is_range(frame)):
        return frame
    outer = own(file, frame) if "spent_at" in frame else _above(file, len(frame), alone=not named)
    spent = _named(file, stretches, cells, outer) if named else None
    if spent is not None and outer is not None:
        spent = _within(spent, outer)
    spent = outer if spent is None else spent
    if spent is None:
        return frame
    first, last = (np.where(days == NEVER, dates.NEVER, days * dates.DAY) for days in spent)
    edges = {"spent_at": first, "spent_to_at": last}
    return frame.assign(**{name: moments.instants(file, name, days) for name, days in edges.items()})


def with_months(file: File, frame: pd.DataFrame, cells: Cells) -> pd.DataFrame:
    """The rows of a list of recurring revenue by month as subscriptions that begin with their month."""
    if "mrr_month" not in frame:
        return frame
    first, last = (
        np.where(days == NEVER, dates.NEVER, days * dates.DAY)
        for days in _named(file, frame[["mrr_month"]], cells, None)
    )
    edges = {"started_at": first, "updated_at": last}
    return frame.assign(**{name: moments.instants(file, name, days) for name, days in edges.items()})


def with_labels(file: File, frame: pd.DataFrame) -> pd.DataFrame:
    """The costs with a number for what all cells of a row say but for its figures and its days, where some begin on one day
    and end on several."""
    if not {"spent_at", "spent_to_at", "cost"} <= {*frame.columns}:
        return frame
    if frame.drop_duplicates(["spent_at", "spent_to_at"])["spent_at"].is_unique:
        return frame
    table = file.raw.texts()
    rows = np.searchsorted(table.rows, frame[ROW].to_numpy())
    names = file.names
    codes = {}
    for at, column in table.columns.items():
        name, texts = names.get(at, ""), coerced.texts(column, file.missing_text)
        is_label = bool(name) or has_letters(texts.values).any()
        if is_label and name not in COLUMNS and file.kind(name) not in {*NUMERIC, Kind.DATE, Kind.BOOL}:
            codes[at] = texts.codes[rows]
    told = pd.DataFrame(codes, range(len(rows))).assign(one=0)
    return frame.assign(**{TOLD: told.groupby([*told], sort=False).ngroup().to_numpy().astype(np.int64) + 1})


def _with_last_days(file: File, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with the last day that each covers, where the file names the first one after it: no row begins and ends on
    one day, and most end when another of them begins."""
    if not {"spent_at", "spent_to_at"} <= {*frame.columns}:
        return frame
    first, last = own(file, frame)
    has_both = (first != NEVER) & (last != NEVER)
    later = has_both & (last < first[has_both].max(initial=NEVER))
    if not later.any() or (first == last)[has_both].any() or 2 * np.isin(last[later], first).sum() <= later.sum():
        return frame
    file.note("days-until", column=file.header("spent_to_at"))
    before = np.where(has_both, last - 1, last)
    days = np.where(last == NEVER, dates.NEVER, before * dates.DAY)
    return frame.assign(spent_to_at=moments.instants(file, "spent_to_at", days))


def _is_range(frame: pd.DataFrame) -> bool:
    """Whether all rows are of one and the same range of days: that of the report, which a further column splits up."""
    return "spent_to_at" in frame and len(frame[["spent_at", "spent_to_at"]].drop_duplicates()) == 1


def own(file: File, frame: pd.DataFrame) -> tuple[Days, Days]:
    """The first and the last day of each row, in the time zone of the settings."""
    first, last = (_days_of(file, frame[name].to_numpy()) for name in ("spent_at", "spent_to_at"))
    return first, last


def _days_of(file: File, moments_of: NDArray[Any]) -> Days:
    return day_numbers(moments_of.astype("datetime64[us]"), file.settings.timezone)


def _above(file: File, count: int, *, alone: bool) -> tuple[Days, Days] | None:
    """The days of a line above the header for each row; None where no line names any."""
    for line in file.raw.above:
        span = spans.between(line, file.date_order)
        if span is not None:
            if alone:
                file.note("days-above", seen=line)
            return _numbers([span[0]] * count), _numbers([span[1]] * count)
    return None


def _within(spent: tuple[Days, Days], outer: tuple[Days, Days]) -> tuple[Days, Days]:
    """The days that lie in both; those of the row where none does."""
    first, last = np.maximum(spent[0], outer[0]), np.minimum(spent[1], outer[1])
    both = (spent[0] != NEVER) & (outer[0] != NEVER) & (first <= last)
    return np.where(both, first, spent[0]), np.where(both, last, spent[1])


def _named(file: File, stretches: pd.DataFrame, cells: Cells, outer: tuple[Days, Days] | None) -> tuple[Days, Days]:
    """The days that the stretches of each row have in common; a month without a year is of the one beside it, else that of
    the whole report."""
    years: Days = np.zeros(len(stretches), dtype=np.int64)
    if "spent_year" in stretches:
        years = coerced.by_text(stretches["spent_year"], _year, 0, np.int64)
    elif outer is not None:
        first, last = (days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970 for days in outer)
        years = np.where(first == last, first, 0)
    covered: tuple[Days, Days] | None = None
    for name in stretches:
        own = _of_column(file, str(name), stretches[name], years, cells)
        covered = own if covered is None else _within(own, covered)
    assert covered is not None
    return covered


def _of_column(file: File, name: str, column: pd.Series, years: Days, cells: Cells) -> tuple[Days, Days]:
    """The first and the last day of the stretch in each row; cells that name none are reported."""
    texts = [str(text) for text in column.cat.categories.tolist()]
    codes = column.cat.codes.to_numpy().astype(np.int64)
    stretch = stretch_of(file.header(name)) or Stretch(COLUMNS.get(name, "month"))
    order = _order(file, name, coerced.Texts(pa.array(texts, pa.string()), codes.astype(np.int32)), stretch.name)
    pairs, place = np.unique(np.stack([codes, years]), axis=1, return_inverse=True)
    named = [
        spans.named(texts[code], stretch.name, order, by_last_day=stretch.by_last_day, year=int(year) or None)
        if code >= 0
        else None
        for code, year in pairs.T
    ]
    bad = np.array([span is None for span in named], dtype=bool)[place] & (codes >= 0)
    if bad.any():
        rows = cells.rows[bad] if len(cells.rows) == len(codes) else None
        cell = texts[int(codes[np.argmax(bad)])]
        file.note("unreadable-date", rows, count=int(bad.sum()), column=file.header(name), seen=cell)
    file.note("days-of-stretch", column=file.header(name), stretch=stretch.name)
    first, last = (_numbers([span and span[end] for span in named])[place] for end in (0, 1))
    return first, last


def _year(text: str) -> int:
    """The year that a text names, 0 for none."""
    span = spans.named(text, "year", "dmy")
    return span[0].year if span else 0


def _order(file: File, name: str, column: coerced.Texts, stretch: str) -> str:
    """The day/month order of the days that name stretches: that of the file, else the one in which they are the first days
    of months, or one and the same day of the week. Raises `DataError` where neither order is, or both."""
    preset = file.settings.date_order or file.layout.date_order or file.date_order
    written = dates.take_apart(column.values)
    if preset or not written.open.any():
        return preset or "dmy"
    fitting = []
    for order in sorted(written.orders):
        days = dates.resolve(written, order)[written.open].view("datetime64[us]").astype("datetime64[D]")
        regular = days.astype(np.int64) % 7 if stretch == "week" else days - days.astype("datetime64[M]")
        fitting += [order] if len(np.unique(regular)) == 1 else []
    if len(fitting) == 1:
        return fitting[0]
    if (written.first == written.second)[written.open].all():
        return "dmy"
    raise ambiguities.date_order(file, name, column, written, contradiction=not written.orders)


def _numbers(days: Sequence[Any]) -> Days:
    return np.array([NEVER if day is None else (day - _EPOCH).days for day in days], dtype=np.int64)
