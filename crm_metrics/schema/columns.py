"""What a table and a column are, and the columns that several tables share.

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
    what makes it available when a column alone does not."""

    kind: Kind
    about: str
    needs: tuple[str, ...] = ()
    remedy: str = ""


@dataclass(frozen=True)
class Schema:
    """A table. `bases` are the tables a derived table's rows come from; `clocks` are the dates that say how far the
    data reaches; `called` is what people call its rows, where that is not the table's name."""

    about: str
    columns: dict[str, Column]
    bases: tuple[str, ...] = ()
    clocks: tuple[str, ...] = ()
    called: str = ""


def define(kind: Kind, about: str, *needs: str, remedy: str = "") -> Column:
    """A column of a table; `needs` are the columns that a derived one is made from."""
    return Column(kind, about, needs, remedy)


ID, TEXT, CATEGORY, DATE, NUMBER = Kind.ID, Kind.TEXT, Kind.CATEGORY, Kind.DATE, Kind.NUMBER
MONEY, SHARE, BOOL = Kind.MONEY, Kind.SHARE, Kind.BOOL

CUSTOMER = {
    "customer": define(ID, "the customer the row belongs to: their id, else their name, else their e-mail"),
    "customer_name": define(TEXT, "the customer's name as this file writes it"),
    "customer_email": define(ID, "the customer's e-mail address"),
}
UPDATED = {"updated_at": define(DATE, "when the record was last changed: the newest of several rows of one id counts")}
DELETED = {"is_deleted": define(BOOL, "the record is in the recycle bin: left out")}
_STATE = {
    "open_from": define(DATE, "from when the record was open"),
    "open_until": define(DATE, "until when it was open; missing while it still is"),
}


def state(*needs: str) -> dict[str, Column]:
    """The two columns that say from when until when a record was open, made from the given ones."""
    return {name: Column(column.kind, column.about, needs) for name, column in _STATE.items()}
