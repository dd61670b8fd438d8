"""Stages of deals: in which order they come, how many went on, were lost there and wait, and how long they stayed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from .family import Family
from .figures import Figure, Number, UnavailableError, number, survival_median, total
from .once import once
from .rows import Row, clean, day, duration, fold, moment, sensible

WON, LOST = {"won", "closed won"}, {"lost", "closed lost"}


@dataclass
class Visit:
    """A deal in a stage: when first, how long in all (None: not known), whether it is there still."""

    deal: Row
    stage: str
    entered: datetime
    lengths: list[Fraction | None] = field(default_factory=list)
    is_current: bool = False

    @property
    def days(self) -> Fraction | None:
        known = [length for length in self.lengths if length is not None]
        return sum(known, Fraction(0)) if len(known) == len(self.lengths) else None


class Stages(Family):
    """One method for each metric of stages; `per_value` is the stage."""

    # ---- histories ----

    @once
    def entries(self) -> dict[str, list[Row]]:
        """The entries up to T of each deal, in order of time."""
        found: dict[str, list[Row]] = {}
        for row in sorted(self.world.tables.get("deal_stages", []), key=lambda row: moment(row["entered_at"])):
            if self.world.happened(row["entered_at"]):
                found.setdefault(row["deal_id"], []).append(row)
        return found

    @once
    def order(self) -> list[str]:
        """The stages that are no ends, first to last: pairs by the clearest majority, then by how many entered, then by
        name."""
        firsts = []
        for rows in self.entries().values():
            first: dict[str, datetime] = {}
            for row in rows:
                first.setdefault(row["stage"], moment(row["entered_at"]))
            firsts.append(first)
        stages = {stage for first in firsts for stage in first}
        names = sorted(stages, key=lambda stage: (-sum(stage in first for first in firsts), stage.casefold(), stage))

        def lead(one: str, other: str) -> int:
            both = [(first[one], first[other]) for first in firsts if one in first and other in first]
            return sum(a < b for a, b in both) - sum(a > b for a, b in both)

        pairs = [(one, other) for one in names for other in names if lead(one, other) > 0]
        pairs.sort(key=lambda pair: (-lead(*pair), names.index(pair[0]), names.index(pair[1])))
        wished = [stage for stage in self.world.settings.get("stage_order", ()) if stage in stages]
        settled: list[tuple[str, str]] = []
        for one, other in [*pairwise(wished), *pairs]:
            if not leads(settled, other, one):
                settled.append((one, other))
        order: list[str] = []
        while len(order) < len(names):
            left = [stage for stage in names if stage not in order]
            order.append(next(s for s in left if not any(o != s and leads(settled, o, s) for o in left)))
        return [stage for stage in order if fold(stage) not in WON | LOST]

    def visits(self) -> list[Visit]:
        """Every deal and stage it reached, whatever the segment and the period."""
        self.world.need("deals.outcome")
        if "deal_stages" not in self.world.tables:
            raise UnavailableError("missing-column")
        self.world.used.add("deal_stages")
        return self._visits()

    @once
    def _visits(self) -> list[Visit]:
        deals = {deal["deal_id"]: deal for deal in self.world.deals()}
        found: dict[tuple[str, str], Visit] = {}
        for key, rows in self.entries().items():
            if key not in deals:
                continue
            for place, row in enumerate(rows):
                entered = moment(row["entered_at"])
                visit = found.setdefault((key, row["stage"]), Visit(deals[key], row["stage"], entered))
                length, running = self.length(deals[key], row, rows[place + 1] if place + 1 < len(rows) else None)
                visit.lengths.append(length)
                visit.is_current |= running
        if not found:
            raise UnavailableError("missing-column")
        return list(found.values())

    def length(self, deal: Row, row: Row, following: Row | None) -> tuple[Fraction | None, bool]:
        """How long one visit lasted, and whether it lasts."""
        by_day = self.world.is_calendar("deal_stages", "left_at")
        left = row.get("left_at")
        if left is None and following is not None:
            left = following["entered_at"]
        if left is not None and self.world.happened(left):
            begin, end = row["entered_at"], left
            return sensible(duration(day(begin) if by_day else begin, end, 1)), False
        if deal["outcome"] != "open":
            return sensible(duration(row["entered_at"], deal.get("closed_at"), 1)), False
        return self.world.waited("deal_stages", row["entered_at"], by_day, 1), True

    def entered(self) -> list[Visit]:
        """The visits to this stage by deals of the segment that came in the period."""
        visits = self.visits()
        for deal in self.world.tables["deals"]:
            self.world.counts("deals", deal)
        return [
            visit
            for visit in visits
            if visit.stage == self.per_value
            and self.world.in_period(visit.entered)
            and self.world.counts("deals", visit.deal)
        ]

    def became(self, visit: Visit) -> str:
        """gone on, lost or waiting."""
        order = self.order()
        reached = {other.stage for other in self.visits() if other.deal is visit.deal} & set(order)
        later = order[order.index(visit.stage) + 1 :]
        if visit.deal["outcome"] == "won" or reached & set(later):
            return "gone on"
        return "lost" if visit.deal["outcome"] == "lost" else "waiting"

    def that(self, became: str) -> list[Visit]:
        return [visit for visit in self.entered() if self.became(visit) == became]

    # ---- metrics ----

    def stages_entered(self) -> Number:
        return Fraction(len(self.entered()))

    def stage_went_on(self) -> Number:
        return Fraction(len(self.that("gone on")))

    def stage_lost(self) -> Number:
        return Fraction(len(self.that("lost")))

    def stage_waiting(self) -> Number:
        return Fraction(len(self.that("waiting")))

    def stage_conversion_rate(self) -> Figure:
        return self.ratio("stage_went_on", "stages_entered")

    def stage_amount_lost(self) -> Number:
        lost = self.that("lost")
        self.world.need("deals.amount")
        return total([number(visit.deal.get("amount")) for visit in lost])

    def time_in_stage(self) -> Number:
        visits = self.entered()
        return survival_median([(visit.days, not visit.is_current) for visit in visits if visit.days is not None])

    # ---- what an export knows without histories ----

    def standing(self) -> list[Row]:
        """The deals open at K(t) in this stage, for a period that reaches up to it."""
        self.world.need("deals.outcome", "deals.stage")
        if not self.world.in_period(self.world.known("deals")):
            raise UnavailableError("not-covered")
        deals = [deal for deal in self.world.deals() if deal["outcome"] == "open" and self.world.counts("deals", deal)]
        created = [deal for deal in deals if deal.get("created_at") is None or self.world.happened(deal["created_at"])]
        return [deal for deal in created if clean(deal.get("stage")) == self.per_value]

    def stage_snapshot_deals(self) -> Number:
        return Fraction(len(self.standing()))

    def stage_snapshot_amount(self) -> Number:
        deals = self.standing()
        self.world.need("deals.amount")
        return total([number(deal.get("amount")) for deal in deals])


def leads(settled: list[tuple[str, str]], one: str, other: str) -> bool:
    """Whether the settled pairs lead from one stage to another."""
    reached, fresh = {one}, {one}
    while fresh:
        fresh = {later for earlier, later in settled if earlier in fresh} - reached
        reached |= fresh
    return other in reached
