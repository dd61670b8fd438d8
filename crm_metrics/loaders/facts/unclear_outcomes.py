"""What is asked about deals of which nothing says how they ended, or whether they have."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from crm_metrics.errors import AmbiguousError, Reading, together
from crm_metrics.loaders.coercing.columns import by_text
from crm_metrics.loaders.facts.draft import Bools, Draft
from crm_metrics.loaders.facts.states import in_file
from crm_metrics.loaders.state_words import folded, state_words
from crm_metrics.tables import SOURCE, Source, Table
from crm_metrics.tables.frames import moments, numbers

SHOWN = 5
_LONGEST = 200
# The flag that alone says what became of deals: the words for its "no" in the settings, and what "no" can mean.
ONE_FLAG = {"is_won": ("not won", ("lost", "open")), "is_lost": ("not lost", ("won", "open"))}
_WITH_MORE = ("is_closed", "status", "outcome", "stage", "won_at", "lost_at")


def _sounds_ended(stage: str) -> bool:
    """Whether the name of a stage says that a deal has ended: Closed, Converted, Customer, Not interested."""
    return state_words("deals").sounds_ended(stage) or state_words("leads").of_name(stage) in ("converted", "lost")


def of_one_flag(draft: Draft, table: Table, rows: Bools) -> dict[str, Bools]:
    """Those of the rows that have a close date which has come, and of which a flag alone says that they are not won, or not
    lost: each by the flag."""
    closed = moments(table.frame, "closed_at")
    past = rows & (closed < draft.now) & ~in_file(draft, table, *_WITH_MORE)
    alone = {flag: past & in_file(draft, table, flag) for flag in ONE_FLAG}
    both = alone["is_won"] & alone["is_lost"]
    return {flag: hit & ~both for flag, hit in alone.items() if (hit & ~both).any()}


def have_ended(draft: Draft, table: Table, not_won: Bools) -> Bools:
    """The deals that are not won and in a file none of whose close dates is still to come: it says when they have ended, not
    when they are expected to."""
    coming = moments(table.frame, "closed_at") >= draft.now
    expected = {index for index, _ in draft.by_file(table, coming)}
    return not_won & draft.of_files(table.frame, lambda source: source.index not in expected)


def refuse(
    draft: Draft, table: Table, outcome: np.ndarray, unclear_stages: Bools, by_flag: Mapping[str, Bools]
) -> None:
    """Raise `AmbiguousError` for deals in stages that may be an ending, and for those of a lone flag. `outcome` holds 2 for
    won and 0 for lost deals."""
    asked: list[tuple[pd.Series, Bools, Sequence[str], str]] = []
    if unclear_stages.any():
        asked.append(
            (table.frame["stage"].astype("category"), unclear_stages, ("won", "lost", "open"), "in the stage ")
        )
    for flag, hit in by_flag.items():
        words, meanings = ONE_FLAG[flag]
        asked.append((pd.Series(words, index=table.frame.index), hit, meanings, "that are "))
    errors = [
        _error(table, labels, here, outcome, meanings, f"deals {said}", draft.sources[index])
        for labels, hit, meanings, said in asked
        for index, here in draft.by_file(table, hit)
    ]
    if errors:
        raise together(errors)


def unclear_stages(table: Table, decided: Bools, ended: Bools, listed: Collection[str]) -> Bools:
    """The deals in stages with a word of an ending in their name, or in which a lead has ended, that are in no list
    (`listed`, folded), where the deal is not `decided` by anything else, and those that have `ended` by a flag."""
    if "stage" not in table.frame:
        return np.zeros(len(table.frame), dtype=bool)
    unlisted = by_text(table.frame["stage"], lambda label: folded(label) not in listed, False)
    return unlisted & ((by_text(table.frame["stage"], _sounds_ended, False) & ~decided) | ended)


def _error(
    table: Table, names: pd.Series, hit: Bools, outcome: np.ndarray, meanings: Sequence[str], deals: str, source: Source
) -> AmbiguousError:
    """The question for one file: each name of a state with what it would do as won, lost or open."""
    mine = (table.frame[SOURCE] == source.index).to_numpy()
    met = names[hit].value_counts()
    labels = [str(label) for label, count in met.items() if count][:SHOWN]
    won = int((mine & ~hit & (outcome == 2)).sum())
    lost = int((mine & ~hit & (outcome == 0)).sum())
    amounts = numbers(table.frame, "amount")
    readings = []
    for label in labels:
        rows = hit & (names == label).to_numpy()
        count, worth = int(rows.sum()), float(np.nansum(amounts[rows]))
        money = f", {worth:,.10g} in all" if worth else ""
        effects = {
            "won": f"{won + count:,} of {won + lost + count:,} closed deals are won instead of {won:,} of {won + lost:,}",
            "lost": f"{won:,} of {won + lost + count:,} closed deals are won instead of {won:,} of {won + lost:,}",
            "open": f"they are in the pipeline; {won:,} of {won + lost:,} closed deals are won",
        }
        for meaning in meanings:
            line = json.dumps([label], ensure_ascii=False)
            is_name = len(label) <= _LONGEST  # what is longer is no name that one would type
            readings.append(
                Reading(
                    f"{_short(label)!r} is {meaning}",
                    f"{count:,} deals{money}: {effects[meaning]}"
                    if count > 1
                    else f"1 deal{money}: {effects[meaning]}",
                    f"--set '{meaning}_stages={line}'" if is_name else "",
                    f"{meaning}_stages = {line}" if is_name else f"{meaning}_stages with the whole text of the cell",
                )
            )
    named = " and ".join(repr(_short(label)) for label in labels)
    more = "" if len(labels) == int((met > 0).sum()) else " and others"
    return AmbiguousError(
        f"nothing says whether {deals}{named}{more} are {', '.join(meanings[:-1])} or {meanings[-1]}",
        where=source.path,
        setting="won_stages",
        readings=readings,
    )


def _short(label: str) -> str:
    return label if len(label) <= 60 else f"{label[:59]}…"
