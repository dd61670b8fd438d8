"""Every metric, said once more in plain Python: `compute` is the oracle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .marketing import Marketing
from .names import METRICS, PER_METRICS
from .once import Shared
from .retention import Retention
from .revenue import Revenue
from .rows import Tables
from .stages import Stages
from .voice import Voice
from .world import World

__all__ = ["METRICS", "PER_METRICS", "Result", "compute"]


NEVER = date(9999, 12, 31)
AS_OF_NOW = ("churned_share",)  # given for every period


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
    today: date = NEVER,
    shared: Shared | None = None,
) -> Result:
    """The metric for the days [start, end), as known at the end of the day `as_of`; it is cut where its tables end. What
    depends on neither metric, period nor segment is kept in `shared`, for whoever asks more of the same tables."""
    shared = Shared() if shared is None else shared
    shared.is_of(tables, as_of, settings, today)
    world = World(tables, start, end, as_of, settings or {}, segment, is_all, today, shared)
    if world.cut <= world.start:
        return Result(None, "not-covered")
    oracle = Oracle(world, per_value)
    figure = oracle.figure(metric)
    if figure.reason in ("missing-column", "?"):
        return Result(None, figure.reason)
    is_cut = False
    spans = [found for name in world.used if (found := world.span(name)) is not None]
    if spans and metric not in AS_OF_NOW:
        last = end - timedelta(days=1)
        if len({min(one.known if is_all else one.complete, last, as_of) for one in spans}) > 1:
            return Result(None, "not-covered")
        if any(start > one.last or min(last, as_of) < one.first for one in spans):
            return Result(None, "not-covered")
        end_of_all = min(min(one.known if is_all else one.complete for one in spans), last, as_of)
        is_cut = end_of_all < min(last, as_of)
        if is_cut and world.is_moved:
            return Result(None, "not-covered")
        if is_cut:
            world = World(
                tables, start, end_of_all + timedelta(days=1), as_of, settings or {}, segment, is_all, today, shared
            )
            oracle = Oracle(world, per_value)
            figure = oracle.figure(metric)
    if figure.value is None:
        return Result(None, figure.reason)
    return Result(float(figure.value), None, is_cut or world.to_date or oracle.is_immature(metric))


WENT_ON = ("mql_to_sql_rate", "sql_to_opportunity_rate")


class Oracle(Marketing, Revenue, Retention, Stages, Voice):
    """One method for each metric, named like it. A method returns a number, or raises `UnavailableError`."""

    def is_immature(self, metric: str) -> bool:
        if metric == "lead_conversion_rate":
            return self.has_conversion_dates() and any(not self.is_old_enough(lead) for lead in self.created_leads())
        if metric in ("mql_rate", "lead_to_sql_rate", "lead_to_opportunity_rate", *WENT_ON):
            return any(not self.is_old_enough(lead) for lead in self.created_leads())
        if metric == "sales_conversion_rate":
            typical = self.world.median_cycle()
            return typical is not None and any(
                deal["outcome"] == "open" and deal.get("created_at") is not None and self.world.age(deal) < typical
                for deal in self.created_deals()
            )
        return False
