"""All tables by name, from the TOML files of this folder, and what can be asked about them.

A column is one line: its kind with what it means, then `needs`, `companions` and `remedy` where there are any. What several
tables have alike stands in `shared.toml`; they name it, with no more than the columns it is made from.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from crm_metrics.schema.columns import IDENTITY, Column, Kind, Link, Schema
from crm_metrics.shipped import shipped


def _tables() -> dict[str, Schema]:
    """The tables that files hold, then those that are made from them."""
    tables: dict[str, Schema] = {}
    shared = shipped("schema", "shared")["columns"]
    for file in ("sales", "service", "billing", "lists", "derived"):
        blocks = shipped("schema", file)
        for name, block in blocks.items():
            own = block["columns"] if "columns" in block else blocks[block.pop("columns_of")]["columns"]
            tables[name] = _table(name, block | {"columns": own}, shared)
    return tables


def _table(name: str, block: dict[str, Any], shared: Mapping[str, dict[str, Any]]) -> Schema:
    own = block["columns"]
    parts = {key: _unchanging(value) for key, value in block.items()}
    parts["made_from"] = _made_from(block.get("made_from", {}))
    parts["decisive"] = _made_from({name: block.get("decisive", "")})
    parts["columns"] = {column: _column(name, shared.get(column, {}) | more) for column, more in own.items()}
    # What a derived column is made from stands for it among those that are always read.
    parts["always"] = tuple(need for key in block.get("always", ()) for need in own.get(key, {}).get("needs", [key]))
    if "link" in parts:
        parts["link"] = Link(**{key: _unchanging(value) for key, value in block["link"].items()})
    return Schema(**parts)


def _column(table: str, block: dict[str, Any]) -> Column:
    """A column: its kind with what it means, then what else there is to say. An amount is read with its currency."""
    (kind, about), *more = block.items()
    parts = {key: _unchanging(value) for key, value in more}
    parts["needs"] = tuple([f"{table}.{name}" for name in parts.get("needs", ())])
    parts["companions"] = (*parts.get("companions", ()), *(["currency"] if kind == "money" else ()))
    return Column(Kind(kind), about, **parts)


def _made_from(names: Mapping[str, str]) -> tuple[str, ...]:
    """Columns as `table.column`, those of each table in one text."""
    return tuple(f"{table}.{name}" for table, text in names.items() for name in text.split())


def _unchanging(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


TABLES = _tables()

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
            decisive = [need for base in schema.bases for need in TABLES[base].decisive]
            queue += [_pair(need) for need in (*schema.made_from, *decisive)]
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
