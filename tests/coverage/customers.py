"""Customers: how often the model of purchases and amounts is refused where it is true, and how often where it is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from crm_metrics.analysis.lifetimes import Ledger, Model, judged
from crm_metrics.analysis.lifetimes.contracts import contracts
from crm_metrics.tables import Table

Draw = Callable[[np.random.Generator], tuple[Ledger, int]]  # purchases, and the day up to which they are known
MONTH, QUARTER, YEAR = 30.4375, 91.3125, 365.25
MOST, LEAST = 0.05, 0.8  # refused of companies in which the model is true, and of each kind in which it is not


def book(customer: np.ndarray, day: np.ndarray, amount: np.ndarray, until: int) -> tuple[Ledger, int]:
    """The ledger of purchases, known up to a day."""
    kept = day.astype(int) <= until
    customer, day, amount = customer[kept], day[kept].astype(int), amount[kept]
    order = np.lexsort((day, customer))
    sales = np.zeros(len(order), dtype=bool)
    return Ledger(customer[order], day[order], amount[order], sales, np.arange(len(order))), until


def amounts(rng: np.random.Generator, customer: np.ndarray, *, alike: bool = False) -> np.ndarray:
    """An amount for each purchase: gamma-gamma with p 6, q 4, v 15; `alike` for amounts of which no customer has his own."""
    scale = np.full(customer.max() + 1, 0.2) if alike else rng.gamma(4, 1 / 15, customer.max() + 1)
    return rng.gamma(6, 1 / scale[customer])


def buying(
    rng: np.random.Generator, *, habit: float = 1, alike: bool = False, last: float = 1, leaving: float = 0
) -> tuple[Ledger, int]:
    """Customers who buy and leave as BG/NBD says, with parameters that differ from company to company. `habit` is the shape
    of the pauses (1 is chance), `last` how often they buy in the last quarter of the time beside before, `leaving` the share
    who go when it begins."""
    size, days = int(np.exp(rng.uniform(np.log(600), np.log(4000)))), int(rng.uniform(365, 1000))
    rate = rng.gamma(shape := rng.uniform(0.3, 2), 1 / rng.uniform(5, 40), size) / 7
    leave = rng.beta(rng.uniform(0.3, 1.5), rng.uniform(1, 6), size)
    if alike:
        rate[:] = shape / 140
    quarter = 0.75 * days
    end = quarter + 0.25 * days * last  # in the time of purchases, which runs faster or slower in the last quarter
    now = rng.uniform(0, quarter, size)
    there = np.arange(size)
    who, when = [there], [now.copy()]
    while len(there):
        now[there] += rng.gamma(habit, 1 / habit, len(there)) / rate[there]
        there = there[now[there] < end]
        who.append(there)
        when.append(now[there])
        there = there[rng.random(len(there)) >= leave[there]]
    customer, day = np.concatenate(who), np.concatenate(when)
    late = day > quarter
    day = np.where(late, quarter + (day - quarter) / last, day)
    gone = (rng.random(size) < leaving)[customer] & late
    customer, day = customer[~gone], day[~gone]
    return book(customer, day, amounts(rng, customer), days)


def billed(
    rng: np.random.Generator, every: tuple[float, ...], late: float, *, times: int = 1, skipped: float = 0
) -> tuple[Ledger, int]:
    """Customers on contracts, each billed `every` so many days, `times` in each of them, up to `late` days after the day
    that is due; of the bills a share is `skipped`. Every month 2 of 100 leave."""
    size, days = int(rng.uniform(400, 1200)), int(rng.uniform(1.6, 3) * max(365.0, *every))
    apart = rng.choice(every, size)
    begin, bills = rng.uniform(0, 0.8 * days, size), int(days / min(every)) + 1
    lasting = rng.geometric(0.02 * apart / MONTH)
    customer, bill, part = (axis.ravel() for axis in np.indices((size, bills, times)))
    day = begin[customer] + apart[customer] * (bill + part / (times + 1)) + rng.uniform(0, late, len(bill))
    kept = (bill < lasting[customer]) & ((rng.random(len(bill)) >= skipped) | (bill == 0)) & (day < days)
    return book(customer[kept], day[kept], amounts(rng, customer[kept]), days)


def same_count(rng: np.random.Generator) -> tuple[Ledger, int]:
    """Customers who all buy three times, on any days."""
    customer, day = np.repeat(np.arange(600), 3), rng.uniform(0, 700, 1800)
    return book(customer, day, amounts(rng, customer), 700)


def once(rng: np.random.Generator) -> tuple[Ledger, int]:
    """Customers who all buy once."""
    customer = np.arange(2000)
    return book(customer, rng.uniform(0, 700, 2000), amounts(rng, customer), 700)


def alike_in_amounts(rng: np.random.Generator) -> tuple[Ledger, int]:
    """Customers who buy as the model says and spend alike."""
    ledger, until = buying(rng)
    return book(ledger.customer, ledger.day, amounts(rng, ledger.customer, alike=True), until)


TRUE: Draw = buying
HABITS: dict[str, Draw] = {"habit of shape 2": partial(buying, habit=2), "habit of shape 3": partial(buying, habit=3)}
CONTRACTS: dict[str, Draw] = {
    "monthly": partial(billed, every=(MONTH,), late=0),
    "monthly, up to 10 days late": partial(billed, every=(MONTH,), late=10),
    "monthly, 15 of 100 skipped": partial(billed, every=(MONTH,), late=4, skipped=0.15),
    "quarterly": partial(billed, every=(QUARTER,), late=7),
    "yearly": partial(billed, every=(YEAR,), late=20),
    "monthly, quarterly and yearly": partial(billed, every=(MONTH, QUARTER, YEAR), late=5),
    "twice a month": partial(billed, every=(MONTH,), late=2, times=2),
}
# Customers who do not differ: parameters without end are as likely as any. Half of such companies come out with such, and
# are refused; the others with finite ones by chance, which predict as well.
ALIKE: dict[str, Draw] = {"all buy equally often": partial(buying, alike=True), "all spend alike": alike_in_amounts}
BROKEN: dict[str, Draw] = {
    "all buy half as often in the last quarter": partial(buying, last=0.5),
    "all buy twice as often in the last quarter": partial(buying, last=2),
    "half leave before the last quarter": partial(buying, leaving=0.5),
    "all buy three times": same_count,
    "all buy once": once,
}


def subscribing(rng: np.random.Generator, *, last: float = 1) -> tuple[Table, int]:
    """Subscribers who leave at each renewal with a chance of their own, and `last` times as fast in the last quarter of the
    time; and the instant up to which they are known."""
    size, days = int(np.exp(rng.uniform(np.log(600), np.log(5000)))), int(rng.uniform(500, 1200))
    started = rng.uniform(0, 0.9 * days, size)
    ended = started + MONTH * rng.geometric(rng.beta(rng.uniform(0.4, 1.5), rng.uniform(4, 25), size))
    ended = np.where(ended > 0.75 * days, 0.75 * days + (ended - 0.75 * days) / last, ended)
    first, never = np.datetime64("2020-01-01", "us"), np.datetime64("NaT")
    at = first + np.timedelta64(days, "D")
    begun, over = (first + np.round(np.minimum(part, 1e5)).astype("timedelta64[D]") for part in (started, ended))
    frame = pd.DataFrame({"started_at": begun, "ended_at": np.where(over < at, over, never), "ordinal": 1})
    return Table("spells", frame), int(at.astype(np.int64))


RENEWING: dict[str, Callable[[np.random.Generator], tuple[Table, int]]] = {
    "renewals as the model has them": subscribing,
    "subscribers leave 2.5 times as fast in the last quarter": partial(subscribing, last=2.5),
    "subscribers leave half as fast in the last quarter": partial(subscribing, last=0.5),
}


def model(draw: Draw, seed: int) -> Model:
    """The model of a company drawn with a seed."""
    ledger, until = draw(np.random.default_rng(seed))
    return judged(ledger, ledger.until(until), until=until)


def reasons(draw: Draw, runs: int, seed: int) -> Counter[str]:
    """Why the value is refused, by how many of the companies; "" where it is given."""
    made = (model(draw, seed + run).trouble for run in range(runs))
    return Counter("" if why is None else why.reason for why in made)


def measured(runs: int, seed: int) -> tuple[list[str], bool]:
    """A line for each kind of company, and whether the model is refused where it should be and only there."""
    lines, kept = [], True
    for name, draw in ({"the model is true": TRUE} | HABITS | ALIKE | CONTRACTS | BROKEN).items():
        found = reasons(draw, runs, seed)
        share = 1 - found.pop("", 0) / runs
        why = ", ".join(f"{reason} {count / runs:.1%}" for reason, count in found.most_common())
        lines.append(f"{name}: refused {share:.1%}" + (f" ({why})" if why else ""))
        kept &= share <= MOST if draw is TRUE else name in HABITS | ALIKE or share >= LEAST
    for name, drawn in RENEWING.items():
        made = [contracts(*drawn(np.random.default_rng(seed + run))).refused for run in range(runs)]
        share = sum(why is not None for why in made) / runs
        lines.append(f"{name}: refused {share:.1%}")
        kept &= share <= MOST if drawn is subscribing else share >= LEAST
    return lines, kept
