"""The figures of the rows in which a column has a value are those of its segment; a filter that all meet changes none."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crm_metrics.metrics.metric import Unit
from crm_metrics.reporting.report import BEFORE_DIMENSIONS, Report, column_name
from crm_metrics.session import Session
from crm_metrics.settings import Settings

from .exports import SAMPLE

DIMENSIONS = ("owner", "segment", "plan", "country", "priority", "customer")
FILES = Session([str(SAMPLE)], settings=Settings(as_of=date(2026, 1, 5)), today=date(2026, 1, 6))
FACTS = ("value", "n", "status", "reason", "currency", "compare_value", "change")


def asked(where: str | None = None, by: str | None = None) -> Report:
    from crm_metrics.commands.report import report

    return report(FILES.under(where=where), period="2025-12", by=[by] if by else ())


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
    names = [*FACTS, "low", "high"]
    for fact in names:
        # Whether a sum may fall below 0 is told from the rows at hand.
        rows = both if fact in FACTS else both[both["unit"] != Unit.MONEY]
        own, other = rows[fact], rows[f"{fact}_chosen"]
        alike = (own == other) | (own.isna() & other.isna())
        if own.dtype.kind == "f":
            alike |= (own - other).abs() <= 1e-9 * own.abs()
        assert rows[~alike].empty, rows.loc[~alike, [fact, f"{fact}_chosen"]]
