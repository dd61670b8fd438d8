"""The canonical tables as data: their columns, what each means, and which columns a derived one is made from; all tables by
name, from the TOML files of this folder, and what can be asked about them.

Names ending in `_at` are dates, in `_id` identifiers, starting with `is_` truth values. A column with `needs` is
derived when facts are made; `needs` names the columns it is made from, so that only those have to be read.

In the files a column is one line: its kind with what it means, then `needs`, `companions` and `remedy` where there are any.
What several tables have alike stands in `shared.toml`; they name it, with no more than the columns it is made from.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from crm_metrics.shipped import shipped


class Kind(StrEnum):
    """What the cells of a column are."""

    ID = "id"
    TEXT = "text"
    CATEGORY = "category"
    DATE = "date"
    NUMBER = "number"
    MONEY = "money"
    SHARE = "share"
    BOOL = "bool"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


NUMERIC = {Kind.NUMBER, Kind.MONEY, Kind.SHARE, Kind.MINUTES, Kind.HOURS, Kind.DAYS}
TEXTUAL = {Kind.ID, Kind.TEXT, Kind.CATEGORY}


@dataclass(frozen=True)
class Column:
    """One column: its kind, its meaning, and for a derived one the columns it is made from (`table.column`); `remedy` is
    what makes it available when a column alone does not; `companions` are columns of the same table without which its cells
    say less: they are read with it."""

    kind: Kind
    about: str
    needs: tuple[str, ...] = ()
    remedy: str = ""
    companions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """How rows of other tables take attributes of a table's rows, many to one: their `column` names its `key`. Only tables
    in `onto` take them, where there are any. The link with the lowest `rank` that has an attribute gives it. `attributes`
    are taken whenever both tables are asked about, whatever a report is by."""

    column: str
    key: str
    rank: int
    onto: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()

    def leads_to(self, table: str) -> bool:
        return not self.onto or table in self.onto


@dataclass(frozen=True)
class Schema:
    """A table. `bases` are the tables a derived table's rows come from, `made_from` what its own columns are made from,
    beside what is `decisive` in these: which of their rows count, and since when; every other column of it is that of a
    base. `called` is what people call its rows, where that is not the table's name.

    `key` is the column that tells its records apart; `identity` are the columns that name a customer, the surest first;
    `link` is how other tables take its attributes. `placed_by` is the date that places a row in time, which is when it came
    in; with `undated` a row without it is no mistake. `moments` are the dates of what has happened, which lie in the past;
    `traces` are further ones that place no figure and only say up to when the records are known; `ends` may lie ahead.
    `always` are columns that are read whatever is asked for. `states` are what a record can be, the first while it lasts."""

    about: str
    columns: dict[str, Column]
    bases: tuple[str, ...] = ()
    made_from: tuple[str, ...] = ()
    decisive: tuple[str, ...] = ()
    called: str = ""
    key: str = ""
    identity: tuple[str, ...] = ()
    link: Link | None = None
    placed_by: str = ""
    undated: bool = False
    moments: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


# The columns that name a customer, the surest first.
IDENTITY = ("customer", "customer_name", "customer_email")
# What says whom or what a record is about, where it has no date of its own to be told apart by.
ABOUT = frozenset((*IDENTITY, "name", "email", "product"))
RATES = "rates"
# What leads become before they are customers, in this order, and the dates of it.
LEAD_STAGES = {"mql": "became_mql_at", "sql": "became_sql_at", "opportunity": "became_opportunity_at"}


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
