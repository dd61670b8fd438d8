"""Tables with typed columns: databases by DuckDB and Parquet files give the figures that the same records give as CSV."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from crm_metrics.loaders.reading import As, open_inputs
from tests.cli.running import crm_metrics

SAMPLE = Path(__file__).parent.parent / "sample_data"
FILES = {
    name: next(SAMPLE.glob(f"*{name}*.csv"))
    for name in ("deals", "companies", "leads", "nps", "tickets", "subscriptions")
} | {"orders": SAMPLE / "orders.csv", "order_lines": SAMPLE / "order_lines.csv"}
ASKED = ("-p", "2025-12", "-f", "csv", "-q")


@cache
def tables() -> dict[str, pa.Table]:
    """The newest records of the sample data, with the types that Arrow sees in them."""
    lax = pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=lambda row: "skip")
    read = {name: pa_csv.read_csv(path, parse_options=lax) for name, path in FILES.items()}
    return {name: table.slice(max(table.num_rows - 300, 0)) for name, table in read.items()}


def as_csv(folder: Path) -> list[str]:
    for name, table in tables().items():
        pa_csv.write_csv(table, folder / f"{name}.csv")
    return [str(folder)]


def as_xlsx(folder: Path) -> list[str]:
    book = Workbook(write_only=True)
    for name, table in tables().items():
        sheet = book.create_sheet(name)
        sheet.append(table.column_names)
        columns = [column.to_pylist() for column in table.columns]
        for row in zip(*columns, strict=True):
            sheet.append(row)
    book.save(folder / "crm.xlsx")
    return [str(folder / "crm.xlsx")]


def as_parquet(folder: Path) -> list[str]:
    for name, table in tables().items():
        pq.write_table(table, folder / f"{name}.parquet")
    return [str(folder)]


def as_duckdb(folder: Path) -> list[str]:
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(str(folder / "crm.db")) as connection:
        for name, table in tables().items():
            connection.register("given", table)
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
        connection.execute("ALTER TABLE deals RENAME TO kept")
        connection.execute("CREATE VIEW deals AS SELECT * FROM kept")
        connection.execute("CREATE SCHEMA other; CREATE TABLE other.notes AS SELECT 1 AS x, ['a'] AS tags")
    return [f"duckdb:{folder / 'crm.db'}#{name}" for name in FILES]


def as_sqlite(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "crm.sqlite") as connection:
        for name, table in tables().items():
            declared = ", ".join(
                f'"{one.name.replace(chr(34), chr(34) * 2)}" {_declared(one.type)}' for one in table.schema
            )
            connection.execute(f"CREATE TABLE {name} ({declared})")
            rows = zip(*(_stored(column) for column in table.columns), strict=True)
            marks = ", ".join("?" * table.num_columns)
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
    connection.close()
    return [f"duckdb:{folder / 'crm.sqlite'}"]


def _declared(kind: pa.DataType) -> str:
    return "INTEGER" if pa.types.is_integer(kind) else "REAL" if pa.types.is_floating(kind) else "TEXT"


def _stored(column: pa.ChunkedArray) -> list[object]:
    is_number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    return (column if is_number else column.cast(pa.string())).to_pylist()


@pytest.fixture
def extensions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB with what it needs for SQLite, which it would load from the internet."""
    duckdb = pytest.importorskip("duckdb")
    found = find_spec("duckdb_extension_sqlite_scanner")
    if found is None or found.origin is None:
        pytest.skip("duckdb-extension-sqlite-scanner is not installed")
    shipped = Path(found.origin).parent / "extensions" / f"v{duckdb.__version__}"
    (platform,) = duckdb.sql("PRAGMA platform").fetchone()
    home = tmp_path / "home"
    folder = home / ".duckdb" / "extensions" / f"v{duckdb.__version__}" / platform
    folder.mkdir(parents=True)
    shutil.copy(shipped / "sqlite_scanner.duckdb_extension", folder)
    monkeypatch.setenv("HOME", str(home))


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The figures of the records as CSV."""
    done = crm_metrics("report", *as_csv(tmp_path_factory.mktemp("csv")), *ASKED)
    assert (done.code, len(done.rows) > 100) == (0, True)
    return done.out


@pytest.mark.parametrize("made", [as_xlsx, as_parquet, as_duckdb, as_sqlite])
def test_the_figures_are_the_same_in_whatever_the_records_lie(
    made: Callable[[Path], list[str]], figures: str, tmp_path: Path, request: pytest.FixtureRequest
):
    if made is as_sqlite:
        request.getfixturevalue("extensions")
    done = crm_metrics("report", *made(tmp_path), *ASKED)
    assert (done.code, done.err) == (0, "")
    assert done.out == figures


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a database of a few deals of many types, and of what is no table of records."""
    duckdb = pytest.importorskip("duckdb")
    monkeypatch.chdir(tmp_path)
    with duckdb.connect("crm.db") as connection:
        connection.execute(
            "CREATE TABLE deals AS SELECT uuid() AS deal_id, 'Closed Won'::ENUM('Closed Won') AS stage, "
            "1.234::DECIMAL(12, 3) AS amount, TIMESTAMPTZ '2025-03-31 23:30:00-02' AS closed_at, ['a'] AS tags, "
            "'x'::BLOB AS file, INTERVAL 1 DAY AS waited FROM range(3)"
        )
        connection.execute("INSERT INTO deals (deal_id) VALUES (NULL)")  # a row of nothing
        connection.execute(
            "CREATE TABLE gone AS SELECT 1 AS deal_id; CREATE VIEW broken AS SELECT * FROM gone; DROP TABLE gone"
        )
        connection.execute("CREATE SCHEMA sales; CREATE VIEW sales.march AS SELECT * EXCLUDE (tags) FROM deals")
    return tmp_path


MARCH = ("-m", "deals_won,revenue_won", "-f", "csv", "-q")


def test_every_type_of_a_single_value_is_read_and_a_row_of_nothing_is_no_record(database: Path):
    done = crm_metrics("report", "duckdb:crm.db#deals", "-p", "2025-04", "--timezone", "UTC", *MARCH)
    assert (done.code, done.values) == (0, {"deals_won": "3", "revenue_won": "3.702"})


def test_a_moment_with_a_zone_is_that_of_the_report(database: Path):
    done = crm_metrics("report", "duckdb:crm.db#deals", "-p", "2025-03", "--timezone", "America/New_York", *MARCH)
    assert done.values["deals_won"] == "3"


def test_records_that_a_view_shows_again_count_once(database: Path):
    done = crm_metrics("report", "duckdb:crm.db", "-p", "2025-04", "--timezone", "UTC", *MARCH)
    assert (done.code, done.values["deals_won"]) == (0, "3")


def test_a_view_that_fails_is_passed_over_and_said(database: Path):
    done = crm_metrics("report", "duckdb:crm.db", "-p", "2025-04", "-m", "deals_won", "-v")
    assert "ignored: duckdb:crm.db#broken (a view that fails: " in done.err
    asked_for = crm_metrics("report", "duckdb:crm.db#broken")
    assert (asked_for.refusal, "duckdb:crm.db#broken" in asked_for.err) == ((3, "", False), True)


def test_the_database_is_not_changed(database: Path):
    before = Path("crm.db").read_bytes()
    assert crm_metrics("scan", "duckdb:crm.db").code == 0
    assert (Path("crm.db").read_bytes(), sorted(path.name for path in database.iterdir())) == (before, ["crm.db"])


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("duckdb:crn.db", 2, "Did you mean duckdb:crm.db?"),
        ("duckdb:notes.txt", 3, "DuckDB cannot open it: "),
        ("duckdb:crm.db#dealz", 3, "has no table or view 'dealz'. Did you mean deals?"),
        ("crm.db", 3, "Give it as duckdb:crm.db"),
        ("crm.sqlite", 3, "Give it as duckdb:crm.sqlite"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_a_way(path: str, code: int, said: str, database: Path):
    Path("notes.txt").write_text("a" * 10_000)
    with sqlite3.connect("crm.sqlite") as connection:
        connection.execute("CREATE TABLE deals (id)")
    connection.close()
    done = crm_metrics("report", path)
    assert (done.refusal, said in done.err) == ((code, "", False), True)


def test_an_extension_that_is_not_there_is_said_with_how_to_get_it(database: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(database / "nobody"))
    done = crm_metrics("report", "duckdb:no_such_scheme:dbname=crm")
    assert (done.refusal, "DuckDB cannot open it: " in done.err) == ((3, "", False), True)


def test_without_duckdb_the_line_that_installs_it_is_given(database: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    done = crm_metrics("report", "duckdb:crm.db")
    assert (done.refusal, "pip install 'crm-metrics[duckdb]'" in done.err) == ((2, "", False), True)


def test_paths_of_a_settings_file_are_seen_from_its_folder(database: Path, monkeypatch: pytest.MonkeyPatch):
    assert crm_metrics("init", "duckdb:crm.db#deals", "-q").code == 0
    assert "duckdb:crm.db#deals" in Path("crm-metrics.toml").read_text()
    (database / "below").mkdir()
    monkeypatch.chdir(database / "below")
    done = crm_metrics("report", "--config", "../crm-metrics.toml", "-p", "2025-04", "--timezone", "UTC", *MARCH)
    assert (done.code, done.values["deals_won"]) == (0, "3")


def test_only_the_columns_of_a_question_are_read(tmp_path: Path):
    as_parquet(tmp_path)
    (raw,) = open_inputs([str(tmp_path / "deals.parquet")]).tables
    fetched: list[list[int]] = []
    fetch = raw.fetch  # type: ignore[attr-defined]
    raw.fetch = lambda places, most: fetched.append([*places]) or fetch(places, most)  # type: ignore[attr-defined]
    cells = raw.read({5: As.FLOAT, 0: As.PLAIN})
    assert (fetched, list(cells.columns), cells.rows[0]) == ([[5, 0]], [5, 0], 2)


@pytest.mark.parametrize(
    ("column", "kind", "expected"),
    [
        (pa.array([1, None, 3]), As.INTEGER, [1, None, 3]),
        (pa.array([1.5, float("nan"), 3]), As.FLOAT, [1.5, None, 3.0]),
        (pa.array([1.5, float("inf"), 3]), As.FLOAT, ["1.5", "inf", "3"]),
        (pa.array([1.0, 2.0, 3.0]), As.INTEGER, [1, 2, 3]),
        (pa.array([1.0, 2.5, 3.0]), As.INTEGER, ["1", "2.5", "3"]),
        (pa.array([1.234, None, 5e17]), As.TEXT, ["1.2340", None, "500000000000000000"]),
        (pa.array([True, False, None]), As.TEXT, ["true", "false", None]),
        (pa.array([-2208988800, 0, None], pa.timestamp("s")), As.MOMENT, [None, 0, None]),  # 1900-01-01 is missing
        (pa.array([1500, None], pa.timestamp("ns")), As.TEXT, ["1970-01-01 00:00:00.000001", None]),
        (pa.array(["a", "", None]).dictionary_encode(), As.TEXT, ["a", None, None]),
    ],
)  # fmt: skip
def test_a_column_with_a_type_says_what_its_text_would_say(
    column: pa.Array, kind: As, expected: list[object], tmp_path: Path
):
    pq.write_table(pa.table({"a": column, "b": ["x", "y", "z"][: len(column)]}), tmp_path / "a.parquet")
    (raw,) = open_inputs([str(tmp_path / "a.parquet")]).tables
    cells = raw.read({0: kind}, ["nan", "1900-01-01"]).columns[0]
    read = cells.cast(pa.int64()) if pa.types.is_timestamp(cells.type) else cells
    assert read.to_pylist() == expected
