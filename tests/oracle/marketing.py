"""Spend: what campaigns cost and what they brought."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from .coverage import span
from .figures import (
    Figure,
    Number,
    UnavailableError,
    divide,
    minus,
    number,
    times,
    total,
)
from .leads import Leads
from .rows import Row, day, fold
from .sales import Sales

NEVER = date(9999, 12, 31)


class Marketing(Leads, Sales):
    """Spend: what campaigns cost and what they brought."""

    def spend_days(self, row: Row) -> tuple[date, date] | None:
        """First and last day that a row of spend covers."""
        if row.get("spent_at") is None:
            return None
        first = day(row["spent_at"])
        last = first if row.get("spent_to_at") is None else day(row["spent_to_at"])
        return first, max(first, last)

    def spend_window(self, lag: int = 0) -> tuple[date, date]:
        """First and last day of the period, moved back."""
        back = timedelta(days=lag)
        return day(self.world.start) - back, day(self.world.cut) - timedelta(days=1) - back

    def spend_rows(self, lag: int | None = None) -> list[tuple[Row, Fraction]]:
        """The rows of spend of the segment in the window, each with the share of its days that lie in it."""
        world = self.world
        world.need("spend.spent_at")
        if lag is None:
            world.used.add("spend")
        first, last = self.spend_window(lag or 0)
        found = []
        for row in world.tables["spend"]:
            covered = self.spend_days(row)
            if not world.counts("spend", row) or covered is None:
                continue
            common = (min(last, covered[1]) - max(first, covered[0])).days + 1
            if common > 0:
                found.append((row, Fraction(common, (covered[1] - covered[0]).days + 1)))
        return found

    def spend_sum(self, column: str, *, lag: int | None = None) -> Fraction:
        world = self.world
        world.need("spend.spent_at", f"spend.{column}")
        values = []
        for row, share in self.spend_rows(lag):
            value = number(row.get(column))
            values.append(None if value is None else value * share)
        if lag is not None:
            world.is_moved = True
            known = span("spend", world.tables["spend"], world.as_of, NEVER)
            first, last = self.spend_window(lag)
            if known is not None and (first < known.first or last > known.last):
                raise UnavailableError("not-covered")
        return total(values)

    def acquisition_spend(self) -> Number:
        return self.spend_sum("cost")

    def spend_lagged(self) -> Number:
        lag = self.world.settings.get("cac_lag_days")
        if lag is None:
            self.world.need("spend.spent_at", "spend.cost", "deals.created_at", "deals.closed_at", "deals.outcome")
            typical = self.world.median_cycle()
            if typical is None:
                raise UnavailableError("missing-column")  # neither the setting nor a cycle says how long the lag is
            lag = int(typical + Fraction(1, 2))
        return self.spend_sum("cost", lag=lag)

    def cac(self) -> Figure:
        return self.ratio("acquisition_spend", "new_customers")

    def cac_lagged(self) -> Figure:
        return self.ratio("spend_lagged", "new_customers")

    def leads_for_cost(self) -> Number:
        if "leads" in self.world.tables:
            return self.leads_created()
        return self.spend_sum("leads")

    def cost_per_lead(self) -> Figure:
        return self.ratio("acquisition_spend", "leads_for_cost")

    def conversions(self) -> Number:
        return self.spend_sum("conversions")

    def clicks(self) -> Number:
        return self.spend_sum("clicks")

    def impressions(self) -> Number:
        return self.spend_sum("impressions")

    def campaign_conversion_rate(self) -> Figure:
        return self.ratio("conversions", "clicks")

    def cost_per_conversion(self) -> Figure:
        return self.ratio("acquisition_spend", "conversions")

    def cost_per_click(self) -> Figure:
        return self.ratio("acquisition_spend", "clicks")

    def ctr(self) -> Figure:
        return self.ratio("clicks", "impressions")

    def cpm(self) -> Figure:
        return times(Figure(Fraction(1000)), self.ratio("acquisition_spend", "impressions"))

    def spend_before(self) -> Number:
        """The cost of the period before: as many calendar months where the period is whole ones, else as many days."""
        world = self.world
        world.need_start()
        world.need("spend.spent_at", "spend.cost")
        first, after = day(world.start), world.whole_end
        if first.day == 1 and after.day == 1:
            months = (after.year - first.year) * 12 + after.month - first.month
            count = first.year * 12 + first.month - 1 - months
            before = date(count // 12, count % 12 + 1, 1)
        else:
            before = first - (after - first)
        last = first - timedelta(days=1)
        known = span("spend", world.tables["spend"], world.as_of, NEVER)
        world.is_moved = True
        if known is not None and (before < known.first or last > known.last):
            raise UnavailableError("not-covered")
        return self.cost_between(before, last)

    def cost_between(self, begin: date, last: date) -> Fraction:
        values = []
        for row in self.world.tables["spend"]:
            covered = self.spend_days(row)
            if not self.world.counts("spend", row) or covered is None:
                continue
            common = (min(last, covered[1]) - max(begin, covered[0])).days + 1
            if common > 0:
                cost = number(row.get("cost"))
                values.append(None if cost is None else cost * common / ((covered[1] - covered[0]).days + 1))
        return total(values)

    def magic_number(self) -> Figure:
        gained = minus(self.figure("mrr"), self.figure("mrr_at_start"))
        return divide(times(Figure(Fraction(12)), gained), self.figure("spend_before"))

    def attributed_revenue(self) -> Number:
        world = self.world
        world.need("spend.campaign", "spend.cost", "spend.spent_at", "deals.amount")
        world.need_some("deals", "campaign", "source")
        spent_on = {fold(row.get("campaign")) for row, _ in self.spend_rows() if (number(row.get("cost")) or 0) > 0}
        values = []
        for deal in self.won():
            campaign = fold(deal.get("campaign"))
            name = campaign if campaign is not None else fold(deal.get("source"))
            if name is not None and name in spent_on:
                values.append(number(deal.get("amount")))
        return total(values)

    def unattributed_revenue(self) -> Figure:
        return minus(self.figure("revenue_won"), self.figure("attributed_revenue"))

    def roi(self) -> Figure:
        cost = self.figure("acquisition_spend")
        return divide(minus(times(self.figure("attributed_revenue"), self.gross_margin()), cost), cost)

    def roas(self) -> Figure:
        from_deals = self.ratio("attributed_revenue", "acquisition_spend")
        if from_deals.reason == "missing-column" and self.world.has("spend", "cost"):
            return self.conversion_value_per_cost()
        return from_deals

    def conversion_value(self) -> Number:
        return self.spend_sum("conversion_value")

    def conversion_value_per_cost(self) -> Figure:
        return self.ratio("conversion_value", "acquisition_spend")
