"""Customers: who came, who stayed, who left."""

from __future__ import annotations

from fractions import Fraction

from .family import Family
from .figures import (
    Figure,
    NotCoveredError,
    Number,
    UnavailableError,
    divide,
    minus,
    plus,
)
from .rows import Spell, fold, moment
from .world import ENDED, LEFT

# Why subscriptions end in the random tables: whether a payment failed; the others say nothing of it.
REASONS = {"payment_failed": True, "card expired": True, "too expensive": False, "payment plan too rigid": False}


class Retention(Family):
    """Customers: who came, who stayed, who left."""

    def new_customers(self) -> Number:
        world = self.world
        source = world.spell_source()
        world.used.add(source)
        if source in ("orders", "deals"):
            world.need(f"{source}.customer", f"{source}.{'ordered_at' if source == 'orders' else 'closed_at'}")
            for row in world.tables[source]:
                world.counts(source, row)
            customers = {item.customer for item in world.all_purchases() if item.customer is not None}
            firsts = [world.bought_by(customer)[0] for customer in customers if world.bought_by(customer)]
            return Fraction(sum(1 for item in firsts if world.in_period(item.at) and world.counts(source, item.row)))
        for name in world.segment:
            if not world.has(source, name):
                world.need(f"customers.{name}")
        first: dict[str, Spell] = {}
        for spell in world.all_spells():
            if spell.customer not in first or spell.start < first[spell.customer].start:
                first[spell.customer] = spell
        new = [(who, spell) for who, spell in first.items() if world.in_period(spell.start)]
        if source == "subscriptions" and world.by_plan():
            if any(spell.start == spell.end for _, spell in new):
                raise NotCoveredError("a time as a customer of no length has no plan")
            return Fraction(sum(1 for who, spell in new if world.is_of(who, spell.start, after=True)))
        return Fraction(sum(1 for who, _ in new if world.customer_counts(who, source)))

    def customers_at_start(self) -> Number:
        return Fraction(len(self.world.there_at_start()))

    def customers_at_end(self) -> Number:
        return Fraction(len(self.world.there_at_end()))

    def customers_retained(self) -> Number:
        return Fraction(len(self.world.there_at_start() & self.world.there_at_end(of_any_plan=True)))

    def customers_lost(self) -> Number:
        return Fraction(len(self.world.there_at_start() - self.world.there_at_end(of_any_plan=True)))

    def customers_gained(self) -> Number:
        return Fraction(len(self.world.there_at_end() - self.world.there_at_start(of_any_plan=True)))

    def customers_won_back(self) -> Number:
        """At the end, not at the start, with a spell before the one they are in."""
        gained = self.world.there_at_end() - self.world.there_at_start(of_any_plan=True)
        spells = self.world.spells()
        return Fraction(
            sum(
                1
                for who in gained
                if sum(1 for spell in spells if spell.customer == who and spell.start < self.world.cut) >= 2
            )
        )

    def customers_interrupted(self) -> Number:
        """At the start and at the end, but not in one and the same spell."""
        world = self.world
        retained = world.there_at_start() & world.there_at_end(of_any_plan=True)
        throughout = {s.customer for s in world.spells() if world.there(s, world.start) and world.there(s, world.cut)}
        return Fraction(len(retained - throughout))

    def joined_and_left(self) -> Number:
        world = self.world
        somewhere = world.there_at_start(of_any_plan=True) | world.there_at_end(of_any_plan=True)
        spells = [spell for spell in world.spells() if world.in_period(spell.start)]
        if world.by_plan() and any(spell.start == spell.end for spell in spells):
            raise NotCoveredError("a time as a customer of no length has no plan")
        joined = {spell.customer for spell in spells if world.is_of(spell.customer, spell.start, after=True)}
        return Fraction(len(joined - somewhere))

    def retention_rate(self) -> Figure:
        return self.ratio("customers_retained", "customers_at_start")

    def churn_rate(self) -> Figure:
        return self.ratio("customers_lost", "customers_at_start")

    def lost_because(self, *, of_payment: bool) -> Figure:
        """The customers lost whose last subscription says so; one without a reason, or with reasons of both kinds, is
        neither."""
        world = self.world
        lost = world.there_at_start() - world.there_at_end(of_any_plan=True)
        if world.spell_source() != "subscriptions":
            raise UnavailableError("missing-column")
        world.need("subscriptions.cancel_reason")
        over = [item for item in world.paid() if item[2] is not None and item[2] < world.now]
        if not any(REASONS.get(fold(row.get("cancel_reason"))) is not None for *_, row in over):
            raise UnavailableError("missing-column")
        count = 0
        for who in lost:
            end = next(
                spell.end for spell in world.spells() if spell.customer == who and world.there(spell, world.start)
            )
            reasons = {
                REASONS.get(fold(row.get("cancel_reason"))) for name, _, at, row in over if (name, at) == (who, end)
            }
            count += reasons - {None} == {of_payment}
        return divide(Figure(Fraction(count)), self.figure("customers_at_start"))

    def voluntary_churn_rate(self) -> Figure:
        return self.lost_because(of_payment=False)

    def involuntary_churn_rate(self) -> Figure:
        return self.lost_because(of_payment=True)

    def unexplained_churn_rate(self) -> Figure:
        told = plus(self.figure("voluntary_churn_rate"), self.figure("involuntary_churn_rate"))
        return minus(self.figure("churn_rate"), told)

    def churn_rate_monthly(self) -> Figure:
        churn = self.figure("churn_rate")
        if churn.value is None:
            return churn
        if churn.value in (0, 1):
            return churn
        return Figure(1 - float(1 - churn.value) ** float(1 / self.world.months()))

    def trial_conversion_rate(self) -> Figure:
        """Of the trials that ended in the period, those whose subscription outlived them."""
        world = self.world
        world.need("subscriptions.trial_ends_at")
        world.need_some("subscriptions", "ended_at", "canceled_at")
        told, converted = 0, 0
        for row in world.at("subscriptions", "trial_ends_at"):
            status, end = fold(row.get("status")), row.get("ended_at")
            if row.get("started_at") is None or moment(row["trial_ends_at"]) <= moment(row["started_at"]):
                continue  # no trial
            if status in ("trialing", "paused") or (status in ENDED and end is None):
                continue  # what became of it is not known
            told += 1
            converted += end is None or moment(end) > moment(row["trial_ends_at"])
        return divide(Figure(Fraction(converted)), Figure(Fraction(told)))

    def churned_share(self) -> Figure:
        world = self.world
        if "customers" not in world.tables:
            raise UnavailableError("missing-column")
        world.need_some("customers", "is_churned", "status")
        people = [row for row in world.tables["customers"] if world.counts("customers", row)]
        dated = [row.get("ended_at") for row in world.tables["customers"]]
        if any(end is not None for end in dated):
            raise UnavailableError("?")
        people = [row for row in people if row.get("started_at") is None or world.happened(row["started_at"])]
        said = [row for row in people if row.get("is_churned") is not None or row.get("status") is not None]
        left = 0
        for row in said:  # a blank is unknown, not "no"
            flag = row.get("is_churned")
            left += bool(flag) if flag is not None else fold(row.get("status")) in LEFT
        return divide(Figure(Fraction(left)), Figure(Fraction(len(said))))
