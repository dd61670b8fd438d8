"""`crm-metrics init`: a settings file from what was found, which reads back as settings."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest

from crm_metrics import api, settings
from crm_metrics.commands.init.starting import settings_text
from crm_metrics.settings import Settings
from crm_metrics.settings.files import described
from crm_metrics.tables import Dataset
from tests.cli.running import crm_metrics
from tests.properties.figures import is_same

READING = {"paths", "encoding", "date_order", "decimal", "columns", "files", "states"}  # they decide how a file is read
VENDORS = Path(__file__).parents[1] / "vendors"

DAY_FIRST = "Deal ID;Stage;Amount;Close Date\nD1;Proposal;1.234,50;25/04/2025\nD2;Closed Lost;50,00;05/04/2025\n"
AMBIGUOUS = "Deal ID,Stage,Amount,Close Date\nD1,Closed Won,100,03/04/2025\nD2,Closed Lost,50,05/04/2025\n"


def written(folder: Path) -> str:
    return (folder / "crm-metrics.toml").read_text(encoding="utf-8")


def test_what_is_written_reads_back_as_settings(sample: Path):
    done = crm_metrics("init", "sample_data")
    assert (done.code, done.out) == (0, "crm-metrics.toml is written.\n")
    assert settings.load(Path("crm-metrics.toml")).paths == ("sample_data",)


def test_reports_are_the_same_with_it(sample: Path):
    asked = ("report", "sample_data", "-f", "csv", "-q", "-p", "2025")
    before = crm_metrics(*asked).out
    crm_metrics("init", "sample_data")
    assert crm_metrics(*asked).out == before


def rows(dataset: Dataset, these: Settings) -> pd.DataFrame:
    return api.compute(dataset, api.query(settings=these)).rows


@pytest.mark.parametrize("name", sorted(path.name for path in VENDORS.iterdir() if (path / "expected.json").exists()))
def test_no_figure_changes_with_it(name: str, tmp_path: Path):
    """What is put in force is what was read without it."""
    path, target = str(VENDORS / name), tmp_path / "crm-metrics.toml"
    target.write_text(settings_text(api.scan([path]), Settings(paths=(path,))), encoding="utf-8")
    chosen = settings.load(target)
    before, after = (api.load([path], api.query(settings=these)) for these in (Settings(), chosen))
    of_equal_data = is_same(before, after) and chosen.changed.keys() <= READING  # nothing is left that could differ
    assert of_equal_data or rows(after, chosen).equals(rows(before, Settings()))


def test_every_setting_stands_in_it_with_its_meaning(sample: Path):
    crm_metrics("init", "sample_data")
    text = written(sample)
    assert [setting.name for setting in described() if f"# {setting.name}: {setting.about}" not in text] == []


def test_every_example_in_it_is_valid(folder: Path):
    """Taking the # away from the lines of a setting must not be a mistake."""
    crm_metrics("init", "deals.csv")
    for block in written(folder).split("\n\n"):
        lines = [line.removeprefix("# ") for line in block.splitlines() if not line.startswith(("#   ", "#\n"))]
        text = "\n".join(line for line in lines[1:] if line != "#")
        if block.startswith("# Settings of"):
            continue
        values = tomllib.loads(text)
        if "metrics_file" not in values and "vendor_files" not in values:
            settings.validated(values, "init")


def test_stages_and_what_the_files_prove_are_in_force(folder: Path):
    (folder / "deals-2025-05-01.csv").write_text(DAY_FIRST)
    crm_metrics("init", "deals-2025-05-01.csv")
    values = tomllib.loads(written(folder))
    assert values["files"] == [{"path": "deals-*.csv", "date_order": "dmy", "decimal": ","}]
    assert values["lost_stages"] == ["Closed Lost"]
    assert "#   Proposal: open (1 deals)" in written(folder)


def test_a_question_stands_in_it_with_its_answers(folder: Path):
    (folder / "deals.csv").write_text(AMBIGUOUS)
    done = crm_metrics("init", "deals.csv")
    text = written(folder)
    assert (done.code, "To be settled in it: deals.csv" in done.out) == (0, True)
    assert [line for line in ('# date_order = "dmy"', '# date_order = "mdy"') if line not in text.splitlines()] == []
    (folder / "crm-metrics.toml").write_text(text.replace('# date_order = "dmy"', 'date_order = "dmy"'))
    assert crm_metrics("report", "-m", "revenue_won", "-p", "2025-04", "-f", "csv", "-q").values == {
        "revenue_won": "100.0"
    }


def test_what_was_given_is_in_force(folder: Path):
    (folder / "deals.csv").write_text(AMBIGUOUS)
    crm_metrics("init", "deals.csv", "--date-order", "mdy", "--set", "gross_margin=0.8")
    values = tomllib.loads(written(folder))
    assert (values["date_order"], values["gross_margin"], values.get("files")) == ("mdy", 0.8, None)


def test_the_currency_seen_is_named_but_not_in_force(folder: Path):
    (folder / "deals.csv").write_text("Deal ID,Stage,Amount,Currency\nD1,Won,10,EUR\nD2,Won,20,EUR\n")
    crm_metrics("init", "deals.csv")
    assert ('# currency = "EUR"' in written(folder), "currency" in tomllib.loads(written(folder))) == (True, False)


def test_a_file_that_is_there_is_never_overwritten(folder: Path):
    (folder / "crm-metrics.toml").write_text("gross_margin = 0.5\n")
    done = crm_metrics("init", "deals.csv")
    assert (done.code, "--force" in done.err, written(folder)) == (2, True, "gross_margin = 0.5\n")


def test_force_overwrites_and_the_old_file_decides_nothing(folder: Path):
    (folder / "crm-metrics.toml").write_text("no such setting\n")
    assert crm_metrics("init", "deals.csv", "--force").code == 0
    assert "gross_margin = 1.0" in written(folder)


def test_paths_are_relative_to_the_file(folder: Path):
    (folder / "conf").mkdir()
    assert crm_metrics("init", "deals.csv", "-o", "conf/crm-metrics.toml").code == 0
    assert settings.load(folder / "conf" / "crm-metrics.toml").paths == (str(folder / "conf" / "../deals.csv"),)


def test_without_a_path_the_working_folder_is_looked_at(folder: Path):
    assert crm_metrics("init").code == 0
    assert "deals.csv: deals, 6 rows" in written(folder)


@pytest.mark.parametrize("text", ["x,y\n1,2\n", ""])
def test_nothing_is_written_when_nothing_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd.csv").write_text(text)
    assert crm_metrics("init", "odd.csv").code == 4
    assert not (tmp_path / "crm-metrics.toml").exists()


def test_a_stage_with_odd_characters_reads_back(folder: Path):
    (folder / "deals.csv").write_text('Deal ID,Stage,Amount\nD1,"Sold ""big"" \\ 7\x7f",10\nD2,Closed Won,1\n')
    assert crm_metrics("init", "deals.csv", "--set", "won_stages=['Sold \"big\" \\ 7']").code == 0
    assert tomllib.loads(written(folder))["won_stages"] == ['Sold "big" \\ 7']


def test_where_no_file_can_be_read_nothing_is_written(folder: Path):
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04 cut short")
    done = crm_metrics("init", "broken.xlsx")
    assert (done.refusal, "broken.xlsx" in done.err) == ((3, "", False), True)
    assert not (folder / "crm-metrics.toml").exists()


def test_a_file_that_cannot_be_read_is_named_and_the_settings_of_the_others_written(folder: Path):
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04 cut short")
    done = crm_metrics("init", ".")
    assert (done.code, "Not read: ./broken.xlsx: cannot be unpacked" in done.err) == (0, True)
    assert "#   ./broken.xlsx: not read: cannot be unpacked" in (folder / "crm-metrics.toml").read_text()
