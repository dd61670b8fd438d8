"""What a check is: a function from the data to the rows it finds, with words about it.

A module in the folder `checks` marks its functions with `@check(...)`; that is all there is to registering one. Such a
function gets the `Data` and gives `Hits`, one for each table it looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from crm_metrics.issues import WARNING, Severity

if TYPE_CHECKING:  # the names of checks are known without numpy
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Ints = NDArray[np.int64]
    Seen = Callable[[Ints], Sequence[str]]


class Dimension(StrEnum):
    """In which way data can fall short."""

    COMPLETENESS = "completeness"
    VALIDITY = "validity"
    UNIQUENESS = "uniqueness"
    CONSISTENCY = "consistency"
    TIMELINESS = "timeliness"
    REFERENCES = "references"


@dataclass(frozen=True)
class Part:
    """Rows found in one file: their numbers as a spreadsheet shows them, ascending, and `seen`, which gives what stood in
    those at the given places of `rows`. `count` is larger than the rows where not every row is known."""

    path: str
    rows: Ints
    seen: Seen
    count: int


@dataclass(frozen=True)
class Hits:
    """What a check found in one table: the parts by file, and how many rows it looked at."""

    parts: Sequence[Part]
    of: int


@dataclass(frozen=True)
class Check:
    """A check: `sentence` says what is wrong with the rows it finds, `effect` what that does to figures; `columns` are the
    columns (`table.column`) whose figures suffer. `codes` are the problems noticed while loading that it stands for."""

    name: str
    dimension: Dimension
    sentence: str
    find: Callable[..., Iterable[Hits]] = field(repr=False)
    effect: str = ""
    columns: Sequence[str] = ()
    severity: Severity = WARNING
    codes: Sequence[str] = ()


Marked = Callable[..., Iterable[Hits]]
_CHECKS: dict[str, Check] = {}


def check(
    *, effect: str, columns: Sequence[str] = (), severity: Severity = WARNING, codes: Sequence[str] = ()
) -> Callable[[Marked], Marked]:
    """Marks a function as a check, called as it is, of the dimension of its module; its docstring says what is wrong. A
    `note`: no figure is wrong because of it; an `error`: no figure can be made of what it finds."""

    def marked(find: Marked) -> Marked:
        name, sentence = find.__name__.replace("_", "-"), find.__doc__ or ""
        if name in _CHECKS and _CHECKS[name].find.__module__ != find.__module__:
            raise ValueError(f"two checks are called {name}")
        _CHECKS[name] = Check(name, _dimension_of(find.__module__), sentence, find, effect, columns, severity, codes)
        return find

    return marked


def as_issue_check(name: str, dimension: Dimension, sentence: str, *, codes: Sequence[str] = (), **about: Any) -> Check:
    """The check that finds the rows of problems noticed while loading, under the code of its name or under several."""
    codes = codes or [name]

    def find(data: Any) -> Iterator[Hits]:
        yield data.issue_hits(*codes)

    return Check(name, dimension, sentence, find, codes=codes, **about)


def issue_check(module: str, name: str, sentence: str, **about: Any) -> None:
    """Makes a check of problems that were noticed while loading, as `as_issue_check` does, of the dimension of a module."""
    _CHECKS[name] = as_issue_check(name, _dimension_of(module), sentence, **about)


def _dimension_of(module: str) -> Dimension:
    return Dimension(module.rpartition(".")[2])


def marked_checks() -> list[Check]:
    """All checks of the modules that have been imported."""
    return [*_CHECKS.values()]
