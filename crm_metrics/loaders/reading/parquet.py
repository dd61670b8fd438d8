"""Parquet files, read as the text table that they would be as CSV: what is told from the columns of text is told alike."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from io import BytesIO

from crm_metrics.errors import DataError
from crm_metrics.loaders.reading import limits
from crm_metrics.loaders.reading.content import Content, of_bytes


def as_csv(packed: Content) -> Content:
    """The rows of a Parquet file as CSV in UTF-8. Raises `DataError` for one that cannot be read, for columns that hold no
    single values, and for more than fits into memory."""
    import pyarrow as pa
    from pyarrow.csv import write_csv
    from pyarrow.parquet import ParquetFile

    out = BytesIO()
    try:
        file = ParquetFile(BytesIO(packed.all()))
        if (
            file.metadata.num_rows
            and sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
            > limits.LARGEST_WHOLE
        ):
            raise DataError(
                f"unpacks to more than {limits.LARGEST_WHOLE >> 20} MB", where=packed.path, hint="Give it in parts."
            )
        table = file.read()
        columns = [
            _flat(column, name, packed.path) for name, column in zip(table.column_names, table.columns, strict=True)
        ]
        write_csv(pa.table(columns, names=table.column_names), out)
    except (pa.ArrowException, OSError) as error:
        said = str(error).partition("\n")[0]
        raise DataError(f"is no Parquet file that can be read: {said}", where=packed.path) from error
    return replace(of_bytes(packed.path, out.getvalue()), packed=packed)


def _flat(column: object, name: str, path: str) -> object:
    """A column whose cells are single values, numbers with a fraction so that they can be read in one way only."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type  # type: ignore[attr-defined]
    if pa.types.is_nested(kind):
        raise DataError(f"the column {name} holds lists or records", where=path, hint="Write it without that column.")
    if pa.types.is_dictionary(kind):
        return pc.cast(column, kind.value_type)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return plain(column)
    return column


def plain(column: object) -> object:
    """Numbers as text that can be read in one way only: without an exponent, and never as 1.234, which could be one thousand
    two hundred and thirty-four."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.cast(column, pa.string())
    if pc.any(pc.match_substring(texts, "e")).as_py():
        cells = texts.to_pylist()
        texts = pa.array([format(Decimal(cell), "f") if cell and "e" in cell else cell for cell in cells], pa.string())
    return pc.replace_substring_regex(texts, r"^(-?\d{1,3}\.\d{3})$", r"\10")
