"""The exports of the common tools, in the shape their vendors give them, and what is read from each.

Every folder below `tests/vendors` is a case: the files as a user would have them, perhaps a `settings.toml`, and
`expected.json`: what each file was recognised as, what became of its rows, and every figure of all time.
`pytest --update` writes the expected output anew; read its difference before you commit it.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crm_metrics import api
from crm_metrics.settings import Settings, read, validated

CASES = sorted(path for path in (Path(__file__).parent / "vendors").iterdir() if path.is_dir())


def settings_of(case: Path) -> Settings:
    path = case / "settings.toml"
    return validated(read(path), str(path)) if path.exists() else Settings()


def seen(case: Path) -> dict[str, Any]:
    """What a report of all time over the case's files says, as plain values."""
    paths = sorted(str(path) for path in case.iterdir() if path.name not in ("expected.json", "settings.toml"))
    asked = api.query(period="all", settings=settings_of(case))
    dataset = api.load(paths, asked, today=date(2026, 11, 1))
    report = api.compute(dataset, asked)
    given = report.rows[report.rows["status"] != "unavailable"]
    return {
        "files": {
            Path(source.path).name: {
                "table": source.table,
                "vendor": source.vendor,
                "columns": dict(sorted(source.columns.items())),
                "rows": source.rows,
                "used": source.used,
                "left_out": dict(sorted(source.left_out.items())),
            }
            for source in dataset.sources
        },
        "as_of": report.as_of.isoformat(),
        "issues": sorted(f"{issue.code}: {issue.sentence}".replace(str(case), "") for issue in report.issues),
        "notes": report.notes,
        "figures": {
            " ".join(filter(None, [row.metric, *(text(getattr(row, name)) for name in (*report.per, "currency"))])): [
                float(f"{row.value:.10g}"),
                int(row.n),
            ]
            for row in given.itertuples()
        },
    }


def text(cell: object) -> str:
    return cell if isinstance(cell, str) else ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_export_is_read_as_it_is(case: Path, pytestconfig: pytest.Config) -> None:
    found = json.loads(json.dumps(seen(case)))
    expected = case / "expected.json"
    if pytestconfig.getoption("--update"):
        expected.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    assert json.loads(expected.read_text(encoding="utf-8")) == found
    for file in found["files"].values():
        assert file["rows"] == file["used"] + sum(file["left_out"].values())
    assert {Path(path).name for path in case.iterdir()} - {"expected.json", "settings.toml"} <= found["files"].keys()
