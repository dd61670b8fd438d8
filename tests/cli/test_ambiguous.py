"""What can be read in two ways is never guessed: exit code 3 and the option that settles it, which then does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

DATES = "Deal ID,Stage,Amount,Close Date\nD1,Closed Won,100,03/04/2025\nD2,Closed Lost,50,05/04/2025\n"
NUMBERS = "Deal ID,Stage,Amount,Close Date\nD1,Closed Won,1.234,2025-03-04\nD2,Closed Won,2.500,2025-03-05\n"
ORDERS = "order id,customer,order date,amount\nO1,C1,2025-03-01,10\nO1,C1,2025-03-01,20\nO2,C2,2025-03-02,5\n"


def asked(*options: str) -> tuple[str, ...]:
    return ("report", "deals.csv", "-m", "revenue_won", "-f", "csv", "-p", *options)


def test_dates_that_may_begin_with_day_or_month_are_refused(folder: Path):
    (folder / "deals.csv").write_text(DATES)
    done = crm_metrics(*asked("2025"))
    assert done.refusal == (3, "", False)
    assert [word for word in ("deals.csv", "Close Date", "03/04/2025", "--date-order") if word not in done.err] == []


@pytest.mark.parametrize(("order", "month"), [("dmy", "2025-04"), ("mdy", "2025-03")])
def test_the_date_order_settles_it(folder: Path, order: str, month: str):
    (folder / "deals.csv").write_text(DATES)
    assert crm_metrics(*asked(month, "--date-order", order)).values == {"revenue_won": "100.0"}


def test_a_date_that_proves_the_order_decides_for_the_file(folder: Path):
    (folder / "deals.csv").write_text(DATES + "D3,Closed Won,1,25/04/2025\n")
    assert crm_metrics(*asked("2025-04")).values == {"revenue_won": "101.0"}


def test_a_date_that_contradicts_the_date_order_is_never_read_the_other_way(folder: Path):
    (folder / "deals.csv").write_text(DATES + "D3,Closed Won,1,25/04/2025\n")
    done = crm_metrics(*asked("2025-04", "--date-order", "mdy"))
    assert done.code == 3 or "25/04/2025" in done.err


def test_numbers_that_may_be_thousands_are_refused(folder: Path):
    (folder / "deals.csv").write_text(NUMBERS)
    done = crm_metrics(*asked("2025-03"))
    assert done.refusal == (3, "", False)
    assert [word for word in ("deals.csv", "Amount", "1.234", "--decimal") if word not in done.err] == []


@pytest.mark.parametrize(("sign", "sum_"), [(".", "3.734"), (",", "3734.0")])
def test_the_decimal_sign_settles_it(folder: Path, sign: str, sum_: str):
    (folder / "deals.csv").write_text(NUMBERS)
    assert crm_metrics(*asked("2025-03", "--decimal", sign)).values == {"revenue_won": sum_}


def test_the_setting_does_what_the_option_does(folder: Path):
    (folder / "deals.csv").write_text(NUMBERS)
    assert crm_metrics(*asked("2025-03", "--set", "decimal=,")).values == {"revenue_won": "3734.0"}


def test_a_column_that_no_figure_needs_is_not_in_the_way(folder: Path):
    (folder / "deals.csv").write_text(NUMBERS)
    done = crm_metrics("report", "deals.csv", "-m", "deals_won", "-f", "csv", "-p", "2025-03")
    assert (done.code, done.values) == (0, {"deals_won": "2"})


def test_orders_on_several_rows_are_refused_until_settled(folder: Path):
    (folder / "orders.csv").write_text(ORDERS)
    asked = ("report", "orders.csv", "-m", "revenue", "-f", "csv", "-p", "2025-03")
    done = crm_metrics(*asked)
    assert done.refusal == (3, "", False)
    assert "order_amount" in done.err
    assert crm_metrics(*asked, "--set", "order_amount=line").values == {"revenue": "35.0"}


def test_a_stage_as_long_as_a_page_is_asked_about_on_one_line(folder: Path):
    name = "closed " + "x" * 5000
    (folder / "deals.csv").write_text(f"Deal ID,Stage,Amount,Close Date\nD1,{name},10,2025-03-04\n")
    done = crm_metrics(*asked("2025"))

    assert done.refusal == (3, "", False)
    assert "with the whole text of the cell" in done.err
    assert len(done.err) < 2000
