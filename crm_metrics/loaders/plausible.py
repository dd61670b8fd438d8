"""Whether the cells of a column can be what its header says of it, beyond their kind."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crm_metrics import schema
from crm_metrics.loaders.billing_intervals import share_of_month
from crm_metrics.loaders.coercing.words import FALSE, TRUE
from crm_metrics.loaders.content import Content
from crm_metrics.loaders.layouts import normalised
from crm_metrics.loaders.naming import Named, worded
from crm_metrics.loaders.sheet import Sheet
from crm_metrics.loaders.state_words import state_words
from crm_metrics.loaders.vocabulary import Meaning
from crm_metrics.schema import Kind

# Columns of answers by what their cells say: whose words these are, and of which one has to be there.
_TOLD = {
    "nps_category": ("responses", frozenset(("promoter", "detractor"))),
    "completion": ("answers", frozenset(("complete", "partial"))),
}
_STATUSES = ("status", "other_status")
_FEW = 3  # rows from which on days say something


def is_plausible(table: str, meaning: Meaning, named: Named, kind: Kind, sheet: Sheet, place: int) -> bool:
    """Whether a column of a table can have the cells of a place under a header that means this; what is not known can be
    anything but a state."""
    content = sheet.content(place)
    if meaning.attribute == "state" and table in schema.STATES:
        is_said = meaning.thing is not None and table not in ("customers", "leads")  # where those live
        return (is_said or _is_state(table, content)) == (named.column in _STATUSES)
    if meaning.attribute == "recurrence":  # "Zahlungsweise" and the like are names of other things as well
        return content is not None and _is_interval(content)
    if content is None:
        return True
    if named.column == "is_refunded":  # 0 alone is no amount given back
        words = {cell.casefold() for cell in content.cells}
        return meaning.is_flag or (words <= TRUE | FALSE and not words <= {"0", "0.0"})
    if named.column == "kind" and meaning.attribute == "type":  # of which question
        return all({"nps", "csat", "ces"} & {*normalised(cell).split()} for cell in content.cells)
    if named.column in _TOLD:
        states, telling = _TOLD[named.column]
        meant = [state_words(states).of_status(word) for word in {*content.cells}]
        return 2 * sum(map(bool, meant)) > len(meant) and not telling.isdisjoint(meant)
    if kind is Kind.ID:
        if named.is_weak and content.repeated:  # a bare `No` that repeats numbers something else
            return sheet.is_of_records(place)
        return _is_id(table, named, content)
    if kind is Kind.CATEGORY and meaning.thing and not meaning.attribute:  # "Abonnement": which one, or which plan
        is_name = content.form == "text" and (bool(content.repeated) or not _is_code(content))
        return is_name and not _is_interval(content)
    if meaning.attribute == "test":  # which one, where the cells are not yes and no
        return content.form == "flag"
    return named.column != "interval" or not all(map(str.isdigit, content.cells))  # how many, not of which length


def is_worded(content: Content) -> bool:
    """Whether cells are the words of a scale of satisfaction."""
    known = state_words("ratings")
    return bool(content.cells) and all(known.of_name(word) for word in {*content.cells})


def is_of_a_day(started: Sequence[str | None], ended: Sequence[str | None]) -> bool:
    """Whether all that began ended on the same day, as forms that are filled in, calls and visits do, and no customer."""
    both = [pair for pair in zip(started, ended, strict=False) if all(pair)]
    days = [[re.split("[ T]", cell or "")[0] for cell in pair] for pair in both]
    return len(days) >= _FEW and all(first == last for first, last in days)


def _is_state(table: str, content: Content | None) -> bool:
    """Whether cells under `State` are states of the table's records; else they are regions."""
    words = {*content.cells} if content is not None else set()
    known = sum(state_words(table).of_status(word) is not None for word in words)
    return 2 * known > len(words)


def _is_interval(content: Content) -> bool:
    """Whether most of the different cells are intervals that something is charged at."""
    words = {*content.cells}
    return 2 * sum(share_of_month(word)[0] > 0 for word in words) > len(words)


def _is_id(table: str, named: Named, content: Content) -> bool:
    """Whether cells can be ids under a header that does not quite say so: a bare `Deal` of several words is a name, and a
    bare `Contract` that comes back in a list of contracts is a plan."""
    if named.is_bare:
        return _is_code(content) and not (named.column in worded()[table].own and content.repeated)
    return True


def _is_code(content: Content) -> bool:
    """Whether most cells are one word with a digit in it."""
    return 2 * sum(" " not in cell and any(map(str.isdigit, cell)) for cell in content.cells) > len(content.cells)
