"""The oracle against cases worked by hand, so that it can be trusted against the program."""

from __future__ import annotations

import csv
import io
import tomllib
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from .figures import UnavailableError, incidence_median, quantile, survival_median
from .metrics import METRICS, PER_METRICS, Result, compute
from .random_tables import AS_OF, as_csv, make

MARCH = (date(2024, 3, 1), date(2024, 4, 1))
QUARTER = (date(2024, 1, 1), date(2024, 4, 1))
NOW = date(2024, 5, 31)
DEFINITIONS = Path(__file__).parents[2] / "crm_metrics" / "metrics"
GAINED, LOST = ("new_mrr", "reactivation_mrr", "expansion_mrr"), ("contraction_mrr", "churned_mrr")
# Lifetime value rests on the months that the files cover: tests/test_lifetime_value.py has an oracle of its own.
LIFETIME = {"clv", "clv_value", "clv_churn", "clv_cac_ratio", "cac_payback"}
NOT_COVERED = {"clv_predicted", "first_response_time_business", "pipeline_coverage", "resolution_time_business"}
NOT_COVERED |= {"quota_attainment"}  # as pipeline_coverage: the oracle knows no goals
NOT_COVERED |= LIFETIME


def d(text: str) -> date:
    return datetime.fromisoformat(text) if " " in text else date.fromisoformat(text)


def rows(text: str) -> list[dict[str, Any]]:
    """A small CSV as rows: dates where it looks like one, numbers where it looks like one, blank is missing."""
    reader = csv.DictReader(io.StringIO(text.strip()), skipinitialspace=True)
    return [{column.strip(): value_of(cell.strip()) for column, cell in row.items()} for row in reader]


def value_of(cell: str) -> Any:
    if cell in ("", "true", "false"):
        return None if cell == "" else cell == "true"
    for kind in (int, float, d):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell


def march(metric: str, *, period: tuple[date, date] = MARCH, as_of: date = NOW, **given: Any) -> Result:
    """The metric in March 2024 for tables given as CSV texts; other keywords go to `compute`."""
    tables = {name: rows(text) for name, text in given.items() if isinstance(text, str) and name != "per_value"}
    keywords = {name: value for name, value in given.items() if name not in tables}
    return compute(tables, metric, *period, as_of, **keywords)


def value(metric: str, **given: Any) -> float | None:
    return march(metric, **given).value


def test_every_public_metric_is_covered() -> None:
    public = set()
    for path in DEFINITIONS.glob("*.toml"):
        for name, block in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if block.get("shown") != "never":
                public.add(name)
    assert public - NOT_COVERED == set(METRICS)
    assert set(PER_METRICS) <= set(METRICS)


# ---- figures ----


def test_the_survival_median_is_that_of_the_published_vector() -> None:
    waits = [(10, True), (20, True), (30, True), (40, True), (50, False), (60, True), (120, False), (240, True)]
    assert survival_median([(Fraction(time), ended) for time, ended in waits]) == 40


def test_a_survival_curve_that_stays_above_one_half_has_no_median() -> None:
    with pytest.raises(UnavailableError, match="censored-median"):
        survival_median([(Fraction(1), True), (Fraction(5), False), (Fraction(6), False)])


def test_someone_censored_at_the_time_of_an_event_was_still_at_risk() -> None:
    # 1 of 3 ends at 5 (S = 2/3), then 1 of 1 at 9. Without the one censored at 5, S would be 1/2 at 5.
    assert survival_median([(Fraction(5), True), (Fraction(5), False), (Fraction(9), True)]) == 9


def test_half_of_those_that_get_won_counts_losses_as_an_end() -> None:
    won = [(Fraction(time), "won") for time in (1, 2, 3, 4, 5, 6)]
    assert incidence_median(won) == 3
    # Two lost at 2.5: incidence 1/8 at 1 and 2, then 1/8 each to 6/8; half of it is reached at 3.
    assert incidence_median([*won, (Fraction(5, 2), "lost"), (Fraction(5, 2), "lost")]) == 3


def test_fewer_than_six_wins_give_no_censored_cycle() -> None:
    with pytest.raises(UnavailableError, match="censored-median"):
        incidence_median([(Fraction(1), "won")] * 5 + [(Fraction(1), "lost")] * 9)


def test_quantiles_are_interpolated_between_ranks() -> None:
    assert quantile([Fraction(n) for n in (1, 2, 3, 4)], Fraction(9, 10)) == Fraction("3.7")


# ---- deals ----

DEALS = """
outcome, amount, created_at, closed_at, owner
won,     100,    2024-02-01, 2024-03-01, Ann
won,     300,    2024-03-01, 2024-03-31, Bob
lost,    200,    2024-03-05, 2024-03-20, Bob
won,     500,    2024-03-10, 2024-04-01, Ann
open,    900,    2024-03-31, 2024-03-30, Ann
"""


def test_a_deal_closed_at_the_periods_end_is_in_the_next_period() -> None:
    assert value("deals_won", deals=DEALS) == 2
    assert value("deals_won", deals=DEALS, period=(date(2024, 4, 1), date(2024, 5, 1))) == 1


def test_win_rate_is_a_ratio_of_sums_and_open_deals_are_not_in_it() -> None:
    assert value("win_rate", deals=DEALS) == pytest.approx(2 / 3)
    assert value("win_rate", deals=DEALS, segment={"owner": "Bob"}) == 0.5


def test_an_owner_without_losses_stays_in_the_total_win_rate() -> None:
    """Mistake of a known tool: 150 %."""
    deals = "outcome, closed_at, owner\n" + "won,2024-03-02,A\n" * 100 + "won,2024-03-02,B\n" * 50
    assert value("win_rate", deals=deals + "lost,2024-03-02,B\n" * 50) == 0.75


def test_the_last_instant_of_the_month_is_in_it() -> None:
    assert value("deals_won", deals="outcome, closed_at\nwon, 2024-03-31 23:59:59\nwon, 2024-04-01 00:00:00") == 1


def test_a_deal_closed_after_as_of_is_open() -> None:
    deals = "outcome, amount, created_at, closed_at\nwon, 5, 2024-03-02, 2024-06-01\nlost, 5, 2024-03-02, 2024-05-31"
    assert value("deals_created", deals=deals) == 2
    assert value("sales_conversion_rate", deals=deals) == 0
    assert value("open_deals", deals=deals) == 2
    assert value("deals_created_open", deals=deals) == 1  # the other was lost on the as-of day itself


def test_a_deal_won_without_a_date_is_never_open_and_in_no_flow_by_close_date() -> None:
    deals = "outcome, amount, created_at, closed_at\nwon, 5, 2024-03-02,"
    assert value("open_deals", deals=deals) == 0
    assert value("deals_won", deals=deals) == 0
    assert value("deals_created_won", deals=deals) == 1


def test_days_to_close_are_not_negative_and_closed_before_created_is_left_out() -> None:
    deals = "outcome, created_at, closed_at\nwon,2024-02-29,2024-03-10\nwon,2024-03-20,2024-03-10"
    assert value("sales_cycle_length", deals=deals) == 10
    assert value("deals_won", deals=deals) == 2
    impossible = march("sales_cycle_length", deals="outcome, created_at, closed_at\nwon,2024-03-20,2024-03-10")
    assert impossible == Result(None, "missing-values")


def test_a_deal_won_on_its_day_takes_a_fraction_of_it_or_nothing() -> None:
    header = "outcome, created_at, closed_at\n"
    assert value("sales_cycle_length", deals=header + "won,2024-03-10 06:00:00,2024-03-10 18:00:00") == 0.5
    assert value("sales_cycle_length", deals=header + "won,2024-03-10 06:00:00,2024-03-10") == 0
    assert value("sales_cycle_length", deals=header + "won,2024-03-09 23:00:00,2024-03-10") == 1


def test_an_amount_of_zero_is_averaged_and_a_blank_one_is_not() -> None:
    deals = "outcome, amount, closed_at\nwon,0,2024-03-10\nwon,100,2024-03-10\nwon,,2024-03-10"
    assert value("average_deal_value", deals=deals) == 50
    assert value("revenue_won", deals=deals) == 100
    assert march("win_rate_by_value", deals=deals).reason == "missing-values"


def test_a_sum_of_rows_without_amounts_is_not_zero_but_a_sum_of_no_rows_is() -> None:
    deals = "outcome, amount, closed_at\nwon,,2024-03-10\nwon,5,2024-01-10"
    assert march("revenue_won", deals=deals) == Result(None, "missing-values")
    assert march("revenue_won", deals=deals, period=(date(2024, 2, 1), date(2024, 3, 1))).value == 0


def test_no_closed_deals_make_the_win_rate_unavailable_not_zero() -> None:
    assert march("win_rate", deals="outcome, closed_at\nwon,2024-02-10\nwon,2024-04-10") == Result(
        None, "zero-denominator"
    )
    assert march("win_rate", leads="lead_id, created_at\n1,2024-03-01").reason == "missing-column"


def test_percentages_are_divided_by_a_hundred_once_per_column() -> None:
    header = "outcome, amount, probability, created_at, closed_at\n"
    for half, tenth in (("50", "10"), ("0.5", "0.1")):
        deals = f"{header}open,200,{half},2024-03-01,\nopen,100,{tenth},2024-03-01,"
        assert value("weighted_pipeline", deals=deals) == 110


def test_weighted_pipeline_is_unavailable_once_a_deal_open_then_has_closed() -> None:
    deals = "outcome, amount, probability, created_at, closed_at\nwon,200,1,2024-03-01,2024-04-01"
    assert march("weighted_pipeline", deals=deals).reason == "missing-values"
    assert value("weighted_pipeline", deals=deals, period=(date(2024, 4, 1), date(2024, 5, 1))) == 0
    assert value("open_pipeline", deals=deals) == 200


def test_an_open_deal_is_overdue_from_the_day_after_its_expected_close() -> None:
    header = "outcome, created_at, closed_at\n"
    later = "\nopen,2024-05-01,"
    assert value("overdue_open_deals", deals=header + "open,2024-03-01,2024-03-30" + later) == 1
    assert value("overdue_open_deals", deals=header + "open,2024-03-01,2024-03-31" + later) == 0
    # The file knows nothing after 1 March: what was overdue at the end of the month, nobody knows.
    assert march("overdue_open_deals", deals=header + "open,2024-03-01,2024-03-30") == Result(0.0, None, True)


def test_sales_conversion_is_partial_while_a_young_deal_is_open() -> None:
    header = "outcome, created_at, closed_at\nwon,2024-01-01,2024-03-31\n"  # the median cycle is 90 days
    young = march("sales_conversion_rate", deals=header + "open,2024-03-31,")  # 61 days old
    old = march("sales_conversion_rate", deals=header + "open,2024-03-02,")  # 90 days old
    assert (young.value, young.partial) == (0, True)
    assert (old.value, old.partial) == (0, False)


def test_pipeline_velocity_is_four_figures() -> None:
    deals = "outcome, amount, created_at, closed_at\nwon,100,2024-03-01,2024-03-11\nlost,,2024-03-01,2024-03-02\n"
    assert value("pipeline_velocity", deals=deals + "open,,2024-03-01,\nopen,,2024-03-01,") == 2 * 100 * 0.5 / 10


def test_blank_reasons_are_among_the_lost_deals() -> None:
    deals = "outcome, closed_at, lost_reason\nlost,2024-03-01,Lost to  Competitor\nlost,2024-03-01,"
    assert value("lost_to_competitor_rate", deals=deals) == 0.5
    assert value("loss_reasons", deals=deals, per_value=None) == 0.5


# ---- leads ----


def test_young_leads_are_immature_and_not_failures() -> None:
    leads = """
    lead_id, created_at, converted_at
    1, 2024-03-01, 2024-05-30
    2, 2024-03-02, 2024-06-01
    3, 2024-03-03, 2024-03-04
    """
    # At as-of 05-31, leads of 03-02 and before are 90 days old; the third is too young, though converted.
    assert march("lead_conversion_rate", leads=leads) == Result(0.5, None, True)
    late = march("lead_conversion_rate", leads=leads, period=(date(2024, 3, 3), date(2024, 4, 1)))
    assert late == Result(None, "immature-cohort")


def test_a_lead_converted_before_it_came_or_without_a_date_is_converted_but_not_in_time() -> None:
    leads = "lead_id, created_at, converted_at, is_converted\n1,2024-03-01,2024-02-01,true\n2,2024-03-01,,true"
    leads += "\n3,2024-05-31,,false"  # up to when the others have waited
    assert value("lead_conversion_rate", leads=leads) == 0
    assert value("lead_conversion_to_date", leads=leads) == 1


def test_more_leads_converted_than_created_is_not_clipped() -> None:
    leads = "lead_id, created_at, converted_at\n1,2024-02-01,2024-03-02\n2,2024-02-01,2024-03-02\n3,2024-03-01,"
    assert value("lead_conversion_in_period", leads=leads) == 2


def test_an_answer_before_the_lead_is_an_answer_without_a_duration() -> None:
    leads = """
    lead_id, created_at, responded_at
    1, 2024-03-02 10:00:00, 2024-03-02 09:00:00
    2, 2024-03-02 10:00:00, 2024-03-02 13:00:00
    3, 2024-03-02 10:00:00, 2024-06-01 00:00:00
    """
    assert value("lead_response_time", leads=leads) == 3
    assert value("lead_unanswered_rate", leads=leads) == pytest.approx(1 / 3)  # the third was answered after as-of
    target = {"lead_response_target_hours": 3}
    assert value("lead_response_in_target", leads=leads, settings=target) == 0.5


# ---- spend ----


def test_a_cost_of_several_days_is_spread_and_a_period_to_date_takes_its_days() -> None:
    spend = "spent_at, spent_to_at, cost, clicks, conversions\n2024-02-25,2024-03-05,100,20,5"
    assert value("acquisition_spend", spend=spend) == 50
    assert value("campaign_conversion_rate", spend=spend) == 0.25
    to_date = march("acquisition_spend", spend=spend, as_of=date(2024, 3, 2))
    assert to_date == Result(20, None, True)


def test_no_spend_is_zero_inside_the_days_of_the_file_and_unavailable_outside() -> None:
    spend = "spent_at, cost\n2024-02-01,100\n2024-04-01,100"  # a pause of sixty days is usual for it
    assert value("acquisition_spend", spend=spend) == 0
    outside = march("acquisition_spend", spend=spend, period=(date(2024, 5, 1), date(2024, 6, 1)))
    assert outside.reason == "not-covered"


def test_cac_needs_the_spend_to_cover_the_whole_period() -> None:
    customers = "customer_id, started_at, ended_at\nA,2024-03-01,\nB,2024-03-31,\nC,2024-04-01,2024-04-02"
    spend = "spent_at, spent_to_at, cost\n2024-03-01,2024-03-31,100"
    as_of = date(2024, 5, 1)
    assert value("cac", customers=customers, spend=spend, as_of=as_of) == 50
    assert march("cac", customers=customers, spend=spend.replace("31,", "30,"), as_of=as_of).reason == "not-covered"
    assert march("cac", customers=customers).reason == "missing-column"
    lagged = {"cac_lag_days": 31}
    april = (date(2024, 4, 1), date(2024, 5, 1))
    moved = value("cac_lagged", customers=customers, spend=spend, settings=lagged, period=april, as_of=as_of)
    assert moved == pytest.approx(100 * 30 / 31)


def test_revenue_is_attributed_by_campaign_else_source_whatever_the_case() -> None:
    spend = "spent_at, campaign, cost\n2024-03-01,Spring Fair,100\n2024-03-02,Free,0"
    deals = """
    outcome, amount, closed_at, campaign, source
    won, 100, 2024-03-02, SPRING  fair,
    won, 200, 2024-03-02, , spring fair
    won, 400, 2024-03-02, Other, Spring Fair
    won, 800, 2024-03-02, Free,
    """
    assert value("attributed_revenue", deals=deals, spend=spend) == 300
    assert value("unattributed_revenue", deals=deals, spend=spend) == 1200
    assert value("roi", deals=deals, spend=spend, settings={"gross_margin": 0.5}) == 0.5


# ---- purchases ----

ORDERS = """
order_id, customer, ordered_at, amount, status
1, A, 2024-01-10, 100, completed
2, A, 2024-03-01, 50, completed
3, B, 2024-03-02, 0, completed
4, B, 2024-03-02, , completed
5, , 2024-03-03, 30, completed
6, B, 2024-03-04, -10, completed
7, C, 2024-03-05, 999, Cancelled
8, C, 2024-04-01, 70, completed
"""


def test_refunds_are_in_revenue_and_in_no_count_and_cancelled_orders_in_nothing() -> None:
    assert value("revenue", orders=ORDERS) == 70
    assert value("refunds", orders=ORDERS) == -10
    assert value("orders", orders=ORDERS) == 3  # the one of 0 is none
    assert value("active_customers", orders=ORDERS) == 2


def test_orders_without_a_customer_are_in_revenue_and_not_in_arpu() -> None:
    assert value("revenue_without_customer", orders=ORDERS) == 30
    assert value("arpu", orders=ORDERS) == 20


def test_a_purchase_without_an_amount_is_a_purchase() -> None:
    assert value("repeat_purchase_rate", orders=ORDERS) == 0  # B, with 0, which is none, and blank
    assert value("returning_customer_rate", orders=ORDERS) == 0.5  # A bought in January


def test_orders_of_0_are_purchases_where_there_are_no_others() -> None:
    orders = "order_id, customer, ordered_at, amount\n1,A,2024-03-01,0\n2,B,2024-03-04,0"
    assert value("orders", orders=orders) == 2


@pytest.mark.parametrize("marked", ["50,refunded,", "50,completed,50", "50,completed,-50"])
def test_a_row_that_gives_the_money_back_and_an_order_that_says_so_are_one_refund(marked: str) -> None:
    header = "order_id, customer, ordered_at, amount, status, refunded_amount"
    orders = f"{header}\n1,A,2024-03-01,{marked}\n2,A,2024-03-05,-50,completed,\n3,A,2024-03-06,70,completed,"
    assert value("refunds", orders=orders) == -50
    assert value("revenue", orders=orders) == 70


def test_a_refund_of_another_customer_or_before_the_sale_is_another_refund() -> None:
    header = "order_id, customer, ordered_at, amount, status"
    orders = f"{header}\n1,A,2024-03-02,50,refunded\n2,B,2024-03-05,-50,completed\n3,A,2024-03-01,-50,completed"
    assert value("refunds", orders=orders) == -150


def test_a_refunded_amount_counts_at_the_orders_date() -> None:
    orders = "order_id, customer, ordered_at, amount, refunded_amount\n1,A,2024-03-01,50,20\n2,A,2024-04-01,50,50"
    assert value("revenue", orders=orders) == 30
    assert value("orders", orders=orders) == 1


def test_won_deals_are_purchases_only_where_there_are_no_orders() -> None:
    deals = "outcome, customer, amount, closed_at\nwon,A,100,2024-03-01\nlost,B,100,2024-03-01"
    assert value("revenue", deals=deals) == 100
    assert value("revenue", deals=deals, orders=ORDERS) == 70


def test_value_so_far_ends_with_the_period() -> None:
    assert value("clv_historical", orders=ORDERS) == (100 + 50 + 0 - 10) / 2


# ---- customers ----

CUSTOMERS = """
customer_id, started_at, ended_at
early,     2023-10-01,
at start,  2024-03-01,
leaves,    2023-10-01, 2024-03-15
at edge,   2023-10-01, 2024-03-01
at end,    2023-10-01, 2024-04-01
in and out, 2024-03-05, 2024-03-06
"""


def test_who_starts_at_the_start_is_new_and_who_ended_at_the_start_is_lost() -> None:
    assert value("customers_at_start", customers=CUSTOMERS) == 4
    assert value("customers_lost", customers=CUSTOMERS) == 2
    assert value("new_customers", customers=CUSTOMERS) == 2
    assert value("customers_gained", customers=CUSTOMERS) == 1
    assert value("joined_and_left", customers=CUSTOMERS) == 1


def test_who_ended_at_the_end_is_still_there() -> None:
    assert value("customers_at_end", customers=CUSTOMERS) == 3
    assert value("retention_rate", customers=CUSTOMERS) == 0.5


def test_no_end_date_anywhere_is_no_churn_rate_of_zero() -> None:
    assert march("churn_rate", customers="customer_id, started_at\nA,2023-10-01").reason == "missing-column"
    assert march("churn_rate", customers="customer_id, started_at, ended_at\nA,2023-10-01,").value is None
    assert march("churn_rate", orders=ORDERS).reason == "missing-column"


def test_a_tenth_lost_in_a_quarter_is_345_per_10000_a_month() -> None:
    customers = "customer_id, started_at, ended_at\n" + "x1,2023-10-01,2024-02-01\n"
    customers += "".join(f"y{number},2023-10-01,\n" for number in range(9))
    assert value("churn_rate_monthly", customers=customers, period=QUARTER) == pytest.approx(0.0345, abs=5e-5)
    days = (date(2024, 1, 2), date(2024, 4, 1))  # 90 days that are no whole months
    assert value("churn_rate_monthly", customers=customers, period=days) == pytest.approx(0.0350, abs=5e-5)


def test_losing_one_of_several_subscriptions_is_not_losing_the_customer() -> None:
    subscriptions = """
    subscription_id, customer, started_at, ended_at, mrr, is_trial
    1, A, 2023-11-01, 2024-03-10, 10, false
    2, A, 2024-03-10, , 10, false
    3, B, 2023-11-01, 2024-03-10, 10, false
    4, B, 2024-03-20, , 10, false
    5, C, 2024-03-01, 2024-03-15, 10, true
    """
    assert value("customers_lost", subscriptions=subscriptions) == 0
    assert value("customers_interrupted", subscriptions=subscriptions) == 1
    assert value("new_customers", subscriptions=subscriptions) == 0  # C only had a trial
    assert value("churned_mrr", subscriptions=subscriptions) == 10
    assert value("reactivation_mrr", subscriptions=subscriptions) == 10


def test_a_customer_won_back_had_a_spell_before() -> None:
    subscriptions = """
    subscription_id, customer, started_at, ended_at, mrr
    1, A, 2023-11-01, 2024-01-10, 10
    2, A, 2024-03-10, , 20
    3, B, 2024-03-10, , 20
    """
    assert value("customers_won_back", subscriptions=subscriptions) == 1
    assert value("customers_gained", subscriptions=subscriptions) == 2
    assert value("reactivation_mrr", subscriptions=subscriptions) == 20


def test_under_all_nothing_is_known_of_the_start() -> None:
    assert march("churn_rate", customers=CUSTOMERS, is_all=True).reason == "no-baseline"
    assert march("customers_at_end", customers=CUSTOMERS, is_all=True).value == 3


def test_customers_by_activity_end_a_number_of_days_after_their_last_purchase() -> None:
    orders = "order_id, customer, ordered_at, amount\n1,A,2024-02-01,1\n2,A,2024-03-02,1\n3,B,2024-02-10,1"
    settings = {"inactive_after_days": 30}
    # A: 02-01 to 03-02, touching 03-02 to 04-01, still there at the edge. B: to 03-11.
    assert value("customers_at_start", orders=orders, settings=settings) == 2
    assert value("churn_rate", orders=orders, settings=settings, as_of=date(2024, 4, 1)) == 0.5


def test_a_status_nobody_knows_leaves_it_to_the_date() -> None:
    tickets = "ticket_id, created_at, solved_at, status\n1,2024-03-01,2024-03-02,parked\n2,2024-03-01,,parked"
    assert value("tickets_solved", tickets=tickets) == 1
    assert value("backlog", tickets=tickets) == 1
    assert value("tickets_solved", tickets=tickets.replace("parked", "open")) == 0


def test_lost_deals_that_all_have_0_are_not_priced() -> None:
    deals = "outcome, amount, closed_at\nwon,100,2024-03-10\nlost,0,2024-03-10\n"
    assert march("win_rate_by_value", deals=deals).reason == "missing-values"
    assert value("win_rate_by_value", deals=deals + "lost,1,2024-01-10") == 1


def test_churned_share_is_for_files_without_end_dates() -> None:
    assert value("churned_share", customers="customer_id, status\nA,Churned\nB,active\nC,") == pytest.approx(1 / 2)
    assert march("churned_share", customers=CUSTOMERS.replace("started_at", "status")).value is None


# ---- recurring revenue ----


def test_a_change_of_plan_at_one_moment_is_one_net_movement_and_the_month_reconciles() -> None:
    subscriptions = """
    subscription_id, customer, started_at, ended_at, mrr
    1, A, 2023-11-01, 2024-03-10, 10
    2, A, 2024-03-10, , 30
    3, B, 2023-11-01, 2024-03-01, 40
    4, C, 2024-03-01, , 5.5
    """
    march_of = {name: value(name, subscriptions=subscriptions) for name in METRICS if "mrr" in name}
    assert march_of["expansion_mrr"] == 20
    assert march_of["churned_mrr"] == 40
    assert (march_of["mrr_at_start"], march_of["new_mrr"], march_of["mrr"]) == (50, 5.5, 35.5)
    assert value("nrr", subscriptions=subscriptions) == 0.6
    assert value("grr", subscriptions=subscriptions) == 0.2
    assert value("revenue_churn_rate", subscriptions=subscriptions) == 0.8


def test_a_yearly_amount_is_a_twelfth_of_it_a_month() -> None:
    header = "subscription_id, customer, started_at, ended_at, amount, interval\n"
    period, later = (date(2023, 11, 1), date(2023, 12, 1)), "\n3,B,2023-12-01,,84,week"
    year = header + "1,A,2023-11-01,,120,year\n2,A,2023-11-01,,30,quarter" + later
    assert value("mrr", subscriptions=year, period=period) == 20
    assert value("mrr", subscriptions=header + "1,A,2023-11-01,,84,week" + later, period=period) == 365.25


# ---- tickets ----

TICKETS = """
ticket_id, created_at, first_response_at, solved_at, replies, reopens, satisfaction
1, 2024-03-01 10:00:00, 2024-03-01 10:30:00, 2024-03-02 10:00:00, 1, 0, good
2, 2024-03-01 10:00:00, 2024-03-01 09:00:00, 2024-03-03 10:00:00, 2, , bad
3, 2024-03-31 10:00:00, , 2024-04-01 00:00:00, , 1,
4, 2024-03-31 10:00:00, 2024-03-31 11:30:00, , 1, 0,
"""


def test_unanswered_tickets_are_counted_and_an_impossible_reply_is_a_reply() -> None:
    """Mistake of a known tool: unanswered always 0."""
    assert value("unanswered_rate", tickets=TICKETS) == 0.25
    assert value("first_response_time", tickets=TICKETS) == 60
    assert value("average_response_time", tickets=TICKETS) == 60


def test_tickets_solved_and_open_follow_the_edges() -> None:
    assert value("tickets_solved", tickets=TICKETS) == 2
    assert value("backlog", tickets=TICKETS) == 2  # the third is solved in April
    assert value("resolution_time", tickets=TICKETS) == 36


def test_blank_counts_leave_a_ticket_out_of_both_sides() -> None:
    assert value("reopen_rate", tickets=TICKETS) == 0
    assert value("one_touch_rate", tickets=TICKETS) == 0.5
    assert march("reopen_rate", tickets="ticket_id, created_at, solved_at\n1,2024-03-01,2024-03-01").reason == (
        "missing-column"
    )


def test_open_and_late_is_missed_and_open_and_not_yet_due_is_left_out() -> None:
    tickets = """
    ticket_id, created_at, first_response_at
    1, 2024-05-31 23:00:00,
    2, 2024-05-31 10:00:00,
    3, 2024-05-31 10:00:00, 2024-05-31 12:00:00
    """
    may = (date(2024, 5, 1), date(2024, 6, 1))
    assert value("sla_hit_rate", tickets=tickets, settings={"response_target_minutes": 120}, period=may) == 0.5
    assert march("sla_hit_rate", tickets=tickets, period=may).value is None


def test_answers_to_leads_stand_in_where_there_are_no_tickets() -> None:
    leads = "lead_id, created_at, responded_at\n1,2024-03-02 10:00:00,2024-03-02 13:00:00"
    assert value("average_response_time", leads=leads) == 180


# ---- voice ----


def test_six_and_a_half_and_eight_and_a_half_are_in_a_group() -> None:
    header = "response_id, kind, score, responded_at\n"
    responses = header + "1,nps,6.5,2024-03-01\n2,nps,8.5,2024-03-01\n3,nps,9,2024-03-01\n4,nps,10,2024-03-31"
    assert value("detractors", responses=responses) == 1
    assert value("promoters", responses=responses) == 2
    assert value("nps", responses=responses) == 25


def test_a_promoter_column_that_never_leaves_one_to_five_is_ambiguous() -> None:
    header = "response_id, kind, score, responded_at\n"
    assert march("nps", responses=header + "1,nps,5,2024-03-01").reason == "scale-ambiguous"
    assert march("nps", responses=header + "1,nps,11,2024-03-01\n2,nps,9,2024-03-01").reason == "scale-ambiguous"


def test_not_every_number_from_0_to_10_is_a_promoter_score() -> None:
    responses = "response_id, kind, score, scale, responded_at\n1,csat,4,1-5,2024-03-01\n2,csat,3,1-5,2024-03-01"
    assert value("nps_answers", responses=responses) is None
    assert value("csat", responses=responses) == 0.5
    assert value("csat", responses=responses, tickets=TICKETS) == 0.5
    assert value("csat", tickets=TICKETS) == 0.5
    assert value("csat_score", responses=responses) == 3.5


def test_blank_scores_are_not_answers() -> None:
    responses = "response_id, kind, score, asked_at, responded_at\n1,nps,9,2024-03-01,2024-03-02\n2,nps,,2024-03-01,"
    assert value("nps_answers", responses=responses) == 1
    assert value("response_rate", responses=responses) == 0.5


# ---- all together ----


def test_products_are_summed_from_the_lines_of_orders() -> None:
    lines = "order_id, product, quantity, amount\n1,X,1,100\n2,X,2,20\n2,X,,10\n2,Y,1,20\n7,X,1,999"
    given = {"orders": ORDERS, "order_lines": lines, "per_value": "X"}
    assert value("product_revenue", **given) == 30
    assert value("product_units", **given) == 3
    assert value("product_buyers", **given) == 1
    assert value("product_share", **given) == 0.6


def test_a_missing_segment_value_is_a_group_of_its_own() -> None:
    assert value("deals_won", deals=DEALS.replace("Ann", ""), segment={"owner": None}) == 1
    assert march("cac", deals=DEALS, spend="spent_at, cost\n2024-03-01,1", segment={"owner": "Ann"}).reason == (
        "missing-column"
    )


def test_random_tables_are_the_same_for_the_same_seed_and_have_their_cells_in_csv() -> None:
    assert make(7) == make(7)
    assert make(7)[1]["as_of"] == AS_OF
    for seed in range(30):
        tables, _ = make(seed)
        for name, text in as_csv(tables).items():
            assert len(list(csv.reader(io.StringIO(text)))) == len(tables[name]) + 1


@pytest.mark.parametrize("seed", range(12))
def test_sets_and_movements_reconcile_on_random_tables(seed: int) -> None:
    tables, settings = make(seed)
    got = {name: compute(tables, name, *QUARTER, AS_OF, settings=settings).value for name in METRICS}
    if got["churn_rate"] is not None:
        assert got["churn_rate"] + (got["retention_rate"] or 0) == pytest.approx(1)
    if got["customers_at_start"] is not None:
        change = (got["customers_gained"] or 0) - (got["customers_lost"] or 0)
        assert got["customers_at_end"] == got["customers_at_start"] + change
    money = {name: got[name] for name in ("mrr_at_start", *GAINED, *LOST, "mrr")}
    if None not in money.values():  # what an ended subscription of 0 brought is not known
        change = sum(money[name] for name in GAINED) - sum(money[name] for name in LOST)
        assert money["mrr_at_start"] + change == pytest.approx(money["mrr"])
