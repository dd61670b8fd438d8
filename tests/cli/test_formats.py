"""What each format holds."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crm_metrics.metrics.catalog import built_in
from tests.cli.running import crm_metrics, environment

BEFORE = "metric,title,unit,period,start,end,complete,"
AFTER = (
    "value,low,high,n,status,reason,currency,compare_period,compare_value,change,change_pct,signal,target,attainment,"
    "standing,rank_low,rank_high"
)
MARCH = (
    *("report", "deals.csv", "-p", "2025-03", "--as-of", "2025-03-31"),
    *("-m", "win_rate,deals_won,average_deal_value"),
)


def test_csv_has_the_documented_header(folder: Path):
    assert crm_metrics(*MARCH, "-f", "csv").out.splitlines()[0] == BEFORE + AFTER


def test_csv_of_the_sample_data_has_the_documented_header(sample: Path):
    out = crm_metrics("report", "sample_data", "-f", "csv").out
    assert out.splitlines()[0] == f"{BEFORE}lost_reason,stage,product,{AFTER}"


def test_csv_of_the_sample_data_has_every_metric_and_a_reason_where_there_is_no_value(sample: Path):
    rows = crm_metrics("report", "sample_data", "-f", "csv").rows
    listed = [line.split()[0] for line in crm_metrics("metrics").out.splitlines() if line.startswith("  ")]
    assert {name for name in listed if built_in()[name].shown != "on-request"} - {
        row["metric"] for row in rows
    } == set()
    assert [row for row in rows if (row["value"] == "") != (row["reason"] != "") and row["status"] != "partial"] == []


def test_by_columns_stand_after_complete(folder: Path):
    out = crm_metrics(*MARCH, "--by", "month,owner", "-f", "csv").out
    assert out.splitlines()[0] == f"{BEFORE}owner,{AFTER}"


def test_csv_holds_fractions_and_counts_without_a_point(folder: Path):
    assert crm_metrics(*MARCH, "-f", "csv").values == {
        "win_rate": "0.5",
        "deals_won": "1",
        "average_deal_value": "500.0",
    }


def test_csv_compares_with_the_month_before(folder: Path):
    row = crm_metrics(*MARCH, "-f", "csv").rows[0]
    compared = {name: row[name] for name in ("compare_period", "compare_value", "n")}
    assert compared == {"compare_period": "2025-02", "compare_value": "0.6666666666666666", "n": "2"}


def test_tsv_is_csv_with_tabs(folder: Path):
    comma, tab = (crm_metrics(*MARCH, "-f", name).out for name in ("csv", "tsv"))
    assert list(csv.reader(io.StringIO(tab), delimiter="\t")) == list(csv.reader(io.StringIO(comma)))


def test_jsonl_has_one_object_per_row_of_csv(folder: Path):
    rows = [json.loads(line) for line in crm_metrics(*MARCH, "-f", "jsonl").out.splitlines()]
    assert [row["metric"] for row in rows] == [row["metric"] for row in crm_metrics(*MARCH, "-f", "csv").rows]
    assert [row["value"] for row in rows] == [0.5, 1, 500.0]


def test_json_has_the_documented_keys(folder: Path):
    report = crm_metrics(*MARCH, "-f", "json").json
    assert {"format", "as_of", "inputs", "settings", "rows", "issues"} - report.keys() == set()
    assert (report["format"], report["as_of"], len(report["rows"])) == (1, "2025-03-31", 3)


def test_json_accounts_for_the_rows_of_each_file(folder: Path):
    (entry,) = crm_metrics(*MARCH, "-f", "json").json["inputs"]
    checksum = entry.pop("sha256")
    assert entry | {"left_out_by_reason": {}} == {
        "path": "deals.csv",
        "table": "deals",
        "vendor": "generic",
        "rows": 6,
        "used": 6,
        "left_out": 0,
        "left_out_by_reason": {},
        "asked": True,
    }
    assert len(checksum) == 64


def test_the_table_is_the_default(folder: Path):
    assert crm_metrics(*MARCH).out == crm_metrics(*MARCH, "-f", "table").out
    assert crm_metrics(*MARCH).out.splitlines()[0].startswith("March 2025 against February · ")


def test_the_name_of_a_format_may_be_in_any_case(folder: Path):
    assert crm_metrics(*MARCH, "-f", "CSV").out == crm_metrics(*MARCH, "-f", "csv").out


# What imports once what a report needs, and writes each format in a process of its own.
FORKS = """
import os, sys, crm_metrics.api, crm_metrics.loaders.loading
from crm_metrics.cli import main
for name in {names!r}:
    if not (child := os.fork()):
        sys.argv = ["crm-metrics", *{asked!r}, "-f", name]
        main()
    os.write(1, b"%d\\0" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(os.name != "posix", reason="a process cannot be forked here")
def test_a_process_writes_what_the_program_writes(folder: Path):
    names = ("csv", "tsv", "json", "jsonl", "table")
    code = FORKS.format(names=names, asked=MARCH)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment())
    assert done.stdout.decode().split("\0")[:-1] == [f"{crm_metrics(*MARCH, '-f', name).out}0" for name in names]


def test_no_output_holds_nan_or_infinity(sample: Path):
    out = crm_metrics("report", "sample_data", "--by", "month", "-p", "2025", "-f", "csv").out
    cells = {cell.casefold().lstrip("+-") for line in csv.reader(io.StringIO(out)) for cell in line}
    assert cells & {"nan", "inf", "infinity", "none", "null", "<na>", "nat"} == set()


def test_a_text_that_a_spreadsheet_would_run_is_neutralised(folder: Path):
    text = "Deal ID,Owner,Stage,Close Date\nD1,=1+1,Closed Won,2025-03-01\nD2,Ann,Closed Won,2025-03-02\n"
    (folder / "deals.csv").write_text(text, encoding="utf-8")
    asked = ("report", "deals.csv", "-p", "2025-03", "-m", "deals_won", "--by", "owner")
    assert [row["owner"] for row in crm_metrics(*asked, "-f", "csv").rows] == ["'=1+1", "Ann"]
    assert [row["owner"] for row in crm_metrics(*asked, "-f", "json").json["rows"]] == ["=1+1", "Ann"]
