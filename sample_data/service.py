"""Tickets and survey answers: what customers ask and what they think of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from billing import Subscription
from clock import add_months, after_business, moments, months, pick, spread
from market import Company
from story import (
    BILLING_SLOW_FROM,
    BILLING_SLOW_HAPPY,
    BILLING_SLOW_REPLY,
    CSAT_ANSWERS_A_MONTH,
    END,
    GROUPS,
    NPS_ASKED_A_MONTH,
    PRICE_CHANGE,
    START,
    TICKETS_PER_CUSTOMER,
    stream,
)

PRIORITIES = {"Low": 0.2, "Normal": 0.56, "High": 0.19, "Urgent": 0.05}
CHANNELS = {"Email": 0.5, "Web": 0.22, "Chat": 0.2, "Phone": 0.08}
KINDS = {"Question": 0.55, "Problem": 0.25, "Incident": 0.14, "Task": 0.06}
Words = tuple[str, ...]
LOVED: Words = ("Easy to use on the road", "Support is quick and kind", "Saves us an hour a day", "The app just works")
FINE = ("Good, but reports are basic", "Does the job", "Setup took a while", "Would like more integrations")
DISLIKED = ("Too expensive for what it is", "App is slow", "Waited long for an answer", "Missing features")
PRICE_COMPLAINTS = ("The price increase is not fair", "Too expensive since June", "Paying more for the same")
MOODS: dict[str, tuple[tuple[int, ...], Words]] = {
    "promoter": ((9, 9, 10), LOVED),
    "passive": ((7, 8), FINE),
    "detractor": ((0, 2, 3, 4, 5, 5, 6, 6, 6), DISLIKED),
}
CONTENT = {"promoter": 0.55, "passive": 0.29, "detractor": 0.16}
UPSET = {"promoter": 0.41, "passive": 0.32, "detractor": 0.27}
THANKS: Words = ("Support is quick and kind", "Solved at once", "Thank you")
BILLING_COMPLAINTS: Words = ("Waited days for a reply about an invoice", "Invoice still wrong", "Slow answer")


@dataclass(eq=False)
class Ticket:
    """One ticket; times that the export could not know yet are None."""

    ticket_id: int
    company: Company
    group: str
    agent: str
    created_at: datetime
    subject: str
    priority: str
    channel: str
    kind: str
    business_minutes: int
    replied_at: datetime | None = None
    solved_at: datetime | None = None
    replies: int = 0
    reopens: int = 0
    satisfaction: str = ""
    waits: str = "Open"

    @property
    def status(self) -> str:
        if self.solved_at:
            return "Closed" if self.solved_at + timedelta(days=4) < END else "Solved"
        return self.waits if self.replied_at else "New"

    @property
    def updated_at(self) -> datetime:
        if self.solved_at:
            return self.solved_at + timedelta(days=4) if self.status == "Closed" else self.solved_at
        return self.replied_at or self.created_at


@dataclass(frozen=True)
class Answer:
    """One survey row; without `responded_at` it was asked and not answered."""

    company: Company
    asked_at: datetime
    responded_at: datetime | None
    score: int | None
    comment: str
    agent: str = ""
    channel: str = ""


def active(subscriptions: list[Subscription], at: datetime) -> list[Subscription]:
    """The subscriptions that are paid at a moment."""
    return [s for s in subscriptions if s.pays_from < at and (s.ended_at is None or s.ended_at >= at)]


def is_slow(group: str, at: datetime) -> bool:
    """Whether the story of the slow billing team applies."""
    return group == "Billing" and at >= BILLING_SLOW_FROM


def happiness(group: str, at: datetime) -> float:
    """The chance that somebody who rates this group is content."""
    return BILLING_SLOW_HAPPY if is_slow(group, at) else GROUPS[group].happy


def group_shares(month: datetime) -> dict[str, float]:
    """Which share of a month's tickets goes where; the price change brings questions about invoices."""
    shares = {name: group.share for name, group in GROUPS.items()}
    risen = PRICE_CHANGE.replace(hour=0)
    if risen <= month < add_months(risen, 2):
        shares["Billing"] *= 1.7
    return shares


def rate(rng: np.random.Generator, ticket: Ticket) -> str:
    """The satisfaction cell of a solved ticket; most customers are offered a rating and give none."""
    asked = pick(rng, {"rated": 0.26, "Offered": 0.5, "Not Offered": 0.18, "": 0.06})
    if asked != "rated":
        return asked
    return "Good" if rng.random() < happiness(ticket.group, ticket.created_at) else "Bad"


def answer_and_solve(rng: np.random.Generator, ticket: Ticket) -> None:
    """Fill in reply and solution as far as they lie before the end of the data; a few are solved without a reply."""
    group = GROUPS[ticket.group]
    replied_at = after_business(ticket.created_at, ticket.business_minutes)
    if replied_at >= END:
        return
    if rng.random() >= 0.02:
        ticket.replied_at = replied_at
        ticket.replies = 1 + int(rng.poisson(1.0))
    else:
        ticket.business_minutes = -1
    solved_at = after_business(replied_at, spread(rng, group.solve * 60, 1.0))
    if solved_at < END and (rng.random() >= 0.006 or ticket.replied_at is None):
        ticket.solved_at = solved_at
        ticket.reopens = int(rng.random() < 0.08) + int(rng.random() < 0.01)
        ticket.satisfaction = rate(rng, ticket)
    elif ticket.replied_at:
        ticket.waits = pick(rng, {"Open": 0.5, "Pending": 0.38, "Hold": 0.12})


def make_tickets(subscriptions: list[Subscription]) -> list[Ticket]:
    """All tickets by date; bigger customers do not ask more often, which keeps the mix of plans plain."""
    rng = stream("tickets")
    tickets: list[Ticket] = []
    for month in months(START, END):
        customers = active(subscriptions, add_months(month, 1))
        shares = group_shares(month)
        volume = len(customers) * TICKETS_PER_CUSTOMER * sum(shares.values())
        for created_at in moments(rng, month, int(rng.poisson(volume))):
            asking = [
                s for s in (customers[int(i)] for i in rng.integers(0, len(customers), 5)) if s.pays_from < created_at
            ]
            name = pick(rng, shares)
            group = GROUPS[name]
            median = BILLING_SLOW_REPLY if is_slow(name, created_at) else group.reply
            ticket = Ticket(
                ticket_id=40001 + len(tickets),
                company=(asking or customers)[0].company,
                group=name,
                agent=str(rng.choice(group.agents)),
                created_at=created_at,
                subject=str(rng.choice(group.subjects)),
                priority=pick(rng, PRIORITIES),
                channel=pick(rng, CHANNELS),
                kind=pick(rng, KINDS),
                business_minutes=max(1, round(spread(rng, median, 0.8))),
            )
            answer_and_solve(rng, ticket)
            tickets.append(ticket)
    return tickets


def nps_answer(rng: np.random.Generator, subscription: Subscription, asked_at: datetime) -> Answer:
    """One NPS row: Starter customers like the company less once the price has gone up."""
    responded_at = asked_at + timedelta(hours=min(spread(rng, 20, 1.2), 400))
    if rng.random() > 0.54 or responded_at >= END:
        return Answer(subscription.company, asked_at, None, None, "")
    upset = subscription.plan == "Starter" and responded_at >= PRICE_CHANGE
    mood = pick(rng, UPSET if upset else CONTENT)
    scores, words = MOODS[mood]
    if mood == "detractor" and upset:
        words = PRICE_COMPLAINTS + DISLIKED
    score = int(rng.choice(scores))
    comment = str(rng.choice(words)) if rng.random() < 0.4 else ""
    return Answer(subscription.company, asked_at, responded_at, score, comment)


def make_nps(subscriptions: list[Subscription]) -> list[Answer]:
    """The relationship survey: a different set of customers every month."""
    rng = stream("nps")
    answers = []
    for month in months(START, END):
        customers = active(subscriptions, month)
        count = min(NPS_ASKED_A_MONTH, len(customers))
        chosen = rng.choice(len(customers), size=count, replace=False)
        for index, asked_at in zip(chosen, moments(rng, month, count), strict=True):
            answers.append(nps_answer(rng, customers[int(index)], asked_at))
    return answers


def make_csat(tickets: list[Ticket]) -> list[Answer]:
    """The survey after a ticket: some of the solved tickets, rated from 1 to 5."""
    rng = stream("csat")
    solved = [t for t in tickets if t.solved_at]
    share = CSAT_ANSWERS_A_MONTH * 24 / len(solved)
    answers = []
    for ticket in solved:
        assert ticket.solved_at
        responded_at = ticket.solved_at + timedelta(hours=min(spread(rng, 5, 1.0), 200))
        if rng.random() >= share or responded_at >= END:
            continue
        if rng.random() < happiness(ticket.group, ticket.created_at):
            score, words = int(rng.choice([4, 5], p=[0.4, 0.6])), THANKS
        else:
            score = int(rng.choice([1, 2, 3], p=[0.2, 0.3, 0.5]))
            words = BILLING_COMPLAINTS if is_slow(ticket.group, ticket.created_at) else ("Had to explain twice",)
        comment = str(rng.choice(words)) if rng.random() < 0.3 else ""
        answers.append(
            Answer(ticket.company, ticket.solved_at, responded_at, score, comment, ticket.agent, ticket.channel)
        )
    return sorted(answers, key=lambda a: a.responded_at or a.asked_at)
