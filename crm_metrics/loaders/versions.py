"""Records that several exports of one layout hold: their versions, of which the newest counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm_metrics.issues import Issue
from crm_metrics.loaders.coercing.columns import by_text
from crm_metrics.loaders.cut_exports import cut_in_two
from crm_metrics.loaders.identity import Ints, all_different, as_text
from crm_metrics.loaders.state_words import state_words
from crm_metrics.schema import ABOUT, TABLES
from crm_metrics.tables import ROW, SOURCE, Source
from crm_metrics.tables.frames import Bools

_SHARE = 0.01  # of the common ids may have another date of their own
_MINUTE, _DAY = np.timedelta64(1, "m"), np.timedelta64(1, "D")
_NEVER = np.datetime64("NaT", "us")
# Tables of which a record is several rows, and what they have in common.
_GROUPS = {"orders": ("order_id",), "order_lines": ("order_id",), "deal_stages": ("deal_id", "stage", "entered_at")}
# What tells a record of these apart where no id does, beside the day it came in.
_UNNUMBERED = frozenset(("deals", "tickets", "leads", "subscriptions"))
_SAID = ("name", "subject", "customer", "customer_name", "customer_email")
_NAMED = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_. ]?(0[1-9]|1[0-2])(?:[-_. ]?(0[1-9]|[12]\d|3[01]))?(?!\d)")
_WRITTEN_OUT = r"^(?:#0*|0+)(\d+)$"  # of an id that another export may write without it
_NAMED_DOTTED = re.compile(r"(?<!\d)(0[1-9]|[12]\d|3[01])[-_.](0[1-9]|1[0-2])[-_.]((?:19|20)\d\d)(?!\d)")


@dataclass
class Exports:
    """The rows of several files of one layout. `by_day` says of each source whether the date that places its rows is a
    calendar date; `unsure` are the sources whose ids are none; `numbering` has one number for all of these sources, and gets
    more where they number their records each in its own way."""

    table: str
    sources: list[Source]
    by_day: Bools
    today: date
    unsure: set[int]
    numbering: dict[int, int]
    issues: list[Issue]


def day_in_name(path: str, *, or_month: bool = False) -> date | None:
    """The day that a file's name, or its sheet's, says last: `deals-2025-05-31.csv`, `31.05.2025`, with `or_month` also the
    first one of `2025-05`; None where it says none."""
    name = path.replace("\\", "/").rpartition("/")[2]
    days = [(hit.start(), hit[1], hit[2], hit[3] or "01") for hit in _NAMED.finditer(name) if hit[3] or or_month]
    days += [(hit.start(), hit[3], hit[2], hit[1]) for hit in _NAMED_DOTTED.finditer(name)]
    for _, year, month, day in sorted(days, reverse=True):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None


def without_older(frame: pd.DataFrame, exports: Exports) -> pd.DataFrame:
    """The rows without those that another file holds in a newer version. A record that only an older file has stays, and
    all stay where the files number their records each in its own way; both are said."""
    source = frame[SOURCE].to_numpy().astype(np.int64)
    key = TABLES[exports.table].key
    names = (key,) if key in frame else _GROUPS.get(exports.table, ())
    is_numbered = {*names} <= {*frame.columns} and bool(names)
    names = names if is_numbered else _said_of(frame, exports.table)
    if not len(source) or (source == source[0]).all() or not names or not {*names} <= {*frame.columns}:
        return frame
    ids = _in_one_form(frame[names[0]], source) if is_numbered else frame[names[0]]
    if len(names) == 1 and names[0] == key and all_different(ids):
        return frame
    codes = _codes([ids, *(frame[name] for name in names[1:])])
    usable = (codes >= 0) & ~np.isin(source, sorted(exports.unsure))
    usable &= is_numbered or np.isin(source, sorted(_with_the_same(codes, source)))
    if names == _GROUPS.get(exports.table):
        usable &= ~np.isin(codes, cut_in_two(frame, codes))
    files, place = np.unique(source, return_inverse=True)
    pairs = np.unique(codes[usable] * len(files) + place[usable])
    often = np.bincount(pairs // len(files), minlength=int(codes.max(initial=0)) + 1) > 1
    if not often.any():
        return frame
    rows = np.flatnonzero(usable & often[codes])
    versions = _versions(frame.iloc[rows], codes[rows], exports)
    _tell_numberings(versions, exports)
    versions["numbering"] = versions["source"].map(lambda i: exports.numbering[i])
    kept = _newest(versions, frame, rows, codes[rows], exports)
    versions["kept"] = kept[pd.MultiIndex.from_frame(versions[["code", "numbering"]])].to_numpy()
    older = versions[versions["source"] != versions["kept"]]
    if older.empty:
        return frame
    _say_what_only_older_files_have(frame, codes, usable, older, exports)
    index = pd.MultiIndex.from_frame(older[["code", "source"]])
    at = index.get_indexer(pd.MultiIndex.from_arrays([codes[rows], source[rows]]))
    gone, newer = rows[at >= 0], older["kept"].to_numpy()[at[at >= 0]]
    return leave_out(frame, gone, newer, exports)


def _said_of(frame: pd.DataFrame, table: str) -> tuple[str, ...]:
    """The columns that tell the records of a table apart that have no id; none where these are not there."""
    placed = TABLES[table].placed_by
    said = tuple(name for name in _SAID if name in frame and frame[name].notna().all())
    return (*said, placed) if said and table in _UNNUMBERED and placed in frame else ()


def _with_the_same(codes: Ints, source: Ints) -> set[int]:
    """The files without ids that are exports of one list: no record stands twice in one of them, and at least half of the
    smaller one are in the other."""
    files = {int(i): codes[(source == i) & (codes >= 0)] for i in np.unique(source)}
    files = {i: held for i, held in files.items() if len(held) and len(np.unique(held)) == len(held)}
    pairs = combinations(files.items(), 2)
    return {
        i
        for (first, left), (other, right) in pairs
        if 2 * len(np.intersect1d(left, right, assume_unique=True)) >= min(len(left), len(right))
        for i in (first, other)
    }


def _in_one_form(ids: pd.Series, source: Ints) -> pd.Series:
    """Ids without the `#` and the zeros before a number, which one export writes and another does not: `#0012`, `012` and
    `12`. As they are where a file tells its records apart by these."""
    texts = pa.array(ids.astype("str"))
    if not pc.any(pc.match_substring_regex(texts, _WRITTEN_OUT)).as_py():
        return ids
    plain = pd.Series(pc.replace_substring_regex(texts, _WRITTEN_OUT, r"\1").to_pandas(), index=ids.index, dtype="str")
    pairs = pd.DataFrame({"file": source, "id": ids.to_numpy(), "plain": plain.to_numpy()}).dropna().drop_duplicates()
    return ids if pairs.duplicated(["file", "plain"]).any() else plain.where(ids.notna())


def _codes(values: Sequence[pd.Series]) -> Ints:
    """A number for the record each row is of, −1 where it has no id."""
    days = [column.dt.floor("D") if column.dtype.kind == "M" else column for column in values]
    if len(days) == 1:
        return np.asarray(pd.factorize(days[0])[0], dtype=np.int64)
    groups = pd.concat(days, axis=1).groupby([column.name for column in days], observed=True, sort=False)
    return np.asarray(groups.ngroup().fillna(-1), dtype=np.int64)


def _versions(rows: pd.DataFrame, codes: Ints, exports: Exports) -> pd.DataFrame:
    """One row per record and file: its own date, when it was last updated, and what it is about."""
    named = sorted(ABOUT & {*rows.columns})
    values: dict[str, Any] = {"code": codes, "source": rows[SOURCE].to_numpy().astype(np.int64)}
    placed = TABLES[exports.table].placed_by
    is_given = placed in rows and placed not in _GROUPS.get(exports.table, ())
    values["own"] = rows[placed].to_numpy() if is_given else np.full(len(rows), _NEVER)
    values["updated"] = rows["updated_at"].to_numpy() if "updated_at" in rows else np.full(len(rows), _NEVER)
    values |= {name: rows[name].astype("str").to_numpy() for name in named}
    groups = pd.DataFrame(values).groupby(["code", "source"], sort=True)
    how: dict[str, Any] = {"own": ("own", "min"), "updated": ("updated", "max")}
    return groups.agg(**how, **{name: (name, "first") for name in named}).reset_index()


def _tell_numberings(versions: pd.DataFrame, exports: Exports) -> None:
    """Put the files into numberings: those whose common records are the same ones stand together."""
    groups = {int(str(source)): part.set_index("code") for source, part in versions.groupby("source")}
    of = {source: {source} for source in groups}  # of each file all that it stands with
    apart: list[tuple[int, int, int]] = []
    for first_file, other in combinations(groups, 2):
        common = groups[first_file].index.intersection(groups[other].index)
        if not len(common):
            continue
        left, right = groups[first_file].loc[common], groups[other].loc[common]
        if _are_others(left, right, exports.by_day[[first_file, other]].any()):
            apart.append((first_file, other, len(common)))
        else:
            of[first_file] |= of[other]
            of.update(dict.fromkeys(of[first_file], of[first_file]))
    roots = sorted({min(together) for together in of.values()}, key=lambda source: exports.sources[source].path)
    before = max(exports.numbering.values())
    exports.numbering.update({source: before + roots.index(min(together)) for source, together in of.items()})
    for first_file, other, count in apart:
        if other not in of[first_file]:
            here, there = sorted((exports.sources[first_file], exports.sources[other]), key=lambda source: source.path)
            column = here.columns.get(TABLES[exports.table].key or "deal_id", "the id")
            detail = {"other": there.path, "column": column}
            exports.issues.append(Issue("two-numberings", here.path, count, detail=detail))


def _are_others(records: pd.DataFrame, other: pd.DataFrame, by_day: np.bool_) -> bool:
    """Whether records of equal ids are not the same: more than 1 % have another date of their own; a single one among
    several has been corrected. Without such dates, most are about something else."""
    dates = np.stack([records["own"].to_numpy(), other["own"].to_numpy()])
    dated = ~np.isnat(dates).any(axis=0)
    if dated.any():
        left, right = dates[:, dated].astype("datetime64[D]") if by_day else dates[:, dated]
        differing = int((np.abs(left - right) >= (_DAY if by_day else _MINUTE)).sum())
        count = int(dated.sum())
        return differing > _SHARE * count and (differing > 1 or count < 3)
    shares = []
    for name in sorted(ABOUT & {*records.columns}):
        left, right = records[name], other[name]
        both = (left.notna() & right.notna()).to_numpy()
        if both.any():
            shares.append((left[both].to_numpy() != right[both].to_numpy()).mean())
    return bool(shares) and min(shares) > 0.5


def _newest(versions: pd.DataFrame, frame: pd.DataFrame, at: Ints, codes: Ints, exports: Exports) -> pd.Series:
    """The source whose version of a record counts, by record and numbering: the one last updated, else the one of the newer
    file, else the one whose content comes last, so that the order of files does not matter."""
    keys = ["code", "numbering"]
    complete = versions["updated"].notna().groupby([versions[name] for name in keys]).transform("all")
    rows = frame.iloc[at]
    rank = ages(frame, np.unique(rows[SOURCE].to_numpy().astype(np.int64)).tolist(), exports)
    order = versions.assign(updated=versions["updated"].where(complete), rank=versions["source"].map(rank))
    if len(set(rank.values())) < len(rank):
        content = as_text(rows, sorted(set(map(str, rows.columns)) - {SOURCE, ROW}))
        texts = pd.DataFrame({"code": codes, "source": rows[SOURCE].to_numpy().astype(np.int64), "text": content})
        combined = texts.sort_values("text").groupby(["code", "source"])["text"].agg("\x1e".join)
        order["text"] = combined[pd.MultiIndex.from_frame(versions[["code", "source"]])].to_numpy()
    else:
        order["text"] = ""
    ordered = order.sort_values(["updated", "rank", "text", "source"], na_position="first", kind="stable")
    return ordered.groupby(keys)["source"].last()


def ages(frame: pd.DataFrame, files: Sequence[int], exports: Exports) -> dict[int, int]:
    """The files from the oldest to the newest as 0, 1, …; equal for two of which nothing says which is newer. The days in
    their names say it where all have one, else the latest dates of all that is in them: what has been changed since may have
    no date of its own, but newer records stand beside it; else that more deals have ended. A list whose title says what
    became of its records knows more than any."""
    source = frame[SOURCE].to_numpy().astype(np.int64)
    named = {i: day_in_name(exports.sources[i].path, or_month=True) for i in files}
    table = TABLES[exports.table]
    tomorrow = np.datetime64(exports.today + timedelta(days=1), "us")
    dates = [name for name in dict.fromkeys(("updated_at", table.placed_by, *table.moments)) if name in frame]
    over = _is_over(frame) if exports.table == "deals" else np.zeros(len(frame), dtype=bool)
    age: dict[int, tuple[int, ...]] = {}
    for i in files:
        day, mine = named[i], source == i
        happened = (
            {"closed_at": mine & over} if (mine & over).any() else {}
        )  # not when an open deal is expected to close
        latest = [_latest(frame[name].to_numpy()[happened.get(name, mine)], tomorrow) for name in dates]
        titled = "status" in frame and "status" not in exports.sources[i].columns
        is_told = titled and bool(frame["status"].notna().to_numpy()[mine].any())  # by its title: "Cancelled orders"
        age[i] = (
            int(is_told),
            day.toordinal() if day is not None and all(named.values()) else 0,
            *latest,
            int(over[mine].sum()),
        )
    ordered = sorted(set(age.values()))
    return {i: ordered.index(age[i]) for i in files}


def _is_over(frame: pd.DataFrame) -> Bools:
    """The deals that a word calls won or lost."""
    known = state_words("deals")
    said = [frame[name].astype("category") for name in ("stage", "status", "outcome") if name in frame]
    over = [by_text(words, lambda word: known.of_name(word) in ("won", "lost"), False) for words in said]
    return np.logical_or.reduce(over) if over else np.zeros(len(frame), dtype=bool)


def _latest(dates: NDArray[Any], before: np.datetime64) -> int:
    past = dates[~np.isnat(dates) & (dates < before)]
    return int(past.max().astype(np.int64)) if len(past) else 0


def _say_what_only_older_files_have(
    frame: pd.DataFrame, codes: Ints, usable: Bools, older: pd.DataFrame, exports: Exports
) -> None:
    """One issue per file with older versions, for its records that no newer file has: they stay."""
    source = frame[SOURCE].to_numpy()
    for file, part in older.groupby("source"):
        mine, newer = int(str(file)), int(part["kept"].mode()[0])  # the file that most of the newer ones are in
        rows = np.flatnonzero(usable & (source == mine))
        alone = rows[~np.isin(codes[rows], codes[usable & (source != mine)])]
        if len(alone):
            issue_of(exports, "only-older", frame, alone, mine, exports.sources[newer].path)


def leave_out(frame: pd.DataFrame, gone: Ints, newer: Ints, exports: Exports) -> pd.DataFrame:
    source = frame[SOURCE].to_numpy()[gone]
    for mine, other in sorted({*zip(source.tolist(), newer.tolist(), strict=True)}):
        hit = gone[(source == mine) & (newer == other)]
        exports.sources[mine].left_out["older-version"] += len(hit)
        issue_of(exports, "older-version", frame, hit, mine, exports.sources[other].path)
    return frame.drop(index=frame.index[gone]).reset_index(drop=True)


def issue_of(exports: Exports, code: str, frame: pd.DataFrame, rows: Ints, source: int, other: str) -> None:
    every = np.sort(frame[ROW].to_numpy()[rows])
    exports.issues.append(Issue.of_rows(code, exports.sources[source].path, every, other=other))
