"""The history of deals' stages: each visit once, and when the deal left it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_metrics.loaders.beside import LEFT
from crm_metrics.loaders.facts.workbench import NAT, Bools, Ints, Workbench, moments
from crm_metrics.tables import ROW, SOURCE, Table


def derive(bench: Workbench) -> None:
    """The visits of deals that count, each once, with the time at which the deal went on; it is missing for the last one."""
    table = bench.tables.get("deal_stages")
    if table is None or not {"deal_id", "stage", "entered_at"} <= {*table.frame.columns}:
        return
    _without_lost_deals(bench, table)
    _without_repeats(bench, table)
    _left(bench, table)


def _without_lost_deals(bench: Workbench, table: Table) -> None:
    """Take out the stages of deals that were left out, where the two stand in one row."""
    if "deals" not in bench.tables:
        return
    deals = bench.tables["deals"].frame
    beside = np.array([source.table == "deals" for source in bench.sources], dtype=bool)[table.frame[SOURCE].to_numpy()]
    gone = beside & ~np.isin(_places(table.frame), _places(deals))
    if gone.any():
        table.frame = table.frame[~gone].reset_index(drop=True)


def _places(frame: pd.DataFrame) -> Ints:
    """Each row's file and row in one number."""
    return (frame[SOURCE].to_numpy().astype(np.int64) << 32) + frame[ROW].to_numpy().astype(np.int64)


def _without_repeats(bench: Workbench, table: Table) -> None:
    """Count what two files of one vendor both hold once: the same deal, stage and day."""
    frame = table.frame
    if frame[SOURCE].nunique() < 2:
        return
    vendors = np.array([source.vendor for source in bench.sources])[frame[SOURCE].to_numpy()]
    keys = frame[["deal_id", SOURCE]].assign(
        vendor=vendors, stage=frame["stage"].astype("str"), day=bench.days(frame["entered_at"].to_numpy())
    )
    first = keys.groupby(["vendor", "deal_id", "stage", "day"], observed=True)[SOURCE].transform("min")
    again = (keys[SOURCE] > first).to_numpy(dtype=bool)
    bench.report("repeated-change", table, again)
    for index, count in frame.loc[again, SOURCE].value_counts().items():
        source = bench.sources[int(str(index))]
        if source.table == "deal_stages":
            source.left_out["repeated-change"] += int(count)
    table.frame = frame[~again].reset_index(drop=True)


def _left(bench: Workbench, table: Table) -> None:
    """Where a file does not say when a deal left a stage, that is when it entered the next one."""
    frame = table.frame
    silent: Bools = np.array([not _says_left(source.columns) for source in bench.sources], dtype=bool)
    own = moments(frame, "left_at")
    following = _following(bench, frame)
    by_file = silent[frame[SOURCE].to_numpy()]
    frame["left_at"] = np.where(by_file, following, own)
    entered = table.calendar.get("entered_at", np.zeros(len(bench.sources), dtype=bool))
    stated = table.calendar.get("left_at", np.ones(len(bench.sources), dtype=bool))
    table.calendar["left_at"] = np.where(silent, entered, stated)


def _following(bench: Workbench, frame: pd.DataFrame) -> np.ndarray:
    """When each row's deal entered its next stage, missing for its last one."""
    entered = frame["entered_at"].to_numpy()
    vendors, _ = pd.factorize(np.array([source.vendor for source in bench.sources]))
    deals, _ = pd.factorize(frame["deal_id"])
    deal = deals * (vendors.max() + 1) + vendors[frame[SOURCE].to_numpy()]
    order = np.lexsort((entered, deal))  # stable: stages of one moment stay as they stand
    same = deal[order][1:] == deal[order][:-1]
    result = np.full(len(frame), NAT)
    result[order[:-1][same]] = entered[order[1:][same]]
    return result


def _says_left(columns: dict[str, str]) -> bool:
    return any(name == "left_at" or name.startswith(LEFT) for name in columns)
