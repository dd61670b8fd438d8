"""JSON: the rows, typed, and where the figures come from."""

import json
from collections import Counter
from datetime import date

from crm_metrics.issues import Issue
from crm_metrics.tables import Source
from tests.renderers.reports import CASES, full_report, metric, rendered, report, row


def test_json_says_where_the_figures_come_from():
    made = full_report(
        sources=[Source(0, "deals.csv", "deals", "hubspot", 12, Counter({"deleted-row": 2, "total-row": 1}))],
        digests={"deals.csv": "ab12"},
        settings={"gross_margin": 1.0, "as_of": date(2025, 3, 31), "won_stages": ("Won",), "rate": float("nan")},
        notes=["Customers are taken from deals."],
        issues=[Issue("empty-file", "x.csv"), Issue("total-row", "deals.csv", 1, (13,))],
    )
    shown = json.loads(rendered(made, "json"))
    rows = shown.pop("rows")
    expected = {
        "format": 1,
        "as_of": "2025-03-31",
        "coverage": {},
        "where": None,
        "period": "2025-03",
        "inputs": [
            {
                "path": "deals.csv",
                "table": "deals",
                "vendor": "hubspot",
                "rows": 12,
                "used": 9,
                "left_out": 3,
                "left_out_by_reason": {"deleted-row": 2, "total-row": 1},
                "sha256": "ab12",
                "asked": True,
            }
        ],
        "settings": {"gross_margin": 1.0, "as_of": "2025-03-31", "won_stages": ["Won"], "rate": None},
        "settings_file": None,
        "notes": ["Customers are taken from deals."],
        "issues": [
            {
                "code": "empty-file",
                "severity": "warning",
                "path": "x.csv",
                "count": 0,
                "rows": [],
                "sentence": "holds no rows",
            },
            {
                "code": "total-row",
                "severity": "note",
                "path": "deals.csv",
                "count": 1,
                "rows": [13],
                "sentence": made.issues[1].sentence,
            },
        ],
        "title": "Key figures  2025-03",
        "says": [],
    }

    assert expected == shown
    assert made.columns == list(rows[0])
    assert len(CASES) == len(rows)


def test_json_rows_are_typed_and_missing_is_null():
    count = metric()
    [shown] = map(json.loads, rendered(report([row(count, 128.0, change_pct=0.5)], [count]), "jsonl").splitlines())

    assert isinstance(shown["value"], int)
    assert isinstance(shown["n"], int)
    assert shown["complete"] is True
    assert shown["change_pct"] == 0.5
    assert shown["target"] is None
    assert shown["currency"] is None


def test_an_input_without_a_digest_has_null():
    made = full_report(sources=[Source(0, "a.csv", "deals", "x", 1)], digests={"a.csv": ""})

    assert json.loads(rendered(made, "json"))["inputs"][0]["sha256"] is None


def test_json_is_valid_for_names_that_are_no_utf8_and_without_rows():
    made = report([], [], sources=[Source(0, "b\udce9.csv", "deals", "x", 1)])
    shown = rendered(made, "json")

    assert shown.encode("utf-8")
    assert json.loads(shown)["inputs"][0]["path"] == "b\udce9.csv"
    assert json.loads(shown)["rows"] == []
    assert rendered(made, "jsonl") == ""
