"""The figures of the rows in which a column has a value are those of its segment; a filter that all meet changes none."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from crm_metrics.commands.report import report
from crm_metrics.query import Need
from crm_metrics.reporting.report import BEFORE_DIMENSIONS, Report, column_name
from crm_metrics.session import Session
from crm_metrics.settings import Settings

from .exports import SAMPLE

DIMENSIONS = ("owner", "segment", "plan", "country", "priority", "customer")
FILES = Session([str(SAMPLE)], settings=Settings(as_of=date(2026, 1, 5)), today=date(2026, 1, 6))
# All that is said of a figure alone; how a segment stands among the others is no question of its own.
FACTS = ("value", "n", "status", "reason", "currency", "compare_value", "change", "low", "high", "signal")


FILES.expect(Need(frozenset(), DIMENSIONS))  # the segments of all are made of what is loaded once


def asked(where: str | None = None, by: str | None = None) -> Report:
    return report(FILES.under(where=where) if where else FILES, period="2025-12", by=[by] if by else ())


def by_place(rows: pd.DataFrame, dim: str = "") -> pd.DataFrame:
    """The rows by all that tells them apart but the dimension."""
    after = rows.columns.get_loc("value")
    places = [name for name in rows.columns[:after] if name not in (*BEFORE_DIMENSIONS, dim)]
    currency = rows["currency"].where(rows["metric"].duplicated(keep=False), "")
    keyed = rows.assign(_place=rows[places].fillna("").astype(str).agg("|".join, axis=1), _currency=currency.fillna(""))
    return keyed.set_index(["metric", "_place"])


def test_a_filter_that_all_rows_meet_changes_no_figure():
    every, chosen = asked(), asked("owner == 'Ann' or owner != 'Ann' or owner is None")
    given = chosen.rows["status"] != "unavailable"
    assert given.sum() > 60
    # Limits have customers as their unit, who are told apart better where sellers are carried from one table to others.
    limits = ["low", "high", "signal"]
    pd.testing.assert_frame_equal(every.rows[given].drop(columns=limits), chosen.rows[given].drop(columns=limits))
    lacking = chosen.rows[~given & (every.rows["status"] != "unavailable")]
    assert {*lacking["reason"]} == {"missing-column"}
    assert all("no column owner" in chosen.missing[name] for name in lacking["metric"])


@pytest.mark.parametrize("dim", DIMENSIONS)
def test_the_figures_of_a_value_are_those_of_its_segment(dim: str):
    segments, name = asked(by=dim).rows, column_name(dim)
    values = segments.loc[segments["n"] > 0, name].value_counts()
    value = values.index[0]
    mine = by_place(segments[segments[name] == value], name)
    chosen = by_place(asked(f"{dim} == {value!r}").rows)
    assert len(mine) > 2
    both = mine.join(chosen.add_suffix("_chosen"), how="left")
    # Of a table in which the value is never met a segment says 0, and a filter that there are no such rows.
    both = both[(both["reason_chosen"] != "no-rows") | (both["value"].fillna(0) != 0)]
    assert_alike(both)


def assert_alike(both: pd.DataFrame) -> None:
    for fact in FACTS:
        own, other = both[fact], both[f"{fact}_chosen"]
        alike = (own == other) | (own.isna() & other.isna())
        if own.dtype.kind == "f":
            alike |= (own - other).abs() <= 1e-9 * own.abs()
        assert both[alike].shape == both.shape, both.loc[~alike, [fact, f"{fact}_chosen"]]


@pytest.mark.parametrize("seed", range(3))
def test_a_change_in_few_months_of_customers_who_repeat_says_the_same(seed: int, tmp_path: Path):
    """Too few months before tell how much they vary: then how many customers there are does."""
    chance = Random(seed)
    lines = ["deal_id,customer,owner,stage,amount,created_at,closed_at"]
    for number in range(240):
        # Of Ann's few customers most have several deals, and more in March than in February.
        owner = chance.choice(["Ann", "Ben"])
        customer = chance.randrange(6 if owner == "Ann" else 60)
        day = date(2025, chance.choice([1, 2, 3, 3, 3]), chance.randint(1, 28))
        lines.append(
            f"{number},{owner}{customer},{owner},{chance.choice(['won', 'lost'])},{chance.randint(1, 900)},{day},{day}"
        )
    lines.append("999,Ben1,Ben,won,-500,2025-03-02,2025-03-02")  # another's refund says nothing of Ann's deals
    path = tmp_path / "deals.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    files = Session([str(path)], settings=Settings(as_of=date(2025, 3, 31)), today=date(2025, 4, 1))
    metrics = ["deals_created", "deals_won", "revenue_won", "win_rate", "average_deal_value"]
    segments = report(files, period="2025-03", by=["owner"], metrics=metrics).rows
    chosen = by_place(report(files.under(where="owner == 'Ann'"), period="2025-03", metrics=metrics).rows)
    mine = by_place(segments[segments["owner"] == "Ann"], "owner")

    assert len(mine) == len(metrics)
    assert_alike(mine.join(chosen.add_suffix("_chosen"), how="left"))


# The columns of each table of amounts, the dimensions to group it by, and how many of its metrics have limits.
MONEY = {
    "deals": ("deal_id,owner,source,customer,amount,currency,created_at,closed_at,stage", ("owner", "source"), 11),
    "orders": ("order_id,owner,product,customer,amount,currency,ordered_at", ("owner", "product"), 6),
    "subscriptions": ("subscription_id,owner,plan,customer,mrr,currency,started_at,ended_at", ("plan",), 9),
    "spend": ("id,campaign,channel,customer,cost,currency,spent_at", ("campaign", "channel"), 0),
}


def amounts(table: str, chance: Random) -> list[str]:
    """A file of amounts in three currencies; each customer pays in one of them."""
    header = MONEY[table][0]
    lines = [header]
    for number in range(400):
        customer, day = chance.randrange(60), date(2025, chance.choice([1, 2, 3]), chance.randint(1, 28))
        cells = [number, chance.choice(["Ann", "Ben"]), chance.choice(["x", "y", "z"]), f"C{customer}"]
        cells += [chance.randint(1, 900), ["EUR", "EUR", "USD", "GBP"][customer % 4], day]
        left = chance.choice(["", max(day, date(2025, 3, chance.randint(1, 28)))])
        cells += {"deals": [day, chance.choice(["won", "won", "lost", "open"])], "subscriptions": [left]}.get(table, [])
        lines.append(",".join(map(str, cells)))
    return lines


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("table", "dims"), [(name, dims) for name in MONEY for dims in ((), *MONEY[name][1])])
def test_an_amount_in_one_of_several_currencies_is_that_of_its_rows_with_its_limits(
    table: str, dims: str | tuple[()], seed: int, tmp_path: Path
):
    by = [dims] if isinstance(dims, str) else []
    path = tmp_path / f"{table}.csv"
    path.write_text("\n".join(amounts(table, Random(seed))) + "\n", encoding="utf-8")
    files = Session([str(path)], settings=Settings(as_of=date(2025, 3, 31)), today=date(2025, 4, 1))
    several = report(files, period="2025-03", by=by).rows
    places = [name for name in (*by, "stage", "product", "lost_reason") if name in several]
    facts = ["value", "n", "low", "high", "compare_value", "change"]
    for currency in ("EUR", "USD", "GBP"):
        alone = report(files.under(where=f"currency == {currency!r}"), period="2025-03", by=by).rows
        mine = several[several["currency"] == currency]
        pairs = mine.merge(alone, on=["metric", *dict.fromkeys(places)], suffixes=("", "_alone"), validate="1:1")
        assert len(pairs) == len(mine) > 0
        assert set(mine["signal"].dropna()) <= {"cannot tell"}  # what the months before were is not known of it
        assert mine.loc[mine["low"].notna(), "metric"].nunique() >= MONEY[table][2] * (currency == "EUR")
        expected = pairs[[f"{name}_alone" for name in facts]].set_axis(facts, axis=1)
        pd.testing.assert_frame_equal(pairs[facts], expected, check_dtype=False, check_exact=False, rtol=1e-9)
