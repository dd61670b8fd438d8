"""The tables as data: every file of the folder is read, and a mistake in one is not passed over."""

from __future__ import annotations

import pytest

from crm_metrics import schema
from crm_metrics.shipped import listed, shipped


@pytest.mark.parametrize("name", [name for name in listed("schema") if name != "shared"])
def test_every_file_of_tables_is_read(name: str) -> None:
    blocks = shipped("schema", name)

    assert {*blocks} <= {*schema.TABLES}
    assert all({*block.get("columns", ())} <= {*schema.TABLES[table].columns} for table, block in blocks.items())


def test_what_is_no_key_of_a_table_or_a_column_is_refused() -> None:
    with pytest.raises(TypeError, match="keyed"):
        schema._table("deals", {"about": "deals", "keyed": "deal_id", "columns": {}}, {})
    with pytest.raises(TypeError, match="need"):
        schema._table("deals", {"about": "deals", "columns": {"outcome": {"bool": "won", "need": ["stage"]}}}, {})
    with pytest.raises(ValueError, match="boolean"):
        schema._table("deals", {"about": "deals", "columns": {"outcome": {"boolean": "won"}}}, {})
