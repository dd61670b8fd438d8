"""Deals with no close date but the expected one: said plainly, in no figure by close date."""

from __future__ import annotations

import pytest

from crm_metrics import api
from crm_metrics.errors import NothingToReport
from crm_metrics.settings import Settings
from tests.conftest import TODAY, figures


@pytest.mark.parametrize("header", ["Expected close date", "Erwarteter Abschluss"])
def test_an_expected_date_is_no_close_date_and_is_named(tmp_path, header):
    path = tmp_path / "deals.csv"
    german = header.startswith("Erw")
    head = f"Deal-ID,Phase,Betrag,Erstellt am,{header}" if german else f"Deal ID,Stage,Amount,Created at,{header}"
    path.write_text(f"{head}\n1,Closed Won,100,2025-01-03,2025-02-01\n2,Negotiation,50,2025-01-05,2025-04-01\n")
    with pytest.raises(NothingToReport, match=header):
        api.report([str(path)], period="2025-02", metrics=["deals_won"], settings=Settings(), today=TODAY)


def test_deals_without_any_date_count_in_all(tmp_path):
    path = tmp_path / "deals.csv"
    path.write_text("Deal ID,Stage,Amount,Expected close date\n1,Closed Won,100,2025-02-01\n2,Won,50,2025-04-01\n")

    assert figures(str(path), period="all")[("deals_won",)] == 2


def test_the_month_in_which_records_begin_is_a_cohort_of_all(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(
        "Order ID,Customer,Order date,Amount\n1,A,2025-01-03,10\n2,B,2025-01-20,20\n3,A,2025-02-03,10\n4,C,2025-02-11,5\n"
    )
    found = api.cohorts([str(path)], period="all", today=TODAY).cohorts

    assert [period.label for period in found.periods] == ["2025-01", "2025-02"]


def test_where_nothing_can_be_given_the_table_that_was_says_first_why(tmp_path):
    asked = "How likely are you to recommend us?"
    (tmp_path / "form.csv").write_text(f"Timestamp,{asked}\n2025-03-01 10:00,1\n2025-03-02 10:00,4\n", encoding="utf-8")
    with pytest.raises(NothingToReport, match=r"^nps: the scores never leave 1 to 5; (?!.*campaign costs)"):
        api.report([tmp_path], period="all", settings=Settings(), today=TODAY)
