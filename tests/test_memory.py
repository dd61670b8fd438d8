"""Files that do not fit into memory are refused before they are read; what fails all the same is no bug."""

import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from crm_metrics.cli.app import app
from crm_metrics.loaders import memory
from crm_metrics.loaders.reading.delimited import Delimited

SAMPLE = Path(__file__).parent.parent / "sample_data"


@pytest.fixture
def deals(tmp_path: Path) -> str:
    shutil.copy(SAMPLE / "hubspot-crm-exports-deals-2026-01-05.csv", tmp_path / "deals.csv")
    return str(tmp_path / "deals.csv")


def test_files_that_need_more_memory_than_there_is_are_refused(deals: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_SMALL", 0)
    monkeypatch.setattr(memory, "available", lambda: 250e6)
    monkeypatch.setattr(Delimited, "read", lambda *_, **__: pytest.fail("it was read"))
    result = CliRunner().invoke(app, ["report", deals])
    assert result.exit_code == 3
    assert "need at least 0.3 GB of memory, and 0.2 GB are free" in result.stderr
    assert "-m win_rate" in result.stderr


@pytest.mark.parametrize("free", [10e9, None])
def test_files_that_fit_and_files_of_which_nobody_knows_are_read(
    deals: str, free: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_SMALL", 0)
    monkeypatch.setattr(memory, "available", lambda: free)
    assert CliRunner().invoke(app, ["report", deals, "-m", "win_rate"]).exit_code == 0


def test_figures_of_more_segments_than_fit_are_refused(deals: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse, asked = memory.refuse_too_many, list[tuple[int, int]]()
    monkeypatch.setattr(memory, "refuse_too_many", lambda figures, segments: asked.append((figures, segments)))
    for by, kept in (([], 1), (["--by", "owner", "--top", "2"], 3), (["--by", "owner"], 8)):
        asked.clear()
        assert CliRunner().invoke(app, ["report", deals, "-m", "win_rate,revenue_won", *by]).exit_code == 0
        assert asked[-1][1] == kept
        assert (2 * 2 * kept, kept) in asked or not by  # two figures in two periods
    owners = max(figures for figures, _ in asked)

    monkeypatch.setattr(memory, "refuse_too_many", refuse)
    monkeypatch.setattr(memory, "_SMALL", 0)
    monkeypatch.setattr(memory, "refuse_too_large", lambda _: None)
    for bytes_, code in ((owners * memory._A_FIGURE, 0), (owners * memory._A_FIGURE - 1, 3)):
        monkeypatch.setattr(memory, "available", lambda bytes_=bytes_: bytes_)
        result = CliRunner().invoke(app, ["report", deals, "-m", "win_rate,revenue_won", "--by", "owner"])
        assert result.exit_code == code
        assert ("the figures of 8 segments need at least" in result.stderr) == (code == 3)


OF_SEGMENTS = {
    "report": ["--by", "owner"],
    "review": [],
    "goals": ["--config", str(SAMPLE / "goals.toml")],
    "trend": ["-m", "win_rate", "--by", "owner"],
    "why": ["win_rate"],
    "explain": ["win_rate", "--segment", "owner=Olivia Reyes"],
    "funnel": [],
    "products": [],
    "voice": ["--by", "team"],
}
OF_RECORDS = ("cohorts", "customers", "pipeline")  # a row a customer or deal, or a period: no more than the files hold


@pytest.mark.parametrize("command", [*OF_SEGMENTS, *OF_RECORDS])
def test_no_command_computes_figures_of_more_segments_than_fit(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_SMALL", 0)
    monkeypatch.setattr(memory, "refuse_too_large", lambda _: None)
    monkeypatch.setattr(memory, "available", lambda: memory._A_FIGURE * 2.0)  # those of two segments in one period
    result = CliRunner().invoke(app, [command, str(SAMPLE), *OF_SEGMENTS.get(command, ())])

    assert (result.exit_code == 3) == ("segments need at least" in result.stderr) == (command in OF_SEGMENTS)
    assert result.exit_code in (0, 3)


def test_few_columns_need_less_memory_than_many(deals: str, monkeypatch: pytest.MonkeyPatch) -> None:
    needed, seen = memory.needed, []
    monkeypatch.setattr(memory, "_SMALL", 0)
    monkeypatch.setattr(memory, "needed", lambda files: seen.append(needed(files)) or seen[-1])
    assert CliRunner().invoke(app, ["report", deals, "-m", "win_rate"]).exit_code == 0
    assert CliRunner().invoke(app, ["report", deals]).exit_code == 0
    few, many = (bytes_ - memory._PROGRAM for bytes_ in seen)
    assert 975 * 3 * memory._A_CELL < few < 0.8 * many < 975 * 20 * memory._A_CELL


@pytest.mark.parametrize("error", [MemoryError, pa.ArrowMemoryError])
def test_memory_that_runs_out_later_is_an_error_of_the_data(
    deals: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object, **__: object) -> None:
        raise error("malloc of size 862272 failed")

    monkeypatch.setattr(Delimited, "read", read)
    result = CliRunner().invoke(app, ["report", deals])
    assert result.exit_code == 3
    assert "do not fit into memory" in result.stderr


def test_the_free_memory_of_this_machine_is_between_a_megabyte_and_a_petabyte() -> None:
    free = memory.available()
    assert free is None or 1e6 < free < 1e15
