"""`crm-metrics check`: silent when clean, else findings; which checks, in which form, what is let pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

CLEAN = (
    "Deal ID,Stage,Amount,Created At,Close Date\nD1,Won,10,2025-01-05,2025-02-03\nD2,Lost,20,2025-01-06,2025-02-04\n"
)
UNDATED = CLEAN + "D3,Won,5,2025-01-07,\nD4,Won,6,2025-01-08,\n"


@pytest.fixture
def deals(folder: Path) -> Path:
    """Two won deals without a close date, in rows 4 and 5."""
    (folder / "deals.csv").write_text(UNDATED)
    return folder


def test_clean_data_is_silent(folder: Path):
    (folder / "deals.csv").write_text(CLEAN)
    done = crm_metrics("check", "deals.csv")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_clean_data_as_csv_is_a_heading_alone(folder: Path):
    (folder / "deals.csv").write_text(CLEAN)
    done = crm_metrics("check", "deals.csv", "-f", "csv")
    assert (done.code, done.rows, done.out.count("\n")) == (0, [], 1)


def test_a_finding_has_count_effect_figures_and_rows(deals: Path):
    done = crm_metrics("check", "deals.csv")
    assert done.code == 1
    words = ("won-without-date", "completeness", "revenue_won", "Effect", "row 4, 5  Stage: Won; Close Date: blank")
    assert [word for word in words if word not in done.out] == []


def test_findings_as_json(deals: Path):
    (finding,) = crm_metrics("check", "deals.csv", "-f", "json").json["findings"]
    assert (finding["check"], finding["count"], finding["of"]) == ("won-without-date", 2, 3)
    assert [(row["row"], row["seen"]) for row in finding["first"]] == [
        (4, "Stage: Won; Close Date: blank"),
        (5, "Stage: Won; Close Date: blank"),
    ]
    assert "deals_won" in finding["metrics"]


def test_every_row_as_csv(folder: Path):
    rows = "".join(f"D{k},Won,5,2025-01-07,\n" for k in range(10, 60))
    (folder / "deals.csv").write_text(CLEAN + rows)
    done = crm_metrics("check", "deals.csv", "--rows")
    assert done.code == 1
    assert [(row["check"], row["file"], int(row["row"])) for row in done.rows] == [
        ("won-without-date", "deals.csv", number) for number in range(4, 54)
    ]


def test_every_row_of_what_was_noticed_while_reading(folder: Path):
    bad = "".join(f"E{k},Lost,20,2025-01-06,soon {k}\n" for k in range(25))
    (folder / "deals.csv").write_text(CLEAN + bad)
    done = crm_metrics("check", "deals.csv", "--rows", "--only", "unreadable-cell")
    assert [row["seen"] for row in done.rows] == [f"Close Date: soon {k}" for k in range(25)]
    assert [int(row["row"]) for row in done.rows] == list(range(4, 29))


def test_rows_go_to_a_file(deals: Path):
    assert crm_metrics("check", "deals.csv", "--rows", "-o", "rows.csv").code == 1
    assert len((deals / "rows.csv").read_text().splitlines()) == 3


def test_rows_that_a_spreadsheet_would_run_are_neutralised(folder: Path):
    (folder / "deals.csv").write_text('Deal ID,Stage,Amount,Owner\nD1,Won,1,Ann\n=cmd(),x\n"@x",Won,2,Ann,7,8,9\n')
    seen = [row["seen"] for row in crm_metrics("check", "deals.csv", "--rows").rows]
    assert seen
    assert [text for text in seen if text.startswith(("=", "@", "+"))] == []


@pytest.mark.parametrize(
    "option", [("--only", "unknown-owner"), ("--ignore", "won-without-date"), ("--ignore", "completeness")]
)
def test_a_check_that_is_not_asked_for_is_not_run(deals: Path, option: tuple[str, str]):
    assert crm_metrics("check", "deals.csv", *option).code == 0


@pytest.mark.parametrize("only", ["won-without-date", "completeness", "unknown-owner,won-without-date"])
def test_only_takes_checks_and_dimensions(deals: Path, only: str):
    assert crm_metrics("check", "deals.csv", "--only", only).code == 1


@pytest.mark.parametrize("option", ["--only", "--ignore"])
def test_a_check_that_does_not_exist_names_the_nearest(deals: Path, option: str):
    done = crm_metrics("check", "deals.csv", option, "won-without-dat")
    assert (done.code, "won-without-date?" in done.err) == (2, True)


@pytest.mark.parametrize(("allowed", "code"), [("1", 1), ("2", 0), ("'60 %'", 1), ("'67 %'", 0)])
def test_the_settings_say_how_much_is_let_pass(deals: Path, allowed: str, code: int):
    (deals / "crm-metrics.toml").write_text(f"[check.won-without-date]\nallowed = {allowed}\n")
    assert crm_metrics("check", "deals.csv").code == code


def test_a_check_in_the_settings_that_does_not_exist_names_the_nearest(deals: Path):
    (deals / "crm-metrics.toml").write_text("[check.won-without-dates]\nallowed = 3\n")
    done = crm_metrics("check", "deals.csv")
    assert (done.code, "won-without-date?" in done.err) == (2, True)


def test_no_config_sets_the_settings_file_aside(deals: Path):
    (deals / "crm-metrics.toml").write_text("[check.won-without-date]\nallowed = 3\n")
    assert crm_metrics("check", "deals.csv", "--no-config").code == 1


def test_data_that_can_be_read_in_two_ways_is_refused(folder: Path):
    (folder / "deals.csv").write_text("Deal ID,Stage,Close Date\nD1,Won,03/04/2025\nD2,Won,05/04/2025\n")
    done = crm_metrics("check", "deals.csv")
    assert (done.refusal, "--date-order dmy" in done.err) == ((3, "", False), True)


def test_a_file_that_cannot_be_read_is_a_finding_and_the_others_are_looked_at(deals: Path):
    (deals / "broken.xlsx").write_bytes(b"PK\x03\x04 cut short")
    (deals / "tickets.csv").unlink()  # it goes on for longer: the deals would be stale, too
    done = crm_metrics("check", ".", "-f", "json")
    assert done.code == 1
    worst, other = done.json["findings"]
    assert (worst["check"], worst["severity"], worst["count"], worst["of"]) == ("unreadable-file", "error", 1, 2)
    assert [(row["path"], row["row"]) for row in worst["first"]] == [("./broken.xlsx", None)]
    assert "cannot be unpacked" in worst["first"][0]["seen"]
    assert (other["check"], other["count"]) == ("won-without-date", 2)
    assert "export or download it again" in crm_metrics("check", ".").out


def test_where_nothing_can_be_read_the_error_stands(folder: Path):
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04 cut short")
    done = crm_metrics("check", "broken.xlsx")
    assert (done.refusal, "broken.xlsx: cannot be unpacked" in done.err) == ((3, "", False), True)


def test_nothing_recognised_is_exit_code_4(folder: Path):
    (folder / "odd.csv").write_text("x,y\n1,2\n")
    assert crm_metrics("check", "odd.csv").refusal == (4, "", False)


def test_rows_and_another_format_contradict(deals: Path):
    assert crm_metrics("check", "deals.csv", "--rows", "-f", "json").code == 2


def test_the_list_names_every_check():
    from crm_metrics.analysis import quality

    out = crm_metrics("check", "--list").out
    assert [name for name in quality.all_checks() if f"  {name} " not in out] == []


def test_a_problem_of_a_whole_file_is_one_row_without_a_number(folder: Path):
    (folder / "odd.csv").write_text("x,y\n1,2\n")
    (folder / "deals.csv").write_text(CLEAN)
    rows = crm_metrics("check", "deals.csv", "odd.csv", "--rows").rows
    assert [(row["check"], row["file"], row["row"]) for row in rows] == [("unrecognised-file", "odd.csv", "")]
    assert "x, y" in rows[0]["seen"]


def test_standard_input_is_checked_too(folder: Path):
    done = crm_metrics("check", "-", "-f", "json", stdin=UNDATED.encode())
    assert [finding["count"] for finding in done.json["findings"]] == [2]
