"""Deals: what was won and lost, how long it took, what is open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction

from .family import Family
from .figures import (
    Figure,
    Number,
    UnavailableError,
    divide,
    incidence_median,
    mean,
    median,
    number,
    times,
    total,
)
from .rows import Row, clean, day, fold

COMPETITOR = ("competitor", "competition", "lost to competitor", "chose competitor")


class Sales(Family):
    """Deals: what was won and lost, how long it took, what is open."""

    def dated_deals(self, column: str, outcomes: tuple[str, ...]) -> list[Row]:
        rows = self.world.flow("deals", self.world.deals(), column)
        self.world.need("deals.outcome")
        return [row for row in rows if row["outcome"] in outcomes]

    def won(self) -> list[Row]:
        return self.dated_deals("closed_at", ("won",))

    def lost(self) -> list[Row]:
        return self.dated_deals("closed_at", ("lost",))

    def created_deals(self) -> list[Row]:
        return self.dated_deals("created_at", ("won", "lost", "open"))

    def deals_created(self) -> Number:
        return Fraction(len(self.created_deals()))

    def deals_won(self) -> Number:
        return Fraction(len(self.won()))

    def deals_lost(self) -> Number:
        return Fraction(len(self.lost()))

    def closed_deals(self) -> Number:
        return self.deals_won() + self.deals_lost()

    def win_rate(self) -> Figure:
        return self.ratio("deals_won", "closed_deals")

    def close_rate(self) -> Figure:
        return self.ratio("deals_won", "deals_created")

    def deals_created_won(self) -> Number:
        return Fraction(sum(1 for deal in self.created_deals() if deal["outcome"] == "won"))

    def deals_created_lost(self) -> Number:
        return Fraction(sum(1 for deal in self.created_deals() if deal["outcome"] == "lost"))

    def deals_created_open(self) -> Number:
        return Fraction(sum(1 for deal in self.created_deals() if deal["outcome"] == "open"))

    def sales_conversion_rate(self) -> Figure:
        return self.ratio("deals_created_won", "deals_created")

    def won_amounts(self) -> list[Fraction | None]:
        deals = self.won()
        self.world.need("deals.amount")
        return [number(deal.get("amount")) for deal in deals]

    def revenue_won(self) -> Number:
        return total(self.won_amounts())

    def average_deal_value(self) -> Number:
        return mean(self.won_amounts())

    def median_deal_value(self) -> Number:
        return median(self.won_amounts())

    def win_rate_by_value(self) -> Figure:
        won, lost = self.won_amounts(), [number(deal.get("amount")) for deal in self.lost()]
        if any(amount is None for amount in won + lost):
            raise UnavailableError("missing-values")
        every = {"won": [], "lost": []}  # of the whole table: where no lost deal has an amount, nobody gave them one
        for deal in self.world.deals():
            every.setdefault(deal["outcome"], []).append(number(deal.get("amount")) or 0)
        if lost and not any(every["lost"]) and any(amount > 0 for amount in every["won"]):
            raise UnavailableError("missing-values")
        return divide(Figure(total(won)), Figure(total(won + lost)))

    def won_cycles(self) -> list[Fraction | None]:
        deals = self.won()
        self.world.need("deals.created_at", "deals.closed_at")
        return [self.world.cycle(deal) for deal in deals]

    def sales_cycle_length(self) -> Number:
        return median(self.won_cycles())

    def sales_cycle_length_mean(self) -> Number:
        return mean(self.won_cycles())

    def sales_cycle_length_censored(self) -> Number:
        deals = self.created_deals()
        self.world.need("deals.created_at", "deals.closed_at")
        waits = []
        for deal in deals:
            length = self.world.age(deal) if deal["outcome"] == "open" else self.world.cycle(deal)
            if length is not None:
                waits.append((length, deal["outcome"]))
        return incidence_median(waits)

    def open_deals(self) -> Number:
        return Fraction(len(self.world.open_deals()))

    def open_pipeline(self) -> Number:
        deals = self.world.open_deals()
        self.world.need("deals.amount")
        return total([number(deal.get("amount")) for deal in deals])

    def activities_per_deal(self) -> Number:
        deals = self.dated_deals("closed_at", ("won", "lost"))
        self.world.need("deals.activities")
        return mean([number(deal.get("activities")) for deal in deals])

    def average_open_deal_value(self) -> Number:
        deals = self.world.open_deals()
        self.world.need("deals.amount")
        return mean([number(deal.get("amount")) for deal in deals])

    def weighted_pipeline(self) -> Number:
        deals = self.world.open_deals()
        self.world.need("deals.amount", "deals.probability")
        chances = [number(deal.get("probability")) for deal in self.world.tables["deals"]]
        whole = 100 if any(chance is not None and chance > 1 for chance in chances) else 1
        if any(deal["outcome"] != "open" or "closed_since" in deal for deal in deals):
            raise UnavailableError("missing-values")
        values: list[Fraction | None] = []
        for deal in deals:
            amount, chance = number(deal.get("amount")), number(deal.get("probability"))
            values.append(None if amount is None or chance is None else amount * chance / whole)
        return total(values)

    def overdue_open_deals(self) -> Number:
        """Open deals whose expected day is over: it lies before the last day of the period."""
        deals = self.world.open_deals()
        self.world.need_some("deals", "expected_close_at", "closed_at")
        overdue = 0
        for deal in deals:
            expected = deal.get("expected_close_at")
            if expected is None and deal["outcome"] == "open":
                expected = deal.get("closed_at")
            if expected is not None and day(expected) + timedelta(days=1) < day(self.world.cut):
                overdue += 1
        return Fraction(overdue)

    def pipeline_velocity(self) -> Figure:
        value = times(self.figure("open_deals"), self.figure("average_deal_value"))
        return divide(times(value, self.figure("win_rate")), self.figure("sales_cycle_length_mean"))

    def deals_lost_to_competitor(self) -> Number:
        deals = self.lost()
        self.world.need("deals.lost_reason")
        named = {fold(reason) for reason in self.world.settings.get("competitor_reasons", COMPETITOR)}
        return Fraction(sum(1 for deal in deals if fold(deal.get("lost_reason")) in named))

    def renewals(self, deals: Callable[[], list[Row]]) -> Number:
        self.world.need("deals.type")
        if not any(fold(deal.get("type")) == "renewal" for deal in self.world.tables["deals"]):
            raise UnavailableError("missing-column")
        return Fraction(sum(1 for deal in deals() if fold(deal.get("type")) == "renewal"))

    def closed_renewals(self) -> Number:
        return self.renewals(lambda: [*self.won(), *self.lost()])

    def renewals_won(self) -> Number:
        return self.renewals(self.won)

    def renewal_rate(self) -> Figure:
        return self.ratio("renewals_won", "closed_renewals")

    def lost_to_competitor_rate(self) -> Figure:
        return self.ratio("deals_lost_to_competitor", "deals_lost")

    def deals_lost_by_reason(self) -> Number:
        deals = self.lost()
        self.world.need("deals.lost_reason")
        return Fraction(sum(1 for deal in deals if clean(deal.get("lost_reason")) == self.per_value))

    def loss_reasons(self) -> Figure:
        return self.ratio("deals_lost_by_reason", "deals_lost")
