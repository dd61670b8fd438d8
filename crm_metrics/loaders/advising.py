"""What would make a file that is not recognised a table: the columns it lacks, the headers that may be them by their words
or their cells, and the settings that say so. Every way that is given has been tried: the file is recognised with it."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from crm_metrics import schema
from crm_metrics.errors import DataError, SettingsError
from crm_metrics.loaders.content import fits
from crm_metrics.loaders.keyed import is_other
from crm_metrics.loaders.layouts import Layout
from crm_metrics.loaders.mapping import Recogniser
from crm_metrics.loaders.naming import worded
from crm_metrics.loaders.reading import Raw
from crm_metrics.loaders.recognising import Recognised, recognise
from crm_metrics.loaders.rule_lines import with_rule
from crm_metrics.loaders.sheet import Sheet
from crm_metrics.loaders.vocabulary import english, header_of, key_of, languages
from crm_metrics.loaders.whole_table import Reading, reading, speaks_of_other
from crm_metrics.schema import TEXTUAL, Kind
from crm_metrics.settings import Settings

_SHOWN, _ALIKE, _SHORTEST, _WAYS, _TRIED = 4, 0.8, 4, 3, 12
_CLEAR = 3  # what a column explains that hardly another table has
_SENTENCE = 5  # words that make a header a question
_TELLING = (Kind.DATE, Kind.MONEY)  # kinds that cells show by themselves


@dataclass(frozen=True)
class Lacking:
    """A column that is not there: the canonical names of which one is needed, headers that are known for them, and the
    headers of the file that may be one, the likeliest first."""

    columns: tuple[str, ...]
    headers: tuple[str, ...]
    like: tuple[str, ...]


@dataclass(frozen=True)
class Way:
    """Settings with which a file is recognised as a table: the header of each column they name, the option of the command
    line and the line of a settings file."""

    table: str
    columns: Mapping[str, str]
    option: str
    setting: str

    @property
    def sentence(self) -> str:
        columns = " and ".join(f"{header!r} is the column {name}" for name, header in self.columns.items())
        return f"if {columns or f'its rows are {schema.called(self.table)}'}, add {self.option}"


@dataclass(frozen=True)
class Nearest:
    """The table that a file comes nearest to: which of its headers fit, what it lacks, and the ways to read it, which have
    been tried. `table` is None when nothing fits."""

    table: str | None
    fitting: tuple[str, ...]
    lacking: tuple[Lacking, ...]
    ways: tuple[Way, ...]

    @property
    def sentence(self) -> str:
        """What would have to be said for it to be read, in one sentence; empty without a way."""
        return self.ways[0].sentence if self.ways else ""


def nearest(raw: Raw, settings: Settings) -> Nearest:
    """The table that a file comes nearest to, of those with a way to read it first."""
    sheet = Sheet(tuple(raw.header), raw.head, raw.path)
    candidates: list[tuple[bool, bool, float, Nearest]] = []
    for layout in worded().values():
        read = reading(sheet, layout, forced=True)
        if read is None:
            continue
        # What cells alone tell may be another column; a bare id is that of the table once the settings say which it is.
        columns = {
            name: place for name, place in read.columns.items() if name not in layout.told or sheet.meanings[place]
        }
        lacking = [
            choice
            for choice, is_met in zip(layout.needs, read.met, strict=True)
            if not is_met and not any(name.endswith("_id") and _is_filled(sheet, read, name) for name in choice)
        ]
        parts = [_offers(sheet, layout, choice, {*columns.values()}) for choice in lacking]
        worded_count = sum(part[0].is_said for part in parts if part)
        # Cells alone are offered only where words say what the table is: a date and a number are in every file.
        if not worded_count and read.score < _CLEAR and 2 * sum(read.met) <= len(read.met):
            parts = [[offer for offer in part if offer.is_said] for part in parts]
        is_refused = all(read.met) or (not parts and is_other(sheet, layout, read.columns))
        is_refused = is_refused or speaks_of_other(sheet, layout, read.columns)
        ways = () if is_refused else tuple(itertools.islice(_ways(raw, settings, layout, parts), _WAYS))
        if not columns and not ways:
            continue
        shown = tuple(
            Lacking(names := _names(layout, choice), _headers(names), tuple(offer.label for offer in part))
            for choice, part in zip(lacking, parts, strict=True)
        )
        fitting = tuple(sheet.labels[place] for place in sorted(columns.values()))
        near = read.score + _CLEAR * (sum(read.met) + worded_count)
        # What lacks nothing and is not read all the same has been refused.
        candidates.append((not ways, all(read.met), -near, Nearest(layout.table, fitting, shown, ways)))
    if not candidates:
        return Nearest(None, (), (), ())
    return min(candidates, key=lambda entry: entry[:3])[3]


@dataclass(frozen=True)
class _Offer:
    """A header that may be a column: how sure that is (0 by its words, 1 by likeness, 2 by its cells alone, 3 by cells that
    are whole numbers, as codes are too)."""

    rank: int
    column: str
    label: str

    @property
    def is_said(self) -> bool:
        return self.rank < 2


def _names(layout: Layout, choice: frozenset[str]) -> tuple[str, ...]:
    return tuple(column for column in layout.columns if column in choice)


def _headers(columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(column.replace("_", " ") for column in columns[:_SHOWN])


def _offers(sheet: Sheet, layout: Layout, choice: frozenset[str], used: set[int]) -> list[_Offer]:
    """The columns of which one is needed with the headers that may be them, the likeliest first: by a word of any language,
    by likeness, or, where its words say nothing else, as cells of the kind that the column has."""
    kinds = schema.TABLES[layout.table].columns
    best: dict[str, _Offer] = {}
    for place, label in enumerate(sheet.labels):
        content = sheet.content(place) if place not in used and label.strip() else None
        if content is None:
            continue
        # A yes or no names nothing, whatever its header speaks of; a number or a duration is no word.
        worded_kinds = {"text": TEXTUAL, "date": TEXTUAL, "flag": set()}.get(content.form, {Kind.ID})
        fitting = [
            name
            for name in _names(layout, choice)
            if fits(kind := kinds[name].kind, content) == 1 and (kind not in TEXTUAL or kind in worded_kinds)
        ]
        meanings = _said(label) if fitting else frozenset()
        offers = []
        for column in fitting:
            if meanings & set(_meant(layout, column)):
                offers.append(_Offer(0, column, label))
            elif not meanings and _is_like(key_of(label), _named(layout, column)):
                offers.append(_Offer(1, column, label))
            elif _is_question(label):  # answered with a few small numbers it is a score, and never money
                if not meanings and layout.table == "responses" and column == "score" and content.is_rating:
                    offers.append(_Offer(0, column, label))
            elif kinds[column].kind in _TELLING and not meanings and "id" not in header_of(label).words:
                is_date = kinds[column].kind is Kind.DATE
                # Of the dates of a record the cells alone tell at most the one that every record has.
                # That money is a month's they never tell.
                is_known = is_date and column == schema.TABLES[layout.table].placed_by
                if not is_known and (is_date or content.is_code or column == "mrr"):
                    continue
                offers.append(_Offer(2 if is_date or content.shows_money else 3, column, label))
        if offers:
            best[label] = min(offers, key=lambda offer: offer.rank)
    first = min((offer.rank for offer in best.values() if not offer.is_said), default=0)
    bare = [offer for offer in best.values() if offer.rank == first and not offer.is_said]
    # Of many columns of the same kind of cells none is likelier than another.
    kept = [offer for offer in best.values() if offer.is_said] + (bare if len(bare) <= _WAYS else [])
    return sorted(kept, key=lambda offer: offer.rank)


def _is_question(label: str) -> bool:
    """Whether a header asks something: it ends with a question mark, or is a sentence."""
    return label.strip().endswith(("?", "？", "؟")) or len(header_of(label).words) >= _SENTENCE


def _is_filled(sheet: Sheet, read: Reading, column: str) -> bool:
    return column in read.columns and not sheet.is_blank(read.columns[column])


def _is_like(key: str, names: set[str]) -> bool:
    """Whether a header is one of these but for its spelling; who misspells a word seldom does so with its first letter."""
    alike = [name for name in names if name[:1] == key[:1]]
    return len(key) >= _SHORTEST and bool(get_close_matches(key, alike, n=1, cutoff=_ALIKE))


@lru_cache(maxsize=1024)
def _said(label: str) -> frozenset[tuple[str | None, str | None]]:
    """What a header can say in any language, whether or not the rest of the header confirms it."""
    head = header_of(label)
    return frozenset(
        (meaning.thing, meaning.attribute)
        for language in languages(guessing=True)
        for words in (head.words, head.short)
        for meaning in language.meanings(words)
    )


def _meant(layout: Layout, column: str) -> Iterator[tuple[str | None, str | None]]:
    """The things and attributes by which headers name a column."""
    for spec in layout.columns[column]:
        first, _, second = spec.partition(" ")
        if second:
            yield first, second
        elif not spec.startswith("="):
            yield from ((thing, first) for thing in (None, *layout.things))
            yield first, None


def _named(layout: Layout, column: str) -> set[str]:
    """Headers by which a column is known in English, as they are compared."""
    headers = {key_of(column)}
    for thing, attribute in _meant(layout, column):
        headers |= {*english().forms(attribute)} if attribute and thing is None else set()
    return headers


def _ways(raw: Raw, settings: Settings, layout: Layout, parts: Sequence[Sequence[_Offer]]) -> Iterator[Way]:
    """The settings that give each lacking column one of its headers, as far as the file is recognised with them."""
    if not all(parts):
        return
    for chosen in itertools.islice(itertools.product(*parts), _TRIED):
        columns = {offer.column: offer.label for offer in chosen}
        if len(set(columns.values())) == len(chosen):
            way = way_to(raw, settings, layout.table, columns)
            if way is not None:
                yield way


def offered(raw: Raw, settings: Settings, recognised: Recognised, lacking: Collection[str]) -> Way | None:
    """Of a file that is recognised, the settings that read its unused headers as columns that are lacking, where a word of
    any language, also one that is not sure enough to decide, says so; None where none does."""
    layout, used = worded().get(recognised.layout.table), {*recognised.columns.values()}
    places = [place for place, label in enumerate(raw.header) if place not in used and label.strip()]
    if layout is None or not lacking or not places:
        return None
    sheet = Sheet(tuple(raw.header), raw.head, raw.path)
    set_already = settings.rules(raw.path).columns
    way: Way | None = None
    for column in (name for name in layout.columns if name in lacking and name not in set_already):
        before = dict(way.columns) if way is not None else {}
        free = used | {raw.header.index(label) for label in before.values()}
        for offer in _offers(sheet, layout, frozenset({column}), free):
            tried = way_to(raw, settings, layout.table, {**before, column: offer.label}) if not offer.rank else None
            if tried is not None:
                way = tried
                break
    return way


def way_to(raw: Raw, settings: Settings, table: str, columns: Mapping[str, str]) -> Way | None:
    """The settings for a file as a table with these columns; None when it is not recognised with them, or not as that table
    when the columns are renamed so."""
    tried, option, setting = with_rule(settings, raw.path, {"table": table, "columns": columns})
    header = [next((column for column, own in columns.items() if own == label), label) for label in raw.header]
    try:
        as_it_is = Recogniser(tried).recognise(raw)
        renamed = recognise(header, raw.path, cells=raw.head) if columns else as_it_is
    except (DataError, SettingsError):  # a header that stands twice cannot be named
        return None
    tables = {read.layout.table if read is not None else None for read in (as_it_is, renamed)}
    return Way(table, columns, option, setting) if tables == {table} else None
