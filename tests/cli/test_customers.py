"""`crm-metrics customers`: the list, who left, the model, and its test."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli.conftest import SAMPLE
from tests.cli.running import crm_metrics
from tests.conftest import shared
from tests.coverage.customers import TRUE

CUSTOMERS = ("customers", "sample_data", "--as-of", "2025-12-31")


def test_the_page_has_the_list_the_segments_and_the_model(sample: Path):
    done = crm_metrics(*CUSTOMERS)
    assert (done.code, done.err) == (0, "")
    assert "20 of 897 shown" in done.out
    assert "champions" in done.out
    assert "Purchases ahead: the next 365 days; " in done.out
    assert not re.search("BG/NBD|α|standard error|log-likelihood", done.out)
    assert "five times the share of all customers who are below" in done.out
    assert "Hold-out: from purchases up to 2025-07-02 " in done.out
    assert "No predicted value: the records do not tell how customers differ in what they spend" in done.out
    assert "No model of renewals: the records do not tell how customers differ in when they leave" in done.out


def test_csv_has_every_customer_and_tops_are_cut(sample: Path):
    whole, few = crm_metrics(*CUSTOMERS, "-f", "csv"), crm_metrics(*CUSTOMERS, "-f", "csv", "--top", "3")
    assert (len(whole.rows), len(few.rows)) == (897, 3)
    assert whole.rows[:3] == few.rows
    values = [float(row["revenue"]) for row in whole.rows if row["revenue"]]
    assert values == sorted(values, reverse=True)


@pytest.fixture(scope="module")
def made() -> Any:
    """The first of the sample data's customers, with the model."""
    return crm_metrics("customers", str(SAMPLE), *CUSTOMERS[2:], "--no-config", "-f", "json", "--top", "1").json


def test_json_has_the_model(made: Any):
    keys = {"r", "alpha", "a", "b", "p", "q", "v", "log_likelihood", "unit", "customers"}
    assert keys <= made["model"].keys()
    assert (made["model"]["unit"], made["model"]["customers"], made["horizon_days"]) == ("weeks", 370, 365)
    assert len(made["rows"]) == 1
    assert sum(row["customers"] for row in made["segments"]) == 370


def test_without_a_model_the_reason_is_told_and_json_is_null(folder: Path):
    (folder / "orders.csv").write_text("Customer,Order Date,Total\nA,2024-01-05,10\nA,2024-02-05,10\n", "utf-8")
    page, made = crm_metrics("customers", "orders.csv"), crm_metrics("customers", "orders.csv", "-f", "json").json
    assert page.code == 0
    assert "only 1 of 1 customers bought on more than one day: a model of customers needs 100" in page.out
    assert (made["model"]["r"], made["model"]["log_likelihood"]) == (None, None)
    assert made["model"]["unavailable"]["purchases"]["reason"] == "not-converged"
    assert (made["rows"][0]["alive"], made["rows"][0]["revenue"]) == (None, 20)


def test_who_left_and_what_they_were_worth(sample: Path):
    done = crm_metrics(*CUSTOMERS, "--left", "-p", "2025-Q3")
    assert "Customers who left in 2025-Q3" in done.out
    assert "64 customers left; they had brought 11,776 USD; they took with them a month 34,927 USD." in done.out
    rows = crm_metrics(*CUSTOMERS, "--left", "-p", "2025-Q3", "-f", "csv").rows
    assert len(rows) == 64
    assert sum(float(row["mrr_lost"]) for row in rows) == pytest.approx(34_927, abs=0.5)
    assert all("2025-07-01" <= row["left_at"] <= "2025-10-01" for row in rows)


def test_the_horizon_is_said_and_more_time_brings_more(sample: Path, made: Any):
    month = crm_metrics(*CUSTOMERS, "--top", "1", "-f", "json", "--horizon", "30").json
    assert month["horizon_days"] == 30
    assert month["rows"][0]["expected_purchases"] < made["rows"][0]["expected_purchases"]


def test_a_filter_and_an_order(sample: Path):
    asked = ("--where", "rfm_segment == 'at risk' and revenue > 1000", "--sort", "-last_purchase", "-f", "csv")
    rows = crm_metrics(*CUSTOMERS, *asked).rows
    assert rows
    assert {row["rfm_segment"] for row in rows} == {"at risk"}
    assert [row["last_purchase"] for row in rows] == sorted((row["last_purchase"] for row in rows), reverse=True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--where", "revnue > 3"], "Did you mean revenue?"),
        (["--sort", "money"], "--sort: customers have no column 'money'"),
        (["--unit", "week"], "weeks"),
        (["--hold-out", "yesterday"], "a day, such as 1997-09-30"),
        (["--where", "revenue >"], "cannot be read"),
    ],
)
def test_a_mistake_is_named_with_what_would_be_right(sample: Path, arguments: list[str], said: str):
    done = crm_metrics(*CUSTOMERS, *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_file_without_customers_is_nothing_to_report(folder: Path):
    done = crm_metrics("customers", "tickets.csv")
    assert done.refusal == (4, "", False)
    assert "there is no customer yet" in done.err


def test_deals_without_a_customer_say_that_they_name_none(folder: Path):
    (folder / "bare.csv").write_text("Deal ID,Stage,Amount,Close Date\n1,Closed Won,100,2024-03-05\n", encoding="utf-8")
    done = crm_metrics("customers", "bare.csv")

    assert done.refusal == (4, "", False)
    assert "no deal or order names its customer" in done.err


def test_the_hold_out_table_is_printed_by_one_command():
    done = crm_metrics("customers", shared("cdnow/cdnow_sample.csv"), "--hold-out", "1997-09-30")
    assert done.code == 0
    assert "1,653.4 purchases were expected in the 273 days after, 1,882 came: −12 % off." in done.out
    rows = crm_metrics("customers", shared("cdnow/cdnow_sample.csv"), "--hold-out", "1997-09-30", "-f", "csv").rows
    assert (rows[-1]["repeat_purchases"], rows[-1]["actual_purchases"]) == ("all", "1882")
    assert "Were the model true, 1,411.6 to 1,938.0 would come in 99 of 100 cases: it holds." in done.out
    assert (float(rows[-1]["low"]), float(rows[-1]["high"]), rows[0]["low"]) == (
        pytest.approx(1411.6, abs=0.1),
        pytest.approx(1938.0, abs=0.1),
        "",
    )


@pytest.fixture
def shop(folder: Path) -> Path:
    """The working folder with the orders of a shop in which the model is true, and its customers."""
    ledger, _ = TRUE(np.random.default_rng(7))
    days = np.datetime_as_string(np.datetime64("2023-01-01") + ledger.day)
    rows = zip(ledger.row.tolist(), ledger.customer.tolist(), days.tolist(), ledger.amount.tolist(), strict=True)
    lines = ["Order ID,Customer,Order Date,Total", *(f"O{row},C{who},{day},{paid:.2f}" for row, who, day, paid in rows)]
    countries = [f"C{who},{'FR' if who % 3 else 'DE'}" for who in np.unique(ledger.customer)]
    (folder / "shop").mkdir()
    (folder / "shop" / "orders.csv").write_text("\n".join(lines), encoding="utf-8")
    (folder / "shop" / "customers.csv").write_text("\n".join(["Customer,Country", *countries]), encoding="utf-8")
    return folder


PREDICTED = ("report", "shop", "-p", "all", "-m", "clv_predicted", "-f", "csv")


def test_the_metric_is_there_when_it_is_asked_for_and_only_then(shop: Path):
    (alone,) = crm_metrics(*PREDICTED).rows
    assert (alone["metric"], alone["status"], alone["low"]) == ("clv_predicted", "ok", "")
    listed = crm_metrics("customers", "shop", "-f", "csv").rows
    values = [float(row["predicted_value"]) for row in listed if row["predicted_value"]]
    assert (len(values), sum(values) / len(values)) == (int(alone["n"]), pytest.approx(float(alone["value"])))
    assert "clv_predicted" not in crm_metrics("report", "shop", "-p", "all", "-f", "csv").values
    assert "clv_predicted" in crm_metrics("metrics").out
    by = crm_metrics(*PREDICTED, "--by", "country").rows
    german = sum(int(row["customer"][1:]) % 3 == 0 for row in listed)
    assert {row["country"]: int(row["n"]) for row in by} == {"DE": german, "FR": len(listed) - german}


def test_the_metric_after_margin_and_with_settings(shop: Path):
    def value(*settings: str) -> float:
        given = [part for text in settings for part in ("--set", text)]
        return float(crm_metrics(*PREDICTED, *given).rows[0]["value"])

    assert value("gross_margin=0.5") == pytest.approx(value() / 2)
    assert value("discount_rate=0") > value() > value("discount_rate=0.3")
    assert value("clv_days=730") > value()


def test_the_metric_can_be_opened_down_to_the_customers(shop: Path):
    done = crm_metrics("explain", "clv_predicted", "shop", "-p", "all")
    assert done.code == 0
    assert crm_metrics(*PREDICTED).rows[0]["n"] in done.out.replace(",", "")


def test_the_metric_is_refused_as_the_customers_are_with_the_same_reason(sample: Path, made: Any):
    """Customers of the sample do not differ in what they spend."""
    done = crm_metrics("report", "sample_data", "-p", "2025", "-m", "clv_predicted", "-f", "csv")
    lacking = made["model"]["unavailable"]["spend"]
    assert (done.code, lacking["reason"]) == (4, "not-identified")
    assert lacking["seen"] in done.err
    asked = ("report", "sample_data", "-p", "2025", "-m", "clv_predicted,orders", "--by", "month", "-f", "csv")
    by = {row["period"]: row["reason"] for row in crm_metrics(*asked).rows if row["metric"] == "clv_predicted"}
    assert (12, True) == (len(by), {"not-identified", "not-converged"} <= set(by.values()))


def test_the_test_of_the_model_is_in_json(made: Any):
    tested = made["model"]["hold_out"]
    assert (tested["until"], tested["days"], tested["holds"]) == ("2025-07-02", 182, True)
    assert tested["low"] < tested["expected"] < tested["high"]
    assert tested["low"] < tested["actual"] < tested["high"]


def test_its_worked_example_is_true(folder: Path):
    text = crm_metrics("metrics", "clv_predicted").out.split("  orders\n")[1].split("  2024-03,")[0]
    lines = [",".join(cell.strip() for cell in line.split(",")) for line in text.strip().splitlines()]
    (folder / "orders.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = crm_metrics("report", "orders.csv", "-p", "2024-03", "-m", "clv_predicted", "--as-of", "2024-04-30")
    assert done.refusal == (4, "", False)
    assert "only 2 of 3 customers bought on more than one day" in done.err
