"""Rates and a currency in the settings: amounts in one currency, by the date of each row; without them each in its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Outcome, crm_metrics

DEALS = """\
Deal ID,Owner,Stage,Amount,Currency,Created At,Close Date
1,Ann,Closed Won,1000,EUR,2025-01-05,2025-02-03
2,Ben,Closed Won,500,USD,2025-01-07,2025-02-20
3,Cleo,Closed Won,300,SEK,2025-01-10,2025-02-21
"""
RATES = "date,from,to,rate\n2025-01-01,USD,EUR,0.9\n2025-02-20,USD,EUR,0.8\n"
ASKED = ("report", "deals.csv", "-p", "2025-02", "-m", "revenue_won,deals_won")


@pytest.fixture
def priced(folder: Path) -> Path:
    (folder / "deals.csv").write_text(DEALS)
    (folder / "rates.csv").write_text(RATES)
    (folder / "crm-metrics.toml").write_text('currency = "EUR"\nrates = "rates.csv"\n')
    return folder


def money(done: Outcome) -> dict[str, str]:
    return {row["currency"]: row["value"] or row["reason"] for row in done.rows if row["metric"] == "revenue_won"}


def test_without_rates_each_currency_stands_for_itself(priced: Path):
    done = crm_metrics(*ASKED, "-f", "csv", "--no-config")
    assert money(done) == {"EUR": "1000.0", "USD": "500.0", "SEK": "300.0"}


def test_with_rates_all_is_in_one_and_what_has_none_is_counted_and_listed(priced: Path):
    done = crm_metrics(*ASKED, "-f", "csv")
    assert money(done) == {"EUR": "1400.0"}
    assert [row["value"] for row in done.rows if row["metric"] == "deals_won"] == ["3"]
    assert "deals.csv: 1 row has an amount in SEK and no rate to EUR (no such rate is given)" in done.err
    assert "(row 4)" in done.err


def test_where_nothing_is_priced_the_reason_is_the_rate(priced: Path):
    rows = crm_metrics(*ASKED, "-f", "csv", "--by", "owner").rows
    found = {row["owner"]: row["value"] or row["reason"] for row in rows if row["metric"] == "revenue_won"}
    assert found == {"Ann": "1000.0", "Ben": "400.0", "Cleo": "no-rate"}


def test_rates_in_the_settings_themselves(priced: Path):
    block = 'currency = "EUR"\n[rates]\nUSD = { 2025-01-01 = 0.9, 2025-02-20 = 0.8 }\nSEK = 0.1\n'
    (priced / "crm-metrics.toml").write_text(block)
    assert money(crm_metrics(*ASKED, "-f", "csv")) == {"EUR": "1430.0"}


def test_another_currency_turns_the_rates_round_and_says_so(priced: Path):
    done = crm_metrics(*ASKED, "-f", "json", "--set", "currency=USD")
    assert [(row["value"], row["currency"]) for row in done.json["rows"] if row["metric"] == "revenue_won"] == [
        (pytest.approx(1000 / 0.9 + 500), "USD")
    ]
    assert [note for note in done.json["notes"] if "1 ÷ the rate from USD to EUR" in note]


def test_the_file_of_rates_is_an_input_also_when_it_lies_among_the_others(priced: Path):
    found = crm_metrics("report", ".", "-p", "2025-02", "-m", "revenue_won", "-f", "json").json
    inputs = {entry["path"]: (entry["table"], entry["rows"], len(entry["sha256"])) for entry in found["inputs"]}
    assert inputs["rates.csv"] == ("rates", 2, 64)
    assert [issue for issue in found["issues"] if issue["code"] == "unrecognised-file"] == []


def test_a_file_of_rates_is_found_from_the_settings_file(priced: Path):
    (priced / "conf").mkdir()
    (priced / "rates.csv").rename(priced / "conf" / "rates.csv")
    (priced / "conf" / "mine.toml").write_text('currency = "eur"\n[rates]\nfile = "rates.csv"\nSEK = 0.1\n')
    assert money(crm_metrics(*ASKED, "-f", "csv", "--config", "conf/mine.toml")) == {"EUR": "1430.0"}


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("date,from,to,rate\n2025-01-01,USD,EUR,none\n", 3, "row 2"),
        ("date,from,to,rate\n2025-01-01,USD,EUR,0.9\n2025-01-01,USD,EUR,0.8\n", 2, "two rates"),
        ("when,what\n1,2\n", 3, "from, to and rate"),
        (None, 2, "no such file"),
    ],
)
def test_a_file_of_rates_that_cannot_be_used_is_refused(priced: Path, text: str | None, code: int, said: str):
    (priced / "rates.csv").unlink() if text is None else (priced / "rates.csv").write_text(text)
    done = crm_metrics(*ASKED)
    assert done.refusal == (code, "", False)
    assert ("rates.csv" in done.err, said in done.err) == (True, True), done.err


def test_a_rate_that_is_none_stands_with_its_line(priced: Path):
    (priced / "crm-metrics.toml").write_text('currency = "EUR"\n[rates]\nUSD = "much"\nDollar = 1\n')
    done = crm_metrics(*ASKED)
    assert done.refusal == (2, "", False)
    for said in ("line 2", "USD = much: a rate is a number above 0", "'Dollar' is no currency"):
        assert said in done.err


def test_two_ways_through_other_currencies_are_refused(priced: Path):
    block = 'currency = "EUR"\n[rates]\nfile = "rates.csv"\n'
    (priced / "crm-metrics.toml").write_text(block)
    rates = "from,to,rate\nSEK,NOK,1\nNOK,EUR,0.1\nSEK,DKK,0.6\nDKK,EUR,0.13\nUSD,EUR,0.9\n"
    (priced / "rates.csv").write_text(rates)
    done = crm_metrics(*ASKED)
    assert (done.refusal, "DKK or NOK" in done.err) == ((2, "", False), True)
