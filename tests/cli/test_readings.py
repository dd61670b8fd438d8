"""What can be read in several ways: the message shows every reading with its effect and how to choose it, and choosing it
does what was said."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

HEADER = "Deal ID,Stage,Amount,Close Date"
DATES = f"{HEADER}\nD1,Closed Won,100,03/04/2025\nD2,Closed Won,50,05/04/2025\nD3,Closed Lost,5,06/03/2025\n"
STAGES = f"{HEADER}\nD1,Closed Won,5,2025-03-01\nD2,Deal closed,7,2025-03-02\nD3,Closed Lost,6,2025-03-02\n"
TWO = "Deal ID,Stage,Deal value,Contract value,Close Date\nD1,Won,10,20,2025-03-04\nD2,Won,30,,2025-03-05\n"
ORDERS = "order id,customer,order date,amount\nO1,C1,2025-03-01,10\nO1,C1,2025-03-01,20\nO2,C2,2025-03-02,5\n"


def refused(name: str, text: str, *options: str) -> str:
    """The message of a report on a file with this text."""
    Path(name).write_text(text)
    done = crm_metrics("report", name, "-p", "2025", *options)
    assert done.refusal == (3, "", False)
    return done.err


def values(name: str, metric: str, *options: str, period: str = "2025") -> dict[str, str]:
    return crm_metrics("report", name, "-p", period, "-m", metric, "-f", "csv", "-q", *options).values


def test_the_order_of_dates_shows_what_each_would_do(folder: Path):
    lines = refused("deals.csv", DATES).splitlines()
    assert "  day first: 03/04/2025 is 3 April 2025; deals in 2025-04: 2; all from 2025-03-06 to 2025-04-05" in lines
    assert "  month first: 03/04/2025 is 4 March 2025; deals in 2025-03: 1; all from 2025-03-04 to 2025-06-03" in lines
    assert '    choose it with --date-order dmy or date_order = "dmy" in crm-metrics.toml' in lines


def test_choosing_a_date_order_does_what_was_said(folder: Path):
    (folder / "deals.csv").write_text(DATES)
    assert values("deals.csv", "deals_won", "--date-order", "dmy", period="2025-04") == {"deals_won": "2"}
    assert values("deals.csv", "deals_won", "--date-order", "mdy", period="2025-03") == {"deals_won": "1"}


def test_dates_of_both_orders_say_how_many_each_leaves_unread(folder: Path):
    said = refused("deals.csv", f"{HEADER}\nD1,Won,1,25/04/2025\nD2,Won,1,04/25/2025\nD3,Won,1,04/26/2025\n")
    assert [part for part in ("2 dates could not be read", "1 date could not be read") if part not in said] == []


def test_the_decimal_sign_shows_the_sum_of_each(folder: Path):
    said = refused("deals.csv", f"{HEADER}\nD1,Won,1.234,2025-03-04\nD2,Won,2.500,2025-03-05\n")
    assert "1.234 is 1.234; all 2 add up to 3.734" in said
    assert "1.234 is 1,234; all 2 add up to 3,734" in said


def test_two_columns_show_what_each_holds_and_the_setting_chooses(folder: Path):
    said = refused("two.csv", TWO)
    assert "'Deal value': 2 cells filled, 40 in all" in said
    assert "'Contract value': 1 cell filled, 20 in all" in said
    line = next(text for text in said.splitlines() if "choose it with --set " in text)
    option, _, setting = line.partition("--set ")[2].partition(" in crm-metrics.toml")[0].rpartition(" or ")
    assert values("two.csv", "revenue_won", "--set", *shlex.split(option)) == {"revenue_won": "40.0"}
    (folder / "crm-metrics.toml").write_text(setting + "\n")
    assert values("two.csv", "revenue_won") == {"revenue_won": "40.0"}


def test_a_stage_that_sounds_like_an_end_is_asked_about(folder: Path):
    said = refused("deals.csv", STAGES)
    assert "'Deal closed' is won: 1 deal, 7 in all: 2 of 3 closed deals are won instead of 1 of 2" in said
    assert "'Deal closed' is lost: 1 deal, 7 in all: 1 of 3 closed deals are won instead of 1 of 2" in said
    assert "'Deal closed' is open: 1 deal, 7 in all: they are in the pipeline; 1 of 2 closed deals are won" in said


@pytest.mark.parametrize(("meaning", "won"), [("won", "2"), ("lost", "1"), ("open", "1")])
@pytest.mark.parametrize("by_file", [True, False])
def test_the_setting_or_the_option_settles_a_stage(folder: Path, meaning: str, won: str, by_file: bool):
    (folder / "deals.csv").write_text(STAGES)
    line = f'{meaning}_stages = ["Deal closed"]'
    (folder / "crm-metrics.toml").write_text(line + "\n" if by_file else "")
    options = () if by_file else ("--set", line.replace(" = ", "="))
    rate = {"won": 2 / 3, "lost": 1 / 3, "open": 1 / 2}[meaning]
    found = values("deals.csv", "deals_won,win_rate", *options)
    assert (found["deals_won"], float(found["win_rate"])) == (won, pytest.approx(rate))


def test_a_stage_is_not_asked_about_where_a_flag_says_it(folder: Path):
    (folder / "deals.csv").write_text("Deal ID,Stage,Is Won,Is Closed,Close Date\nD1,Deal closed,yes,yes,2025-03-01\n")
    assert values("deals.csv", "deals_won") == {"deals_won": "1"}


def test_a_stage_is_not_in_the_way_of_figures_without_deals(folder: Path):
    (folder / "deals.csv").write_text(STAGES)
    done = crm_metrics("report", "deals.csv", "tickets.csv", "-m", "tickets_created", "-p", "2025", "-f", "csv")
    assert (done.code, done.values) == (0, {"tickets_created": "4"})


def test_the_amounts_of_orders_on_several_rows_show_both_sums(folder: Path):
    said = refused("orders.csv", ORDERS, "-m", "revenue")
    assert "each amount is a part of its order: these orders come to 30" in said
    assert "each amount is the whole of its order, repeated: these orders come to 10" in said


def test_all_files_with_a_question_are_named_at_once(folder: Path):
    (folder / "two.csv").write_text(TWO)
    Path("deals.csv").write_text(DATES)
    done = crm_metrics("report", "deals.csv", "two.csv", "-p", "2025")
    assert (done.code, "deals.csv: the dates" in done.err, "two.csv: amount could be" in done.err) == (3, True, True)


def test_a_file_that_can_be_two_tables_shows_both_and_the_setting_chooses(folder: Path):
    said = refused(
        "both.csv", "Ticket ID,Created At,Lead ID\n1,2025-03-01,7\n2,2025-03-02,8\n", "-m", "tickets_created"
    )
    setting = 'files = [{path = "both.csv", table = "tickets"}]'
    assert f" or {setting} in crm-metrics.toml" in said
    (folder / "crm-metrics.toml").write_text(setting + "\n")
    assert values("both.csv", "tickets_created") == {"tickets_created": "2"}


def test_a_scale_that_stays_open_shows_what_each_would_say_and_the_setting_chooses(folder: Path):
    rows = "".join(f"{k},2025-03-0{k},{score}\n" for k, score in enumerate((3, 4, 5, 5), start=1))
    (folder / "csat.csv").write_text("Response ID,Responded At,CSAT Score\n" + rows)
    page = crm_metrics("scan", "csat.csv").out
    assert "on 1-5 75 % are satisfied, on 1-7 0 % are satisfied" in page
    assert crm_metrics("report", "csat.csv", "-p", "2025", "-m", "csat").code == 4
    (folder / "crm-metrics.toml").write_text('files = [{ path = "csat.csv", scale = "1-5" }]\n')
    assert values("csat.csv", "csat") == {"csat": "0.75"}
