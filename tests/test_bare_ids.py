"""A header that says no more than "ID" or "No": the number of a record where the rows that share it agree, else of something
else."""

from __future__ import annotations

import pytest

from tests.conftest import figures

BARE = {
    "deals": "{id};Deal;Stage;Amount;Close date;Product\n"
    "1;A;Won;100;2025-03-13;Tea\n1;A;Won;100;2025-03-13;Cup\n2;B;Won;50;2025-03-14;Tea\n",
    "tickets": "{id};Subject;Created at;Status;Tag\n"
    "1;X;2025-03-13;open;a\n1;X;2025-03-13;open;b\n2;Y;2025-03-14;open;a\n",
    "subscriptions": "{id};Customer;Plan;MRR;Start date;End date;Extra\n"
    "1;A;Pro;100;2025-03-13;;x\n1;A;Pro;100;2025-03-13;;y\n2;B;Pro;50;2025-03-14;;x\n",
}


@pytest.mark.parametrize("header", ["ID", "No", "Nr", "Record ID", "#"])
@pytest.mark.parametrize(
    ("table", "metric", "value"),
    [("deals", "revenue_won", 150), ("tickets", "tickets_created", 2), ("subscriptions", "mrr", 150)],
)
def test_a_bare_id_on_several_rows_is_one_record_where_they_agree(tmp_path, header, table, metric, value):
    """What differs is a column that nothing needs: the products of a deal, the tags of a ticket."""
    path = tmp_path / f"{table}.csv"
    path.write_text(BARE[table].format(id=header))

    assert figures(str(path), period="2025-03", metrics=[metric]) == {(metric,): value}


@pytest.mark.parametrize("header", ["ID", "No"])
@pytest.mark.parametrize(
    "rows",
    [
        "1;2025-03-13;A;17\n2;2025-03-13;A;17\n1;2025-03-14;B;9\n",  # the lines of a day
        "7;2025-03-13;A;17\n7;2025-03-15;A;17\n8;2025-03-14;B;9\n",  # whose they are
    ],
)
def test_a_bare_number_that_comes_back_on_other_days_is_no_id(tmp_path, header, rows):
    path = tmp_path / "orders.csv"
    path.write_text(f"{header};Order date;Customer;Amount\n{rows}")

    assert figures(str(path), period="2025-03", metrics=["revenue", "orders"]) == {("revenue",): 43, ("orders",): 3}
