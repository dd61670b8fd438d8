"""Records that still wait are told: how many they are, and the figure with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.reporting.report import Report

from .cli.conftest import folder as folder  # the working folder of the commands
from .cli.running import crm_metrics
from .conftest import TODAY, write_tables
from .renderers.reports import rendered

HEAD = "ticket_id,created_at,first_response_at,team"


def tickets(waiting: int, answered: int = 20, team: str = "Blue") -> list[str]:
    """Tickets of one morning each, answered after 10, 20, 30, ... minutes, and some that wait since their day."""
    rows = [
        f"{team}{i},2024-03-04 09:00,2024-03-04 {9 + (i + 1) // 6:02}:{(i + 1) % 6}0,{team}" for i in range(answered)
    ]
    return rows + [f"{team}W{i},2024-03-05 09:00,,{team}" for i in range(waiting)]


def report(folder: Path, rows: list[str], **asked: object) -> Report:
    asked = {"metrics": ["first_response_time"], "period": "2024-03", **asked}
    query = api.query(**asked)  # type: ignore[arg-type]
    paths = write_tables(folder, {"tickets": "\n".join([HEAD, *rows])})
    return api.compute(api.load(list(paths), query, today=TODAY, tables=paths), query)


def test_where_over_5_percent_wait_the_figure_with_them_stands_beside(tmp_path: Path) -> None:
    made = report(tmp_path, tickets(5))
    found = made.waiting[0]
    shown = rendered(made)

    assert [("first_response_time", 5, 25)] == [(one.metric.name, one.count, one.of) for one in made.waiting]
    assert 130.0 == found.value  # half of 25 are answered with the 13th
    assert 105.0 == made.rows["value"][0]
    assert "¹ 20.0 % still wait; with them 2.2 h\n" in shown
    assert 1 == shown.count("still wait")
    assert ["first_response_time"] == made.rows["metric"].tolist()


@pytest.mark.parametrize(("waiting", "said"), [(1, False), (2, True)])
def test_one_in_twenty_is_not_over_5_percent(tmp_path: Path, waiting: int, said: bool) -> None:
    assert said == bool(report(tmp_path, tickets(waiting, 19 if waiting == 1 else 18)).waiting)


def test_where_too_few_are_answered_it_says_so(tmp_path: Path) -> None:
    made = report(tmp_path, tickets(30))

    assert made.waiting[0].value is None
    assert "still wait; with them too few have ended to tell" in rendered(made)


def test_segments_are_named_by_how_many_wait(tmp_path: Path) -> None:
    rows = tickets(5) + tickets(0, team="Red") + tickets(20, team="Green")
    made = report(tmp_path, rows, by=["team"])

    assert {("Blue",): 5, ("Green",): 20} == {one.segment: one.count for one in made.waiting}
    assert "that still wait are not in it: Green 50.0 % (with them 3.3 h), Blue 20.0 % (with them 2.2 h)" in rendered(
        made
    )


def test_a_report_by_month_says_nothing_of_them(tmp_path: Path) -> None:
    assert [] == report(tmp_path, tickets(20), by=["month"]).waiting


def test_other_formats_say_it_beside(folder: Path) -> None:
    (folder / "tickets.csv").write_text("\n".join([HEAD, *tickets(5)]), encoding="utf-8")
    asked = ("report", "tickets.csv", "-m", "first_response_time", "-p", "2024-03")
    done = crm_metrics(*asked, "-f", "csv")

    assert ["first_response_time"] == [row["metric"] for row in done.rows]
    assert "5 of the 25 tickets" in done.err
    assert "5 of the 25 tickets" in crm_metrics(*asked, "-f", "json").json["notes"][-1]
    assert "still wait" not in crm_metrics(*asked, "-f", "csv", "-q").err


def test_how_many_leads_were_never_answered_is_always_said(tmp_path: Path) -> None:
    leads = "lead_id,created_at,responded_at\n" + "\n".join(
        f"L{i},2024-03-04 09:00,{'2024-03-04 10:00' if i else ''}" for i in range(40)
    )
    query = api.query(metrics=["lead_response_time"], period="2024-03")
    paths = write_tables(tmp_path, {"leads": leads})
    made = api.compute(api.load(list(paths), query, today=TODAY, tables=paths), query)

    assert "¹ 2.5 % still wait\n" in rendered(made)


def test_deals_that_are_open_are_said_beside_the_cycle_of_those_won(tmp_path: Path) -> None:
    rows = [f"won,2024-03-{i:02},2024-03-{i + 3:02}" for i in range(1, 9)] + ["open,2024-03-10,"] * 2
    query = api.query(metrics=["sales_cycle_length"], period="2024-03")
    paths = write_tables(tmp_path, {"deals": "\n".join(["outcome,created_at,closed_at", *rows])})
    made = api.compute(api.load(list(paths), query, today=TODAY, tables=paths), query)

    assert "¹ 20.0 % are still open" in rendered(made)
