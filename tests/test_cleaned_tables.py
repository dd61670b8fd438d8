"""`tables`: what it writes is read back with the same figures, whatever the files were and however it is written."""

from __future__ import annotations

import csv
import json
import math
import time
from datetime import date
from functools import cache
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm_metrics import api
from crm_metrics.analysis.cleaned import Cleaned
from crm_metrics.settings import Settings
from crm_metrics.writers import tables as arrow

from .cli.running import crm_metrics
from .conftest import TODAY

SAMPLE = Path(__file__).parents[1] / "sample_data"
VENDORS = Path(__file__).parent / "vendors"
# Histories in columns and in rows, scales in headers, several tools' ids, cents, spend by week, and every twelfth.
HARD = (
    *("hubspot-deals", "salesforce-histories", "surveymonkey-nps", "hubspot-with-zendesk-and-stripe"),
    *("stripe-subscriptions", "snap-ads-range"),
)
EXPORTS = sorted(
    {name for name in HARD if (VENDORS / name).is_dir()} | {path.name for path in [*sorted(VENDORS.iterdir())][::12]}
)


def write(tables: list[Cleaned], form: str, target: Path) -> None:
    arrow.write({table.name: table.rows for table in tables}, form, target)


def rows_of(*paths: str, settings: Settings | None = None, **asked: object) -> list[tuple[object, ...]]:
    """Metric, period, segment, value, records, status and reason of every row of a report."""
    report = api.report(list(paths), settings=settings, today=TODAY, **asked)  # type: ignore[arg-type]
    dims = [*report.by, *report.per, "currency"]
    named = ["metric", "period", *dims, "value", "low", "high", "n", "status", "reason", "compare_value", "signal"]
    return [tuple(map(shown, row)) for row in report.rows[named].itertuples(index=False, name=None)]


def shown(cell: object) -> object:
    """A cell to compare: nothing as None, numbers to twelve digits, since parts of sums may be added in another order."""
    if cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell)):
        return None
    return float(f"{cell:.12g}") if isinstance(cell, float) else cell


@pytest.mark.parametrize("name", EXPORTS)
def test_the_tables_of_a_tool_s_export_give_its_figures(name: str, tmp_path: Path) -> None:
    source, folder = VENDORS / name, tmp_path / "tables"
    write(api.tables([str(source)], today=TODAY), "csv", folder)

    assert rows_of(str(folder), period="all") == rows_of(str(source), period="all")


@cache
def of_the_sample(pattern: str) -> tuple[list[str], list[tuple[object, ...]]]:
    """The files of the sample data of such a name, and their figures."""
    paths = sorted(map(str, SAMPLE.glob(pattern)))
    return paths, rows_of(*paths, **ASKED)


ASKED = {"period": "2025-H2", "by": ["month", "owner"]}


@pytest.mark.parametrize(
    ("form", "pattern"), [("csv", "*[vx]"), ("parquet", "*[vx]"), ("parquet", "*deals*"), ("xlsx", "*deals*")]
)
def test_the_tables_of_the_sample_data_give_its_figures(form: str, pattern: str, tmp_path: Path) -> None:
    target = tmp_path / ("tables.xlsx" if form == "xlsx" else "tables")
    paths, figures = of_the_sample(pattern)
    write(api.tables(paths, today=TODAY), form, target)

    assert rows_of(str(target), **ASKED) == figures


def test_they_do_in_another_time_zone_and_with_another_decimal_sign(tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    (tmp_path / "tickets.csv").write_text(
        "Ticket ID,Created At,Solved At,First Response Minutes\n"
        '1,2025-03-01 23:30,2025-03-02 01:10,"1,234"\n2,2025-03-03 09:00,2025-03-04 10:00,"2,5"\n',
        encoding="utf-8",
    )
    settings = Settings(timezone="America/New_York", decimal=",")
    write(api.tables([str(tmp_path / "tickets.csv")], settings=settings, today=TODAY), "csv", folder)
    asked = {"settings": settings, "period": "2025-03", "by": ["day"], "metrics": ["service"]}

    assert rows_of(str(folder), **asked) == rows_of(str(tmp_path / "tickets.csv"), **asked)
    assert '"1.2340"' in (folder / "tickets.csv").read_text()


def test_records_are_in_canonical_columns_with_their_file_and_row(tmp_path: Path) -> None:
    path = tmp_path / "opps.csv"
    path.write_text(
        'Deal ID,Owner,Stage,Amount,Close Date\nD1,Ann,Closed Won,"1,234.50",05/13/2025\nTotal,,,1234.5,\n',
        encoding="utf-8",
    )
    (table,) = api.tables([str(path)], today=TODAY)

    assert table.name == "deals"
    assert table.rows.to_pylist() == [
        {
            "deal_id": "D1",
            "owner": "Ann",
            "stage": "Closed Won",
            "amount": 1234.5,
            "closed_at": date(2025, 5, 13),
            "source_file": str(path),
            "source_row": 2,
            "read_as": table.rows["read_as"][0].as_py(),
        }
    ]


def test_text_of_a_workbook_is_never_a_formula(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("Deal ID,Owner,Stage,Amount\nD1,=1+1,Closed Won,5\n", encoding="utf-8")
    write(api.tables([str(tmp_path / "deals.csv")], today=TODAY), "xlsx", tmp_path / "t.xlsx")
    cell = openpyxl.load_workbook(tmp_path / "t.xlsx")["deals"]["B2"]

    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_the_same_tables_are_the_same_workbook_whenever_they_are_written(tmp_path: Path) -> None:
    written = []
    for number in range(2):
        write(api.tables([str(SAMPLE / "leads.csv")], today=TODAY), "xlsx", tmp_path / f"{number}.xlsx")
        written.append((tmp_path / f"{number}.xlsx").read_bytes())
        time.sleep(1.1 * (number == 0))  # a workbook's own clock counts seconds

    assert written[0] == written[1]


def test_the_command_says_what_it_wrote_and_writes_nothing_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deals.csv").write_text("Deal ID,Owner,Stage,Amount\nD1,Ann,Closed Won,5\n", encoding="utf-8")
    done, again = crm_metrics("tables", "deals.csv"), crm_metrics("tables", "deals.csv")

    assert (done.code, done.out) == (0, "tables is written: 1 table, 1 records.\n")
    assert again.refusal == (2, "", False)
    assert "not empty" in again.err
    assert crm_metrics("tables", "deals.csv", "-f", "pdf").refusal == (2, "", False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deals.csv", "tables"]


def test_tables_of_a_layout_that_is_not_there_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(
        "deal_id,stage,amount,source_file,source_row,read_as\nD1,Won,5,x.csv,2,our own deals 1\n", encoding="utf-8"
    )
    done = crm_metrics("report", str(path))

    assert done.refusal == (3, "", False)
    assert "read as 'our own deals 1', which is not known here" in done.err


def test_parquet_of_any_kind_is_recognised_by_its_columns(tmp_path: Path) -> None:
    days = pa.array([date(2025, 3, 3), date(2025, 3, 4)])
    stages = pa.array(["Closed Won", "Closed Lost"]).dictionary_encode()
    deals = pa.table({"Deal ID": ["1", "2"], "Stage": stages, "Amount": [1.234, 5e17], "Close Date": days})
    pq.write_table(deals, tmp_path / "deals.parquet")
    done = crm_metrics("report", str(tmp_path), "-p", "2025-03", "-m", "win_rate,revenue_won", "-f", "csv", "-q")

    assert (done.code, done.values) == (0, {"win_rate": "0.5", "revenue_won": "1.234"})


@pytest.mark.parametrize("content", [b"PAR1 cut short", b"PAR1" + bytes(20) + b"PAR1"])
def test_a_parquet_file_that_cannot_be_read_is_an_error_that_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "deals.parquet").write_bytes(content)
    done = crm_metrics("report", str(tmp_path / "deals.parquet"))

    assert done.refusal == (3, "", False)
    assert "deals.parquet: is no Parquet file that can be read" in done.err


def test_a_column_of_lists_is_an_error_that_names_it(tmp_path: Path) -> None:
    pq.write_table(pa.table({"Deal ID": ["1"], "Tags": [["a"]]}), tmp_path / "deals.parquet")
    done = crm_metrics("report", str(tmp_path / "deals.parquet"))

    assert done.refusal == (3, "", False)
    assert "the column Tags holds lists or records" in done.err


OWNERS = ["=1+1", "@SUM(A1)", "+1+cmd|x", "-2+3", "'=quoted", "''=twice", "'-5", "O'Neill", "Ann", "-5"]


@pytest.mark.parametrize("format", ["csv", "parquet", "xlsx"])
def test_a_spreadsheet_runs_no_cell_and_every_text_comes_back(tmp_path: Path, format: str) -> None:  # noqa: A002
    rows = "".join(f'{number},"{owner}",Closed Won,{number},2025-03-04\n' for number, owner in enumerate(OWNERS, 1))
    (tmp_path / "deals.csv").write_text(f"Deal ID,Owner,Stage,Amount,Close Date\n{rows}", encoding="utf-8")
    target = tmp_path / ("t.xlsx" if format == "xlsx" else "t")
    assert crm_metrics("tables", str(tmp_path / "deals.csv"), "-f", format, "-o", str(target)).code == 0

    if format == "csv":
        lines = next(target.iterdir()).read_text(encoding="utf-8").splitlines()
        written = [row["owner"] for row in csv.DictReader(lines)]
        assert [owner for owner in written if owner.startswith(("=", "+", "-", "@"))] == ["-5"]
    asked = ("-p", "2025-03", "--by", "owner", "-m", "revenue_won", "-f", "json")
    read = [json.loads(crm_metrics("report", str(path), *asked).out) for path in (tmp_path / "deals.csv", target)]
    before, after = ({row["owner"]: row["value"] for row in made["rows"]} for made in read)
    assert after == before
    assert {*after} == {*OWNERS}
