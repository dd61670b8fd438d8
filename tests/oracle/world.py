"""The tables seen from one period, one segment and one as-of: what happened, who was there, what was bought."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from .coverage import Span, span
from .figures import NotCoveredError, UnavailableError, median, number
from .once import Shared, once
from .rows import (
    Movement,
    Purchase,
    Recurring,
    Row,
    Spell,
    Tables,
    clean,
    day,
    duration,
    fold,
    merged,
    moment,
    sensible,
)

NOT_SOLD = {"cancelled", "canceled", "void", "voided", "failed"}
NEVER_STARTED = {"incomplete", "incomplete_expired", "incomplete expired"}
SOLVED = {"solved", "closed", "resolved"}
UNSOLVED = {"open", "pending", "new", "on hold"}
ENDED = {"canceled", "cancelled", "ended", "expired"}
LEFT = {"churned", "left", "lost", "cancelled", "canceled", "inactive", "former", "former customer"}
# What an amount per interval is a month: READINGS, "Movements of MRR".
MONTHLY = {
    "month": Fraction(1),
    "year": Fraction(1, 12),
    "quarter": Fraction(1, 3),
    "week": Fraction("365.25") / 84,
    "day": Fraction("365.25") / 12,
}
CARRIED_ONTO = {"deals", "tickets", "responses", "orders", "subscriptions"}


class World:
    """Tables, a period [start, cut), and T (`now`): the instant at which the as-of day ends."""

    def __init__(
        self,
        tables: Tables,
        start: date,
        end: date,
        as_of: date,
        settings: Mapping[str, Any],
        segment: Mapping[str, str | None] | None,
        is_all: bool,
        today: date,
        shared: Shared,
    ) -> None:
        self.shared = shared
        self.tables = {name: rows for name, rows in tables.items() if rows}
        self.as_of = as_of
        self.today = today
        self.now = moment(as_of + timedelta(days=1))
        self.start = moment(start)
        self.cut = min(moment(end), self.now)
        self.to_date = moment(end) > self.now
        self.whole_end = end
        self.settings = settings
        self.segment = dict(segment or {})
        self.is_all = is_all
        self.is_moved = False  # whether a table is looked at in a period that is moved back
        self.used: set[str] = set()  # the tables whose records a figure places in the period

    # ---- columns ----

    def has(self, table: str, column: str) -> bool:
        return any(column in row for row in self.tables.get(table, []))

    def need(self, *columns: str) -> None:
        """Each `table.column` has to be in the files."""
        for name in columns:
            table, column = name.split(".")
            if not self.has(table, column):
                raise UnavailableError("missing-column")

    def is_calendar(self, table: str, column: str) -> bool:
        """Whether the column holds calendar dates."""
        values = [row.get(column) for row in self.tables.get(table, [])]
        given = [value for value in values if value is not None]
        return bool(given) and not isinstance(given[0], datetime)

    # ---- segments ----

    def customer_attribute(self, customer: str | None, name: str) -> str | None:
        if customer is not None:
            for row in self.tables.get("customers", []):
                if row.get("customer_id") == customer:
                    return clean(row.get(name))
        return None

    def attribute(self, table: str, row: Row, name: str) -> str | None:
        """The row's value of a dimension: the table's own column, else its customer's."""
        if table == "deals" and name == "campaign" and self.has("spend", "campaign"):
            return self.deal_campaign(row)
        if self.has(table, name):
            return clean(row.get(name))
        if table in CARRIED_ONTO and self.has(table, "customer") and self.has("customers", name):
            return self.customer_attribute(row.get("customer"), name)
        raise UnavailableError("missing-column")

    def deal_campaign(self, row: Row) -> str | None:
        """A deal's campaign in the spelling of the spend file; its source where that is a campaign of the file."""
        self.need_some("deals", "campaign", "source")
        spellings: dict[str, set[str]] = {}
        for spent in self.tables["spend"]:
            text = clean(spent.get("campaign"))
            if text is not None:
                spellings.setdefault(text.casefold(), set()).add(text)
        own, source = clean(row.get("campaign")), clean(row.get("source"))
        text = own if own is not None else source
        if text is None:
            return None
        same = spellings.get(text.casefold(), set())
        if len(same) > 1:
            raise NotCoveredError("two spellings of one campaign in the spend file")
        return next(iter(same)) if same else own

    def need_some(self, table: str, *columns: str) -> None:
        if not any(self.has(table, column) for column in columns):
            raise UnavailableError("missing-column")

    def counts(self, table: str, row: Row) -> bool:
        """Whether the row belongs to the segment."""
        return all(self.attribute(table, row, name) == clean(value) for name, value in self.segment.items())

    def customer_counts(self, customer: str, source: str) -> bool:
        """Whether a customer belongs to the segment, where it is customers that are counted."""
        for name in self.segment:
            if source != "customers" and self.has(source, name):
                raise NotCoveredError(f"customers from {source} by the {source}' own {name}")
            self.need(f"customers.{name}")
        return all(self.customer_attribute(customer, name) == clean(value) for name, value in self.segment.items())

    # ---- time ----

    def happened(self, value: Any) -> bool:
        """By T."""
        return value is not None and moment(value) < self.now

    def in_period(self, value: Any) -> bool:
        return value is not None and self.start <= moment(value) < self.cut

    def flow(self, table: str, rows: list[Row], column: str) -> list[Row]:
        """The rows of the segment whose date falls in the period. Without such a column, all of them under "all"."""
        if table not in self.tables:
            raise UnavailableError("missing-column")
        self.used.add(table)
        for row in self.tables[table]:
            self.counts(table, row)  # the dimension must exist, even when no row of the period is left
        if not self.has(table, column):
            if not self.is_all:
                raise UnavailableError("missing-column")
            return [row for row in rows if self.counts(table, row)]
        return [row for row in rows if self.in_period(row.get(column)) and self.counts(table, row)]

    def at(self, table: str, column: str) -> list[Row]:
        return self.flow(table, self.tables.get(table, []), column)

    @once
    def span(self, table: str) -> Span | None:
        return span(table, self.tables[table], self.as_of, self.today)

    def known(self, table: str) -> date:
        """K(t), the last day on which the state of a table's records is known: ages and waits are judged by it."""
        found = self.span(table)
        return self.as_of if found is None else found.known

    def waited(self, table: str, created: Any, other_is_calendar: bool, units_per_day: int) -> Fraction:
        """How long a record that has not ended has lasted at the end of K(t): in whole days where its end would be counted
        so."""
        known = self.known(table)
        if isinstance(created, datetime) and not other_is_calendar:
            length = duration(created, moment(known + timedelta(days=1)), units_per_day)
            assert length is not None
            return length
        return Fraction((known - day(created)).days * units_per_day)

    def months(self) -> Fraction:
        """Months in the period: calendar months when it is whole ones, else days / 30.4375."""
        if self.start.day == 1 and self.cut.day == 1:
            return Fraction((self.cut.year - self.start.year) * 12 + self.cut.month - self.start.month)
        return Fraction((self.cut - self.start).days) / Fraction("30.4375")

    def need_start(self) -> None:
        """Under "all" nothing is known of the state before."""
        if self.is_all:
            raise UnavailableError("no-baseline")

    # ---- deals ----

    @once
    def deals(self) -> list[Row]:
        """Deals as they stood at T: one won or lost after it was open, and is marked as closed since; where the table has
        one column for both, that day is the expected one. Its stage, and that of a deal that entered another one after T,
        is the last that the history knows."""
        return [self.then(row) for row in self.tables.get("deals", [])]

    def then(self, deal: Row) -> Row:
        closed = deal.get("outcome") in ("won", "lost") and deal.get("closed_at") is not None
        since = closed and not self.happened(deal["closed_at"])
        made = dict(deal)
        if since:
            made |= {"outcome": "open", "closed_since": True, "lost_reason": None}
            if self.has("deals", "expected_close_at"):
                made["closed_at"] = None
        entries = [row for row in self.tables.get("deal_stages", []) if row["deal_id"] == deal.get("deal_id")]
        before = [row for row in entries if self.happened(row["entered_at"])]
        if since or len(before) < len(entries):
            made["stage"] = max(before, key=lambda row: moment(row["entered_at"]))["stage"] if before else None
        return made

    def cycle(self, deal: Row) -> Fraction | None:
        return sensible(duration(deal.get("created_at"), deal.get("closed_at"), 1))

    def age(self, deal: Row) -> Fraction:
        return self.waited("deals", deal["created_at"], self.is_calendar("deals", "closed_at"), 1)

    @once
    def median_cycle(self) -> Fraction | None:
        """The median cycle of all deals won up to T, whatever the segment."""
        cycles = [self.cycle(deal) for deal in self.deals() if deal.get("outcome") == "won"]
        return median(cycles) if any(cycle is not None for cycle in cycles) else None

    def open_deals(self) -> list[Row]:
        """Deals open just before the period's end. Won or lost without a date: never."""
        self.need("deals.outcome")
        self.used.add("deals")
        found = []
        for deal in self.deals():
            if not self.counts("deals", deal):
                continue
            if not self.has("deals", "created_at"):
                if not self.is_all:
                    raise UnavailableError("missing-column")
                began = True
            else:
                created = deal.get("created_at")
                began = created is not None and moment(created) < self.cut
                # Open by the file, so open at T, whenever it began; at an earlier edge that cannot be told.
                began = began or (created is None and deal["outcome"] == "open" and self.cut == self.now)
            if deal["outcome"] == "open":
                lasts = True
            else:
                closed = deal.get("closed_at")
                lasts = closed is not None and moment(closed) >= self.cut
            if began and lasts:
                found.append(deal)
        return found

    # ---- purchases ----

    def purchase_table(self) -> str:
        for table in ("orders", "deals"):
            if table in self.tables:
                return table
        raise UnavailableError("missing-column")

    @once
    def all_purchases(self) -> list[Purchase]:
        """Orders where there are orders, else won deals; refunds as rows of their own; whatever the segment."""
        found = []
        if self.purchase_table() == "orders":
            rows = [row for row in self.tables["orders"] if fold(row.get("status")) not in NOT_SOLD]
            priced = any(number(row.get("amount")) for row in rows)
            rows = [row for row in rows if not (priced and self.is_free(row))]
            settled = self.settled_by_rows(rows)
            for row in rows:
                at = None if row.get("ordered_at") is None else moment(row["ordered_at"])
                amount = number(row.get("amount"))
                found.append(Purchase(row.get("customer"), at, amount, amount is not None and amount < 0, row))
                back = self.marked_back(row)
                if back and not any(row is other for other in settled):
                    found.append(Purchase(row.get("customer"), at, -back, True, row))
        else:
            self.need("deals.outcome")
            for row in self.deals():
                if row["outcome"] == "won":
                    at = None if row.get("closed_at") is None else moment(row["closed_at"])
                    amount = number(row.get("amount"))
                    found.append(Purchase(row.get("customer"), at, amount, amount is not None and amount < 0, row))
        return [item for item in found if item.at is None or item.at < self.now]

    def is_free(self, row: Row) -> bool:
        """TRUST section 4: an order of 0 is no purchase. A log of purchases without numbers is no list of orders."""
        return (
            self.has("orders", "order_id") and number(row.get("amount")) == 0 and not number(row.get("refunded_amount"))
        )

    def marked_back(self, row: Row) -> Fraction:
        """What a sale itself says was given back: −30 and 30 mean the same, "refunded" alone means all of it."""
        amount, back = number(row.get("amount")), number(row.get("refunded_amount"))
        if amount is not None and amount < 0:
            return Fraction(0)
        if back is None:
            return amount if amount is not None and fold(row.get("status")) == "refunded" else Fraction(0)
        return abs(back)

    def settled_by_rows(self, rows: list[Row]) -> list[Row]:
        """Sales marked refunded whose refund is a row of its own: of the same customer and amount, and no older; else the
        customer's only one of which it is not said how much, where no more than that came back."""

        def when(row: Row) -> date:
            return day(row["ordered_at"]) if row.get("ordered_at") is not None else date.min

        taken = sorted((row for row in rows if (number(row.get("amount")) or 0) < 0), key=when)
        waiting = sorted((row for row in rows if self.marked_back(row)), key=when)
        settled: list[Row] = []
        left: list[Row] = []
        for refund in taken:
            for sale in waiting:
                same = sale.get("customer") == refund.get("customer") and clean(sale.get("currency")) == clean(
                    refund.get("currency")
                )
                if same and self.marked_back(sale) == -number(refund["amount"]) and when(sale) <= when(refund):  # type: ignore[operator]
                    waiting.remove(sale)
                    settled.append(sale)
                    break
            else:
                left.append(refund)
        only = [
            sale for sale in waiting if number(sale.get("refunded_amount")) is None and sale.get("customer") is not None
        ]
        for sale in only:
            alike = [o for o in only if (o["customer"], o.get("currency")) == (sale["customer"], sale.get("currency"))]
            mine = [
                -number(refund["amount"])  # type: ignore[operator]
                for refund in left
                if (refund.get("customer"), refund.get("currency")) == (sale["customer"], sale.get("currency"))
                and when(refund) >= when(sale)
            ]
            if len(alike) == 1 and mine and sum(mine) <= self.marked_back(sale):
                settled.append(sale)
        return settled

    def purchases(self, *, until_end: bool = False) -> list[Purchase]:
        """The purchases and refunds of the segment in the period, or up to its end."""
        table = self.purchase_table()
        self.used.add(table)
        column = "ordered_at" if table == "orders" else "closed_at"
        undated = not self.has(table, column)
        if undated and not self.is_all:
            raise UnavailableError("missing-column")
        for row in self.tables[table]:
            self.counts(table, row)
        found = []
        for item in self.all_purchases():
            if undated:
                inside = True
            elif until_end:
                inside = item.at is not None and item.at < self.cut
            else:
                inside = self.in_period(item.at)
            if inside and self.counts(table, item.row):
                found.append(item)
        return found

    def need_purchases(self, *, customer: bool = False, amount: bool = False) -> None:
        table = self.purchase_table()
        if customer:
            self.need(f"{table}.customer")
        if amount:
            self.need(f"{table}.amount")

    def bought_by(self, customer: str) -> list[Purchase]:
        """All purchases of a customer, without refunds, oldest first."""
        mine = [p for p in self.all_purchases() if p.customer == customer and not p.is_refund and p.at is not None]
        return sorted(mine, key=lambda item: item.at or datetime.min)

    # ---- subscriptions ----

    def subscription_end(self, row: Row) -> datetime | None:
        if row.get("ended_at") is not None:
            return moment(row["ended_at"])
        if fold(row.get("status")) in ("canceled", "cancelled") and row.get("canceled_at") is not None:
            return moment(row["canceled_at"])
        return None

    @once
    def inclusive(self) -> bool:
        """Whether ends are last paid days: nine of ten renewals begin the day after, three at least. Who comes back within a
        week renews."""
        if self.settings.get("end_dates") is not None:
            return bool(self.settings["end_dates"] == "inclusive")
        waits = []
        rows = [row for row in self.tables.get("subscriptions", []) if row.get("customer") and row.get("started_at")]
        for row in rows:
            end = self.subscription_end(row)
            if end is not None:
                later = [
                    (day(other["started_at"]) - end.date()).days
                    for other in rows
                    if other is not row and other["customer"] == row["customer"]
                ]
                waits += [min((wait for wait in later if wait >= 0), default=99)]
        renewed = [wait for wait in waits if wait <= 7]
        return renewed.count(1) >= 3 and renewed.count(1) >= Fraction(9, 10) * len(renewed)

    @once
    def paid(self) -> list[tuple[str, datetime, datetime | None, Row]]:
        """Subscriptions that were more than a trial and have started by T: customer, start, end."""
        found = []
        inclusive = self.inclusive()
        for row in self.tables.get("subscriptions", []):
            if row.get("customer") is None or row.get("started_at") is None:
                continue
            if row.get("is_trial") is True or fold(row.get("status")) in {"trialing", *NEVER_STARTED}:
                continue
            start, end = moment(row["started_at"]), self.subscription_end(row)
            if end is None and fold(row.get("status")) in ENDED:
                continue  # over, nobody knows since when
            if row.get("trial_ends_at") is not None:
                trial_end = moment(row["trial_ends_at"])
                if trial_end > start:
                    if end is not None and end <= trial_end:
                        continue
                    start = trial_end
            if inclusive and end is not None:
                end = moment(end.date() + timedelta(days=1))
            if start < self.now:
                found.append((row["customer"], start, end, row))
        return found

    def is_of_today(self, row: Row, end: datetime | None) -> bool:
        """A revenue of 0 on an ended subscription, unless its plan is free: whoever still has it pays nothing."""
        if number(row.get("mrr")) != 0 or end is None or end >= self.now:
            return False
        plan = clean(row.get("plan"))
        running = [
            other
            for _, _, until, other in self.paid()
            if plan is not None and clean(other.get("plan")) == plan and (until is None or until >= self.now)
        ]
        return not running or any(number(other.get("mrr")) != 0 for other in running)

    def recurring(self) -> list[Recurring]:
        """What each paid subscription brings a month."""
        self.need("subscriptions.customer", "subscriptions.started_at")
        self.used.add("subscriptions")
        by_month = self.has("subscriptions", "mrr")
        if not by_month:
            self.need("subscriptions.amount", "subscriptions.interval")
        found = []
        for customer, start, end, row in self.paid():
            value = number(row.get("mrr" if by_month else "amount"))
            if value is None or not (self.by_plan() or self.customer_counts(customer, "subscriptions")):
                continue
            if end is not None and end < start:
                continue
            if not by_month:
                value *= MONTHLY[fold(row["interval"]) or "month"]
            of_today = by_month and self.is_of_today(row, end)
            found.append(Recurring(customer, start, end, None if of_today else value, row))
        for name in self.segment:
            if not self.has("subscriptions", name):
                self.need(f"customers.{name}")
        return found

    def by_plan(self) -> bool:
        """Whether the segment is one of subscriptions by an attribute of their own, which changes in time."""
        return bool(self.segment) and all(self.has("subscriptions", name) for name in self.segment)

    def plan(self, row: Row) -> tuple[str | None, ...]:
        return tuple(clean(row.get(name)) for name in self.segment)

    def wanted(self) -> tuple[str | None, ...]:
        return tuple(clean(value) for value in self.segment.values())

    def plan_of(self, customer: str, edge: datetime, *, after: bool = False) -> tuple[str | None, ...] | None:
        """The attributes that a customer has just before an edge, or just after it: those of the dearest subscription, of
        equals the one that began last."""
        mine = [
            (Recurring(customer, start, end, number(row.get("mrr")) or Fraction(0), row))
            for who, start, end, row in self.paid()
            if who == customer
        ]
        there = [item for item in mine if (item.after(edge) if after else item.before(edge))]
        if not there:
            return None
        best = max((item.mrr or Fraction(0), item.start) for item in there)
        plans = {self.plan(item.row) for item in there if (item.mrr or Fraction(0), item.start) == best}
        if len(plans) > 1:
            raise NotCoveredError("two subscriptions of one day and price")
        return plans.pop()

    def has_plan(self, customer: str, edge: datetime, *, after: bool = False) -> bool:
        """Whether the customer is of the segment, where that is known of subscriptions in time."""
        return not self.by_plan() or self.plan_of(customer, edge, after=after) == self.wanted()

    def need_subscription_ends(self) -> None:
        self.need_some("subscriptions", "ended_at", "canceled_at")

    @staticmethod
    def level(subscriptions: list[Recurring]) -> Fraction | None:
        """The recurring revenue of subscriptions that are there; None where something of it is not known."""
        if any(item.mrr is None for item in subscriptions):
            return None
        return sum((item.mrr or Fraction(0) for item in subscriptions), Fraction(0))

    def movements(self) -> list[Movement]:
        """Each moment at which a customer's total changes, in the period, as far as it is of the segment."""
        found = []
        everything = self.recurring()
        for customer in sorted({item.customer for item in everything}):
            mine = [item for item in everything if item.customer == customer]
            edges = {item.start for item in mine} | {item.end for item in mine if item.end is not None}
            was_paying = False
            for edge in sorted(edges):
                before = [item for item in mine if item.before(edge)]
                after = [item for item in mine if item.after(edge)]
                pays = [self.level(items) != 0 for items in (before, after)]
                # What is the same on both sides is no part of the change, known or not.
                change = [
                    self.level([item for item in items if item not in other])
                    for items, other in ((before, after), (after, before))
                ]
                size = None if change[0] is None or change[1] is None else change[1] - change[0]
                if size != 0:
                    if not pays[0]:
                        kinds = ["reactivation" if was_paying else "new"]
                    elif not pays[1]:
                        kinds = ["churn"]
                    elif size is None:
                        kinds = ["expansion", "contraction"]
                    else:
                        kinds = ["expansion" if size > 0 else "contraction"]
                    if self.in_period(edge):
                        found += [
                            Movement(customer, edge, kind, part)
                            for kind in kinds
                            for part in self.part(kind, size, before, after)
                        ]
                was_paying = was_paying or pays[1]
        return found

    def part(
        self, kind: str, size: Fraction | None, before: list[Recurring], after: list[Recurring]
    ) -> list[Fraction | None]:
        """What of a movement is of the segment: by the plan after the moment, before it for what is lost."""
        if not self.by_plan():
            return [None if size is None else abs(size)]
        side = before if kind == "churn" else after
        plans = {self.plan(item.row) for item in side if item.mrr != 0}
        if len(plans) == 1:
            mine = [item for item in side if self.plan(item.row) == self.wanted()]
            if kind not in ("expansion", "contraction") or len({self.plan(item.row) for item in before}) == 1:
                return [None if size is None else abs(size)] if plans == {self.wanted()} else []
            if not mine and kind == "expansion":
                return []
        raise NotCoveredError("several plans at a time")

    # ---- spells ----

    def spell_source(self) -> str:
        """Where it is known from who is a customer: subscriptions, customers, else the purchases' table."""
        if "subscriptions" in self.tables:
            return "subscriptions"
        if self.has("customers", "started_at"):
            return "customers"
        return self.purchase_table()

    def all_spells(self) -> list[Spell]:
        """The unbroken times as a customer, whatever the segment."""
        source = self.spell_source()
        stretches: dict[str, list[tuple[datetime, datetime | None]]] = {}
        if source == "subscriptions":
            for customer, start, end, _ in self.paid():
                stretches.setdefault(customer, []).append((start, end))
        elif source == "customers":
            for row in self.tables["customers"]:
                if row.get("customer_id") is not None and self.happened(row.get("started_at")):
                    ended = row.get("ended_at")
                    stretch = (moment(row["started_at"]), None if ended is None else moment(ended))
                    stretches.setdefault(row["customer_id"], []).append(stretch)
        else:
            days = self.settings.get("inactive_after_days")
            for item in self.all_purchases():
                if item.customer is not None and item.at is not None and not item.is_refund:
                    until = None if days is None else item.at + timedelta(days=days)
                    stretches.setdefault(item.customer, []).append((item.at, until))
        return [spell for customer in sorted(stretches) for spell in merged(customer, stretches[customer])]

    def spells(self) -> list[Spell]:
        """The spells of the segment, where it is known when customers leave."""
        source = self.spell_source()
        self.used.add(source)
        if source == "subscriptions":
            self.need_subscription_ends()
            known = any(self.subscription_end(row) is not None for row in self.tables["subscriptions"])
        elif source == "customers":
            self.need("customers.ended_at")
            known = any(row.get("ended_at") is not None for row in self.tables["customers"])
        else:
            self.need(f"{source}.customer")
            if self.settings.get("inactive_after_days") is None:
                raise UnavailableError("missing-column")
            known = True
        for name in self.segment:
            if not self.has(source, name):
                self.need(f"customers.{name}")
        in_time = source == "subscriptions" and self.by_plan()
        found = [spell for spell in self.all_spells() if in_time or self.customer_counts(spell.customer, source)]
        if not known:
            raise UnavailableError("missing-column")
        return found

    @staticmethod
    def there(spell: Spell, edge: datetime) -> bool:
        """The state just before the edge."""
        return spell.start < edge and (spell.end is None or spell.end >= edge)

    def there_at_start(self, *, of_any_plan: bool = False) -> set[str]:
        spells = self.spells()
        self.need_start()
        there = {spell.customer for spell in spells if self.there(spell, self.start)}
        return there if of_any_plan else {who for who in there if self.is_of(who, self.start)}

    def there_at_end(self, *, of_any_plan: bool = False) -> set[str]:
        there = {spell.customer for spell in self.spells() if self.there(spell, self.cut)}
        return there if of_any_plan else {who for who in there if self.is_of(who, self.cut)}

    def is_of(self, customer: str, edge: datetime, *, after: bool = False) -> bool:
        return self.spell_source() != "subscriptions" or self.has_plan(customer, edge, after=after)

    # ---- leads and tickets ----

    def answer(self, table: str, row: Row) -> Any:
        """When a lead or ticket was answered, if it was by T."""
        value = row.get("responded_at" if table == "leads" else "first_response_at")
        return value if self.happened(value) else None

    def solved_at(self, ticket: Row) -> Any:
        """None while the status says that the ticket is not solved, or when it was solved after T. A status that nobody
        knows says nothing: then the date does."""
        status, solved = fold(ticket.get("status")), ticket.get("solved_at")
        if status in UNSOLVED or not self.happened(solved):
            return None
        return solved
