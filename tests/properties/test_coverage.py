"""What each table covers, over the whole catalogue: nothing is given beyond it, and nothing else changes with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.reporting.report import Report

from ..conftest import TODAY
from .exports import Exports, sample
from .figures import CATALOG, SHOWN, Figure, Key, figures, leaves, some

TICKETS, LEADS = "zendesk-tickets-2026-01-05.csv", "leads.csv"


def report(exports: Exports, folder: Path, period: str | None = "2025-12") -> Report:
    return api.report(list(exports.write(folder)), period=period, compare="previous", today=TODAY)


def tables_of(name: str) -> set[str]:
    """The tables that a metric is made of, those that another has to be among included."""
    parts = leaves(CATALOG[name])
    return {table for part in parts for table in (part.table, *((CATALOG[part.among].table,) if part.among else ()))}


def without_late(exports: Exports, file: str, column: str, last: str) -> Exports:
    """The same where one file ends earlier."""
    old = exports.files[file]
    rows = [row for row, day in zip(old.rows, old.column(column), strict=True) if day[:10] <= last]
    kept = replace(old, rows=rows)
    name = file.replace("-2026-01-05", "")  # the day of the export would say that nothing came in since
    return replace(exports, files={**{key: one for key, one in exports.files.items() if key != file}, name: kept})


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> dict[Key, Figure]:
    return figures(report(sample(), tmp_path_factory.mktemp("fresh")))


def test_a_table_that_ends_early_changes_no_figure_of_others_and_gives_none_of_its_own(
    fresh: dict[Key, Figure], tmp_path: Path
) -> None:
    (tmp_path / "stale").mkdir()
    exports = sample()
    created = next(name for name in exports.files[TICKETS].header if name.casefold() in ("created at", "created"))
    events = [name for name in exports.files[TICKETS].header if name.casefold().endswith((" at", "updated", "solved"))]
    old = without_late(exports, TICKETS, created, "2025-09-15")
    file = next(name for name in old.files if name.startswith("zendesk"))
    places = [old.files[file].header.index(name) for name in events]
    rows = [row for row in old.files[file].rows if all(row[place][:10] <= "2025-09-15" for place in places)]
    old = replace(old, files={**old.files, file: replace(old.files[file], rows=rows)})
    stale = figures(report(old, tmp_path / "stale"))

    own = {"tickets", "first_responses"}
    wrong: list[object] = []
    for key, figure in fresh.items():
        if not tables_of(key.metric) & own:
            wrong += [] if stale.get(key) == figure else [(key, figure, stale.get(key))]
        elif figure.value is not None:
            found = [other for one, other in stale.items() if (one.metric, one.period) == (key.metric, key.period)]
            wrong += [(key, other) for other in found if other.reason != "not-covered"]

    assert [] == some(wrong)
    assert any(tables_of(metric.name) & own for metric in SHOWN)


def test_a_date_out_of_line_changes_nothing(fresh: dict[Key, Figure], tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    exports = sample()
    old = exports.files[LEADS]
    place = next(place for place, name in enumerate(old.header) if "created" in name.casefold())
    row = list(old.rows[-1])
    row[0], row[place] = "odd-1", "2026-09-01"
    dated = [
        cell if number in (0, place) or not cell[:4].isdigit() or "-" not in cell else ""
        for number, cell in enumerate(row)
    ]
    odd = report(
        replace(exports, files={**exports.files, LEADS: replace(old, rows=[*old.rows, dated])}), tmp_path / "odd"
    )

    assert str(odd.as_of) == "2026-01-05"
    assert "date-out-of-line" in {issue.code for issue in odd.issues}
    after = figures(odd)
    assert [] == some((key, figure, after.get(key)) for key, figure in fresh.items() if after.get(key) != figure)
