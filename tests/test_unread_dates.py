"""A date of which no cell can be read makes no figure: 0 of everything would be told."""

from __future__ import annotations

import pytest

from crm_metrics import api
from crm_metrics.errors import DataError
from tests.conftest import TODAY, figures

TABLES = {
    "tickets": ("Ticket ID,Status,Created at", "{n},Open,{date}"),
    "orders": ("Order ID,Customer,Order date,Total", "{n},Ann,{date},10"),
    "deals": ("Deal ID,Stage,Amount,Close date", "{n},Closed Won,10,{date}"),
    "leads": ("Lead ID,Lead Status,Created date", "{n},New,{date}"),
    "responses": ("Response ID,NPS score,Submitted at", "{n},9,{date}"),
    "subscriptions": ("Subscription ID,Customer,MRR,Start date", "{n},Ann{n},10,{date}"),
}


def written(tmp_path, table, *days):
    header, row = TABLES[table]
    path = tmp_path / f"{table}.csv"
    path.write_text("\n".join([header, *(row.format(n=n, date=day) for n, day in enumerate(days, 1))]) + "\n")
    return str(path)


@pytest.mark.parametrize("period", ["all", "2025-03"])
@pytest.mark.parametrize("table", TABLES)
def test_a_table_of_which_no_record_is_placed_in_time_is_refused(tmp_path, table, period):
    path = written(tmp_path, table, "D3/4", "D4/5", "D5/6")

    with pytest.raises(DataError, match="D3/4"):
        api.report([path], period=period, today=TODAY)


@pytest.mark.parametrize("table", TABLES)
def test_one_date_that_can_be_read_is_enough(tmp_path, table):
    path = written(tmp_path, table, "D3/4", "2025-03-04", "D5/6")

    report = api.report([path], period="2025-03", today=TODAY)

    assert "unreadable-date" in {issue.code for issue in report.issues}


@pytest.mark.parametrize(("solved", "expected"), [("D3/4", None), ("2025-03-05", 1)])
def test_another_moment_takes_only_its_own_figures(tmp_path, solved, expected):
    path = tmp_path / "tickets.csv"
    path.write_text(f"Ticket ID,Status,Created at,Solved at\n1,Solved,2025-03-04,{solved}\n2,Open,2025-03-31,\n")

    values = figures(str(path), period="2025-03")

    assert (values[("tickets_created",)], values.get(("tickets_solved",))) == (2, expected)
