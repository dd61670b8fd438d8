"""The order in which deals go through their stages, and which stages are ends.

No export says it reliably: the order is told from the histories. Of every two stages the one that more deals entered first
comes first; where such pairs contradict each other, those with the clearest majority count (ranked pairs, Tideman 1987,
Soc. Choice Welf. 4, 185–206). The setting `stage_order` comes before all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from crm_metrics.loaders.coercing.columns import by_text
from crm_metrics.loaders.facts.draft import Bools, Draft, Ints
from crm_metrics.loaders.facts.outcomes import left_open, stage_meaning
from crm_metrics.loaders.recognising import normalised
from crm_metrics.loaders.state_words import folded

MOST = 300  # a column with more different stages holds something else


@dataclass(frozen=True)
class Stages:
    """The stages of the histories from first to last, those that end a deal behind the others; and how many these are."""

    labels: list[str]
    ends: int
    chosen: bool

    @property
    def working(self) -> list[str]:
        """The stages that deals go on from."""
        return self.labels[: len(self.labels) - self.ends]


def in_order(draft: Draft, frame: pd.DataFrame, deal: Ints) -> Stages | None:
    """The stages of a history in their order; `deal` numbers the deal of each row. None for too many to be stages."""
    stage = frame["stage"].astype("category").cat.remove_unused_categories()
    labels = [str(label) for label in stage.cat.categories.tolist()]
    if len(labels) > MOST:
        return None
    codes = stage.cat.codes.to_numpy().astype(np.int64)
    so_far = np.where(frame["entered_at"].to_numpy() < draft.known_until("deal_stages"), codes, -1)
    before, entered = _before(deal, so_far, frame["entered_at"].to_numpy(), len(labels))
    undecided = before + before.T == 0
    before[undecided] = _moves(frame, labels, codes)[undecided]
    written = [normalised(name) for name in draft.settings.stage_order]
    folded_labels = [normalised(label) for label in labels]
    fixed = [folded_labels.index(name) for name in dict.fromkeys(written) if name in folded_labels]
    names = sorted(range(len(labels)), key=lambda code: (-entered[code], labels[code].casefold(), labels[code]))
    place = {code: place for place, code in enumerate(_ranked(before, fixed, names))}
    ends = _ends(draft, labels)
    order = sorted(place, key=lambda code: (ends.get(labels[code], -1), place[code]))
    return Stages([labels[code] for code in order], len(ends), bool(fixed))


def numbered(frame: pd.DataFrame, labels: Sequence[str], column: str = "stage") -> Ints:
    """The place of each row's stage among the labels, −1 for none of them."""
    place = {label: number for number, label in enumerate(labels)}
    return by_text(frame[column], lambda label: place.get(label, -1), -1, np.int64)


def _before(deal: Ints, stage: Ints, entered: np.ndarray, size: int) -> tuple[Ints, Ints]:
    """How many deals entered one stage (row) for the first time before another (column), and how many entered each; rows
    without a stage (−1) do not count. Entries of one moment say nothing of their order."""
    staged = stage >= 0
    deal, stage, time = deal[staged], stage[staged], entered[staged].view(np.int64)
    order = np.lexsort((time, stage, deal))
    deal, stage, time = deal[order], stage[order], time[order]
    first = np.append(True, (deal[1:] != deal[:-1]) | (stage[1:] != stage[:-1])) if len(deal) else np.zeros(0, bool)
    order = np.lexsort((time[first], deal[first]))
    deal, stage, time = deal[first][order], stage[first][order], time[first][order]
    counts = np.zeros(size * size, dtype=np.int64)
    for step in range(1, size):
        same: Bools = deal[step:] == deal[:-step]
        if not same.any():
            break
        earlier = same & (time[step:] > time[:-step])
        counts += np.bincount(stage[:-step][earlier] * size + stage[step:][earlier], minlength=size * size)
    return counts.reshape(size, size), np.bincount(stage, minlength=size)


def _moves(frame: pd.DataFrame, labels: Sequence[str], stage: Ints) -> Ints:
    """How often a deal went from one stage (row) to another (column), where the file says so."""
    size = len(labels)
    if "from_stage" not in frame:
        return np.zeros((size, size), dtype=np.int64)
    start = numbered(frame, labels, "from_stage")
    both = (start >= 0) & (stage >= 0)
    return np.bincount(start[both] * size + stage[both], minlength=size * size).reshape(size, size)


def _ranked(before: Ints, fixed: Sequence[int], names: Sequence[int]) -> list[int]:
    """The stages in order: pairs are settled from the clearest on, unless earlier ones already say the contrary; the `fixed`
    ones come first of all. What no pair settles stands as in `names`."""
    lead = before - before.T
    rank = {code: place for place, code in enumerate(names)}
    pairs = [(int(a), int(b)) for a, b in np.argwhere(lead > 0)]
    pairs.sort(key=lambda pair: (-lead[pair], rank[pair[0]], rank[pair[1]]))
    leads_to = np.eye(len(names), dtype=bool)
    for a, b in [*pairwise(fixed), *pairs]:
        if not leads_to[b, a]:
            leads_to |= np.outer(leads_to[:, a], leads_to[b])
    left, order = list(names), []
    while left:
        after = leads_to[np.ix_(left, left)].sum(axis=0)
        order.append(left.pop(int(np.flatnonzero(after == 1)[0])))
    return order


def _ends(draft: Draft, labels: Sequence[str]) -> dict[str, int]:
    """The stages that end a deal, 0 for those that win it, 1 for those that lose it: by the lists of names; and in files of
    tools whose stages decide, those that most of the deals now in them are won or lost by."""
    meaning = stage_meaning(draft)
    ends = {label: int(state == "lost") for label in labels if (state := meaning(label)) in ("won", "lost")}
    if "deals" not in draft.tables or not draft.tables["deals"].has("stage"):
        return ends
    frame = draft.tables["deals"].frame
    layouts = {index: file.layout for index, file in draft.recognised.items()}
    rows = draft.of_files(frame, lambda of: bool(layouts[of.index].signature) and layouts[of.index].stage_decides)
    outcome = frame["outcome"].cat.codes.to_numpy()[rows]
    now = frame["stage"].astype("category")[rows]
    kept = left_open(draft)
    codes = now.cat.codes.to_numpy().astype(np.int64)
    places = codes[codes >= 0] * 4 + outcome[codes >= 0] + 1  # not known, lost, open, won
    counts = np.bincount(places, minlength=4 * len(now.cat.categories)).reshape(-1, 4)
    for label, (unknown, lost, open_, won) in zip(map(str, now.cat.categories), counts.tolist(), strict=True):
        if label in labels and folded(label) not in kept and won + lost > open_ + unknown:
            ends.setdefault(label, int(lost > won))
    return ends
