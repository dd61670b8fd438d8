"""One table per name, from all files of it: of each record the newest version, and none twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from crm_metrics import schema
from crm_metrics.issues import Issue
from crm_metrics.loaders.facts import ledgers
from crm_metrics.loaders.identity import without_repeats
from crm_metrics.loaders.normalising import FileRows
from crm_metrics.loaders.recognising import normalised
from crm_metrics.loaders.renumbered import name_one_thing, without_copies
from crm_metrics.loaders.versions import Exports, without_older
from crm_metrics.tables import Source, Table, Unusable
from crm_metrics.tables.frames import concatenated


def together(files: list[FileRows], issues: list[Issue], today: date) -> dict[str, Table]:
    """One table per name, from all files of that table; each layout's versions of a record are settled first."""
    sources = [file.source for file in files]
    tables: dict[str, Table] = {}
    for name in sorted({table for file in files for table in file.tables}):
        own = [file for file in files if file.source.table == name]
        backs = {
            file.source.index for file in own if name == "orders" and ledgers.gives_back(file.frame, file.source.index)
        }
        layouts: dict[object, list[FileRows]] = {}
        for file in sorted(own, key=lambda file: file.source.index in backs):
            numbered: object = _numbered_as(file)
            if file.source.index in backs and numbered not in layouts:  # refunds name the orders in words of their own
                alike = [
                    other for other, held in layouts.items() if name_one_thing(held[0].source, file.source, "order_id")
                ]
                numbered = alike[0] if len(alike) == 1 else numbered
            layouts.setdefault(numbered, []).append(file)
        numbering: dict[int, int] = {}
        exports = _exports(name, files, sources, issues, numbering, today)
        parts = []
        for mine in layouts.values():
            free = max(numbering.values(), default=-1) + 1
            numbering |= {file.source.index: free for file in mine}
            # A refund is no version of its order.
            for is_refund in sorted({file.source.index in backs for file in mine}):
                frames = [file.frame for file in mine if (file.source.index in backs) is is_refund]
                parts.append(_settled(frames, exports))
        second = _beside(files, name, today)
        if second and name == "deals":
            issues.append(Issue("deals-derived"))
        parts += second
        calendar: dict[str, np.ndarray] = {}
        unusable: dict[str, Unusable] = {}
        for file in files:
            unusable |= file.unusable if file.source.table == name else {}
            for column, by_day in file.calendar_of(name).items():
                calendar.setdefault(column, np.ones(len(files), dtype=bool))[file.source.index] = by_day
        frame = without_copies(concatenated(parts), exports, backs) if len(numbering) > 1 else concatenated(parts)
        tables[name] = Table(name, frame, calendar, unusable, numbering=numbering)
    return tables


def _numbered_as(file: FileRows) -> tuple[int, str]:
    """What files have in common whose equal ids are the same records: the layout, and in generic names the id's
    header."""
    layout = file.recognised.layout
    key = schema.TABLES[layout.table].key
    return id(layout), "" if layout.signature else normalised(file.source.columns.get(key, ""))


def _exports(
    name: str,
    files: list[FileRows],
    sources: list[Source],
    issues: list[Issue],
    numbering: dict[int, int],
    today: date,
) -> Exports:
    by_day = np.array([file.calendar_of(name).get(schema.TABLES[name].placed_by, False) for file in files], dtype=bool)
    return Exports(name, sources, by_day, today, set(), numbering, issues)


def _settled(frames: list[pd.DataFrame], exports: Exports) -> pd.DataFrame:
    """The rows of files of one layout as one frame, of each record the newest version."""
    frame, unsure = without_repeats(concatenated(frames), exports.table, exports.sources, exports.issues)
    return without_older(frame, replace(exports, unsure=unsure))


def _beside(files: list[FileRows], name: str, today: date) -> list[pd.DataFrame]:
    """A table's rows that stand in files of another table, per vendor. Of several versions of a deal the newest counts;
    the others are rows of a history, so that nothing is left out."""
    by_vendor: dict[str, list[pd.DataFrame]] = {}
    for file in files:
        if file.part is not None and file.part.table == name:
            by_vendor.setdefault(file.source.vendor, []).append(file.part.frame)
    unseen = [replace(file.source, left_out=Counter()) for file in files]
    return [
        _settled(frames, _exports(name, files, unseen, [], dict.fromkeys(range(len(files)), 0), today))
        for frames in by_vendor.values()
    ]
