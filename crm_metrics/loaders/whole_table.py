"""A file read as a table by the whole of it: every column's candidates by the words of its header, weighed by its cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crm_metrics import schema
from crm_metrics.loaders.content import Content, fits
from crm_metrics.loaders.currency_codes import CODES, of_sign
from crm_metrics.loaders.keyed import FEW, as_keyed
from crm_metrics.loaders.layouts import Layout, normalised
from crm_metrics.loaders.naming import CANONICAL, COMMON, DISTINCTIVE, OWN, PLAIN, Named, spoken_by, worded
from crm_metrics.loaders.plausible import is_plausible, is_worded
from crm_metrics.loaders.sheet import Sheet
from crm_metrics.loaders.state_words import state_words
from crm_metrics.loaders.stretches import Stretch, stretch_of
from crm_metrics.loaders.vocabulary import Meaning
from crm_metrics.schema import Kind

_CLOSED = ("is_won", "is_lost", "won_at", "lost_at")
_SPELL = {"started", "created", "ended", "canceled"}
_METHOD = Meaning(None, "method")
_WORDS = ("text", "email", "flag", "blank")


@dataclass(frozen=True)
class Match:
    """A column of a table for which a header is a candidate: how well its words name it, how well its cells go with it, and
    how much of the file it explains."""

    column: str
    place: int
    strength: float
    fit: float
    weight: float
    is_first: bool
    is_weak: bool = False  # a bare id or name
    is_common: bool = False  # a bare word that most tables know


@dataclass(frozen=True)
class Reading:
    """A file as one table: the place of each column, columns that several headers claim, how much of it is explained."""

    layout: Layout
    columns: dict[str, int]
    candidates: dict[str, tuple[str, ...]]
    score: float
    met: tuple[bool, ...]  # which of the things that the table must have are there


def reading(sheet: Sheet, layout: Layout, *, forced: bool = False) -> Reading | None:
    """The file as the layout's table; None when it lacks what the table must have, or its cells say that it is another. With
    `forced` it is one whatever it lacks."""
    if not forced and any(names <= {*map(normalised, sheet.labels)} for names in layout.unless):
        return None
    if layout.table not in sheet.kept:
        sheet.kept[layout.table] = list(_matches(sheet, layout))
    matches: list[Match] = sheet.kept[layout.table]
    taken: dict[str, Match] = {}
    places: set[int] = set()
    order = {column: at for at, column in enumerate(layout.columns)}
    for match in sorted(matches, key=lambda match: (-match.strength, order[match.column], match.place)):
        if match.column not in taken and match.place not in places:
            taken[match.column] = match
            places.add(match.place)
    others = layout.instead
    if others and {*others.values()} <= taken.keys() and others.keys().isdisjoint(taken):
        taken |= {name: taken.pop(other) for name, other in others.items()}
    columns = {column: taken[column].place for column in layout.columns if column in taken}
    score = sum(match.weight * match.fit for match in taken.values())
    is_named = bool(sheet.about & {*layout.things})
    score += DISTINCTIVE if layout.distinctive and is_named else 0
    needed = [
        [taken[name] for name in choice if name in taken and _counts(sheet, layout, taken[name])]
        for choice in layout.needs
    ]
    if not forced:
        if any(_is_answered(sheet, layout, columns, *answers) for answers in layout.answered.items()):
            return None
        if speaks_of_other(sheet, layout, columns):
            return None
        # A bare name is a customer's only beside two other columns.
        weak = any(all(match.is_weak and match.column == "name" for match in choice) for choice in needed if choice)
        parts = [{*layout.made_of.get(name, ())} for choice in layout.needs for name in choice]
        is_made = {*schema.IDENTITY} & taken.keys() and any(part and part <= taken.keys() for part in parts)
        unmet = [choice for choice, found in zip(layout.needs, needed, strict=True) if not found]
        unmet = [choice for choice in unmet if not (is_made and choice & layout.made_of.keys())]
        unmet = [] if _is_plain_list(sheet, layout, taken) else unmet
        if not all(is_named and choice & layout.named for choice in unmet) or (weak and max(map(len, needed)) < 2):
            return None
        tells = any(not match.is_common or match.column in layout.telling for choice in needed for match in choice)
        if not tells and not is_named:
            return None
        keyed = as_keyed(sheet, layout, columns)
        if keyed is None:
            return None
        score += keyed
    claims = dict(_claims(sheet, matches, taken, places))
    for column, states in layout.told.items():
        if column not in columns and (told := _told(sheet, layout, columns, {*states})):
            columns[column] = told[0]
            claims |= {column: tuple(sheet.labels[place] for place in told)} if len(told) > 1 else {}
    return Reading(layout, columns, claims, score, tuple(map(bool, needed)))


def _is_plain_list(sheet: Sheet, layout: Layout, taken: Mapping[str, Match]) -> bool:
    """Whether a file says who there is and no more: an id with a name or an address, and nothing but words and codes."""
    key, *names = layout.own or ("",)
    if key not in taken or not _counts(sheet, layout, taken[key]) or taken.keys().isdisjoint(names):
        return False
    contents = [sheet.content(place) for place in range(len(sheet.heads)) if place != taken[key].place]
    return all(content is not None and (content.form in _WORDS or content.is_code) for content in contents)


def _told(sheet: Sheet, layout: Layout, columns: Mapping[str, int], telling: set[str]) -> list[int]:
    """The columns of which the header says nothing and whose cells are states, some of them telling ones, where no column
    that is read tells."""
    states = state_words(layout.table)

    def is_telling(place: int, *, only: bool) -> bool:
        """Whether some cells are telling states, with `only` all of them states and not all the same."""
        content = sheet.content(place)
        meant = set()
        for cell in {*content.cells} if content is not None and content.form == "text" else ():
            meant.add(states.of_status(cell))
            if only and None in meant:
                return False
        return bool(telling & meant) and (not only or len(meant) > 1)

    unsaid = [place for place, meanings in enumerate(sheet.meanings) if not meanings and place not in columns.values()]
    told = [place for place in unsaid if is_telling(place, only=True)]
    is_known = told and any(name in _CLOSED or is_telling(place, only=False) for name, place in columns.items())
    return [] if is_known else told


def speaks_of_other(sheet: Sheet, layout: Layout, columns: Mapping[str, int]) -> bool:
    """Whether a header says something by which the file is another table than the layout's."""
    return any(thing in sheet.said and not {*names} & columns.keys() for thing, names in layout.others.items())


def _matches(sheet: Sheet, layout: Layout) -> Iterator[Match]:
    """Every header for every column that it can be, each once: as its words name it best."""
    kinds = schema.TABLES[layout.table].columns
    spoken = spoken_by(layout.table)
    for place, head in enumerate(sheet.heads):
        if place in sheet.in_parts:
            continue
        content = sheet.content(place)
        best: dict[str, Match] = {}
        for key in dict.fromkeys(("".join(head.words), "".join(head.short))):
            for named in spoken.get(key, ()):
                kind = kinds[named.column].kind
                if is_plausible(layout.table, Meaning(None, named.column), named, kind, sheet, place):
                    _add(best, named, kind, place, content, 0)
        for meaning in sheet.meanings[place]:
            for named in spoken.get((meaning.thing, meaning.attribute), ()):
                kind = kinds[named.column].kind
                is_told = named.column == "is_deleted" and content is not None and content.form == "date"
                if (kind is not Kind.BOOL and meaning.is_flag) or (
                    kind is Kind.BOOL and meaning.is_dated and not is_told
                ):
                    continue
                if not is_plausible(layout.table, meaning, named, kind, sheet, place):
                    continue
                more = 2.0 if kind is Kind.DATE and meaning.is_dated else 0.0
                more += 1.0 if kind is Kind.BOOL and (content is None or content.form != "blank") else 0.0
                if _METHOD in sheet.meanings[place]:  # how something was paid is a type where nothing else is one
                    more -= PLAIN / 2
                _add(best, named, kind, place, content, more)
        stretch = stretch_of(sheet.labels[place]) if content is not None and content.cells else None
        if stretch is not None and layout.table == "spend":
            yield Match(f"spent_{stretch.name}", place, OWN, 1.0, COMMON, False)
        if (
            stretch == Stretch("month")
            and layout.table == "subscriptions"
            and "mrr" in sheet.said
            and not sheet.said & _SPELL
        ):
            yield Match("mrr_month", place, OWN, 1.0, COMMON, False)
        yield from best.values()


def _add(best: dict[str, Match], named: Named, kind: Kind, place: int, content: Content | None, more: float) -> None:
    """Keep a header for a column where its cells can be that, and nothing names it better."""
    fit = 1.0 if content is None else fits(kind, content)
    if fit is None and named.column == "is_deleted" and content is not None and content.form == "date":
        fit = 1.0  # when it was deleted
    if fit and content is not None and named.column in ("score", "csat_score") and is_worded(content):
        fit = 1.0
    if fit is None and named.strength < CANONICAL:
        return
    fit = fit or 0.0
    strength = named.strength + more - (1 - fit) * 20
    if named.column not in best or strength > best[named.column].strength:
        is_first = named.is_own and not named.at and kind is Kind.DATE
        best[named.column] = Match(
            named.column, place, strength, fit, named.weight, is_first, named.is_weak, named.is_common
        )


def _counts(sheet: Sheet, layout: Layout, match: Match) -> bool:
    """Whether a column is there for what a table must have: filled, no bare id unless the file's name says of what, with a
    state that tells where it has to."""
    if not match.fit or (match.is_weak and match.column.endswith("_id") and not sheet.about & {*layout.things}):
        return False
    telling, content = layout.telling.get(match.column), sheet.content(match.place)
    if telling is None:
        return True
    states = state_words(layout.table)
    return content is not None and any(states.of_status(cell) in telling for cell in set(content.cells))


def _is_answered(sheet: Sheet, layout: Layout, columns: Mapping[str, int], table: str, scores: Sequence[str]) -> bool:
    """Whether rows that name a record are answers about it: each has a score, or most have one and a comment beside it, and
    the other table has every column but the record's id, so that nothing says what became of the record."""
    other = reading(sheet, worded()[table])
    if other is None:
        return False
    contents = [sheet.content(place) for name, place in other.columns.items() if name in scores]
    said = {place for name, place in columns.items() if name not in layout.own}
    more = {*other.columns.values()} - said - {other.columns[name] for name in scores if name in other.columns}
    return said <= {*other.columns.values()} and any(
        content is not None
        and fits(Kind.NUMBER, content) == 1
        and content.rows >= FEW
        and len(content.cells) > content.rows * (0.5 if more else 0.99)
        for content in contents
    )


def _claims(
    sheet: Sheet, matches: Sequence[Match], taken: Mapping[str, Match], places: set[int]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Columns that further headers could be as well, with these headers: not where one says more than the others, nor where
    the sample holds the same in them."""
    for column, best in taken.items():
        if column == "is_deleted":  # every one of them can say it
            marks = [match for match in matches if match.column == column and match.place not in places and match.fit]
            if marks:
                yield column, tuple(sheet.labels[match.place] for match in (best, *marks))
            continue
        others = [
            match
            for match in matches
            if match.column == column and match.place not in places and match.fit >= best.fit and match.fit > 0
        ]
        if best.strength >= CANONICAL - 20:
            others = [match for match in others if _is_in_another_currency(sheet, match.place, best.place)]
        others = [match for match in others if _cells(sheet, match.place) != _cells(sheet, best.place)]
        if others and not (best.is_first and not any(match.is_first for match in others)):
            yield column, tuple(sheet.labels[match.place] for match in (best, *others))


def _is_in_another_currency(sheet: Sheet, place: int, other: int) -> bool:
    """Whether two headers say the same of different currencies: `Amount (EUR)` and `Amount (USD)`."""
    heads = sheet.heads[place], sheet.heads[other]
    one, two = ({*(of_sign(head.suffix or "") or {(head.suffix or "").upper()} & CODES)} for head in heads)
    return bool(one and two) and one.isdisjoint(two) and heads[0].short == heads[1].short


def _cells(sheet: Sheet, place: int) -> object:
    """The sample of a column to compare; a column without records is like no other."""
    content = sheet.content(place)
    return place if content is None or not content.cells else content.cells
