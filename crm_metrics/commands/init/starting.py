"""A settings file made from a scan: what was found is in force, everything else stands as a comment with its meaning."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from crm_metrics.analysis.scan import BY_SETTING
from crm_metrics.book.cells import count, visible
from crm_metrics.errors import AmbiguousError, DataError
from crm_metrics.schema import STATES
from crm_metrics.settings.files import described
from crm_metrics.tables import NONE, NOT_KNOWN

if TYPE_CHECKING:
    from crm_metrics.analysis.scan import File, Scan
    from crm_metrics.settings import Settings
    from crm_metrics.settings.files import Described

_ORDERS = {"day first": "dmy", "month first": "mdy"}
_EXPORTED = re.compile(r"\d{4}[-_.]?\d{2}[-_.]?\d{2}")


def settings_text(scan: Scan, settings: Settings) -> str:
    """The text of a settings file for these files. What was `given` is in force, and so is what a file proves about
    itself; a question that the files leave open stands as a comment with its answers. The text reads back as settings."""
    lines = [
        "# Settings of crm-metrics. A line without # in front is in force; to use another one, take its # away.",
        "#",
        "# What was found:",
        *(f"#   {_recognised(file)}" for file in scan.files),
        *(f"#   {visible(path)}: {_why(error)}" for path, error in scan.refused.items()),
        *(f"#   {visible(path)}: not recognised" for path in scan.unrecognised),
    ]
    # Blocks have to stand behind all single settings, so what they are about comes last.
    for block in (False, True):
        for setting in described():
            if setting.example.startswith("[") is block:
                lines += ["", *_setting(setting, scan, settings)]
    return "\n".join(lines) + "\n"


def _recognised(file: File) -> str:
    source = file.source
    tool = f" from {file.title}" if source.vendor != "generic" else ""
    return f"{visible(source.path)}: {source.table.replace('_', ' ')}{tool}, {count(source.rows)} rows"


def _why(error: DataError) -> str:
    """What a file waits for that was not read."""
    return "to be settled, see below" if isinstance(error, AmbiguousError) else f"not read: {visible(error.what)}"


def _setting(setting: Described, scan: Scan, settings: Settings) -> Iterator[str]:
    """The meaning of a setting, what was found about it, and its line: in force where it was given or is certain."""
    yield f"# {setting.name}: {setting.about}"
    lines = [*_FROM_SCAN.get(setting.name, lambda scan: ())(scan), *_questions(scan, setting.name)]
    is_block = setting.example.startswith("[")
    if setting.name in settings.changed and not is_block:
        value = getattr(settings, setting.name)
        yield from (line for line in lines if line.startswith("#   "))
        yield f"{setting.name} = {_toml(value)}"
        return
    yield from lines
    if any(line.lstrip("# ").startswith((f"{setting.name} =", f"{setting.name}.", "[")) for line in lines):
        return
    if setting.default in (None, (), {}) or is_block:
        yield from (f"# {line}" for line in setting.example.splitlines())
    else:
        yield f"# {setting.name} = {_toml(setting.default)}"


def _date_order(scan: Scan) -> Iterator[str]:
    for file in scan.files:
        if file.date_order:
            yield f"#   {visible(file.source.path)}: {_ORDERS[file.date_order]} ({visible(file.date_proof)})"


def _decimal(scan: Scan) -> Iterator[str]:
    for file in scan.files:
        if file.source.decimal:
            yield f"#   {visible(file.source.path)}: {file.source.decimal}"


def _questions(scan: Scan, setting: str) -> Iterator[str]:
    """What the files leave open about a setting: each answer with what it would do, as comments."""
    for path, error in scan.refused.items():
        if isinstance(error, AmbiguousError) and error.setting == setting:
            yield f"# To be settled: {visible(path)}: {visible(error.what)}."
            for reading in error.readings:
                yield f"#   {visible(reading.title)}: {visible(reading.effect)}"
                yield f"# {visible(reading.setting)}"


def _states(scan: Scan) -> Iterator[str]:
    """The words for states that nobody knows, each with what it counts as now."""
    asked: dict[str, dict[str, str]] = {}
    for file in scan.files:
        for value in file.values:
            if value.meaning.startswith(NOT_KNOWN) and value.column != "stage":
                word = "" if value.value == NONE else value.value
                counted = value.meaning.removeprefix(NOT_KNOWN).rpartition(" ")[2]
                asked.setdefault(file.source.table, {})[word] = counted or STATES[file.source.table][0]
    for table, words in asked.items():
        yield f"# To be settled: nobody knows these states of {table}; they count like this now:"
        yield f"# states.{table} = {_toml(words)}"


def _timezone(scan: Scan) -> Iterator[str]:
    zones = {issue.detail.get("seen", "") for file in scan.files for issue in file.issues if issue.code == "zone-seen"}
    if zones:
        yield f"#   seen: {visible(', '.join(sorted(zones)))}; without a zone each time counts as it is written"


def _currency(scan: Scan) -> Iterator[str]:
    if scan.currencies:
        listed = ", ".join(f"{visible(name)} ({count(rows)} rows)" for name, rows in scan.currencies.items())
        yield f"#   seen: {listed}"
        yield f"# currency = {_toml(next(iter(scan.currencies)))}"


def _stages(outcome: str) -> Any:
    def lines(scan: Scan) -> Iterator[str]:
        meanings: dict[str, dict[str, int]] = {}
        for value in (value for file in scan.files for value in file.values):
            if value.column == "stage" and value.value != NONE:
                counts = meanings.setdefault(value.value, {})
                counts[value.meaning] = counts.get(value.meaning, 0) + value.rows
        if outcome == "won":
            if meanings:
                yield "#   What each stage means now:"
            for stage, counts in meanings.items():
                read = ", ".join(f"{meaning} ({count(rows)} deals)" for meaning, rows in counts.items())
                yield f"#   {visible(stage)}: {read}"
        mine = sorted(stage for stage, counts in meanings.items() if list(counts) == [outcome])
        if mine:
            yield f"{outcome}_stages = {_toml(mine)}"

    return lines


def _files(scan: Scan) -> Iterator[str]:
    """What each file proves about itself, in force for files of its name: an export of a few days may prove nothing."""
    for file in scan.files:
        order = "" if file.date_proof == BY_SETTING else _ORDERS.get(file.date_order, "")
        proved = {"date_order": order, "decimal": file.source.decimal}
        lines = [f"{name} = {_toml(value)}" for name, value in proved.items() if value]
        if lines:
            yield from ("[[files]]", f"path = {_toml(_pattern(file.source.path))}", *lines)
    for path, nearest in scan.unrecognised.items():
        yield f"# To be settled: {visible(path)} is not recognised. Say what it holds and in which row its header is:"
        table = nearest.ways[0].table if nearest.ways else nearest.table or "deals"
        yield from ("#   [[files]]", f"#   path = {_toml(_pattern(path))}", f"#   table = {_toml(table)}")
        columns = nearest.ways[0].columns if nearest.ways else {}
        yield from ("#   header = 1", *(f"#   columns.{name} = {_toml(label)}" for name, label in columns.items()))
    for column, why in scan.unusable.items():
        if why.reason == "scale-ambiguous":
            yield f"# To be settled: {visible(column)} is not used: {visible(why.seen)}."


def _csat_top(scan: Scan) -> Iterator[str]:
    """On which scale each rating is read now."""
    issues = [*scan.issues, *(issue for file in scan.files for issue in file.issues)]
    for issue in issues:
        if issue.code == "scale-read":
            yield f"#   {visible(issue.sentence)}"


def _pattern(path: str) -> str:
    """The name of a file with a star for the day it was exported on."""
    return _EXPORTED.sub("*", path.replace("\\", "/").rpartition("/")[2])


_FROM_SCAN = {
    "date_order": _date_order,
    "decimal": _decimal,
    "timezone": _timezone,
    "currency": _currency,
    "csat_top": _csat_top,
    "states": _states,
    "won_stages": _stages("won"),
    "lost_stages": _stages("lost"),
    "files": _files,
}


def _toml(value: object) -> str:
    """A text, a number or a list of them as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(str(key))} = {_toml(item)}" for key, item in value.items()) + " }"
    return str(value)
