"""How long nothing was done about open deals, by the last activity that their files give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_metrics.analysis.pipeline.deals import Deals
from crm_metrics.engine.cells import Bools, Floats, Ints
from crm_metrics.settings import Settings
from crm_metrics.tables.frames import NEVER


@dataclass(frozen=True)
class Activity:
    """Of each open deal the days since its last activity: NaN where they cannot be told, negative where it lies ahead. They
    are counted from its creation where there was none since (`never`); more than `limit` are too many. `untold` counts the
    deals whose file gives no activity at all, `later` those with one after the as-of that is set: what came before it is
    not known. Where none is set, as-of is the newest day of deals, and a later activity shows that something is done."""

    days: Floats
    never: Bools
    limit: int
    untold: int
    later: int

    @property
    def inactive(self) -> Bools:
        """The deals without activity for too long."""
        return self.days > self.limit

    def inactive_of(self, those: Ints) -> int | None:
        """How many of some open deals are; None where it can be told of none."""
        return int(self.inactive[those].sum()) if (~np.isnan(self.days[those])).any() else None


def activity(deals: Deals, place: Ints, day: int, settings: Settings) -> Activity:
    """What is known of the activity of the deals at these places, at the end of a day."""
    files, last, created = deals.places[:, 0], deals.active[place], deals.created[place]
    # A file in which the whole column is blank says as little as one without it.
    recorded = np.isin(files[place], files[deals.active != NEVER])
    later = (last > day) & (settings.as_of is not None)
    since = np.maximum(last, created)
    dated = recorded & ~later & (since != NEVER)
    days = np.where(dated, day - np.where(dated, since, day), np.nan)
    return Activity(
        days, recorded & (last < created), settings.no_activity_days, int((~recorded).sum()), int(later.sum())
    )
