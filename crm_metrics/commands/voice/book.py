"""What customers say, as tables and sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from crm_metrics.book import BY_SIGNAL, OF_ROW, Book, Cell, Column, Origin, Sheet, cells
from crm_metrics.book.rows import limits, row_of, unseen
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    from crm_metrics.analysis.parts import Amount
    from crm_metrics.analysis.voice.listening import Heard
    from crm_metrics.analysis.voice.words import Word
    from crm_metrics.commands.voice import Voice

_STYLES = {**BY_SIGNAL, "above": "green", "below": "red"}
_SAID = 5  # words, and segments, that a sentence names
_ANSWERS = (
    Column("kind", "Survey"),
    Column("dimension", spare=1),
    Column("segment", "Segment", spare=1),
    Column("group", "Answer"),
    Column("scores", "Scores", spare=4),
    Column("answers", "Answers", Unit.COUNT),
    Column("share", "Share", Unit.PERCENT, bar=True),
    *limits(Unit.PERCENT, 2),
    Column("comments", "With comment", Unit.COUNT, spare=3),
)
_WORDS = (
    Column("kind", "Survey"),
    Column("word", "Word or phrase"),
    Column("group", "Typical of"),
    Column("comments", "In comments", Unit.COUNT),
    Column("of", "of", Unit.COUNT),
    *unseen("other"),
    Column("other_comments", "Others' comments", Unit.COUNT, spare=1),
    Column("other_of", "of", Unit.COUNT, spare=1),
    *unseen("log_odds", "z", unit=Unit.SCORE),
    Column("p", "Chance alone", Unit.PERCENT, spare=4),
)
_QUOTES = (
    Column("kind", "Survey"),
    Column("word", "Word or phrase", spare=1),
    Column("group", "Answer"),
    Column("quote", "Comment"),
    Column("score", "Amount", Unit.COUNT, spare=2),
    Column("date", "On", spare=4),
    Column("file", "File", spare=3),
    Column("row", "Row", spare=3),
)
_SEGMENTS = (
    Column("kind", "Survey"),
    Column("dimension", "By"),
    Column("segment", "Segment"),
    *unseen("metric", "unit"),
    Column("value", "Amount", OF_ROW),
    *limits(OF_ROW, 3),
    Column("answers", "Answers", Unit.COUNT),
    Column("standing", "Against the others", styles=_STYLES),
    Column("before", "Before", OF_ROW, spare=1),
    *unseen("answers_before", unit=Unit.COUNT),
    Column("contribution", "Part of the change", OF_ROW, spare=2),
    Column("signal", "Own change", spare=1, styles=_STYLES),
)


def book(voice: Voice) -> Book:
    """The groups of answers, words, quotes and, where dimensions are asked for, segments."""
    sheets = [_answers(voice), _words(voice), _quotes(voice), _segments(voice)]
    about = [f"compared with {voice.earlier.label}"] if voice.earlier else []
    says = [sentence for heard in voice.heard for sentence in _says(heard)]
    extra = {
        "period": voice.period.label,
        "compare_period": voice.earlier.label if voice.earlier else None,
        "languages": {path: list(names) for heard in voice.heard for path, names in heard.languages.items()},
        "words_compared": {heard.question.name: heard.comparison.compared for heard in voice.heard},
    }
    title = f"Voice of the customer  {voice.period.label}"
    return Book(title, Origin.of(voice.dataset), sheets, about, says, _notes(voice), extra)


def _answers(voice: Voice) -> Sheet:
    rows: list[list[Cell]] = []
    for heard in voice.heard:
        for part in heard.parts:
            is_counted = heard.has_comments and part.dimension is None
            comments = heard.with_comment[heard.groups.index(part.group)] if is_counted else None
            share = part.answers / part.of
            group = part.group
            row: list[Cell] = [heard.question.name, part.dimension, part.segment, group.name, group.about, part.answers]
            rows.append([*row, share, part.low, part.high, comments])
    return Sheet("answers", "Answers", _ANSWERS, rows, notes=["Shares with 95 % limits."])


def _words(voice: Voice) -> Sheet:
    rows: list[list[Cell]] = []
    for heard in voice.heard:
        comparison, last, first = heard.comparison, heard.groups[-1].name, heard.groups[0].name
        for word in comparison.words:
            name, other = (last, first) if word.z > 0 else (first, last)
            (count, of), (others, of_others) = _sides(word, heard)
            row: list[Cell] = [heard.question.name, word.text, name, count, of, other, others, of_others]
            rows.append([*row, word.log_odds, word.z, word.p])
    notes = [
        "A comment counts once for a word. Chance alone: how often, of comments dealt to both groups by chance, any word "
        "would be as far apart. Only words with at most 5 % are shown. Words that stand in the same comments are shown as "
        "the longest."
    ]
    empty = "no word or phrase sets the groups apart by more than chance"
    return Sheet("words", "Words that set them apart", _WORDS, rows, notes=notes, empty=empty)


def _quotes(voice: Voice) -> Sheet:
    rows = []
    for heard in voice.heard:
        for quote in heard.quotes:
            words = {"kind": heard.question.name, "group": heard.groups[quote.group].name, "quote": quote.text}
            rows.append(row_of(_QUOTES, quote, **words, date=quote.on, file=quote.path))
    notes = [
        "The shortest comments with each word, then the newest of each group. E-mail addresses and long numbers are hidden."
    ]
    return Sheet("quotes", "In their own words", _QUOTES, rows, notes=notes, empty="no comments")


def _segments(voice: Voice) -> Sheet:
    rows: list[list[Cell]] = []
    for heard in voice.heard:
        before = (heard.before.value, heard.before.n) if heard.before else (None, None)
        lines: list[tuple[Any, ...]] = [(None, None, heard.score, None, *before, None, heard.signal)]
        for segment in heard.segments:
            driver = segment.driver
            then = (driver.before, driver.n_before, driver.contribution, driver.signal) if driver else (None,) * 4
            lines.append((segment.dimension, segment.name, segment.score, segment.mark, *then))
        for dimension, name, score, *more in lines:
            named = [heard.question.name, dimension, name, heard.metric.name, str(heard.metric.unit)]
            rows.append([*named, score.value, score.low, score.high, score.n, *more])
    notes = [
        "First all answers. Above or below the others by more than chance, all that is claimed here taken together."
    ]
    return Sheet("segments", "Scores", _SEGMENTS, rows, notes=notes)


def _says(heard: Heard) -> list[str]:
    counts = [f"{part.group.name} {cells.count(part.answers)}" for part in heard.parts if part.dimension is None]
    label = f" ({heard.label})" if heard.label else ""
    metric, score = heard.metric, heard.score
    sentence = f"{metric.title}{label}: {_score(score, metric.unit)}, of {cells.count(score.n)} answers"
    return [f"{sentence} ({', '.join(counts)}).", *_standing(heard), _apart(heard)]


def _score(score: Amount, unit: Unit) -> str:
    value = cells.value(score.value, unit)
    if score.low is None or score.high is None:
        return value
    return f"{value} (95 %: {cells.value(score.low, unit)} to {cells.value(score.high, unit)})"


def _standing(heard: Heard) -> Iterable[str]:
    """The segments that differ from the others."""
    for mark in ("below", "above"):
        named = [
            f"{segment.name} ({segment.dimension}, {_score(segment.score, heard.metric.unit)})"
            for segment in heard.segments
            if segment.mark == mark
        ]
        if named:
            yield f"{mark.capitalize()} the others by more than chance: {cells.listed(named, _SAID, ', and')}."


def _apart(heard: Heard) -> str:
    """What sets the groups apart in words, or why nothing can be said."""
    last, first, comparison = heard.groups[-1].called, heard.groups[0].called, heard.comparison
    if not heard.has_comments or not sum(heard.with_comment):
        return "The answers have no comments." if heard.has_comments else "The files have no column of comments."
    if len(heard.groups) < 2:
        return "No answer is below the median: there are no two groups whose words could be compared."
    if not comparison.compared:
        counts = f"{cells.count(comparison.first)} by {last}, {cells.count(comparison.second)} by {first}"
        return f"Too few comments to compare words: {counts}."
    if not comparison.words:
        compared = cells.count(comparison.compared)
        return f"No word sets {last} apart from {first} by more than chance; {compared} were compared."
    sentences = []
    for who, others, sign in ((last, first, 1), (first, last, -1)):
        if words := [_word(word, heard) for word in comparison.words if word.z * sign > 0]:
            sentences.append(
                f"{who[:1].upper()}{who[1:]} write more often than {others}: {cells.listed(words, _SAID, ', and')}."
            )
    return " ".join(sentences)


def _sides(word: Word, heard: Heard) -> list[tuple[int, int]]:
    """In how many of how many comments a word stands: first of the group that it is typical of."""
    counts = [(word.first, heard.comparison.first), (word.second, heard.comparison.second)]
    return counts if word.z > 0 else counts[::-1]


def _word(word: Word, heard: Heard) -> str:
    (count, of), (others, of_others) = _sides(word, heard)
    return f"“{word.text}” ({count} of {cells.count(of)} comments, against {others} of {cells.count(of_others)})"


def _notes(voice: Voice) -> list[str]:
    notes = list(voice.unclear)
    for heard in voice.heard:
        lacking = [dim for dim in voice.by if dim not in heard.by]
        if lacking:
            notes.append(f"The answers to {heard.question.name} have no {' and no '.join(lacking)}.")
    by_path = {path: names for heard in voice.heard for path, names in heard.languages.items()}
    notes += [f"{path}: comments in {' and '.join(names)}." for path, names in by_path.items() if names]
    untold = [path for path, names in by_path.items() if not names]
    if untold:
        notes.append(
            f"The language of the comments in {', '.join(untold)} is not known: no words are left out as fillers."
        )
    return notes
