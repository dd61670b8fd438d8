"""Which table a file is, and which of its columns is which: by a vendor's layout, else by the whole of the file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from crm_metrics import schema
from crm_metrics.errors import AmbiguousError, Reading
from crm_metrics.loaders.beside import is_beside, stage_columns, worded_stages
from crm_metrics.loaders.durations import unit_in
from crm_metrics.loaders.keyed import is_other
from crm_metrics.loaders.layouts import GENERIC, Layout, joined, layout_of, layouts, normalised
from crm_metrics.loaders.naming import worded
from crm_metrics.loaders.rule_lines import with_rule
from crm_metrics.loaders.sheet import Sheet
from crm_metrics.loaders.stretches import with_stretches
from crm_metrics.loaders.vocabulary import SUFFIX, words_of
from crm_metrics.loaders.whole_table import Reading as Whole, reading
from crm_metrics.settings import Settings

__all__ = ["SUFFIX", "Layout", "Recognised", "layout_of", "layouts", "normalised", "recognise", "unit_of"]

_DISTINCTIVE, _OTHER, _VENDOR = 3, 1, 1000
_CLOSE = 0.9  # a second reading that explains so much of what the best does is named
_CLEARLY = 1.5  # what another explains so many times more of is no such table


@dataclass(frozen=True)
class Recognised:
    """A file's layout, the place of each canonical column in its header, what the header's suffixes say, and canonical
    columns that two headers claim."""

    layout: Layout
    columns: dict[str, int]
    suffixes: dict[str, str]
    units: dict[str, str]
    candidates: dict[str, tuple[str, ...]]
    score: float
    second: str | None = None  # the table that explains nearly as much of the file
    is_guarded: bool = False  # its texts have an apostrophe where a spreadsheet would run them


def recognise(
    header: Sequence[str],
    path: str,
    *,
    cells: Sequence[Sequence[str | None]] = (),
    table: str | None = None,
    among: Sequence[Layout] | None = None,
) -> Recognised | None:
    """The best reading of a header and a sample of the cells below it, by column; None when it is no known table. A vendor's
    layout wins, unless the cells contradict it. With `table`, as that table in the generic names; with `among`, by these
    layouts alone. Raises `DataError` when two readings are equally good."""
    sheet = Sheet(tuple(header), cells, path)
    if table is not None:
        forced = reading(sheet, worded()[table], forced=True)
        return _worded(sheet, forced) if forced is not None else None
    options = layouts() if among is None else among
    signed = [own for layout in options if layout.vendor != GENERIC and (own := _reading(sheet, layout)) is not None]
    sure = [read for read in signed if not _contradicted(sheet, read)]
    if not any(map(_is_placed, sure)):
        plain = [layout for layout in options if layout.vendor == GENERIC]
        worded_readings = [_worded(sheet, read) for layout in plain if (read := reading(sheet, layout)) is not None]
        tables = {read.layout.table for read in sure}
        sure = [read for read in worded_readings if not tables or read.layout.table in tables] or sure or signed
    if not sure:
        return None
    sure.sort(key=lambda read: -read.score)
    winners = [read for read in sure if read.score == sure[0].score]
    if len(winners) > 1:
        raise _asked(winners, path)
    if among is None and winners[0].layout.vendor == GENERIC and _is_told_better(sheet, winners[0]):
        return None
    best = _completed(sheet, winners[0]) if among is None else winners[0]
    return replace(best, second=sure[1].layout.table if _is_close(sure) else None)


def _completed(sheet: Sheet, best: Recognised) -> Recognised:
    """A vendor's reading with what words say beside it, where they say the same of every column that it knows: then the
    header is a person's, and the tool's own names are no reason to leave `Created` alone."""
    plain = worded().get(best.layout.table)
    if best.layout.vendor == GENERIC or plain is None:
        return best
    read = reading(sheet, plain)
    if read is None:
        return best
    worded_reading = _worded(sheet, read, staged=not best.layout.stage_columns)
    taken = {*best.columns.values()}
    sure = {name: place for name, place in worded_reading.columns.items() if name not in worded_reading.candidates}
    more = {name: place for name, place in sure.items() if place not in taken}
    if best.layout.table == "spend":  # of its days, weeks and ranges one is chosen already
        more = {name: place for name, place in more.items() if not name.startswith("spent_")}
    if not best.columns.items() <= worded_reading.columns.items():
        # Amounts of several currencies would be added: the column that tells them apart is never left alone.
        more = {} if best.layout.currency_of else {name: place for name, place in more.items() if name == "currency"}
    columns = more | best.columns
    suffixes = {name: text for name, text in worded_reading.suffixes.items() if name in more} | best.suffixes
    units = {name: unit for name, unit in worded_reading.units.items() if name in more} | best.units
    return replace(best, columns=columns, suffixes=suffixes, units=units)


def _is_placed(recognised: Recognised) -> bool:
    """Whether a reading has the date that places its rows in time, where its table is nothing without."""
    date = schema.TABLES[recognised.layout.table].placed_by
    needs = worded()[recognised.layout.table].needs if recognised.layout.table in worded() else ()
    return date in recognised.columns or frozenset({date}) not in needs


def _is_told_better(sheet: Sheet, best: Recognised) -> bool:
    """Whether another table, of which half of what it must have is there, explains clearly more of the file: then it is that
    one, and what it lacks is asked about. Lists, which have nothing of their own but an id, explain little of themselves."""
    if not best.layout.distinctive:
        return False
    others = (reading(sheet, plain, forced=True) for table, plain in worded().items() if table != best.layout.table)
    return any(
        other is not None
        and len(other.met) / 2 <= sum(other.met) < len(other.met)
        and other.score >= _CLEARLY * best.score
        for other in others
    )


def _is_close(sure: Sequence[Recognised]) -> bool:
    """Whether the second of the readings explains nearly as much as the first, as another table."""
    if len(sure) < 2 or sure[0].layout.table == sure[1].layout.table:
        return False
    return sure[1].score % _VENDOR >= _CLOSE * (sure[0].score % _VENDOR) and sure[0].score < _VENDOR


def _worded(sheet: Sheet, reading: Whole, *, staged: bool = True) -> Recognised:
    """A reading by words with what the ends of its headers say, and the columns of its deals' stages (`staged`)."""
    columns = dict(reading.columns)
    staged &= reading.layout.table == "deals"
    if staged and (held := sheet.content(columns.get("stage", len(sheet.labels)))) is not None:
        contents = {place: sheet.content(place) for place in range(len(sheet.labels)) if place not in columns.values()}
        dated = [place for place, content in contents.items() if content is not None and content.form == "date"]
        columns |= worded_stages(sheet.labels, dated, {*map(normalised, held.cells)})
    suffixes = {name: text for name, place in columns.items() if (text := sheet.heads[place].suffix) is not None}
    units = {name: unit for name, place in columns.items() if (unit := unit_of(sheet.labels[place], reading.layout))}
    return Recognised(reading.layout, columns, suffixes, units, dict(reading.candidates), reading.score)


def _contradicted(sheet: Sheet, recognised: Recognised) -> bool:
    """Whether the cells say that a vendor's table is another: times of day where it has dates, ids none of which comes back
    in a history, or that do in a list."""
    table = recognised.layout.table
    placed = sheet.content(recognised.columns.get(schema.TABLES[table].placed_by or "", len(sheet.labels)))
    if placed is not None and placed.form == "clock":
        return True
    return table in ("deals", "deal_stages") and is_other(sheet, worded()[table], recognised.columns)


def _asked(winners: Sequence[Recognised], path: str) -> AmbiguousError:
    """The question which table a file is that can be several."""
    readings = []
    for winner in winners:
        title = f"{winner.layout.table} ({winner.layout.title})"
        _, option, setting = with_rule(Settings(), path, {"table": winner.layout.table})
        readings.append(Reading(title, f"its columns become {', '.join(sorted(winner.columns))}", option, setting))
    what = f"can be read as {' or '.join(reading.title for reading in readings)}"
    return AmbiguousError(what, where=path, setting="files", readings=readings)


@dataclass(frozen=True)
class _Labels:
    """The labels of a header as names are compared with them: whole, without the brackets at their end, with the words of
    `CloseDate` apart, and all of them with those whose dash counts; `brackets` holds what stands in the brackets."""

    full: list[str]
    short: list[str]
    apart: list[str]
    every: frozenset[str]
    brackets: list[str | None]

    def has(self, name: str) -> bool:
        if "*" not in name:
            return name in self.every
        return any(_places(labels, [name]) for labels in (self.full, self.short, self.apart))


@lru_cache(maxsize=256)
def _labels(header: tuple[str, ...]) -> _Labels:
    full = [normalised(label) for label in header]
    parts = [SUFFIX.match(label.strip()) for label in header]
    short = [normalised(part["name"]) if part else name for part, name in zip(parts, full, strict=True)]
    apart = [" ".join(words_of(label)) for label in header]
    every = frozenset([*full, *short, *apart, *(joined(label) for label in header)])
    return _Labels(full, short, apart, every, [part["suffix"].strip() if part else None for part in parts])


def _reading(sheet: Sheet, layout: Layout) -> Recognised | None:
    header = sheet.labels
    labels = _labels(header)
    full, short = labels.full, labels.short
    if not _is_signed(labels, layout):
        return None
    columns: dict[str, int] = {}
    candidates: dict[str, tuple[str, ...]] = {}
    for column, names in layout.columns.items():
        spelt = [place for spelling in (full, short, labels.apart) for place in _places(spelling, names)]
        taken = () if is_beside(column) else columns.values()
        places = [place for place in dict.fromkeys(_siblings(full, layout, column) + spelt) if place not in taken]
        if not places:
            continue
        columns[column] = first = places[0]
        spellings = {full[first], short[first], labels.apart[first]}
        sure = spellings & {*names} if layout.signature else full[first] == normalised(column)
        if len(places) > 1 and not sure:
            candidates[column] = tuple(header[place] for place in places)
    if layout.table == "spend":
        columns = with_stretches(columns, header)
    if not layout.signature and not _enough(columns, layout):
        return None
    _pair_currency(columns, full, layout)
    columns |= stage_columns(header, layout.stage_columns)
    suffixes = {column: text for column, place in columns.items() if (text := labels.brackets[place]) is not None}
    units = {column: unit for column, place in columns.items() if (unit := unit_of(header[place], layout))}
    own = [column for column in columns if not is_beside(column)]
    score = sum(_DISTINCTIVE if column in layout.distinctive else _OTHER for column in own)
    return Recognised(layout, columns, suffixes, units, candidates, score + (_VENDOR if layout.signature else 0))


def _is_signed(labels: _Labels, layout: Layout) -> bool:
    """Whether one of the layout's signatures is there, if it has any, and nothing that says otherwise."""
    signed = not layout.signature or any(all(map(labels.has, names)) for names in layout.signature)
    return signed and not any(all(map(labels.has, names)) for names in layout.unless)


def _pair_currency(columns: dict[str, int], full: Sequence[str], layout: Layout) -> None:
    """Give an amount that has a currency of its own this one, and no other."""
    if "amount" in columns and (code := layout.currency_of.get(full[columns["amount"]])) is not None:
        columns.pop("currency", None)
        if code in full:
            columns["currency"] = full.index(code)


def _places(labels: Sequence[str], names: Sequence[str]) -> list[int]:
    """Where the names stand, in the order of the names; of two equal labels the first."""
    places: list[int] = []
    for name in names:
        if "*" in name:
            pattern = re.compile(".*".join(map(re.escape, name.split("*"))), re.DOTALL)
            places += [place for place, label in enumerate(labels) if pattern.fullmatch(label)]
        elif name in labels:
            places.append(labels.index(name))
    return places


def _siblings(labels: Sequence[str], layout: Layout, column: str) -> list[int]:
    """Where headers stand that another repeats with an ending: `Q1` beside `Q1_NPS_GROUP` is the promoter question."""
    ending = layout.siblings.get(column)
    return [place for place, label in enumerate(labels) if ending and label and f"{label} {ending}" in labels]


def _enough(columns: Mapping[str, int], layout: Layout) -> bool:
    return all(choice & columns.keys() for choice in layout.needs)


def unit_of(header: str, layout: Layout) -> str | None:
    """The unit of a duration by its header, None where it names none. What stands in brackets says it before the rest:
    "only within office hours (seconds)"."""
    words, bracketed = words_of(header), SUFFIX.match(header.strip())
    for label in (normalised(header), " ".join(words)):
        if label in layout.units:
            return layout.units[label]
    text = " ".join(words)
    if "hh mm" in text:
        return "clock"
    if re.search(r"\b(mm|min|m) (ss|sec|s)$", text):
        return "mm:ss"
    stated = unit_in(words_of(bracketed["suffix"]), alone=True) if bracketed else None
    return stated or unit_in(words)  # "in minutes within business hours"
