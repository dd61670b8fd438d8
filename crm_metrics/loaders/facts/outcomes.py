"""The outcome of each deal: won, lost or open; a stage that sounds as if a deal had ended, while nothing says how, is asked
about, never taken for open."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from crm_metrics.errors import DataError
from crm_metrics.loaders.coercing.columns import by_text
from crm_metrics.loaders.facts import states, unclear_outcomes
from crm_metrics.loaders.facts.draft import Bools, Draft, all_calendar, category, distinct_values, put, words
from crm_metrics.loaders.recognising import normalised
from crm_metrics.loaders.state_words import folded, state_words
from crm_metrics.schema import TABLES
from crm_metrics.tables import Table, Unusable
from crm_metrics.tables.frames import NAT, has_value, moments, numbers, truths

OUTCOMES = ("lost", "open", "won")
LOST, OPEN, WON = range(3)
# The states of deals as the outcomes that columns hold, −1 for unknown, and the other way round.
_STATES = TABLES["deals"].states
_AS_OUTCOME = np.array([*(OUTCOMES.index(state) for state in _STATES), -1], dtype=np.int8)
_PLACES = np.array([_STATES.index(outcome) for outcome in OUTCOMES], dtype=np.int8)
_TELLING = ("status", "outcome", "is_won", "is_lost", "is_closed", "won_at", "lost_at")
_NO_REASON = ("n a", "na", "none", "null", "nan", "not lost", "unknown", "-", "--")
_FEW = 0.05  # deals won with a reason for a loss: slips; where there are more, the column says something else


def settle_outcomes(draft: Draft, table: Table) -> None:
    """Give every deal its outcome and its close date; the close date of an open deal is the expected one. This comes before
    as-of is known, which depends on it."""
    frame = table.frame
    outcome = _stated(draft, table, _by_stage(draft, table))
    put_outcome(frame, outcome)
    if "won_amount" in frame:  # what it was sold for beats what it was thought to bring
        own = numbers(frame, "won_amount")
        frame["amount"] = np.where((outcome == WON) & ~np.isnan(own), own, numbers(frame, "amount"))
    has_date = any(name in frame for name in ("closed_at", "won_at", "lost_at"))
    closed = moments(frame, "closed_at")
    for name, code in (("won_at", WON), ("lost_at", LOST)):
        if name in frame:
            own = frame[name].to_numpy()
            closed = np.where((outcome == code) & ~np.isnat(own), own, closed)
    if draft.asks("deals", "expected_close_at") and (has_date or "expected_close_at" in frame):
        expected = moments(frame, "expected_close_at")
        frame["expected_close_at"] = np.where((outcome == OPEN) & np.isnat(expected), closed, expected)
    if has_date:
        table.calendar["closed_at"] = all_calendar(table, "closed_at", "won_at", "lost_at")
        put(frame, "closed_at", np.where(outcome == OPEN, NAT, closed))
    elif (outcome != OPEN).any():
        _say_expected(draft, table)


def put_outcome(frame: pd.DataFrame, outcome: np.ndarray) -> None:
    """Write the outcome of each deal, given as places in `OUTCOMES`, −1 for none of them."""
    frame["outcome"] = category(OUTCOMES, outcome)
    frame["is_outcome_won"], frame["is_outcome_lost"] = outcome == WON, outcome == LOST


def _say_expected(draft: Draft, table: Table) -> None:
    """Say that deals which are placed in time by their creation have no close date, but an expected one."""
    headers_of = [draft.sources[i].columns for i in draft.files(table)]
    headers = sorted({columns["expected_close_at"] for columns in headers_of if "expected_close_at" in columns})
    if headers and any("created_at" in columns for columns in headers_of):
        expected = f"{' and '.join(headers)} is the day on which they are expected to close"
        problem = f"the deals have no close date: {expected}"
        table.unusable["closed_at"] = Unusable("missing-column", problem, "add the day on which each was won or lost")


def _by_stage(draft: Draft, table: Table) -> np.ndarray:
    """What the name of each deal's stage says, as a whole, never by containing a word."""
    frame = table.frame
    if "stage" not in frame:
        return np.full(len(frame), OPEN, dtype=np.int8)
    meaning = stage_meaning(draft)
    return by_text(frame["stage"], lambda stage: OUTCOMES.index(meaning(stage) or "open"), OPEN, np.int8)


def stage_meaning(draft: Draft) -> Callable[[str], str | None]:
    """What tells whether a stage of a name means won, lost or, by the settings, open; None for a name that no list has. The
    settings decide before the vendors, and these before the common names: that one means open is for the settings to say."""
    chosen = {folded(word): state for word, state in draft.settings.states.get("deals", {}).items()}
    for state in ("won", "lost", "open"):
        chosen |= {folded(word): state for word in getattr(draft.settings, f"{state}_stages")}
    vendors: dict[str, str] = {}
    for layout in {id(file.layout): file.layout for file in draft.recognised.values()}.values():
        vendors |= layout.state_of
    common = state_words("deals")
    patterns = {re.compile(word.replace("*", ".*")): state for word, state in vendors.items() if "*" in word}

    def meaning(label: str) -> str | None:
        name = normalised(label)
        fitting = (state for pattern, state in patterns.items() if pattern.fullmatch(name))
        state = chosen.get(folded(label)) or vendors.get(name) or next(fitting, None)
        return state or next((state for state in ("won", "lost") if common.of_name(label) == state), None)

    return meaning


def _stated(draft: Draft, table: Table, by_stage: np.ndarray) -> np.ndarray:
    """The outcome by the file's own word for it, else its flags, its status, its won and lost dates, else the stage."""
    frame = table.frame
    result = by_stage.copy()
    dated = has_value(frame, "won_at") | has_value(frame, "lost_at")
    if "won_at" in frame or "lost_at" in frame:
        has_dates = states.in_file(draft, table, "won_at", "lost_at")
        plain = has_dates & ~(states.in_file(draft, table, "stage") & _stage_decides(draft, table))
        by_date = np.select([has_value(frame, "won_at"), dated], [np.int8(WON), np.int8(LOST)], np.int8(OPEN))
        result = np.where(plain, by_date, result)
    stated_by_word = np.zeros(len(frame), dtype=bool)
    for column in (name for name in ("status", "outcome") if name in frame):
        stated = _AS_OUTCOME[states.read_by(draft, table, column)]
        result = np.where(stated >= 0, stated, result)
        stated_by_word |= stated >= 0
    flagged = has_value(frame, "is_won") | truths(frame, "is_lost")
    if flagged.any():
        by_flag = _by_flag(frame, by_stage)
        conflict = flagged & (by_flag != by_stage) & (by_stage != OPEN)
        draft.report("outcome-conflict", table, conflict, column="flag")
        result = np.where(flagged, by_flag, result)
    says_open = has_value(frame, "is_closed") & ~truths(frame, "is_closed")
    says_open |= states.in_file(draft, table, "won_at", "lost_at")
    if "stage" in frame and (kept := left_open(draft)):
        says_open |= by_text(frame["stage"], lambda label: folded(label) in kept, False)
    is_told = flagged & states.in_file(draft, table, "is_lost")  # not won is open where a flag of its own says lost
    told = stated_by_word | is_told | says_open
    given_up, shelved = _given_up(frame, result, told)
    draft.report("given-up-deal", table, given_up)
    draft.report("archived-open", table, shelved)
    by_one_flag = unclear_outcomes.of_one_flag(draft, table, (result == OPEN) & ~told & ~given_up)
    meaning = stage_meaning(draft)
    for flag, hit in [*by_one_flag.items()]:
        if (meant := meaning(unclear_outcomes.ONE_FLAG[flag][0])) is not None:
            result = np.where(hit, np.int8(OUTCOMES.index(meant)), result)
            told |= by_one_flag.pop(flag)
    if "is_won" in by_one_flag:
        not_won = unclear_outcomes.have_ended(draft, table, by_one_flag["is_won"])
        draft.report("not-won", table, not_won)
        result, told = np.where(not_won, np.int8(LOST), result), told | not_won
        by_one_flag["is_won"] = by_one_flag["is_won"] & ~not_won
    over = (result == OPEN) & ~told & ~given_up & has_value(frame, "closed_at")
    for index, hit in draft.by_file(table, over & states.in_file(draft, table, "expected_close_at")):
        draft.report("closed-open", table, hit, column=draft.sources[index].columns.get("closed_at", "the close date"))
    result = np.where(given_up, np.int8(LOST), result)
    _refuse_unknown(draft, table)
    is_told |= flagged & states.in_file(draft, table, "is_closed")
    decided = (result != OPEN) | is_told | dated | stated_by_word | ~_stage_decides(draft, table)
    ended = truths(frame, "is_closed") & ~flagged & (result == OPEN)
    if draft.needs.get("deals"):
        unclear = unclear_outcomes.unclear_stages(table, decided, ended, left_open(draft))
        unclear_outcomes.refuse(draft, table, result, unclear, by_one_flag)
    _name_open_stages(draft, table, result)
    in_blank = states.in_file(draft, table, "stage") & ~(decided | ended | has_value(frame, "stage"))
    draft.report("no-stage", table, in_blank)
    _say_none_won(draft, table, result, flagged | dated | stated_by_word | ~_stage_decides(draft, table))
    if "status" in frame:
        asked = (result == OPEN) & ~(flagged | dated | stated_by_word)
        states.report(draft, table, "status", asked & ~_is_no_outcome(draft, table), _PLACES[result])
    for column in ("stage", "status"):
        states.record(draft, table, column, _PLACES[result])
    return result


def _is_no_outcome(draft: Draft, table: Table) -> Bools:
    """The rows of files whose stages say what became of a deal while no word under `Status` does."""
    known = states.read_by(draft, table, "status") >= 0
    told = {index for index, _ in draft.by_file(table, known)}
    return draft.of_files(table.frame, lambda source: "stage" in source.columns and source.index not in told)


def left_open(draft: Draft) -> set[str]:
    """The names of stages that the settings call open, folded."""
    chosen = draft.settings.states.get("deals", {})
    return {folded(word) for word in (*draft.settings.open_stages, *(w for w in chosen if chosen[w] == "open"))}


def _given_up(frame: pd.DataFrame, outcome: np.ndarray, decided: Bools) -> tuple[Bools, Bools]:
    """The deals that nothing calls open, won or lost and that are lost all the same: with a reason for it where deals that
    were won have none, or archived without a chance; and those that are archived with one."""
    still = (outcome == OPEN) & ~decided
    reason = has_value(frame, "lost_reason") & ~words(frame, "lost_reason", _NO_REASON)
    won = outcome == WON
    if np.count_nonzero(reason & won) > _FEW * np.count_nonzero(won):
        reason[:] = False
    archived = truths(frame, "is_archived") | (has_value(frame, "is_active") & ~truths(frame, "is_active"))
    given_up = still & (reason | (archived & ~(numbers(frame, "probability") > 0)))
    return given_up, still & archived & ~given_up


def _by_flag(frame: pd.DataFrame, by_stage: np.ndarray) -> np.ndarray:
    """The outcome that the flags of each deal tell. One that is not won is lost when another flag says so or, where there
    is none, when its stage does."""
    won, lost = truths(frame, "is_won"), truths(frame, "is_lost")
    if "is_closed" in frame and "is_won" in frame:
        lost = lost | truths(frame, "is_closed")
    elif "is_lost" not in frame:
        lost = by_stage == LOST
    return np.select([won, lost], [np.int8(WON), np.int8(LOST)], np.int8(OPEN))


def _stage_decides(draft: Draft, table: Table) -> Bools:
    """The rows of files whose stages can say that a deal is won or lost: Pipedrive's and Dynamics' never do."""
    return draft.of_files(table.frame, lambda source: draft.recognised[source.index].layout.stage_decides)


def _refuse_unknown(draft: Draft, table: Table) -> None:
    """Raise `DataError` for a file in which nothing says what became of its deals: they are not all open."""
    for index in draft.files(table):
        layout, source = draft.recognised[index].layout, draft.sources[index]
        if not layout.stage_decides and source.columns.keys().isdisjoint(_TELLING):
            what = "has no column that says which deals are won and which are lost; the stage does not say it in exports of"
            hint = "Export the deals again with the column Status."
            raise DataError(f"{what} {layout.title}", where=source.path, hint=hint)


def _name_open_stages(draft: Draft, table: Table, outcome: np.ndarray) -> None:
    if "stage" not in table.frame:
        return
    stages = distinct_values(table.frame, "stage", outcome == OPEN)
    if stages:
        draft.say("stage-open", seen=", ".join(stages[:12]) + (", …" if len(stages) > 12 else ""))


def _say_none_won(draft: Draft, table: Table, outcome: np.ndarray, decided: Bools) -> None:
    """Say that no deal is won, though some are lost or past their close date, and that no stage is known for it."""
    frame, settings = table.frame, draft.settings
    is_settled = (decided | (outcome == WON)).any() or settings.won_stages or settings.states.get("deals")
    if "stage" not in frame or not draft.needs.get("deals") or is_settled:
        return
    listed = left_open(draft)
    still = (outcome == OPEN) & by_text(frame["stage"], lambda label: folded(label) not in listed, False)
    past = still & (moments(frame, "closed_at") <= pd.Series(moments(frame, "created_at")).max())
    if still.any() and (past.any() or (outcome == LOST).any()):
        likely = frame["stage"][past if past.any() else still].astype("str").value_counts().index[0]
        line = f"--set 'won_stages={json.dumps([likely], ensure_ascii=False)}'"
        stages = distinct_values(frame, "stage", still)[: unclear_outcomes.SHOWN]
        draft.report("none-won", table, still, seen=", ".join(stages), line=line)
