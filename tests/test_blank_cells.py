"""What is blank is not 0 and not "no": where others of the file have an amount or a stage, the ones without are said."""

from __future__ import annotations

import pytest

from crm_metrics import api
from tests.conftest import TODAY

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
