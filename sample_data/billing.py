"""Subscriptions and add-on orders: what customers pay for, when they grow, leave and come back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from clock import add_months, growth, moments, months, pick, spread
from market import Company, Deal, Market, expansion_deal
from story import (
    BOUGHT_WITH,
    CHURN_AFTER_PRICE_CHANGE,
    DOWNGRADE,
    END,
    FIRST_CUSTOMER,
    MORE_SEATS,
    ONE_AT_A_TIME,
    ORDERED,
    ORDERS_PER_CUSTOMER,
    PLANS,
    PRICE_CHANGE,
    PRODUCTS,
    SEGMENTS,
    SELF_SERVE_A_MONTH,
    START,
    TRIAL_FAILS,
    TRIAL_SHARE,
    UPGRADE,
    WIN_BACK,
    stream,
)


@dataclass(eq=False)
class Subscription:
    """One Stripe subscription. A change of plan, seats or price ends it and starts the next."""

    company: Company
    plan: str
    seats: int
    interval: str
    price: float
    started_at: datetime
    trial_ends_at: datetime | None = None
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    grew_by: float = 0.0

    @property
    def amount(self) -> float:
        return self.seats * self.price * (10 if self.interval == "year" else 1)

    @property
    def pays_from(self) -> datetime:
        return self.trial_ends_at or self.started_at

    @property
    def status(self) -> str:
        if self.ended_at:
            return "canceled"
        return "trialing" if self.pays_from >= END else "active"

    def next(self, at: datetime, plan: str, seats: int) -> Subscription:
        """End this one and begin another at the same moment."""
        self.canceled_at = self.ended_at = at
        price = PLANS[plan].price_at(at)
        following = Subscription(self.company, plan, seats, self.interval, price, at)
        following.grew_by = (seats * price - self.seats * self.price) * 12
        return following


def leaves(rng: np.random.Generator, plan: str, at: datetime, months_passed: int) -> bool:
    """Whether a customer leaves at a renewal; Starter customers leave far more often after the price change."""
    angry = CHURN_AFTER_PRICE_CHANGE if plan == "Starter" and at >= PRICE_CHANGE else 1.0
    return rng.random() < 1 - (1 - PLANS[plan].churn * angry) ** months_passed


def grown(rng: np.random.Generator, plan: str, seats: int, months_passed: int) -> tuple[str, int]:
    """Plan and seats after a renewal: mostly what they were."""
    up, down, more = np.cumsum([UPGRADE, DOWNGRADE, MORE_SEATS]) * months_passed
    drawn = rng.random()
    if drawn < up:
        return PLANS[plan].moves_to or plan, seats
    if drawn < down:
        return PLANS[plan].moves_from or plan, seats
    return plan, seats + max(1, round(seats * 0.3)) if drawn < more else seats


def life(rng: np.random.Generator, first: Subscription) -> list[Subscription]:
    """All subscriptions of a customer from its first one on, renewal by renewal."""
    current, found, step = first, [first], 12 if first.interval == "year" else 1
    renewal = 0
    while True:
        renewal += step
        at = add_months(first.pays_from, renewal)
        if current.plan == "Starter" and current.pays_from < PRICE_CHANGE < min(at, END):
            current = current.next(PRICE_CHANGE, current.plan, current.seats)
            found.append(current)
        if at >= END:
            return found
        if leaves(rng, current.plan, at, step):
            current.ended_at = at
            current.canceled_at = max(current.pays_from, at - timedelta(days=float(rng.uniform(1, 25))))
            return found + come_back(rng, current)
        plan, seats = grown(rng, current.plan, current.seats, step)
        if (plan, seats) != (current.plan, current.seats):
            current = current.next(at, plan, seats)
            found.append(current)


def come_back(rng: np.random.Generator, last: Subscription) -> list[Subscription]:
    """The later subscriptions of the few who return some months after they left."""
    assert last.ended_at
    at = last.ended_at + timedelta(days=float(rng.uniform(45, 240)))
    if rng.random() >= WIN_BACK or at >= END:
        return []
    return life(
        rng, Subscription(last.company, last.plan, last.seats, last.interval, PLANS[last.plan].price_at(at), at)
    )


def first_subscription(rng: np.random.Generator, company: Company, plan: str, seats: int, at: datetime) -> Subscription:
    """How a customer begins; Starter is billed monthly only."""
    yearly = plan != "Starter" and rng.random() < 0.35
    return Subscription(company, plan, seats, "year" if yearly else "month", PLANS[plan].price_at(at), at)


def earlier_customers(rng: np.random.Generator, market: Market) -> list[Subscription]:
    """The first subscriptions of those who came before the exported months."""
    found = []
    for number, month in enumerate(months(FIRST_CUSTOMER, START)):
        for at in moments(rng, month, int(rng.poisson(7 + 0.32 * number))):
            company = market.company(at - timedelta(days=spread(rng, 30, 0.5)))
            segment = SEGMENTS[company.segment]
            plan, seats = str(rng.choice(segment.plans)), int(rng.integers(*segment.seats))
            found.append(first_subscription(rng, company, plan, seats, at))
    return found


def self_serve(rng: np.random.Generator, market: Market) -> list[Subscription]:
    """Those who sign up by themselves, most of them with a trial of 14 days."""
    found = []
    for month in months(START, END):
        for at in moments(rng, month, int(rng.poisson(SELF_SERVE_A_MONTH * growth(month)))):
            plan = pick(rng, {"Starter": 0.72, "Team": 0.28})
            company = market.company(at, ("SMB",))
            start = first_subscription(rng, company, plan, int(rng.integers(*SEGMENTS["SMB"].seats)), at)
            if rng.random() < TRIAL_SHARE:
                start.trial_ends_at = at + timedelta(days=14)
            found.append(start)
    return found


def make_subscriptions(market: Market, deals: list[Deal]) -> list[Subscription]:
    """Every subscription, by start; marks companies as customers when they first pay."""
    rng = stream("subscriptions")
    found: list[Subscription] = []
    signed = [
        first_subscription(rng, d.company, d.plan, d.seats, d.closes_at + timedelta(hours=float(rng.uniform(1, 72))))
        for d in deals
        if d.is_won
    ]
    for first in earlier_customers(rng, market) + [s for s in signed if s.started_at < END] + self_serve(rng, market):
        fails = first.trial_ends_at is not None and rng.random() < TRIAL_FAILS
        if fails and first.pays_from < END:
            first.canceled_at = first.ended_at = first.trial_ends_at
            found.append(first)
            continue
        found += life(rng, first)
        if first.pays_from < END:
            first.company.customer_since = first.company.customer_since or first.pays_from
    return sorted(found, key=lambda s: s.started_at)


def make_expansions(subscriptions: list[Subscription]) -> list[Deal]:
    """Deals about growth: half of the growth that really came about, and tries that led nowhere."""
    rng = stream("expansions")
    grew = [s for s in subscriptions if s.grew_by > 0 and START <= s.started_at < END and s.started_at != PRICE_CHANGE]
    won = [expansion_deal(rng, s.company, s.grew_by, s.started_at, True) for s in grew if rng.random() < 0.5]
    lost = [
        expansion_deal(rng, s.company, s.grew_by, s.started_at + timedelta(days=45), False)
        for s in grew
        if rng.random() < 0.75 and s.ended_at is None and s.started_at + timedelta(days=25) < END
    ]
    return won + lost


@dataclass(eq=False)
class Order:
    """An add-on purchase; its total is the sum of its lines, in cents."""

    company: Company
    ordered_at: datetime
    lines: list[tuple[str, int, int]]
    status: str = "paid"
    refunded: int = 0

    @property
    def total(self) -> int:
        return sum(cents for _, _, cents in self.lines)


def make_order(rng: np.random.Generator, company: Company, at: datetime) -> Order:
    """One order: a product or two, and what is often bought with them."""
    wanted = [pick(rng, ORDERED) for _ in range(1 + int(rng.random() < 0.22))]
    wanted += [BOUGHT_WITH[p][0] for p in wanted if p in BOUGHT_WITH and rng.random() < BOUGHT_WITH[p][1]]
    most = SEGMENTS[company.segment].quantity
    lines = []
    for product in dict.fromkeys(wanted):
        quantity = 1 if product in ONE_AT_A_TIME else int(rng.integers(1, most + 1))
        lines.append((product, quantity, round(PRODUCTS[product] * 100) * quantity))
    order = Order(company, at, lines, pick(rng, {"paid": 0.96, "refunded": 0.02, "cancelled": 0.02}))
    if order.status == "refunded":
        order.refunded = order.total
    elif order.status == "paid" and rng.random() < 0.012:
        order.refunded = order.total // 4
    return order


def make_orders(subscriptions: list[Subscription]) -> list[Order]:
    """Orders of paying customers: each has a rate of its own, so some buy every month and many never."""
    rng = stream("orders")
    rates: dict[str, float] = {}
    orders = []
    for subscription in subscriptions:
        name = subscription.company.name
        rate = rates.setdefault(name, max(float(rng.gamma(0.7, ORDERS_PER_CUSTOMER / 0.7)), 0.004))
        at = max(subscription.pays_from, START)
        until = subscription.ended_at or END
        while (at := at + timedelta(days=float(rng.exponential(30.4 / rate)))) < until:
            orders.append(make_order(rng, subscription.company, at))
    return sorted(orders, key=lambda o: o.ordered_at)
