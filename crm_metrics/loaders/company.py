"""The files of a question beside each other: what is read only to see whether their records repeat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from crm_metrics import schema
from crm_metrics.loaders import beside
from crm_metrics.loaders.reading import Raw
from crm_metrics.loaders.recognising import Recognised

AMOUNTS = ("amount", "mrr")  # which may have been corrected
TELLING = frozenset({*schema.ABOUT, *AMOUNTS, "subject"})  # what two records that are the same mostly have in common


def held(files: list[tuple[Raw, Recognised]]) -> set[str]:
    """The tables that the files hold, those beside another included."""
    tables = {recognised.layout.table for _, recognised in files}
    if any(beside.visits([*recognised.columns]) for _, recognised in files):
        tables.add("deal_stages")
    if any(name.startswith(beside.DEALS) for _, recognised in files for name in recognised.columns):
        tables.add("deals")
    return tables


@dataclass(frozen=True)
class Company:
    """How many files hold a table, and which tables they hold, those beside another included."""

    tables: Counter[str]
    held: set[str]

    @classmethod
    def of(cls, files: list[tuple[Raw, Recognised]]) -> Company:
        return cls(Counter(recognised.layout.table for _, recognised in files), held(files))

    def unread(self, recognised: Recognised, needs: Mapping[str, set[str]]) -> str | None:
        """The id of a file when it is only wanted to see whether one repeats; None when another file could repeat it, or
        when something reads it."""
        table = recognised.layout.table
        name = schema.TABLES[table].key or None
        joined = table == "customers" or (table == "leads" and "deals" in self.held)
        joined |= table == "deals" and "deal_stages" in needs
        others = "order_lines" in self.held or self.tables["orders"] > 1
        joined |= table == "orders" and (others or "original_id" in recognised.columns)
        return name if self.tables[table] == 1 and not joined and name not in needs.get(table, ()) else None

    def telling(self, recognised: Recognised) -> set[str]:
        """Columns that tell whether records of several files are the same: what they are about and come to, what costs were
        spent on."""
        table = recognised.layout.table
        if table == "spend" and self.tables[table] > 1:
            return {"campaign", "ad", "channel", "impressions"}
        # An answer is given once: no tool numbers it anew.
        return set(TELLING) if self.tables[table] > 1 and table != "responses" else set()
