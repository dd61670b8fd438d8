"""Deals that all ended alike: the export may leave the others out, and the win rate would not show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import api

from .conftest import TODAY


def notes(folder: Path, won: int, lost: int) -> list[str]:
    stages = ["Closed Won"] * won + ["Closed Lost"] * lost
    lines = [f"{i},{stage},100,2024-03-05" for i, stage in enumerate(stages)]
    path = folder / "deals.csv"
    path.write_text("\n".join(["Deal ID,Stage,Amount,Close Date", *lines]) + "\n", encoding="utf-8")
    return api.report([str(path)], period="2024-03", metrics=["win_rate"], today=TODAY).notes


@pytest.mark.parametrize(("won", "lost", "said"), [(30, 0, "won"), (0, 30, "lost")])
def test_it_is_said_with_the_figures(tmp_path: Path, won: int, lost: int, said: str) -> None:
    assert [True] == [note.startswith(f"All 30 deals that ended are {said}:") for note in notes(tmp_path, won, lost)]


@pytest.mark.parametrize(("won", "lost"), [(29, 0), (30, 1), (1, 40)])
def test_few_deals_or_both_outcomes_are_nothing_to_say(tmp_path: Path, won: int, lost: int) -> None:
    assert [] == [note for note in notes(tmp_path, won, lost) if note.startswith("All ")]
