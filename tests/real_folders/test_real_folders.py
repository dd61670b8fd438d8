"""Small folders as people have them: each is read as it is, and gives the right figure or says why it gives none.

A case holds its files as text (a workbook as the text of its sheets), the command that is run among them, and what has to
come of it. A kind of fault is a file of cases; those in which the law of the kind must not fire stand beside the others.
"""

from __future__ import annotations

import datetime
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ..cli.running import Outcome, crm_metrics

KINDS = sorted(Path(__file__).parent.glob("*.toml"))
CASES = [
    pytest.param(case, id=f"{kind.stem}: {case['name']}")
    for kind in KINDS
    for case in tomllib.loads(kind.read_text(encoding="utf-8"))["case"]
]
_SAID_OF = ("exit", "says", "not_says")
_OF_A_ROW = ("value", "n", "status", "reason", "signal", "compare_value", "absent", "not_value", "no_compare", "tol")


@pytest.mark.parametrize("case", CASES)
def test_a_folder_gives_the_right_figure_or_says_why_not(
    case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in case["files"].items():
        _write(tmp_path / name, text)
    monkeypatch.chdir(tmp_path)
    words = shlex.split(case["command"])
    is_report = words[0] == "report" and not {"-f", "--format"} & {*words}

    outcome = crm_metrics(*words, *(("-f", "csv") if is_report else ()), "--no-config")

    assert outcome.code not in (2, 70), outcome.err
    assert [] == [fault for wanted in case["expect"] for fault in _faults(wanted, outcome, is_report)]


def _write(path: Path, content: str | Mapping[str, str]) -> None:
    """A file of a case: its text, or a workbook of which each sheet is given as comma-separated text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix != ".xlsx":
        path.write_text(str(content), encoding="utf-8")
        return
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, text in content.items() if isinstance(content, Mapping) else [("Sheet1", content)]:
        sheet = book.create_sheet(title)
        for line in text.strip("\n").split("\n"):
            sheet.append([_typed(cell.strip()) for cell in line.split(",")])
    book.save(path)


def _typed(text: str) -> object:
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text) if "." in text else int(text)
    if re.fullmatch(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?", text):
        return datetime.datetime.fromisoformat(text)
    return text or None


def _faults(wanted: Mapping[str, Any], outcome: Outcome, is_report: bool) -> Iterator[str]:
    """What one expectation asks for in vain; of `any`, several ways to be right, one has to hold whole."""
    if "any" in wanted:
        ways = [[fault for part in way for fault in _faults(part, outcome, is_report)] for way in wanted["any"]]
        if all(ways):
            yield f"none of {ways}"
        return
    spoken = outcome.err if is_report else outcome.out + outcome.err
    if "exit" in wanted and outcome.code not in wanted["exit"]:
        yield f"exit {outcome.code}, not {wanted['exit']}"
    yield from (f"nothing says {text}" for text in wanted.get("says", ()) if not re.search(text, spoken, re.I | re.S))
    yield from (f"{text} is said" for text in wanted.get("not_says", ()) if re.search(text, spoken, re.I | re.S))
    if "metric" in wanted:
        yield from _row_faults(wanted, outcome)


def _row_faults(wanted: Mapping[str, Any], outcome: Outcome) -> Iterator[str]:
    keys = {name: str(text) for name, text in wanted.items() if name not in (*_SAID_OF, *_OF_A_ROW)}
    rows = [row for row in outcome.rows if all(row.get(name) == text for name, text in keys.items())]
    if not rows and wanted.get("status") == "unavailable" and outcome.code == 4:
        return  # the whole report said that there is nothing to give
    if not rows and not {"absent", "not_value", "no_compare"} & wanted.keys():
        yield f"no row {keys}: {outcome.err}"
    for row in rows:
        for name in ("value", "n", "compare_value"):
            if name in wanted and not _is_near(row[name], wanted[name], wanted.get("tol", 1e-6)):
                yield f"{keys}: {name} {row[name] or row['reason']}, not {wanted[name]}"
        if "not_value" in wanted and _is_near(row["value"], wanted["not_value"], 1e-6):
            yield f"{keys}: {row['value']}"
        for name in ("status", "reason", "signal"):
            if name in wanted and row[name] != wanted[name]:
                yield f"{keys}: {name} {row[name]} ({row['value']}), not {wanted[name]}"
        if wanted.get("no_compare") and (row["compare_value"] or row["change"]):
            yield f"{keys}: compared with {row['compare_value']}"
        if wanted.get("absent") and row["value"]:
            yield f"{keys}: {row['value']}"


def _is_near(text: str, number: float, tolerance: float) -> bool:
    return bool(text) and abs(float(text) - number) <= tolerance * max(1.0, abs(number))
