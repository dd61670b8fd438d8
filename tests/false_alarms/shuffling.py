"""The sample company with everything shuffled away: records keep what they are, but when they happened and to whom they
belong is drawn anew, so that no period and no segment differs from another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from crm_metrics import api

START, END = pd.Timestamp("2024-01-01"), pd.Timestamp("2026-01-01")
WARM_UP = pd.Timedelta(days=200)  # so that at the start there are records of before, as at the end
AS_OF = date(2025, 12, 31)
SAMPLE = Path(__file__).parents[2] / "sample_data"

# By table: what names the record, the moments that move together (the first places it), what holds only once a moment has
# come, and the groups that are dealt out anew.
_DEALS = ("deal_id", ("created_at", "closed_at"), {"closed_at": ("outcome",)}, ("owner", "campaign", "source"))
_LEADS = ("lead_id", ("created_at", "responded_at", "converted_at"), {}, ("owner", "campaign", "source"))
_TICKETS = (
    "ticket_id",
    ("created_at", "first_response_at", "solved_at"),
    {"solved_at": ("reopens", "satisfaction")},
    ("owner", "team", "priority", "channel", "type"),
)
_RESPONSES = ("response_id", ("responded_at",), {}, ("owner", "channel"))


def sample() -> dict[str, pd.DataFrame]:
    """The tables of the sample company, as they were read, with what is needed of them."""
    found = api.inventory([str(SAMPLE)], today=date(2026, 1, 5)).dataset
    assert found is not None
    frames = {name: table.frame for name, table in found.tables.items()}
    tickets = frames["tickets"].copy()
    tickets["first_response_at"] = tickets["created_at"] + pd.to_timedelta(tickets["response_minutes"], unit="min")
    tickets["solved_at"] = tickets["created_at"] + pd.to_timedelta(tickets["resolution_hours"], unit="h")
    deals = frames["deals"].copy()
    # Impossible cycles and the like are the check's business.
    deals = deals[(deals["outcome"] == "open") | (deals["closed_at"] >= deals["created_at"])]
    return frames | {"tickets": tickets, "deals": deals}


def shuffled(tables: dict[str, pd.DataFrame], seed: int) -> dict[str, pd.DataFrame]:
    """The tables of a company in which nothing happened, with canonical column names; another for each seed."""
    rng = np.random.default_rng(seed)
    made = {}
    for name, (key, moments, ends, groups) in (
        ("deals", _DEALS),
        ("leads", _LEADS),
        ("tickets", _TICKETS),
        ("responses", _RESPONSES),
    ):
        made[name] = _moved(rng, tables[name], key, moments, ends, groups)
    made["deals"]["outcome"] = made["deals"]["outcome"].fillna("open")
    made["deals"]["amount"] = tables["deals"]["amount"].to_numpy()
    made["tickets"]["status"] = np.where(made["tickets"]["solved_at"].isna(), "open", "solved")
    responses = tables["responses"]
    made["responses"][["kind", "score"]] = responses[["kind", "score"]].to_numpy()
    made["orders"] = _orders(rng, tables["orders"])
    made["subscriptions"] = _subscriptions(rng, tables["subscriptions"])
    made["spend"] = _spend(rng, tables["spend"], made["deals"])
    return made


def _moved(
    rng: np.random.Generator,
    frame: pd.DataFrame,
    key: str,
    moments: Sequence[str],
    ends: dict[str, tuple[str, ...]],
    groups: Sequence[str],
) -> pd.DataFrame:
    """The records at other times, what lies beyond the end unknown yet, in groups dealt out anew."""
    first = START - WARM_UP + (END - START + WARM_UP) * pd.Series(rng.random(len(frame)))
    made = pd.DataFrame({key: frame[key].to_numpy()})
    for moment in moments:
        moved = first + (frame[moment] - frame[moments[0]]).reset_index(drop=True)
        made[moment] = moved.where(moved < END)
        for column in ends.get(moment, ()):
            made[column] = frame[column].astype(object).to_numpy()
            made[column] = made[column].where(made[moment].notna())
    for group in groups:
        made[group] = rng.permutation(frame[group].astype(object).to_numpy())
    return made.map(lambda cell: None if cell is None or cell != cell else cell)


def _orders(rng: np.random.Generator, orders: pd.DataFrame) -> pd.DataFrame:
    made = orders[["order_id", "amount", "currency"]].reset_index(drop=True)
    made["customer"] = rng.permutation(orders["customer"].astype(object).to_numpy())
    made["ordered_at"] = START + (END - START) * pd.Series(rng.random(len(orders)))
    return made


def _subscriptions(rng: np.random.Generator, subscriptions: pd.DataFrame) -> pd.DataFrame:
    """One subscription for each customer, begun at any time, with the same chance of ending on every day."""
    customers = subscriptions.drop_duplicates("customer").reset_index(drop=True)
    size = len(customers)
    since = START - pd.Timedelta(days=730)
    started = since + (END - since) * pd.Series(rng.random(size))
    ended = started + pd.to_timedelta(rng.exponential(600, size), unit="D")
    return pd.DataFrame(
        {
            "subscription_id": [f"sub{number}" for number in range(size)],
            "customer": customers["customer"].astype(object),
            "started_at": started,
            "ended_at": ended.where(ended < END),
            "mrr": rng.permutation((customers["amount"] * 1.0).to_numpy()),
            "currency": "USD",
            "plan": rng.permutation(customers["plan"].astype(object).to_numpy()),
        }
    )


def _spend(rng: np.random.Generator, spend: pd.DataFrame, deals: pd.DataFrame) -> pd.DataFrame:
    """Costs of any day for campaigns in the proportions in which they have deals, as high in all as what they bring."""
    won = deals[(deals["outcome"] == "won") & (deals["closed_at"] >= START)]
    won = won[won["campaign"].isin(spend["campaign"].unique())]
    shares = deals.loc[deals["campaign"].isin(won["campaign"].unique()), "campaign"].value_counts(normalize=True)
    made = spend[["cost", "clicks", "conversions", "impressions"]].reset_index(drop=True)
    made["cost"] *= pd.to_numeric(won["amount"]).sum() / made["cost"].sum()
    made["spent_at"] = rng.permutation(spend["spent_at"].dt.normalize().to_numpy())
    made["campaign"] = rng.choice(shares.index.astype(str).to_numpy(), len(spend), p=shares.to_numpy())
    made["currency"] = "USD"
    return made


def write(tables: dict[str, pd.DataFrame], folder: Path) -> dict[str, str]:
    """Write the tables as CSV; the paths, each with its table."""
    paths = {}
    for name, frame in tables.items():
        path = folder / f"{name}.csv"
        frame.to_csv(path, index=False, date_format="%Y-%m-%d %H:%M:%S")
        paths[str(path)] = name
    return paths
