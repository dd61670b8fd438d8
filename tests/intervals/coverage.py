"""How often the 95 % limits hold the truth: `python -m tests.intervals.coverage [simulations]`.

Every simulation is a segment of one data set, so that the engine itself computes the limits, of all at once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from crm_metrics import api
from crm_metrics.engine.windows import Window
from crm_metrics.intervals.engine import Engine
from crm_metrics.intervals.shares import difference
from crm_metrics.loaders.facts.draft import category
from crm_metrics.settings import Settings
from crm_metrics.tables import Dataset, Table

SIZES = (30, 300, 3000)
DAY = np.datetime64("2024-03-05", "us")
MARCH = Window(*(int(np.datetime64(day, "us").astype(np.int64)) for day in ("2024-03-01", "2024-04-01")))
WON, MEAN, SPREAD, PROMOTERS, DETRACTORS = 0.3, 100.0, 50.0, 0.5, 0.2
MEDIAN_WAIT, MEDIAN_CYCLE = 10 * np.log(2), 14.0
PRODUCT = 0.3  # of the sales
SHAPE = (MEAN / SPREAD) ** 2  # of the gamma distribution


def dataset(n: int, simulations: int, random: np.random.Generator) -> Dataset:
    """Deals, answers and tickets of known distributions, n of each in every simulation; of the deals as many as come by
    chance, n on average."""
    often = random.poisson(n, simulations)
    rows = int(often.sum())
    deals = pd.DataFrame({"amount": random.gamma(SHAPE, MEAN / SHAPE, rows)})
    deals["outcome"] = category(("lost", "open", "won"), np.where(random.random(rows) < WON, 2, 0))
    deals["closed_at"], deals["compared_amount"] = np.full(rows, DAY), deals["amount"]
    deals["owner"] = _owners(np.repeat(np.arange(simulations), often), simulations)
    _cycles(deals, random)
    size = n * simulations
    place = random.random(size)
    answers = pd.DataFrame({"responded_at": np.full(size, DAY), "owner": _each(n, simulations)})
    group = np.where(place < PROMOTERS, 2, np.where(place > 1 - DETRACTORS, 0, 1))
    answers["nps_group"] = category(("detractor", "passive", "promoter"), group)
    wait, cut = random.exponential(10, size), random.exponential(30, size)
    tickets = pd.DataFrame({"created_at": np.full(size, DAY), "owner": _each(n, simulations)})
    tickets["solved_at"], tickets["resolution_hours"] = np.full(size, DAY), random.gamma(SHAPE, MEAN / SHAPE, size)
    tickets["wait_minutes"], tickets["is_answered"] = np.minimum(wait, cut), wait <= cut
    purchases = _purchases(n, simulations, random)
    lines = purchases.assign(product=category(("A", "B"), (random.random(len(purchases)) >= PRODUCT).astype(int)))
    tables = {"deals": deals, "responses": answers, "tickets": tickets, "purchases": purchases, "sold_lines": lines}
    tables["movements"] = deals[["amount", "owner"]].assign(
        moved_at=DAY, kind=category(("new",), np.zeros(rows, int)), is_known=True
    )
    return Dataset({name: Table(name, frame) for name, frame in tables.items()}, [], [], date(2024, 12, 31), Settings())


def _cycles(deals: pd.DataFrame, random: np.random.Generator) -> None:
    """Half of the deals would be won, half lost, each after its own time; some are still open then."""
    rows = len(deals)
    winner, cut = random.random(rows) < 0.5, random.uniform(0, 200, rows)
    cycle = np.where(winner, random.exponential(MEDIAN_CYCLE / np.log(2), rows), random.exponential(15, rows))
    deals["created_at"], deals["cycle_wait_days"] = np.full(rows, DAY), np.minimum(cycle, cut)
    deals["is_outcome_won"], deals["is_outcome_lost"] = winner & (cycle <= cut), ~winner & (cycle <= cut)


def _purchases(n: int, simulations: int, random: np.random.Generator) -> pd.DataFrame:
    """One purchase of each of n customers, and one more of each on average."""
    often = 1 + random.poisson(1, n * simulations)
    customer = np.repeat(np.arange(n * simulations), often)
    frame = pd.DataFrame({"amount": random.gamma(SHAPE, MEAN / SHAPE, len(customer))})
    frame["purchased_at"], frame["customer"] = np.full(len(customer), DAY), _owners(customer, n * simulations)
    frame["owner"] = _owners(customer // n, simulations)
    return frame.assign(has_customer=True, is_refund=False)


def _owners(codes: np.ndarray, simulations: int) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, pd.Index([f"{i:06}" for i in range(simulations)], dtype="str"))


def _each(n: int, simulations: int) -> pd.Categorical:
    return _owners(np.repeat(np.arange(simulations), n), simulations)


# The true value of each figure that is simulated, and the figure's kind of limits.
TRUTHS = {
    "win_rate": ("share (Wilson)", WON),
    "win_rate_by_value": ("share of money (delta, Wilson)", WON),
    "arpu": ("formula (delta, by customer)", 2 * MEAN),
    "resolution_time_mean": ("mean (Student)", MEAN),
    "nps": ("NPS (adjusted Wald)", 100 * (PROMOTERS - DETRACTORS)),
    "resolution_time": ("median (ranks)", MEAN / SHAPE * gammaincinv(SHAPE, 0.5)),
    "resolution_time_p90": ("90 % quantile (ranks)", MEAN / SHAPE * gammaincinv(SHAPE, 0.9)),
    "first_response_time_censored": ("survival median", MEDIAN_WAIT),
    "sales_cycle_length_censored": ("median of wins (Aalen-Johansen)", MEDIAN_CYCLE),
}


def coverage(n: int, simulations: int, seed: int = 1) -> Iterator[tuple[str, float]]:
    """Each kind of limits, and in which share of the simulations they held the truth."""
    random = np.random.default_rng(seed)
    catalog = api.query().catalog
    engine = Engine(dataset(n, simulations, random), catalog, [MARCH], ("owner",))
    for name, (kind, truth) in TRUTHS.items():
        yield kind, _share(engine, name, truth)
    yield "share of a whole (delta, Wilson)", _share(engine, "product_share", PRODUCT, "A")
    yield "sum of chance rows (delta)", _share(engine, "new_mrr", n * MEAN)
    rates = engine.cells("win_rate")
    half = simulations // 2
    one, other = (
        (rates.value[0, part], rates.low[0, part], rates.high[0, part]) for part in (slice(half), slice(half, 2 * half))
    )
    low, high = difference(one, other)
    yield "difference of shares (Newcombe)", float(np.mean((low <= 0) & (high >= 0)))
    from crm_metrics.intervals.distributions import poisson_limits

    low, high = poisson_limits(random.poisson(n, simulations))
    yield "count (Poisson)", float(np.mean((low <= n) & (high >= n)))


def _share(engine: Engine, name: str, truth: float, of: str | None = None) -> float:
    cells = engine.cells(name)
    places = [i for i, label in enumerate(engine.segments(cells.dims).labels) if of is None or label[-1] == of]
    low, high = cells.low[0, places], cells.high[0, places]
    known = ~np.isnan(low)
    return float(np.mean((low[known] <= truth) & (truth <= high[known]))) if known.any() else float("nan")


def main() -> None:
    simulations = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    found = {n: dict(coverage(n, simulations)) for n in SIZES}
    print(f"{simulations:,} simulations{'':12}", *(f"n = {n:<6,}" for n in SIZES))
    for kind in found[SIZES[0]]:
        print(f"{kind:34}", *(f"{100 * found[n][kind]:8.1f} %" for n in SIZES))


if __name__ == "__main__":
    main()
