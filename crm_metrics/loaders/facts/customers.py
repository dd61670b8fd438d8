"""Customers: who left, and the spells of time in which each was a customer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_metrics.loaders.facts import states, subscriptions
from crm_metrics.loaders.facts.spells import merge
from crm_metrics.loaders.facts.workbench import (
    NAT,
    Bools,
    Workbench,
    has_value,
    moments,
    numbers,
    optional_truth,
    truths,
    unusable,
)
from crm_metrics.schema import STATES
from crm_metrics.tables import STATE, Table

_ACTIVE, _LEFT = (STATES["customers"].index(state) for state in ("active", "left"))


def derive(bench: Workbench) -> None:
    """Flags of who left; then spells, from the first source that is there."""
    if "customers" in bench.tables:
        _left(bench, bench.tables["customers"])
    if "spells" in bench.wanted:
        _spells(bench)


def _left(bench: Workbench, table: Table) -> None:
    frame = table.frame
    never = numbers(frame, "total_spend") <= 0
    bench.report("never-paid", table, never)
    if never.any() and "started_at" in frame:
        frame["started_at"] = np.where(never, NAT, moments(frame, "started_at"))
    states.settle(bench, table)
    flagged, by_state = has_value(frame, "is_churned"), states.is_in(frame, "customers", "left")
    if not (flagged | _says_who_left(bench, table)).any():
        table.frame = frame.drop(columns="is_churned", errors="ignore")
        return
    left = np.where(flagged, truths(frame, "is_churned"), by_state)
    frame["is_churned"] = optional_truth(left, flagged | has_value(frame, STATE))
    started = moments(frame, "started_at")
    prospect = np.isnat(started) & states.is_in(frame, "customers", "prospect")
    frame["is_customer"] = ~(started >= bench.known_until(table.name)) & ~prospect & ~never
    if has_value(frame, "ended_at").any():
        seen = "the customers have end dates, which do better: see the churn rate"
        table.unusable["is_churned"] = unusable("missing-column", seen)


def _says_who_left(bench: Workbench, table: Table) -> Bools:
    """The rows whose status or flag is about who is still a customer: a lifecycle stage is not."""
    words = states.read_by(bench, table, "status") if "status" in table.frame else np.full(len(table.frame), -1)
    return (words == _ACTIVE) | (words == _LEFT) | has_value(table.frame, "is_active")


def _spells(bench: Workbench) -> None:
    found = _from_subscriptions(bench) or _from_customers(bench) or _from_purchases(bench)
    if found is None:
        return
    frame, has_ends, where = found
    bench.say("spells-from", seen=where)
    merged = merge(frame, bench.dims if "subscriptions" in bench.tables else ())
    if not has_ends:
        merged = merged.drop(columns="ended_at")
    table = Table("spells", merged)
    if not has_ends:
        seen = f"{where} never say when a customer left"
        hint = "give an end date, or --set inactive_after_days=180 to count who has not bought for so long as lost"
        table.unusable["ended_at"] = unusable("missing-column", seen, hint)
    bench.tables["spells"] = table


def _from_subscriptions(bench: Workbench) -> tuple[pd.DataFrame, bool, str] | None:
    found = subscriptions.spells(bench)
    return None if found is None else (*found, "the subscriptions")


def _from_customers(bench: Workbench) -> tuple[pd.DataFrame, bool, str] | None:
    if "customers" not in bench.tables:
        return None
    frame = bench.tables["customers"].frame
    started, ended = moments(frame, "started_at"), moments(frame, "ended_at")
    bench.report("ended-before-started", bench.tables["customers"], bench.days(ended) < bench.days(started))
    keep = ~np.isnat(started)
    if not keep.any() or "customer" not in frame:
        return None
    return (
        frame.assign(ended_at=ended)[keep],
        bool(has_value(frame, "ended_at").any()),
        "the customers' start and end dates",
    )


def _from_purchases(bench: Workbench) -> tuple[pd.DataFrame, bool, str] | None:
    """Purchases as spells: from each until `inactive_after_days` later; without the setting, from the first one on."""
    if "purchases" not in bench.tables:
        return None
    frame = bench.tables["purchases"].frame
    if "customer" not in frame or "purchased_at" not in frame:
        return None
    rows = has_value(frame, "customer") & has_value(frame, "purchased_at") & ~truths(frame, "is_refund")
    idle = bench.settings.inactive_after_days
    if idle is None:  # what comes after the first one is part of the same time
        first = frame["purchased_at"].where(rows).groupby(frame["customer"], observed=True).transform("min")
        rows &= (frame["purchased_at"] == first).to_numpy()
    bought = frame[rows].rename(columns={"purchased_at": "started_at"})
    if idle is None:
        return bought.assign(ended_at=NAT), False, "the purchases"
    ended = bought["started_at"].to_numpy() + np.timedelta64(idle, "D")
    ended = np.where(ended >= bench.now, NAT, ended)
    return bought.assign(ended_at=ended), True, f"the purchases: lost after {idle} days without one"
