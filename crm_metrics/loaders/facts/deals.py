"""Deals: when each was open, how long it took, what it is worth weighted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_metrics.loaders.coercing.columns import by_text
from crm_metrics.loaders.facts.draft import DAY_US, Bools, Draft, distinct_values, put, words
from crm_metrics.loaders.facts.outcomes import LOST, OPEN, WON
from crm_metrics.loaders.state_words import state_words
from crm_metrics.tables import Table, Unusable
from crm_metrics.tables.frames import DAY, NAT, categorical, instants, moments, numbers

_SHOWN = 5  # types in a sentence
_MANY = 30  # deals that ended all alike: hardly what happened, where some are lost and some won
_COMPETITION = ("closed lost to competition",)  # Zoho's stage


def derive(draft: Draft) -> None:
    """Open times, durations and weighted amounts, now that as-of is known."""
    if "deals" not in draft.tables:
        return
    table = draft.tables["deals"]
    frame = table.frame
    outcome = categorical(frame["outcome"]).codes
    is_open = outcome == OPEN
    closed = moments(frame, "closed_at")
    if "closed_at" in frame:
        for code, name in ((WON, "won"), (LOST, "lost")):
            draft.report("won-without-date", table, (outcome == code) & np.isnat(closed), outcome=name)
    _note_one_outcome(draft, outcome)
    if "amount" in frame:
        unpriced, states = np.isnan(numbers(frame, "amount")), (outcome == WON, is_open)
        wanted = np.logical_or.reduce([mine for mine in states if (mine & ~unpriced).any()], initial=False)
        draft.report("no-amount", table, unpriced & wanted)
    if draft.asks("deals", "open_from", "overdue_from"):
        _pipeline(draft, table, is_open)
    _durations(draft, table, is_open)
    _amounts(draft, frame, outcome)
    if "type" in frame and draft.asks("deals", "is_renewal"):
        _renewals(draft, table, outcome != OPEN)
    if "lost_reason" in frame:
        named = words(frame, "lost_reason", draft.settings.competitor_reasons)
        named |= words(frame, "stage", _COMPETITION)
        frame["is_lost_to_competitor"] = named & (outcome == LOST)


def _renewals(draft: Draft, table: Table, is_closed: Bools) -> None:
    """Which deals renew a contract, by their type; one without a type renews none."""
    types, known_words = table.frame["type"], state_words("deal_types")
    is_renewal = by_text(types, lambda label: known_words.of_status(label) == "renewal", False)
    unlisted = is_closed & by_text(types, lambda label: known_words.of_status(label) is None, False)
    labels = [f"“{label}”" for label in distinct_values(table.frame, "type", unlisted)[:_SHOWN]]
    if not is_renewal.any():
        example = labels[0].strip("“”") if labels else "Type"
        hint = f'where one is, say what its type means, in [[files]]: values.type = {{ "{example}" = "Renewal" }}'
        problem = "the deals do not say which of them is a renewal"
        table.unusable["is_renewal"] = Unusable("missing-column", problem, hint)
    elif labels:
        sentence = f"Counted as no renewals, as their type is none we know: {', '.join(labels)}"
        draft.note(f"{sentence} (deals: {int(unlisted.sum()):,}).", "deals.is_renewal")
    table.frame["is_renewal"] = is_renewal


def _note_one_outcome(draft: Draft, outcome: np.ndarray) -> None:
    """Say so when many deals ended and all alike: the export may leave the others out, and nothing else would tell."""
    won, lost = int((outcome == WON).sum()), int((outcome == LOST).sum())
    if draft.asks("deals", "outcome") and won + lost >= _MANY and not (won and lost):
        outcome_name, other = ("won", "lost") if won else ("lost", "won")
        warning = f"if the export leaves {other} ones out, every win rate is wrong"
        draft.note(f"All {won + lost:,} deals that ended are {outcome_name}: {warning}.", "deals.outcome")


def _pipeline(draft: Draft, table: Table, is_open: Bools) -> None:
    """From when until when each deal was open, and from when it was overdue. A deal won or lost without a date was never
    open; one that is open without a creation date is open now, and that is all that can be said."""
    frame = table.frame
    created, closed = moments(frame, "created_at"), moments(frame, "closed_at")
    unplaced = is_open & np.isnat(created)
    opened = np.where(unplaced, draft.now - np.timedelta64(1, "us"), created)
    never = ~is_open & np.isnat(closed)
    if "created_at" in frame:
        draft.report("unplaced-open", table, unplaced, column="creation date")
        frame["open_from"] = np.where(never, NAT, opened)
    else:
        table.unusable["overdue_from"] = Unusable("missing-column", "the deals do not say when they were opened")
    frame["open_until"] = np.where(never, np.datetime64("1700-01-01", "us"), closed)
    if "expected_close_at" in frame and draft.asks("deals", "overdue_from"):
        expected = frame["expected_close_at"].to_numpy()
        overdue = instants(draft.days(expected) + DAY, draft.settings.timezone)
        frame["overdue_from"] = np.where(np.isnat(expected), NAT, np.maximum(overdue, opened))


def _durations(draft: Draft, table: Table, is_open: Bools) -> None:
    frame = table.frame
    if "created_at" not in frame:
        return
    if "closed_at" in frame:
        cycle = draft.between(table, "created_at", "closed_at", DAY_US)
        cycle = draft.no_negative(table, cycle, "the creation date", "the close date", "the sales cycle")
        put(frame, "cycle_days", cycle)
        of_won = cycle[frame["is_outcome_won"].to_numpy() & ~np.isnan(cycle)]
        if len(of_won):
            draft.constants["median_cycle_days"] = float(np.median(of_won))
    usual = draft.constants.get("median_cycle_days", np.nan)
    if not draft.asks("deals", "cycle_wait_days", "is_young_open"):
        return
    age = draft.waited(table, "created_at", "closed_at", DAY_US)
    wait = np.where(is_open, age, numbers(frame, "cycle_days"))
    frame["cycle_wait_days"] = np.where(wait < 0, np.nan, wait)
    frame["is_young_open"] = is_open & (age < usual)  # never, where no cycle says what is usual


def _amounts(draft: Draft, frame: pd.DataFrame, outcome: np.ndarray) -> None:
    """Weighted amounts of deals not closed since as-of, whose probability is known; and amounts by which won and lost deals
    can be compared: where all lost deals of a currency, or all won ones, have 0 while the others have more, nobody priced
    them."""
    if "amount" not in frame:
        return
    amounts = numbers(frame, "amount")
    if "probability" in frame:
        frame["weighted_amount"] = np.where(frame["is_still_open"], amounts * numbers(frame, "probability"), np.nan)
    if not draft.asks("deals", "compared_amount"):
        return
    priced = amounts
    if np.any((outcome != OPEN) & (amounts == 0)):
        currency = categorical(frame["currency"]).codes if "currency" in frame else np.zeros(len(frame), dtype=np.int8)
        worth = {ended: set(currency[(outcome == ended) & (amounts > 0)]) for ended in (WON, LOST)}
        for ended, other in ((WON, LOST), (LOST, WON)):
            priced = np.where((outcome == ended) & np.isin(currency, [*(worth[other] - worth[ended])]), np.nan, priced)
    frame["compared_amount"] = priced
