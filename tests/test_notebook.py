"""A report in a notebook: what is given to it, how it is shown, its tables."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import crm_metrics
from crm_metrics.errors import CrmMetricsError, DataError, NothingToReport, UsageError
from crm_metrics.reporting.report import Report
from tests.cli.running import crm_metrics as command

DEALS = pd.DataFrame(
    {
        "deal_id": ["1", "2", "3", "4"],
        "stage": pd.Categorical(["won", "lost", "won", "won"]),
        "amount": [1.234, 400.0, None, 250.0],
        "closed_at": pd.to_datetime(["2025-03-04", "2025-03-11", "2025-03-25", "2025-04-01"]),
        "owner": ["Ann", "Ben", "Ann", "<b>"],
    }
)


def values(report: Report) -> dict[str, float]:
    return dict(zip(report.frame["metric"], report.frame["value"], strict=True))


def test_a_table_in_memory_is_recognised_by_its_columns():
    report = crm_metrics.report(DEALS, period="2025-03", metrics="deals_won,revenue_won")
    assert values(report)["deals_won"] == 2
    assert [source.path for source in report.sources] == ["DataFrame"]
    named = crm_metrics.report({"mine": DEALS}, period="2025-03", metrics=["deals_won"], where="amount < 100")
    assert (values(named), named.sources[0].path) == ({"deals_won": 1}, "mine")


def test_a_float_in_memory_is_read_in_one_way():
    assert crm_metrics.report(DEALS[:2], period="2025-03", metrics="revenue_won").frame["value"].tolist() == [1.234]


def test_tables_and_paths_are_read_together(tmp_path: Path):
    DEALS.to_csv(tmp_path / "deals.csv", index=False)
    tickets = pd.DataFrame(
        {"ticket_id": [1, 2], "created_at": ["2025-03-01", "2025-03-31"], "solved_at": [None, "2025-03-31"]}
    )
    report = crm_metrics.report(
        [tmp_path / "deals.csv", tickets], period="2025-03", metrics=["deals_won", "tickets_created"]
    )
    assert values(report) == {"deals_won": 2, "tickets_created": 2}


def test_a_table_in_memory_is_there_under_other_settings_too():
    session = crm_metrics.api.Session(DEALS).under(as_of=None)

    assert ["deals"] == [table for table, _ in session.columns]
    assert ["DataFrame"] == [source.path for source in session.inventory().dataset.sources]


def test_it_is_shown_in_a_line_and_as_a_table():
    report = crm_metrics.report(DEALS, period="2025-03..2025-04", by="owner", metrics="deals_won", compare="none")
    assert repr(report) == "<Report 2025-03-01..2025-04-30 by owner: 3 figures, as of 2025-04-01>"
    assert "<td>Ann</td>" in report._repr_html_()
    assert "&lt;b&gt;" in report._repr_html_()


def test_its_columns_have_real_types():
    frame = crm_metrics.report(DEALS, period="2025-03", by="owner", metrics="deals_won").frame
    kinds = {name: str(frame[name].dtype) for name in ("start", "complete", "owner", "n", "value")}
    assert kinds == {
        "start": "datetime64[us]",
        "complete": "bool",
        "owner": "category",
        "n": "Int64",
        "value": "float64",
    }


def test_periods_stand_side_by_side():
    wide = crm_metrics.report(DEALS, period="2025-03..2025-04", by=["month", "owner"], metrics="deals_won").wide()
    assert wide.loc[wide["owner"] == "Ann", ["2025-03", "2025-04"]].values.tolist() == [[2.0, 0.0]]


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({"metrics": "win_rat"}, UsageError),
        ({"period": "2025-99"}, UsageError),
        ({"by": "tema"}, UsageError),
        ({"where": "owner == 'Anne'"}, NothingToReport),
    ],
)
def test_mistakes_are_errors_with_the_words_of_the_command_line(asked: dict[str, str], kind: type, tmp_path: Path):
    DEALS.to_csv(tmp_path / "deals.csv", index=False)
    with pytest.raises(kind) as caught:
        crm_metrics.report(tmp_path / "deals.csv", **asked)
    options = [part for name, text in asked.items() for part in (f"--{name.removesuffix('s')}", text)]
    assert isinstance(caught.value, CrmMetricsError)
    assert str(caught.value) in command("report", str(tmp_path / "deals.csv"), *options).err


def test_a_column_of_several_kinds_is_said():
    with pytest.raises(DataError, match="cannot be read as a table"):
        crm_metrics.report(DEALS.assign(amount=[object()] * 4))


def test_importing_it_imports_nothing_slow():
    code = "import crm_metrics, sys; print({'pandas', 'numpy', 'pyarrow', 'typer', 'pydantic'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
