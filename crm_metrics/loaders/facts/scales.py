"""Scales of ratings: which one a column of scores is on, and which scores are in its top."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from crm_metrics.loaders.facts.workbench import Bools, Floats, Workbench, unusable
from crm_metrics.tables import Table, Unusable

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
    names = {"-".join(ends) for ends in _RANGE.findall(text)}
    name = names.pop() if len(names) == 1 else ""
    return Scale(name, float(name[0]), float(name[2:]), why) if name in _TOP else None


def is_stated(text: str) -> bool:
    """Whether a text names a scale, be it a known one or not."""
    return _RANGE.search(text) is not None


def set_for(bench: Workbench, source: int) -> Scale | None:
    """The scale that the settings name for a file; None when they name none."""
    return named(bench.settings.rules(bench.sources[source].path).scale or "", "the settings say so")


def scale_of(values: Floats, declared: str, of_vendor: str = "") -> Scale | None:
    """The scale of a column of ratings: declared by the file, else the only one the vendor has, else as observed in the
    whole column, else None. A declared scale that is not known is None: what the scores look like is not asked then."""
    stated = named(declared) or (None if is_stated(declared) else named(of_vendor, "the export has no other"))
    known = values[~np.isnan(values)]
    if stated is not None or is_stated(declared) or not len(known):
        return stated
    low, high = float(known.min()), float(known.max())
    if 6 <= high <= 10 and low >= 1:
        return Scale("1-10", 1, 10, f"scores run from {low:g} to {high:g}")
    if 4 <= high <= 5 and low >= 1 and len(known) >= _ENOUGH:
        return Scale("1-5", 1, 5, f"{len(known):,} scores run from {low:g} to {high:g}")
    return None


def judge(bench: Workbench, table: Table, score: Floats, rows: Bools, scale: Scale, column: str) -> tuple[Bools, Bools]:
    """Which of the rows are in the top of the scale, and which lie on it at all; the others are reported."""
    outside = rows & ((score < scale.low) | (score > scale.high))
    bench.report("out-of-range", table, outside, column=column, range=scale.name, seen=str(score[outside][:1])[1:-1])
    bench.say("scale-read", column=column, scale=scale.name, why=scale.why)
    inside = rows & ~outside
    top = bench.settings.csat_top or _TOP.get(scale.name, 2)
    return inside & (score > scale.high - top), inside


def ambiguous(what: str, values: Floats, declared: str = "") -> Unusable:
    """Why ratings cannot be used whose scale nothing tells, or is none that is known, with the share that each scale would
    call satisfied."""
    hint = (
        'say which in crm-metrics.toml, for example files = [{ path = "survey.csv", scale = "1-5" }], '
        "or in the header: CSAT score (1-5)"
    )
    if is_stated(declared):
        said = " and ".join(dict.fromkeys("-".join(ends) for ends in _RANGE.findall(declared)))
        return unusable("scale-ambiguous", f"the {what} are said to be on the scale {said}, which is not known", hint)
    known = values[~np.isnan(values)]
    low, high = float(known.min()), float(known.max())
    fitting = [scale for name in _TOP if (scale := named(name)) and scale.low <= low and high <= scale.high]
    shares = [f"on {it.name} {np.mean(known > it.high - _TOP[it.name]):.0%} are satisfied" for it in fitting]
    would = f" ({', '.join(shares[:_SHOWN]).replace('%', ' %')})" if shares else ""
    seen = f"{len(known):,} {what} run from {low:g} to {high:g}: that can be several scales{would}"
    return unusable("scale-ambiguous", seen, hint)


def place(name: str, labels: list[str]) -> int:
    """The place of a scale among those met so far, to which it is added."""
    if name not in labels:
        labels.append(name)
    return labels.index(name)
