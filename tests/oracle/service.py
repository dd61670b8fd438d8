"""Tickets: how fast they are answered and solved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from fractions import Fraction

from .family import before, in_target
from .figures import (
    Figure,
    Number,
    UnavailableError,
    divide,
    mean,
    median,
    number,
    quantile,
    survival_median,
)
from .leads import Leads
from .rows import Row, clean, day, duration, fold, moment, sensible
from .world import SOLVED

NINE_TENTHS = Fraction(9, 10)


class Service(Leads):
    """Tickets: how fast they are answered and solved."""

    def created_tickets(self) -> list[Row]:
        return self.world.at("tickets", "created_at")

    def by_clock(self) -> bool:
        """Time stamps if the file has both, else the help desk's own minutes."""
        if self.world.has("tickets", "created_at") and self.world.has("tickets", "first_response_at"):
            return True
        self.world.need("tickets.first_response_minutes")
        return False

    def ticket_responses(self) -> list[tuple[Row, bool, Fraction | None]]:
        """The tickets of the period: answered by T?, and in how many minutes (None: not answered, or impossible)."""
        world = self.world
        tickets = self.created_tickets()
        by_clock = self.by_clock()
        found: list[tuple[Row, bool, Fraction | None]] = []
        for ticket in tickets:
            if by_clock:
                at = world.answer("tickets", ticket)
                minutes = sensible(duration(ticket["created_at"], at, 1440))
                found.append((ticket, at is not None, minutes))
            else:
                minutes = number(ticket.get("first_response_minutes"))
                if minutes == 0 and number(ticket.get("replies")) == 0:
                    minutes = None
                known = minutes is not None
                if minutes is not None and world.has("tickets", "created_at"):
                    known = minutes <= world.waited("tickets", ticket["created_at"], False, 1440) or world.is_calendar(
                        "tickets", "created_at"
                    )
                found.append((ticket, known, sensible(minutes) if known else None))
        return found

    def response_minutes(self) -> list[Fraction | None]:
        return [minutes for _, answered, minutes in self.ticket_responses() if answered]

    def ticket_waits(self) -> list[tuple[Fraction, bool]]:
        """Minutes to the answer; without one until solved, or until T."""
        world = self.world
        responses = self.ticket_responses()
        world.need("tickets.created_at")
        calendar = world.is_calendar("tickets", "first_response_at")
        waits = []
        for ticket, answered, minutes in responses:
            if answered:
                if minutes is not None:
                    waits.append((minutes, True))
                continue
            solved = world.solved_at(ticket)
            if solved is None:
                waits.append((world.waited("tickets", ticket["created_at"], calendar, 1440), False))
            else:
                until = sensible(duration(ticket["created_at"], day(solved) if calendar else solved, 1440))
                if until is not None:
                    waits.append((until, False))
        return waits

    def first_response_time(self) -> Number:
        return median(self.response_minutes())

    def first_response_time_mean(self) -> Number:
        return mean(self.response_minutes())

    def first_response_time_p90(self) -> Number:
        return quantile(self.response_minutes(), NINE_TENTHS)

    def first_response_time_censored(self) -> Number:
        return survival_median(self.ticket_waits())

    def average_response_time(self) -> Number:
        if "tickets" in self.world.tables:
            return mean(self.response_minutes())
        return mean([None if hours is None else hours * 60 for hours in self.lead_responses()])

    def tickets_created(self) -> Number:
        return Fraction(len(self.created_tickets()))

    def tickets_unanswered(self) -> Number:
        return Fraction(sum(1 for _, answered, _ in self.ticket_responses() if not answered))

    def unanswered_rate(self) -> Figure:
        return self.ratio("tickets_unanswered", "tickets_created")

    def solved_tickets(self) -> list[Row]:
        return [row for row in self.world.at("tickets", "solved_at") if self.world.solved_at(row) is not None]

    def tickets_solved(self) -> Number:
        return Fraction(len(self.solved_tickets()))

    def backlog(self) -> Number:
        return Fraction(len(self.open_tickets()))

    def open_tickets(self) -> list[Row]:
        """The tickets that are open just before the end of the period."""
        world = self.world
        world.need("tickets.created_at", "tickets.solved_at")
        waiting = []
        world.used.add("tickets")
        for ticket in world.tables["tickets"]:
            created, solved = ticket.get("created_at"), world.solved_at(ticket)
            if not world.counts("tickets", ticket) or created is None or not before(created, world):
                continue
            if solved is not None:
                if not before(solved, world):
                    waiting.append(ticket)
            elif fold(ticket.get("status")) in SOLVED and ticket.get("solved_at") is None:
                pass  # solved, nobody knows when: never open, as a deal won without a date
            else:
                waiting.append(ticket)
        return waiting

    def backlog_age(self) -> Number:
        """The median days since they came in: up to the end of the period, or to its last day where they came in on days."""
        ages: list[Fraction | None] = []
        for ticket in self.open_tickets():
            created = ticket["created_at"]
            if isinstance(created, datetime):
                ages.append(duration(created, self.world.cut, 1))
            else:
                ages.append(Fraction((day(self.world.cut) - created).days - 1))
        return median(ages)

    def backlog_over_target(self) -> Number:
        hours = number(self.world.settings.get("resolution_target_hours"))
        if hours is None:
            raise UnavailableError("?")
        ages = [duration(moment(ticket["created_at"]), self.world.cut, 24) for ticket in self.open_tickets()]
        return Fraction(sum(1 for age in ages if age is not None and age > hours))

    def tickets_per_customer(self) -> Figure:
        return self.ratio("tickets_created", "customers_at_end")

    def tickets_per_requester(self) -> Figure:
        tickets = self.created_tickets()
        self.world.need("tickets.customer")
        asking = [name for ticket in tickets if (name := clean(ticket.get("customer"))) is not None]
        return divide(Figure(Fraction(len(asking))), Figure(Fraction(len(set(asking)))))

    def tickets_per_owner(self) -> Figure:
        solved = self.solved_tickets()
        if "owner" in self.world.segment:  # whose tickets these are, as their customers' file says where they do not
            mine = [] if self.world.segment["owner"] is None else solved
            return divide(Figure(Fraction(len(mine))), Figure(Fraction(min(1, len(mine)))))
        self.world.need("tickets.owner")
        owners = [clean(ticket.get("owner")) for ticket in solved]
        names = [name for name in owners if name is not None]
        return divide(Figure(Fraction(len(names))), Figure(Fraction(len(set(names)))))

    def resolution_hours(self) -> list[Fraction | None]:
        tickets = self.solved_tickets()
        if self.world.has("tickets", "created_at") and self.world.has("tickets", "solved_at"):
            return [sensible(duration(row.get("created_at"), self.world.solved_at(row), 24)) for row in tickets]
        self.world.need("tickets.resolution_minutes")
        minutes = [sensible(number(row.get("resolution_minutes"))) for row in tickets]
        return [None if value is None else value / 60 for value in minutes]

    def resolution_time(self) -> Number:
        return median(self.resolution_hours())

    def resolution_time_mean(self) -> Number:
        return mean(self.resolution_hours())

    def resolution_time_p90(self) -> Number:
        return quantile(self.resolution_hours(), NINE_TENTHS)

    def share_of_solved(self, column: str, holds: Callable[[Fraction], bool]) -> Figure:
        """The share for which it holds, of the solved tickets whose column is not blank."""
        tickets = self.solved_tickets()
        self.world.need(f"tickets.{column}")
        known = [value for value in (number(ticket.get(column)) for ticket in tickets) if value is not None]
        return divide(Figure(Fraction(sum(1 for value in known if holds(value)))), Figure(Fraction(len(known))))

    def reopen_rate(self) -> Figure:
        return self.share_of_solved("reopens", lambda reopens: reopens >= 1)

    def one_touch_rate(self) -> Figure:
        return self.share_of_solved("replies", lambda replies: replies == 1)

    def first_contact_resolution_rate(self) -> Figure:
        """At most one reply, no reopening, of those of which both are known."""
        tickets = self.solved_tickets()
        self.world.need("tickets.replies", "tickets.reopens")
        both = [(number(ticket.get("replies")), number(ticket.get("reopens"))) for ticket in tickets]
        known = [pair for pair in both if pair[0] is not None and pair[1] is not None]
        once = [pair for pair in known if pair[0] <= 1 and pair[1] == 0]
        return divide(Figure(Fraction(len(once))), Figure(Fraction(len(known))))

    def own_minutes(self, column: str) -> list[Fraction | None]:
        """The help desk's own minutes of the tickets solved in the period: impossible ones and blanks are left out."""
        tickets = self.solved_tickets()
        self.world.need(f"tickets.{column}")
        found = [number(ticket.get(column)) for ticket in tickets]
        return [minutes for minutes in found if minutes is not None and minutes >= 0]

    def first_resolution_time(self) -> Number:
        return median(self.own_minutes("first_resolution_minutes"))

    def requester_wait_time(self) -> Number:
        return median(self.own_minutes("requester_wait_minutes"))

    def agent_wait_time(self) -> Number:
        return median(self.own_minutes("agent_wait_minutes"))

    def on_hold_time(self) -> Number:
        return median(self.own_minutes("on_hold_minutes"))

    def handle_time(self) -> Number:
        return mean(self.own_minutes("handle_minutes"))

    def next_reply_time(self) -> Number:
        return median(self.own_minutes("next_reply_minutes"))

    def reply_time(self) -> Number:
        return median(self.own_minutes("reply_minutes"))

    def sla_hit_rate(self) -> Figure:
        """By the first answer against the target. The help desk's own verdict is not in the oracle."""
        return in_target(self.ticket_waits(), self.world.settings.get("response_target_minutes"))
