"""Columns of a file that belong to a second table: a deal's stages in headers such as `Date entered "Closed Won (Sales)"`,
and the deals that a history of stages repeats on every row.

Such a column is called `entered_at Closed Won (Sales)`, or `deals.amount`: the table's column, and what its rows are told
apart by.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from crm_metrics import schema
from crm_metrics.loaders.layouts import normalised
from crm_metrics.loaders.vocabulary import languages, words_of
from crm_metrics.schema import Kind

ENTERED, LEFT, DEALS = "entered_at ", "left_at ", "deals."
_QUOTES = "\"“”„‟«»‹›'‘’‚`´″"
_PIPELINE = re.compile(r"^(?P<stage>.*\S)\s*\((?P<pipeline>[^()]*)\)$", re.DOTALL)
_NO_STAGE = ("current stage", "current_stage", "stage")


@dataclass(frozen=True)
class Visit:
    """A stage that has columns of its own: its name and pipeline, the columns that say when a deal entered and left it."""

    stage: str
    pipeline: str | None
    entered: str
    left: str | None


def stage_columns(header: Sequence[str], starts: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The place of each header that begins as given and names a stage, by the name of its column; of two for one stage the
    first. Without quotes a header names a stage only when its pipeline follows in brackets, or in internal names."""
    columns: dict[str, int] = {}
    for kind, beginnings in ((ENTERED, starts.get("entered", ())), (LEFT, starts.get("left", ()))):
        for place, label in enumerate(header):
            stage = next((stage for start in beginnings if (stage := _stage(label, start)) is not None), None)
            if stage is not None:
                columns.setdefault(kind + stage, place)
    return columns


def _stage(label: str, start: str) -> str | None:
    written = " ".join(label.split())
    if not written.casefold().startswith(start.casefold()):
        return None
    rest = written[len(start) :].strip()
    stage = rest.strip(_QUOTES).strip()
    is_named = rest != stage or start.endswith("_") or _PIPELINE.match(stage)
    return stage if stage and is_named and stage.casefold() not in _NO_STAGE else None


def worded_stages(header: Sequence[str], dated: Collection[int], stages: Collection[str]) -> dict[str, int]:
    """The place of each of the `dated` headers that says in words when a deal entered or left a stage, by the name of its
    column: `Date entered Lead`, `Lead entered on`. Two at least, one of them of a stage that the file's deals are in."""
    columns: dict[str, int] = {}
    if not any(stage in normalised(header[place]) for place in dated for stage in stages):
        return {}
    for place in dated:
        told = _told_stage(header[place].split())
        if told is not None and told[1].casefold() not in _NO_STAGE:
            columns.setdefault("".join(told), place)
    named = {normalised(name.removeprefix(ENTERED)) for name in columns if name.startswith(ENTERED)}
    return columns if len(named) > 1 and not named.isdisjoint(stages) else {}


def _told_stage(words: Sequence[str]) -> tuple[str, str] | None:
    """What begins or ends with words for entering or leaving: which of both, and the rest of the words."""
    for size in (3, 2, 1):
        for part, rest in ((words[:size], words[size:]), (words[-size:], words[:-size])):
            key = words_of(" ".join(part)) if rest else ()
            meant = (meaning for language in languages() for meaning in language.meanings(key))
            said = {meaning.attribute for meaning in meant if meaning.thing is None}
            if said & {"entered", "exited"}:
                return ENTERED if "entered" in said else LEFT, " ".join(rest)
    return None


def visits(names: Sequence[str]) -> list[Visit]:
    """The stages among the names of a file's columns, in their order."""
    result = []
    for name in names:
        if name.startswith(ENTERED):
            text = name.removeprefix(ENTERED)
            parts = _PIPELINE.match(text)
            left = LEFT + text if LEFT + text in names else None
            stage, pipeline = (parts["stage"], parts["pipeline"].strip() or None) if parts else (text, None)
            result.append(Visit(stage, pipeline, name, left))
    return result


def is_beside(name: str) -> bool:
    """Whether a column belongs to the file's second table."""
    return name.startswith((ENTERED, LEFT, DEALS))


def kind_of(table: str, name: str) -> Kind:
    """What the cells of a column are; a column outside the schema is a category."""
    if name.startswith((ENTERED, LEFT)):
        return Kind.DATE
    if name.startswith(DEALS):
        table, name = "deals", name.removeprefix(DEALS)
    column = schema.TABLES[table].columns.get(name)
    return column.kind if column else Kind.CATEGORY


def wanted(names: Sequence[str], table: str, needs: Mapping[str, set[str]], *, deals: bool) -> set[str]:
    """The columns to read of a file for its second table: the stages of deals when a figure needs them, and with `deals`,
    where no file of deals is given, what the figures need of the deals in a history."""
    if table == "deals":
        return {name for name in names if is_beside(name)} | {"deal_id"} if needs.get("deal_stages") else set()
    if table != "deal_stages":
        return set()
    result: set[str] = set()
    if needs.get("deal_stages"):
        result |= {"deal_id", "stage", "from_stage", "field", "entered_at", "left_at", "pipeline", DEALS + "stage"}
    if deals:
        mine = {DEALS + name for name in (*needs["deals"], *schema.TABLES["deals"].moments, *_OUTCOME)}
        result |= {"deal_id", "entered_at", *mine}
    return result


_OUTCOME = [need.partition(".")[2] for need in schema.TABLES["deals"].columns["outcome"].needs]
