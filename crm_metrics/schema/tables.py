"""All tables by name, and what can be asked about them."""

from collections.abc import Iterable
from dataclasses import replace

from crm_metrics.schema.billing import BILLING, LISTS
from crm_metrics.schema.columns import IDENTITY, Column, Link, Schema, made_from
from crm_metrics.schema.derived import DERIVED, NEEDS
from crm_metrics.schema.sales import SALES
from crm_metrics.schema.service import SERVICE


def _named(table: str, table_schema: Schema) -> Schema:
    """A table of files with the needs of its columns as `table.column`."""
    derived = {name: column for name, column in table_schema.columns.items() if column.needs}
    named = {
        name: replace(column, needs=made_from(**{table: " ".join(column.needs)})) for name, column in derived.items()
    }
    return replace(table_schema, columns=table_schema.columns | named)


TABLES: dict[str, Schema] = {name: _named(name, spec) for name, spec in (SALES | SERVICE | BILLING | LISTS).items()}
TABLES |= DERIVED

# The tables whose attributes others take, in the order in which they are asked for one.
LINKED: dict[str, Link] = dict(
    sorted(((name, of.link) for name, of in TABLES.items() if of.link), key=lambda pair: pair[1].rank)
)

# What became of a record, in one small set of words for each table that has states.
STATES: dict[str, tuple[str, ...]] = {name: of.states for name, of in TABLES.items() if of.states}


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
    """The columns that have to be read for the wanted `(table, column)` pairs, by table; keys, deletion flags and the
    moments that decide as-of are not included: a loader always reads those."""
    result: dict[str, set[str]] = {}
    visited: set[tuple[str, str]] = set()
    queue = list(wanted)
    while queue:
        table, name = queue.pop()
        if (table, name) in visited:
            continue
        visited.add((table, name))
        schema = TABLES[table]
        if schema.bases:
            queue += [_pair(need) for need in NEEDS[table]]
            if name not in schema.columns:
                queue += [(base, name) for base in schema.bases]
            continue
        names = result.setdefault(table, set())
        if name == "customer":
            names.update(name for name in IDENTITY if name in schema.columns)
        names.add(name)
        described = schema.columns.get(name)
        if described is not None:
            queue += [_pair(need) for need in described.needs]
            queue += [(table, companion) for companion in described.companions if companion in schema.columns]
    return result


def _pair(need: str) -> tuple[str, str]:
    table, _, name = need.partition(".")
    return table, name
