"""What a history is made of: digests of rows, definitions, figures that are paired, and a file that stays whole."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from crm_metrics import api
from crm_metrics.errors import UsageError
from crm_metrics.history import digests, figures, store
from crm_metrics.history.digests import Input, Run, causes
from crm_metrics.history.figures import GONE, Figure, pairs, restated
from crm_metrics.history.keeping import Keeping
from crm_metrics.loaders.reading import open_inputs
from crm_metrics.metrics.catalog import built_in
from crm_metrics.reporting.report import RowChanges
from crm_metrics.settings import Settings


def rows(folder: Path, text: str, *, id_at: int | None = 0) -> digests.Rows:
    """The digests of a CSV file with this text."""
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    found = digests.rows_of(open_inputs([str(path)]).tables[0], id_at)
    assert found is not None
    return found


START = "Id,Owner,Amount\n1,Ann,10\n2,Ben,20\n3,Ben,20\n3,Ben,20\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (START, RowChanges(0, 0, 0)),
        ("Owner,Amount,Id\nBen,20,3\nBen,20,3\nBen,20,2\nAnn,10,1\n", RowChanges(0, 0, 0)),
        (START.replace("1,Ann,10", "1,Ann,11"), RowChanges(0, 1, 0)),
        (START.replace("1,Ann,10", "9,Ann,10"), RowChanges(1, 0, 1)),
        (START.replace("3,Ben,20\n3", "3"), RowChanges(0, 0, 1)),
        (START + "3,Ben,20\n4,Cleo,5\n", RowChanges(2, 0, 0)),
        (START.replace("Ann,10", "10,Ann"), RowChanges(0, 1, 0)),  # the same cells in other columns
        ("Id,Owner,Amount,Note\n1,Ann,10,\n2,Ben,20,\n3,Ben,20,\n3,Ben,20,\n", RowChanges(0, 0, 0)),
        ("Id,Owner,Amount,Note\n1,Ann,10,\n2,Ben,20,x\n3,Ben,20,\n", RowChanges(0, None, 1)),
    ],
)
def test_rows_that_came_changed_and_went_are_counted(tmp_path: Path, text: str, expected: RowChanges):
    at = text.splitlines()[0].split(",").index("Id")
    assert digests.changes([rows(tmp_path, START)], [rows(tmp_path, text, id_at=at)]) == expected


def test_without_ids_a_changed_row_is_one_gone_and_one_added(tmp_path: Path):
    before, now = rows(tmp_path, START, id_at=None), rows(tmp_path, START.replace("Ann", "Zoe"), id_at=None)
    assert digests.changes([before], [now]) == RowChanges(1, 0, 1)


def test_other_columns_without_ids_cannot_be_compared(tmp_path: Path):
    before, now = rows(tmp_path, START, id_at=None), rows(tmp_path, START.replace("Amount", "Sum"), id_at=None)
    assert digests.changes([before], [now]) is None


def test_a_row_that_cannot_be_read_counts(tmp_path: Path):
    before, now = rows(tmp_path, START), rows(tmp_path, START + "4,Ann,1,2,3,4\n")
    assert digests.changes([before], [now]) == RowChanges(1, 0, 0)


def test_a_file_may_be_split(tmp_path: Path):
    parts = [
        rows(tmp_path, "Id,Owner,Amount\n1,Ann,10\n3,Ben,20\n"),
        rows(tmp_path, "Id,Owner,Amount\n2,Ben,20\n3,Ben,20\n"),
    ]
    assert digests.changes([rows(tmp_path, START)], parts) == RowChanges(0, 0, 0)


_SMALL = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4)), max_size=12)


@given(_SMALL, _SMALL)
def test_counts_add_up(old: list[tuple[int, int]], new: list[tuple[int, int]]):
    def made(pairs: list[tuple[int, int]]) -> digests.Rows:
        ids = np.array([one for one, _ in pairs], np.uint64)
        return digests.Rows(("A",), ids, np.array([two for _, two in pairs], np.uint64))

    before, now = made(old), made(new)
    again = [digests.unpacked(one.labels, one.packed(), len(one.contents)) for one in (before, now)]
    found = digests.changes([before], [now])
    assert found == digests.changes(again[:1], again[1:])
    if old and new:
        assert found is not None
        assert found.changed is not None
        assert len(new) - len(old) == found.added - found.gone
        assert min(found.added, found.changed, found.gone) >= 0


def test_digests_are_the_same_in_another_process(tmp_path: Path):
    code = "from crm_metrics.history import digests; print(digests.scheme())"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == digests.scheme()
    assert rows(tmp_path, START).contents[0] != rows(tmp_path, START).contents[1]


def test_a_definition_holds_what_the_formula_uses():
    catalog = built_in()
    one = figures.definition(catalog["win_rate"], catalog, Settings())
    assert {"win_rate", "deals_won", "closed_deals"} <= json.loads(one.text)["metrics"].keys()
    assert "deals" in one.tables
    assert "tickets" not in one.tables
    assert figures.definition(catalog["win_rate"], built_in(), Settings()) == one


@pytest.mark.parametrize(
    ("metric", "setting", "matters"),
    [
        ("clv", {"gross_margin": 0.5}, True),
        ("win_rate", {"gross_margin": 0.5}, False),
        ("win_rate", {"won_stages": ("Signed",)}, True),
        ("nps", {"won_stages": ("Signed",)}, False),
        ("win_rate", {"timezone": "Europe/Berlin"}, True),
        ("win_rate", {"week_start": "sunday"}, False),
        ("cac_lagged", {"cac_lag_days": 45}, True),
        ("cac", {"cac_lag_days": 45}, False),
        ("lead_conversion_rate", {"conversion_days": 30}, True),
    ],
)
def test_a_setting_is_part_of_the_definitions_it_changes(metric: str, setting: dict[str, object], matters: bool):
    catalog = built_in()
    plain = figures.definition(catalog[metric], catalog, Settings())
    other = figures.definition(catalog[metric], catalog, Settings(**setting))  # type: ignore[arg-type]
    assert (plain.digest != other.digest) is matters
    assert bool(figures.changes(plain.text, other.text)) is matters


def figure(value: float | None, *, segment: str = "{}", currency: str = "", status: str = "ok", n: int = 1) -> Figure:
    return Figure(segment, currency, value, n, status, "" if value is not None else "no-rows")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (figure(1.0), figure(1.0 + 1e-15), False),
        (figure(1.0), figure(1.001), True),
        (figure(1.0), figure(None), True),
        (figure(None), figure(0.0), True),
        (figure(None), figure(None), False),
        (figure(1.0, status="partial"), figure(2.0), False),
        (figure(1.0), figure(1.0, n=2), False),
        (figure(10.0, currency="EUR"), figure(10.0, currency="USD"), True),
        (figure(0.0, n=0), figure(None, status=GONE, n=0), False),
        (figure(None, status=GONE, n=0), figure(3.0), True),
    ],
)
def test_what_counts_as_restated(old: Figure, new: Figure, expected: bool):
    assert restated(old, new) is expected


def test_a_segment_in_several_currencies_is_paired_by_currency():
    one, two = figure(1.0, currency="EUR"), figure(2.0, currency="USD")
    three = figure(3.0, currency="EUR")
    assert pairs([one, two], [three], came=True, went=False) == [(one, three)]
    found = pairs([one], [three, two], came=True, went=True)
    assert found[0] == (one, three)
    assert (found[1][0].status, found[1][1]) == (GONE, two)


def test_a_later_day_is_the_reason_where_nothing_else_is():
    run = [Run("", "1", day, ()) for day in ("2025-01-01", "2025-01-02")]
    [cause] = causes(
        *run, '{"metrics": {}, "settings": {}}', '{"metrics": {}, "settings": {}}', {"deals"}, segmented=False
    )
    assert (cause.kind, cause.what) == ("as-of", ("as of 2025-01-01 → 2025-01-02",))


def test_another_version_of_the_program_is_a_reason():
    same = '{"metrics": {}, "settings": {}}'
    found = causes(Run("", "1", "", ()), Run("", "2", "", ()), same, same, set(), segmented=False)
    assert [cause.what for cause in found] == [("crm-metrics 1 → 2",)]


def test_digests_made_in_another_way_are_not_compared():
    def run(sha: str, scheme: str) -> Run:
        return Run("", "1", "", (Input("deals.csv", "deals", 2, sha, "", scheme, 0, b"", ()),))

    same = '{"metrics": {}, "settings": {}}'
    [cause] = causes(run("a", "old"), run("b", "new"), same, same, {"deals"}, segmented=False)
    assert (cause.kind, cause.rows) == ("files", None)


ADDING = """
import os, signal, sqlite3, sys
from pathlib import Path
from crm_metrics.history import store

path = Path(sys.argv[1])
with store.opened(path, create=True) as connection:
    connection.execute("PRAGMA cache_size = 5")  # pages reach the file before the transaction ends
    with store.transaction(connection, path):
        for at in range(2000):
            connection.execute(
                "INSERT INTO definitions (digest, text) VALUES (?, ?)", (f"killed {at}", "x" * 2000)
            )
        print("half", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("earlier", [True, False], ids=["a history", "a new file"])
def test_a_run_that_is_killed_leaves_the_file_whole(tmp_path: Path, earlier: bool):
    path = tmp_path / "h.db"
    if earlier:
        add(path, "before")
    done = subprocess.run([sys.executable, "-c", ADDING, str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGKILL, "half\n", "")
    assert (tmp_path / "h.db-journal").exists()
    add(path, "after")
    assert kept(path) == [*(["before"] if earlier else []), "after"]
    with store.opened(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def add(path: Path, digest: str) -> None:
    with store.opened(path, create=True) as connection, store.transaction(connection, path):
        connection.execute("INSERT INTO definitions (digest, text) VALUES (?, '')", (digest,))


def add_many(path: Path, name: int) -> None:
    for at in range(15):
        add(path, f"{name} {at}")


def kept(path: Path) -> list[str]:
    with store.opened(path) as connection:
        return [row[0] for row in connection.execute("SELECT digest FROM definitions ORDER BY id")]


def test_several_processes_write_one_after_another(tmp_path: Path):
    path = tmp_path / "h.db"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=add_many, args=(path, name)) for name in range(4)]
    for one in processes:
        one.start()
    for one in processes:
        one.join(60)
    assert [one.exitcode for one in processes] == [0] * 4
    assert sorted(kept(path)) == sorted(f"{name} {at}" for name in range(4) for at in range(15))
    assert [entry.name for entry in tmp_path.iterdir()] == ["h.db"]


def test_a_run_that_waits_too_long_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "h.db"
    add(path, "before")
    monkeypatch.setattr(store, "WAIT_SECONDS", 0.1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UsageError, match="another run has been writing the history"):
        add(path, "late")
    other.execute("ROLLBACK")
    other.close()
    add(path, "late")
    assert kept(path) == ["before", "late"]


def test_what_goes_wrong_in_the_middle_is_taken_back(tmp_path: Path):
    path = tmp_path / "h.db"
    add(path, "before")
    with pytest.raises(UsageError, match="damaged or cannot be used"):
        add(path, "before")  # must be unique
    assert kept(path) == ["before"]


def keeping(path: Path, history: Path) -> Keeping:
    """A report on a file of deals, and the history it belongs to."""
    asked = api.query(period="2025-03", metrics=["revenue_won"], settings=Settings(as_of=date(2025, 6, 30)))
    dataset = api.load([str(path)], asked)
    return Keeping(history, api.compute(dataset, asked), dataset, asked.catalog, complete=True)


def deals(folder: Path, amount: int) -> Path:
    """A file with one deal of this amount."""
    path = folder / "deals.csv"
    path.write_text(f"Deal ID,Stage,Amount,Close Date\n1,Won,{amount},2025-03-04\n2,Lost,5,2025-06-30\n")
    return path


def test_a_file_with_a_name_that_is_no_text_is_kept(tmp_path: Path):
    path = tmp_path / os.fsdecode(b"deals-\xff.csv.gz")
    try:
        path.write_bytes(gzip.compress(deals(tmp_path, 10).read_bytes()))
    except (OSError, UnicodeEncodeError):
        pytest.skip("the file system takes no such name")
    one = keeping(path, tmp_path / "h.db")
    assert (one.look(), one.keep()) == ([], [])


def test_what_another_run_recorded_meanwhile_is_told_too(tmp_path: Path):
    first = keeping(deals(tmp_path, 10), tmp_path / "h.db")
    assert first.look() == []
    second = keeping(deals(tmp_path, 20), tmp_path / "h.db")
    assert second.look() == []  # neither knows of the other
    assert first.keep() == []
    [late] = second.keep()
    assert (late.before, late.now) == (10, 20)
    assert late.because[0].rows == RowChanges(0, 1, 0)


def test_digests_are_kept_only_where_a_later_run_may_compare(tmp_path: Path):
    for amount in (10, 20, 30):
        one = keeping(deals(tmp_path, amount), tmp_path / "h.db")
        assert [told.because[0].rows for told in one.look()] == ([] if amount == 10 else [RowChanges(0, 1, 0)])
        assert one.keep() == []
    with store.opened(tmp_path / "h.db") as connection:
        found = connection.execute("SELECT digests IS NOT NULL FROM files ORDER BY id").fetchall()
    assert found == [(0,), (0,), (1,)]
