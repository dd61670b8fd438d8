"""Parquet files as raw tables, of which only the columns that are asked for are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow.parquet import ParquetFile, write_table

from crm_metrics.errors import DataError
from crm_metrics.loaders.reading.columnar import Columnar, columnar, is_plain
from crm_metrics.loaders.reading.content import Content, of_bytes, steady

if TYPE_CHECKING:
    import pandas as pd


def open_parquet(content: Content) -> list[Columnar]:
    """The table in a Parquet file; none for one without columns. Raises `DataError` for one that cannot be read, and for
    columns that hold no single values."""

    def fetch(places: Sequence[int], most: int | None) -> pa.Table:
        wanted = [names[at] for at in places]
        with steady(content), _opened(content) as file:
            if most is None:
                table = file.read(columns=wanted)
            else:
                batches = file.iter_batches(most, columns=wanted)
                first = [batch for batch, _ in zip(batches, [None], strict=False)]
                table = pa.Table.from_batches(first, None if first else pa.schema(map(schema.field, wanted)))
            return pa.table({name: _decoded(table.column(name)) for name in wanted})

    with _opened(content) as file:
        schema, count = file.schema_arrow, file.metadata.num_rows
    names = schema.names
    if len(set(names)) < len(names):
        raise DataError("has two columns of one name", where=content.path, hint="Write it with different names.")
    for field in schema:
        if not is_plain(field.type):
            raise DataError(
                f"the column {field.name} holds lists or records",
                where=content.path,
                hint="Write it without that column.",
            )
    return [columnar(content, content.path, names, fetch, count)] if names else []


def of_frame(path: str, frame: pd.DataFrame) -> Content:
    """A table in memory as the bytes of a Parquet file; an index that has a name is a column. Raises `DataError` for a
    column that holds values of several kinds."""
    named = frame.reset_index() if any(frame.index.names) else frame
    stream = BytesIO()
    try:
        write_table(pa.Table.from_pandas(named, preserve_index=False), stream, store_schema=False)
    except (pa.ArrowException, ValueError, TypeError) as error:
        said = str(error).partition("\n")[0]
        hint = 'Make each column of one kind: df["amount"] = df["amount"].astype(str)'
        raise DataError(f"cannot be read as a table: {said}", where=path, hint=hint) from error
    return of_bytes(path, stream.getvalue())


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as text where it holds bytes, as which older programs write it."""
    return column.cast(pa.string()) if pa.types.is_binary(column.type) else column


@contextmanager
def _opened(content: Content) -> Iterator[ParquetFile]:
    """The file, for as long as something is read of it."""
    try:
        with content.open() if content.file is not None else BytesIO(content.all()) as stream:
            yield ParquetFile(stream)
    except (pa.ArrowException, OSError) as error:
        problem = str(error).partition("\n")[0]
        raise DataError(f"is no Parquet file that can be read: {problem}", where=content.path) from error
