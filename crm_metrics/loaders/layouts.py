"""The layouts of vendors' exports: what each is recognised by, and which header stands for which column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache, cached_property, lru_cache
from typing import Any

from crm_metrics import schema
from crm_metrics.shipped import listed, shipped

GENERIC = "generic"
# What holds for all layouts of a file; every other field of a layout is a key of its own block.
FILE_KEYS = ("title", "missing", "total_rows", "blank_is_false", "id_prefix", "long_ids")
_PUNCTUATION = re.compile(r"[^\w]|_")
_ACCENTS = re.compile("[\u0300-\u036f]")


@lru_cache(maxsize=1 << 14)
def normalised(label: str) -> str:
    """A header or value with case, punctuation and repeated space taken away: `Deal_Stage ` and `deal stage` are one. What
    is punctuation only, such as `#`, stays."""
    folded = unicodedata.normalize("NFKC", label).casefold()
    return " ".join(_PUNCTUATION.sub(" ", folded).split()) or folded.strip()


def without_accents(text: str) -> str:
    """The text with plain letters in the place of those with accents, of full-width ones and of ligatures."""
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text)))


def _name(written: str) -> str:
    """A name of a vendor file as headers are compared with it; `*` in it stands for any words."""
    if "*" not in written:
        return normalised(written)
    folded = unicodedata.normalize("NFKC", written).casefold()
    return " ".join(re.sub(r"[^\w*]|_", " ", folded).split())


@dataclass(frozen=True)
class Layout:
    """One table of one vendor: what its export is recognised by, and which header stands for which column."""

    vendor: str
    title: str
    table: str
    columns: Mapping[str, tuple[str, ...]]
    signature: tuple[frozenset[str], ...] = ()  # the headers of one of these are all there
    unless: tuple[frozenset[str], ...] = ()  # headers that say it is something else, alone or together
    needs: tuple[frozenset[str], ...] = ()
    made_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # column -> those that make it
    instead: Mapping[str, str] = field(
        default_factory=dict
    )  # columns, all of which are others where none of them is there
    distinctive: frozenset[str] = frozenset()
    own: tuple[str, ...] = ()  # the id that stands once in the table: the first of these that is there
    named: frozenset[str] = frozenset()  # what need not be there where the file's name says what its rows are
    things: tuple[str, ...] = ()  # what the table's rows are, in the words of headers
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # thing -> unless one of these is there
    answered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # table of answers about it -> their scores
    history: tuple[str, ...] = ()  # the id that comes back, what changes with it, and what that was before
    telling: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # column -> states of which its cells need one
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # column -> states that its cells alone tell
    units: Mapping[str, str] = field(default_factory=dict)
    won: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    converted: frozenset[str] = frozenset()
    states: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # state -> the vendor's own words for it
    missing: tuple[str, ...] = ()
    total_rows: tuple[str, ...] = ()
    blank_is_false: bool = False
    probability: str | None = None
    date_order: str | None = None
    scale: str = ""  # of scores or ratings, where the vendor has only this one
    documents: str = ""  # what the rows of orders are: orders, invoices, payments or lines of one business
    amounts: str = ""  # of orders on several rows: "line", parts of them, or "total", the whole each time
    amounts_per: str = ""  # the column that says for how long an amount is: kinds that are never added
    money: str = ""  # "minor": amounts are in the currency's smallest unit; "micro": in millionths
    total_blank: frozenset[str] = frozenset()  # a row in which all of these are blank is a total
    siblings: Mapping[str, str] = field(default_factory=dict)  # column -> what its header's sibling adds to it
    currency_of: Mapping[str, str] = field(default_factory=dict)  # header of an amount -> header of its currency
    zero_is_missing: frozenset[str] = frozenset()  # numbers of which 0 means none was given
    id_prefix: str = ""  # what some exports write before the same ids
    separators: Mapping[str, str] = field(default_factory=dict)  # column -> what stands between several values
    long_ids: bool = False  # ids of 15 characters are those of 18 in short
    stage_decides: bool = True  # a stage can say that a deal is won or lost
    stage_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # entered, left -> how headers begin
    stage_fields: frozenset[str] = frozenset()  # what a history calls the stage, where it holds other changes too
    created_fields: frozenset[str] = frozenset()  # what it calls the creation of the record

    @cached_property
    def state_of(self) -> Mapping[str, str]:
        """The state that each of the vendor's own words says."""
        words = {"won": self.won, "lost": self.lost, "converted": self.converted}
        states = {word: state for state, spellings in words.items() for word in spellings}
        return states | {word: state for state, spellings in self.states.items() for word in spellings}


@cache
def layouts() -> tuple[Layout, ...]:
    """All layouts, from every TOML file in the vendors' folder."""
    files = ((vendor, shipped("loaders/vendors", vendor)) for vendor in listed("loaders/vendors"))
    return tuple(layout_of(vendor, file, part) for vendor, file in files for part in file["layout"])


def layout_of(vendor: str, file: dict[str, Any], block: dict[str, Any]) -> Layout:
    own: dict[str, tuple[str, ...]] = {column: tuple(names) for column, names in block["columns"].items()}
    if vendor == GENERIC:  # in words; every canonical column answers to its own name
        columns = schema.TABLES[block["table"]].columns
        own |= {column: () for column in columns if not columns[column].needs and column not in own}
    else:
        own = {column: tuple(map(_name, names)) for column, names in own.items()}
        own = {column: tuple(dict.fromkeys([*names, normalised(column)])) for column, names in own.items()}
    written = {key.name: (file if key.name in FILE_KEYS else block).get(key.name) for key in fields(Layout)}
    values = {name: _as_kept(name)(value) for name, value in written.items() if value is not None}
    return Layout(**values | {"vendor": vendor, "columns": own})


def _sets(written: Sequence[str | Sequence[str]]) -> tuple[frozenset[str], ...]:
    """Sets of headers, each a name alone or a list of names."""
    return tuple(frozenset(map(_name, [names] if isinstance(names, str) else names)) for names in written)


def _signatures(written: Sequence[str | Sequence[str]]) -> tuple[frozenset[str], ...]:
    """The sets of headers of which one has to be there: one list of names, or a list of such lists."""
    alone = [name for name in written if isinstance(name, str)]
    choices = [alone, *(choice for choice in written if not isinstance(choice, str))]
    return tuple(frozenset(joined(name, _name) for name in choice) for choice in choices if choice)


def joined(label: str, fold: Callable[[str], str] = normalised) -> str:
    """A name whose dash counts: `Deal - Title` is Pipedrive's, `Deal title` anybody's."""
    return " - ".join(fold(part) for part in label.split(" - "))


# What is compared with headers or cells, as it is compared; of all else lists are kept as what does not change.
_COMPARED: dict[str, Callable[[Any], Any]] = {
    "signature": _signatures,
    "unless": _sets,
    "needs": lambda choices: tuple(map(frozenset, choices)),
    "units": lambda units: {normalised(name): unit for name, unit in units.items()},
    "states": lambda states: {state: tuple(map(normalised, words)) for state, words in states.items()},
    "siblings": lambda endings: {column: normalised(ending) for column, ending in endings.items()},
    "currency_of": lambda codes: {normalised(name): normalised(code) for name, code in codes.items()},
    **dict.fromkeys(("won", "lost"), lambda names: frozenset(map(_name, names))),
    **dict.fromkeys(("converted", "stage_fields", "created_fields"), lambda names: frozenset(map(normalised, names))),
}


@cache
def _as_kept(name: str) -> Callable[[Any], Any]:
    """What makes of a value in a vendor file that of the field of a layout."""
    kind = str(next(described.type for described in fields(Layout) if described.name == name))
    if name in _COMPARED or not kind.endswith("]"):
        return _COMPARED.get(name, lambda value: value)
    if kind.startswith("Mapping"):
        return lambda block: {key: tuple(value) if isinstance(value, list) else value for key, value in block.items()}
    return frozenset if kind.startswith("frozenset") else tuple
