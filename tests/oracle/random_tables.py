"""Small nasty tables, the same for the same seed: dates crowd at the edges; cells, columns and tables are missing."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]
Names = tuple[str, ...]

AS_OF = date(2024, 5, 31)
FIRST_DAY = date(2023, 10, 1)
LAST_DAY = date(2024, 6, 30)
EDGES = [
    date(2023, 10, 1),
    date(2023, 12, 31),
    date(2024, 1, 1),
    date(2024, 1, 31),
    date(2024, 2, 1),
    date(2024, 2, 28),
    date(2024, 2, 29),
    date(2024, 3, 1),
    date(2024, 3, 2),
    date(2024, 3, 15),
    date(2024, 3, 30),
    date(2024, 3, 31),
    date(2024, 4, 1),
    date(2024, 4, 30),
    date(2024, 5, 1),
    date(2024, 5, 30),
    date(2024, 5, 31),
    date(2024, 6, 1),
    date(2024, 6, 10),
]
TIMES = [time(0, 0, 0), time(0, 0, 1), time(10, 20, 30), time(12, 0, 0), time(23, 59, 59)]
STEPS = [0, 0, 0, 1, 1, 2, 3, 7, 14, 28, 29, 30, 31, 60, 89, 90, 91]
OWNERS = ["Ann", "Bob", "Cem", None]
CAMPAIGNS = ["Spring", "Google Ads", "Fair", None]
SPELLINGS = ["Spring", "SPRING", "spring", "Google Ads", "google  ads", "Fair", "Referral", None]
PRODUCTS = ["Anvil", "Bolt", "Crate", None]
REASONS = ["Price", "Competitor", "lost to competitor", "Competitors", "No budget", None]
AMOUNTS = [0, 0, 1, 10, 99.5, 100, 100, 250, 1234.56, 5000]


class Maker:
    """Draws rows; whether a date column holds instants is drawn once for each column."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.customers = [f"C{number}" for number in range(1, self.random.randint(4, 9))]

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def one_of(self, values: list[Any]) -> Any:
        return self.random.choice(values)

    def rows(self) -> range:
        return range(self.one_of([1, 3, 6, 12, 20, 30, 40]))

    def moment(self) -> datetime:
        day = self.one_of(EDGES)
        if self.chance(0.4):
            day = FIRST_DAY + timedelta(days=self.random.randint(0, (LAST_DAY - FIRST_DAY).days))
        return datetime.combine(day, self.clock())

    def clock(self) -> time:
        if self.chance(0.3):
            return time(self.random.randint(0, 23), self.random.randint(0, 59), self.random.randint(0, 59))
        return self.random.choice(TIMES)

    def after(self, begin: datetime) -> datetime:
        """A later moment, often the same day, sometimes an impossible earlier one."""
        if self.chance(0.06):
            return begin - timedelta(days=self.one_of([1, 2, 30]), hours=self.one_of([0, 3]))
        if self.chance(0.1):
            return begin
        if self.chance(0.3):
            return begin + timedelta(minutes=self.one_of([1, 5, 59, 60, 61, 240, 1439, 1440]))
        if self.chance(0.15):
            return max(begin, self.moment())
        return datetime.combine(begin.date() + timedelta(days=self.one_of(STEPS)), self.clock())

    def maybe(self, value: Any, missing: float = 0.12) -> Any:
        return None if self.chance(missing) else value

    def finish(
        self, rows: list[Row], *, dates: tuple[str, ...], droppable: tuple[str, ...], drop: float = 0.08
    ) -> None:
        """Each date column becomes one of dates or of instants; now and then a column goes."""
        for column in dates:
            if self.chance(0.5):
                for row in rows:
                    if row.get(column) is not None:
                        row[column] = row[column].date()
        for column in droppable:
            if self.chance(drop):
                for row in rows:
                    row.pop(column, None)
        self.random.shuffle(rows)

    # ---- tables ----

    def make_customers(self) -> list[Row]:
        ids = self.random.sample(self.customers, self.random.randint(3, len(self.customers)))
        ids += [f"D{number}" for number in range(self.one_of([0, 2, 8]))]
        with_dates = self.chance(0.75)
        rows: list[Row] = []
        for customer in ids:
            row: Row = {"customer_id": customer, "owner": self.one_of(OWNERS)}
            row["segment"] = self.one_of(["SMB", "Mid", "Large", None])
            if with_dates:
                started = self.moment()
                row["started_at"] = self.maybe(started, 0.06)
                row["ended_at"] = self.after(started) if self.chance(0.45) else None
            else:
                row["status"] = self.one_of(["active", "active", "churned"])
            rows.append(row)
        if with_dates and self.chance(0.3):
            for row in rows:
                row["is_churned"] = self.chance(0.3)
                row.pop("ended_at")
        self.finish(rows, dates=("started_at", "ended_at"), droppable=("owner", "segment", "ended_at"))
        return rows

    def make_leads(self) -> list[Row]:
        rows: list[Row] = []
        for number in self.rows():
            created = self.moment()
            converted = self.after(created) if self.chance(0.4) else None
            rows.append(
                {
                    "lead_id": f"L{number}",
                    "created_at": self.maybe(created, 0.06),
                    "responded_at": self.after(created) if self.chance(0.6) else None,
                    "converted_at": converted,
                    "is_converted": converted is not None or self.chance(0.06),
                    "owner": self.one_of(OWNERS),
                    "source": self.one_of(SPELLINGS),
                }
            )
        droppable = ("responded_at", "converted_at", "is_converted", "owner", "source")
        self.finish(rows, dates=("created_at", "responded_at", "converted_at"), droppable=droppable)
        return rows

    def make_deals(self) -> list[Row]:
        rows: list[Row] = []
        expects = self.chance(0.6)
        chances = self.one_of([[0, 0.1, 0.25, 0.5, 0.75, 1], [0, 10, 25, 50, 75, 100]])
        for number in self.rows():
            created = self.moment()
            outcome = self.one_of(["won", "won", "won", "lost", "lost", "open", "open"])
            expected = self.maybe(self.after(created), 0.3)
            row: Row = {
                "deal_id": f"A{number}",
                "customer": self.maybe(self.one_of(self.customers)),
                "outcome": outcome,
                "amount": self.maybe(self.one_of(AMOUNTS), 0.08),
                "probability": self.maybe(self.one_of(chances), 0.05),
                "created_at": self.maybe(created, 0.06),
                "closed_at": self.maybe(self.after(created), 0.06) if outcome != "open" else None,
                "owner": self.one_of(OWNERS),
                "campaign": self.one_of(SPELLINGS) if self.chance(0.6) else None,
                "source": self.one_of(SPELLINGS),
                "lost_reason": self.one_of(REASONS) if outcome == "lost" else None,
                "product": self.one_of(PRODUCTS),
            }
            if expects:
                row["expected_close_at"] = expected
            elif outcome == "open":
                row["closed_at"] = expected
            rows.append(row)
        droppable = (
            "customer",
            "amount",
            "probability",
            "created_at",
            "owner",
            "campaign",
            "source",
            "lost_reason",
            "product",
        )
        self.finish(rows, dates=("created_at", "closed_at", "expected_close_at"), droppable=droppable, drop=0.06)
        return rows

    def make_tickets(self) -> list[Row]:
        rows: list[Row] = []
        by_clock, has_status = self.chance(0.8), self.chance(0.5)
        for number in self.rows():
            created = self.moment()
            solved = self.after(created) if self.chance(0.6) else None
            row: Row = {
                "ticket_id": f"T{number}",
                "created_at": self.maybe(created, 0.05),
                "solved_at": solved,
                "replies": self.maybe(self.one_of([0, 1, 1, 2, 5])),
                "reopens": self.maybe(self.one_of([0, 0, 1, 3])),
                "satisfaction": self.one_of(["good", "good", "bad", None]),
                "owner": self.one_of(OWNERS),
                "customer": self.maybe(self.one_of(self.customers)),
            }
            if by_clock:
                row["first_response_at"] = self.after(created) if self.chance(0.7) else None
            else:
                row["first_response_minutes"] = self.maybe(self.one_of([0, 1, 5, 30, 60.5, 240, 600]), 0.3)
            if has_status:
                row["status"] = self.one_of(["solved", "closed"]) if solved else self.one_of(["open", "pending"])
            rows.append(row)
        droppable = (
            "solved_at",
            "first_response_at",
            "first_response_minutes",
            "replies",
            "reopens",
            "satisfaction",
            "owner",
        )
        self.finish(rows, dates=("created_at", "first_response_at", "solved_at"), droppable=droppable, drop=0.06)
        if has_status and all("solved_at" not in row for row in rows):
            for row in rows:
                row.pop("status")
        return rows

    def make_responses(self) -> list[Row]:
        rows: list[Row] = []
        kinds = self.one_of([["nps"], ["nps", "nps", "csat", "ces"], ["csat"], ["nps", "csat"]])
        nps = [*range(11), 6.5, 8.5, 9, 10, 10]
        if self.chance(0.1):
            nps = [1, 2, 3, 4, 5]
        elif self.chance(0.1):
            nps += [11]
        for number in self.rows():
            kind = self.one_of(kinds)
            score = self.one_of({"nps": nps, "csat": [1, 2, 3, 4, 5], "ces": [1, 2, 3, 4, 5, 6, 7]}[kind])
            asked = self.moment()
            score = self.maybe(score)
            rows.append(
                {
                    "response_id": f"R{number}",
                    "kind": kind,
                    "score": score,
                    "scale": {"nps": None, "csat": "1-5", "ces": "1-7"}[kind],
                    "asked_at": self.maybe(asked, 0.05),
                    "responded_at": self.maybe(max(asked, self.after(asked)), 0.03) if score is not None else None,
                    "owner": self.one_of(OWNERS),
                }
            )
        self.finish(rows, dates=("asked_at", "responded_at"), droppable=("asked_at", "owner"))
        return rows

    def make_orders(self) -> list[Row]:
        rows: list[Row] = []
        with_product = self.chance(0.4)
        few = self.random.sample(self.customers, 3)
        for number in self.rows():
            amount = self.one_of([*AMOUNTS, -50])
            row: Row = {
                "order_id": f"O{number}",
                "customer": self.maybe(self.one_of(few if self.chance(0.5) else self.customers), 0.1),
                "ordered_at": self.maybe(self.moment(), 0.04),
                "amount": self.maybe(amount, 0.08),
                "owner": self.one_of(OWNERS),
                "status": self.one_of([*["completed"] * 3, "cancelled", "Voided", "failed", "refunded", None]),
            }
            if with_product:
                row["product"] = self.one_of(PRODUCTS)
                row["quantity"] = self.maybe(self.one_of([1, 1, 2, 10]))
            else:
                row["refunded_amount"] = self.one_of([None, None, None, 0, 5, -5])
            rows.append(row)
        self.finish(
            rows, dates=("ordered_at",), droppable=("owner", "status", "refunded_amount", "quantity"), drop=0.12
        )
        return rows

    def make_order_lines(self, orders: list[Row]) -> list[Row]:
        sold = [row["order_id"] for row in orders if row["amount"] is None or row["amount"] > 0]
        rows: list[Row] = []
        for number in self.rows():
            order = self.one_of(sold) if sold and not self.chance(0.05) else "O999"
            row = {"line_id": f"{number}", "order_id": order, "product": self.one_of(PRODUCTS)}
            row["quantity"] = self.maybe(self.one_of([1, 1, 2, 10]))
            row["amount"] = self.maybe(self.one_of([0, 1, 10, 99.5, 250]), 0.08)
            rows.append(row)
        self.finish(rows, dates=(), droppable=("quantity", "amount"))
        return rows

    def make_subscriptions(self) -> list[Row]:
        rows: list[Row] = []
        calendar = self.chance(0.6)
        has_trial_ends = self.chance(0.25)
        few = self.random.sample(self.customers, self.random.randint(3, len(self.customers)))
        previous: dict[str, Row] = {}
        for number in self.rows():
            customer = self.one_of(few)
            last = previous.get(customer)
            started = self.moment()
            if last is not None and self.chance(0.7):
                end = last["ended_at"] or self.after(last["started_at"])
                # Touching, overlapping, or back after a while.
                started = end + timedelta(days=self.one_of([0, 0, 0, -1, -5, 1, 10, 31]))
            if calendar:
                started = datetime.combine(started.date(), time())
            ended = None
            if self.chance(0.55):
                ended = max(started, self.after(started)) if self.chance(0.95) else self.after(started)
                if calendar:
                    ended = datetime.combine(ended.date(), time())
            status = "canceled" if ended else self.one_of(["active", "paused"])
            row: Row = {
                "subscription_id": f"S{number}",
                "customer": customer,
                "started_at": started,
                "ended_at": ended,
                "mrr": self.one_of([0, 10, 10, 20, 29.99, 50, 100]),
                "is_trial": self.chance(0.1),
                "plan": self.one_of(["Basic", "Pro", None]),
                "status": "trialing" if self.chance(0.05) else status,
            }
            if has_trial_ends:
                row["trial_ends_at"] = started + timedelta(days=14) if self.chance(0.3) else None
            previous[customer] = row
            rows.append(row)
        if calendar:
            for row in rows:
                for column in ("started_at", "ended_at", "trial_ends_at"):
                    if row.get(column) is not None:
                        row[column] = row[column].date()
        self.finish(rows, dates=(), droppable=("is_trial", "plan", "status"))
        if self.chance(0.06):
            for row in rows:
                row.pop("ended_at")
                row.pop("status", None)
        if len(rows) % 3:
            reasons = ("payment_failed", "too expensive", None, "card expired", "unknown", "payment plan too rigid")
            for number, row in enumerate(rows):
                row["cancel_reason"] = reasons[number % len(reasons)] if row.get("ended_at") else None
        return rows

    def make_spend(self) -> list[Row]:
        rows: list[Row] = []
        ranges = self.chance(0.6)
        for _ in self.rows():
            begin = datetime.combine(self.moment().date(), time())
            row: Row = {
                "spent_at": begin.date(),
                "campaign": self.one_of(CAMPAIGNS),
                "cost": self.maybe(self.one_of([0, 1, 10, 99.99, 100, 3100]), 0.06),
                "clicks": self.maybe(self.one_of([0, 1, 10, 31, 200]), 0.06),
                "conversions": self.maybe(self.one_of([0, 0, 1, 3]), 0.06),
                "impressions": self.maybe(self.one_of([0, 100, 1000]), 0.06),
                "leads": self.maybe(self.one_of([0, 1, 2, 5]), 0.06),
            }
            if ranges:
                row["spent_to_at"] = (begin + timedelta(days=self.one_of([0, 1, 30, 30, 60]))).date()
                row["spent_to_at"] = self.maybe(row["spent_to_at"], 0.3)
            rows.append(row)
        # No exact duplicates: the file has no id to tell them by.
        distinct = {tuple(str(value) for value in row.values()): row for row in rows}
        rows = list(distinct.values())
        droppable = ("campaign", "clicks", "conversions", "impressions", "leads")
        self.finish(rows, dates=(), droppable=droppable, drop=0.06)
        return rows


def make(seed: int) -> tuple[Tables, dict[str, Any]]:
    """Tables and settings for a seed. A table that is absent is not in the dict."""
    maker = Maker(seed)
    tables: Tables = {}
    for name in ("customers", "leads", "deals", "tickets", "responses", "orders", "subscriptions", "spend"):
        rows = getattr(maker, f"make_{name}")()
        if not maker.chance({"subscriptions": 0.4, "orders": 0.35, "customers": 0.3}.get(name, 0.12)):
            tables[name] = rows
    lines = maker.make_order_lines(tables.get("orders", []))
    if "orders" in tables and maker.chance(0.5):
        tables["order_lines"] = lines
    if "deals" in tables:
        add_stages(tables, Random(f"stages {seed}"))
    add_own_columns(tables, Random(f"columns {seed}"))
    add_lead_stages(tables, Random(f"lead stages {seed}"))
    settings: dict[str, Any] = {"as_of": AS_OF}
    choices: dict[str, list[Any]] = {
        "gross_margin": [0.8, 0.25, 1.0],
        "conversion_days": [7, 30, 90],
        "cac_lag_days": [0, 30, 45],
        "response_target_minutes": [60, 240, 1440],
        "lead_response_target_hours": [1, 24, 48],
        "inactive_after_days": [30, 60, 90],
        "resolution_target_hours": [1, 48, 720],
    }
    for key, values in choices.items():
        value = maker.one_of(values)
        if maker.chance(0.7):
            settings[key] = value
    return {name: settled(rows) for name, rows in tables.items() if rows}, settings


OWN_COLUMNS: dict[str, dict[str, list[Any]]] = {
    "tickets": {
        f"{name}_minutes": [0, 1, 5, 30, 60.5, 600, None, -3]
        for name in ("first_resolution", "requester_wait", "agent_wait", "on_hold", "handle", "next_reply", "reply")
    },
    "deals": {"activities": [0, 0, 1, 7, 30, None], "type": ["Renewal", "renewal", "New Business", None]},
    "spend": {"conversion_value": [0, 0, 10, 99.99, 3100, None]},
}


def add_own_columns(tables: Tables, random: Random) -> None:
    """What tools count themselves, in two files of three: drawn apart, so that all else of a seed stays what it is."""
    for name, columns in OWN_COLUMNS.items():
        for column, values in columns.items():
            if name in tables and random.random() < 0.67:
                for row in tables[name]:
                    row[column] = random.choice(values)


def add_lead_stages(tables: Tables, random: Random) -> None:
    """When leads were qualified and became opportunities, in two files of three, in any order; drawn apart as well."""
    for stage in ("mql", "sql", "opportunity"):
        if "leads" in tables and random.random() < 0.67:
            by_day = random.random() < 0.5
            for lead in tables["leads"]:
                begun = lead["created_at"] or random.choice(EDGES)
                at = datetime.combine(begun, time(9)) if not isinstance(begun, datetime) else begun
                at += timedelta(days=random.choice([*STEPS, -1]), hours=random.choice([0, 0, 5]))
                at = at if random.random() < 0.6 else None
                lead[f"became_{stage}_at"] = at.date() if by_day and at else at


STAGES = ["New", "Demo", "Offer"]


def add_stages(tables: Tables, random: Random) -> None:
    """A history of the deals' stages, mostly in order: some are jumped over, some come again, some deals go back. An order
    of their own, so that the other tables of a seed stay what they are."""
    rows: list[Row] = []
    says_left, by_day = random.random() < 0.4, random.random() < 0.5
    for deal in tables["deals"]:
        begun = deal.get("created_at") or random.choice(EDGES)
        at = datetime.combine(begun, time(9)) if not isinstance(begun, datetime) else begun
        known = deal["deal_id"] if random.random() < 0.95 else f"{deal['deal_id']} of another file"
        walk = _walk(deal["outcome"], random) if random.random() < 0.9 else []
        mine: list[Row] = []
        for stage in walk:
            mine.append({"deal_id": known, "stage": stage, "entered_at": at.date() if by_day else at})
            # A day apart at least: of entries of one moment nobody knows the order.
            at += timedelta(days=random.choice([1, 1, 2, 3, 7, 30, 31, 60]), hours=random.choice([0, 0, 5]))
        if says_left and mine:
            for row, following in zip(mine, [*mine[1:], None], strict=True):
                left = following["entered_at"] if following else None
                wrong = row["entered_at"] - timedelta(days=random.choice([-1, 3]))
                row["left_at"] = random.choice([left, left, left, left, None, wrong])
        if mine and random.random() < 0.8:
            deal["stage"] = mine[-1]["stage"]
        rows += mine
    for deal in tables["deals"]:
        deal.setdefault("stage", None)
    random.shuffle(rows)
    if rows and random.random() < 0.8:
        tables["deal_stages"] = rows
    if random.random() < 0.3:
        for deal in tables["deals"]:
            deal.pop("stage")


def _walk(outcome: str, random: Random) -> list[str]:
    """The stages a deal goes through, no two of the same name one after the other."""
    walk = [stage for stage in STAGES[: random.randint(1, 3)] if random.random() < 0.85]
    if random.random() < 0.25:
        walk += random.sample(STAGES, 2)
    if random.random() < 0.2:
        walk.append("Offer")
        walk.append("New")
    if outcome != "open" and random.random() < 0.7:
        walk.append(outcome.capitalize())
    return [stage for place, stage in enumerate(walk) if not place or walk[place - 1] != stage]


def settled(rows: list[Row]) -> list[Row]:
    """A column whose instants are all midnights is a column of dates: its file could not tell."""
    for column in {column for row in rows for column in row}:
        given = [row[column] for row in rows if isinstance(row.get(column), datetime)]
        if given and all(value.time() == time() for value in given):
            for row in rows:
                if isinstance(row.get(column), datetime):
                    row[column] = row[column].date()
    return rows


def as_csv(tables: Mapping[str, list[Row]]) -> dict[str, str]:
    """Each table as CSV text, with the canonical names as header."""
    texts = {}
    for name, rows in tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([cell(row.get(column)) for column in columns] for row in rows)
        texts[name] = out.getvalue()
    return texts


def cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, date) else str(value)
