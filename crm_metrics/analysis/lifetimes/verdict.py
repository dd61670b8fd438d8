"""The one law for the model of purchases and amounts: where it is fitted, and where it is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from crm_metrics.analysis.lifetimes.histories import Histories, Ledger
from crm_metrics.analysis.lifetimes.holdout import held_out
from crm_metrics.analysis.lifetimes.model import FEWEST, HoldOut, Model, Unit, fitted, untold
from crm_metrics.analysis.lifetimes.regularity import Regularity, regularity
from crm_metrics.errors import NothingToReport
from crm_metrics.tables import Unusable

_PLAIN = "take arpu and repeat_purchase_rate, which need no model"
_BUYING = {"r": "how often they buy", "α": "how often they buy", "a": "when they leave", "b": "when they leave"}
_SPENDING = {"p": "what they spend", "q": "what they spend", "v": "what they spend"}


def judged(
    ledger: Ledger, histories: Histories, *, until: int, unit: Unit = "weeks", mixed: Sequence[str] = ()
) -> Model:
    """The model of the customers as known at the end of the day `until`, whose histories are given, with its test on the
    last quarter of the time. A fit is left out, with the reason, that is not the top of its likelihood, has a parameter at
    its bound or without a standard error, is one to purchases as regular as a contract's, or fails its test. `mixed` names
    the currencies of amounts that cannot be added."""
    model = fitted(histories, unit=unit, mixed=mixed)
    refused, hold_out = dict(model.refused), None
    if model.purchases is not None:
        first = int(histories.first.min())
        failed: Unusable | None
        try:
            hold_out = held_out(ledger, until=until - round((until - first) / 4), end=until, unit=unit)
            failed = _failed(hold_out)
        except NothingToReport as error:
            failed = Unusable("not-converged", f"the model cannot be tested: {error.what}", error.hint or _PLAIN)
        if (why := untold(model.purchases, _BUYING, _PLAIN) or failed) is not None:
            refused["purchases"] = why
    if model.repeat_buyers >= FEWEST and (why := _contract(regularity(ledger, until))) is not None:
        refused["purchases"] = why
    if model.spend is not None:
        each = float(np.nansum(histories.mean * histories.priced) / histories.priced.sum())
        hint = f"count with the mean of a repeat purchase, {each:,.2f}, for everybody"
        if (why := untold(model.spend, _SPENDING, hint)) is not None:
            refused["spend"] = why
    return replace(
        model,
        purchases=None if "purchases" in refused else model.purchases,
        spend=None if "spend" in refused else model.spend,
        refused=refused,
        hold_out=hold_out,
    )


def _contract(regularity: Regularity | None) -> Unusable | None:
    if regularity is None or not regularity.is_contract:
        return None
    times = "" if regularity.lag == 1 else f" of {regularity.lag} purchases"
    pair = f"two pauses{times} that follow each other" if regularity.within else "the first pauses of two customers"
    problem = (
        f"purchases come as regularly as a contract bills: in {regularity.share * 100:.0f} of 100 cases {pair} are alike, "
        f"within a half ({regularity.customers:,} customers; chance brings {regularity.by_chance * 100:.0f})"
    )
    hint = (
        f"give subscriptions, or --set inactive_after_days={np.ceil(1.5 * regularity.pause):.0f}: "
        "churn_rate and clv then say how long customers stay"
    )
    return Unusable("contract-like", problem, hint)


def _failed(test: HoldOut) -> Unusable | None:
    if test.holds:
        return None
    problem = (
        f"the model fails its test on the last quarter of the time: {test.total.actual:,} purchases came, and it allows "
        f"for {test.low:,.1f} to {test.high:,.1f}"
    )
    return Unusable("failed-hold-out", problem, _PLAIN)
