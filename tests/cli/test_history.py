"""`--history FILE`: figures kept from run to run, those that changed afterwards told with the reason."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Outcome, command, crm_metrics, environment

FEBRUARY = ("report", "deals.csv", "-p", "2025-02", "-m", "revenue_won", "--history", "h.db")


def run(*more: str) -> Outcome:
    return crm_metrics(*FEBRUARY, *(() if "-f" in more else ("-f", "csv")), *more)


def restated(*more: str) -> list[dict[str, Any]]:
    """What a JSON report of the same says was restated."""
    done = crm_metrics(*FEBRUARY, "-q", "-f", "json", *more)
    assert (done.code, done.err) == (0, "")
    found: list[dict[str, Any]] = done.json["restated"]
    return found


def edit(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def query(path: Path, sql: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_the_first_run_makes_the_file_and_says_nothing(folder: Path):
    done = run()
    assert (done.code, done.err, done.values["revenue_won"]) == (0, "", "3500.0")
    assert query(folder / "h.db", "SELECT metric, start, value, n, status FROM figures") == [
        ("revenue_won", "2025-02-01", 3500.0, 2, "ok")
    ]


def test_the_same_files_give_the_same_figures_and_no_note(folder: Path):
    assert run().err + run().err + run().err == ""
    assert query(folder / "h.db", "SELECT first_run, last_run FROM figures") == [(1, 3)]


def test_a_figure_that_changed_is_told_with_its_rows(folder: Path):
    run()
    edit(
        folder / "deals.csv",
        ("D1,Ann,Closed Won,1000", "D1,Ann,Closed Won,1500"),  # one changed
        ("D6,Cleo,Proposal,900,2025-03-20,", "D7,Cleo,Closed Won,200,2025-01-02,2025-02-14"),  # one gone, one added
    )
    done = run()
    assert done.code == 0
    told = done.err.splitlines()
    assert told[0].startswith("restated: revenue_won, 2025-02: 3,500 → 4,200 (first recorded 20")
    assert told[1:] == [
        "  because deals.csv has changed, 6 rows before, 6 now (rows: 1 added, 1 changed, 1 gone)",
    ]


def test_it_is_told_once(folder: Path):
    run()
    edit(folder / "deals.csv", ("Won,1000", "Won,1500"))
    assert ("restated" in run().err, run().err) == (True, "")


def test_first_recorded_is_when_the_earlier_value_came_up(folder: Path):
    run()
    run("--set", "conversion_days=60")  # touches no deal
    connection = sqlite3.connect(folder / "h.db")
    connection.execute("UPDATE runs SET at = '2025-05-0' || id || 'T08:00:00+00:00'")
    connection.commit()
    connection.close()
    edit(folder / "deals.csv", ("Won,1000", "Won,1500"))
    [one] = restated()
    assert (one["before"], one["now"], one["first_recorded"]) == (3500, 4000, "2025-05-01T08:00:00+00:00")


def test_a_change_in_another_file_is_no_reason(folder: Path):
    both = ("report", "deals.csv", "tickets.csv", *FEBRUARY[2:])
    crm_metrics(*both)
    edit(folder / "deals.csv", ("Won,1000", "Won,1500"))
    edit(folder / "tickets.csv", ("Blue", "Green"))
    [one] = crm_metrics(*both, "-f", "json").json["restated"]
    assert [file["path"] for cause in one["because"] for file in cause["files"]] == ["deals.csv"]


def test_an_export_of_another_name_takes_the_place_of_the_earlier_one(folder: Path):
    run()
    text = (folder / "deals.csv").read_text()
    (folder / "deals-new.csv").write_text(text.replace("Won,1000", "Won,1500"))
    [one] = crm_metrics("report", "deals-new.csv", *FEBRUARY[2:], "-f", "json").json["restated"]
    [cause] = one["because"]
    assert cause["files"] == [
        {"path": "deals.csv", "change": "gone", "rows_before": 6, "rows_now": None},
        {"path": "deals-new.csv", "change": "new", "rows_before": None, "rows_now": 6},
    ]
    assert cause["rows"] == {"added": 0, "changed": 1, "gone": 0}


def test_a_file_with_another_name_alone_changes_nothing(folder: Path):
    run()
    (folder / "deals.csv").rename(folder / "renamed.csv")
    assert crm_metrics("report", "renamed.csv", *FEBRUARY[2:]).err == ""


def test_the_order_of_rows_and_columns_is_no_change(folder: Path):
    run()
    lines = (folder / "deals.csv").read_text().splitlines()
    turned = [",".join(reversed(line.split(","))) for line in (lines[0], *reversed(lines[1:]))]
    (folder / "deals.csv").write_text("\n".join(turned) + "\n")
    edit(folder / "deals.csv", ("1000", "1500"))
    [one] = restated()
    assert one["because"][0]["rows"] == {"added": 0, "changed": 1, "gone": 0}


def test_a_new_column_leaves_ids_to_go_by(folder: Path):
    run()
    lines = (folder / "deals.csv").read_text().splitlines()
    lines = [line + (",Note" if at == 0 else ",x") for at, line in enumerate(lines) if not line.startswith("D3")]
    (folder / "deals.csv").write_text("\n".join(lines) + "\n")
    [one] = restated()
    assert one["because"][0]["rows"] == {"added": 0, "changed": None, "gone": 1}
    assert "cannot be told" not in run().err  # told already


def test_a_definition_that_changed_is_the_reason(folder: Path):
    own = folder / "own.toml"
    own.write_text(
        '[big]\ntitle = "Big"\nsum = "deals.amount"\nwhere = "outcome == \'won\' and amount > 100"\n'
        'at = "closed_at"\nunit = "money"\n'
    )
    arguments = ("report", "deals.csv", "-p", "2025-02", "-m", "big", "--metrics-file", "own.toml", "--history", "h.db")
    crm_metrics(*arguments, "-f", "csv")
    edit(own, ("> 100", "> 2000"), ('"Big"', '"Larger"'))
    done = crm_metrics(*arguments, "-f", "csv")
    assert "restated: big, 2025-02: 3,500 → 2,500" in done.err
    assert done.err.count("because") == 1
    assert (
        "the definition changed: big, where: outcome == 'won' and amount > 100 → outcome == 'won' and amount"
        in done.err
    )


def test_a_setting_that_changed_is_the_reason(folder: Path):
    run()
    done = run("--set", "lost_stages=['Closed Won']")
    assert 'the definition changed: setting lost_stages: not set → ["Closed Won"]' in done.err


def test_a_period_to_date_is_kept_but_never_restated(folder: Path):
    edit(folder / "deals.csv", ("2025-03-20", "2025-03-02"))
    march = (*FEBRUARY[:3], "2025-03", *FEBRUARY[4:], "--as-of", "2025-03-15")
    crm_metrics(*march)
    edit(folder / "deals.csv", ("D4,Ben,Closed Won,500", "D4,Ben,Closed Won,600"))
    assert crm_metrics(*march).err == ""
    assert query(folder / "h.db", "SELECT complete, value FROM figures ORDER BY id") == [(0, 500.0), (0, 600.0)]
    assert crm_metrics(*march[:-1], "2025-04-15").err == ""  # complete now, for the first time
    edit(folder / "deals.csv", ("D4,Ben,Closed Won,600", "D4,Ben,Closed Won,700"))
    assert "600.00 → 700.00" in crm_metrics(*march[:-1], "2025-04-15").err


def test_a_look_at_an_earlier_day_restates_nothing(folder: Path):
    created = (*FEBRUARY[:5], "deals_created_won", *FEBRUARY[6:])
    january = (*created[:3], "2025-01", *created[4:], "-f", "csv")
    assert crm_metrics(*january, "--as-of", "2025-03-31").values == {"deals_created_won": "2"}
    back = crm_metrics(*january, "--as-of", "2025-02-10")
    assert back.values != {"deals_created_won": "2"}
    assert "restated" not in back.err
    assert "restated" not in crm_metrics(*january, "--as-of", "2025-03-31").err
    assert query(folder / "h.db", "SELECT last_run FROM figures WHERE current") == [(3,)]
    assert query(folder / "h.db", "SELECT count(*) FROM runs") == [(3,)]


def test_segments_come_and_go(folder: Path):
    run("--by", "owner")
    edit(folder / "deals.csv", ("D3,Ben", "D3,Dora"), ("D4,Ben", "D4,Dora"))
    done = run("--by", "owner")
    assert "revenue_won, 2025-02, owner Ben: 2,500 → not available (gone)" in done.err
    assert "revenue_won, 2025-02, owner Dora: not available (gone) → 2,500" in done.err
    assert "owner Ann" not in done.err


def test_the_rest_of_top_is_not_compared(folder: Path):
    run("--by", "owner", "--top", "1")
    assert run("--by", "owner", "--top", "2").err == ""
    assert run("--by", "owner").err == ""
    assert run("--by", "owner", "--top", "1").err == ""


def test_quiet_says_nothing(folder: Path):
    run()
    edit(folder / "deals.csv", ("Won,1000", "Won,1500"))
    assert run("-q").err == ""


def test_it_can_fail_on_it(folder: Path):
    assert run("--fail-on", "restated").code == 0
    edit(folder / "deals.csv", ("Won,1000", "Won,1500"))
    done = run("-q", "--fail-on", "restated")
    assert (done.code, done.err) == (1, "failed: other figures than recorded earlier: revenue_won\n")
    assert done.values["revenue_won"] == "4000.0"


def test_failing_on_it_needs_a_history(folder: Path):
    done = crm_metrics(*FEBRUARY[:-2], "--fail-on", "restated")
    assert (done.code, done.out) == (2, "")
    assert "--history" in done.err


def test_json_has_the_key_only_with_a_history(folder: Path):
    assert "restated" not in crm_metrics(*FEBRUARY[:-2], "-f", "json").json
    assert restated() == []


def _text(path: Path) -> None:
    path.write_text("Deal ID,Stage\n1,Won\n" * 100)


def _other_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE customers (name TEXT)")
    connection.commit()
    connection.close()


def _newer(path: Path) -> None:
    run()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def _cut(path: Path) -> None:
    run()
    path.write_bytes(path.read_bytes()[:8192] + b"\xff" * 8192)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_text, "is no history of crm-metrics"),
        (_other_database, "is no history of crm-metrics"),
        (_newer, "newer crm-metrics"),
        (_cut, "damaged"),
        (lambda path: path.mkdir(), "is a folder"),
    ],
    ids=["text", "another database", "newer", "damaged", "folder"],
)
def test_a_file_that_cannot_be_used_costs_no_report(folder: Path, spoil: Any, said: str):
    spoil(folder / "h.db")
    before = (folder / "h.db").read_bytes() if (folder / "h.db").is_file() else b""
    done = run()
    assert (done.code, done.values["revenue_won"]) == (2, "3500.0")
    assert said in done.err
    assert "The report itself is complete" in done.err
    assert "Traceback" not in done.err
    assert before == ((folder / "h.db").read_bytes() if before else b"")


def test_a_missing_folder_costs_no_report(folder: Path):
    done = crm_metrics(*FEBRUARY[:-1], "nowhere/h.db", "-o", "report.csv")
    assert (done.code, (folder / "report.csv").exists()) == (2, True)
    assert "there is no folder nowhere" in done.err


def test_a_read_only_file_costs_no_report(folder: Path, monkeypatch: pytest.MonkeyPatch):
    run()
    (folder / "h.db").chmod(0o444)
    allowed = os.access
    monkeypatch.setattr(
        os, "access", lambda path, *rest: Path(path).name != "h.db" and allowed(path, *rest)
    )  # also as root
    done = run()
    assert (done.code, done.values["revenue_won"]) == (2, "3500.0")
    assert "read-only" in done.err
    assert query(folder / "h.db", "SELECT count(*) FROM runs") == [(1,)]


@pytest.mark.parametrize("arguments", [("-o", "h.db", "-f", "csv"), ("h.db",)])
def test_a_history_is_no_input_and_no_output(folder: Path, arguments: tuple[str, ...]):
    run()
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert query(folder / "h.db", "SELECT count(*) FROM runs") == [(1,)]


def test_a_report_that_did_not_arrive_leaves_no_trace(folder: Path):
    run()
    edit(folder / "deals.csv", ("Won,1000", "Won,1500"))
    assert run("-o", "nowhere/report.csv").code == 2
    assert "3,500 → 4,000" in run().err


def test_runs_at_the_same_time_wait_for_each_other(folder: Path):
    names = ("revenue_won", "win_rate", "deals_won", "revenue_won")
    running = [
        subprocess.Popen(
            command("report", "deals.csv", "-p", "2025-02", "-m", name, "-f", "csv", "--history", "h.db"),
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for name in names
    ]
    outcomes = [(one.communicate(timeout=60), one.returncode) for one in running]
    assert [(code, err) for (_, err), code in outcomes] == [(0, b"")] * 4
    assert query(folder / "h.db", "PRAGMA integrity_check") == [("ok",)]
    assert query(folder / "h.db", "SELECT count(*) FROM runs") == [(4,)]
    kept = query(folder / "h.db", "SELECT metric, current FROM figures ORDER BY metric")
    assert kept == [("deals_won", 1), ("revenue_won", 1), ("win_rate", 1)]


def test_a_workbook_keeps_each_sheet_apart(sample: Path):
    arguments = ("report", "sample_data", "-p", "2025-Q3", "--history", "h.db", "-f", "json", "-q")
    first = crm_metrics(*arguments)
    assert (first.code, first.json["restated"]) == (0, [])
    assert crm_metrics(*arguments).json["restated"] == []
    read = {source["path"]: source["rows"] for source in first.json["inputs"]}
    kept = dict(query(sample / "h.db", "SELECT path, rows FROM inputs WHERE run = 1"))
    assert kept == read
