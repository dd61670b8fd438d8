"""Survey answers: which questions each one answers, the groups of the promoter question, and who is satisfied."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from crm_metrics.errors import SettingsError
from crm_metrics.loaders.coercing.columns import by_text
from crm_metrics.loaders.coercing.words import folded
from crm_metrics.loaders.facts import ratings
from crm_metrics.loaders.facts.draft import Bools, Draft, Floats, category, distinct_values, words
from crm_metrics.loaders.state_words import state_words
from crm_metrics.loaders.vocabulary import header_of, languages
from crm_metrics.tables import Table, Unusable
from crm_metrics.tables.frames import has_value, moments, numbers, truths

_KINDS = ("ces", "csat", "nps")
_GROUPS = ("detractor", "passive", "promoter", "")
_UNSAID, _UNKNOWN = -1, -2  # neither row nor file has said it yet; nothing can tell
_TOLERATED = 0.02
# Of answers that are no customer's, as Qualtrics numbers them: 1 preview, 2 test, 8 spam, and these together with others.
_PREVIEW_CODES = ("1", "2", "8", "9", "12", "17", "40")


def derive(draft: Draft) -> None:
    """Leave out what is no answer; then the score of each question, its group, its satisfaction."""
    if "responses" not in draft.tables:
        return
    table = draft.tables["responses"]
    _leave_out(draft, table)
    frame = table.frame
    kind = _kinds(draft, table)
    scores = _scores(draft, table, kind)
    scores["ces"] = _turned(draft, table, scores["ces"])
    first = scores[_KINDS[0]]
    for name in _KINDS[1:]:
        blank = np.isnan(first)
        first = scores[name] if blank.all() else np.where(blank, scores[name], first)
    unknown = kind == _UNKNOWN
    frame["score"] = np.where(unknown, numbers(frame, "score"), first) if unknown.any() else first
    is_later = moments(frame, "responded_at") >= draft.known_until(table.name)
    if "asked_at" in frame:
        frame["is_asked"] = has_value(frame, "asked_at")
    frame["kind"] = category(_KINDS, np.maximum(kind, -1))
    asked = {name: ~np.isnan(scores[name]) | (kind == place) for place, name in enumerate(_KINDS)}
    worded = _groups(draft, table)
    frame["is_answered"] = (has_value(frame, "score") | (worded >= 0)) & ~is_later
    asked["nps"] |= worded >= 0
    if unknown.any():
        paths = ", ".join(draft.sources[i].path for i in draft.files(table, unknown))
        problem = Unusable(
            "scale-ambiguous",
            f"the scores of {paths} do not say which question was asked",
            "name the column NPS score, CSAT score or CES score, or add a column kind",
        )
        table.unusable["nps_group"] = problem
        if not asked["csat"].any():
            table.unusable["is_satisfied"] = problem
    _promoters(draft, table, scores["nps"], asked["nps"], worded)
    if asked["ces"].any():
        frame["effort_score"] = scores["ces"]
    if asked["csat"].any():
        frame["csat_score"] = scores["csat"]
        _satisfied(draft, table, scores["csat"], asked["csat"])


def _leave_out(draft: Draft, table: Table) -> None:
    """Previews, tests and unfinished answers are counted and left out."""
    by_code = words(table.frame, "completion", _PREVIEW_CODES)
    by_code = by_code & draft.of_files(table.frame, lambda source: source.vendor == "qualtrics")
    preview = _became(table.frame, "left-out") | by_code
    draft.report("preview-response", table, preview)
    draft.leave_out(table, preview, "preview-response")
    frame = table.frame
    unfinished = _became(frame, "partial")
    if "is_finished" in frame:
        unfinished = unfinished | has_value(frame, "is_finished") & ~truths(frame, "is_finished")
    draft.report("partial-response", table, unfinished)
    draft.leave_out(table, unfinished, "partial-response")
    frame = table.frame
    scored = np.logical_or.reduce([has_value(frame, name) for name in ("score", *map("{}_score".format, _KINDS))])
    for i, hit in draft.by_file(table, _became(frame, None) & scored):
        seen = ", ".join(map(repr, distinct_values(frame, "completion", hit)[:5]))
        detail = {"column": draft.sources[i].columns["completion"], "seen": seen, "worth": "", "line": ""}
        draft.report("unknown-state", table, hit, reading="counted as answers", **detail)


def _became(frame: pd.DataFrame, state: str | None) -> Bools:
    """The answers that a word says became this; with None those whose word is none that is known, and no number."""
    if "completion" not in frame:
        return np.zeros(len(frame), dtype=bool)
    known = state_words("answers")
    return by_text(frame["completion"], lambda text: known.of_status(text) == state and not text.isdigit(), False, bool)


def _kinds(draft: Draft, table: Table) -> np.ndarray:
    """The question of each answer, as its place among the kinds: what the row says, else what its header, file name or
    scores say. Where an answer is to several questions it is the first of them."""
    frame = table.frame
    kind = _stated_kind(frame)
    for i, rows in draft.by_file(table):
        unsaid = rows & (kind == _UNSAID)
        asked = _asked_by(draft, i)
        if asked:
            kind[unsaid] = min(asked)
        elif unsaid.any():
            kind[unsaid] = _kind_of(draft, i, numbers(frame, "score")[unsaid])
    return kind


def _asked_by(draft: Draft, source: int) -> list[int]:
    """The questions that have a column of their own in a file."""
    return [place for place, name in enumerate(_KINDS) if f"{name}_score" in draft.sources[source].columns]


def _scores(draft: Draft, table: Table, kind: np.ndarray) -> dict[str, Floats]:
    """The score of each question: its own column, else the plain score of an answer of this kind. Beside a column that
    names its question a plain score belongs to another one."""
    frame = table.frame
    other = draft.of_files(frame, lambda source: bool(_asked_by(draft, source.index))) & (_stated_kind(frame) < 0)
    scores = {}
    nothing: Floats = np.full(len(frame), np.nan)
    for place, name in enumerate(_KINDS):
        of_kind = (kind == place) & ~other
        plain = np.where(of_kind, numbers(frame, "score"), np.nan) if of_kind.any() else nothing
        own = frame[f"{name}_score"].to_numpy() if f"{name}_score" in frame else nothing
        scores[name] = plain if own is nothing else np.where(np.isnan(own), plain, own)
    return scores


def _turned(draft: Draft, table: Table, score: Floats) -> Floats:
    """The answers to the effort question, high where it took little effort: those of a file of which the settings say that
    low is good are turned round on its scale, and cannot be used where nothing names one."""
    turned: list[str] = []
    for i, rows in draft.by_file(table):
        path, answered = draft.sources[i].path, rows & ~np.isnan(score)
        if draft.settings.rules(path).better != "lower":
            continue
        if not answered.any():
            raise SettingsError(
                f'better = "lower" is about the effort that something took, and {path} has no answer to that: kind = "ces"'
                " says that it has"
            )
        of_vendor = ratings.named(draft.recognised[i].layout.scale)
        scale = ratings.set_for(draft, i) or ratings.named(_declared(draft, table, i, rows, "ces_score")) or of_vendor
        if scale is None:
            problem = f"low scores of {path} are good ones, and nothing says on which scale they are"
            hint = 'say it beside better = "lower", for example scale = "1-7"'
            table.unusable["effort_score"] = Unusable("scale-ambiguous", problem, hint)
            continue
        outside = answered & ((score < scale.low) | (score > scale.high))
        seen = str(score[outside][:1])[1:-1]
        draft.report("out-of-range", table, outside, column="the effort score", range=scale.name, seen=seen)
        score = np.where(answered, np.where(outside, np.nan, scale.low + scale.high - score), score)
        turned.append(scale.name)
    if turned:
        draft.labels["ces"] = f"answers on {' and '.join(dict.fromkeys(turned))} turned round: high is little effort"
    return score


def _stated_kind(frame: pd.DataFrame) -> np.ndarray:
    """The question of each answer where the row says it: its place among the kinds."""
    if "kind" not in frame:
        return np.full(len(frame), _UNSAID, dtype=np.int8)

    def place(name: str) -> int:
        return next((place for place, kind in enumerate(_KINDS) if kind in folded(name)), _UNKNOWN)

    return by_text(frame["kind"], place, _UNSAID, np.int8)


def _kind_of(draft: Draft, source: int, score: Floats) -> int:
    """The question that a file asked, where only its name or its scores can tell: its place among the kinds."""
    if (stated := draft.settings.rules(draft.sources[source].path).kind) is not None:
        return _KINDS.index(stated)
    if "nps_category" in draft.sources[source].columns:
        return _KINDS.index("nps")
    name = draft.sources[source].path.rpartition("/")[2].casefold()
    label = draft.sources[source].columns.get("score", "score")
    named = [place for place, kind in enumerate(_KINDS) if re.search(rf"(?<![a-z]){kind}(?![a-z])", name)]
    if len(named) == 1:
        return named[0]
    said = {meaning.attribute for language in languages() for meaning in language.meanings(header_of(label).short)}
    if "rating" in label.casefold() or "satisf" in label.casefold() or not said.isdisjoint(("rating", "satisfaction")):
        return _KINDS.index("csat")
    answered = len(score) - np.count_nonzero(np.isnan(score))
    inside = (score >= 0) & (score <= 10)
    enough = answered and np.count_nonzero(inside) >= (1 - _TOLERATED) * answered
    if enough and (inside & (score < 1)).any() and (inside & (score > 5)).any():
        draft.say("kind-read", column=label, kind="the promoter question", why="scores run from 0 to 10")
        return _KINDS.index("nps")
    return _UNKNOWN


def _groups(draft: Draft, table: Table) -> np.ndarray:
    """The group of the promoter question that a word in place of a score says, −1 where none does."""
    if "nps_category" not in table.frame:
        return np.full(len(table.frame), -1, dtype=np.int8)
    texts, known = table.frame["nps_category"], state_words("responses")
    groups = by_text(texts, lambda text: _GROUPS.index(known.of_status(text) or ""), -1, np.int8)
    unread = (groups == len(_GROUPS) - 1) & np.isnan(numbers(table.frame, "score"))
    if unread.any():
        draft.report(
            "unknown-rating", table, unread, seen=", ".join(distinct_values(table.frame, "nps_category", unread)[:3])
        )
    return np.where(groups == len(_GROUPS) - 1, -1, groups)


def _promoters(draft: Draft, table: Table, score: Floats, asked: Bools, worded: np.ndarray) -> None:
    """The group of each answer to the promoter question: by its score, else by its word."""
    if not asked.any():
        return
    scored = asked & ~np.isnan(score)
    outside = scored & ((score < 0) | (score > 10))
    draft.report("out-of-range", table, outside, column="score", range="0 to 10", seen=str(score[outside][:1])[1:-1])
    inside = score[scored & ~outside]
    if outside.sum() > _TOLERATED * max(int(scored.sum()), 1):
        table.unusable["nps_group"] = Unusable("scale-ambiguous", "more than 2 % of the scores lie outside 0 to 10")
    elif len(inside) and inside.max() <= 5 and inside.min() >= 1 and not _ten_declared(draft, table, asked):
        hint = "declare the kind of survey: a column kind with nps, csat or ces"
        table.unusable["nps_group"] = Unusable("scale-ambiguous", "the scores never leave 1 to 5", hint)
    group = (score >= 9).astype(np.int8) + (score >= 7)
    groups = np.where(scored, np.where(outside, -1, group), worded)
    table.frame["nps_group"] = category(_GROUPS[:-1], groups)


def _ten_declared(draft: Draft, table: Table, asked: Bools) -> bool:
    """Whether every file of promoter scores says that its scale ends with 10."""
    scales = [
        ratings.set_for(draft, i) or ratings.named(_declared(draft, table, i, rows, "nps_score"))
        for i, rows in draft.by_file(table, asked)
    ]
    return all(scale is not None and scale.high == 10 for scale in scales)


def _declared(draft: Draft, table: Table, source: int, rows: Bools, column: str) -> str:
    """What the rows or the headers of a file say about the scale of a column; all of it where rows name several."""
    if "scale" in table.frame and has_value(table.frame, "scale")[rows].any():
        return " and ".join(sorted(map(str, table.frame.loc[rows, "scale"].dropna().unique())))
    places = (draft.sources[source].columns, draft.recognised[source].suffixes)
    return " ".join(of.get(name, "") for of in places for name in (column, "csat_score"))


def _satisfied(draft: Draft, table: Table, score: Floats, rated: Bools) -> None:
    """Who of a survey is satisfied, by the scale of each file's column."""
    judged = ratings.Judged(draft, table)
    for i, rows in draft.by_file(table, rated & ~np.isnan(score)):
        declared = _declared(draft, table, i, rows, "score")
        by_file = ratings.scale_of(score[rows], declared, draft.recognised[i].layout.scale)
        scale = ratings.set_for(draft, i) or by_file
        if scale is None:
            table.unusable["is_satisfied"] = ratings.ambiguous("scores", score[rows], declared)
            continue
        judged.by_scale(score, rows, scale, "the satisfaction score")
    judged.close()
