"""`crm-metrics trend`: what it takes, what it writes, what it says."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.cli.running import crm_metrics
from tests.test_imports import run

MONTHS = 30


def tickets(days: list[date], *, owner: str = "Ann") -> list[str]:
    return [f"{owner[0]}{at},{day},{owner}" for at, day in enumerate(days)]


def month(at: int) -> date:
    return date(2023 + at // 12, at % 12 + 1, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Tickets: Ann's grow by one a month, Bo's stay at three; the last month is not over."""
    ann = [month(at) + timedelta(days=day % 25) for at in range(MONTHS) for day in range(10 + at)]
    bo = [month(at) + timedelta(days=day) for at in range(MONTHS) for day in range(3)]
    ann += [month(MONTHS) + timedelta(days=day) for day in range(3)]
    rows = ["ticket_id,created_at,owner", *tickets(ann), *tickets(bo, owner="Bo")]
    (tmp_path / "tickets.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def trend(folder: Path, *arguments: str) -> list[str]:
    return ["trend", *arguments, str(folder / "tickets.csv"), "--no-config"]


def test_every_period_is_a_row_and_open_ones_are_not_complete(folder: Path) -> None:
    done = crm_metrics(*trend(folder, "tickets_created", "-f", "csv"))

    assert done.code == 0
    head = "metric title unit period start end complete value low high n status reason currency fitted season target"
    assert " ".join(done.rows[0]) == f"{head} out_of_line"
    assert [row["value"] for row in done.rows[:3]] == ["13", "14", "15"]
    assert (done.rows[0]["period"], done.rows[-1]["period"]) == ("2023-01", "2025-07")
    assert [row["complete"] for row in done.rows[-2:]] == ["true", "false"]
    assert [bool(row["fitted"]) for row in done.rows[-2:]] == [True, False]
    assert float(done.rows[0]["fitted"]) == pytest.approx(13)


def test_the_slope_and_what_it_rests_on_are_in_json(folder: Path) -> None:
    made = crm_metrics(*trend(folder, "tickets_created", "-f", "json")).json

    only = made["trends"][0]
    assert (only["slope"], only["slope_low"], only["slope_high"], only["direction"]) == (1, 1, 1, "rising")
    assert (only["fitted"], only["tau"]) == (MONTHS, 1)
    assert made["changes"] == made["seasons"] == []
    assert made["says"][0].startswith(
        "Tickets created: rising, +1 a month (95 % interval +1 to +1; Mann–Kendall p < 0.001)"
    )


def test_each_segment_is_a_series(folder: Path) -> None:
    done = crm_metrics(*trend(folder, "tickets_created", "--by", "owner", "-f", "csv", "--table", "trends"))

    assert [(row["owner"], row["slope"], row["direction"]) for row in done.rows] == [
        ("Ann", "1", "rising"),
        ("Bo", "0", "not detectable"),
    ]


def test_the_page_has_a_chart_and_a_sentence_below(folder: Path) -> None:
    done = crm_metrics(*trend(folder, "tickets_created"))

    assert (done.code, done.err) == (0, "")
    assert "┤" in done.out
    assert "2024-01" in done.out
    assert done.out.index("┤") < done.out.index("Tickets created: rising") < done.out.index("is drawn but not fitted")


@pytest.mark.parametrize(
    ("grain", "first"), [("day", "2023-01-01"), ("week", "2022-W52"), ("quarter", "2023-Q1"), ("year", "2023")]
)
def test_a_grain_makes_the_periods(folder: Path, grain: str, first: str) -> None:
    done = crm_metrics(*trend(folder, "tickets_created", "--grain", grain, "-f", "csv"))

    assert done.code == 0
    assert done.rows[0]["period"] == first
    assert sum(int(row["n"]) for row in done.rows) == sum(10 + at for at in range(MONTHS)) + 3 * MONTHS + 3


def test_the_last_periods_are_complete_ones_and_the_one_under_way(folder: Path) -> None:
    done = crm_metrics(*trend(folder, "tickets_created", "--last", "8", "-f", "csv"))

    assert [row["period"] for row in done.rows] == [f"2024-{at:02}" for at in (11, 12)] + [
        f"2025-{at:02}" for at in range(1, 8)
    ]


def test_a_period_is_made_of_whole_months(folder: Path) -> None:
    done = crm_metrics(*trend(folder, "tickets_created", "-p", "2024-01-15..2024-03-02", "-f", "csv"))

    assert [(row["period"], row["start"], row["end"]) for row in done.rows] == [
        ("2024-01", "2024-01-01", "2024-01-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2024-03", "2024-03-01", "2024-03-31"),
    ]


def test_a_first_month_without_its_beginning_is_not_fitted(tmp_path: Path) -> None:
    days = [day for at in range(9) for day in [month(at) + timedelta(days=20)] * 4]
    (tmp_path / "tickets.csv").write_text("\n".join(["ticket_id,created_at,owner", *tickets(days)]) + "\n")
    made = crm_metrics(*trend(tmp_path, "tickets_created", "-f", "json")).json

    assert [row["fitted"] is not None for row in made["rows"]][:2] == [False, True]
    assert any("begin within 2023-01" in note for note in made["notes"])


def test_a_month_without_records_is_no_figure_of_a_rate_and_0_of_a_count(tmp_path: Path) -> None:
    rows = [f"D{at},{month(at) + timedelta(days=3)},{'won' if at % 2 else 'lost'}" for at in range(10) if at != 4]
    (tmp_path / "deals.csv").write_text("\n".join(["deal_id,closed_at,outcome", *rows]) + "\n")
    done = crm_metrics(
        "trend", "win_rate", "closed_deals", str(tmp_path), "-f", "csv", "--no-config", "--as-of", "2023-10-31"
    )

    gap = {row["metric"]: row for row in done.rows if row["period"] == "2023-05"}
    assert (gap["win_rate"]["value"], gap["win_rate"]["reason"]) == ("", "zero-denominator")
    assert gap.get("closed_deals", {"value": "0"})["value"] == "0"


def test_a_goal_is_a_target_where_it_fits_the_period(folder: Path) -> None:
    (folder / "goals.toml").write_text(
        '[[goal]]\nmetric = "tickets_created"\ntarget = 40\nbaseline = 60\nstart = 2025-05-01\ndue = 2025-05-31\n\n'
        '[[goal]]\nmetric = "tickets_created"\ntarget = 400\nbaseline = 600\nstart = 2024-01-01\ndue = 2024-12-31\n'
    )
    files = [str(folder / "tickets.csv"), "--config", str(folder / "goals.toml"), "-f", "csv"]
    done = crm_metrics("trend", "tickets_created", *files)

    assert done.code == 0, done.err
    assert {row["period"]: row["target"] for row in done.rows if row["target"]} == {"2025-05": "40"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tickets_creatd"], "Did you mean tickets_created?"),
        (["tickets_created", "--grain", "moth"], "Did you mean month?"),
        (["tickets_created", "--by", "month"], "--grain month"),
        (["tickets_created", "--last", "0"], "--last takes a whole number from 1 up"),
        (["tickets_created", "-f", "pdf"], "--format pdf: it can be csv, "),
        (["tickets_created", "nosuch/"], "nosuch/: no such file or folder"),
        (["nosuch"], "there is no metric or family 'nosuch'"),
        ([], "no metric is given"),
    ],
)
def test_a_mistake_is_named(folder: Path, arguments: list[str], said: str) -> None:
    done = crm_metrics(*trend(folder, *arguments))

    assert done.code == 2
    assert said in done.err
    assert done.out == ""


def test_help_and_mistakes_need_nothing_that_computes() -> None:
    asked = [["--help"], ["win_rat", "x.csv"], ["win_rate"], ["win_rate", "x.csv", "-f", "pdf"]]
    outcomes = run(*(["trend", *arguments] for arguments in asked))

    assert [(code, slow) for code, _, slow in outcomes] == [(0, []), (2, []), (2, []), (2, [])]


def test_a_name_that_is_a_metric_and_a_file_is_asked_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "tickets.csv").rename(folder / "service")

    done = crm_metrics("trend", "tickets_created", "service", "--no-config")
    assert done.code == 2
    assert "Write ./service for the file, or -m service for the metric." in done.err


def test_paths_may_come_from_the_settings(folder: Path) -> None:
    (folder / "crm.toml").write_text(f"paths = ['{folder / 'tickets.csv'}']\n")
    done = crm_metrics("trend", "tickets_created", "--config", str(folder / "crm.toml"), "-f", "csv")

    assert (done.code, len(done.rows)) == (0, MONTHS + 1)


def test_standard_input_is_a_path(folder: Path) -> None:
    text = (folder / "tickets.csv").read_bytes()

    assert len(crm_metrics("trend", "tickets_created", "-", "-f", "csv", "--no-config", stdin=text).rows) == MONTHS + 1


def test_too_many_periods_to_fit_name_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "tickets.csv").write_text("ticket_id,created_at,owner\n1,2010-01-01,Ann\n2,2025-01-01,Ann\n")
    done = crm_metrics(*trend(tmp_path, "tickets_created", "--grain", "day"))

    assert done.code == 2
    assert "Choose a coarser --grain" in done.err


@pytest.mark.parametrize(("ending", "starts"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("html", b"<!doctype html>")])
def test_the_ending_of_the_file_makes_the_picture(folder: Path, ending: str, starts: bytes) -> None:
    target = folder / f"trend.{ending}"
    done = crm_metrics(*trend(folder, "tickets_created", "--by", "owner", "-o", str(target)))

    assert (done.code, done.out, done.err) == (0, "", "")
    assert target.read_bytes().startswith(starts)


@pytest.mark.parametrize("metric", ["win_rate", "revenue", "mrr", "nps", "tickets_created", "voice", "new_customers"])
def test_the_sample_data_has_trends(metric: str) -> None:
    done = crm_metrics("trend", metric, "sample_data", "-f", "json", "--no-config")

    assert done.code == 0
    assert done.json["rows"]
    assert len(done.json["says"]) == len(done.json["trends"]) >= 1
