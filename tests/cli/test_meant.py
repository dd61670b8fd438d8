"""What was meant is said: an option given twice, another word for a column, a period without its year, another order."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.cli.running import crm_metrics, process
from tests.conftest import SAMPLE


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["report", "deals.csv", "-p", "2025-01", "--period", "2025-03"], "-p / --period"),
        (["report", "deals.csv", "--top", "2", "--by", "owner", "--top", "3"], "--top"),
        (["scan", "deals.csv", "-o", "a.json", "-o", "b.json"], "-o / --output"),
    ],
)
def test_an_option_with_one_value_is_taken_once(arguments: list[str], option: str, folder: Path):
    done = crm_metrics(*arguments)
    assert done.refusal == (2, "", False)
    assert f"{option} is given twice" in done.err


@pytest.mark.parametrize(
    "arguments", [["-m", "win_rate", "-m", "deals_won"], ["--by", "owner", "--by", "month"], ["-v", "-v"]], ids=" ".join
)
def test_what_adds_up_or_says_the_same_may_be_given_twice(arguments: list[str], folder: Path):
    assert crm_metrics("report", "deals.csv", "-p", "2025-03", *arguments).code == 0


def test_a_setting_is_given_once(folder: Path):
    done = crm_metrics("report", "deals.csv", "--set", "gross_margin=0.5", "--set", "gross_margin=0.6")
    assert (done.code, "gross_margin is given twice" in done.err) == (2, True)
    states = ["--set", "states.deals={a='won'}", "--set", "states.tickets={b='open'}"]
    assert crm_metrics("report", "deals.csv", "-p", "2025-03", *states).code == 0


def test_a_segment_has_one_value_of_each(folder: Path):
    done = crm_metrics("explain", "win_rate", "deals.csv", "--segment", "owner=Ann", "--segment", "owner=Ben")
    assert (done.code, "owner is given twice" in done.err) == (2, True)


@pytest.mark.parametrize("word", ["rep", "salesperson", "Sales Rep", "Vertriebsmitarbeiter"])
def test_another_word_for_a_column_leads_to_it(word: str, folder: Path):
    done = crm_metrics("report", "deals.csv", "--by", word)
    assert (done.code, "Did you mean owner?" in done.err) == (2, True)


def test_a_word_for_a_column_that_is_not_there_leads_to_what_is_written_alike(folder: Path):
    done = crm_metrics("report", "tickets.csv", "--by", "teem")
    assert "Did you mean team?" in done.err
    assert "Did you mean owner" not in crm_metrics("report", "tickets.csv", "--by", "rep").err


@pytest.mark.parametrize(("written", "form"), [("Q1", "-Q1"), ("q 1", "-Q1"), ("H1", "-H1"), ("january", "-01")])
def test_a_period_without_its_year_means_the_last_one_that_has_begun(written: str, form: str, folder: Path):
    done = crm_metrics("report", "deals.csv", "-p", written)
    assert (done.code, f"Did you mean {date.today().year}{form}?" in done.err) == (2, True)


def test_a_period_that_has_not_begun_this_year_is_that_of_the_year_before():
    month = date.today().month % 12 + 1
    said = date(2000, month, 1).strftime("%B")
    year = date.today().year - (month > date.today().month)
    assert f"Did you mean {year}-{month:02}?" in crm_metrics("report", "x.csv", "-p", said).err


def test_a_number_alone_is_no_period_without_its_year():
    assert "Did you mean" not in crm_metrics("report", "x.csv", "-p", "03").err


@pytest.mark.parametrize("name", ["LTV/CAC", "ltv:cac", "Lifetime value to CAC"])
def test_a_name_with_signs_leads_to_its_metric(name: str):
    assert crm_metrics("metrics", name).out == crm_metrics("metrics", "clv_cac_ratio").out


def test_a_file_is_no_name_whatever_it_is_called(folder: Path):
    (folder / "win").mkdir()
    (folder / "win" / "rate").write_text((folder / "deals.csv").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "win_rate").mkdir()
    asked = crm_metrics("explain", "win/rate", "win rate", "-p", "2025-03")
    assert (asked.code, asked.out) == (0, crm_metrics("explain", "win_rate", "win/rate", "-p", "2025-03").out)
    assert crm_metrics("explain", "./win_rate", "deals.csv", "-p", "2025-03").code == 2


@pytest.mark.parametrize("command", ["explain", "why"])
def test_the_files_may_come_before_the_metric(command: str, folder: Path):
    one, other = (crm_metrics(command, *names, "-p", "2025-03") for names in (("win_rate", "."), (".", "win_rate")))
    assert (other.code, other.out) == (0, one.out)


def test_standard_input_may_come_before_the_metric(folder: Path):
    done = process("explain", "-", "win_rate", "-p", "2025-03", stdin=(folder / "deals.csv").read_bytes())
    assert (done.code, "= deals_won / closed_deals" in done.out) == (0, True)


def test_a_file_named_like_a_metric_stays_a_file(folder: Path):
    (folder / "deals.csv").rename(folder / "win_rate")
    assert "there is no metric or family './win_rate'" in crm_metrics("explain", "./win_rate", "win_rate").err


def test_only_what_has_to_do_with_the_period_is_why_a_period_has_no_figure(folder: Path):
    said = crm_metrics("report", "deals.csv", "tickets.csv", "-p", "2020", "-m", "win_rate,csat").err
    assert "no figure can be given for 2020; the data reaches from 2025-01-05" in said
    assert "begin on" not in said  # of a period before all of them it says nothing more
    assert "column" not in said
    assert "-p all" in said


def test_of_a_period_that_the_data_knows_in_part_the_tables_that_end_are_named(folder: Path):
    said = crm_metrics("report", str(SAMPLE), "-p", "2026-01-03..2026-01-05", "-m", "roas,lead_response_in_target").err
    assert (said.count("the campaign costs end on 2025-12-31"), "set a target" in said) == (1, False)


def test_where_no_period_would_help_none_is_advised(folder: Path):
    (folder / "mixed.csv").write_text(
        "Deal ID,Stage,Amount,Currency,Created At,Close Date\nD1,Closed Won,1000,USD,2025-01-05,2025-02-03\n"
    )
    (folder / "crm-metrics.toml").write_text('currency = "EUR"\n[rates]\nGBP = 1.17\n')
    done = crm_metrics("report", "mixed.csv", "-m", "average_deal_value", "-p", "2025-02")
    assert (done.code, "-p" in done.err) == (4, False), done.err
    assert "rate" in done.err
