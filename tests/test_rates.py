"""Exchange rates: the last known one, the opposite one, two of one day; amounts by the date of their row."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crm_metrics import api
from crm_metrics.errors import DataError, SettingsError
from crm_metrics.loaders.rates import Book, Series
from crm_metrics.reporting.report import Report
from crm_metrics.settings import Settings, load
from crm_metrics.settings.hours import Rate
from tests.conftest import TODAY, write_tables


def book(*rates: tuple[str, str, float] | tuple[str, str, float, str]) -> Book:
    made = [
        Rate(base=base, to=to, rate=rate, day=date.fromisoformat(day[0]) if day else None)
        for base, to, rate, *day in rates
    ]
    return Book(made, "rates")


def on(series: Series | None, *days: str) -> list[float]:
    assert series is not None
    return series.on(np.array(days, dtype="datetime64[D]").astype(np.int64))[0].tolist()


def test_the_last_rate_known_before_a_day_holds_and_none_before_the_first() -> None:
    series = book(("USD", "EUR", 0.9, "2025-01-10"), ("USD", "EUR", 0.8, "2025-02-01")).series("USD", "EUR")

    found = on(series, "2025-01-09", "2025-01-10", "2025-01-31", "2025-02-01", "2026-01-01")
    assert np.isnan(found[0])
    assert [0.9, 0.9, 0.8, 0.8] == found[1:]


def test_a_rate_without_a_day_holds_from_ever_until_the_first_with_one() -> None:
    series = book(("USD", "EUR", 0.5), ("USD", "EUR", 0.8, "2025-02-01")).series("USD", "EUR")

    assert [0.5, 0.5, 0.8] == on(series, "1990-01-01", "NaT", "2025-02-01")


def test_a_row_without_a_date_has_no_rate_of_a_day() -> None:
    assert np.isnan(on(book(("USD", "EUR", 0.8, "2025-02-01")).series("USD", "EUR"), "NaT")).all()


def test_the_opposite_rate_is_turned_round_and_said() -> None:
    series = book(("EUR", "USD", 1.25, "2025-01-01")).series("USD", "EUR")

    assert [0.8] == on(series, "2025-01-05")
    assert series is not None
    assert "1 ÷ the rate from EUR to USD" == series.how


def test_a_given_rate_beats_the_opposite_one() -> None:
    series = book(("EUR", "USD", 2.0), ("USD", "EUR", 0.9)).series("USD", "EUR")

    assert ([0.9], "") == (on(series, "2025-01-05"), series.how if series else None)


def test_two_rates_are_multiplied_only_where_they_are_of_the_same_day() -> None:
    rates = (("USD", "EUR", 0.8, "2025-01-01"), ("EUR", "GBP", 0.5, "2025-01-01"), ("USD", "EUR", 0.9, "2025-01-02"))
    series = book(*rates).series("USD", "GBP")

    assert [0.4, 0.4] == on(series, "2025-01-01", "2025-01-02")
    assert series is not None
    assert "EUR" in series.how


def test_rates_that_never_are_of_the_same_day_lead_nowhere() -> None:
    assert book(("USD", "EUR", 0.8, "2025-01-01"), ("EUR", "GBP", 0.5, "2025-01-02")).series("USD", "GBP") is None


def test_ways_through_two_currencies_are_refused() -> None:
    made = book(("USD", "EUR", 0.8), ("EUR", "GBP", 0.5), ("USD", "CHF", 0.9), ("CHF", "GBP", 0.45))

    with pytest.raises(SettingsError, match="CHF or EUR"):
        made.series("USD", "GBP")


def test_nothing_leads_from_an_unknown_currency() -> None:
    assert book(("USD", "EUR", 0.8)).series("SEK", "EUR") is None


def test_two_rates_of_one_day_are_refused_unless_equal() -> None:
    book(("USD", "EUR", 0.8, "2025-01-01"), ("USD", "EUR", 0.8, "2025-01-01"))
    with pytest.raises(SettingsError, match=r"two rates on 2025-01-01: 0\.8 and 0\.9"):
        book(("USD", "EUR", 0.8, "2025-01-01"), ("USD", "EUR", 0.9, "2025-01-01"))


RATES = {"to": "EUR", "USD": {"2025-01-01": 0.9, "2025-03-01": 0.5}, "GBP": 2}


def report(folder: Path, tables: dict[str, str], *, period: str = "all", **asked: Any) -> Report:
    given = {"currency": "EUR", "rates": RATES} | asked.pop("settings", {})
    query = api.query(period=period, settings=Settings(**given), **asked)
    paths = write_tables(folder, tables)
    return api.compute(api.load(list(paths), query, today=TODAY, tables=paths), query, strict=False)


def values(found: Report, metric: str) -> list[tuple[Any, ...]]:
    rows = found.rows[found.rows["metric"] == metric]
    return [
        (round(row.value, 6) if row.status != "unavailable" else row.reason, row.currency) for row in rows.itertuples()
    ]


def issues(found: Report) -> list[str]:
    return [issue.sentence for issue in found.issues if issue.code == "no-rate"]


DEALS = """
deal_id, stage, amount, currency, created_at, closed_at
1, Closed Won, 100, EUR, 2025-01-05, 2025-02-01
2, Closed Won, 100, USD, 2025-01-05, 2025-02-28
3, Closed Won, 100, usd, 2025-01-05, 2025-03-01
4, Open, 100, USD, 2025-01-05,
5, Closed Won, 100, USD, 2024-12-01, 2024-12-31
"""


def test_a_deal_is_converted_at_its_close_and_while_open_at_its_creation(tmp_path: Path) -> None:
    found = report(tmp_path, {"deals": DEALS}, period="2025-Q1", metrics=["revenue_won", "open_pipeline"])

    assert [(240.0, "EUR")] == values(found, "revenue_won")
    assert [(90.0, "EUR")] == values(found, "open_pipeline")


def test_a_deal_before_the_first_rate_is_counted_and_not_priced(tmp_path: Path) -> None:
    found = report(
        tmp_path, {"deals": DEALS}, period="2024-12", metrics=["revenue_won", "deals_won", "average_deal_value"]
    )

    assert [("no-rate", "EUR")] == values(found, "revenue_won") == values(found, "average_deal_value")
    assert [(1.0, None)] == values(found, "deals_won")
    assert issues(found) == [
        "1 row has an amount in USD and no rate to EUR (the first rate is of 2025-01-01); "
        "counted, but in no figure of money (row 6)"
    ]
    assert "exchange rate" in found.missing["revenue_won"]


def test_blank_amounts_stay_missing_values(tmp_path: Path) -> None:
    deals = "deal_id, stage, amount, currency, closed_at\n1, Closed Won,, USD, 2025-02-01\n2, Closed Won, 5, USD, 2025-03-01"
    found = report(tmp_path, {"deals": deals}, period="2025-02", metrics=["revenue_won"])

    assert [("missing-values", "EUR")] == values(found, "revenue_won")


def test_by_segment_only_those_without_a_priced_row_have_no_rate(tmp_path: Path) -> None:
    deals = "deal_id, owner, stage, amount, currency, closed_at\n"
    deals += (
        "1,Ann,Closed Won,10,SEK,2025-02-01\n2,Ben,Closed Won,10,SEK,2025-02-02\n3,Ben,Closed Won,10,GBP,2025-02-02\n"
    )
    found = report(tmp_path, {"deals": deals}, period="2025-02", by=["owner"], metrics=["revenue_won"])

    assert [("no-rate", "EUR"), (20.0, "EUR")] == values(found, "revenue_won")


def test_a_report_by_currency_goes_by_the_currency_of_the_file(tmp_path: Path) -> None:
    found = report(tmp_path, {"deals": DEALS}, period="2025-Q1", by=["currency"], metrics=["revenue_won"])

    assert {"EUR": 100.0, "USD": 140.0} == dict(
        zip(found.rows["by_currency"], found.rows["value"].round(6), strict=True)
    )


def test_a_row_without_a_currency_is_not_taken_as_one(tmp_path: Path) -> None:
    deals = (
        "deal_id, stage, amount, currency, closed_at\n1, Closed Won, 5, , 2025-02-01\n2, Closed Won, 5, GBP, 2025-02-01"
    )
    found = report(tmp_path, {"deals": deals}, period="2025-02", metrics=["revenue_won"])

    assert [(10.0, "EUR")] == values(found, "revenue_won")
    assert "(none)" in issues(found)[0]


def test_a_file_that_names_no_currency_is_in_that_of_the_report(tmp_path: Path) -> None:
    deals = "deal_id, stage, amount, closed_at\n1, Closed Won, 5, 2025-02-01"
    found = report(tmp_path, {"deals": deals}, period="2025-02", metrics=["revenue_won"])

    assert ([(5.0, "EUR")], []) == (values(found, "revenue_won"), issues(found))


def test_orders_and_their_lines_are_converted_at_the_day_of_the_order(tmp_path: Path) -> None:
    tables = {
        "orders": "order_id, customer, ordered_at, amount, refunded_amount, currency\n"
        "1,A,2025-02-01,10,0,USD\n2,B,2025-03-02,10,4,USD\n3,B,2025-03-02,10,0,EUR",
        "order_lines": "order_id, product, quantity, amount\n1,X,1,10\n2,X,1,10\n3,Y,1,10",
    }
    found = report(tmp_path, tables, metrics=["revenue", "product_revenue"])

    assert [(22.0, "EUR")] == values(found, "revenue")  # 10 × 0.9 + (10 − 4) × 0.5 + 10
    assert {(14.0, "EUR"), (10.0, "EUR")} == set(values(found, "product_revenue"))


def test_a_cost_of_several_days_is_converted_day_by_day(tmp_path: Path) -> None:
    spend = "spent_at, spent_to_at, campaign, cost, currency\n2025-02-27, 2025-03-02, A, 40, USD\n2024-12-31,,A,10,USD"
    found = report(tmp_path, {"spend": spend}, metrics=["acquisition_spend"], period="2025-02-27..2025-03-02")

    assert [(28.0, "EUR")] == values(found, "acquisition_spend")  # 20 × 0.9 + 20 × 0.5
    assert issues(found)[0].startswith("1 row has")


def test_recurring_revenue_is_converted_at_as_of_and_a_customer_s_is_one_total(tmp_path: Path) -> None:
    subscriptions = (
        "subscription_id, customer, started_at, ended_at, mrr, currency\n"
        "1,A,2025-01-01,2025-02-01,100,USD\n2,A,2025-02-01,,50,EUR\n3,B,2025-01-01,,10,SEK\n4,C,2025-03-01,,10,EUR"
    )
    found = report(
        tmp_path, {"subscriptions": subscriptions}, period="2025-02", metrics=["mrr", "nrr", "churned_mrr", "new_mrr"]
    )

    assert [(50.0, "EUR")] == values(found, "mrr")
    assert [(1.0, None)] == values(found, "nrr")  # 100 USD are 50 EUR at as-of, 1 March
    assert "SEK" in issues(found)[0]


def test_only_subscriptions_without_a_rate_are_no_revenue_of_0(tmp_path: Path) -> None:
    subscriptions = "subscription_id, customer, started_at, ended_at, mrr, currency\n1,A,2025-01-01,2025-02-10,100,SEK"
    found = report(
        tmp_path, {"subscriptions": subscriptions}, period="2025-01", metrics=["mrr", "new_mrr", "customers_at_end"]
    )

    assert [("no-rate", "EUR")] == values(found, "mrr") == values(found, "new_mrr")
    assert [(1.0, None)] == values(found, "customers_at_end")


def test_money_of_two_tables_is_put_together_in_one_currency(tmp_path: Path) -> None:
    tables = {
        "spend": "spent_at, campaign, cost, currency\n2025-02-01, A, 60, USD\n2025-02-28, A, 40, USD",
        "customers": "customer_id, started_at\n1, 2025-02-03\n2, 2025-02-03",
    }
    found = report(tmp_path, tables, period="2025-02", metrics=["cac"])

    assert [(45.0, "EUR")] == values(found, "cac")


def test_how_amounts_were_converted_stands_in_the_report(tmp_path: Path) -> None:
    settings = {"rates": {"to": "USD", "EUR": {"2025-01-01": 1.25}}}
    found = report(tmp_path, {"deals": DEALS}, period="2025-03", metrics=["revenue_won"], settings=settings)

    assert [(80.0, "EUR")] == values(found, "revenue_won")
    assert [note for note in found.notes if "1 ÷ the rate from EUR to USD" in note and "59 days older" in note]


def test_without_a_currency_of_the_report_amounts_stay_in_their_own(tmp_path: Path) -> None:
    found = report(tmp_path, {"deals": DEALS}, period="2025-Q1", metrics=["revenue_won"], settings={"currency": None})

    assert [(100.0, "EUR"), (200.0, "USD")] == values(found, "revenue_won")
    assert [note for note in found.notes if "no currency to report in" in note]


def test_a_currency_of_the_command_does_not_change_what_a_rate_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "crm-metrics.toml"
    path.write_text('currency = "EUR"\n[rates]\nUSD = 0.8\n')

    assert load(path).rates == load(path, over={"currency": "USD"}).rates
    assert "EUR" == load(path, over={"currency": "USD"}).rates.given[0].to  # type: ignore[union-attr]


CSV = "date,from,to,rate\n2025-01-01,USD,EUR,0.9\n2025-03-01,usd,EUR,0.5\n"


def from_file(folder: Path, text: str, **settings: object) -> Report:
    folder.joinpath("rates.csv").write_text(text, encoding="utf-8")
    given = {"rates": {"file": str(folder / "rates.csv")}} | settings
    return report(folder, {"deals": DEALS}, period="2025-Q1", metrics=["revenue_won"], settings=given)


@pytest.mark.parametrize(
    "text",
    [
        CSV,
        CSV.replace(",", ";").replace("0.9", "0,9").replace("0.5", "0,5"),
        "\ufeff" + CSV.replace("2025-01-01", "01.01.2025").replace("2025-03-01", "13.02.2025"),
    ],
)
def test_rates_are_read_from_a_file_as_exports_are(tmp_path: Path, text: str) -> None:
    found = from_file(tmp_path, text)

    expected = 240.0 if "13.02" not in text else 200.0
    assert [(expected, "EUR")] == values(found, "revenue_won")
    source = found.sources[-1]
    assert ("rates", 2, 2) == (source.table, source.rows, source.used)


def test_a_file_without_dates_holds_from_ever(tmp_path: Path) -> None:
    assert [(280.0, "EUR")] == values(from_file(tmp_path, "from,to,rate\nUSD,EUR,0.9\n"), "revenue_won")


def test_days_of_rates_are_days_of_the_calendar_in_any_zone(tmp_path: Path) -> None:
    assert [(240.0, "EUR")] == values(from_file(tmp_path, CSV, timezone="America/New_York"), "revenue_won")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,from,to,rate\n2025-01-01,USD,EUR,0.9\n,USD,EUR,0.5\n", "row 3"),
        ("date,from,to,rate\n2025-01-01,USD,EUR,0\n", "row 2"),
        ("date,from,to,rate\n2025-01-01,USD,EUR,much\n", "row 2"),
        ("date,from,to,rate\n2025-01-01,USD,,0.9\n", "row 2"),
        ("date,from,to,rate\n2025-13-01,USD,EUR,0.9\n", "row 2"),
        ("date,currency,value\n2025-01-01,USD,0.9\n", "from, to and rate"),
        ("date,from,to,rate\n01/02/2025,USD,EUR,0.9\n", "day first"),
        ("date,from,to,rate\n2025-01-01,USD,EUR,0.9\n2025-01-01,USD,EUR,0.8\n", "two rates"),
    ],
)
def test_a_rate_that_cannot_be_read_is_refused_with_its_row(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises((DataError, SettingsError), match=r"rates\.csv") as caught:
        from_file(tmp_path, text)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ({"USD": "0.9"}, "a rate is a number above 0"),
        ({"USD": True}, "a rate is a number above 0"),
        ({"USD": -1}, "a rate is a number above 0"),
        ({"Dollar": 0.9}, "three letters"),
        ({"USD": {"soon": 0.9}}, "2025-12-31"),
    ],
)
def test_a_rate_of_the_settings_that_cannot_be_one_is_refused(rates: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Settings(currency="EUR", rates=rates)


def test_rates_that_lead_nowhere_are_refused() -> None:
    with pytest.raises(SettingsError, match="which currency the rate leads to"):
        Settings(rates={"USD": 0.9})
