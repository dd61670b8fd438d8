"""The tables and views of a database that DuckDB opens: its own files, and what it can attach."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import pyarrow as pa

from crm_metrics.errors import DataError, UsageError, did_you_mean
from crm_metrics.loaders.reading.columnar import Columnar, columnar
from crm_metrics.loaders.reading.content import Content, of_file

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_CALLED = "database"
# Types of which Arrow has the same; other single values are read as text.
_PLAIN = re.compile(
    r"(BOOLEAN|U?(TINY|SMALL|BIG)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL.*|DATE|TIMESTAMP(_\w+| WITH TIME ZONE)?|VARCHAR)"
)
_NOT_SINGLE = re.compile(r".*\]|(STRUCT|MAP|UNION|BLOB|BIT|INTERVAL|GEOMETRY|VARIANT)\b.*")


def open_database(path: str, where: str, only: str | None) -> tuple[list[Columnar], list[str]]:
    """The tables and views of a database at `where` (a file, or what DuckDB attaches), and the names of views that cannot be
    read; of all `only` one, by its name, with its schema where that is not the main one. `path` is how users call it. Raises
    `UsageError` where DuckDB is not installed, and `DataError` for what cannot be opened and a table that is not there."""
    try:
        import duckdb
    except ImportError as error:
        raise UsageError(
            "databases are read with DuckDB, which is not installed",
            where=path,
            hint="Install it with: pip install 'crm-metrics[duckdb]'",
        ) from error
    connection = duckdb.connect(":memory:")
    content = of_file(path, Path(where)) if Path(where).is_file() else Content(path, lambda: cast(BinaryIO, BytesIO()))
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"ATTACH {_text(where)} AS {_CALLED} (READ_ONLY)")
        listed = connection.execute(
            "SELECT table_schema, table_name, table_type = 'VIEW' FROM information_schema.tables "
            f"WHERE table_catalog = '{_CALLED}' ORDER BY table_schema, table_name"
        ).fetchall()
    except duckdb.Error as error:
        problem = str(error).partition("\n")[0]
        raise DataError(f"DuckDB cannot open it: {problem}", where=path, hint=_way(str(error))) from error
    named = {_name(schema, name): (schema, name, is_view) for schema, name, is_view in listed}
    if only is not None and only not in named:
        raise DataError(f"has no table or view {only!r}. {did_you_mean(only, named)}", where=path)
    tables, unreadable = [], []
    for called, (schema, name, is_view) in named.items():
        if only is None or called == only:
            try:
                tables.append(_table(connection, content, f"{path}#{called}", schema, name, is_view=is_view))
            except duckdb.Error as error:
                problem = str(error).partition("\n")[0]
                if only is not None or not is_view:
                    raise DataError(f"DuckDB cannot read it: {problem}", where=f"{path}#{called}") from error
                unreadable.append(f"{path}#{called} (a view that fails: {problem})")
    return [table for table in tables if table.header], unreadable


def _table(
    connection: DuckDBPyConnection, content: Content, path: str, schema: str, name: str, *, is_view: bool
) -> Columnar:
    """A table or view with its columns of single values. Only tables know how many records they have."""
    import duckdb

    full_name = f"{_CALLED}.{_quoted(schema)}.{_quoted(name)}"

    def fetch(places: Sequence[int], most: int | None) -> pa.Table:
        # A connection of its own for each thread.
        cursor = connection.cursor()
        limit = "" if most is None else f" LIMIT {most}"
        wanted = ", ".join(columns[at] for at in places)
        try:
            table = cursor.sql(f"SELECT {wanted} FROM {full_name}{limit}").to_arrow_table()
        except duckdb.Error as error:
            problem = str(error).partition("\n")[0]
            raise DataError(f"DuckDB cannot read it: {problem}", where=path) from error
        return table

    described = [(label, kind) for label, kind, *_ in connection.execute(f"DESCRIBE {full_name}").fetchall()]
    single = [(label, kind) for label, kind in described if not _NOT_SINGLE.fullmatch(kind)]
    columns = [
        _quoted(label) if _PLAIN.fullmatch(kind) else f"{_quoted(label)}::VARCHAR AS {_quoted(label)}"
        for label, kind in single
    ]
    count = None if is_view else connection.execute(f"SELECT count(*) FROM {full_name}").fetchall()[0][0]
    return columnar(content, path, [label for label, _ in single], fetch, count)


def _name(schema: str, name: str) -> str:
    return name if schema in ("main", "public") else f"{schema}.{name}"


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _text(value: str) -> str:
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def _way(problem: str) -> str | None:
    """What helps where DuckDB lacks an extension that it would load from the internet."""
    lacking = re.search(r'extension "(\w+)"', problem)
    if lacking is None:
        return None
    install = f"import duckdb; duckdb.sql('INSTALL {lacking[1]}')"
    return f'Where the internet is reached: python -c "{install}"'
