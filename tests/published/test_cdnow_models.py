"""CDNOW: what Fader, Hardie and others published of its model and its cohorts."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

from crm_metrics import api
from crm_metrics.analysis.lifetimes import Histories, bgnbd, fitted, gammagamma, ledger
from crm_metrics.analysis.lifetimes.model import HoldOut
from crm_metrics.settings import validated
from tests.conftest import TODAY, shared
from tests.published import rounded

MASTER, SAMPLE = "cdnow/CDNOW_master.txt", "cdnow/cdnow_sample.csv"
SUMMARY = "cdnow/cdnow_customers_summary_with_transactions.csv"
UNTIL = date(1997, 9, 30)


@cache
def listed() -> api.CustomerList:
    settings = validated({"as_of": UNTIL}, "test")
    return api.customers([shared(SAMPLE)], settings=settings, horizon=39 * 7, today=TODAY)


@cache
def histories() -> Histories:
    frame = listed().dataset.tables["purchases"].frame
    return ledger(frame, None).until((UNTIL - date(1970, 1, 1)).days)


@cache
def held_out() -> HoldOut:
    return api.hold_out([shared(SAMPLE)], UNTIL, today=TODAY)[1]


@cache
def summary() -> pd.DataFrame:
    return pd.read_csv(shared(SUMMARY))


def test_histories_are_those_of_the_published_summary() -> None:
    made, given = histories(), summary()

    assert (946, 2457, 2357) == (int((made.x > 0).sum()), int(made.x.sum()), len(made.x))
    assert made.x.tolist() == given["x"].tolist()
    assert np.abs(made.last / 7 - given["t_x"]).max() <= 0.0043
    assert np.abs(made.watched / 7 - given["T"]).max() <= 0.0043
    assert np.abs(np.nan_to_num(made.mean) - given["zbar"]).max() <= 0.00500001


def test_bg_nbd_parameters_and_likelihood_are_the_published_ones() -> None:
    fit = listed().customers.model.purchases
    assert fit is not None

    assert [0.243, 4.414, 0.793, 2.426] == [rounded(value, 3) for value in fit.parameters]
    assert rounded(-9582.4, 1) == fit.log_likelihood
    assert fit.converged
    assert not (fit.at_bound | fit.untold).any()


@pytest.mark.parametrize(
    ("weeks", "expected", "digits"),
    [(0.1429, 0.0078, 4), (1, 0.0532, 4), (3, 0.1506, 4), (31.8571, 1.0405, 4), (32, 1.0437, 4), (78, 1.858, 3)],
)
def test_expected_purchases_of_a_new_customer_are_the_published_ones(
    weeks: float, expected: float, digits: int
) -> None:
    parameters = listed().customers.model.buying
    assert parameters is not None

    nothing = np.zeros(1)  # who has just bought for the first time
    assert rounded(expected, digits) == bgnbd.expected_if_alive(nothing, nothing, parameters, weeks)[0]


def test_the_published_customer_is_alive_and_expected_to_buy() -> None:
    parameters = listed().customers.model.buying
    assert parameters is not None
    one = bgnbd.Seen(np.array([2.0]), np.array([30.43]), np.array([38.86]), np.ones(1))

    ahead = bgnbd.expected_if_alive(one.x, one.watched, parameters, 39.0)[0]
    assert rounded(1.226, 3) == bgnbd.alive(one, parameters)[0] * ahead
    assert rounded(0.7266, 4) == bgnbd.alive(one, parameters)[0]
    first = listed().customers.frame.iloc[0]
    assert (rounded(1.226, 3), rounded(0.7266, 3)) == (first["expected_purchases"], first["alive"])


def test_gamma_gamma_gives_the_published_parameters_and_spend() -> None:
    made, given = fitted(histories()), summary()
    assert made.spend is not None
    assert made.spending is not None
    spend = gammagamma.expected(given["x"].to_numpy(float), given["zbar"].to_numpy(), made.spending)[:10]

    assert [6.25, 3.74, 15.45] == [pytest.approx(value, abs=0.01) for value in made.spend.parameters]
    published = [24.66, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert published == [pytest.approx(value, abs=0.006) for value in spend]


def test_the_hold_out_counts_the_published_purchases() -> None:
    found = held_out()

    assert (2357, 1882, 273) == (found.total.customers, found.total.actual, found.days)
    assert found.total.expected == pytest.approx(1653, abs=1)
    assert (1412, 1938, True) == (pytest.approx(found.low, abs=1), pytest.approx(found.high, abs=1), found.holds)
    assert ["0", "1", "2", "3", "4", "5", "6", "7+"] == [group.repeat_purchases for group in found.groups]
    assert [1411, 439, 214, 100, 62, 38, 29, 64] == [group.customers for group in found.groups]


def test_clv_predicted_is_the_mean_of_the_customers_and_made_only_on_request() -> None:
    path, period = shared(SAMPLE), "1997-01..1997-09"
    report = api.report([path], period=period, metrics=["clv_predicted"], today=TODAY)
    customers = api.customers([path], period=period, today=TODAY).customers
    (row,) = report.rows.to_dict("records")

    assert (2357, "ok", "money") == (row["n"], row["status"], row["unit"])
    assert row["value"] == pytest.approx(customers.frame["predicted_value"].mean(), rel=1e-12)
    assert customers.model.purchases is not None
    assert customers.model.purchases.parameters == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=5e-4)
    assert any(
        note.startswith("Hold-out: from purchases up to 1997-07-24 486.8 were expected") for note in report.notes
    )
    plain = api.report([path], period=period, metrics=["value"], today=TODAY)
    assert "clv_predicted" not in set(plain.rows["metric"])


def test_clv_predicted_by_month_says_where_there_is_no_model_yet() -> None:
    asked = {"period": "1997-01..1997-06", "by": ["month"], "metrics": ["clv_predicted"], "today": TODAY}
    rows = api.report([shared(SAMPLE)], **asked).rows.set_index("period")  # type: ignore[arg-type]

    assert ("unavailable", "not-converged") == tuple(rows.loc["1997-01", ["status", "reason"]])
    assert {"ok"} == set(rows.loc["1997-03":"1997-06", "status"])


def test_cohorts_are_the_published_ones() -> None:
    made = api.cohorts([shared(MASTER)], today=TODAY).cohorts

    assert [7846, 8476, 7248] == made.size[:3].tolist()
    assert 0 == made.size[3:].sum()
    assert [7846, 1157, 964, 810, 679, 736, 720] == made.part[0, :7].tolist()
    assert [8476, 1312, 980, 783, 847, 786, 626] == made.part[1, :7].tolist()
    assert [7248, 1032, 752, 756, 674, 564, 561] == made.part[2, :7].tolist()
    assert [18, 17, 16] == made.mature[:3].sum(axis=1).tolist()


def test_revenue_of_all_cohorts_is_all_revenue() -> None:
    made = api.cohorts([shared(MASTER)], of="revenue", by="quarter", today=TODAY).cohorts

    assert made.part.sum() == pytest.approx(2_500_315.63, rel=1e-12)
