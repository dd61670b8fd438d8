"""The model of renewals in words and numbers, for every book that has it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from crm_metrics.book.rows import by_name

if TYPE_CHECKING:
    from crm_metrics.analysis.lifetimes.contracts import Contracts


def sentences(contracts: Contracts) -> list[str]:
    """The parameters, or why there are none, and the test on the last quarter of the time."""
    notes = []
    if (model := contracts.parameters) is not None:
        notes.append(
            f"Renewals month by month by the shifted beta-geometric model: α {model.alpha:.3f}, β {model.beta:.3f}; "
            f"{contracts.lost:,} of {contracts.subscribers:,} subscribers have left"
        )
    elif (why := contracts.refused) is not None:
        notes.append(f"No model of renewals: {'; '.join(filter(None, (why.seen, why.hint)))}")
    if (test := contracts.test) is not None:
        notes.append(
            f"Hold-out of renewals: of {test.subscribers:,} subscribers on {day_of(test.until)} {test.expected:,.1f} were "
            f"expected to leave, {test.low:,.1f} to {test.high:,.1f} in 99 of 100 cases, and {test.actual:,} did"
        )
    return notes


def as_json(contracts: Contracts) -> dict[str, Any] | None:
    """The same for JSON; null where a part cannot be had, None where nobody has subscribed."""
    if not contracts.subscribers:
        return None
    model, fit, test, why = contracts.parameters, contracts.fit, contracts.test, contracts.refused
    parameters: dict[str, Any] = dict.fromkeys(("alpha", "beta", "log_likelihood", "standard_errors"))
    if model is not None and fit is not None:
        errors = dict(zip(("alpha", "beta"), fit.errors.tolist(), strict=True))
        parameters = {**asdict(model), "log_likelihood": fit.log_likelihood, "standard_errors": errors}
    parameters |= {"unit": "months", "customers": contracts.subscribers, "lost": contracts.lost}
    if test is not None:
        numbers = by_name(test, "subscribers", "expected", "low", "high", "actual", "holds")
        parameters["hold_out"] = {"until": day_of(test.until), **numbers}
    if why is not None:
        parameters["unavailable"] = {"reason": why.reason, "seen": why.seen}
    return parameters


def day_of(number: int) -> str:
    """A day by its number since 1970, as text."""
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()
