"""How long subscribers stay, month by month, and what their subscriptions will bring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_metrics.analysis.lifetimes import renewals
from crm_metrics.analysis.lifetimes.fitting import Fit
from crm_metrics.analysis.lifetimes.model import FEWEST, MONTH, months_ahead, untold
from crm_metrics.engine.cells import Floats
from crm_metrics.loaders.facts.workbench import DAY, moments, numbers
from crm_metrics.tables import Table, Unusable

_PLAIN = "take churn_rate and clv, which need no model"
_NEARLY = 0.1  # of a month: a subscription that ends so shortly after a renewal ended with it


@dataclass(frozen=True)
class Contracts:
    """The shifted beta-geometric fit to the months that `subscribers` have stayed, of whom `lost` have left; None where it
    cannot be had, `refused` says why."""

    subscribers: int = 0
    lost: int = 0
    fit: Fit | None = None
    refused: Unusable | None = None

    @property
    def parameters(self) -> renewals.Parameters | None:
        return renewals.Parameters(*self.fit.parameters.tolist()) if self.fit is not None else None


def contracts(spells: Table | None, at: int) -> Contracts:
    """The fit to each customer's first time as a subscriber, as known just before the instant `at`."""
    if spells is None or not spells.has("ended_at"):
        return Contracts(refused=spells.unusable.get("ended_at") if spells is not None else None)
    frame = spells.frame
    edge = np.datetime64(at, "us")
    started, ended = moments(frame, "started_at"), moments(frame, "ended_at")
    kept = (started < edge) & (numbers(frame, "ordinal") == 1)
    started, ended = started[kept], ended[kept]
    over = ended < edge
    held = months_held(started, np.where(over, ended, edge))
    left = np.maximum(np.ceil(held[over] - _NEARLY), 1).astype(np.int64)
    stayed = np.floor(held[~over]).astype(np.int64)
    if over.sum() < FEWEST:
        seen = f"{int(over.sum()):,} subscribers have left: a model of renewals needs {FEWEST}"
        return Contracts(len(over), int(over.sum()), None, Unusable("not-converged", seen))
    longest = int(max(left.max(), stayed.max(initial=1)))
    lost = np.bincount(left, minlength=longest + 1)[1:].astype(np.float64)
    staying = np.bincount(stayed, minlength=longest + 1)[1:].astype(np.float64)
    found = renewals.fit(lost, staying)
    if not found.converged:
        trouble: Unusable | None = Unusable("not-converged", "no single best model of renewals is found")
    else:
        trouble = untold(found, {"α": "when they leave", "β": "when they leave"}, _PLAIN)
    return Contracts(len(over), int(over.sum()), found if trouble is None else None, trouble)


def months_held(started: np.ndarray, until: np.ndarray) -> Floats:
    """The time between two instants in months of 30.4375 days."""
    made: Floats = (until - started) / DAY / MONTH
    return made


def worth(found: Contracts, held: Floats, *, days: float, discount_rate: float) -> Floats:
    """What one unit of recurring revenue a month is worth in the next `days` from subscribers who have stayed for so many
    months: each month's is paid at its end by those still there; NaN without a model."""
    parameters = found.parameters
    if parameters is None:
        return np.full(len(held), np.nan)
    ends, factors = months_ahead(days, discount_rate)
    lengths = np.diff(np.append(0.0, ends)) / MONTH
    tenures, place = np.unique(np.floor(held), return_inverse=True)
    made = np.zeros(len(tenures))
    for number, (length, factor) in enumerate(zip(lengths, factors, strict=True), start=1):
        made += length * factor * renewals.survival(parameters, tenures, np.full(len(tenures), float(number)))
    return made[place]
