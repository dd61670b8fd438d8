"""What the rows of a file say of its table: whether ids stand once or come back, who is named beside them, and when what
began has ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from crm_metrics.loaders.layouts import Layout
from crm_metrics.loaders.naming import COMMON, DISTINCTIVE
from crm_metrics.loaders.plausible import is_of_a_day
from crm_metrics.loaders.sheet import Sheet

FEW = 3  # records from which on a key that never repeats says something
_REPEATED = 0.05
_LONG_LIVED = ("customers", "subscriptions")
_ENDS = ("ended", "canceled", "completed", "closed", "exited")
_CUSTOMERS = ("customer", "company", "contact")
_NUMBERS = ("number", "nummer", "numero", "numer")


def as_keyed(sheet: Sheet, layout: Layout, columns: Mapping[str, int]) -> float | None:
    """What the ids say: one that stands once speaks for a list of records; None where the table cannot be."""
    if layout.history:
        return _as_history(sheet, layout, columns)
    key = next((columns[name] for name in layout.own if name in columns and not sheet.is_blank(columns[name])), None)
    content = sheet.content(key) if key is not None else None
    if content is None or len(content.cells) < 2:
        return 0.0
    # Events about customers are no list of customers: the customers come back, or each row has an id of its own.
    if content.repeated > _REPEATED:
        return -DISTINCTIVE if layout.distinctive else None
    others = [place for place, head in enumerate(sheet.heads) if head.words == ("id",) and place != key]
    nameless = bool(others) and not {"name", "email"} & columns.keys()
    if layout.table == "customers" and (nameless or any(_is_coming_back(sheet, place) for place in columns.values())):
        return None
    if layout.table in _LONG_LIVED and any(_is_own_id(sheet, place, key or 0) for place in range(key or 0)):
        return None
    if layout.table in _LONG_LIVED and "started_at" in columns and _is_filled_in(sheet, columns["started_at"]):
        return None
    return COMMON if len(content.cells) >= FEW and not content.repeated else 0.0


def _is_filled_in(sheet: Sheet, started: int) -> bool:
    """Whether every row ends on the day it began, as forms, calls and visits do, and no customer. The end is a column of
    which words say so, or one of moments of which they say nothing."""
    for place, meanings in enumerate(sheet.meanings):
        content, said = sheet.content(place), {meaning.attribute for meaning in meanings}
        if content is None or content.form != "date" or place == started:
            continue
        is_end = not said.isdisjoint(_ENDS) or (not said and all(":" in cell for cell in content.cells))
        if is_end and is_of_a_day(sheet.cells[started], sheet.cells[place]):
            return True
    return False


def _is_coming_back(sheet: Sheet, place: int) -> bool:
    """Whether a column says whose each row is, and some have several: `customer` beside a bare id of something else."""
    content, meanings = sheet.content(place), {meaning[:2] for meaning in sheet.meanings[place]}
    return ("customer", None) in meanings and content is not None and content.repeated > _REPEATED


def _is_own_id(sheet: Sheet, place: int, key: int) -> bool:
    """Whether a column numbers the rows as something that is no customer, who is named in another."""
    content, things = sheet.content(place), {meaning.thing for meaning in sheet.meanings[place]}
    words = sheet.heads[place].words
    # The number of what no word knows, a quotation or a project, stands first, and a bare `Customer` says whose it is.
    whose = ("customer", None) in {meaning[:2] for meaning in sheet.meanings[key]}
    is_unknown = whose and not place and not things and any(number in "".join(words) for number in _NUMBERS)
    is_id = words[-1:] == ("id",) and not things & {None, *_CUSTOMERS}
    if content is None or not (is_id or (is_unknown and len(content.cells) >= FEW)):
        return False
    return not content.repeated


def is_other(sheet: Sheet, layout: Layout, columns: Mapping[str, int]) -> bool:
    """Whether the ids of a file say that it is not the layout's table."""
    if layout.history:
        if not {*layout.history[:2], "entered_at"} <= columns.keys():
            return False
        content = sheet.content(columns[layout.history[0]])
        if any(head.words == ("id",) and place not in columns.values() for place, head in enumerate(sheet.heads)):
            return False  # its rows have ids of their own beside those of their records
        return content is not None and len(content.cells) > 1 and _as_history(sheet, layout, columns) is None
    keyed = as_keyed(sheet, layout, columns)
    return keyed is None or keyed < 0


def _as_history(sheet: Sheet, layout: Layout, columns: Mapping[str, int]) -> float | None:
    """A history has several rows of a record, with another stage and another day."""
    key, value, earlier = layout.history
    explicit = earlier in columns or "field" in columns
    content = sheet.content(columns[key])
    if content is None or len(content.cells) < 2:
        return 0.0 if explicit or "entered" in {m.attribute for m in sheet.meanings[columns["entered_at"]]} else None
    rows: dict[str | None, list[tuple[str | None, str | None]]] = defaultdict(list)
    for row in zip(*(sheet.cells[columns[name]] for name in (key, value, "entered_at")), strict=False):
        rows[row[0]].append(row[1:])
    several = [pairs for record, pairs in rows.items() if record and len(pairs) > 1]
    changing = [pairs for pairs in several if all(len(set(part)) > 1 for part in zip(*pairs, strict=True))]
    if 2 * len(changing) > len(several):
        return COMMON
    return 0.0 if explicit else None
