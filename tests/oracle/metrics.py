"""Every metric, said once more in plain Python: `compute` is the oracle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from .marketing import Marketing
from .names import METRICS, PER_METRICS
from .retention import Retention
from .revenue import Revenue
from .rows import Tables
from .stages import Stages
from .voice import Voice
from .world import World

__all__ = ["METRICS", "PER_METRICS", "Result", "compute"]


@dataclass(frozen=True)
class Result:
    """The value, or the reason why there is none; partial for a period to date or an immature figure. The reason "?"
    stands for unavailable with a reason that no document names."""

    value: float | None
    reason: str | None
    partial: bool = False


def compute(
    tables: Tables,
    metric: str,
    start: date,
    end: date,
    as_of: date,
    *,
    settings: Mapping[str, Any] | None = None,
    segment: Mapping[str, str | None] | None = None,
    is_all: bool = False,
    per_value: str | None = None,
) -> Result:
    """The metric for the days [start, end), as known at the end of the day `as_of`."""
    world = World(tables, start, end, as_of, settings or {}, segment, is_all)
    if world.cut <= world.start:
        return Result(None, "?")
    oracle = Oracle(world, per_value)
    figure = oracle.figure(metric)
    if figure.value is None:
        return Result(None, figure.reason)
    return Result(float(figure.value), None, world.to_date or oracle.is_immature(metric))


class Oracle(Marketing, Revenue, Retention, Stages, Voice):
    """One method for each metric, named like it. A method returns a number, or raises `UnavailableError`."""

    def is_immature(self, metric: str) -> bool:
        if metric == "lead_conversion_rate":
            return self.has_conversion_dates() and any(not self.is_old_enough(lead) for lead in self.created_leads())
        if metric == "sales_conversion_rate":
            typical = self.world.median_cycle()
            return typical is not None and any(
                deal["outcome"] == "open" and deal.get("created_at") is not None and self.world.age(deal) < typical
                for deal in self.created_deals()
            )
        return False
