"""The model of renewals in words and numbers, for every book that has it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crm_metrics.analysis.lifetimes.contracts import Contracts


def said(found: Contracts) -> list[str]:
    """The parameters, or why there are none, and the test on the last quarter of the time."""
    notes = []
    if (model := found.parameters) is not None:
        notes.append(
            f"Renewals month by month by the shifted beta-geometric model: α {model.alpha:.3f}, β {model.beta:.3f}; "
            f"{found.lost:,} of {found.subscribers:,} subscribers have left"
        )
    elif (why := found.refused) is not None:
        notes.append(f"No model of renewals: {'; '.join(filter(None, (why.seen, why.hint)))}")
    if (test := found.test) is not None:
        notes.append(
            f"Hold-out of renewals: of {test.subscribers:,} subscribers on {_day(test.until)} {test.expected:,.1f} were "
            f"expected to leave, {test.low:,.1f} to {test.high:,.1f} in 99 of 100 cases, and {test.actual:,} did"
        )
    return notes


def known(found: Contracts) -> dict[str, Any] | None:
    """The same for JSON; null where a part cannot be had, None where nobody has subscribed."""
    if not found.subscribers:
        return None
    model, fit, test, why = found.parameters, found.fit, found.test, found.refused
    errors = dict(zip(("alpha", "beta"), fit.errors.tolist(), strict=True)) if fit is not None else None
    made: dict[str, Any] = {
        "alpha": model.alpha if model is not None else None,
        "beta": model.beta if model is not None else None,
        "log_likelihood": fit.log_likelihood if fit is not None else None,
        "standard_errors": errors,
        "unit": "months",
        "customers": found.subscribers,
        "lost": found.lost,
    }
    if test is not None:
        numbers = {"expected": test.expected, "low": test.low, "high": test.high, "actual": test.actual}
        made["hold_out"] = {"until": _day(test.until), "subscribers": test.subscribers, **numbers, "holds": test.holds}
    if why is not None:
        made["unavailable"] = {"reason": why.reason, "seen": why.seen}
    return made


def _day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()
