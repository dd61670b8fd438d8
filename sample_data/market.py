"""Companies, leads and deals: how the invented company finds its customers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from clock import add_months, growth, moments, months, pick, spread
from story import (
    CAMPAIGNS,
    COUNTRIES,
    END,
    OUTBOUND,
    PLANS,
    REGIONS,
    SEGMENTS,
    START,
    TEAMS,
    UNPAID,
    WARM_UP,
    Campaign,
    stream,
)

FIRST_WORDS = (
    "Alder Amber Anchor Apex Arbor Aspen Aurora Beacon Birch Bluebird Boreal Bridge Brook Canyon Cascade Cedar Cinder "
    "Clover Cobalt Compass Copper Coral Cypress Delta Dune Eagle Ember Evergreen Fable Falcon Fern Flint Forge Garnet "
    "Glacier Granite Harbor Hawthorn Hazel Heron Highland Hollow Indigo Iris Ivory Jasper Juniper Kestrel Lantern "
    "Larch Laurel Linden Lotus Lumen Maple Marble Meadow Mesa Midland Mistral Nectar Nimbus North Oak Ochre Onyx "
    "Orchard Osprey Pebble Pine Pioneer Prairie Quartz Quill Raven Redwood Ridge River Rowan Saffron Sage Sequoia "
    "Silver Slate Sparrow Spruce Summit Tamarack Terra Thistle Timber Topaz Umber Valley Velvet Walnut Willow Zephyr"
)
SECOND_WORDS = {
    "Facility Services": "Cleaning Facilities Janitorial Services Maintenance Property Security Parking Windows",
    "Construction": "Builders Construction Joinery Masonry Paving Roofing Flooring Concrete Glazing",
    "Utilities": "Electric Energy Gas Power Solar Water Metering Drainage Wind",
    "Logistics": "Cargo Couriers Freight Haulage Logistics Movers Transport Storage Parcels",
    "Healthcare": "Care Clinic Dental Health Homecare Medical Physio Optics Ambulance",
    "Home Services": "Gardens Heating Landscapes Locksmiths Pools Plumbing Chimneys Painters Kitchens",
}
FIRST_NAMES = "Ana Bruno Carla David Emma Felix Gina Hugo Ines Jack Kate Liam Mona Nils Omar Paula Rosa Tim Vera Will"
LAST_NAMES = (
    "Adams Beck Cruz Diaz Evans Fox Gray Hall Ito Jung Klein Lopez Moore Novak Ortega Park Quinn Ross Silva Wolf"
)
OPEN_STAGES = {
    "Appointment Scheduled": 0.2,
    "Qualified To Buy": 0.4,
    "Presentation Scheduled": 0.6,
    "Decision Maker Bought-In": 0.8,
    "Contract Sent": 0.9,
}
EARLY = ("Appointment Scheduled", "Qualified To Buy")
LOST_REASONS = {"Price": 0.28, "Competitor": 0.22, "No decision": 0.24, "Missing feature": 0.14, "": 0.12}
LOST_AFTER = (0.26, 0.30, 0.24, 0.12, 0.08)
FORGOTTEN = 0.05


@dataclass(eq=False)
class Company:
    """A company, customer or not; `customer_since` is filled when it first pays."""

    name: str
    industry: str
    segment: str
    region: str
    country: str
    owner: str
    contact: str
    created_at: datetime
    customer_since: datetime | None = None
    has_open_deal: bool = False

    @property
    def domain(self) -> str:
        return self.name.replace(" ", "").lower() + ".example"

    @property
    def email(self) -> str:
        return f"{self.contact.split()[0].lower()}@{self.domain}"


@dataclass(eq=False)
class Lead:
    """Somebody who left an address."""

    company: Company
    campaign: str
    source: str
    created_at: datetime
    responded_at: datetime | None
    converted_at: datetime | None = None
    status: str = "Contacted"
    lead_id: str = ""


@dataclass(eq=False)
class Deal:
    """A deal; `stages` holds when each stage was entered, the last one being where it stands."""

    company: Company
    name: str
    amount: float | None
    created_at: datetime
    closes_at: datetime
    campaign: str
    source: str
    lead_id: str
    plan: str = ""
    seats: int = 0
    lost_reason: str = ""
    stages: dict[str, datetime] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        return list(self.stages)[-1]

    @property
    def is_won(self) -> bool:
        return self.stage == "Closed Won"

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN_STAGES


class Market:
    """Hands out companies, each name once."""

    def __init__(self) -> None:
        self.rng = stream("companies")
        names = [
            (f"{start} {end}", industry)
            for start in FIRST_WORDS.split()
            for industry, ends in SECOND_WORDS.items()
            for end in ends.split()
        ]
        self.names = [names[k] for k in self.rng.permutation(len(names))]

    def company(self, created_at: datetime, segments: tuple[str, ...] = ()) -> Company:
        """A company not met before, in one of the segments when some are given."""
        rng = self.rng
        name, industry = self.names.pop()
        weights = {name: SEGMENTS[name].weight for name in segments or SEGMENTS}
        team = pick(rng, {"Sales Americas": 0.56, "Sales EMEA": 0.44})
        region = REGIONS[team]
        return Company(
            name=name,
            industry=industry,
            segment=pick(rng, weights),
            region=region,
            country=str(rng.choice(COUNTRIES[region])),
            owner=str(rng.choice(list(TEAMS[team]))),
            contact=f"{rng.choice(FIRST_NAMES.split())} {rng.choice(LAST_NAMES.split())}",
            created_at=created_at,
        )


def make_lead(rng: np.random.Generator, market: Market, campaign: str, kind: Campaign, created_at: datetime) -> Lead:
    """One lead: answered or not, converted or not, both only as far as the export could know."""
    lead = Lead(market.company(created_at, kind.segments), campaign, kind.source, created_at, None)
    answered_at = created_at + timedelta(hours=spread(rng, 2.6, 1.2))
    if rng.random() < 0.07 or answered_at >= END:
        lead.status = "New"
        return lead
    lead.responded_at = answered_at
    converted_at = answered_at + timedelta(days=spread(rng, 11, 0.9))
    if rng.random() < kind.converts / 0.93 and converted_at < END:
        lead.converted_at, lead.status = converted_at, "Converted"
    elif rng.random() < 0.55:
        lead.status = "Unqualified"
    return lead


def make_leads(market: Market) -> list[Lead]:
    """All leads by date, those of the warm-up months without an id: they are not exported."""
    rng = stream("leads")
    leads = []
    for month in months(WARM_UP, END):
        for name, kind in (CAMPAIGNS | UNPAID).items():
            count = int(rng.poisson(kind.leads * growth(month)))
            campaign = name if name in CAMPAIGNS else ""
            leads += [make_lead(rng, market, campaign, kind, at) for at in moments(rng, month, count)]
    leads.sort(key=lambda lead: lead.created_at)
    for number, lead in enumerate((lead for lead in leads if lead.created_at >= START), start=1001):
        lead.lead_id = f"L-{number}"
    return leads


def walk_stages(rng: np.random.Generator, deal: Deal, is_won: bool) -> None:
    """Fill the stage dates up to the end of the data; a deal not closed by then stays open."""
    depth = len(OPEN_STAGES) if is_won else int(rng.choice(len(LOST_AFTER), p=LOST_AFTER)) + 1
    gaps = rng.dirichlet(np.full(depth, 2.0)) * (deal.closes_at - deal.created_at).total_seconds()
    entered = [deal.created_at + timedelta(seconds=float(s)) for s in np.concatenate([[0.0], np.cumsum(gaps)[:-1]])]
    deal.stages = {stage: at for stage, at in zip(OPEN_STAGES, entered, strict=False) if at < END}
    if deal.closes_at < END and (is_won or rng.random() >= FORGOTTEN):
        deal.stages["Closed Won" if is_won else "Closed Lost"] = deal.closes_at
        deal.lost_reason = "" if is_won else pick(rng, LOST_REASONS)
        return
    deal.company.has_open_deal = True
    promised = deal.closes_at + timedelta(days=float(rng.normal(4, 14)))
    deal.closes_at = max(promised, deal.created_at + timedelta(days=7))


def make_deal(rng: np.random.Generator, company: Company, kind: Campaign, created_at: datetime) -> Deal:
    """A first deal with a company, won with the chance its campaign and its seller give it."""
    segment = SEGMENTS[company.segment]
    plan, seats = str(rng.choice(segment.plans)), int(rng.integers(*segment.seats))
    is_won = rng.random() < kind.wins * next(team[company.owner] for team in TEAMS.values() if company.owner in team)
    days = spread(rng, segment.cycle_days * (1.0 if is_won else 1.15), 0.5)
    amount = round(PLANS[plan].price_at(created_at) * seats * 12 * float(rng.uniform(0.85, 1.1)), -1)
    closes_at = created_at + timedelta(days=max(days, 2.0))
    deal = Deal(company, f"{company.name} - {plan}", amount, created_at, closes_at, "", kind.source, "", plan, seats)
    walk_stages(rng, deal, is_won)
    unpriced = 0.3 if deal.stage in EARLY else 0.0 if deal.is_won else 0.02
    if rng.random() < unpriced:
        deal.amount = None
    return deal


def make_deals(market: Market, leads: list[Lead]) -> list[Deal]:
    """First deals: one for every converted lead, and those the sellers found themselves."""
    rng = stream("deals")
    deals = []
    kinds = CAMPAIGNS | {kind.source: kind for kind in UNPAID.values()}
    for lead in leads:
        if lead.converted_at:
            deal = make_deal(rng, lead.company, kinds[lead.campaign or lead.source], lead.converted_at)
            deal.campaign, deal.lead_id = lead.campaign, lead.lead_id
            deals.append(deal)
    for month in months(WARM_UP, END):
        count = int(rng.poisson(OUTBOUND.leads * growth(month)))
        deals += [make_deal(rng, market.company(at), OUTBOUND, at) for at in moments(rng, month, count)]
    for deal in deals:
        if deal.is_won:
            deal.company.customer_since = deal.closes_at
    return [deal for deal in deals if deal.is_open or deal.closes_at >= START]


def expansion_deal(rng: np.random.Generator, company: Company, yearly: float, at: datetime, is_won: bool) -> Deal:
    """A deal with a customer about more seats or a bigger plan, won at the moment the subscription grew."""
    created_at = max(at - timedelta(days=21 + float(rng.exponential(8))), add_months(START, -3))
    deal = Deal(company, f"{company.name} - Expansion", round(yearly, -1), created_at, at, "", "Offline Sources", "")
    walk_stages(rng, deal, is_won)
    return deal
