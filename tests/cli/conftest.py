"""A folder to work in, with small exports whose figures can be worked out by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[2] / "sample_data"
DEALS = """\
Deal ID,Owner,Stage,Amount,Created At,Close Date
D1,Ann,Closed Won,1000,2025-01-05,2025-02-03
D2,Ann,Closed Lost,4000,2025-01-07,2025-02-20
D3,Ben,Closed Won,2500,2025-01-10,2025-02-21
D4,Ben,Closed Won,500,2025-02-01,2025-03-10
D5,Cleo,Closed Lost,700,2025-02-02,2025-03-11
D6,Cleo,Proposal,900,2025-03-20,
"""
TICKETS = """\
Ticket ID,Team,Created At,First Response Minutes,Solved At
1,Blue,2025-03-01 09:00,30,2025-03-01 12:00
2,Blue,2025-03-02 09:00,50,2025-03-03 09:00
3,Red,2025-03-04 09:00,,
4,Red,2025-03-31 09:00,10,2025-03-31 10:00
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: deals.csv, tickets.csv and nothing else; no variable of the terminal and no settings of the
    user play a part."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM", "PYTHONUNBUFFERED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nobody's settings"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deals.csv").write_text(DEALS, encoding="utf-8")
    (tmp_path / "tickets.csv").write_text(TICKETS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def sample(folder: Path) -> Path:
    """The working folder with a copy of the sample exports in sample_data."""
    (folder / "sample_data").mkdir()
    for path in SAMPLE.iterdir():
        if path.suffix in {".csv", ".xlsx"}:
            shutil.copy2(path, folder / "sample_data")  # as old as the original
    return folder
