"""What can stand at a place of the command line: each function takes the words typed so far, and gives values with help."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

Values = Iterator[tuple[str, str]]

WORDS = {
    "--color": ("auto", "always", "never"),
    "--layout": ("tidy", "wide"),
    "--date-order": ("dmy", "mdy"),
    "--decimal": (".", ","),
    "--dialect": ("excel", "excel-eu"),
    "--grain": ("day", "week", "month", "quarter", "year"),
    "--unit": ("days", "weeks", "months"),
    "--of": ("purchases", "revenue", "starts", "mrr"),
    "--kind": ("nps", "csat", "ces"),
    "--fail-on": ("worse", "warning", "restated", "goal-missed", "alert"),
}
_GRAINS = ("month", "quarter", "week", "year", "day")
_PERIODS = (
    *("last-month", "last-quarter", "last-year", "last-12-months", "last-90-days", "last-week"),
    *("this-month", "this-quarter", "this-year", "ytd", "qtd", "mtd", "fytd", "wtd", "today", "yesterday", "all"),
)
_FILES = 40
_HEAD = 1 << 16
_LINES = 12
_LONGEST = 4  # words of a label that is offered as it stands
_DELIMITERS = ",;\t|"


def among(*words: str) -> Callable[[Sequence[str]], Values]:
    """These words, whatever was typed."""
    return lambda typed: ((word, "") for word in words)


def metrics(typed: Sequence[str]) -> Values:
    """All figures with their titles, the user's own ones first, and the families."""
    from crm_metrics.shipped import listed, shipped

    yield from ((name, block.get("title", "")) for name, block in _own(typed).items())
    for family in listed("metrics"):
        blocks = shipped("metrics", family)
        yield family, "all of this family"
        yield from ((name, block["title"]) for name, block in blocks.items() if not block.get("private"))


def periods(typed: Sequence[str]) -> Values:
    """Words for periods, and those of the last years."""
    if any(word in ("--compare", "--diff") for word in typed[-1:]):
        yield from (("previous", ""), ("year-ago", ""))
    yield from ((word, "") for word in _PERIODS)
    this = date.today().year
    for year in range(this, this - 4, -1):
        yield str(year), ""
        yield from ((f"{year}-{part}", "") for part in ("Q1", "Q2", "Q3", "Q4", "H1", "H2"))
        yield from ((f"{year}-{month:02}", "") for month in range(1, 13))


def formats(typed: Sequence[str]) -> Values:
    from crm_metrics.writers import formats as all_formats

    yield from ((name, "") for name in all_formats())


def topics(typed: Sequence[str]) -> Values:
    from crm_metrics.help import topics as all_topics

    yield from ((topic.name, topic.title) for topic in all_topics())


def profiles(typed: Sequence[str]) -> Values:
    """The profiles of the settings file."""
    yield from ((f"@{name}", "") for name in _settings(typed).get("profile", {}))


def checks(typed: Sequence[str]) -> Values:
    from crm_metrics.analysis.quality import all_checks

    checks_ = all_checks().values()
    yield from (
        (dimension, "all of this kind") for dimension in dict.fromkeys(str(check.dimension) for check in checks_)
    )
    yield from ((check.name, check.sentence) for check in checks_)


def settings(typed: Sequence[str]) -> Values:
    from crm_metrics.settings.files import described

    yield from ((f"{setting.name}=", setting.about) for setting in described() if not setting.example.startswith("["))


def zones(typed: Sequence[str]) -> Values:
    from zoneinfo import available_timezones

    yield from ((name, "") for name in sorted(available_timezones()))


def dimensions(typed: Sequence[str]) -> Values:
    """What a report can be by: stretches of time, and the columns of the files that were typed or that the settings name."""
    yield from ((grain, "") for grain in _GRAINS)
    yield from segments(typed, "")


def segments(typed: Sequence[str], end: str = "=") -> Values:
    """The columns of the files by which records can be told apart, each with `end` behind it."""
    from crm_metrics import schema
    from crm_metrics.loaders.durations import unit_in
    from crm_metrics.loaders.vocabulary import SUFFIX, english, languages, words_of

    kinds = {name: column.kind for table in schema.TABLES.values() for name, column in table.columns.items()}
    labels: dict[str, str] = {}
    for label in dict.fromkeys(label for path in _files(typed) for label in _header(path)):
        bracketed = SUFFIX.match(label)
        words = words_of(bracketed["name"] if bracketed else label)
        meanings = english().meanings(words) or [
            meaning for lang in languages()[1:] for meaning in lang.meanings(words)
        ]
        names = [meaning.attribute.replace(" ", "_") for meaning in meanings if meaning.attribute]
        if not meanings and not bracketed and not unit_in(words) and 0 < len(words) <= _LONGEST and words[-1] != "id":
            labels.setdefault("_".join(words), label)
        for name in names[:1]:
            if kinds.get(name) == schema.Kind.CATEGORY:
                labels.setdefault(name, label)
    yield from ((name + end, label) for name, label in labels.items())


def _files(typed: Sequence[str]) -> list[Path]:
    """The text tables among the words, those of folders too; without any those that the settings name."""
    stated = [Path(word) for word in typed if Path(word).exists()]
    files: list[Path] = []
    for path in stated or map(Path, _settings(typed).get("paths", ())):
        files += sorted(path.iterdir()) if path.is_dir() else [path]
    return [path for path in files if path.suffix.casefold() in (".csv", ".tsv", ".txt")][:_FILES]


def _header(path: Path) -> list[str]:
    """The labels of a text table: of its first lines the one with the most cells, at the sign that parts it most often."""
    with suppress(OSError), path.open("rb") as stream:
        head = stream.read(_HEAD)
        text = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
        lines = text.splitlines()[:_LINES]
        delimiter = max(_DELIMITERS, key=lambda sign: max(line.count(sign) for line in lines or [""]))
        rows = [[cell.strip() for cell in row if cell.strip()] for row in csv.reader(lines, delimiter=delimiter)]
        return max(rows, key=len, default=[])  # the first of those that have as many
    return []


def _own(typed: Sequence[str]) -> dict[str, Any]:
    """The blocks of the user's own metrics: those of the settings file, and those of a file of their own."""
    values = _settings(typed)
    named = typed[typed.index("--metrics-file") + 1] if "--metrics-file" in typed[:-1] else values.get("metrics_file")
    return {**values.get("metric", {}), **(_toml(Path(named)) if named else {})}


def _settings(typed: Sequence[str]) -> dict[str, Any]:
    """What the settings file holds that would be in force; nothing where there is none, or none that can be read."""
    from crm_metrics.settings import find

    named = Path(typed[typed.index("--config") + 1]) if "--config" in typed[:-1] else find()
    return _toml(named) if named and "--no-config" not in typed else {}


def _toml(path: Path) -> dict[str, Any]:
    import tomli

    with suppress(OSError, ValueError):
        return tomli.loads(re.sub("^\ufeff", "", path.read_text(encoding="utf-8")))
    return {}
