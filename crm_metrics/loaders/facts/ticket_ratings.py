"""Ratings of tickets: words, or numbers on a scale of each file's own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_metrics.loaders.coercing.words import folded
from crm_metrics.loaders.facts import scales
from crm_metrics.loaders.facts.workbench import (
    Bools,
    Floats,
    Workbench,
    category,
    has_value,
    optional_truth,
    unusable,
    words,
)
from crm_metrics.tables import SOURCE, Table

_GOOD = (
    *("good", "satisfied", "happy", "great", "extremely happy", "very happy", "positive", "thumbs up"),
    *("awesome", "good with comment", "very satisfied", "extremely satisfied", "amazing", "love it"),
)
_BAD = (
    *("bad", "unsatisfied", "dissatisfied", "unhappy", "not happy", "extremely unhappy", "very unhappy"),
    *("negative", "bad with comment", "very dissatisfied", "extremely dissatisfied", "not good"),
    *("thumbs down", "terrible"),
)
_NEUTRAL = ("neutral", "ok", "okay", "just ok", "just okay", "neither satisfied nor dissatisfied")
_NONE = ("offered", "not offered", "unoffered", "no rating", "not rated", "none", "n/a", "na", "null")
_WORDS = "good/bad"


def derive(bench: Workbench, table: Table) -> None:
    """Who of the tickets' customers is satisfied."""
    frame = table.frame
    source = frame[SOURCE].to_numpy()
    n = len(frame)
    satisfied, rated = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    score: Floats | None = None
    labels: list[str] = []
    scale_of = np.full(n, -1, dtype=np.int8)
    good, worded, numeric = _read(frame)
    unread = has_value(frame, "satisfaction") & ~words(frame, "satisfaction", _NONE)
    for i in bench.files(table, worded | ~np.isnan(numeric)):
        mine = source == i
        if (worded & mine).any():
            satisfied |= good & mine
            rated |= worded & mine
            scale_of[worded & mine] = scales.place(_WORDS, labels)
            _report_unread(bench, table, unread & mine & ~worded)
            continue
        rows = mine & ~np.isnan(numeric)
        declared = bench.sources[i].columns.get("satisfaction", "")
        scale = scales.set_for(bench, i) or scales.scale_of(numeric[rows], declared, bench.recognised[i].layout.scale)
        if scale is None:
            problem = scales.ambiguous("ratings", numeric[rows], declared)
            table.unusable["is_satisfied"] = table.unusable["satisfaction_score"] = problem
            return
        top, inside = scales.judge(bench, table, numeric, rows, scale, "the tickets' satisfaction")
        satisfied, rated = satisfied | top, rated | inside
        score = np.full(n, np.nan) if score is None else score
        score[inside] = numeric[inside]
        scale_of[inside] = scales.place(scale.name, labels)
        _report_unread(bench, table, unread & mine & ~rows)
    if not rated.any():
        table.unusable["is_satisfied"] = unusable("missing-column", "no ticket has a rating")
        return
    frame["is_satisfied"] = optional_truth(satisfied, rated)
    frame["rating_scale"] = category(labels, scale_of)
    if score is not None:
        _mean_score(bench, table, score, sorted(labels[i] for i in np.unique(scale_of[~np.isnan(score)]).tolist()))


def _read(frame: pd.DataFrame) -> tuple[Bools, Bools, Floats]:
    """Of each rating: whether it is a good word, whether it is a known word, and the number that it is."""
    column = frame["satisfaction"].astype("category")
    names = [folded(str(value)) for value in column.cat.categories]
    codes = column.cat.codes.to_numpy()

    def among(known: tuple[str, ...]) -> Bools:
        return np.array([*(name in known for name in names), False], dtype=bool)[codes]

    numeric = pd.to_numeric(pd.Series([*names, None], dtype="object"), errors="coerce").to_numpy(dtype=float)
    good = among(_GOOD)
    number = np.broadcast_to(np.nan, len(codes)) if np.isnan(numeric).all() else numeric[codes]
    return good, good | among(_BAD) | among(_NEUTRAL), number


def _report_unread(bench: Workbench, table: Table, rows: Bools) -> None:
    if rows.any():
        seen = ", ".join(sorted(set(table.frame.loc[rows, "satisfaction"].astype(str)))[:3])
        bench.report("unknown-rating", table, rows, seen=seen)


def _mean_score(bench: Workbench, table: Table, score: Floats, scale_names: list[str]) -> None:
    """The ratings as numbers, where there are some and all are on one scale."""
    if not scale_names:
        return
    table.frame["satisfaction_score"] = score
    bench.labels["ticket_csat_score"] = f"on {scale_names[0]}"
    if len(scale_names) > 1:
        seen = f"ratings are on the scales {' and '.join(scale_names)}, which cannot be averaged together"
        table.unusable["satisfaction_score"] = unusable("scale-ambiguous", seen)
