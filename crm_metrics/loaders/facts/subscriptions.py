"""Subscriptions: which were paid for, from when to when (is an end the last paid day or the first without?), and what each
brings a month."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from crm_metrics.loaders.billing_intervals import share_of_month
from crm_metrics.loaders.coercing.columns import by_text
from crm_metrics.loaders.coercing.words import FALSE, MISSING
from crm_metrics.loaders.facts import states
from crm_metrics.loaders.facts.draft import (
    Bools,
    Draft,
    Floats,
    all_calendar,
    distinct_values,
    optional_truth,
    put,
    quantities,
)
from crm_metrics.loaders.rule_lines import with_rule
from crm_metrics.loaders.state_words import state_words
from crm_metrics.loaders.vocabulary import meanings_of
from crm_metrics.tables import SOURCE, STATE, Table
from crm_metrics.tables.frames import DAY, NAT, categorical, has_value, instants, moments, numbers, truths


def settle_dates(draft: Draft, table: Table) -> None:
    """Paid time only: the end, and a start behind the trial. This comes before as-of is known, which depends on it."""
    states.settle(draft, table)
    _settle_months(draft, table)
    frame = table.frame
    ended = moments(frame, "ended_at")
    canceled = moments(frame, "canceled_at")
    ended = np.where(np.isnat(ended) & states.is_in(frame, "subscriptions", "ended"), canceled, ended)
    if "ended_at" in frame or "canceled_at" in frame:
        table.calendar["ended_at"] = all_calendar(table, "ended_at", "canceled_at")
        frame["ended_at"] = ended
    started = moments(frame, "started_at")
    trial_end = moments(frame, "trial_ends_at")
    # The end of a trial that still runs has not happened: it says nothing of how far the data reaches.
    over = ~np.isnat(trial_end) & (trial_end > started) & ~states.is_in(frame, "subscriptions", "trial")
    frame["started_at"] = np.where(over, trial_end, started)
    if draft.asks("subscriptions", "is_trial_converted") and "trial_ends_at" in frame and "ended_at" in frame:
        undated = states.is_in(frame, "subscriptions", "ended") & np.isnat(ended)
        is_told = over & states.is_in(frame, "subscriptions", "active", "ended") & ~undated
        frame["is_trial_converted"] = optional_truth(np.isnat(ended) | (ended > trial_end), is_told)


def _settle_months(draft: Draft, table: Table) -> None:
    """End the rows of a list of revenue by month with the next month that is listed, the last one's not at all; a month
    without revenue is none."""
    listed = has_value(table.frame, "mrr_month")
    if not listed.any():
        return
    draft.leave_out(table, listed & ~(numbers(table.frame, "mrr") > 0), "no-revenue")
    frame, listed = table.frame, has_value(table.frame, "mrr_month")
    started = moments(frame, "started_at")
    months = np.unique(started[listed & ~np.isnat(started)])
    following = np.append(months, NAT)[np.searchsorted(months, started, side="right")]
    put(frame, "ended_at", np.where(listed, following, moments(frame, "ended_at")))
    table.calendar["ended_at"] = np.ones(len(draft.sources), dtype=bool)
    for first in months[:1].astype("datetime64[M]"):
        draft.note(f"All customers of {first}, the first month of the list, count as new in it.", "spells", "movements")


def paid(draft: Draft) -> pd.DataFrame | None:
    """The subscriptions that were paid for, with a customer and a start; None when no subscriptions are given."""
    if "subscriptions" not in draft.tables:
        return None
    table = draft.tables["subscriptions"]
    frame = table.frame
    is_trial = truths(frame, "is_trial") | states.is_in(frame, "subscriptions", "trial")
    started_once = ~states.is_in(frame, "subscriptions", "never-started") & has_value(frame, STATE)
    started, ended = moments(frame, "started_at"), moments(frame, "ended_at")
    tried = ~np.isnat(moments(frame, "trial_ends_at")) & (ended <= started)  # left before the trial was over
    over = states.is_in(frame, "subscriptions", "ended") & np.isnat(ended)
    keep = started_once & ~is_trial & ~tried & ~np.isnat(started) & has_value(frame, "customer")
    draft.report("ended-without-date", table, keep & over)
    keep &= ~over
    draft.report("ended-before-started", table, keep & (ended < started))
    return frame[keep].reset_index(drop=True)


def monthly(frame: pd.DataFrame) -> Floats | None:
    """Recurring revenue a month of each subscription; None when neither it nor an amount with its interval is given."""
    mrr = numbers(frame, "mrr")
    if ("amount" in frame or "unit_amount" in frame) and "interval" in frame:
        share, written = by_text(frame["interval"], share_of_month, (np.nan, 0.0), np.float64).T
        count = numbers(frame, "interval_count")
        count = np.where(np.isnan(count), np.maximum(written, 1.0), count)
        said_twice = (written > 0) & (count != 1) & (count != written)
        often = np.where(written > 0, written, np.where(count > 0, count, 1))
        share = np.where((count > 0) & ~said_twice, share, np.nan) / often
        mrr = np.where(np.isnan(mrr), charged(frame) * share, mrr)
    elif "mrr" not in frame:
        return None
    return mrr


def charged(frame: pd.DataFrame) -> Floats:
    """What each subscription is charged per interval: its amount, else that of one unit times how many there are."""
    amount = numbers(frame, "amount")
    return np.where(np.isnan(amount), numbers(frame, "unit_amount") * quantities(frame), amount)


def _say_what_is_charged(draft: Draft, frame: pd.DataFrame) -> None:
    """Say where nothing tells whether an amount is that of one seat, and which discounts are not taken off."""
    table = Table("subscriptions", frame)
    by_amount = ~np.isnan(numbers(frame, "amount")) & np.isnan(numbers(frame, "mrr")) & has_value(frame, "interval")
    for i, hit in draft.by_file(table, by_amount & (numbers(frame, "quantity") > 1)):
        source = draft.sources[i]
        if _may_be_of_one(frame[(frame[SOURCE] == i) & by_amount], source.columns["amount"]):
            _, option, _ = with_rule(
                draft.settings, source.path, {"columns": {"unit_amount": source.columns["amount"]}}
            )
            detail = {"column": source.columns["amount"], "other": source.columns["quantity"], "option": option}
            draft.report("price-of-one", table, hit, **detail)
    if "discount" in frame:
        told = by_text(frame["discount"], _takes_off, False, bool)
        for i, hit in draft.by_file(table, by_amount & told):
            names, seen = draft.sources[i].columns, ", ".join(distinct_values(frame, "discount", hit)[:_SHOWN])
            draft.report("discount-kept", table, hit, column=names["discount"], seen=seen, amount=names["amount"])


def _may_be_of_one(frame: pd.DataFrame, label: str) -> bool:
    """Whether amounts beside a number of seats may be those of one: equal ones of a plan for whatever number, else under a
    header that says price; not where they grow with the number."""
    alike = [name for name in ("plan", "interval", "currency") if name in frame]
    rows = frame[alike].astype("str").assign(amount=numbers(frame, "amount"), quantity=quantities(frame))
    rows["each"] = (rows["amount"] / rows["quantity"]).round(2)
    kinds = rows.groupby(alike, dropna=False)[["amount", "quantity", "each"]].nunique()
    kinds = kinds[kinds["quantity"] > 1]
    grows = (kinds["each"] == 1).any()
    is_price = any(said.attribute == "price" for said in meanings_of((label,))[0])
    return bool((kinds["amount"] == 1).any() or (is_price and not grows))


def _takes_off(text: str) -> bool:
    """Whether a discount is one: not 0, no, or none."""
    return text.casefold() not in MISSING | FALSE and (re.search("[1-9]", text) is not None or "0" not in text)


def priced(draft: Draft, frame: pd.DataFrame) -> pd.DataFrame | None:
    """The subscriptions with their recurring revenue a month as `mrr`, and `is_known`, False where it is missing although
    something was paid; None when no file says what is paid. A revenue of 0 on a subscription that has ended is that of
    today, unless its plan is free: all that still run on it bring 0 too."""
    _say_what_is_charged(draft, frame)
    of_today = _of_today(draft, frame)
    if of_today.any():
        frame = frame.assign(mrr=np.where(of_today, np.nan, numbers(frame, "mrr")))
    mrr = monthly(frame)
    if mrr is None:
        return None
    of_today &= np.isnan(mrr)
    draft.report("mrr-of-today", Table("subscriptions", frame), of_today)
    unknown = np.isnan(mrr) & ~np.isnan(charged(frame)) & has_value(frame, "interval")
    if unknown.any():
        shown = frame.loc[unknown, "interval"].astype(str)
        count = numbers(frame, "interval_count")[unknown]
        several = (f"{number:g} " if number == number and number != 1 else "" for number in count)
        intervals = sorted({number + interval for number, interval in zip(several, shown, strict=True)})
        draft.report("unknown-interval", Table("subscriptions", frame), unknown, seen=", ".join(intervals[:3]))
    draft.report("no-amount", Table("subscriptions", frame), np.isnan(mrr) & ~of_today & ~unknown)
    frame = frame.assign(mrr=mrr, is_known=~of_today)
    started, ended = moments(frame, "started_at"), moments(frame, "ended_at")
    kept = np.where(of_today, ended > started, ~np.isnan(mrr) & ~(ended < started))
    return frame[kept].reset_index(drop=True)


def _of_today(draft: Draft, frame: pd.DataFrame) -> Bools:
    over = moments(frame, "ended_at") < draft.now
    nothing = numbers(frame, "mrr") == 0
    hit: Bools = over & nothing
    if hit.any() and "plan" in frame:
        plan = categorical(frame["plan"]).codes
        runs = np.bincount(plan[~over] + 1, minlength=plan.max() + 2)
        free = np.bincount(plan[~over & nothing] + 1, minlength=len(runs))
        hit &= ~((runs > 0) & (free == runs) & (np.arange(len(runs)) > 0))[plan + 1]
    return hit


def spells(draft: Draft) -> tuple[pd.DataFrame, bool, str] | None:
    """The paid subscriptions as stretches of time per customer, whether the file says when any of them ended, and what they
    are called; None without subscriptions. `weight` says which of several at a time a customer's plan is read from: the
    dearest."""
    frame = paid(draft)
    if frame is None or "customer" not in frame:
        return None
    has_ends = bool(has_value(draft.tables["subscriptions"].frame, "ended_at").any())
    mrr = monthly(frame)
    weight = np.zeros(len(frame)) if mrr is None else np.nan_to_num(mrr)
    stretches = _explained(draft, frame).assign(ended_at=moments(frame, "ended_at"), weight=weight)
    return stretches, has_ends, "the subscriptions"


def _explained(draft: Draft, frame: pd.DataFrame) -> pd.DataFrame:
    """The subscriptions with `is_involuntary`, where figures ask for it and any that has ended says why: True where a
    payment failed, False for any other reason of the customer's, missing where the reason says neither."""
    if not draft.asks("spells", "is_involuntary") or "cancel_reason" not in frame:
        return frame
    sides, words = ("involuntary", "voluntary"), state_words("churn_reasons")

    def side(reason: str) -> int:
        meant = words.of_status(reason) or "voluntary"
        return sides.index(meant) if meant in sides else -1

    sides_of = by_text(frame["cancel_reason"], side, -1, np.int8)
    ended = moments(frame, "ended_at") < draft.now
    if not (ended & (sides_of >= 0)).any():
        return frame
    draft.report("ended-without-reason", Table("subscriptions", frame), ended & (sides_of < 0))
    unlisted = ended & by_text(frame["cancel_reason"], lambda reason: words.of_status(reason) is None, False, np.bool_)
    if unlisted.any():
        reasons = ", ".join(f"“{reason}”" for reason in distinct_values(frame, "cancel_reason", unlisted)[:_SHOWN])
        sentence = f"Counted as the customers' own choice, as their reason is no failed payment we know: {reasons}"
        draft.note(f"{sentence} (subscriptions: {int(unlisted.sum()):,}).", "spells.is_involuntary")
    return frame.assign(is_involuntary=optional_truth(sides_of == 0, sides_of >= 0))


_SHOWN = 5  # reasons in a sentence
_WEEK = np.timedelta64(7, "D")  # who comes back later has been away
_FEWEST = 3
_SHARE = 0.9


def settle_ends(draft: Draft) -> None:
    """Make every end the first moment without: where a file's ends are last paid days (`end_dates`, else where nine of ten
    renewals begin the day after, three at least) that is the next renewal, else the beginning of the next day."""
    table = draft.tables.get("subscriptions")
    rule = draft.settings.end_dates
    if table is None or rule == "exclusive" or "customer" not in table.frame or "started_at" not in table.frame:
        return
    frame = table.frame
    ended = moments(frame, "ended_at")
    if np.isnat(ended).all():
        return
    following = _following(draft, table)
    wait = draft.days(following) - draft.days(ended)
    day_after = wait == DAY
    source = frame[SOURCE].to_numpy()
    if rule == "inclusive":
        rows = ~np.isnat(ended)
    else:
        renewed = (wait >= np.timedelta64(0, "D")) & (wait <= _WEEK)
        every = np.bincount(source[renewed], minlength=len(draft.sources))
        ready = np.bincount(source[day_after], minlength=len(draft.sources))
        inclusive = (ready >= _FEWEST) & (ready >= _SHARE * every)
        rows = inclusive[source] & ~np.isnat(ended)
        for index in np.flatnonzero(inclusive).tolist():
            column = draft.sources[index].columns.get("ended_at", "ended_at")
            shown = f"{ready[index]:,} of {every[index]:,}"
            draft.report("end-dates-inclusive", table, rows & (source == index), column=column, seen=shown)
    rows &= ~(has_value(frame, "trial_ends_at") & (ended <= moments(frame, "started_at")))  # only a trial ended
    if rows.any():
        over = instants(draft.days(ended) + DAY, draft.settings.timezone)
        frame["ended_at"] = np.where(rows, np.where(day_after, following, over), ended)


def _following(draft: Draft, table: Table) -> np.ndarray:
    """When each subscription's customer began the next one in the same file: the first start on the day of its end or later,
    missing for none."""
    frame = table.frame
    started, ended = moments(frame, "started_at"), moments(frame, "ended_at")
    customer = categorical(frame["customer"]).codes.astype(np.int64)
    key = customer * (int(frame[SOURCE].max()) + 1) + frame[SOURCE].to_numpy()
    begun: Bools = has_value(frame, "customer") & ~np.isnat(started)
    asked: Bools = has_value(frame, "customer") & ~np.isnat(ended)
    result = np.full(len(frame), NAT)
    days = instants(draft.days(ended[asked]), draft.settings.timezone)
    ends = pd.DataFrame({"key": key[asked], "at": days, "row": np.flatnonzero(asked)}).sort_values("at")
    starts = pd.DataFrame({"key": key[begun], "at": started[begun], "next": np.flatnonzero(begun)})
    starts = starts.sort_values("at", kind="stable")
    met = pd.merge_asof(ends, starts, on="at", by="key", direction="forward").dropna()
    met = met[met["row"] != met["next"]].astype({"next": np.int64})
    result[met["row"]] = started[met["next"]]
    return result
