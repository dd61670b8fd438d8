"""`crm-metrics pipeline`: what is open, and what changed since an older export."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

OLD = "Deal ID,Owner,Stage,Amount,Created At,Close Date\nD5,Cleo,Proposal,650.25,2025-02-02,2025-04-01\n"
GOALS = '[[goal]]\nmetric = "revenue_won"\ntarget = 200000\nstart = 2026-01-01\ndue = 2026-03-31\n'


def test_the_page_shows_values_chances_and_deals_at_risk(sample: Path):
    done = crm_metrics("pipeline", "sample_data")
    assert (done.code, done.err) == (0, "")
    for said in ("71 deals are open, worth 497,920", "By stage", "By owner", "By expected close", "Chances of winning"):
        assert said in done.out
    assert "hubspot-crm-exports-deals-2026-01-05.csv:2" in done.out
    assert "shown: --table at_risk -f csv" in done.out


def test_a_table_holds_every_deal_at_risk(sample: Path):
    made = crm_metrics("pipeline", "sample_data", "-f", "json").json
    rows = crm_metrics("pipeline", "sample_data", "--table", "at_risk", "-f", "csv").rows
    assert len(rows) == len(made["at_risk"]) > 20
    assert {row["deal"] for row in rows} == {row["deal"] for row in made["at_risk"]}
    assert 497920 == made["totals"][0]["value"] == sum(row["value"] for row in made["by_owner"])


def test_deals_without_activity_say_since_when(tmp_path: Path):
    path = str(tmp_path / "deals.csv")
    Path(path).write_text(
        "Deal ID,Deal Name,Stage,Created At,Last Activity Date\n"
        "1,Quiet,Demo,2024-01-02,2024-01-20\n2,Never,Demo,2024-01-18,\n3,New,Demo,2024-02-10,2024-02-12\n",
        encoding="utf-8",
    )
    page = crm_metrics("pipeline", path, "--set", "no_activity_days=14")
    assert (page.code, page.err) == (0, "")
    for said in ("no activity for 23 days", "no activity since it was created 25 days ago", "for more than 14 days"):
        assert said in page.out
    rows = crm_metrics("pipeline", path, "--set", "no_activity_days=24", "--table", "at_risk", "-f", "csv").rows
    assert [("Never", "true")] == [(row["deal"], row["is_inactive"]) for row in rows]
    assert "last_activity_at" in crm_metrics("scan", path).out


def test_files_without_activity_say_so(sample: Path):
    done = crm_metrics("pipeline", "sample_data")
    assert "do not give the last activity of open deals" in done.out
    assert "No activity" not in done.out


def test_goals_that_are_not_over_are_covered(sample: Path):
    Path("crm-metrics.toml").write_text(GOALS, encoding="utf-8")
    (row,) = crm_metrics("pipeline", "sample_data", "-f", "json").json["coverage"]
    assert ("2026-01-01 to 2026-03-31", 200000, 0) == (row["goal"], row["target"], row["won"])
    assert row["coverage"] == pytest.approx(row["value"] / 200000)


def test_against_an_older_export_the_movements_make_the_whole(folder: Path):
    (folder / "old.csv").write_text(OLD, encoding="utf-8")
    done = crm_metrics("pipeline", "deals.csv", "--against", "old.csv", "-f", "csv")
    rows = {row["movement"]: (int(row["deals"]), float(row["amount"])) for row in done.rows}
    assert {
        "start": (1, 650.25),
        "new": (5, 8900.0),
        "won": (3, -4000.0),
        "lost": (2, -4650.25),
        "end": (1, 900.0),
    } == rows


def test_nothing_open_is_said(folder: Path):
    Path("closed.csv").write_text(
        "Deal ID,Stage,Amount,Created At,Close Date\n1,Closed Won,5,2025-01-01,2025-01-03\n", encoding="utf-8"
    )
    done = crm_metrics("pipeline", "closed.csv")
    assert (done.code, done.err) == (0, "")
    assert "No deal is open." in done.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["pipeline", "sample_data", "--by", "ownr"], 2, "owner"),
        (["pipeline", "sample_data", "-p", "2025-Q4"], 2, "--against"),
        (["pipeline", "sample_data", "--against", "nothing.csv"], 2, "nothing.csv"),
        (["pipeline", "sample_data/nps-survey.csv"], 4, "no deals"),
    ],
)
def test_a_mistake_is_named_with_what_would_be_right(sample: Path, arguments: list[str], code: int, said: str):
    done = crm_metrics(*arguments)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
