"""What happened after as-of has not happened: the full files tell the same of it as files in which it is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from crm_metrics.reporting.report import Report
from crm_metrics.settings import validated

from .conftest import Reports
from .exports import Exports, File, of_seed
from .figures import Figure, Key, differences, figures, nearly, some

PLACED_BY = {
    "leads": "created_at",
    "deals": "created_at",
    "deal_stages": "entered_at",
    "tickets": "created_at",
    "responses": "responded_at",
    "orders": "ordered_at",
    "subscriptions": "started_at",
    "customers": "started_at",
    "spend": "spent_at",
}
SNAPSHOTS = ("stage_snapshot_deals", "stage_snapshot_amount")
UNKNOWN = "weighted_pipeline"
# Without currencies: a file in several is read otherwise than one in one. Nor do they lose a whole table, or what a
# survey asked, with what came later.
SEEDS = (2, 6, 8, 11, 12, 36)
# The months before, to date and after each day, and what of a quarter is there on the second.
ASKED = {
    date(2024, 3, 20): [("2024-02..2024-05", ["month"])],
    date(2024, 4, 30): [("2024-02..2024-05", ["month"]), ("2024-Q2", [])],
}


def at(exports: Exports, day: date) -> Exports:
    """The files as of a day up to which they know everything, which is not left to what came later to prove."""
    known = validated({"as_of": day, "files": [{"path": "*.csv", "until": day}]}, "test")
    return replace(exports, settings=exports.settings.but(as_of=day, files=known.files))


def cut(exports: Exports, day: date) -> Exports:
    """The files without what came in after a day, and with what happened later to the rest of it blanked."""

    def earlier(_: str, file: File) -> File:
        if file.table is None:
            return file
        placed = PLACED_BY.get(file.table, "")
        if file.table == "responses" and "asked_at" in file.header:
            placed = "asked_at"
        kept = [record for record in file.records() if not is_later(record.get(placed), day)]
        return file.with_records(as_it_was(file.table, record, day) for record in kept)

    return exports.with_files(earlier)


def is_later(cell: str | None, day: date) -> bool:
    return bool(cell) and date.fromisoformat(str(cell)[:10]) > day


def as_it_was(table: str, record: Mapping[str, str], day: date) -> dict[str, Any]:
    made = dict(record)

    def undone(column: str, **others: str) -> None:
        if is_later(made.get(column), day):
            made.update({name: value for name, value in {column: "", **others}.items() if name in made})

    if table == "deals" and record.get("outcome") != "open":
        closed = record.get("closed_at", "")
        expected = {} if "expected_close_at" in record else {"closed_at": closed}
        undone("closed_at", outcome="open", lost_reason="", probability="", **expected)
    elif table == "tickets":
        undone("solved_at", status="open", resolution_minutes="")
        undone("first_response_at", first_response_minutes="")
    elif table == "leads":
        undone("responded_at")
        undone("converted_at", is_converted="false")
    elif table == "deal_stages":
        undone("left_at")
    elif table == "responses":
        undone("responded_at", score="", comment="")
    return made


@pytest.mark.parametrize("day", ASKED, ids=str)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_full_files_tell_the_same_as_files_that_end_with_as_of(seed: int, day: date, reports: Reports) -> None:
    full = at(of_seed(seed), day)
    ended = cut(full, day)

    for period, by in ASKED[day]:
        told, expected = values(reports(full, period, by=by)), values(reports(ended, period, by=by))
        known = {key.period for key in told if key.metric == UNKNOWN}
        # Where a deal has been closed since, its probability is not known.
        expected = {key: one for key, one in expected.items() if key.metric != UNKNOWN or key.period in known}

        assert some(differences(told, expected, nearly).items()) == [], period


def values(report: Report) -> dict[Key, Figure]:
    """The figures that rest on a record. Exempt is what the files do not know of another day: the stages of open deals."""
    made = figures(report)
    told = {key: one for key, one in made.items() if one.n and key.metric not in SNAPSHOTS}
    return {key: one for key, one in told.items() if one.value or (one.value == 0 and not any(key.segment))}
