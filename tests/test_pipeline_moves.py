"""What changed between two exports: the parts make the whole, to the cent, whatever happened to the deals."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.analysis.pipeline.moves import KINDS, Bridge
from crm_metrics.errors import UsageError

from .conftest import TODAY

HEADER = "Deal ID,Deal Name,Stage,Amount,Currency,Created At,Close Date"
OLD = [
    "1,A,Proposal,1000.10,USD,2025-01-05,2025-03-03",
    "2,B,Proposal,4000,USD,2025-01-07,2025-03-20",
    "3,C,Demo,2500,USD,2025-01-10,2025-05-21",
    "4,D,Demo,,USD,2025-01-10,2025-03-21",
    "5,E,Demo,300,USD,2025-01-10,2025-03-21",
    "6,F,Demo,310,USD,2025-01-10,2025-03-21",
    "7,G,Closed Lost,320,USD,2025-01-10,2025-01-21",
    "8,H,Demo,70,EUR,2025-01-10,2025-03-21",
]
NEW = [
    "1,A,Closed Won,1100.30,USD,2025-01-05,2025-02-20",
    "2,B,Closed Lost,0,USD,2025-01-07,2025-02-21",
    "3,C,Demo,2600,USD,2025-01-10,2025-03-21",
    "4,D,Demo,900,USD,2025-01-10,2025-03-21",
    "5,E,Demo,250,USD,2025-01-10,2025-06-21",
    "7,G,Demo,350,USD,2025-01-10,2025-03-21",
    "8,H,Demo,80,USD,2025-01-10,2025-03-21",
    "9,I,Demo,33.33,USD,2025-02-10,2025-03-25",
    "10,J,Closed Won,5,USD,2025-02-10,2025-02-25",
    "11,K,Closed Won,6,USD,2024-02-10,2024-02-25",
]


def export(folder: Path, name: str, lines: list[str], header: str = HEADER) -> str:
    path = folder / f"{name}.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return str(path)


def bridges(
    folder: Path, old: list[str], new: list[str], header: str = HEADER, period: str | None = None
) -> list[Bridge]:
    paths = [export(folder, name, lines, header) for name, lines in (("old", old), ("new", new))]
    moves = api.pipeline(paths[1:], against=paths[0], period=period, today=TODAY).moves
    assert moves is not None
    return moves.bridges


def told(bridge: Bridge) -> dict[str, str]:
    return {kind: str(bridge.sums[kind].normalize()) for kind in KINDS if bridge.deals[kind]}


def test_every_movement_is_told_apart(tmp_path: Path) -> None:
    """Won at its new amount, lost at its old one; what was won long before the older export is no movement."""
    euros, dollars = bridges(tmp_path, OLD, NEW)

    assert {"out to another currency": "-7E+1"} == told(euros)
    assert {
        "new": "38.33",
        "reopened": "3.5E+2",
        "increased": "1100.2",
        "in from another currency": "8E+1",
        "won": "-1105.3",
        "lost": "-4E+3",
        "decreased": "-5E+1",
        "gone": "-3.1E+2",
    } == told(dollars)
    assert (Decimal("8110.1"), Decimal("4213.33")) == (dollars.start, dollars.end)


def test_with_a_period_deals_are_pulled_in_and_pushed_out(tmp_path: Path) -> None:
    _, dollars = bridges(tmp_path, OLD, NEW, period="2025-Q1")
    found = told(dollars)

    assert ("2.6E+3", "-3E+2", "1000.2") == (found["pulled in"], found["pushed out"], found["increased"])
    assert dollars.start + sum(dollars.sums.values()) == dollars.end


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("period", [None, "2025-Q1"])
def test_the_parts_make_the_whole_to_the_cent(tmp_path: Path, seed: int, period: str | None) -> None:
    chance = random.Random(seed)

    def line(number: int, day: date) -> str:
        stage = chance.choice(["Demo", "Demo", "Proposal", "Closed Won", "Closed Lost"])
        closes = (
            day - timedelta(chance.randrange(1, 30)) if "Closed" in stage else day + timedelta(chance.randrange(150))
        )
        amount = chance.choice(
            ["", f"{chance.uniform(0, 1e5):.2f}", "0.1", "0.2", "123456789012.34", f"{-chance.random():.3f}"]
        )
        return f"{number},N{number},{stage},{amount},{chance.choice(['USD', 'EUR', ''])},2024-11-01,{closes}"

    old, new = (
        [line(i, day) for i in range(60) if chance.random() < 0.8] for day in (date(2025, 1, 31), date(2025, 2, 28))
    )
    found = bridges(tmp_path, [*old, "90,Z,Closed Lost,1,USD,2025-01-01,2025-01-31"], new, period=period)

    for bridge in found:
        assert bridge.start + sum(bridge.sums.values(), Decimal(0)) == bridge.end
        rows = api.pipeline([str(tmp_path / "new.csv")], today=TODAY).standing.total
        if period is None:
            value = next((group.value for group in rows if group.currency == bridge.currency), 0)
            assert float(bridge.end) == pytest.approx(value or 0, rel=1e-12, abs=0.001)


def test_deals_without_an_id_are_matched_by_a_name_that_is_there_once(tmp_path: Path) -> None:
    header = "Deal Name,Stage,Amount,Created At,Close Date"
    old = ["A,Demo,100,2025-01-05,2025-03-03", "Twin,Demo,7,2025-01-05,2025-03-03", "Twin,Demo,8,2025-01-05,2025-03-03"]
    new = ["A,Demo,150,2025-01-05,2025-03-03", "Twin,Demo,9,2025-01-05,2025-03-03", "B,Demo,1,2025-02-01,2025-03-03"]
    (bridge,) = bridges(tmp_path, old, new, header)

    assert {"new": "1E+1", "increased": "5E+1", "out, not matched": "-15"} == told(bridge)
    twins = bridges(tmp_path, old, [*new, new[1]], header)[0]
    assert ("18", "-15") == (told(twins)["in, not matched"], told(twins)["out, not matched"])


def test_the_newer_export_is_no_older_one(tmp_path: Path) -> None:
    old, new = export(tmp_path, "old", OLD), export(tmp_path, "new", NEW)

    with pytest.raises(UsageError, match="newer"):
        api.pipeline([old], against=new, today=TODAY)
