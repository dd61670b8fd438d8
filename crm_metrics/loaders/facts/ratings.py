"""Survey answers and ticket ratings: which question was asked, on which scale, and who is satisfied."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_metrics.loaders.coercing.words import folded
from crm_metrics.loaders.facts.workbench import (
    Bools,
    Floats,
    Workbench,
    category,
    has_value,
    moments,
    numbers,
    optional_truth,
    unusable,
)
from crm_metrics.tables import SOURCE, Table, Unusable

_GOOD = ("good", "satisfied", "happy", "great", "extremely happy", "very happy", "positive", "thumbs up")
_BAD = ("bad", "unsatisfied", "dissatisfied", "unhappy", "not happy", "extremely unhappy", "very unhappy", "negative")
_NEUTRAL = ("neutral", "ok", "okay")
_RANGE = re.compile(r"(?<!\d)([01])\s*(?:-|–|to|bis)\s*(5|7|10)(?!\d)")
_KINDS = ("ces", "csat", "nps")
_UNSAID, _UNKNOWN = -1, -2  # neither row nor file has said it yet; nothing can tell
_ENOUGH = 30
_TOLERATED = 0.02
_TOP = {"1-5": 2, "1-7": 2, "1-10": 2, "0-10": 2}
_WORDS = "good/bad"


@dataclass(frozen=True)
class Scale:
    """A scale by name, its ends, and why it is taken to be that one."""

    name: str
    low: float
    high: float
    why: str


def _named(text: str) -> Scale | None:
    found = _RANGE.search(text)
    return Scale(f"{found[1]}-{found[2]}", float(found[1]), float(found[2]), "the header says so") if found else None


def scale_of(values: Floats, declared: str) -> Scale | None:
    """The scale of a column of ratings: declared, else as observed in the whole column, else None."""
    if (named := _named(declared)) is not None:
        return named
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = float(known.min()), float(known.max())
    if 6 <= high <= 10 and low >= 1:
        return Scale("1-10", 1, 10, f"scores run from {low:g} to {high:g}")
    if high <= 5 and low >= 1 and len(known) >= _ENOUGH:
        return Scale("1-5", 1, 5, f"{len(known):,} scores run from {low:g} to {high:g}")
    return None


def derive(bench: Workbench) -> None:
    """Groups of the promoter question, effort scores, ticket ratings; then one row per rating."""
    if "responses" in bench.tables:
        _responses(bench, bench.tables["responses"])
    if "tickets" in bench.tables and "satisfaction" in bench.tables["tickets"].frame:
        _tickets(bench, bench.tables["tickets"])
    if "ratings" in bench.wanted:
        _ratings(bench)


def _responses(bench: Workbench, table: Table) -> None:
    frame = table.frame
    source = frame[SOURCE].to_numpy()
    score = numbers(frame, "score")
    kind = _stated_kind(frame)
    for place, name in enumerate(_KINDS):
        if f"{name}_score" in frame:
            score = np.where(np.isnan(score), numbers(frame, f"{name}_score"), score)
            having = np.array([f"{name}_score" in known.columns for known in bench.sources], dtype=bool)[source]
            kind[having & (kind == _UNSAID)] = place
    for i in bench.files(table):
        unsaid = (source == i) & (kind == _UNSAID)
        if unsaid.any():
            kind[unsaid] = _kind_of(bench, i, score[unsaid])
    asked = {name: kind == place for place, name in enumerate(_KINDS)}
    frame["score"] = score
    frame["is_answered"] = ~np.isnan(score) & ~(moments(frame, "responded_at") >= bench.now)
    frame["kind"] = category(_KINDS, np.maximum(kind, -1))
    unknown = kind == _UNKNOWN
    if unknown.any():
        problem = unusable(
            "scale-ambiguous",
            f"the scores of {_paths(bench, table, unknown)} do not say which question was asked",
            "name the column NPS score, CSAT score or CES score, or add a column kind",
        )
        table.unusable["nps_group"] = problem
        if not asked["csat"].any():
            table.unusable["is_satisfied"] = problem
    _promoters(bench, table, score, asked["nps"])
    if asked["ces"].any():
        frame["effort_score"] = np.where(asked["ces"], score, np.nan)
    if asked["csat"].any():
        _satisfied(bench, table, score, asked["csat"])


def _stated_kind(frame: pd.DataFrame) -> np.ndarray:
    """The question of each answer where the row says it: its place among the kinds."""
    if "kind" not in frame:
        return np.full(len(frame), _UNSAID, dtype=np.int8)
    column = frame["kind"].astype("category")
    names = [folded(str(value)) for value in column.cat.categories]
    known = [next((place for place, kind in enumerate(_KINDS) if kind in name), _UNKNOWN) for name in names]
    return np.array([*known, _UNSAID], dtype=np.int8)[column.cat.codes.to_numpy()]


def _kind_of(bench: Workbench, source: int, score: Floats) -> int:
    """The question that a file asked, where only its name or its scores can tell: its place among the kinds."""
    name = bench.sources[source].path.rpartition("/")[2].casefold()
    label = bench.sources[source].columns.get("score", "score")
    named = [place for place, kind in enumerate(_KINDS) if re.search(rf"(?<![a-z]){kind}(?![a-z])", name)]
    if len(named) == 1:
        return named[0]
    if "rating" in label.casefold() or "satisf" in label.casefold():
        return _KINDS.index("csat")
    known = len(score) - np.count_nonzero(np.isnan(score))
    inside = (score >= 0) & (score <= 10)
    enough = known and np.count_nonzero(inside) >= (1 - _TOLERATED) * known
    if enough and (inside & (score < 1)).any() and (inside & (score > 5)).any():
        bench.say("kind-read", column=label, kind="the promoter question", why="scores run from 0 to 10")
        return _KINDS.index("nps")
    return _UNKNOWN


def _paths(bench: Workbench, table: Table, rows: Bools) -> str:
    return ", ".join(bench.sources[i].path for i in bench.files(table, rows))


def _promoters(bench: Workbench, table: Table, score: Floats, asked: Bools) -> None:
    if not asked.any():
        return
    known = asked & ~np.isnan(score)
    outside = known & ((score < 0) | (score > 10))
    bench.report("out-of-range", table, outside, column="score", range="0 to 10", seen=str(score[outside][:1])[1:-1])
    inside = score[known & ~outside]
    if outside.sum() > _TOLERATED * max(int(known.sum()), 1):
        table.unusable["nps_group"] = unusable("scale-ambiguous", "more than 2 % of the scores lie outside 0 to 10")
    elif len(inside) and inside.max() <= 5 and inside.min() >= 1 and not _ten_declared(bench, table, asked):
        hint = "declare the kind of survey: a column kind with nps, csat or ces"
        table.unusable["nps_group"] = unusable("scale-ambiguous", "the scores never leave 1 to 5", hint)
    group = (score >= 9).astype(np.int8) + (score >= 7)
    table.frame["nps_group"] = category(("detractor", "passive", "promoter"), np.where(known & ~outside, group, -1))


def _ten_declared(bench: Workbench, table: Table, asked: Bools) -> bool:
    """Whether every file of promoter scores says that its scale ends with 10."""
    source = table.frame[SOURCE].to_numpy()
    said = [_named(_declared(bench, table, i, asked & (source == i), "nps_score")) for i in bench.files(table, asked)]
    return all(scale is not None and scale.high == 10 for scale in said)


def _declared(bench: Workbench, table: Table, source: int, rows: Bools, column: str) -> str:
    if "scale" in table.frame and has_value(table.frame, "scale")[rows].any():
        return str(table.frame.loc[rows, "scale"].dropna().iloc[0])
    recognised = bench.recognised[source]
    return " ".join(recognised.suffixes.get(name, "") for name in (column, "csat_score"))


def _satisfied(bench: Workbench, table: Table, score: Floats, rated: Bools) -> None:
    """Who of a survey is satisfied, by the scale of each file's column."""
    frame = table.frame
    n = len(frame)
    satisfied, known = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    scales = np.full(n, "", dtype=object)
    for i in bench.files(table, rated):
        rows = rated & (frame[SOURCE].to_numpy() == i) & ~np.isnan(score)
        scale = scale_of(score[rows], _declared(bench, table, i, rows, "score")) if rows.any() else None
        if scale is None:
            if rows.any():
                table.unusable["is_satisfied"] = _ambiguous("scores", score[rows])
            continue
        good, inside = _judge(bench, table, score, rows, scale, "the satisfaction score")
        satisfied |= good
        known |= inside
        scales[inside] = scale.name
    frame["is_satisfied"] = optional_truth(satisfied, known)
    scales[scales == ""] = None
    frame["rating_scale"] = pd.Categorical(scales)


def _judge(
    bench: Workbench, table: Table, score: Floats, rows: Bools, scale: Scale, column: str
) -> tuple[Bools, Bools]:
    """Which of the rows are in the top of the scale, and which lie on it at all."""
    outside = rows & ((score < scale.low) | (score > scale.high))
    bench.report("out-of-range", table, outside, column=column, range=scale.name, seen=str(score[outside][:1])[1:-1])
    bench.say("scale-read", column=column, scale=scale.name, why=scale.why)
    inside = rows & ~outside
    top = bench.settings.csat_top or _TOP[scale.name]
    return inside & (score > scale.high - top), inside


def _ambiguous(what: str, values: Floats) -> Unusable:
    known = values[~np.isnan(values)]
    seen = f"{len(known):,} {what} run from {known.min():g} to {known.max():g}: that can be several scales"
    return unusable("scale-ambiguous", seen, "write the scale into the header, for example CSAT score (1-5)")


def _tickets(bench: Workbench, table: Table) -> None:
    frame = table.frame
    column = frame["satisfaction"].astype("category")
    names = [folded(str(value)) for value in column.cat.categories]
    codes = column.cat.codes.to_numpy()

    def named(known: tuple[str, ...]) -> Bools:
        return np.array([*(name in known for name in names), False], dtype=bool)[codes]

    good, other = named(_GOOD), named(_BAD) | named(_NEUTRAL)
    by_code = pd.to_numeric(pd.Series([*names, None], dtype="object"), errors="coerce").to_numpy(dtype=float)
    score = by_code[codes]
    rated, scale_name = good | other, _WORDS
    satisfied = good
    if not rated.any():
        if np.isnan(score).all():
            table.unusable["is_satisfied"] = unusable("missing-column", "no ticket has a rating")
            return
        i = int(frame[SOURCE].iloc[0])
        scale = scale_of(score, bench.recognised[i].suffixes.get("satisfaction", ""))
        if scale is None:
            table.unusable["is_satisfied"] = table.unusable["satisfaction_score"] = _ambiguous("ratings", score)
            return
        satisfied, rated = _judge(bench, table, score, ~np.isnan(score), scale, "the tickets' satisfaction")
        scale_name = scale.name
        frame["satisfaction_score"] = np.where(rated, score, np.nan)
        bench.labels["ticket_csat_score"] = f"on {scale_name}"
    frame["is_satisfied"] = optional_truth(satisfied, rated)
    frame["rating_scale"] = category([scale_name], np.where(rated, 0, -1))


def _ratings(bench: Workbench) -> None:
    """One row per rating: the survey's where a survey asks for satisfaction, else the tickets'."""
    table = bench.tables.get("responses")
    surveyed = table is not None and (has_value(table.frame, "is_satisfied").any() or "is_satisfied" in table.unusable)
    date, what = "responded_at", "survey"
    if not surveyed:
        table, date, what = bench.tables.get("tickets"), "created_at", "ticket ratings"
    if table is None:
        return
    rated = has_value(table.frame, "is_satisfied")
    frame = table.frame[rated]
    if date in frame:
        frame["rated_at"] = frame[date]
    score = numbers(frame, "score" if surveyed else "satisfaction_score")
    if not np.isnan(score).all():
        frame["score"] = score
    elif "score" in frame:
        frame = frame.drop(columns="score")
    made = Table("ratings", frame, {"rated_at": table.calendar.get(date, np.zeros(len(bench.sources), dtype=bool))})
    if "is_satisfied" in table.unusable:
        made.unusable = dict.fromkeys(("rated_at", "is_satisfied", "score"), table.unusable["is_satisfied"])
    elif not rated.any():
        return
    else:
        scales = sorted(str(name) for name in frame["rating_scale"].cat.remove_unused_categories().cat.categories)
        bench.labels["csat"] = f"{what}, {' and '.join(scales)}"
        if len(scales) > 1:
            seen = f"ratings are on the scales {' and '.join(scales)}, which cannot be averaged together"
            made.unusable["score"] = unusable("scale-ambiguous", seen)
        else:
            bench.labels["csat_score"] = f"{what}, {scales[0]}"
    bench.tables["ratings"] = made
