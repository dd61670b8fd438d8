"""Costs of one campaign for a range of days, and again for days within it, in one file: the longer one holds the others."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm_metrics.loaders.coercing import columns as coerced, dates
from crm_metrics.loaders.normalising import moments, spend_days
from crm_metrics.loaders.normalising.file import File
from crm_metrics.loaders.reading import As
from crm_metrics.loaders.stretches import COLUMNS
from crm_metrics.schema import NUMERIC, Kind
from crm_metrics.tables import ROW

_ROUNDING = 0.01
_PARTED = ("cost", "impressions", "clicks", "conversions", "conversion_value", "leads", "results")
_NO_LETTER = r"^[^\pL]*$"
Ints = NDArray[np.int64]


def apart(file: File, frame: pd.DataFrame, left_out: Counter[str]) -> pd.DataFrame:
    """The costs, where a row holds those of others with the same labels for days within its own: it keeps what they leave,
    on the days that they leave. One of them begins on its first day, as the figures to date of a report do: bookings
    that run within another one add up, and so does what has more of any amount, or days that only overlap."""
    if file.layout.table != "spend" or not {"spent_at", "spent_to_at", "cost"} <= {*frame.columns}:
        return frame
    first, last = spend_days.own(file, frame)
    there = (first != spend_days.NEVER) & (last >= first) & frame["cost"].notna().to_numpy()
    if not there.any() or (last == first)[there].all():
        return frame
    days = pd.DataFrame({"first": first, "last": last, "at": np.arange(len(frame))})[there]
    if not _any_within(days.assign(key=0)):
        return frame
    days["key"] = _labels(file, frame)[there]
    suspects = [part for _, part in days.groupby("key") if len(part) > 1 and _any_within(part)]
    amounts = {name: frame[name].to_numpy(dtype=np.float64) for name in _PARTED if name in frame}
    parts: dict[int, list[tuple[int, int, dict[str, float]]]] = {}
    for part in suspects:
        parts |= _parts(part, amounts)
    return _put(file, frame, parts, left_out) if parts else frame


def _any_within(days: pd.DataFrame) -> bool:
    """Whether some range of days lies within another one, and none only overlaps another, as those of bookings do."""
    ordered = days.drop_duplicates(["first", "last"]).sort_values(["first", "last"], ascending=[True, False])
    outer: list[int] = []  # the last days of the ranges around the one looked at
    found = False
    for first, last in ordered[["first", "last"]].itertuples(index=False):
        while outer and outer[-1] < first:
            outer.pop()
        if outer and outer[-1] < last:
            return False
        found |= bool(outer)
        outer.append(last)
    return found


def _labels(file: File, frame: pd.DataFrame) -> Ints:
    """A number for what all cells of a row say but for its figures and its days."""
    table = file.raw.read(dict.fromkeys(range(len(file.raw.header)), As.TEXT))
    rows = np.searchsorted(table.rows, frame[ROW].to_numpy())
    names = {at: name for name, at in file.recognised.columns.items()}
    codes = {}
    for at, column in table.columns.items():
        name, texts = names.get(at, ""), coerced.texts(column, file.missing_text)
        is_word = (~np.asarray(pc.match_substring_regex(texts.values, _NO_LETTER))).any()
        if name not in COLUMNS and file.kind(name) not in {*NUMERIC, Kind.DATE, Kind.BOOL} and (name or is_word):
            codes[at] = texts.codes[rows]
    if not codes:
        return np.zeros(len(frame), dtype=np.int64)
    return pd.DataFrame(codes).groupby([*codes], sort=False).ngroup().to_numpy().astype(np.int64)


def _parts(
    days: pd.DataFrame, amounts: dict[str, NDArray[np.float64]]
) -> dict[int, list[tuple[int, int, dict[str, float]]]]:
    """What is left of each row that holds others, by its place: the stretches of days with their amounts; none where the
    others have all of its days."""
    if days.duplicated(["first", "last"]).any():
        return {}
    atoms: list[tuple[int, int, dict[str, float]]] = []
    found: dict[int, list[tuple[int, int, dict[str, float]]]] = {}
    ordered = days.assign(length=days["last"] - days["first"]).sort_values(["length", "first"])
    for first, last, at in ordered[["first", "last", "at"]].itertuples(index=False):
        whole = {name: float(values[at]) for name, values in amounts.items()}
        inside = sorted((atom for atom in atoms if first <= atom[0] and atom[1] <= last), key=lambda atom: atom[0])
        left = {name: value - float(np.nansum([atom[2][name] for atom in inside])) for name, value in whole.items()}
        edges = [(first - 1, first - 1), *((atom[0], atom[1]) for atom in inside), (last + 1, last + 1)]
        gaps = [(before + 1, after - 1) for (_, before), (after, _) in pairwise(edges) if after - before > 1]
        more = any(value < -_ROUNDING * abs(whole[name]) for name, value in left.items())
        unheld = not gaps and left["cost"] > _ROUNDING * abs(whole["cost"])
        if inside and (inside[0][0] > first or more or unheld):
            return {}
        free = sum(end - start + 1 for start, end in gaps)
        rest = [
            (start, end, {name: max(value, 0.0) * (end - start + 1) / free for name, value in left.items()})
            for start, end in gaps
        ]
        atoms += rest
        if inside:
            found[int(at)] = rest
    return found


def _put(
    file: File, frame: pd.DataFrame, parts: dict[int, list[tuple[int, int, dict[str, float]]]], left_out: Counter[str]
) -> pd.DataFrame:
    """The frame with the rows that hold others as what is left of them."""
    places = sorted(parts)
    file.note("spend-in-parts", frame[ROW].to_numpy()[places], other="other rows")
    left_out["same-spend"] += sum(not parts[at] for at in places)
    rest = [(at, *piece) for at in places for piece in parts[at]]
    pieces = frame.iloc[[at for at, *_ in rest]].copy()
    for name, place in (("spent_at", 1), ("spent_to_at", 2)):
        days = np.array([piece[place] for piece in rest], dtype=np.int64) * dates.DAY
        pieces[name] = moments.instants(file, name, days)
    for name in rest[0][3] if rest else ():
        pieces[name] = [amounts[name] for *_, amounts in rest]
    return pd.concat([frame.drop(index=frame.index[places]), pieces], ignore_index=True)
