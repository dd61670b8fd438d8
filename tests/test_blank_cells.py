"""What is blank is not 0 and not "no": where others of the file have an amount or a stage, the ones without are said."""

from __future__ import annotations

import pytest

from crm_metrics import api
from tests.conftest import TODAY, figures

FILES = {
    "orders": ("Order ID;Order date;Customer;Amount\n1;2025-03-13;A;{}\n2;2025-03-14;B;{}\n", "revenue"),
    "deals": ("Deal;Stage;Amount;Close date\nA;Won;{};2025-03-13\nB;Won;{};2025-03-14\n", "revenue_won"),
    "open": ("Deal;Stage;Amount;Created\nA;Proposal;{};2025-03-13\nB;Proposal;{};2025-03-14\n", "open_pipeline"),
    "subscriptions": ("Customer;Plan;MRR;Start date;End date\nA;Pro;{};2025-03-13;\nB;Pro;{};2025-03-14;\n", "mrr"),
}


def said(tmp_path, text, metric, code):
    path = tmp_path / "file.csv"
    path.write_text(text)
    issues = api.report([str(path)], period="2025-03", metrics=[metric], today=TODAY).issues
    return [issue.rows for issue in issues if issue.code == code]


@pytest.mark.parametrize("name", FILES)
def test_records_without_an_amount_are_said_where_others_have_one(tmp_path, name):
    text, metric = FILES[name]

    assert said(tmp_path, text.format(100, ""), metric, "no-amount") == [(3,)]
    assert said(tmp_path, text.format(100, 0), metric, "no-amount") == []


def test_a_lost_deal_needs_no_amount(tmp_path):
    text = "Deal;Stage;Amount;Close date\nA;Won;100;2025-03-13\nB;Lost;;2025-03-14\n"

    assert said(tmp_path, text, "revenue_won", "no-amount") == []


@pytest.mark.parametrize(("stage", "rows"), [("", [(3,)]), ("Proposal", [])])
def test_a_deal_without_a_stage_is_said(tmp_path, stage, rows):
    text = f"Deal;Stage;Amount;Close date\nA;Won;100;2025-03-13\nB;{stage};50;2025-03-14\n"

    assert said(tmp_path, text, "deals_won", "no-stage") == rows


def test_a_deal_without_a_stage_that_a_flag_decides_is_not(tmp_path):
    text = "Deal;Stage;Is won;Is closed;Amount;Close date\nA;Won;yes;yes;100;2025-03-13\nB;;no;yes;50;2025-03-14\n"

    assert said(tmp_path, text, "deals_won", "no-stage") == []


@pytest.mark.parametrize("cell", ["N/A", "n/a", "#N/A", "(blank)", "(none)", "?", "-"])
def test_what_nobody_is_called_is_no_customer(tmp_path, cell):
    path = tmp_path / "orders.csv"
    path.write_text(
        f"Order ID,Order date,Customer,Amount\n1,2025-03-13,A,1\n2,2025-03-14,{cell},2\n3,2025-03-15,{cell},4\n"
    )

    found = figures(str(path), period="2025-03", metrics=["active_customers", "revenue_without_customer"])
    assert found == {("active_customers",): 1, ("revenue_without_customer",): 6}


@pytest.mark.parametrize("cell", ["Null", "None", "Nan", "NA"])
def test_what_somebody_may_be_called_is_a_customer(tmp_path, cell):
    path = tmp_path / "orders.csv"
    path.write_text(f"Order ID,Order date,Customer,Amount\n1,2025-03-13,A,1\n2,2025-03-14,{cell},2\n")

    assert figures(str(path), period="2025-03", metrics=["active_customers"]) == {("active_customers",): 2}
