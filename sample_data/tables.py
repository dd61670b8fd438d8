"""The rows of every file, in the words and the order in which the vendors' exports write them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

import numpy as np
from billing import Order, Subscription
from market import OPEN_STAGES, Company, Deal, Lead
from service import Answer, Ticket
from story import CAMPAIGNS, END, GROUPS, REGIONS, START, TEAMS, stream

Row = list[object]
STAGES = [*OPEN_STAGES, "Closed Won", "Closed Lost"]
PROBABILITY = OPEN_STAGES | {"Closed Won": 1.0, "Closed Lost": 0.0}
OTHERWISE_SPELT = 0.015


def minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def second(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


def spelt(rng: np.random.Generator, name: str) -> str:
    """A company's name as people type it: now and then in another case or with a space too many."""
    if rng.random() >= OTHERWISE_SPELT:
        return name
    return str(rng.choice([name.upper(), name.lower(), f"{name} ", name.replace(" ", "  ")]))


def deal_rows(deals: list[Deal]) -> list[Row]:
    """HubSpot deals; Close Date is the expected date while a deal is open."""
    rng = stream("deal rows")
    header: Row = ["Record ID", "Deal Name", "Pipeline", "Deal Stage", "Deal owner", "Amount", "Create Date"]
    header += ["Close Date", "Associated Company", "Original Traffic Source", "Campaign", "Closed Lost Reason"]
    header += ["Deal probability", "Lead ID", *(f'Date entered "{stage} (Sales Pipeline)"' for stage in STAGES)]
    rows = [header]
    for number, deal in enumerate(sorted(deals, key=lambda d: d.created_at), start=17800410001):
        amount = "" if deal.amount is None else f"{deal.amount:.0f}"
        row: Row = [number, deal.name, "Sales Pipeline", deal.stage, deal.company.owner, amount]
        row += [minute(deal.created_at), minute(deal.closes_at), spelt(rng, deal.company.name), deal.source]
        row += [deal.campaign, deal.lost_reason, PROBABILITY[deal.stage], deal.lead_id]
        rows.append(row + [minute(deal.stages.get(stage)) for stage in STAGES])
    return rows


def company_rows(companies: Iterable[Company]) -> list[Row]:
    """HubSpot companies: customers, and those who had a deal or a trial and did not become one."""
    header: Row = ["Record ID", "Company name", "Company Domain Name", "Country/Region", "Company owner", "Industry"]
    rows = [[*header, "Lifecycle Stage", "Create Date", "Became a Customer Date", "Segment"]]
    for number, c in enumerate(sorted(companies, key=lambda c: c.created_at), start=9120330001):
        lifecycle = "Customer" if c.customer_since else "Opportunity" if c.has_open_deal else "Lead"
        row: Row = [number, c.name, c.domain, c.country, c.owner, c.industry, lifecycle]
        rows.append([*row, minute(c.created_at), minute(c.customer_since), c.segment])
    return rows


def team_rows() -> list[Row]:
    """Sellers with their region, support agents with their group."""
    rows: list[Row] = [["Owner", "Team", "Region"]]
    rows += [[owner, team, REGIONS[team]] for team, owners in TEAMS.items() for owner in owners]
    regions = list(REGIONS.values())
    return rows + [
        [agent, f"Support {name}", regions[k % 2]] for name, g in GROUPS.items() for k, agent in enumerate(g.agents)
    ]


def lead_rows(leads: list[Lead]) -> list[Row]:
    header: Row = ["Lead ID", "Company", "Email", "Created At", "First Response At", "Converted At"]
    rows = [[*header, "Lead Status", "Lead Source", "Campaign", "Lead Owner"]]
    for lead in leads:
        row: Row = [lead.lead_id, lead.company.name, lead.company.email, minute(lead.created_at)]
        row += [minute(lead.responded_at), minute(lead.converted_at), lead.status, lead.source, lead.campaign]
        rows.append([*row, lead.company.owner])
    return rows


def ticket_rows(tickets: list[Ticket]) -> list[Row]:
    """Zendesk tickets; mind that "Resolution time" is in hours and every other duration in minutes."""
    rng = stream("ticket rows")
    header: Row = ["Id", "Requester", "Requester email", "Assignee", "Group", "Subject", "Status", "Priority", "Via"]
    header += ["Ticket type", "Created at", "Updated at", "Organization", "Solved at", "Resolution time"]
    header += ["Satisfaction Score", "Reopens", "Replies", "First reply time in minutes"]
    rows = [[*header, "First reply time in minutes within business hours", "Full resolution time in minutes"]]
    for t in tickets:
        first = round((t.replied_at - t.created_at).total_seconds() / 60) if t.replied_at else ""
        full = round((t.solved_at - t.created_at).total_seconds() / 60) if t.solved_at else ""
        hours = round(full / 60) if isinstance(full, int) else ""
        agent = "" if t.status == "New" else t.agent
        row: Row = [t.ticket_id, t.company.contact, t.company.email, agent, t.group, t.subject, t.status]
        row += [t.priority, t.channel, t.kind, second(t.created_at), second(t.updated_at)]
        row += [spelt(rng, t.company.name), second(t.solved_at), hours, t.satisfaction, t.reopens, t.replies]
        rows.append([*row, first, t.business_minutes if t.replied_at else "", full])
    return rows


def nps_rows(answers: list[Answer]) -> list[Row]:
    rng = stream("nps rows")
    rows: list[Row] = [["Response ID", "Company", "Email", "Survey Sent At", "Responded At", "NPS Score", "Comment"]]
    for number, a in enumerate(answers, start=1):
        row: Row = [f"N{number:05}", spelt(rng, a.company.name), a.company.email, minute(a.asked_at)]
        rows.append([*row, minute(a.responded_at), "" if a.score is None else a.score, a.comment])
    return rows


def csat_rows(answers: list[Answer]) -> list[Row]:
    """The rows of the workbook: dates stay dates, empty comments stay empty cells."""
    rng = stream("csat rows")
    rows: list[Row] = [["Response ID", "Company", "Responded At", "CSAT Score (1-5)", "Agent", "Channel", "Comment"]]
    for number, a in enumerate(answers, start=1):
        assert a.responded_at
        row: Row = [f"C{number:05}", spelt(rng, a.company.name), a.responded_at.replace(microsecond=0), a.score]
        rows.append([*row, a.agent, a.channel, a.comment or None])
    return rows


def subscription_rows(subscriptions: list[Subscription]) -> list[Row]:
    """Stripe subscriptions; a customer's name is spelt the same in all of them, as Stripe keeps it once."""
    rng = stream("subscription rows")
    header: Row = ["id", "Customer ID", "Customer Name", "Customer Email", "Plan", "Quantity", "Currency", "Interval"]
    header += ["Amount", "Status", "Created (UTC)", "Start (UTC)", "Trial Start (UTC)", "Trial End (UTC)"]
    rows = [[*header, "Canceled At (UTC)", "Ended At (UTC)"]]
    customers: dict[str, tuple[str, str]] = {}
    for number, s in enumerate(subscriptions, start=1):
        name = s.company.name
        customer = customers.setdefault(name, (f"cus_P{len(customers) + 1:04}", spelt(rng, name)))
        row: Row = [f"sub_1P{number:04}", *customer, s.company.email, s.plan, s.seats, "usd", s.interval]
        trial_start = s.started_at if s.trial_ends_at else None
        row += [f"{s.amount:.2f}", s.status, minute(s.started_at), minute(s.started_at), minute(trial_start)]
        rows.append([*row, minute(s.trial_ends_at), minute(s.canceled_at), minute(s.ended_at)])
    return rows


def ad_rows(leads: list[Lead]) -> list[Row]:
    """Google Ads by day and campaign, between the two lines above the header and the totals at the end."""
    rng = stream("ads")
    leads_on: Counter[tuple[str, date]] = Counter((lead.campaign, lead.created_at.date()) for lead in leads)
    rows: list[Row] = [["Campaign report"], [f"{START:%B} 1, {START:%Y} - {END - timedelta(days=1):%B %d, %Y}"]]
    rows.append(["Day", "Campaign", "Currency code", "Cost", "Impr.", "Clicks", "Conversions"])
    totals = np.zeros(4)
    for offset in range((END - START).days):
        day = (START + timedelta(days=offset)).date()
        for name, campaign in CAMPAIGNS.items():
            weekend = 0.55 if day.weekday() >= 5 else 1.18
            cost = round(campaign.cost * weekend * (0.92 + 0.006 * offset / 30) * float(rng.uniform(0.8, 1.2)), 2)
            conversions = leads_on[name, day]
            clicks = max(round(cost / campaign.click * float(rng.uniform(0.85, 1.15))), conversions)
            shown = round(clicks / campaign.ctr * float(rng.uniform(0.9, 1.1)))
            totals += [cost, shown, clicks, conversions]
            rows.append(
                [day.isoformat(), name, "USD", f"{cost:.2f}", f"{shown:,}", f"{clicks:,}", f"{conversions:.2f}"]
            )
    sums: Row = [" --", "USD", f"{totals[0]:.2f}", f"{totals[1]:,.0f}", f"{totals[2]:,.0f}", f"{totals[3]:,.2f}"]
    return rows + [[label, *sums] for label in ("Total: Campaigns", "Total: Account")]


def money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def order_rows(orders: list[Order]) -> tuple[list[Row], list[Row]]:
    """Orders and their lines; the lines add up to the order's total to the cent."""
    rng = stream("order rows")
    heads: list[Row] = [["Order ID", "Customer", "Order Date", "Total", "Refunded Amount", "Currency", "Status"]]
    lines: list[Row] = [["Order ID", "Product", "Quantity", "Line Total"]]
    for number, order in enumerate(orders, start=2001):
        row: Row = [f"#{number}", spelt(rng, order.company.name), minute(order.ordered_at), money(order.total)]
        heads.append([*row, money(order.refunded), "USD", order.status])
        lines += [[f"#{number}", product, quantity, money(cents)] for product, quantity, cents in order.lines]
    return heads, lines
