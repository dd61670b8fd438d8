"""A deal's stages, whether they stand in columns of the deals or in a history; and the deals that a history repeats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_metrics.loaders import beside
from crm_metrics.loaders.coercing import columns as coerced
from crm_metrics.loaders.normalising.file import File
from crm_metrics.loaders.recognising import normalised
from crm_metrics.tables import ROW, SOURCE
from crm_metrics.tables.frames import Bools


@dataclass(frozen=True)
class Part:
    """Rows of a second table in a file; `calendar` names its date columns without a time of day."""

    table: str
    frame: pd.DataFrame
    calendar: dict[str, bool]


def apart(file: File, frame: pd.DataFrame) -> tuple[pd.DataFrame, Part | None]:
    """The rows of the file's own table, and those of its second one, which keep their file and row number. In a history the
    rows that record no change of stage are left out."""
    part = None
    names = [str(name) for name in frame.columns if beside.is_beside(str(name))]
    if file.layout.table == "deals" and names and "deal_id" in frame:
        part = _from_columns(file, frame)
    elif file.layout.table == "deal_stages" and "deal_id" in frame and "entered_at" in frame:
        frame = _in_order(frame)
        own = {name: name.removeprefix(beside.DEALS) for name in names}
        # The stage alone is read to tell in which one a deal was created.
        part = _deals(file, frame, own) if names not in ([], [beside.DEALS + "stage"]) else None
        frame = _changes(file, frame) if "stage" in frame else frame
    return frame.drop(columns=names) if names else frame, part


def _from_columns(file: File, frame: pd.DataFrame) -> Part:
    """One row per deal and stage it entered."""
    parts = []
    visits = beside.visits([str(name) for name in frame.columns])
    stages = pd.Index(sorted({visit.stage for visit in visits}), dtype="str")
    pipelines = pd.Index(sorted({visit.pipeline for visit in visits if visit.pipeline}), dtype="str")
    for visit in visits:
        hit = frame[visit.entered].notna().to_numpy()
        rows = frame.loc[hit, ["deal_id", SOURCE, ROW]].copy()
        pipeline = pipelines.get_loc(visit.pipeline) if visit.pipeline else -1
        rows["stage"] = pd.Categorical.from_codes(np.full(len(rows), stages.get_loc(visit.stage)), categories=stages)
        rows["pipeline"] = pd.Categorical.from_codes(np.full(len(rows), pipeline), categories=pipelines)
        rows["entered_at"] = frame.loc[hit, visit.entered]
        never = np.full(len(rows), "NaT", dtype="datetime64[us]")
        rows["left_at"] = frame.loc[hit, visit.left] if visit.left else never
        parts.append(rows)
    entries = pd.concat(parts, ignore_index=True)
    entries = entries.sort_values(ROW, kind="stable", ignore_index=True)
    by_day = {
        column: all(file.calendar[name] for name in frame.columns if str(name).startswith(start))
        for column, start in (("entered_at", beside.ENTERED), ("left_at", beside.LEFT))
    }
    return Part("deal_stages", entries, by_day)


def _in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """The changes of each deal from the first to the last. Changes of one moment stand as in the file, or the other way
    round where the file goes back in time."""
    place = np.arange(len(frame))
    steps = np.diff(frame["entered_at"].to_numpy().view(np.int64))
    same = (frame["deal_id"].shift() == frame["deal_id"]).fillna(False).to_numpy(dtype=bool)[1:]
    if (steps[same] < 0).sum() > (steps[same] > 0).sum():
        place = -place
    order = frame.assign(_place=place).sort_values(["deal_id", "entered_at", "_place"], kind="stable")
    return order.drop(columns="_place").reset_index(drop=True)


def _changes(file: File, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows in which a deal entered a stage: not those of other fields, nor those that repeat the stage it is in."""
    entry = np.ones(len(frame), dtype=bool)
    if "field" in frame and file.layout.stage_fields:
        created = coerced.by_text(frame["field"], lambda name: normalised(name) in file.layout.created_fields, False)
        entry = coerced.by_text(frame["field"], lambda name: normalised(name) in file.layout.stage_fields, False)
        entry = entry | created
        frame = frame.assign(stage=_with_first_stage(frame, created))
    entry &= frame["stage"].notna().to_numpy()
    if "from_stage" in frame:
        entry &= frame["stage"].astype("str").ne(frame["from_stage"].astype("str")).fillna(True).to_numpy(dtype=bool)
    kept = frame[entry]
    stage, deal = kept["stage"].astype("str"), kept["deal_id"]
    again = ((stage == stage.shift()) & (deal == deal.shift())).fillna(False).to_numpy(dtype=bool)
    entry[np.flatnonzero(entry)[again]] = False
    if not entry.all():
        file.left_out["no-stage-change"] += int((~entry).sum())
        file.note("no-stage-change", np.sort(frame.loc[~entry, ROW].to_numpy()))
    return frame[entry].reset_index(drop=True)


def _with_first_stage(frame: pd.DataFrame, created: Bools) -> pd.Categorical:
    """The stages, with that of a created deal: the one it first left, else the one it is in."""
    stage = frame["stage"].astype(object)
    first = pd.Series(None, index=frame.index, dtype=object)
    if "from_stage" in frame:
        first = frame["from_stage"].astype(object).groupby(frame["deal_id"]).transform("first")
    if beside.DEALS + "stage" in frame:
        first = first.where(first.notna(), frame[beside.DEALS + "stage"].astype(object))
    texts = stage.where(~created, first)
    return pd.Categorical(texts.where(texts.notna(), None))


def _deals(file: File, frame: pd.DataFrame, names: dict[str, str]) -> Part:
    """One row per deal, as its latest change shows it; that one's date is when the deal was last updated."""
    last = ~frame["deal_id"].duplicated(keep="last").to_numpy() & frame["deal_id"].notna().to_numpy()
    rows = frame.loc[last, ["deal_id", SOURCE, ROW, "entered_at", *names]]
    deals = rows.rename(columns={**names, "entered_at": "updated_at"}).reset_index(drop=True)
    by_day = {column: file.calendar[name] for name, column in names.items() if name in file.calendar}
    return Part("deals", deals, by_day)
