"""Two campaigns of August 2019: semicolons, D.MM.YYYY, the currency in a header, one row that ends after the spend."""

import pytest

from tests.published import by_key, found, report_of, rounded

CONTROL, TEST = "Control Campaign", "Test Campaign"


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("acquisition_spend", {CONTROL: 68_653, TEST: 76_892}),
        ("conversions", {CONTROL: 15_161, TEST: 15_637}),
        ("clicks", {CONTROL: 154_303, TEST: 180_970}),
        ("impressions", {CONTROL: 3_177_233, TEST: 2_237_544}),
        ("cost_per_conversion", rounded({CONTROL: 4.5283, TEST: 4.9173}, 4)),
    ],
)
def test_each_campaign_has(metric, expected):
    assert expected == by_key(found("ab_campaign", by="campaign", metrics=metric))


def test_the_row_that_ends_after_the_spend_is_reported():
    assert any(
        issue.path.endswith("control_group.csv") and 6 in issue.rows for issue in report_of("ab_campaign").issues
    )


def test_the_currency_of_the_header_is_that_of_the_spend():
    rows = report_of("ab_campaign").rows

    assert set(rows.loc[rows["metric"] == "acquisition_spend", "currency"]) == {"USD"}
