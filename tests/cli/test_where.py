"""--where: which rows the figures are made of, and what is said of a filter that cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

DEALS = """deal_id,name,stage,amount,currency,closed_at,created_at,owner,team
1,A,won,5000,EUR,2025-03-03,2025-01-03,Ann,EMEA
2,B,won,900,EUR,2025-03-09,2025-01-20,Ben,EMEA
3,C,lost,2000,EUR,2025-03-20,2025-02-02,Ann,APAC
4,D,won,700,EUR,2025-03-28,2025-02-10,Cy,APAC
"""


@pytest.fixture
def deals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("deals.csv").write_text(DEALS)


def report(where: str, *options: str):
    return crm_metrics("report", "deals.csv", "-p", "2025-03", "-f", "csv", "--where", where, *options)


@pytest.mark.parametrize(
    ("where", "won", "revenue"),
    [
        ("team == 'EMEA'", "2", "5900.0"),
        ("Team == 'EMEA' and amount > 1000", "1", "5000.0"),
        ("owner in ('Ann', 'Cy')", "2", "5700.0"),
        ("created_at >= '2025-01-20'", "2", "1600.0"),
        ("created_at == '2025-01-20'", "1", "900.0"),
        ("not (team == 'EMEA')", "1", "700.0"),
        ("outcome == 'won' and amount < 1000", "2", "1600.0"),
    ],
)
def test_figures_are_made_of_the_rows_that_a_filter_chooses(deals, where: str, won: str, revenue: str):
    values = report(where, "-m", "deals_won,revenue_won").values
    assert (values["deals_won"], values["revenue_won"]) == (won, revenue)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("team = 'EMEA'", "'is equal to' is written =="),
        (
            "team == EMEA",
            "'EMEA' is no text, number, True or False to compare with\nA text stands in quotation marks: 'EMEA'",
        ),
        ("sales rep == 'Ann'", "a name of several words has _ between them"),
        ("rep == 'Ann'", "no file has a column 'rep' to choose rows by. Did you mean owner?"),
        ("team == 'EMAE'", "no row has the team 'EMAE'. Did you mean EMEA?"),
        ("amount == 'much'", "amount holds numbers\nFor example: amount == 1000"),
        ("closed_at > 'March'", "closed_at holds dates\nFor example: closed_at >= '2025-01-31'"),
        ("team", "team holds texts\nFor example: team == 'APAC'"),
        ("amount > 90000", "there is no such row"),
    ],
)
def test_a_filter_that_cannot_be_meant_gives_no_figure(deals, where: str, said: str):
    done = report(where)
    assert said in done.err
    assert (done.code in (2, 4), done.out) == (True, "")


def test_a_value_that_no_row_has_is_said_beside_figures(deals):
    done = crm_metrics("report", "deals.csv", "-p", "2025-03", "--where", "team != 'EMAE'")
    assert "No row has the team 'EMAE'. Did you mean EMEA?" in done.out
    assert "only rows where team != 'EMAE'" in done.out.splitlines()[0]


def test_a_figure_whose_table_lacks_the_column_is_not_given(deals):
    Path("tickets.csv").write_text("ticket_id,created_at,solved_at\n1,2025-03-04,2025-03-05\n2,2025-03-31,\n")
    done = crm_metrics("report", ".", "-p", "2025-03", "-f", "json", "--where", "team == 'EMEA'")
    of = {row["metric"]: row for row in done.json["rows"]}
    assert (of["tickets_created"]["value"], of["tickets_created"]["reason"]) == (None, "missing-column")
    assert of["deals_won"]["value"] == 2
    assert done.json["where"] == "team == 'EMEA'"
    alone = crm_metrics("report", ".", "-p", "2025-03", "-m", "tickets_created", "--where", "team == 'EMEA'")
    assert (alone.code, "the tickets have no column team to choose rows by" in alone.err) == (4, True)


def test_a_filter_is_a_setting_and_part_of_a_profile_too(deals):
    Path("crm-metrics.toml").write_text('[profile.emea]\nwhere = "team == \'EMEA\'"\nmetrics = ["deals_won"]\n')
    named = ("deals.csv", "-p", "2025-03", "-f", "csv")
    assert crm_metrics("report", "@emea", *named).values == {"deals_won": "2"}
    other = crm_metrics("report", "@emea", *named, "--where", "team == 'APAC'")
    assert other.values == {"deals_won": "1"}
    Path("crm-metrics.toml").write_text("where = \"team == 'APAC'\"\n")
    assert crm_metrics("report", *named, "-m", "deals_won").values == {"deals_won": "1"}


def test_a_goal_for_all_is_none_of_some_rows(deals):
    goal = '[[goal]]\nmetric = "deals_won"\ntarget = 4\nstart = "2025-03"\ndue = "2025-03"\n'
    own = goal.replace("target = 4", 'target = 2\nscope = { team = "EMEA" }')
    Path("crm-metrics.toml").write_text(goal + own)
    targets = [row["target"] for row in report("team == 'EMEA'", "-m", "deals_won").rows]
    assert targets == ["2"]
    assert [row["target"] for row in report("owner == 'Ann'", "-m", "deals_won").rows] == [""]


def test_a_history_keeps_figures_of_some_rows_apart(deals):
    named = ("report", "deals.csv", "-p", "2025-03", "-m", "deals_won", "--history", "h.db", "--fail-on", "restated")
    for where in ([], ["--where", "team == 'EMEA'"], ["--where", "team == 'APAC'"], []):
        assert crm_metrics(*named, *where).code == 0


@pytest.mark.parametrize("command", ["pipeline", "goals", "review", "trend", "forecast", "why", "explain", "funnel"])
def test_every_command_with_figures_takes_a_filter(command: str):
    assert "--where" in crm_metrics(command, "-h").out


def test_an_explained_figure_lists_the_rows_of_the_filter(deals):
    done = crm_metrics(
        "explain", "revenue_won", "deals.csv", "-p", "2025-03", "--rows", "--where", "team == 'EMEA' and amount > 1000"
    )
    assert [row["row"] for row in done.rows] == ["2"]


def test_what_gives_money_back_goes_with_its_sale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("orders.csv").write_text(
        "order_id,customer,ordered_at,amount,currency\nA,Ann,2025-03-01,2000,EUR\nB,Ben,2025-03-02,50,EUR\n"
        "A,Ann,2025-03-20,-500,EUR\nB,Ben,2025-03-21,-50,EUR\n"
    )
    done = crm_metrics(
        "report", "orders.csv", "-p", "2025-03", "-m", "revenue", "-f", "csv", "--where", "amount > 1000"
    )
    assert done.values == {"revenue": "1500.0"}
