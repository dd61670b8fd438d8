"""Ratings of satisfaction, by surveys and of tickets: the scale each file is on, and which scores are in its top."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_metrics.loaders.coercing.columns import by_text
from crm_metrics.loaders.coercing.ratings import out_of
from crm_metrics.loaders.coercing.words import folded
from crm_metrics.loaders.facts.draft import Bools, Draft, Floats, category, distinct_values, optional_truth
from crm_metrics.loaders.state_words import state_words
from crm_metrics.tables import SOURCE, Table, Unusable
from crm_metrics.tables.frames import has_value, numbers

_TO = r"\s*(?:-|–|—|~|to|bis|à|a|al|até|do|tot|t/m|から)\s*"
_RANGE = re.compile(rf"(?<![\w.,])(\d{{1,3}}){_TO}(\d{{1,3}})(?![\d])")
_ENOUGH, _SHOWN = 30, 4
# How many of the highest scores of each scale count as satisfied.
_TOP = {"0-2": 1, "1-2": 1, "1-3": 1, "1-4": 2, "0-5": 2, "1-5": 2, "1-7": 2, "1-10": 2, "0-10": 2}


@dataclass(frozen=True)
class Scale:
    """A scale by name, its ends, and why it is taken to be that one."""

    name: str
    low: float
    high: float
    why: str


def named(text: str, why: str = "the file says so") -> Scale | None:
    """The scale that a text such as "1-5" names; None when it names none, one that is not known, or several."""
    name, *others = _stated(text) or [""]
    return Scale(name, float(name[0]), float(name[2:]), why) if name in _TOP and not others else None


def _stated(text: str) -> list[str]:
    """The scales that a text names, be they known ones or not."""
    return [*dict.fromkeys(map("-".join, _RANGE.findall(text)))]


def set_for(draft: Draft, source: int) -> Scale | None:
    """The scale that the settings name for a file; None when they name none."""
    return named(draft.settings.rules(draft.sources[source].path).scale or "", "the settings say so")


def scale_of(values: Floats, declared: str, of_vendor: str = "") -> Scale | None:
    """The scale of a column of ratings: declared by the file, else the only one the vendor has, else as observed in the
    whole column, else None. A declared scale that is not known is None: what the scores look like is not asked then."""
    stated = named(declared) or (None if _stated(declared) else named(of_vendor, "the export has no other"))
    scores = values[~np.isnan(values)]
    if stated is not None or _stated(declared) or not len(scores):
        return stated
    low, high = float(scores.min()), float(scores.max())
    if 6 <= high <= 10 and low >= 1:
        return Scale("1-10", 1, 10, f"scores run from {low:g} to {high:g}")
    if 4 <= high <= 5 and low >= 1 and len(scores) >= _ENOUGH:
        return Scale("1-5", 1, 5, f"{len(scores):,} scores run from {low:g} to {high:g}")
    return None


class Judged:
    """Which rows of a table are rated, which of these are satisfied, and the scale of each, by its place among `labels`."""

    def __init__(self, draft: Draft, table: Table) -> None:
        self.draft, self.table, self.labels = draft, table, list[str]()
        self.satisfied, self.rated = np.zeros((2, len(table.frame)), dtype=bool)
        self.scale = np.full(len(table.frame), -1, dtype=np.int8)

    def add(self, good: Bools, rated: Bools, label: str) -> None:
        """Put rated rows to the others."""
        self.labels += [] if label in self.labels else [label]
        self.satisfied |= good
        self.rated |= rated
        self.scale[rated] = self.labels.index(label)

    def by_scale(self, score: Floats, rows: Bools, scale: Scale, column: str) -> Bools:
        """Put rows to the others by their scores; those that lie on the scale at all. The others are reported."""
        outside = rows & ((score < scale.low) | (score > scale.high))
        seen = str(score[outside][:1])[1:-1]
        self.draft.report("out-of-range", self.table, outside, column=column, range=scale.name, seen=seen)
        self.draft.say("scale-read", column=column, scale=scale.name, why=scale.why)
        inside = rows & ~outside
        top = self.draft.settings.csat_top or _TOP.get(scale.name, 2)
        self.add(inside & (score > scale.high - top), inside, scale.name)
        return inside

    def close(self) -> None:
        """Write what was judged into the table."""
        self.table.frame["is_satisfied"] = optional_truth(self.satisfied, self.rated)
        self.table.frame["rating_scale"] = category(self.labels, self.scale)


def ambiguous(what: str, values: Floats, declared: str = "") -> Unusable:
    """Why ratings cannot be used whose scale nothing tells, or is none that is known, with the share that each scale would
    call satisfied."""
    rule = 'files = [{ path = "survey.csv", scale = "1-5" }]'
    hint = f"say which in crm-metrics.toml, for example {rule}, or in the header: CSAT score (1-5)"
    if ranges := " and ".join(_stated(declared)):
        return Unusable("scale-ambiguous", f"the {what} are said to be on the scale {ranges}, which is not known", hint)
    scores = values[~np.isnan(values)]
    low, high = float(scores.min()), float(scores.max())
    fitting = [scale for name in _TOP if (scale := named(name)) and scale.low <= low and high <= scale.high]
    shares = [f"on {of.name} {np.mean(scores > of.high - _TOP[of.name]):.0%} are satisfied" for of in fitting]
    would = f" ({', '.join(shares[:_SHOWN]).replace('%', ' %')})" if shares else ""
    problem = f"{len(scores):,} {what} run from {low:g} to {high:g}: that can be several scales{would}"
    return Unusable("scale-ambiguous", problem, hint)


_GOOD, _NONE = ("very satisfied", "satisfied", "good"), "not rated"
_WORDS = "good/bad"


def of_tickets(draft: Draft, table: Table) -> None:
    """Who of the tickets' customers is satisfied."""
    frame = table.frame
    judged = Judged(draft, table)
    score: Floats = np.full(len(frame), np.nan)
    good, worded, unread, numeric = _read(frame)
    for i in draft.files(table, worded | ~np.isnan(numeric)):
        mine = frame[SOURCE].to_numpy() == i
        if (worded & mine).any():
            judged.add(good & mine, worded & mine, _WORDS)
            _report_unread(draft, table, unread & mine & ~worded)
            continue
        rows = mine & ~np.isnan(numeric)
        declared = draft.sources[i].columns.get("satisfaction", "")
        of_cells = {said[1] for text in distinct_values(frame, "satisfaction", rows) if (said := out_of(text))}
        declared = of_cells.pop() if len(of_cells) == 1 and not _stated(declared) else declared
        scale = set_for(draft, i) or scale_of(numeric[rows], declared, draft.recognised[i].layout.scale)
        if scale is None:
            problem = ambiguous("ratings", numeric[rows], declared)
            table.unusable["is_satisfied"] = table.unusable["satisfaction_score"] = problem
            return
        inside = judged.by_scale(numeric, rows, scale, "the tickets' satisfaction")
        score[inside] = numeric[inside]
        _report_unread(draft, table, unread & mine & ~rows)
    if not judged.rated.any():
        table.unusable["is_satisfied"] = Unusable("missing-column", "no ticket has a rating")
        return
    judged.close()
    _mean_score(draft, table, score, distinct_values(frame, "rating_scale", ~np.isnan(score)))


def _read(frame: pd.DataFrame) -> tuple[Bools, Bools, Bools, Floats]:
    """Of each rating: whether it is a good word, whether it is a known word, whether it is a rating at all, and the number
    that it is."""
    ratings = frame["satisfaction"].astype("category")
    known = state_words("ratings")
    words = by_text(ratings, lambda text: known.of_name(text) or "", "", object)
    number = by_text(ratings, _number, np.nan, np.float64)
    is_rating = words != _NONE
    return np.isin(words, _GOOD), (words != "") & is_rating, ratings.notna().to_numpy() & is_rating, number


def _number(text: str) -> float:
    rated = out_of(text)
    return rated[0] if rated else float(pd.to_numeric(folded(text), errors="coerce"))


def _report_unread(draft: Draft, table: Table, rows: Bools) -> None:
    if rows.any():
        texts = distinct_values(table.frame, "satisfaction", rows)
        draft.report("unknown-rating", table, rows, seen=", ".join(texts[:3]))


def _mean_score(draft: Draft, table: Table, score: Floats, scale_names: list[str]) -> None:
    """The ratings as numbers, where there are some and all are on one scale."""
    if not scale_names:
        return
    table.frame["satisfaction_score"] = score
    draft.labels["ticket_csat_score"] = f"on {scale_names[0]}"
    if len(scale_names) > 1:
        problem = f"ratings are on the scales {' and '.join(scale_names)}, which cannot be averaged together"
        table.unusable["satisfaction_score"] = Unusable("scale-ambiguous", problem)


def derive(draft: Draft) -> None:
    """The survey's ratings where a survey asks for satisfaction, else the tickets'."""
    if "ratings" not in draft.wanted:
        return
    table = draft.tables.get("responses")
    surveyed = table is not None and (has_value(table.frame, "is_satisfied").any() or "is_satisfied" in table.unusable)
    date, what = "responded_at", "survey"
    if not surveyed:
        table, date, what = draft.tables.get("tickets"), "created_at", "ticket ratings"
    if table is None:
        return
    rated = has_value(table.frame, "is_satisfied")
    frame = table.frame[rated]
    if date in frame:
        frame["rated_at"] = frame[date]
    score = numbers(frame, "csat_score" if surveyed else "satisfaction_score")
    if not np.isnan(score).all():
        frame["score"] = score
    elif "score" in frame:
        frame = frame.drop(columns="score")
    ratings = Table("ratings", frame, {"rated_at": draft.calendar(table, date)})
    if "is_satisfied" in table.unusable:
        ratings.unusable = dict.fromkeys(("rated_at", "is_satisfied", "score"), table.unusable["is_satisfied"])
    elif not rated.any():
        return
    else:
        names = distinct_values(frame, "rating_scale")
        draft.labels["csat"] = f"{what}, {' and '.join(names)}"
        if len(names) > 1:
            several = f"ratings are on the scales {' and '.join(names)}, which cannot be averaged together"
            ratings.unusable["score"] = Unusable("scale-ambiguous", several)
        else:
            draft.labels["csat_score"] = f"{what}, {names[0]}"
    draft.tables["ratings"] = ratings
