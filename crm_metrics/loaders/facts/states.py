"""The state of every record: what its status says, else what the rest of the row tells; and what nobody can tell, said."""

from __future__ import annotations

import json
import shlex

import numpy as np
import pandas as pd

from crm_metrics import schema
from crm_metrics.errors import SettingsError
from crm_metrics.loaders.facts.draft import Bools, Draft, category
from crm_metrics.loaders.recognising import normalised
from crm_metrics.loaders.state_words import folded, state_words
from crm_metrics.settings import from_pairs, validated
from crm_metrics.tables import NONE, NOT_KNOWN, SOURCE, STATE, Table
from crm_metrics.tables.arrays import taken
from crm_metrics.tables.frames import categorical, has_value, numbers, truths

_UNKNOWN = -1
_SHOWN = 5
_BY_NAME = ("stage", "resolution_code")  # columns whose first words alone say nothing
_MOST_WORDS = 20  # a line with more words is none that one would read: there a * stands for all
# The columns of figures that a record's state decides; of the other tables any.
_DECIDED = {"tickets": ("open_from", "open_until"), "customers": ("is_churned",), "leads": ("is_converted",)}
# What a record is where its status is not known and its file has a column for the end, or says nothing at all.
_STILL = {"tickets": "open", "orders": "sold", "subscriptions": "active", "customers": "active", "leads": "open"}
_FLAGS = ("is_closed", "is_converted", "is_churned", "is_active", "is_cancelled")
# Of two states of an order the stronger one holds: any before none, one that ends it before one that does not.
_OVERRULING = np.array([*({"refunded": 2, "cancelled": 3}.get(state, 1) for state in schema.STATES["orders"]), 0])
_ENDS = {"is_refunded": "refunded", "is_cancelled": "cancelled"}  # flags of orders that hold against a word as well
_MONEY = {"orders": "amount", "subscriptions": "mrr", "deals": "amount"}


def settle(draft: Draft, table: Table) -> None:
    """Give every row its state, missing where nothing tells it. A known word decides; without one the dates and flags of the
    row do; without those a record whose file could say that it ended has not. What is only taken for so is reported."""
    frame = table.frame
    states = schema.STATES[table.name]
    by_word = read_by(draft, table, "status") if "status" in frame else np.full(len(frame), _UNKNOWN, dtype=np.int8)
    ends = {flag: np.int8(states.index(state)) for flag, state in _ENDS.items() if flag in frame and state in states}
    others = [np.where(truths(frame, flag), place, np.int8(_UNKNOWN)) for flag, place in ends.items()]
    if "other_status" in frame:
        others.append(read_by(draft, table, "other_status"))
        record(draft, table, "other_status", others[-1])
    for other in others:
        by_word = np.where(_OVERRULING[other] > _OVERRULING[by_word], other, by_word)
    unsaid = by_word == _UNKNOWN
    if not unsaid.any():  # nothing else is asked
        put(table, by_word)
        record(draft, table, "status", by_word)
        return
    by_facts, is_dated = _told(draft, table)
    codes = np.where(unsaid, by_facts, by_word)
    open_ = codes == _UNKNOWN
    asked = open_ & in_file(draft, table, "status") & ("status" in frame)
    still = np.int8(states.index(_STILL[table.name]))
    taken = is_dated | ~in_file(draft, table, "status", *_FLAGS)
    if table.name == "orders":  # an order is a sale until something says that it is none
        taken[:] = True
    codes = np.where(open_ & taken, still, codes)
    codes, by_rest = _settled_by_rest(draft, table, codes, asked)
    asked &= ~by_rest
    put(table, codes)
    record(draft, table, "status", codes, asked)
    columns = _DECIDED.get(table.name)
    if draft.asks(table.name, *columns) if columns else draft.needs.get(table.name):
        report(draft, table, "status", asked, codes)


def put(table: Table, codes: np.ndarray) -> None:
    """Write the states of a table, given as places in `schema.STATES`, −1 for an unknown one."""
    table.frame[STATE] = category(schema.STATES[table.name], codes)


def is_in(frame: pd.DataFrame, table: str, *states: str) -> Bools:
    """The rows of a table in one of the states."""
    places = [schema.STATES[table].index(state) for state in states]
    if STATE not in frame:
        return np.zeros(len(frame), dtype=bool)
    return np.isin(categorical(frame[STATE]).codes, places)


def says(draft: Draft, table: Table, column: str, state: str) -> Bools:
    """The rows of which the words of a column say a state."""
    if column not in table.frame:
        return np.zeros(len(table.frame), dtype=bool)
    return np.asarray(read_by(draft, table, column) == schema.STATES[table.name].index(state))


def in_file(draft: Draft, table: Table, *columns: str) -> Bools:
    """The rows whose file has one of the columns."""
    return draft.of_files(table.frame, lambda source: not source.columns.keys().isdisjoint(columns))


def read_by(draft: Draft, table: Table, column: str) -> np.ndarray:
    """What the words of a column say of each row, by the settings, the vendor and the common words; −1 where unknown."""
    texts = categorical(table.frame[column])
    labels, codes = [str(label) for label in texts.categories.tolist()], texts.codes
    common = state_words(table.name)
    base = [common.of_name(label) if column in _BY_NAME else common.of_status(label) for label in labels]
    chosen = {folded(word): state for word, state in draft.settings.states.get(table.name, {}).items() if word != "*"}
    own = [chosen.get(folded(label)) for label in labels]
    places = {state: place for place, state in enumerate(schema.STATES[table.name])}
    result = np.full(len(codes), _UNKNOWN, dtype=np.int8)
    layouts = {i: draft.recognised[i].layout for i in draft.files(table)}
    for layout in {id(candidate): candidate for candidate in layouts.values()}.values():
        words = layout.state_of
        meanings = [own[at] or words.get(normalised(label)) or base[at] for at, label in enumerate(labels)]
        by_code = np.array([*(places[word] if word else _UNKNOWN for word in meanings), _UNKNOWN], dtype=np.int8)
        if len(layouts) == 1 or all(candidate is layout for candidate in layouts.values()):
            return taken(by_code, codes)
        mine = np.isin(table.frame[SOURCE].to_numpy(), [i for i, candidate in layouts.items() if candidate is layout])
        result[mine] = by_code[codes[mine]]
    return result


def _told(draft: Draft, table: Table) -> tuple[np.ndarray, Bools]:
    """What dates and flags say of each row, −1 where they say nothing; and the rows whose file has a column that would have
    said that the record ended."""
    frame = table.frame
    choices = _EVIDENCE[table.name]
    hits = [np.logical_or.reduce([_tells(draft, table, *cell.split()) for cell in cells]) for cells in choices.values()]
    codes = [np.int8(schema.STATES[table.name].index(state)) for state in choices]
    ends = [end for end in _ENDED[table.name] if end in frame]
    return np.select(hits, codes, np.int8(_UNKNOWN)), in_file(draft, table, *ends)


def _tells(draft: Draft, table: Table, column: str, said: str = "") -> Bools:
    """The rows in which a column is filled, is true (`yes`) or false (`no`), or has a word for a state."""
    filled = has_value(table.frame, column)
    if column == "canceled_at":  # beside an end it is the day of the notice
        return filled & ~in_file(draft, table, "ended_at")
    if said not in ("", "yes", "no"):
        return says(draft, table, column, said)
    return filled & (truths(table.frame, column) == (said == "yes")) if said else filled


# What says of a record that it is in a state, the first one that holds; and what would have said that it ended.
_EVIDENCE: dict[str, dict[str, tuple[str, ...]]] = {
    "tickets": {
        "solved": ("solved_at", "closed_at", "is_closed yes", "status_group solved"),
        "open": ("is_closed", "status_group open"),
    },
    "orders": {"cancelled": ("cancelled_at",), "pending": ("is_paid no",)},
    "subscriptions": {
        "ended": ("ended_at", "canceled_at", "is_cancelled yes", "is_active no"),
        "active": ("is_active", "is_cancelled"),
    },
    "customers": {"left": ("ended_at", "is_active no", "is_churned yes"), "active": ("is_active", "is_churned")},
    "leads": {"converted": ("is_converted yes", "converted_at"), "open": ("is_converted",)},
}
_ENDED = {
    "tickets": ("solved_at", "closed_at"),
    "orders": ("cancelled_at",),
    "subscriptions": ("ended_at", "canceled_at"),
    "customers": ("ended_at",),
    "leads": ("converted_at", "is_converted"),
}


def _settled_by_rest(draft: Draft, table: Table, codes: np.ndarray, asked: Bools) -> tuple[np.ndarray, Bools]:
    """The states with those of rows not told otherwise that the settings settle, and these: blank ones by "", those with a
    word by "*"."""
    chosen = draft.settings.states.get(table.name, {})
    places = {word: schema.STATES[table.name].index(state) for word, state in chosen.items() if word in ("", "*")}
    others = places.get("*", _UNKNOWN)
    by_rule = np.where(has_value(table.frame, "status"), others, places.get("", others))
    hit = asked & (by_rule != _UNKNOWN)
    return np.where(hit, by_rule, codes).astype(np.int8), hit


def record(draft: Draft, table: Table, column: str, codes: np.ndarray, asked: Bools | None = None) -> None:
    """Note how many rows of each file have which state by which word, where somebody asks for the words, as `scan` does."""
    if column not in table.frame or not draft.asks(table.name, column):
        return
    table.states = {key: rows for key, rows in table.states.items() if key[1] != column}
    states = schema.STATES[table.name]
    named = [NOT_KNOWN, *states, NOT_KNOWN, *(f"{NOT_KNOWN}: counted as {state}" for state in states)]
    texts = categorical(table.frame[column])
    words = [NONE, *map(str, texts.categories)]
    # Each row's file, word and state as one number.
    place = (table.frame[SOURCE].to_numpy().astype(np.int64) * len(words) + texts.codes + 1) * len(named) + codes + 1
    if asked is not None:
        place += asked * (len(states) + 1)
    counts = np.bincount(place)
    for at in np.flatnonzero(counts).tolist():
        source, rest = divmod(at, len(named) * len(words))
        word, state = divmod(rest, len(named))
        table.states[source, column, words[word], named[state]] = int(counts[at])


def report(draft: Draft, table: Table, column: str, asked: Bools, codes: np.ndarray) -> None:
    """Say for each file which words nobody knows, how many rows and how much money they are about, how they count now, and
    the line of settings that settles those of all files at once."""
    if not asked.any():
        return
    texts = table.frame[column].astype("category")
    states = schema.STATES[table.name]
    line = _line(table, texts, asked, codes)
    for index, hit in draft.by_file(table, asked):
        counted = [*(f"counted as {state}" for state in states), f"counted neither as {states[0]} nor otherwise"]
        reading = sorted({counted[code] for code in np.unique(codes[hit])})
        draft.report(
            "unknown-state",
            table,
            hit,
            column=draft.sources[index].columns[column],
            seen=_listed(texts, hit),
            worth=_worth(table, hit),
            reading=" or ".join(reading),
            line=line,
        )


def _listed(texts: pd.Series, hit: Bools) -> str:
    """The words of the rows, the most frequent first, each with its rows; blank ones are called so."""
    counts = texts[hit].value_counts()
    words = [(f"{str(word)[:60]!r}", int(count)) for word, count in counts.items() if count]
    blank = int(texts[hit].isna().sum())
    words += [("blank", blank)] if blank else []
    words.sort(key=lambda pair: (-pair[1], pair[0]))
    shown = [f"{word}: {count:,}" for word, count in words[:_SHOWN]]
    more = len(words) - _SHOWN
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def _worth(table: Table, hit: Bools) -> str:
    """How much money the rows are about, per currency; nothing where they have none."""
    frame = table.frame
    amounts = pd.Series(numbers(frame, _MONEY.get(table.name, "")), index=frame.index)[hit]
    if not amounts.notna().any():
        return ""
    if "currency" not in frame or not has_value(frame, "currency")[hit].any():
        return f", {amounts.sum():,.10g} in all"
    sums = amounts.groupby(frame.loc[hit, "currency"].astype("str"), dropna=True).sum()
    return ", " + ", ".join(f"{value:,.10g} {currency}" for currency, value in sums.items()) + " in all"


def _line(table: Table, texts: pd.Series, asked: Bools, codes: np.ndarray) -> str:
    """The option that says of every word what it counts as now, to be changed where that is wrong. It has been tried: it
    leaves no word."""
    states = schema.STATES[table.name]
    there = np.unique(texts.cat.codes.to_numpy()[asked])
    words = ["" if code < 0 else str(texts.cat.categories[code]) for code in there.tolist()]
    first = {code: states[max(0, int(codes[asked & (texts.cat.codes == code).to_numpy()][0]))] for code in there}
    meant = dict(zip(words, first.values(), strict=True))
    if len(words) > _MOST_WORDS:
        meant = {"*": next(iter(first.values()))}
    pairs = ", ".join(f"{json.dumps(word, ensure_ascii=False)} = {json.dumps(state)}" for word, state in meant.items())
    option = f"states.{table.name}={{ {pairs} }}"
    try:
        tried = validated(from_pairs([option]), "--set").states
    except SettingsError:
        return ""
    taken = tried.get(table.name, {})
    is_settled = "*" in taken or {folded(word) for word in taken} >= {folded(word) for word in words}
    return f". To say what each means: --set {shlex.quote(option)}" if is_settled else ""
