"""One recognised file becomes rows of its canonical table, with what was noticed about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from crm_metrics import schema
from crm_metrics.issues import Issue
from crm_metrics.loaders.beside import is_beside
from crm_metrics.loaders.coercing import columns as coerced
from crm_metrics.loaders.gathering import Fetched
from crm_metrics.loaders.identity import is_all_different
from crm_metrics.loaders.normalising import (
    ambiguities,
    currency,
    figures,
    moments,
    parts,
    records,
    spend_days,
    stages,
    texts,
    titles,
)
from crm_metrics.loaders.normalising.file import File, add_outcomes
from crm_metrics.loaders.normalising.stages import Part
from crm_metrics.loaders.normalising.totals import without_totals
from crm_metrics.loaders.planning import Plan
from crm_metrics.loaders.reading import As, Cells
from crm_metrics.loaders.reading.columns import is_number
from crm_metrics.loaders.recognising import Recognised
from crm_metrics.schema import Kind
from crm_metrics.settings import Settings
from crm_metrics.tables import ROW, SOURCE, UNIT, Source, Unusable
from crm_metrics.tables.frames import framed

SCORES = ("score", "nps_score", "csat_score", "ces_score")
# Questions of surveys, and what is made of each.
_QUESTIONS = {"nps_score": "nps_group", "csat_score": "is_satisfied", "ces_score": "effort_score"}


@dataclass
class FileRows:
    """The rows of one file in canonical columns; `calendar` names the date columns without a time of day, `part` holds rows
    of a second table."""

    frame: pd.DataFrame
    source: Source
    recognised: Recognised
    issues: list[Issue]
    calendar: dict[str, bool] = field(default_factory=dict)
    unusable: dict[str, Unusable] = field(default_factory=dict)
    part: Part | None = None

    @property
    def tables(self) -> list[str]:
        return [self.source.table, *([self.part.table] if self.part is not None else [])]

    def calendar_of(self, table: str) -> dict[str, bool]:
        """Of one table's date columns in this file, whether each is without a time of day."""
        if table == self.source.table:
            return {name: by_day for name, by_day in self.calendar.items() if not is_beside(name)}
        return self.part.calendar if self.part is not None and self.part.table == table else {}


def normalise(fetched: Fetched, settings: Settings, index: int) -> FileRows:
    """The file's columns, coerced, without rows that are no records. Raises `DataError` when one can be read in two ways."""
    file, file_plan = File(fetched.raw, fetched.recognised, settings.for_file(fetched.raw.path), index), fetched.plan
    _refuse_candidates(file, file_plan.names)
    _refuse_kinds(file, file_plan.names)
    _say_twice(file, file_plan.names)
    cells = fetched.cells.result()
    if fetched.recognised.is_guarded:
        cells.columns = {at: texts.unguarded(column) for at, column in cells.columns.items()}
    ids = {place for name, place in file_plan.names.items() if file.kind(name) is Kind.ID}
    cells.columns |= {place: texts.whole(cells.columns[place]) for place in ids}
    cells = records.without_planned(file, file_plan, cells)
    cells = without_totals(file, file_plan, cells)
    cells = records.without_headings(file, file_plan, cells)
    count = len(cells.rows) + file.left_out.total() + len(cells.left_out)
    if file_plan.unread is not None and file_plan.unread in file_plan.names:
        _identity(file, file_plan.unread, file_plan, cells)
    file.issues += cells.issues
    values = _coerced(file, file_plan, cells, file_plan.unit)
    values |= {currency.written_in(name): codes for name, codes in file.currencies.items()}
    values |= {SOURCE: np.full(len(cells.rows), file.index, dtype=np.int16), ROW: cells.rows}
    frame = framed(values)
    unread = records.without_footers(file, cells.left_out)
    file.headings |= {record.row: record.text.strip() for record in unread if record.seen == 1}
    frame = titles.with_titles(file, frame)
    file.left_out.update(record.reason for record in unread)
    frame = parts.once_per_record(file, records.kept(file, frame))
    frame = parts.with_orders(file, frame)
    records.report_copies(file, frame)
    currency.settle(file, frame)
    figures.in_units(file, frame)
    figures.refuse_fractions(file, frame)
    frame = spend_days.with_labels(file, spend_days.with_days(file, frame, cells))
    frame = spend_days.with_months(file, frame, cells)
    frame, part = stages.apart(file, frame)
    halves = {place for half in file_plan.halves.values() for place in (half.time, half.zone)}
    used = {*file.recognised.columns.values(), *halves}
    source = Source(
        file.index,
        file.raw.path,
        file.layout.table,
        file.layout.vendor,
        count,
        file.left_out,
        {name: file.raw.header[place] for name, place in file.recognised.columns.items()},
        tuple(label for place, label in enumerate(file.raw.header) if place not in used),
        tuple((record.reason, record.row, record.text) for record in unread),
        file.date_order,
        file.decimal,
    )
    return FileRows(frame, source, file.recognised, file.issues, file.calendar, file.unusable, part)


def _identity(file: File, name: str, file_plan: Plan, cells: Cells) -> None:
    """Leave an id away that was read as numbers and does not repeat; read it as text when it does."""
    place = file_plan.names[name]
    if not pa.types.is_integer(cells.columns[place].type):
        return
    if is_all_different(cells.columns[place]):
        del file_plan.names[name], cells.columns[place]
    else:
        again = file.raw.read({place: As.PLAIN})
        kept = pa.array(np.isin(again.rows, cells.rows))  # totals are left out by now
        cells.columns[place] = again.columns[place].filter(kept)


def _refuse_candidates(file: File, chosen: dict[str, int]) -> None:
    for name in list(chosen):
        labels = file.recognised.candidates.get(name)
        is_any = name == "is_deleted" or (file.kind(name) in schema.TEXTUAL and name not in file.layout.told)
        if labels is None or is_any:
            continue
        if name in _QUESTIONS and file.layout.signature:
            _leave_open(file, name, labels, chosen)
            continue
        if name == "conversions":
            headers = " or ".join(labels)
            file.unusable[name] = Unusable("missing-column", f"{name} could be {headers}", "rename the one that counts")
            file.note("two-candidates", column=name, seen=headers)
            continue
        places = {label: file.raw.header.index(label) for label in labels}
        cells = file.raw.read(dict.fromkeys(places.values(), As.TEXT))
        texts = {label: coerced.texts(cells.columns[place], file.missing) for label, place in places.items()}
        raise ambiguities.two_columns(file, name, labels, texts)


def _refuse_kinds(file: File, chosen: dict[str, int]) -> None:
    """Use no amount where some are for one time and others for a month or a year: they cannot be added."""
    per = file.recognised.columns.get(file.layout.amounts_per)
    if per is None or "amount" not in chosen:
        return
    cells = file.raw.read({per: As.TEXT, chosen["amount"]: As.TEXT})
    kinds, amounts = (coerced.texts(cells.columns[place], file.missing) for place in (per, chosen["amount"]))
    codes = np.unique(kinds.codes[(kinds.codes >= 0) & (amounts.codes >= 0)])
    if len(codes) > 1:
        words = sorted(str(kinds.at(int(code))) for code in codes)
        problem = f"the amounts of {file.raw.path} are {', '.join(words[:-1])} and {words[-1]}, which cannot be added"
        hint = f"export one {file.raw.header[per]} at a time"
        file.unusable["amount"] = Unusable("missing-column", problem, hint)
        del chosen["amount"], file.recognised.columns["amount"]


def _say_twice(file: File, chosen: dict[str, int]) -> None:
    """Say of numbers and dates that another column has the same header, filled in another way."""
    header, head = file.raw.header, file.raw.head
    for name, place in chosen.items():
        others = [
            head[at] for at, label in enumerate(header) if label == header[place] and at != place and any(head[at])
        ]
        if file.kind(name) in {*schema.NUMERIC, Kind.DATE} and any(cells != head[place] for cells in others):
            file.note("duplicate-header", column=file.header(name))


def _leave_open(file: File, name: str, labels: tuple[str, ...], chosen: dict[str, int]) -> None:
    """Use none of several questions of one kind in a survey: the answers to its other questions are as good as before."""
    headers = " or ".join(labels)
    hint = f"name the one that counts in the settings, as {name}"
    file.unusable[_QUESTIONS[name]] = Unusable("missing-column", f"the question could be {headers}", hint)
    file.note("two-candidates", column=name, seen=headers)
    del chosen[name], file.recognised.columns[name]


def _coerced(file: File, file_plan: Plan, cells: Cells, unit: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    text_dates: dict[str, coerced.Texts] = {}
    text_numbers: dict[str, coerced.Texts] = {}
    places = Counter(file_plan.names.values())
    times = moments.times_of_day(file, file_plan.halves, cells)
    for name, place in file_plan.names.items():
        column, kind = cells.columns[place], file.kind(name)
        places[place] -= 1
        if not places[place]:
            del cells.columns[place]  # its memory serves the columns to come
        if kind is Kind.DATE:
            if pa.types.is_temporal(column.type):
                values[name] = moments.joined(file, name, coerced.typed_moments(column), None, times)
            else:
                text_dates[name] = coerced.texts(column, file.missing)
        elif name in SCORES:
            values[name] = figures.scores(file, name, column, cells)
        elif kind in schema.NUMERIC:
            if is_number(column) and file.recognised.units.get(name) not in coerced.CLOCKS:
                values[name] = figures.scaled(file, name, coerced.typed_numbers(column), cells.rows)
                figures.note_shown(file, name, place, cells)
            else:
                text_numbers[name] = coerced.texts(column, file.missing)
        elif kind is Kind.BOOL:
            values[name] = texts.flags(file, name, column, cells)
        elif name == unit:
            values[UNIT] = texts.units(file, name, column, cells)
        elif pa.types.is_string(column.type):
            values[name] = texts.ids(file, column)
        else:
            values[name] = coerced.category(texts.settled(file, name, column, cells))
    records.mark_deleted(file, values, cells)
    add_outcomes(file, values, cells)
    values |= moments.from_texts(file, text_dates, cells, times)
    moments.settle_clocks(file, values)
    values |= figures.from_texts(file, text_numbers, cells)
    figures.once_per_merged(file, values, cells, file_plan.names)
    figures.blank_zeros(file, values, cells)
    return values
