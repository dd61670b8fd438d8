"""The history of deals' stages: each visit once, and when the deal left it; one row per deal and stage it reached, how long
it was there and what became of it; and without histories, the stages in which the deals that are open stand now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from crm_metrics.loaders.beside import LEFT
from crm_metrics.loaders.facts.draft import DAY_US, Bools, Draft, Floats, Ints
from crm_metrics.loaders.facts.outcomes import LOST, OPEN, WON
from crm_metrics.loaders.facts.stage_order import MOST, Stages, in_order, numbered
from crm_metrics.tables import LATER, ROW, SOURCE, Table, Unusable
from crm_metrics.tables.frames import NAT, categorical, has_value, moments, truths

_OWN = "generic"  # the vendor of tables that are no known tool's


def derive(draft: Draft) -> None:
    """The visits of deals that count, each once, with the time at which the deal went on; it is missing for the last one.
    Then what is made of them, and what can be said of the stages without them."""
    table = draft.tables.get("deal_stages")
    if table is not None and {"deal_id", "stage", "entered_at"} <= {*table.frame.columns}:
        _history(draft, table)
    _snapshot(draft)


def _history(draft: Draft, table: Table) -> None:
    _without_lost_deals(draft, table)
    _without_repeats(draft, table)
    place = _deals_of(draft, table.frame)
    _stage_then(draft, table.frame, place)
    stages = in_order(draft, table.frame, _numbers(draft, table.frame))
    _left(draft, table, _ties(draft, table.frame, place, stages.labels if stages else []))
    if draft.wanted & {"stage_entries", "stage_visits"}:
        _reached(draft, table, place, stages)


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


@dataclass(frozen=True)
class _Visits:
    """The visits of deals that count, one per row: the rows of the history, where their deal stands, the place of the
    stage, the days spent there (NaN where not known), and whether the deal is there still."""

    rows: Ints
    deal: Ints
    stage: Ints
    days: Floats
    running: Bools


def _snapshot(draft: Draft) -> None:
    """The deals that are open at as-of, dated at it: an export knows the stage of today and no other."""
    table = draft.tables.get("deals")
    if "stage_snapshot" not in draft.wanted or table is None or "stage" not in table.frame:
        return
    frame = table.frame
    is_later = moments(frame, "created_at") >= draft.known_until("deals")
    open_deals = frame[(categorical(frame["outcome"]).codes == OPEN) & ~is_later].reset_index(drop=True)
    open_deals["seen_at"] = draft.known_until("deals") - np.timedelta64(1, "us")
    draft.tables["stage_snapshot"] = Table("stage_snapshot", open_deals)
    if "deals" in draft.coverage:  # of no earlier day
        day = draft.coverage["deals"].known_until
        draft.coverage["stage_snapshot"] = replace(draft.coverage["deals"], first=day, is_snapshot=True)


def _reached(draft: Draft, table: Table, place: Ints, stages: Stages | None) -> None:
    """Put the stages that deals reached into the draft. `place` is where the deal of each row of the history stands among
    the deals. Histories of deals that are in no file count for nothing: nobody knows what became of them."""
    if "deals" not in draft.tables:
        return
    if stages is None:
        reason = f"the histories name more than {MOST} different stages: that is another column"
        problem = Unusable("missing-column", reason, "map the right column as stage in the settings")
        for name in ("stage_entries", "stage_visits"):
            draft.tables[name] = Table(name, table.frame[[SOURCE, ROW]][:0], unusable={"entered_at": problem})
        return
    visits = _visits(draft, table, place, stages)
    if not len(visits.rows):
        return
    draft.note(_sentence(stages), "stage_entries", "stage_visits")
    entries = _entries(draft, table, visits, stages)
    calendar = {"entered_at": table.calendar["entered_at"]} if "entered_at" in table.calendar else {}
    working = (entries["stage"].cat.codes < len(stages.working)).to_numpy()
    draft.tables["stage_entries"] = Table("stage_entries", entries, dict(calendar))
    draft.tables["stage_visits"] = Table("stage_visits", entries[working].reset_index(drop=True), dict(calendar))


def _sentence(stages: Stages) -> str:
    how = "set by stage_order" if stages.chosen else "as most deals went through them"
    ends = stages.labels[len(stages.working) :]
    closing = f"; {' and '.join(ends)} {'ends' if len(ends) == 1 else 'end'} a deal" if ends else ""
    return f"Stages are taken in this order, {how}: {', '.join(stages.working)}{closing}."


def _visits(draft: Draft, table: Table, place: Ints, stages: Stages) -> _Visits:
    """The visits up to as-of. What the history leaves open ends when the deal is closed, or lasts; a stage that ends a
    deal takes no time."""
    frame, deals = table.frame, draft.tables["deals"]
    entered, left = frame["entered_at"].to_numpy(), frame["left_at"].to_numpy()
    late = entered >= draft.known_until("deal_stages")
    draft.report("after-as-of", table, late, as_of=str(draft.as_of), column="the history of stages")
    rows = np.flatnonzero((place >= 0) & has_value(frame, "stage") & ~late)
    entered, left, deal, stage = entered[rows], left[rows], place[rows], numbered(frame, stages.labels)[rows]
    lasts = np.isnat(left) | (left >= draft.known_until("deal_stages"))
    is_open = categorical(deals.frame["outcome"]).codes[deal] == OPEN
    closed = np.where(is_open, NAT, moments(deals.frame, "closed_at")[deal])
    until = np.where(stage >= len(stages.working), NAT, np.where(lasts, closed, left))
    own, of_deal = draft.by_day(table, "left_at")[rows], draft.by_day(deals, "closed_at")[deal]
    by_day = draft.by_day(table, "entered_at")[rows] | np.where(lasts & ~is_open, of_deal, own)
    # Whether a row is measured in whole days hangs on two files here: it stands for its file.
    timed = pd.DataFrame({"entered_at": entered, "until": until, SOURCE: by_day.astype(np.int8)})
    stretch = Table("deal_stages", timed, {"entered_at": np.array([False, True])})
    running = lasts & is_open & (stage < len(stages.working))
    waited = draft.waited(stretch, "entered_at", "until", DAY_US)
    days = np.full(len(frame), np.nan)
    days[rows] = np.where(running, waited, draft.between(stretch, "entered_at", "until", DAY_US))
    days = draft.no_negative(table, days, "the entry into a stage", "the end of the visit", "the time in the stage")
    return _Visits(rows, deal, stage, days[rows], running)


def _entries(draft: Draft, table: Table, visits: _Visits, stages: Stages) -> pd.DataFrame:
    """One row per deal and stage, at its first entry, with the columns of the deal."""
    entered = table.frame["entered_at"].to_numpy()[visits.rows]
    source, row = (table.frame[name].to_numpy()[visits.rows] for name in (SOURCE, ROW))
    key = visits.deal * len(stages.labels) + visits.stage
    order = np.lexsort((row, source, entered, key))
    _, first, number = np.unique(key[order], return_index=True, return_inverse=True)
    start = order[first]
    deal, stage = visits.deal[start], visits.stage[start]
    history = table.frame.iloc[visits.rows[start]].reset_index(drop=True)
    entries = draft.tables["deals"].frame.iloc[deal].reset_index(drop=True)
    for name in history.columns:
        if name not in entries or name in (SOURCE, ROW):
            entries[name] = history[name]
    if "pipeline" in history and "pipeline" in entries:
        own, of_deal = (part["pipeline"].astype("str").astype(object) for part in (history, entries))
        entries["pipeline"] = pd.Categorical(own.where(own.notna(), of_deal))
    labels = pd.Index(stages.labels, dtype="str")
    entries["stage"] = pd.Categorical.from_codes(stage, categories=labels, ordered=True)
    entries["days"] = np.bincount(number, weights=visits.days[order])
    entries["is_current"] = np.bincount(number, weights=visits.running[order]) > 0
    entries["is_left"] = ~entries["is_current"].to_numpy()
    became = _became(categorical(entries["outcome"]).codes, deal, stage, len(stages.working))
    onward = _entered_later(entered[start], deal, stage < len(stages.working))
    closed = moments(draft.tables["deals"].frame, "closed_at")[deal]
    ended = np.where((entries["outcome"] == "won").to_numpy() | became["is_lost_here"], closed, NAT)
    entries["became_at"] = np.fmin(onward, ended)
    return entries.assign(**became)


def _entered_later(entered: np.ndarray, deal: Ints, inside: Bools) -> np.ndarray:
    """When each deal first entered any later stage that does not end it; rows stand by deal and stage."""
    backwards = pd.Series(np.where(inside, entered, NAT))[::-1]
    deals = pd.Series(deal)[::-1]
    first = backwards.groupby(deals).cummin()
    first = first.groupby(deals).ffill().groupby(deals).shift()
    return first.sort_index().to_numpy()


def _became(outcome: Ints, deal: Ints, stage: Ints, working: int) -> dict[str, Bools]:
    """What became of each deal after a stage: it went on to a later one or was won, was lost there, or waits."""
    furthest = np.full(int(deal.max(initial=-1)) + 1, -1, dtype=np.int64)
    inside = stage < working
    np.maximum.at(furthest, deal[inside], stage[inside])
    went_on = (outcome == WON) | (stage < furthest[deal])
    return {
        "is_gone_on": went_on,
        "is_lost_here": (outcome == LOST) & ~went_on,
        "is_waiting": (outcome == OPEN) & ~went_on,
    }
