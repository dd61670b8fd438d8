"""Maven CRM: 8,800 deals of a hardware seller, as a folder, as the archive they came in, and with dates day first."""

import pytest

from tests.published import by_key, found, issues, percent, reason, report_of, rounded

JOINED = ["maven_crm", "maven_crm.zip"]
ALL = [*JOINED, "maven_crm_dmy"]
WON, LOST, OPEN = 4238, 2473, 2089
QUARTERS = ["2017-Q1", "2017-Q2", "2017-Q3", "2017-Q4"]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("deals_won", WON),
        ("deals_lost", LOST),
        ("open_deals", OPEN),
        ("closed_deals", WON + LOST),
        ("win_rate", WON / (WON + LOST)),
        ("revenue_won", 10_005_534),
        ("average_deal_value", 10_005_534 / WON),
        ("median_deal_value", 1117),
        ("sales_cycle_length", 57),
        ("sales_cycle_length_mean", rounded(51.782, 3)),
    ],
)
def test_the_whole_file_gives(name, metric, expected):
    assert expected == found(name, metrics="sales")[(metric,)]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("win_rate", percent(dict(zip(QUARTERS, [82.07, 61.71, 61.41, 60.25], strict=True)), 2)),
        ("deals_won", dict(zip(QUARTERS, [531, 1254, 1257, 1196], strict=True))),
        ("revenue_won", dict(zip(QUARTERS, [1_134_672, 3_086_111, 2_982_255, 2_802_496], strict=True))),
    ],
)
def test_a_deal_is_in_the_quarter_it_was_closed_in(name, metric, expected):
    assert expected == by_key(found(name, period="2017", by="quarter", metrics=metric))


@pytest.mark.parametrize("name", JOINED)
@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("win_rate", percent({"Central": 62.558, "East": 63.025, "West": 63.940}, 3)),
        ("revenue_won", {"Central": 3_346_293, "East": 3_090_594, "West": 3_568_647}),
    ],
)
def test_a_deal_has_the_region_of_its_seller(name, metric, expected):
    assert expected == by_key(found(name, by="region", metrics=metric))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("by", "metric"), [("product", "revenue_won"), (None, "product_revenue")])
def test_revenue_by_product_is(name, by, metric):
    expected = {
        "GTXPro": 3_510_578,
        "GTX Plus Pro": 2_629_651,
        "MG Advanced": 2_216_387,
        "GTX Plus Basic": 705_275,
        "GTX Basic": 499_263,
        "GTK 500": 400_612,
        "MG Special": 43_768,
    }

    assert expected == by_key(found(name, metrics=metric, **({"by": by} if by else {})))


@pytest.mark.parametrize("name", ALL)
def test_the_best_seller_is_darcel_schlecht(name):
    sellers = by_key(found(name, by="owner", metrics="revenue_won"))
    best = max(sellers, key=sellers.__getitem__)

    assert (best, sellers[best]) == ("Darcel Schlecht", 1_153_214)


@pytest.mark.parametrize("name", ["maven_crm.zip", "maven_crm_dmy"])
@pytest.mark.parametrize("by", [None, "month", "owner", "product", "stage", "customer_name"])
def test_the_same_deals_give_the_same_figures_however_they_are_packed_and_dated(name, by):
    asked = {"metrics": "sales", **({"by": by} if by else {})}

    assert found("maven_crm", **asked) == found(name, **asked)


@pytest.mark.parametrize("name", ALL)
def test_deals_without_an_account_are_a_group_of_their_own(name):
    assert found(name, by="customer_name", metrics="open_deals")[("open_deals", "(none)")] == 1425
    assert found(name, by="customer_name", metrics="closed_deals").get(("closed_deals", "(none)"), 0) == 0


@pytest.mark.parametrize("name", ALL)
def test_deals_without_a_date_of_creation_are_open_and_reported(name):
    assert found(name, by="stage", metrics="open_deals")[("open_deals", "Prospecting")] == 500
    assert issues(report_of(name), "unplaced-open") == {"sales_pipeline.csv": 500}


@pytest.mark.parametrize("name", ALL)
def test_lost_deals_that_all_have_the_amount_0_are_not_priced_and_a_blank_amount_is_none(name):
    assert reason(report_of(name), "win_rate_by_value") == "missing-values"
    assert reason(report_of(name), "open_pipeline") == "missing-values"


@pytest.mark.parametrize("name", JOINED)
def test_deals_whose_product_is_not_in_the_list_are_reported(name):
    report = report_of(name, by="category", metrics="revenue_won")

    assert issues(report, "unmatched") == {"sales_pipeline.csv": 1480}
    assert found(name, by="category", metrics="revenue_won")[("revenue_won", "(none)")] == 3_510_578
