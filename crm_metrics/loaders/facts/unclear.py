"""Stages that sound as if a deal had ended, while nothing says how: these are asked about, never taken for open."""

from __future__ import annotations

import json
from collections.abc import Collection

import numpy as np
import pandas as pd

from crm_metrics.errors import AmbiguousError, Reading, together
from crm_metrics.loaders.facts.workbench import Bools, Workbench, numbers
from crm_metrics.loaders.state_words import folded, state_words
from crm_metrics.tables import SOURCE, Table

_SHOWN = 5
_LONGEST = 200


def refuse_unclear_stages(
    bench: Workbench, table: Table, outcome: np.ndarray, decided: Bools, ended: Bools, known: Collection[str]
) -> None:
    """Raise `AmbiguousError` for stages with a word of an ending in their name that are in no list of `known` ones
    (folded), where a deal in them is not `decided` by anything else, and for those of deals that have `ended` by a flag
    of the file. `outcome` holds 2 for won and 0 for lost deals."""
    if "stage" not in table.frame or not bench.needs.get("deals"):
        return
    stages = table.frame["stage"].astype("category")
    labels = [str(label) for label in stages.cat.categories]
    unknown = np.array([*(folded(label) not in known for label in labels), False], dtype=bool)
    sounds = np.array([*map(state_words("deals").sounds_ended, labels), False], dtype=bool)
    codes = stages.cat.codes.to_numpy()
    hit = unknown[codes] & ((sounds[codes] & ~decided) | ended)
    errors = []
    for index in bench.files(table, hit):
        mine = (table.frame[SOURCE] == index).to_numpy()
        errors.append(_error(table, stages, hit & mine, mine, outcome, bench.sources[index].path))
    if errors:
        raise together(errors)


def _error(table: Table, stages: pd.Series, hit: Bools, mine: Bools, outcome: np.ndarray, path: str) -> AmbiguousError:
    """The question for one file: each stage with what it would do as won, lost or open."""
    met = stages[hit].value_counts()
    labels = [str(label) for label, count in met.items() if count][:_SHOWN]
    won = int((mine & ~hit & (outcome == 2)).sum())
    lost = int((mine & ~hit & (outcome == 0)).sum())
    amounts = numbers(table.frame, "amount")
    readings = []
    for label in labels:
        rows = hit & (stages == label).to_numpy()
        count, worth = int(rows.sum()), float(np.nansum(amounts[rows]))
        money = f", {worth:,.10g} in all" if worth else ""
        effects = {
            "won": f"{won + count:,} of {won + lost + count:,} closed deals are won instead of {won:,} of {won + lost:,}",
            "lost": f"{won:,} of {won + lost + count:,} closed deals are won instead of {won:,} of {won + lost:,}",
            "open": f"they are in the pipeline; {won:,} of {won + lost:,} closed deals are won",
        }
        for meaning, effect in effects.items():
            line = json.dumps([label], ensure_ascii=False)
            is_name = len(label) <= _LONGEST  # what is longer is no name that one would type
            readings.append(
                Reading(
                    f"{_short(label)!r} is {meaning}",
                    f"{count:,} deals{money}: {effect}" if count > 1 else f"1 deal{money}: {effect}",
                    f"--set '{meaning}_stages={line}'" if is_name else "",
                    f"{meaning}_stages = {line}" if is_name else f"{meaning}_stages with the whole text of the cell",
                )
            )
    named = " and ".join(repr(_short(label)) for label in labels)
    more = "" if len(labels) == int((met > 0).sum()) else " and others"
    return AmbiguousError(
        f"nothing says whether deals in the stage {named}{more} are won, lost or open",
        where=path,
        setting="won_stages",
        readings=readings,
    )


def _short(label: str) -> str:
    return label if len(label) <= 60 else f"{label[:59]}…"
