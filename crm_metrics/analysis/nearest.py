"""Why a file is not recognised: the table whose columns it comes nearest to, and what it lacks to be one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from crm_metrics.loaders.recognising import Layout, layouts, normalised

_SHOWN, _ALIKE = 4, 0.75


@dataclass(frozen=True)
class Nearest:
    """The table that a header comes nearest to: which of its headers fit, and for each column it lacks the headers that
    would do and a header of the file that looks like one of them (suggested, never used). `table` is None when nothing
    fits."""

    table: str | None
    fitting: tuple[str, ...]
    lacking: tuple[Lacking, ...]


@dataclass(frozen=True)
class Lacking:
    """A column that is not there: the canonical names of which one is needed, headers that are known for them, and the
    nearest header of the file."""

    columns: tuple[str, ...]
    headers: tuple[str, ...]
    like: str | None


def nearest_table(header: Sequence[str]) -> Nearest:
    """The generic table of which a header has the most, and what is missing."""
    labels = {normalised(label): label for label in header if label.strip()}
    best: tuple[int, Layout, tuple[str, ...]] | None = None
    for layout in layouts():
        if layout.vendor != "generic":
            continue
        known = {name for names in layout.columns.values() for name in names}
        fitting = tuple(labels[label] for label in labels if label in known)
        met = sum(bool(choice & _present(layout, labels)) for choice in layout.needs)
        score = len(fitting) + 2 * met
        if fitting and (best is None or score > best[0]):
            best = (score, layout, fitting)
    if best is None:
        return Nearest(None, (), ())
    _, layout, fitting = best
    here = _present(layout, labels)
    spare = [label for label in labels.values() if label not in fitting]
    lacking = [_lacking(layout, choice, spare) for choice in layout.needs if not choice & here]
    return Nearest(layout.table, fitting, tuple(lacking))


def _present(layout: Layout, labels: dict[str, str]) -> set[str]:
    return {column for column, names in layout.columns.items() if any(name in labels for name in names)}


def _lacking(layout: Layout, choice: frozenset[str], spare: Sequence[str]) -> Lacking:
    columns = tuple(column for column in layout.columns if column in choice)
    headers = tuple(dict.fromkeys(layout.columns[column][0] for column in columns))[:_SHOWN]
    known = [name for column in columns for name in layout.columns[column]]
    like = next((label for label in spare if get_close_matches(normalised(label), known, n=1, cutoff=_ALIKE)), None)
    return Lacking(columns, headers, like)
