"""Metric files are read strictly: what the format does not allow is refused, with the place and the nearest name."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.errors import SettingsError, UsageError
from crm_metrics.metrics import catalog as catalogs
from crm_metrics.metrics.catalog import FAMILIES, Catalog
from crm_metrics.metrics.metric import AGGREGATES, Unit

from .conftest import TODAY, load_tables

BUILT_IN = catalogs.built_in()
BIG = """
[big_deals_won]
title = "Big deals won"
count = "deals"
where = "outcome == 'won' and amount >= 1000"
at = "closed_at"
unit = "count"
"""
SHARE = """
[big_deal_share]
title = "Share of big deals"
formula = "big_deals_won / deals_won"
unit = "percent"
better = "higher"
"""


def own(folder: Path, text: str) -> Catalog:
    """The built-in catalogue with the metrics of a file with this text."""
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return catalogs.with_own(BUILT_IN, path)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        own(folder, text)
    assert 2 == caught.value.exit_code
    return str(caught.value)


def block(**keys: str) -> str:
    """A metric that counts deals won, with other keys; a key without a value is left out."""
    given = {"title": '"X"', "count": '"deals"', "at": '"closed_at"', "unit": '"count"'} | keys
    return "\n".join(["[x]", *(f"{key} = {value}" for key, value in given.items() if value)])


def formula(text: str, unit: str = "ratio") -> str:
    return block(count="", at="", formula=f'"{text}"', unit=f'"{unit}"')


# ---- what is built in ----


def test_families_come_in_the_order_of_a_report() -> None:
    assert list(FAMILIES) == list(dict.fromkeys(metric.family for metric in BUILT_IN.values()))


def test_every_metric_has_a_title_and_what_is_shown_says_what_it_means() -> None:
    assert [] == [metric.name for metric in BUILT_IN.values() if not metric.title]
    assert [] == [metric.name for metric in BUILT_IN.listed() if not metric.about]


def test_no_two_metrics_that_are_shown_have_one_title() -> None:
    titles = [metric.title for metric in BUILT_IN.listed()]

    assert len(titles) == len(set(titles))


def test_every_metric_is_an_aggregate_or_a_formula() -> None:
    assert [] == [
        metric.name for metric in BUILT_IN.values() if (metric.formula is None) == (metric.aggregate not in AGGREGATES)
    ]


def test_every_private_metric_is_part_of_one_that_is_shown() -> None:
    used = {part.name for part in BUILT_IN.parts(BUILT_IN.listed())}

    assert [] == [name for name in BUILT_IN if name not in used]


def test_parts_come_before_what_is_made_of_them() -> None:
    order = [part.name for part in BUILT_IN.parts([BUILT_IN["clv_cac_ratio"]])]

    assert "clv_cac_ratio" == order[-1]
    assert order.index("clv_value") < order.index("clv") < order.index("clv_cac_ratio")
    assert len(order) == len(set(order))


@pytest.mark.parametrize("family", [name for name in FAMILIES if name not in BUILT_IN])
def test_a_family_is_chosen_by_its_name(family: str) -> None:
    expected = [metric.name for metric in BUILT_IN.shown() if metric.family == family]

    assert expected == [metric.name for metric in BUILT_IN.chosen([family])]
    assert expected


def test_no_family_has_the_name_of_a_metric() -> None:
    assert [] == [family for family in FAMILIES if family in BUILT_IN]


def test_what_is_chosen_twice_comes_once_in_the_order_given() -> None:
    chosen = BUILT_IN.chosen(["win_rate", "Deals-Won", "sales", "win_rate"])
    names = [metric.name for metric in chosen]

    assert ["win_rate", "deals_won"] == names[:2]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("asked", "nearest"), [("win_rat", "win_rate"), ("chrun_rate", "churn_rate"), ("servce", "service")]
)
def test_a_name_that_is_neither_metric_nor_family_is_refused_with_the_nearest(asked: str, nearest: str) -> None:
    with pytest.raises(UsageError, match=f"Did you mean {nearest}"):
        BUILT_IN.chosen([asked])


ASKED = {
    "arr": "arr",
    "LTV": "clv",
    "ltv:cac": "clv_cac_ratio",
    "Logo churn": "churn_rate",
    "frt": "first_response_time",
    "MTTR": "resolution_time_mean",
    "cac payback": "cac_payback",
    "net-dollar-retention": "nrr",
    "aov": "average_order_value",
    "Win rate": "win_rate",
    "Cost per thousand impressions": "cpm",
}


@pytest.mark.parametrize("name", ASKED)
def test_a_metric_is_chosen_by_what_people_call_it(name: str) -> None:
    assert [ASKED[name]] == [metric.name for metric in BUILT_IN.chosen([name])]


@pytest.mark.parametrize("name", ["churn", "conversion rate", "deal velocity"])
def test_what_several_metrics_are_called_is_refused_with_all_of_them(name: str) -> None:
    with pytest.raises(UsageError, match=r"may be \w+ or \w+"):
        BUILT_IN.chosen([name])


def test_what_a_metric_is_called_is_the_name_of_no_other() -> None:
    names = {*BUILT_IN, *FAMILIES}
    called = {(other.replace(" ", "_"), metric.name) for metric in BUILT_IN.listed() for other in metric.also}

    assert [] == [pair for pair in called if pair[0] in names]


def test_a_private_metric_cannot_be_chosen() -> None:
    with pytest.raises(UsageError, match="leads_mature"):
        BUILT_IN.chosen(["leads_mature"])


# ---- metrics of one's own ----


def test_own_metrics_come_behind_the_built_in_ones(tmp_path: Path) -> None:
    catalog = own(tmp_path, BIG + SHARE)

    assert [*BUILT_IN, "big_deals_won", "big_deal_share"] == list(catalog)
    assert ["big_deals_won", "big_deal_share"] == [metric.name for metric in catalog.chosen(["own"])]
    assert Unit.PERCENT == catalog["big_deal_share"].unit


def test_own_metrics_are_computed_like_the_built_in_ones(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(BIG + SHARE, encoding="utf-8")
    deals = """
    deal_id, outcome, amount, closed_at
    1,       won,     1000,   2024-03-01
    2,       won,     999,    2024-03-02
    3,       won,     ,       2024-03-03
    4,       won,     5000,   2024-03-31
    5,       lost,    9000,   2024-03-05
    """
    asked = api.query(period="2024-03", metrics=["own"], metrics_file=str(path))
    report = api.compute(load_tables(tmp_path, {"deals": deals}, asked), asked)

    assert {"big_deals_won": 2.0, "big_deal_share": 0.5} == dict(
        zip(report.rows["metric"], report.rows["value"], strict=True)
    )


def test_the_catalogue_that_is_extended_stays_as_it_was(tmp_path: Path) -> None:
    before = list(BUILT_IN)
    own(tmp_path, BIG)

    assert before == list(BUILT_IN)


@pytest.mark.parametrize("name", ["win_rate", "leads_mature", "gross_margin", "period_months"])
def test_a_name_that_is_taken_is_refused(tmp_path: Path, name: str) -> None:
    message = refusal(tmp_path, block().replace("[x]", f"[{name}]"))

    assert "already" in message
    assert f"[{name}]" in message


REFUSED = {
    "an unknown key": (block(wehre="\"outcome == 'won'\""), ["'wehre'", "Did you mean where?"]),
    "an unknown table": (block(count='"dels"'), ["'dels'", "Did you mean deals?"]),
    "an unknown column": (block(at='"closed_on"'), ["'closed_on'", "Did you mean closed_at?"]),
    "an unknown column of a filter": (block(where="\"outcom == 'won'\""), ["'outcom'", "Did you mean outcome?"]),
    "an unknown metric": (formula("deals_wno / deals_lost"), ["'deals_wno'", "Did you mean deals_won?"]),
    "an unknown unit": (block(unit='"cuont"'), ["'cuont'", "Did you mean count?"]),
    "an unknown direction": (block(better='"hihger"'), ["'hihger'", "Did you mean higher?"]),
    "an unknown moment": (block(at="", open='["open_from", "open_until"]', when='"begin"'), ["'begin'", "start"]),
    "an unknown metric after among": (
        block(among='"campaign_spnd"'),
        ["'campaign_spnd'", "Did you mean campaign_spend?"],
    ),
    "a metric made of itself": (formula("x / deals_won"), ["made of itself", "x → x"]),
    "a cycle": (formula("y + 1") + "\n" + formula("x + 1").replace("[x]", "[y]"), ["made of itself", "x → y → x"]),
    "money called a percentage": (formula("revenue_won / deals_won", "percent"), ["'percent'", "does not fit"]),
    "a share called money": (formula("deals_won / closed_deals", "money"), ["'money'", "does not fit"]),
    "money and days added": (formula("revenue_won + sales_cycle_length", "money"), ["different units"]),
    "minutes called hours": (formula("first_response_time", "hours"), ["'hours'", "does not fit"]),
    "two aggregates": (block(sum='"deals.amount"'), ["exactly one", "count", "sum"]),
    "an aggregate and a formula": (block(formula='"deals_won"'), ["exactly one"]),
    "no aggregate": (block(count=""), ["exactly one"]),
    "a sum of text": (block(count="", sum='"deals.owner"'), ["owner", "no number"]),
    "a mean of dates": (block(count="", mean='"deals.created_at"'), ["created_at", "no number"]),
    "a place in time that is no date": (block(at='"amount"'), ["amount", "no date"]),
    "two places in time": (block(open='["open_from", "open_until"]'), ["exactly one"]),
    "no place in time": (block(at=""), ["exactly one"]),
    "a count of a column": (block(count='"deals.amount"'), ["table alone"]),
    "a sum of a table": (block(count="", sum='"deals"'), ["names a column"]),
    "a quantile without q": (block(count="", quantile='"deals.cycle_days"'), ["needs q"]),
    "a q of 90": (block(count="", quantile='"deals.cycle_days"', q="90"), ["between 0 and 1"]),
    "a survival without event": (
        block(count="", survival='"tickets.wait_minutes"', at='"created_at"'),
        ["needs event"],
    ),
    "a wait that is no survival median": (block(waiting='"deals_won"'), ["'deals_won'", "no survival median"]),
    "no title": (block(title=""), ["'title'", "missing"]),
    "no unit": (block(unit=""), ["'unit'", "missing"]),
    "a name with a capital": (block().replace("[x]", "[X]"), ["lower-case"]),
    "a metric that is no block": ("x = 1", ["block"]),
    "text that is no TOML": ("[x", ["TOML"]),
    "a chained comparison": (block(where='"0 < amount < 10"'), ["chains comparisons", "and"]),
    "arithmetic in a filter": (block(where='"amount * 2 > 10"'), ["amount * 2 > 10"]),
    "a call in a filter": (block(where='"len(owner) > 3"'), ["len(owner)"]),
    "an attribute in a filter": (block(where="\"owner.name == 'x'\""), ["owner.name"]),
    "a power": (formula("deals_won ** 2"), ["deals_won ** 2", "+ - * /"]),
    "a call": (formula("max(deals_won, 1)"), ["max(deals_won, 1)", "+ - * /"]),
    "an attribute": (formula("deals_won.real"), ["deals_won.real", "+ - * /"]),
    "text in a formula": (formula("deals_won + 'x'"), ["'x'", "+ - * /"]),
    "True in a formula": (formula("deals_won + True"), ["True", "+ - * /"]),
    "whole-number division": (formula("deals_won // 2"), ["deals_won // 2"]),
    "a formula that is no expression": (formula("deals_won +"), ["cannot be read"]),
    "an empty formula": (formula(""), ["cannot be read"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_format_does_not_allow_is_refused_with_its_place(tmp_path: Path, case: str) -> None:
    text, words = REFUSED[case]
    message = refusal(tmp_path, text)

    assert [] == [word for word in words if word not in message], message
    assert "own.toml" in message, message


@pytest.mark.parametrize(
    "keys",
    [
        {"where": "3"},
        {"at": "3"},
        {"open": "3", "at": ""},
        {"open": '["open_from"]', "at": ""},
        {"count": "3"},
        {"q": '"x"', "quantile": '"deals.cycle_days"', "count": ""},
        {"at_least": '"two"'},
        {"per": "3"},
        {"window": '"to_strat"'},
        {"shown": '"often"'},
        {"shown": "true"},
        {"event": '["a", "b", "c"]', "survival": '"tickets.wait_minutes"', "count": ""},
        {"interval": "3"},
        {"lag": '"cac_leg_days"'},
        {"example": "3"},
        {"waiting": "3"},
        {"waiting_always": '"yes"'},
        {"differs": '"Stripe counts them otherwise."'},
        {"differs": "{ stripe = 3 }"},
        {"title": "3"},
    ],
    ids=str,
)
def test_a_value_of_the_wrong_kind_is_refused(tmp_path: Path, keys: dict[str, str]) -> None:
    assert "own.toml" in refusal(tmp_path, block(**keys))


@pytest.mark.parametrize("key", ["headline", "private", "on_request", "complete", "competing", "positive"])
def test_a_key_of_before_is_refused_with_the_one_that_says_the_same_now(tmp_path: Path, key: str) -> None:
    assert f"there is no key {key!r} any more: " in refusal(tmp_path, block(**{key: "true"}))


def test_a_column_required_of_every_row_leaves_no_value_where_one_lacks_it(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        block(sum='"deals.amount"', count="", requires='"amount"', unit='"money"', shown='"headline"'), encoding="utf-8"
    )
    deals = "Deal ID,Stage,Amount,Close Date\n1,Closed Won,10,2024-03-01\n2,Closed Won,{},2024-03-02\n"
    found = {}
    for amount in ("5", ""):
        (tmp_path / "deals.csv").write_text(deals.format(amount), encoding="utf-8")
        asked = {"metrics": ["x", "deals_won"], "period": "2024-03", "metrics_file": tmp_path / "own.toml"}
        report = api.report([str(tmp_path / "deals.csv")], **asked, today=TODAY)
        found[amount] = report.rows[["value", "reason"]].iloc[0].tolist()

    assert 15 == found["5"][0]
    assert "missing-values" == found[""][1]


@pytest.mark.parametrize("text", ["3", "true", '["deals_won"]'])
def test_a_formula_that_is_no_text_is_refused(tmp_path: Path, text: str) -> None:
    assert "own.toml" in refusal(tmp_path, block(count="", at="", formula=text))


@pytest.mark.parametrize(
    ("example", "word"),
    [
        ('period = "2024-03"\ngives = 1', "table"),
        ('gives = 1\ndeals = "deal_id"', "period"),
        ('period = "2024-03"\ndeals = "deal_id"', "gives or reason"),
        ('period = "2024-03"\ngives = 1\nreason = "no-rows"\ndeals = "deal_id"', "gives or reason"),
        ('period = "2024-03"\ngives = 1\ndels = "deal_id"', "Did you mean deals?"),
    ],
)
def test_an_example_that_says_too_little_or_too_much_is_refused(tmp_path: Path, example: str, word: str) -> None:
    assert word in refusal(tmp_path, f"{block()}\n[x.example]\n{example}\n")


@pytest.mark.parametrize(
    ("kind", "text", "parts"),
    [
        ("kept", "(mrr + new_mrr) / mrr_at_start", 2),
        ("proportion", "2 * deals_won", 2),
        ("poisson", "acquisition_spend / (clicks + conversions)", 2),
        ("nps", "promoters / nps_answers", 3),
    ],
)
def test_limits_that_do_not_fit_a_formula_are_refused(tmp_path: Path, kind: str, text: str, parts: int) -> None:
    own_formula = block(count="", at="", formula=f'"{text}"', unit='"ratio"', interval=f'"{kind}"')

    assert f"is for a formula of {parts} figures" in refusal(tmp_path, own_formula)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        catalogs.with_own(BUILT_IN, tmp_path / "none.toml")
    (tmp_path / "own.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be read"):
        catalogs.with_own(BUILT_IN, tmp_path / "own.toml")


def test_a_byte_order_mark_is_no_part_of_a_metrics_file(tmp_path: Path) -> None:
    assert "big_deals_won" in own(tmp_path, f"\ufeff{BIG}")


# Figures that tools count alike, where they have them at all.
ALIKE = """
cac cac_lagged acquisition_spend leads_created lead_conversion_to_date lead_conversion_in_period leads_converted
marketing_qualified_leads sales_qualified_leads leads_to_opportunities
lead_response_time_mean lead_response_time_censored lead_unanswered_rate lead_response_in_target cac_payback
magic_number revenue_won deals_created_won deals_created_lost deals_created_open sales_cycle_length_censored
deals_created deals_won deals_lost closed_deals win_rate_by_value median_deal_value activities_per_deal open_deals
pipeline_coverage overdue_open_deals lost_to_competitor_rate renewal_rate loss_reasons stages_entered stage_went_on
stage_lost
stage_waiting stage_amount_lost stage_snapshot_deals stage_snapshot_amount arpu clv_value clv_churn clv_historical
clv_predicted clv_cac_ratio revenue_without_customer active_customers arpa orders_per_customer mrr_at_start
expansion_mrr contraction_mrr reactivation_mrr transferred_mrr product_revenue product_units product_buyers
product_share returning_customer_rate customers_at_start customers_gained customers_won_back customers_interrupted
joined_and_left voluntary_churn_rate involuntary_churn_rate unexplained_churn_rate churned_share
first_response_time_p90 first_response_time_censored tickets_created
tickets_per_customer tickets_per_requester tickets_per_owner backlog_over_target resolution_time_p90 reopen_rate
handle_time next_reply_time nps promoters detractors nps_answers csat ratings csat_score ticket_csat_score
response_rate attributed_revenue unattributed_revenue conversion_value impressions cpm
"""


def test_every_figure_says_how_a_common_tool_counts_otherwise_or_is_counted_alike() -> None:
    assert sorted(ALIKE.split()) == sorted(metric.name for metric in BUILT_IN.listed() if not metric.differs)


def test_vendors_whose_screens_differ_are_those_whose_files_are_known() -> None:
    known = {Path(entry.name).stem for entry in files("crm_metrics.loaders.vendors").iterdir()}
    named = {vendor for metric in BUILT_IN.values() for vendor in metric.differs}

    assert named <= known | catalogs.OTHER_TOOLS.keys()
    assert known.isdisjoint(catalogs.OTHER_TOOLS)
    assert {"zendesk", "hubspot", "stripe", "shopify"} <= named
