"""Subscriptions in time: by plan, the last paid day, amounts of several intervals, what is only today's."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.reporting.report import Report
from crm_metrics.settings import from_pairs, validated

from .conftest import TODAY

HEADER = "Subscription ID,Customer ID,Plan,Start Date,End Date,MRR"
GAINED, LOST = ("new_mrr", "reactivation_mrr", "expansion_mrr"), ("contraction_mrr", "churned_mrr")
BRIDGE = ("mrr_at_start", *GAINED, *LOST, "transferred_mrr", "mrr")


def report(
    folder: Path, text: str, *metrics: str, period: str = "2025-02", by: tuple[str, ...] = (), **settings: object
) -> Report:
    path = folder / "subscriptions.csv"
    path.write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n", encoding="utf-8")
    given: Mapping[str, object] = {"as_of": "2025-03-31"} | settings
    asked = api.query(period=period, metrics=metrics, by=by, settings=validated(dict(given), "test"))
    return api.compute(api.load([str(path)], asked, today=TODAY), asked, strict=False)


def values(made: Report, *keys: str) -> dict[object, object]:
    """The value by metric, and by the dimensions named; the reason where there is none."""
    rows = made.rows.to_dict("records")
    found = {}
    for row in rows:
        key = tuple(row[name] for name in ("metric", *keys))
        found[key if keys else key[0]] = row["reason"] if row["status"] == "unavailable" else round(row["value"], 6)
    return found


UP_AND_DOWN = f"""
    {HEADER}
    s1,A,Basic,2025-01-05,2025-02-10,10
    s2,A,Pro,2025-02-10,,30
    s3,B,Pro,2025-01-05,2025-02-15,30
    s4,B,Basic,2025-02-15,,10
    s5,C,Basic,2025-01-06,2025-02-20,10
    s6,D,Pro,2025-02-03,,30
"""


def test_who_changes_the_plan_stays_with_the_plan_of_the_start_and_moves_under_the_one_after(tmp_path: Path):
    got = values(
        report(
            tmp_path, UP_AND_DOWN, "customers_at_start", "churn_rate", "nrr", "grr", "customers_at_end", by=("plan",)
        ),
        "plan",
    )
    assert got["customers_at_start", "Basic"] == 2
    assert got["customers_at_start", "Pro"] == 1
    assert got["churn_rate", "Basic"] == 0.5
    assert got["churn_rate", "Pro"] == 0
    assert got["nrr", "Basic"] == 1.5
    assert got["grr", "Basic"] == 0.5
    assert got["nrr", "Pro"] == got["grr", "Pro"] == round(1 / 3, 6)
    assert got["customers_at_end", "Basic"] == 1
    assert got["customers_at_end", "Pro"] == 2

    moved = values(report(tmp_path, UP_AND_DOWN, *BRIDGE, by=("plan",)), "plan")
    assert moved["expansion_mrr", "Pro"] == 20
    assert moved["expansion_mrr", "Basic"] == 0
    assert moved["contraction_mrr", "Basic"] == 20
    assert moved["contraction_mrr", "Pro"] == 0
    assert moved["churned_mrr", "Basic"] == 10
    assert moved["new_mrr", "Pro"] == 30


SEVERAL = f"""
    {HEADER}
    s1,A,Basic,2025-01-05,2025-02-10,10
    s2,A,Pro,2025-02-10,,30
    s3,A,Backup,2025-01-05,,5.55
    s4,B,Backup,2025-01-05,2025-02-15,7
    s5,B,Pro,2025-01-05,,30
    s6,C,Basic,2025-01-06,2025-02-20,10
    s7,C,Backup,2025-01-06,2025-02-20,4
    s8,D,Pro,2025-02-03,,30
    s9,D,Backup,2025-02-03,,4
    s10,E,Pro,2025-01-03,2025-01-10,4
    s11,E,Basic,2025-02-03,,4
"""


@pytest.mark.parametrize("text", [UP_AND_DOWN, SEVERAL])
def test_the_movements_lead_from_the_start_to_the_end_in_all_and_in_every_plan(text: str, tmp_path: Path):
    whole, parts = (values(report(tmp_path, text, *BRIDGE, by=by), *by) for by in ((), ("plan",)))
    plans = sorted({plan for _, plan in parts})
    for name in BRIDGE:
        assert sum(parts[name, plan] for plan in plans) == pytest.approx(whole[name], abs=0.005)
    for figures in (whole, *({name: parts[name, plan] for name in BRIDGE} for plan in plans)):
        change = sum(figures[name] for name in (*GAINED, "transferred_mrr")) - sum(figures[name] for name in LOST)
        assert figures["mrr_at_start"] + change == pytest.approx(figures["mrr"], abs=0.005)


def test_a_customer_with_several_plans_is_one_customer_of_the_dearest(tmp_path: Path):
    names = ("customers_at_start", "customers_lost", "customers_at_end", "new_customers", "customers_won_back")
    whole = values(report(tmp_path, SEVERAL, *names))
    parts = values(report(tmp_path, SEVERAL, *names, by=("plan",)), "plan")
    assert {name: sum(value for (metric, _), value in parts.items() if metric == name) for name in names} == whole
    assert parts["customers_at_start", "Basic"] == 2
    assert parts["customers_lost", "Basic"] == 1
    assert ("customers_at_start", "Backup") not in parts  # B's Pro is dearer


def test_what_one_of_several_plans_kept_is_its_own_and_all_of_them_add_up(tmp_path: Path):
    text = f"""
        {HEADER}
        s1,A,Basic,2025-01-05,,10
        s2,A,Backup,2025-01-05,2025-02-10,5
        s3,B,Basic,2025-01-05,2025-02-10,10
        s4,B,Backup,2025-01-05,,5
        s5,B,Pro,2025-02-10,,30
    """
    got = values(report(tmp_path, text, "nrr", "grr", by=("plan",)), "plan")
    assert got["nrr", "Basic"] == pytest.approx((10 + 10 + 20 * 10 / 15) / 20)
    assert got["grr", "Basic"] == 1
    assert got["grr", "Backup"] == 0.5


@pytest.mark.parametrize(("column", "name"), [("Billing Cycle", "billing_cycle"), ("Region", "region")])
def test_any_attribute_of_a_subscription_is_that_of_its_time(column: str, name: str, tmp_path: Path):
    text = UP_AND_DOWN.replace("Plan", column)
    got = values(report(tmp_path, text, "customers_at_start", by=(name,)), name)
    assert got["customers_at_start", "Basic"] == 2


# The end date is the last paid day: renewals begin the day after.
RENEWED = "\n".join(
    f"s{n}a,C{n},Pro,2025-01-{n:02},2025-02-{n - 1:02},10\ns{n}b,C{n},Pro,2025-02-{n:02},,20" for n in range(5, 9)
)


def test_the_spell_goes_on_where_renewals_begin_the_day_after_the_end(tmp_path: Path):
    made = report(tmp_path, f"{HEADER}\n{RENEWED}", "churned_mrr", "expansion_mrr", "customers_lost", "nrr")
    assert values(made) == {"churned_mrr": 0, "expansion_mrr": 40, "customers_lost": 0, "nrr": 2}
    said = [issue.sentence for issue in made.issues if issue.code == "end-dates-inclusive"]
    assert len(said) == 1
    assert "End Date" in said[0]
    assert "4 of 4" in said[0]


def test_who_ended_on_the_last_paid_day_is_there_for_all_of_it(tmp_path: Path):
    text = f"{HEADER}\n{RENEWED}\ns9,C9,Pro,2025-01-01,2025-01-31,10\ns10,C10,Pro,2025-01-01,2025-02-28,10"
    assert values(report(tmp_path, text, "customers_lost", "customers_at_end")) == {
        "customers_lost": 1,  # C9, whose first day without is 1 February
        "customers_at_end": 5,
    }


@pytest.mark.parametrize(
    "rows",
    [
        # Ends on the last day of the month, and nobody renews.
        "\n".join(f"s{n},C{n},Pro,2025-01-01,2025-01-31,10" for n in range(8)),
        # Every renewal begins on the very day.
        "\n".join(f"s{n}a,C{n},Pro,2025-01-05,2025-02-05,10\ns{n}b,C{n},Pro,2025-02-05,,10" for n in range(8)),
        # They come back after a day, two, three …: those are gaps.
        "\n".join(f"s{n}a,C{n},Pro,2025-01-05,2025-02-05,10\ns{n}b,C{n},Pro,2025-02-{5 + n:02},,10" for n in range(8)),
        # Two are too few to tell.
        "\n".join(RENEWED.splitlines()[:4]),
    ],
)
def test_ends_stay_what_they_are_without_renewals_the_day_after(rows: str, tmp_path: Path):
    made = report(tmp_path, f"{HEADER}\n{rows}", "customers_lost")
    assert "end-dates-inclusive" not in {issue.code for issue in made.issues}


def test_the_setting_says_what_the_ends_are(tmp_path: Path):
    two = f"{HEADER}\n" + "\n".join(RENEWED.splitlines()[:4])
    assert values(report(tmp_path, two, "churned_mrr"))["churned_mrr"] == 20
    assert values(report(tmp_path, two, "churned_mrr", end_dates="inclusive"))["churned_mrr"] == 0
    many = f"{HEADER}\n{RENEWED}"
    assert values(report(tmp_path, many, "churned_mrr", end_dates="exclusive"))["churned_mrr"] == 40


def test_ends_with_a_time_of_day_close_the_day_too(tmp_path: Path):
    rows = RENEWED.replace(",10\n", " 23:59:59,10\n").replace(",10", ",10")
    text = f"{HEADER}\n" + rows
    assert values(report(tmp_path, text, "churned_mrr", "expansion_mrr")) == {"churned_mrr": 0, "expansion_mrr": 40}


@pytest.mark.parametrize(
    ("unit", "count"),
    [
        ("Interval", "Interval Count"),
        ("Billing Interval", "Interval count"),
        ("interval_unit", "interval_length"),
        ("Billing Period Unit", "Billing Period"),
    ],
)
def test_an_amount_for_several_intervals_is_parted_by_them(unit: str, count: str, tmp_path: Path):
    text = f"""
        Subscription ID,Customer ID,Amount,{count},{unit},Start Date,End Date
        s1,A,90,3,month,2025-01-05,
        s0,E,0,1,month,2025-03-31,
        s2,B,120,1,year,2025-01-05,
        s3,C,40,2,weeks,2025-01-05,
        s4,D,30,,month,2025-01-05,
    """
    assert values(report(tmp_path, text, "mrr"))["mrr"] == pytest.approx(30 + 10 + 20 * 365.25 / 84 + 30, abs=1e-6)


@pytest.mark.parametrize(
    ("month", "year"),
    [
        *[
            ("monatlich", "jährlich"),
            ("mensuel", "Annuel"),
            ("Mensual", "anual"),
            ("mensile", "annuale"),
            ("1 mês", "12 meses"),
        ],
        *[("maandelijks", "per jaar"), ("miesięcznie", "co 12 miesięcy"), ("Månadsvis", "årsvis"), ("毎月", "年払い")],
        *[("pro Monat", "alle 12 Monate"), ("cada mes", "cada 12 meses"), ("tous les 3 mois", "trimestriel")],
    ],
)
def test_intervals_are_known_in_nine_languages(month: str, year: str, tmp_path: Path):
    months, of_year = (3, 3) if "3" in month else (1, 12)
    text = f"""
        Subscription ID,Customer ID,Amount,Interval,Start Date,End Date
        s1,A,{30 * months},{month},2025-01-05,
        s0,E,0,{month},2025-03-31,
        s2,B,{10 * of_year},{year},2025-01-05,
    """
    made = report(tmp_path, text, "mrr")
    assert values(made)["mrr"] == pytest.approx(40)
    assert not [issue for issue in made.issues if issue.code == "unknown-interval"]


def test_a_number_written_twice_counts_once_and_a_count_of_nothing_is_reported(tmp_path: Path):
    text = """
        Subscription ID,Customer ID,Amount,Interval Count,Interval,Start Date,End Date
        s1,A,90,3,3 months,2025-01-05,
        s0,E,0,1,month,2025-03-31,
        s2,B,30,1,every 3 months,2025-01-05,
        s3,C,50,0,month,2025-01-05,
    """
    made = report(tmp_path, text, "mrr")
    assert values(made)["mrr"] == 40
    assert [issue.count for issue in made.issues if issue.code == "unknown-interval"] == [1]


ZEROED = f"""
    {HEADER}
    s1,A,Pro,2024-11-05,2025-02-10,0
    s2,B,Pro,2024-11-05,,30
    s3,C,Basic,2025-01-05,2025-01-15,0
    s4,D,Basic,2025-02-05,,10
"""


def test_a_revenue_of_nothing_on_what_has_ended_is_missing_before_its_end(tmp_path: Path):
    names = ("mrr_at_start", "churned_mrr", "nrr", "mrr", "new_mrr")
    made = report(tmp_path, ZEROED, *names)
    missing = dict.fromkeys(("mrr_at_start", "churned_mrr", "nrr"), "missing-values")
    assert values(made) == missing | {"mrr": 40, "new_mrr": 10}
    assert [issue.count for issue in made.issues if issue.code == "mrr-of-today"] == [2]
    assert values(report(tmp_path, ZEROED, *names, period="2025-03"))["nrr"] == 1


def test_a_plan_that_is_free_for_all_is_free_for_who_left_too(tmp_path: Path):
    text = f"{HEADER}\ns1,A,Free,2024-11-05,2025-02-10,0\ns2,B,Free,2024-11-05,,0\ns3,C,Pro,2024-11-05,,30"
    made = report(tmp_path, text, "mrr_at_start", "churned_mrr")
    assert values(made) == {"mrr_at_start": 30, "churned_mrr": 0}


def test_the_price_stands_in_where_today_there_is_none(tmp_path: Path):
    text = """
        Subscription ID,Customer ID,Amount,Interval,MRR,Start Date,End Date
        s1,A,90,quarter,0,2024-11-05,2025-02-10
        s2,B,30,month,30,2024-11-05,
    """
    assert values(report(tmp_path, text, "mrr_at_start", "churned_mrr")) == {"mrr_at_start": 60, "churned_mrr": 30}


OWN = """
[{name}]
title = "Kept"
{aggregate} = "recurring{column}"
open = ["started_at", "ended_at"]
when = "both"
entity = "customer"
unit = "count"
"""


@pytest.mark.parametrize("names", [("a_count", "b_sum"), ("a_sum", "b_count")])
def test_what_is_kept_is_worth_the_same_beside_how_many_are_kept(tmp_path: Path, names: tuple[str, str]) -> None:
    columns = {"count": ("count", ""), "sum": ("sum", ".mrr")}
    own = tmp_path / "own.toml"
    path = tmp_path / "subscriptions.csv"
    path.write_text(f"{HEADER}\ns1,A,Basic,2025-01-05,2025-02-10,10\ns2,A,Pro,2025-02-10,,30\n")

    def given(*asked: str) -> list[object]:
        texts = {name: columns[name.split("_")[1]] for name in asked}
        own.write_text("".join(OWN.format(name=name, aggregate=a, column=c) for name, (a, c) in texts.items()))
        found = api.report([str(path)], metrics=asked, period="2025-02", metrics_file=own, today=TODAY).rows
        return found.sort_values("metric")["value"].tolist()

    assert given(*names) == [value for name in names for value in given(name)]


# ---- why customers leave ----

CHURN = ("voluntary_churn_rate", "involuntary_churn_rate", "unexplained_churn_rate", "churn_rate")


def churn_by(folder: Path, reasons: Sequence[str], header: str = "Cancellation Reason") -> list[object]:
    """The rates of March of customers who all leave in it, for the reasons given, beside as many who stay."""
    rows = [f"S{i},Customer {i},2024-01-0{i + 1},2025-03-2{i},{reason}" for i, reason in enumerate(reasons)]
    rows += [f"T{i},Other {i},2024-01-0{i + 1},," for i in range(len(reasons))]
    text = "\n".join([f"Subscription ID,Customer,Start Date,End Date,{header}", *rows])
    return list(values(report(folder, text, *CHURN, period="2025-03")).values())


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        (["Card bounced", "sunset of the pilot"], ["“Card bounced”, “sunset of the pilot” (subscriptions: 2)"]),
        (["Zahlung geplatzt", "Zahlung fehlgeschlagen"], ["“Zahlung geplatzt” (subscriptions: 1)"]),
        (
            ["payment_failed", "cancellation_requested", "too_expensive", "Zu teuer", "", "unknown"],
            [],
        ),  # whose side is known
    ],
)
def test_reasons_in_no_list_are_named_where_they_count_as_a_choice(
    tmp_path: Path, reasons: list[str], said: list[str]
) -> None:
    rows = [f"S{i},Customer {i},2024-01-01,2025-03-2{i},{reason}" for i, reason in enumerate(reasons)]
    text = "\n".join(
        ["Subscription ID,Customer,Start Date,End Date,Cancellation Reason", *rows, "T,Other,2024-01-01,,"]
    )
    notes = report(tmp_path, text, *CHURN, period="2025-03").notes

    assert [note.partition("we know: ")[2].rstrip(".") for note in notes if "own choice" in note] == said


@pytest.mark.parametrize(
    ("reason", "side"),
    [
        ("payment_failed", 1),
        ("Payment failed after 4 attempts", 1),
        ("Cancelled - involuntary", 1),
        ("not_paid", 1),
        ("no_card", 1),
        ("BILLING_ERROR", 1),
        ("CANCELLATION_REASON_PAST_DUE", 1),
        ("Zahlung fehlgeschlagen", 1),
        ("Carte expirée", 1),
        ("Tarjeta rechazada", 1),
        ("Inadimplência", 1),
        ("Mancato pagamento", 1),
        ("Betaling mislukt", 1),
        ("Karta wygasła", 1),
        ("カード期限切れ", 1),
        ("cancellation_requested", 0),
        ("too expensive", 0),
        ("Payment terms do not suit us", 0),  # speaks of payment, and is a choice
        ("Declined to renew", 0),
        ("Expired", 0),
        ("Zu teuer", 0),
        ("payment_disputed", 2),
        ("fraud_review_failed", 2),
        ("unknown", 2),
        ("", 2),
    ],
)
def test_a_reason_is_a_failed_payment_a_choice_or_neither(tmp_path: Path, reason: str, side: int) -> None:
    expected = [0.125, 0.125, 0.0]  # one who chose to, and one whose payment failed, of eight
    expected[side] += 0.25

    assert churn_by(tmp_path, ["too expensive", "payment failed", reason, reason]) == [*expected, 0.5]


@pytest.mark.parametrize(
    "header",
    ["Cancel Reason", "churn_reason", "Reason for cancellation", "Reason for Leaving", "cancellationReason"],
)
def test_why_a_subscription_ended_is_known_by_its_header(tmp_path: Path, header: str) -> None:
    assert churn_by(tmp_path, ["too expensive", "payment failed"], header) == [0.25, 0.25, 0.0, 0.5]


def test_reasons_that_nobody_gives_are_no_rate_of_zero(tmp_path: Path) -> None:
    assert churn_by(tmp_path, ["", "unknown"]) == [*["missing-column"] * 3, 0.5]
    assert churn_by(tmp_path, ["too expensive", "too small"], "Comment") == [*["missing-column"] * 3, 0.5]


def test_the_last_of_a_customers_subscriptions_says_why_they_left(tmp_path: Path) -> None:
    made = report(
        tmp_path,
        """
        Subscription ID,Customer,Start Date,End Date,Cancel Reason
        S1,Alder,2024-01-01,2025-03-05,payment failed
        S2,Alder,2024-06-01,2025-03-20,too expensive
        S3,Birch,2024-01-01,2025-03-10,payment failed
        S4,Birch,2025-03-10,,
        S5,Cedar,2024-01-01,2025-03-11,payment failed
        S6,Cedar,2024-05-01,2025-03-11,too expensive
        S7,Dahlia,2024-01-01,2025-03-12,payment failed
        S8,Dahlia,2024-05-01,2025-03-12,
        """,
        *CHURN,
        period="2025-03",
    )

    # Alder chose to, Birch went on, of Cedar both are said, and of Dahlia one is.
    assert values(made) == dict(zip(CHURN, (0.25, 0.25, 0.25, 0.75), strict=True))
    said = [issue.sentence for issue in made.issues if issue.code == "ended-without-reason"]
    assert [sentence.partition(" that")[0] for sentence in said] == ["1 subscription ended for no reason"]


# ---- what is charged ----


def said(made: Report, code: str) -> list[int]:
    return [issue.count for issue in made.issues if issue.code == code]


@pytest.mark.parametrize(
    ("price", "rows", "mrr", "count"),
    [
        ("Price", ("S,5,10", "S,2,10", "S,1,10"), 30, [2]),  # ten each, or ten in all
        ("Amount", ("S,5,10", "S,2,10", "S,1,10"), 30, [2]),
        ("Amount", ("S,5,50", "S,2,20", "T,1,10"), 80, []),  # they grow with the seats
        ("Price", ("S,5,50", "S,2,20", "T,1,10"), 80, []),
        ("Price", ("S,5,50", "T,2,20", "U,1,10"), 80, [2]),  # nothing tells
        ("Amount", ("S,5,50", "T,2,30", "U,1,10"), 90, []),
        ("Price", ("S,1,50", "T,1,30", "U,1,10"), 90, []),
        ("Price per seat", ("S,5,10", "S,2,10", "S,1,10"), 80, []),
    ],
)
def test_an_amount_that_may_be_of_one_seat_is_said(
    price: str, rows: tuple[str, ...], mrr: float, count: list[int], tmp_path: Path
):
    header = f"Subscription ID,Customer,Plan,Seats,{price},Billing period,Start date,End date"
    lines = [f"{at},C{at},{row},month,2025-02-05," for at, row in enumerate(rows)]
    made = report(tmp_path, "\n".join([header, *lines]), "mrr")

    assert values(made) == {"mrr": mrr}
    assert said(made, "price-of-one") == count
    if count:
        (option,) = [issue.detail["option"] for issue in made.issues if issue.code == "price-of-one"]
        chosen = from_pairs([shlex.split(option)[1]])
        each = sum(int(row.split(",")[1]) * float(row.split(",")[2]) for row in rows)
        assert values(report(tmp_path, "\n".join([header, *lines]), "mrr", **chosen)) == {"mrr": each}


@pytest.mark.parametrize(
    ("discount", "cells", "count"),
    [
        ("Discount", ("20", "0", ""), [1]),
        ("Discount %", ("20%", "0 %", "10%"), [2]),
        ("Rabatt", ("0,00 €", "-", "5,00 €"), [1]),
        ("Coupon discount", ("none", "no", "WELCOME"), [1]),
        ("Discount", ("0", "0.00", ""), []),
    ],
)
def test_a_discount_that_is_not_taken_off_is_said(
    discount: str, cells: tuple[str, ...], count: list[int], tmp_path: Path
):
    lines = [f"{at};C{at};100;{cell};month;2025-02-05;" for at, cell in enumerate(cells)]
    german = "Abo-ID;Kunde;Betrag;{};Intervall;Beginn;Ende" if discount == "Rabatt" else ""
    header = (german or "Subscription ID;Customer;Amount;{};Interval;Start date;End date").format(discount)
    made = report(tmp_path, "\n".join([header, *lines]), "mrr")

    assert values(made) == {"mrr": 300}
    assert said(made, "discount-kept") == count


def test_recurring_revenue_that_the_file_says_needs_no_word_on_discounts(tmp_path: Path):
    text = "Subscription ID,Customer,MRR,Discount,Quantity,Start date,End date\n1,A,80,20,3,2025-02-05,"
    made = report(tmp_path, text, "mrr")

    assert values(made) == {"mrr": 80}
    assert not said(made, "discount-kept") + said(made, "price-of-one")
