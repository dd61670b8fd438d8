"""The history of deals' stages: each visit once, and when the deal left it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crm_metrics.loaders.beside import LEFT
from crm_metrics.loaders.facts import stage_visits
from crm_metrics.loaders.facts.draft import Draft, Ints
from crm_metrics.loaders.facts.stage_order import in_order, numbered
from crm_metrics.tables import LATER, ROW, SOURCE, Table
from crm_metrics.tables.frames import NAT, moments, truths

_OWN = "generic"  # the vendor of tables that are no known tool's


def derive(draft: Draft) -> None:
    """The visits of deals that count, each once, with the time at which the deal went on; it is missing for the last one.
    Then what is made of them, and what can be said of the stages without them."""
    table = draft.tables.get("deal_stages")
    if table is not None and {"deal_id", "stage", "entered_at"} <= {*table.frame.columns}:
        _history(draft, table)
    stage_visits.snapshot(draft)


def _history(draft: Draft, table: Table) -> None:
    _without_lost_deals(draft, table)
    _without_repeats(draft, table)
    place = _deals_of(draft, table.frame)
    _stage_then(draft, table.frame, place)
    stages = in_order(draft, table.frame, _numbers(draft, table.frame))
    _left(draft, table, _ties(draft, table.frame, place, stages.labels if stages else []))
    if draft.wanted & {"stage_entries", "stage_visits"}:
        stage_visits.derive(draft, table, place, stages)


def _without_lost_deals(draft: Draft, table: Table) -> None:
    """Take out the stages of deals that were left out, where the two stand in one row."""
    if "deals" not in draft.tables:
        return
    deals = draft.tables["deals"].frame
    beside = draft.of_files(table.frame, lambda source: source.table == "deals")
    gone = beside & ~np.isin(_places(table.frame), _places(deals))
    if gone.any():
        table.frame = table.frame[~gone].reset_index(drop=True)


def _places(frame: pd.DataFrame) -> Ints:
    """Each row's file and row in one number."""
    return (frame[SOURCE].to_numpy().astype(np.int64) << 32) + frame[ROW].to_numpy().astype(np.int64)


def _without_repeats(draft: Draft, table: Table) -> None:
    """Count what two files of one vendor both hold once: the same deal, stage and day."""
    frame = table.frame
    if frame[SOURCE].nunique() < 2:
        return
    vendors = np.array([source.vendor for source in draft.sources])[frame[SOURCE].to_numpy()]
    days = draft.days(frame["entered_at"].to_numpy())
    keys = frame[["deal_id", SOURCE]].assign(vendor=vendors, stage=frame["stage"].astype("str"), day=days)
    first = keys.groupby(["vendor", "deal_id", "stage", "day"], observed=True)[SOURCE].transform("min")
    again = (keys[SOURCE] > first).to_numpy(dtype=bool)
    draft.report("repeated-change", table, again)
    draft.leave_out(table, again, "repeated-change")


def _deals_of(draft: Draft, frame: pd.DataFrame) -> Ints:
    """Where the deal of each row stands in the table of deals, −1 where it is in no file: the one in the same row, else the
    one with its id, of the same system: a table of one's own may be about any."""
    none = np.full(len(frame), -1, dtype=np.int64)
    deals = draft.tables["deals"].frame if "deals" in draft.tables else frame[:0]
    if not len(deals) or "deal_id" not in deals:
        return none
    vendors = np.array([source.vendor for source in draft.sources], dtype=object)
    mine, theirs = (pd.Index(part["deal_id"].astype("str")) for part in (frame, deals))
    own, other = (pd.Index(vendors[part[SOURCE].to_numpy()]) for part in (frame, deals))
    places = _sought(_places(frame), _places(deals))
    by_vendor = _sought(pd.MultiIndex.from_arrays([own, mine]), pd.MultiIndex.from_arrays([other, theirs]))
    places = np.where(places < 0, by_vendor, places)
    by_id = _sought(mine, theirs)
    any_system = (by_id >= 0) & np.asarray((own == _OWN) | (other[by_id] == _OWN))
    places = np.where((places < 0) & any_system, by_id, places)
    return np.where(frame["deal_id"].notna().to_numpy(), places, none)


def _stage_then(draft: Draft, frame: pd.DataFrame, place: Ints) -> None:
    """A stage that a deal entered after as-of has not been entered: the deal stands in the last one before, as does one
    that has been closed since."""
    deals = draft.tables.get("deals")
    if deals is None or not deals.has("stage"):
        return
    entered, until = frame["entered_at"].to_numpy(), draft.known_until("deal_stages")
    rows = np.flatnonzero((place >= 0) & ~np.isnat(entered) & frame["stage"].notna().to_numpy())
    moved = truths(deals.frame, LATER).copy()
    moved[place[rows[entered[rows] >= until]]] = True
    if not moved.any():
        return
    rows = rows[(entered[rows] < until) & moved[place[rows]]]
    last = rows[np.argsort(entered[rows], kind="stable")]
    stage = deals.frame["stage"].astype("str").astype(object).mask(moved)
    # Of several the last stays.
    stage.iloc[place[last]] = frame["stage"].astype("str").astype(object).iloc[last].to_numpy()
    deals.frame["stage"] = pd.Categorical(stage)


def _sought(keys: Any, among: Any) -> Ints:
    """The place of each key among those that are known, −1 for one that is not there or there more than once."""
    index = pd.Index(among)
    once = np.flatnonzero(~index.duplicated(keep=False))
    places = index[once].get_indexer(pd.Index(keys))
    return np.append(once, -1)[places].astype(np.int64)


def _numbers(draft: Draft, frame: pd.DataFrame) -> Ints:
    """A number for the deal of each row: equal ids of two systems are two deals."""
    vendors, _ = pd.factorize(np.array([source.vendor for source in draft.sources]))
    deals, _ = pd.factorize(frame["deal_id"])
    return deals * (vendors.max() + 1) + vendors[frame[SOURCE].to_numpy()]


def _ties(draft: Draft, frame: pd.DataFrame, place: Ints, order: list[str]) -> Ints:
    """How entries of one moment follow each other: in the order of the stages, the one that the deal is in now last."""
    stage = numbered(frame, order)
    deals = draft.tables["deals"].frame if "deals" in draft.tables else None
    if deals is None or "stage" not in deals or not len(deals):
        return stage
    now = numbered(deals, order)
    return np.where((place >= 0) & (stage >= 0) & (now[place] == stage), len(order), stage)


def _left(draft: Draft, table: Table, ties: Ints) -> None:
    """Where a file does not say when a deal left a stage, that is when it entered the next one."""
    frame = table.frame
    # Files without a column for when a deal left a stage.
    says = [any(name == "left_at" or name.startswith(LEFT) for name in source.columns) for source in draft.sources]
    silent = ~np.array(says, dtype=bool)
    own = moments(frame, "left_at")
    following = _following(draft, frame, ties)
    frame["left_at"] = np.where(silent[frame[SOURCE].to_numpy()] | np.isnat(own), following, own)
    stated = table.calendar.get("left_at", np.ones(len(draft.sources), dtype=bool))
    table.calendar["left_at"] = np.where(silent, draft.calendar(table, "entered_at"), stated)


def _following(draft: Draft, frame: pd.DataFrame, ties: Ints) -> np.ndarray:
    """When each row's deal entered its next stage, missing for its last one."""
    entered = frame["entered_at"].to_numpy()
    deal = _numbers(draft, frame)
    order = np.lexsort((ties, entered, deal))
    result = np.full(len(frame), NAT)
    result[order] = pd.Series(entered[order]).groupby(deal[order]).shift(-1).to_numpy()
    return result
