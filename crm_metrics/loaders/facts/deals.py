"""Deals: the outcome of each, when it was open, how long it took, what it is worth weighted."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from crm_metrics.errors import DataError
from crm_metrics.loaders.facts import states
from crm_metrics.loaders.facts.unclear import refuse_unclear_stages
from crm_metrics.loaders.facts.workbench import (
    DAY,
    DAY_US,
    NAT,
    Bools,
    Workbench,
    category,
    has_value,
    instants,
    moments,
    numbers,
    put,
    seen,
    truths,
    unusable,
    words,
)
from crm_metrics.loaders.recognising import normalised
from crm_metrics.loaders.state_words import folded, state_words
from crm_metrics.schema import TABLES
from crm_metrics.tables import SOURCE, Table

OUTCOMES = ("lost", "open", "won")
LOST, OPEN, WON = range(3)
# The states of deals as the outcomes that columns hold, −1 for unknown, and the other way round.
_STATES = TABLES["deals"].states
_AS_OUTCOME = np.array([*(OUTCOMES.index(state) for state in _STATES), -1], dtype=np.int8)
_PLACES = np.array([_STATES.index(outcome) for outcome in OUTCOMES], dtype=np.int8)
_TELLING = ("status", "outcome", "is_won", "is_lost", "is_closed", "won_at", "lost_at")
_MANY = 30  # deals that ended all alike: hardly what happened, where some are lost and some won
_COMPETITION = ("closed lost to competition",)  # Zoho's stage
_NO_REASON = ("n a", "na", "none", "null", "nan", "not lost", "unknown", "-", "--")
_FEW = 0.05  # deals won with a reason for a loss: slips; where there are more, the column says something else


def settle_outcomes(bench: Workbench, table: Table) -> None:
    """Give every deal its outcome and its close date; the close date of an open deal is the expected one. This comes before
    as-of is known, which depends on it."""
    frame = table.frame
    by_stage = _by_stage(bench, table)
    outcome = _stated(bench, table, by_stage)
    frame["outcome"] = category(OUTCOMES, outcome)
    frame["is_outcome_won"], frame["is_outcome_lost"] = outcome == WON, outcome == LOST
    if "won_amount" in frame:  # what it was sold for beats what it was thought to bring
        own = numbers(frame, "won_amount")
        frame["amount"] = np.where((outcome == WON) & ~np.isnan(own), own, numbers(frame, "amount"))
    has_date = any(name in frame for name in ("closed_at", "won_at", "lost_at"))
    closed = moments(frame, "closed_at")
    for name, code in (("won_at", WON), ("lost_at", LOST)):
        if name in frame:
            own = frame[name].to_numpy()
            closed = np.where((outcome == code) & ~np.isnat(own), own, closed)
    if bench.asks("deals", "expected_close_at") and (has_date or "expected_close_at" in frame):
        expected = moments(frame, "expected_close_at")
        frame["expected_close_at"] = np.where((outcome == OPEN) & np.isnat(expected), closed, expected)
    if has_date:
        table.calendar["closed_at"] = _calendar(table, ("closed_at", "won_at", "lost_at"))
        put(frame, "closed_at", np.where(outcome == OPEN, NAT, closed))
    elif (outcome != OPEN).any():
        _say_expected(bench, table)


def _say_expected(bench: Workbench, table: Table) -> None:
    """Say that deals which are placed in time by their creation have no close date, but an expected one."""
    given = [bench.sources[i].columns for i in bench.files(table)]
    headers = sorted({columns["expected_close_at"] for columns in given if "expected_close_at" in columns})
    if headers and any("created_at" in columns for columns in given):
        said = f"the deals have no close date: {' and '.join(headers)} is the day on which they are expected to close"
        table.unusable["closed_at"] = unusable("missing-column", said, "add the day on which each was won or lost")


def _calendar(table: Table, names: tuple[str, ...]) -> np.ndarray:
    flags = [table.calendar[name] for name in names if name in table.calendar]
    return np.logical_and.reduce(flags)


def _by_stage(bench: Workbench, table: Table) -> np.ndarray:
    """What the name of each deal's stage says, as a whole, never by containing a word."""
    frame = table.frame
    if "stage" not in frame:
        return np.full(len(frame), OPEN, dtype=np.int8)
    stages = frame["stage"].astype("category").cat
    meanings = stage_meanings(bench, [str(stage) for stage in stages.categories])
    said = [OUTCOMES.index(meaning) if meaning else OPEN for meaning in meanings]
    return np.array([*said, OPEN], dtype=np.int8)[stages.codes.to_numpy()]


def stage_meanings(bench: Workbench, labels: Sequence[str]) -> list[str | None]:
    """Whether stages of these names mean won, lost or, by the settings, open; None for names that no list has. The settings
    decide before the vendors."""
    chosen = {folded(word): state for word, state in bench.settings.states.get("deals", {}).items()}
    for state in ("won", "lost", "open"):
        chosen |= {folded(word): state for word in getattr(bench.settings, f"{state}_stages")}
    vendors: dict[str, str] = {}
    for layout in {id(known.layout): known.layout for known in bench.recognised.values()}.values():
        vendors |= layout.said
    common = state_words("deals")
    patterns = {re.compile(word.replace("*", ".*")): state for word, state in vendors.items() if "*" in word}

    def by_vendor(name: str) -> str | None:
        fitting = (state for pattern, state in patterns.items() if pattern.fullmatch(name))
        return vendors.get(name) or next(fitting, None)

    found = [chosen.get(folded(label)) or by_vendor(normalised(label)) for label in labels]
    return [said or _ended(common.of_name(label)) for said, label in zip(found, labels, strict=True)]


def _ended(state: str | None) -> str | None:
    """The state of a stage's name where it is an end: that a name means open is for the settings to say."""
    return state if state in ("won", "lost") else None


def _stated(bench: Workbench, table: Table, by_stage: np.ndarray) -> np.ndarray:
    """The outcome by the file's own word for it, else its flags, its status, its won and lost dates, else the stage."""
    frame = table.frame
    result = by_stage.copy()
    dated = has_value(frame, "won_at") | has_value(frame, "lost_at")
    if "won_at" in frame or "lost_at" in frame:
        known = states.in_file(bench, table, "won_at", "lost_at")
        plain = known & ~(states.in_file(bench, table, "stage") & _stage_decides(bench, table))
        by_date = np.select([has_value(frame, "won_at"), dated], [np.int8(WON), np.int8(LOST)], np.int8(OPEN))
        result = np.where(plain, by_date, result)
    stated_by_word = np.zeros(len(frame), dtype=bool)
    for column in ("status", "outcome"):
        if column not in frame:
            continue
        stated = _AS_OUTCOME[states.read_by(bench, table, column)]
        result = np.where(stated >= 0, stated, result)
        stated_by_word |= stated >= 0
    flagged = has_value(frame, "is_won") | truths(frame, "is_lost")
    if flagged.any():
        by_flag = _by_flag(frame, by_stage)
        conflict = flagged & (by_flag != by_stage) & (by_stage != OPEN)
        bench.report("outcome-conflict", table, conflict, column="flag")
        result = np.where(flagged, by_flag, result)
    says_open = has_value(frame, "is_closed") & ~truths(frame, "is_closed")
    says_open |= states.in_file(bench, table, "won_at", "lost_at")
    if "stage" in frame and (kept := left_open(bench)):
        says_open |= frame["stage"].isin([label for label in seen(frame, "stage") if folded(label) in kept]).to_numpy()
    given_up = _given_up(frame, result, stated_by_word | flagged | says_open)
    bench.report("given-up-deal", table, given_up)
    result = np.where(given_up, np.int8(LOST), result)
    _refuse_unknown(bench, table)
    decided = (result != OPEN) | flagged | dated | stated_by_word | ~_stage_decides(bench, table)
    ended = truths(frame, "is_closed") & ~flagged & (result == OPEN)
    refuse_unclear_stages(bench, table, result, decided, ended, left_open(bench))
    _name_open_stages(bench, table, result)
    if "stage" not in frame and "status" in frame:
        asked = (result == OPEN) & ~(flagged | dated | stated_by_word)
        states.report(bench, table, "status", asked, _PLACES[result])
    for column in ("stage", "status"):
        states.record(bench, table, column, _PLACES[result])
    return result


def left_open(bench: Workbench) -> set[str]:
    """The names of stages that the settings call open, folded."""
    chosen = bench.settings.states.get("deals", {})
    return {folded(word) for word in (*bench.settings.open_stages, *(w for w in chosen if chosen[w] == "open"))}


def _given_up(frame: pd.DataFrame, outcome: np.ndarray, decided: Bools) -> Bools:
    """The deals that nothing calls open, won or lost and that are lost all the same: with a reason for it, or archived
    without a chance. Reasons count where deals that were won have none."""
    if not {"lost_reason", "is_archived", "is_active"} & {*frame.columns}:
        return np.zeros(len(frame), dtype=bool)
    still = (outcome == OPEN) & ~decided
    reason = has_value(frame, "lost_reason") & ~words(frame, "lost_reason", _NO_REASON)
    won = outcome == WON
    if np.count_nonzero(reason & won) > _FEW * np.count_nonzero(won):
        reason[:] = False
    archived = truths(frame, "is_archived") | (has_value(frame, "is_active") & ~truths(frame, "is_active"))
    return still & (reason | (archived & ~(numbers(frame, "probability") > 0)))


def _by_flag(frame: pd.DataFrame, by_stage: np.ndarray) -> np.ndarray:
    """The outcome that the flags of each deal tell. One that is not won is lost when another flag says so or, where there
    is none, when its stage does."""
    won, lost = truths(frame, "is_won"), truths(frame, "is_lost")
    if "is_closed" in frame and "is_won" in frame:
        lost = lost | truths(frame, "is_closed")
    elif "is_lost" not in frame:
        lost = by_stage == LOST
    return np.select([won, lost], [np.int8(WON), np.int8(LOST)], np.int8(OPEN))


def _stage_decides(bench: Workbench, table: Table) -> Bools:
    """The rows of files whose stages can say that a deal is won or lost: Pipedrive's and Dynamics' never do."""
    decides = np.array([bench.recognised[source.index].layout.stage_decides for source in bench.sources], dtype=bool)
    return np.full(len(table.frame), True) if decides.all() else decides[table.frame[SOURCE].to_numpy()]


def _refuse_unknown(bench: Workbench, table: Table) -> None:
    """Raise `DataError` for a file in which nothing says what became of its deals: they are not all open."""
    for index in bench.files(table):
        layout, source = bench.recognised[index].layout, bench.sources[index]
        if not layout.stage_decides and source.columns.keys().isdisjoint(_TELLING):
            raise DataError(
                "has no column that says which deals are won and which are lost; the stage does not say it in exports of "
                f"{layout.title}",
                where=source.path,
                hint="Export the deals again with the column Status.",
            )


def _name_open_stages(bench: Workbench, table: Table, outcome: np.ndarray) -> None:
    if "stage" not in table.frame:
        return
    stages = seen(table.frame, "stage", outcome == OPEN)
    if stages:
        bench.say("stage-open", seen=", ".join(stages[:12]) + (", …" if len(stages) > 12 else ""))


def derive(bench: Workbench) -> None:
    """Open times, durations and weighted amounts, now that as-of is known."""
    if "deals" not in bench.tables:
        return
    table = bench.tables["deals"]
    frame = table.frame
    outcome = frame["outcome"].cat.codes.to_numpy()
    is_open = outcome == OPEN
    closed = moments(frame, "closed_at")
    if "closed_at" in frame:
        for code, name in ((WON, "won"), (LOST, "lost")):
            bench.report("won-without-date", table, (outcome == code) & np.isnat(closed), outcome=name)
    _note_one_outcome(bench, outcome)
    if bench.asks("deals", "open_from", "overdue_from"):
        _pipeline(bench, table, is_open)
    _durations(bench, table, is_open)
    _amounts(frame, outcome)
    if "lost_reason" in frame:
        named = words(frame, "lost_reason", bench.settings.competitor_reasons)
        named |= words(frame, "stage", _COMPETITION)
        frame["is_lost_to_competitor"] = named & (outcome == LOST)


def _note_one_outcome(bench: Workbench, outcome: np.ndarray) -> None:
    """Say so when many deals ended and all alike: the export may leave the others out, and nothing else would tell."""
    won, lost = int((outcome == WON).sum()), int((outcome == LOST).sum())
    if bench.asks("deals", "outcome") and won + lost >= _MANY and not (won and lost):
        said, other = ("won", "lost") if won else ("lost", "won")
        warning = f"if the export leaves {other} ones out, every win rate is wrong"
        bench.notes.append(f"All {won + lost:,} deals that ended are {said}: {warning}.")


def _pipeline(bench: Workbench, table: Table, is_open: Bools) -> None:
    """From when until when each deal was open, and from when it was overdue. A deal won or lost without a date was never
    open; one that is open without a creation date is open now, and that is all that can be said."""
    frame = table.frame
    created, closed = moments(frame, "created_at"), moments(frame, "closed_at")
    unplaced = is_open & np.isnat(created)
    opened = np.where(unplaced, bench.now - np.timedelta64(1, "us"), created)
    never = ~is_open & np.isnat(closed)
    if "created_at" in frame:
        bench.report("unplaced-open", table, unplaced, column="creation date")
        frame["open_from"] = np.where(never, NAT, opened)
    else:
        table.unusable["overdue_from"] = unusable("missing-column", "the deals do not say when they were opened")
    frame["open_until"] = np.where(never, np.datetime64("1700-01-01", "us"), closed)
    if "expected_close_at" in frame and bench.asks("deals", "overdue_from"):
        expected = frame["expected_close_at"].to_numpy()
        overdue = instants(bench.days(expected) + DAY, bench.settings.timezone)
        frame["overdue_from"] = np.where(np.isnat(expected), NAT, np.maximum(overdue, opened))


def _durations(bench: Workbench, table: Table, is_open: Bools) -> None:
    frame = table.frame
    if "created_at" not in frame:
        return
    if "closed_at" in frame:
        cycle = bench.between(table, "created_at", "closed_at", DAY_US)
        cycle = bench.no_negative(table, cycle, "the creation date", "the close date", "the sales cycle")
        put(frame, "cycle_days", cycle)
        won = frame["is_outcome_won"].to_numpy()
        known = cycle[won & ~np.isnan(cycle)]
        usual = float(np.median(known)) if len(known) else np.nan
    else:
        usual = np.nan
    if not np.isnan(usual):
        bench.constants["median_cycle_days"] = usual
    if not bench.asks("deals", "cycle_wait_days", "is_young_open"):
        return
    age = bench.waited(table, "created_at", "closed_at", DAY_US)
    wait = np.where(is_open, age, numbers(frame, "cycle_days"))
    frame["cycle_wait_days"] = np.where(wait < 0, np.nan, wait)
    frame["is_young_open"] = is_open & (age < usual)  # never, where no cycle says what is usual


def _amounts(frame: pd.DataFrame, outcome: np.ndarray) -> None:
    """Weighted amounts of deals not closed since as-of, whose probability is known; and amounts by which won and lost deals
    can be compared: where all lost deals of a currency have 0 while won ones have more, nobody priced them."""
    if "amount" not in frame:
        return
    amounts = numbers(frame, "amount")
    if "probability" in frame:
        frame["weighted_amount"] = np.where(frame["is_still_open"], amounts * numbers(frame, "probability"), np.nan)
    lost = outcome == LOST
    priced = amounts
    if np.any(lost & (amounts == 0)):
        currency = (
            frame["currency"].cat.codes.to_numpy() if "currency" in frame else np.zeros(len(frame), dtype=np.int8)
        )
        for code in np.unique(currency[lost]):
            mine = currency == code
            worth = amounts[mine & lost]
            if not np.any(worth > 0) and np.any(amounts[mine & (outcome == WON)] > 0):
                priced = np.where(mine & lost, np.nan, priced)
    frame["compared_amount"] = priced
