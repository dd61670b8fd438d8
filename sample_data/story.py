"""What is true in the invented company: its dates, people, plans, campaigns and the three planted stories.

Everything a reader may want to turn is here, so that the modules that simulate stay free of numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zlib import crc32

import numpy as np

SEED = 20260112
WARM_UP = datetime(2023, 9, 1)
START = datetime(2024, 1, 1)
END = datetime(2026, 1, 1)
FIRST_CUSTOMER = datetime(2021, 3, 1)

PRICE_CHANGE = datetime(2025, 6, 1, 6)
CHURN_AFTER_PRICE_CHANGE = 2.9
BILLING_SLOW_FROM = datetime(2025, 1, 1)


def stream(name: str) -> np.random.Generator:
    """A random stream of its own for each part, so that changing one part leaves the others as they were."""
    return np.random.default_rng([SEED, crc32(name.encode())])


@dataclass(frozen=True)
class Plan:
    """A subscription plan; `moves_to` is the next one up, `churn` the chance of leaving in a month."""

    price: float
    churn: float
    moves_to: str = ""
    moves_from: str = ""
    new_price: float = 0.0

    def price_at(self, at: datetime) -> float:
        """The list price of a seat for a month, on a day."""
        return self.new_price if self.new_price and at >= PRICE_CHANGE else self.price


PLANS = {
    "Starter": Plan(29, 0.028, moves_to="Team", new_price=39),
    "Team": Plan(45, 0.021, moves_to="Business", moves_from="Starter"),
    "Business": Plan(65, 0.015, moves_from="Team"),
}
UPGRADE, DOWNGRADE, MORE_SEATS, WIN_BACK = 0.006, 0.002, 0.011, 0.10


@dataclass(frozen=True)
class Segment:
    """How big a customer is, how long it takes to decide and what it buys."""

    seats: tuple[int, int]
    cycle_days: float
    plans: tuple[str, ...]
    quantity: int
    weight: float


SEGMENTS = {
    "SMB": Segment((3, 10), 24, ("Starter", "Starter", "Team"), 2, 0.52),
    "Mid-market": Segment((9, 27), 40, ("Team", "Team", "Business"), 3, 0.38),
    "Enterprise": Segment((28, 75), 66, ("Business",), 5, 0.10),
}


@dataclass(frozen=True)
class Campaign:
    """A campaign: what it brings in a month, what it costs a day, and how its leads fare."""

    leads: float
    converts: float
    wins: float
    cost: float = 0.0
    click: float = 1.0
    ctr: float = 0.02
    source: str = "Paid Search"
    segments: tuple[str, ...] = ()


CAMPAIGNS = {
    "Brand Search": Campaign(20, 0.46, 0.46, cost=340, click=2.6, ctr=0.11),
    "Competitor Search": Campaign(22, 0.32, 0.34, cost=400, click=9.2, ctr=0.045),
    "Display Retargeting": Campaign(15, 0.24, 0.30, cost=210, click=1.3, ctr=0.006, source="Other Campaigns"),
    "Webinar Series": Campaign(
        34, 0.065, 0.20, cost=930, click=6.1, ctr=0.012, source="Paid Social", segments=("SMB",)
    ),
}
UNPAID = {
    "Organic Search": Campaign(12, 0.26, 0.29, source="Organic Search"),
    "Referrals": Campaign(6, 0.38, 0.36, source="Referrals"),
    "Direct Traffic": Campaign(7, 0.20, 0.26, source="Direct Traffic"),
}
OUTBOUND = Campaign(6.5, 1.0, 0.19, source="Offline Sources")
SELF_SERVE_A_MONTH, TRIAL_SHARE, TRIAL_FAILS = 9.0, 0.6, 0.3

TEAMS = {
    "Sales Americas": {"Olivia Reyes": 1.15, "Marcus Webb": 0.9, "Hannah Cole": 1.3, "Diego Fuentes": 0.8},
    "Sales EMEA": {"Sofie Lindqvist": 1.2, "Tomasz Nowak": 0.95, "Claire Dubois": 1.0, "Yusuf Demir": 0.7},
}
REGIONS = {"Sales Americas": "Americas", "Sales EMEA": "EMEA"}
COUNTRIES = {
    "Americas": ("United States", "United States", "United States", "Canada", "Mexico"),
    "EMEA": ("United Kingdom", "Germany", "Netherlands", "France", "Sweden"),
}


@dataclass(frozen=True)
class Group:
    """A support team: its agents, its share of the tickets, its usual minutes to a reply and hours to a solution."""

    agents: tuple[str, ...]
    share: float
    reply: float
    solve: float
    happy: float
    subjects: tuple[str, ...] = field(default=())


GROUPS = {
    "Technical": Group(
        ("Aiko Tanaka", "Ben Carter", "Lena Vogt", "Ravi Menon"),
        0.44,
        42,
        8,
        0.87,
        ("App does not sync", "Tablet offline", "Route missing", "Error on login", "Slow map", "API returns 500"),
    ),
    "Billing": Group(
        ("Grace Obi", "Peter Lang"),
        0.20,
        50,
        6,
        0.86,
        ("Invoice question", "Change of card", "VAT number", "Refund request", "Seats on invoice"),
    ),
    "Onboarding": Group(
        ("Maya Ortiz", "Jonas Berg"),
        0.16,
        35,
        5,
        0.90,
        ("Import customers", "Invite team", "Set up calendar", "Training date"),
    ),
    "General": Group(
        ("Ellen Frost", "Sam Okafor"),
        0.20,
        38,
        4,
        0.88,
        ("How do I export?", "Feature request", "Change address", "Other question"),
    ),
}
BILLING_SLOW_REPLY, BILLING_SLOW_HAPPY = 150, 0.60
TICKETS_PER_CUSTOMER, NPS_ASKED_A_MONTH, CSAT_ANSWERS_A_MONTH = 0.50, 112, 62

PRODUCTS = {
    "Rugged Tablet": 249.0,
    "Vehicle Mount": 39.0,
    "Label Printer": 149.0,
    "Label Rolls": 24.5,
    "Barcode Scanner": 119.0,
    "Spare Battery": 32.0,
    "SMS Credits": 45.0,
    "Training Day": 390.0,
    "Onboarding Workshop": 590.0,
}
ORDERED = {
    "Rugged Tablet": 0.17,
    "Label Printer": 0.13,
    "Label Rolls": 0.18,
    "Barcode Scanner": 0.11,
    "Spare Battery": 0.11,
    "SMS Credits": 0.18,
    "Training Day": 0.07,
    "Onboarding Workshop": 0.05,
}
BOUGHT_WITH = {
    "Rugged Tablet": ("Vehicle Mount", 0.62),
    "Label Printer": ("Label Rolls", 0.66),
    "Onboarding Workshop": ("Training Day", 0.35),
}
ONE_AT_A_TIME = {"Training Day", "Onboarding Workshop"}
ORDERS_PER_CUSTOMER = 0.11
