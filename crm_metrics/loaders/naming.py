"""What names the columns of the tables: the words of `vendors/generic.toml`, each with how much it says."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

from crm_metrics.loaders.layouts import GENERIC, Layout, layouts
from crm_metrics.loaders.vocabulary import key_of

# How well a header names a column: as the schema does, of the table's own thing, of another thing, by a plain word.
CANONICAL, OWN, OTHER, PLAIN = 100.0, 60.0, 58.0, 50.0
DISTINCTIVE, COMMON = 3.0, 1.0
_MOST_TABLES = 4


@cache
def worded() -> Mapping[str, Layout]:
    """The layouts that are in words instead of headers, by table."""
    return {layout.table: layout for layout in layouts() if layout.vendor == GENERIC}


@dataclass(frozen=True)
class Named:
    """A way to name a column: how well it does, how much that explains, its place among the ways, whether it names the
    table's own thing, whether it is a bare id or name, that thing alone, or a bare word that most tables know."""

    column: str
    strength: float
    weight: float
    at: int
    is_own: bool
    is_weak: bool = False
    is_bare: bool = False
    is_common: bool = False


@cache
def _common() -> frozenset[str]:
    """Attributes that most tables have, which therefore do not tell one; an e-mail address is at least somebody's."""
    asked = Counter(spec for layout in worded().values() for spec in {*chain.from_iterable(layout.columns.values())})
    common = frozenset(spec for spec, tables in asked.items() if tables >= _MOST_TABLES)
    return common - {"email"} | {"name", "title", "status"}


@cache
def spoken_by(table: str) -> Mapping[object, Sequence[Named]]:
    """The columns of a table by what names them: a header to the letter, or a thing with an attribute."""
    layout, common = worded()[table], _common()
    ways: dict[object, list[Named]] = defaultdict(list)
    for column, specs in layout.columns.items():
        weight = DISTINCTIVE if column in layout.distinctive else COMMON
        ways[key_of(column)].append(
            Named(column, CANONICAL, weight, 0, False, column == "name", is_common=column in common)
        )
        for at, spec in enumerate(specs):
            first, _, second = spec.partition(" ")
            mine = COMMON if at and column == "entered_at" else weight
            own = mine + (COMMON if layout.distinctive else 0)
            if spec.startswith("="):
                ways[key_of(spec[1:])].append(Named(column, OTHER - at / 2, mine, at, False))
            elif second:
                is_own = first in layout.things
                strength = (OWN if is_own else OTHER) - at / 2
                ways[first, second].append(Named(column, strength, own if is_own else mine, at, is_own))
            else:
                is_weak = spec in ("id", "name")
                plain = COMMON if is_weak else mine
                ways[None, first].append(
                    Named(column, PLAIN - at / 2, plain, at, False, is_weak, is_common=first in common)
                )
                for thing in layout.things:
                    ways[thing, first].append(Named(column, OWN - at / 2, own, at, True))
                bare = first in layout.things
                ways[first, None].append(Named(column, PLAIN - at / 2, mine, at, False, is_bare=bare))
    return ways
