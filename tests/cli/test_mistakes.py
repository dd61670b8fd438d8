"""A mistake in the command: exit code 2, nothing on standard output, and the nearest valid form."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

NEAREST = {
    "metric": (("-m", "win_rat"), "win_rate"),
    "family": (("-m", "slaes"), "sales"),
    "metric in another case": (("-m", "Win-Rates"), "win_rate"),
    "option": (("--perod", "2025"), "--period"),
    "column": (("--by", "ownr"), "owner"),
    "time grain": (("--by", "mnth"), "month"),
    "period word": (("-p", "lastmonth"), "last-month"),
    "period in another form": (("-p", "03/2025"), "2025-03"),
    "month of a period": (("-p", "2025-13"), "01 to 12"),
    "range": (("-p", "2025-03..2025-01"), "ends before it starts"),
    "comparison": (("--compare", "year-agoo"), "year-ago"),
    "format": (("-f", "jsn"), "json"),
    "setting": (("--set", "gross_margn=0.8"), "gross_margin"),
    "setting without a value": (("--set", "gross_margin"), "NAME=VALUE"),
    "colour": (("--color", "maybe"), "always"),
    "time zone": (("--timezone", "Europe/Berln"), "Europe/Berlin"),
    "date order": (("--date-order", "ymd"), "dmy"),
    "decimal sign": (("--decimal", ";"), "'.' or ','"),
    "top without a segment": (("--top", "3"), "--by"),
    "top of nothing": (("--by", "owner", "--top", "0"), "from 1"),
    "two time grains": (("--by", "month,week"), "month and week"),
    "settings file": (("--config", "no.toml"), "no.toml"),
    "metrics file": (("--metrics-file", "no.toml"), "no.toml"),
    "top that is no number": (("--by", "owner", "--top", "three"), "--top"),
    "age that is no number": (("--max-age", "old"), "--max-age"),
}


@pytest.mark.parametrize(("options", "named"), NEAREST.values(), ids=NEAREST)
def test_it_is_a_usage_error_that_names_the_valid_form(folder: Path, options: tuple[str, ...], named: str):
    done = crm_metrics("report", "deals.csv", *options)
    assert done.refusal == (2, "", False)
    assert named in done.err


def test_a_date_that_is_none_says_how_dates_are_written(folder: Path):
    done = crm_metrics("report", "deals.csv", "--as-of", "31.12.2025")
    assert done.refusal == (2, "", False)
    assert "2025-12-31" in done.err or "YYYY-MM-DD" in done.err


def test_a_year_is_no_day_and_the_message_is_in_plain_words(folder: Path):
    done = crm_metrics("report", "deals.csv", "--as-of", "2025")
    assert done.refusal == (2, "", False)
    assert "Datetimes" not in done.err


def test_a_mistake_in_an_option_is_found_before_files_are_read(folder: Path):
    (folder / "deals.csv").write_bytes(b"PK\x03\x04 no archive")
    assert crm_metrics("report", "deals.csv", "-m", "win_rat").code == 2


def test_a_message_has_no_blank_at_the_end_of_a_line(folder: Path):
    done = crm_metrics("report", "deals.csv", "-m", "zzz")
    assert [line for line in done.err.splitlines() if line != line.rstrip()] == []


@pytest.mark.parametrize("name", ["win_rat", "slaes"])
def test_the_catalogue_names_the_nearest_too(name: str):
    done = crm_metrics("metrics", name)
    assert done.refusal == (2, "", False)
    assert "Did you mean" in done.err


def test_a_command_that_does_not_exist_is_a_usage_error():
    assert crm_metrics("reprot").refusal == (2, "", False)


def test_a_misspelt_command_names_the_nearest():
    assert "report" in crm_metrics("reprot").err.replace("reprot", "")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("report", "https://example.com/deals.csv"), "download it first"),
        (("report", "zzz.csv"), "zzz.csv: no such file or folder\n"),
        (("report", "deal.csv"), "Did you mean deals.csv?"),
        (("report", "deals.csv", "-o", "nowhere/deals.csv"), "nowhere: cannot be written: there is no such folder"),
        (("report", "deals.csv", "-f", "csv", "-o", "deals.xlsx"), "csv does not go into deals.xlsx"),
        (("explain", "win_rate", "deals.csv", "--rows", "-o", "rows.xlsx"), "End the name of the file with .csv."),
        (("report", "deals.csv", "-f", "exel"), "--format exel: it can be csv, html,"),
        (("report", "deals.csv", "--set", "currency=euro"), "three letters such as EUR"),
    ],
)
def test_a_mistake_says_what_can_be_done_once(folder: Path, arguments: tuple[str, ...], says: str):
    done = crm_metrics(*arguments)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


@pytest.mark.parametrize("command", ["report", "customers", "pipeline", "funnel", "cohorts", "review"])
def test_headers_alone_are_said_to_be_no_rows(folder: Path, command: str):
    (folder / "bare.csv").write_text("deal id,stage,amount,close date\n", encoding="utf-8")
    done = crm_metrics(command, "bare.csv")
    assert (done.code, done.err.splitlines()[0]) == (4, "crm-metrics: the files hold no rows: bare.csv")


@pytest.mark.parametrize("command", ["explain", "why", "forecast", "trend"])
def test_where_the_metric_is_forgotten_the_advice_is_a_command(folder: Path, command: str):
    done = crm_metrics(command, "deals.csv")
    assert (done.code, "no metric is given") == (2, done.err.splitlines()[0].removeprefix("crm-metrics: "))
    assert f"For example: crm-metrics {command} " in done.err


@pytest.mark.parametrize("command", ["report", "explain", "trend", "voice"])
def test_help_shows_arguments_without_the_names_of_types(command: str):
    shown = crm_metrics(command, "--help").out
    assert "<" not in shown.partition("Options:")[0]
    assert "]..." not in shown
