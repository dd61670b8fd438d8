"""What a table and a column are.

Names ending in `_at` are dates, in `_id` identifiers, starting with `is_` truth values. A column with `needs` is
derived when facts are made; `needs` names the columns it is made from, so that only those have to be read.
"""

from dataclasses import dataclass
from enum import StrEnum


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
