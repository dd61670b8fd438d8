"""All tables by name, and what can be asked about them."""

from collections.abc import Iterable

from crm_metrics.schema.billing import BILLING
from crm_metrics.schema.columns import Column, Schema
from crm_metrics.schema.derived import DERIVED, NEEDS
from crm_metrics.schema.lists import LISTS
from crm_metrics.schema.sales import SALES
from crm_metrics.schema.service import SERVICE

TABLES: dict[str, Schema] = {**SALES, **SERVICE, **BILLING, **LISTS, **DERIVED}

# Columns another table needs so that its rows can be joined to it.
_LINKS = ("customer", "customer_name", "customer_email")


def called(table: str) -> str:
    """What people call the rows of a table."""
    return TABLES[table].called or table


def is_derived(table: str) -> bool:
    """Whether the table's rows are made from those of other tables."""
    return bool(TABLES[table].bases)


def column(table: str, name: str) -> Column | None:
    """The column's description; for a derived table also that of its bases' columns; None for one not in the schema."""
    schema = TABLES[table]
    if name in schema.columns:
        return schema.columns[name]
    return next((TABLES[base].columns[name] for base in schema.bases if name in TABLES[base].columns), None)


def inputs(wanted: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """The columns that have to be read for the wanted `(table, column)` pairs, by table; ids, deletion flags and the
    dates that decide as-of are not included: a loader always reads those."""
    result: dict[str, set[str]] = {}
    seen: set[tuple[str, str]] = set()
    queue = list(wanted)
    while queue:
        table, name = queue.pop()
        if (table, name) in seen:
            continue
        seen.add((table, name))
        schema = TABLES[table]
        if schema.bases:
            queue += [_pair(need) for need in NEEDS[table]]
            if name not in schema.columns:
                queue += [(base, name) for base in schema.bases]
            continue
        names = result.setdefault(table, set())
        if name == "customer":
            names.update(link for link in _LINKS if link in schema.columns)
        names.add(name)
        known = schema.columns.get(name)
        queue += [_pair(need) for need in (known.needs if known else ())]
    return result


def _pair(need: str) -> tuple[str, str]:
    table, _, name = need.partition(".")
    return table, name
