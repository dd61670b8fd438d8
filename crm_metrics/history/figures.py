"""The figures of a report as a history keeps them, when two of them differ, and what a figure was defined by, as text that
stays the same from run to run: its block of the catalogue, those of all that its formula uses, and the settings that
change it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from crm_metrics import schema
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.checking import columns_of, references
from crm_metrics.metrics.metric import Metric
from crm_metrics.reporting.report import Report
from crm_metrics.settings import Settings
from crm_metrics.settings.blocks import plain

ALL = "all"
GONE = "gone"  # the status of a figure whose segment is no longer in the report
_YOUNG = {"immature-cohort", "censored-median"}  # reasons that time alone takes away
_SAME = 1e-12  # below this, relative to the figure, a difference is the order in which a computer added


@dataclass(frozen=True)
class Group:
    """Figures that a run computes together: a metric in a period, over some dimensions. `kind` is `all` for the period of
    that name, which also counts rows without a date; `dims` are names parted by commas."""

    metric: str
    start: str
    end: str
    kind: str
    complete: bool
    dims: str


@dataclass(frozen=True)
class Figure:
    """One figure; `segment` is JSON of dimension and label, `value` None where it is not available."""

    segment: str
    currency: str
    value: float | None
    n: int
    status: str
    reason: str

    @property
    def counts(self) -> bool:
        """Whether there is something to miss: a value that rests on records."""
        return self.value is not None and (self.n > 0 or self.value != 0)


def nothing(like: Figure) -> Figure:
    """The figure of a segment that is not there."""
    return Figure(like.segment, like.currency, None, 0, GONE, "")


def same(old: Figure, new: Figure) -> bool:
    """Whether two figures have the same value, or both have none."""
    if old.value is None or new.value is None:
        return old.value is None and new.value is None
    return old.currency == new.currency and math.isclose(old.value, new.value, rel_tol=_SAME, abs_tol=1e-9)


def restated(old: Figure, new: Figure) -> bool:
    """Whether the later figure says something else than the earlier one; what was too young to tell may change."""
    if any(figure.status == "partial" or figure.reason in _YOUNG for figure in (old, new)) or same(old, new):
        return False
    return (old.counts or new.counts) if GONE in (old.status, new.status) else True


def figures_of(report: Report, catalog: Catalog) -> dict[Group, list[Figure]]:
    """The figures of a report by group. Left aside: what the files have no column for, and the row of the rest of `--top`,
    which is another one with every number of segments."""
    by = [*report.by, *report.per]
    moving = {
        metric.name for metric in report.metrics if any(part.window == "always" for part in catalog.parts([metric]))
    }
    frame = report.rows[report.rows["reason"].fillna("") != "missing-column"]
    groups: dict[Group, list[Figure]] = {}
    for row in frame.astype(object).where(frame.notna(), None).to_dict("records"):
        labels = {name: str(row[name]) for name in by if row[name] is not None}
        if report.rest and report.rest in labels.values():
            continue
        kind = ALL if row["period"] == ALL else ""
        complete = bool(row["complete"]) and (kind == ALL or row["metric"] not in moving)
        # Figures of some rows are none of all, nor of others.
        dims = ",".join([*sorted(labels), *([f"where {report.where}"] if report.where else [])])
        group = Group(row["metric"], row["start"], row["end"], kind, complete, dims)
        value = float(row["value"]) if row["value"] is not None and math.isfinite(row["value"]) else None
        currency, status, reason = (str(row[name] or "") for name in ("currency", "status", "reason"))
        segment = json.dumps(labels, sort_keys=True)
        groups.setdefault(group, []).append(Figure(segment, currency, value, int(row["n"]), status, reason))
    return groups


def pairs(old: Iterable[Figure], new: Iterable[Figure], *, came: bool, went: bool) -> list[tuple[Figure, Figure]]:
    """Each earlier figure with the later one of its segment: by currency where a segment has several. One that has no
    partner stands with nothing; `came` and `went` say whether that means anything, as it does not after `--top`."""
    before, after = _by_segment(old), _by_segment(new)
    matched = []
    for segment in dict.fromkeys([*before, *after]):
        was, is_now = before.get(segment, {}), after.get(segment, {})
        if len(was) == len(is_now) == 1:
            matched.append((next(iter(was.values())), next(iter(is_now.values()))))
            continue
        for currency in dict.fromkeys([*was, *is_now]):
            earlier, later = was.get(currency), is_now.get(currency)
            if earlier and later:
                matched.append((earlier, later))
            elif earlier and went:
                matched.append((earlier, nothing(earlier)))
            elif later and came:
                matched.append((nothing(later), later))
    return matched


def _by_segment(figures: Iterable[Figure]) -> dict[str, dict[str, Figure]]:
    by_segment: dict[str, dict[str, Figure]] = {}
    for figure in figures:
        by_segment.setdefault(figure.segment, {})[figure.currency] = figure
    return by_segment


# What words, colours or orders a figure, but does not change its value.
_SHOWN = {"name", "family", "title", "better", "about", "formula", "where", "interval", "edges", "shown"}
_SHOWN |= {"examples", "waiting", "waiting_always", "differs", "also", "source"}
# Settings that choose what is reported or checked, not what comes out; as-of and the files are recorded on their own.
_CHOOSING = {"paths", "as_of", "fiscal_year_start", "week_start", "metrics_file", "metric", "check", "profile", "goal"}
_CHOOSING |= {"no_activity_days", "where"}
# Settings that a metric names itself, in a formula or as the lag of its period, or that the table it reads is made by.
_PREDICTING = {"gross_margin", "clv_days", "discount_rate"}
_NAMED = {"cac_lag_days"} | _PREDICTING
# Settings that touch only some tables; every other one counts for all metrics.
_OF_TABLES: dict[str, set[str]] = {
    "conversion_days": {"leads"},
    "response_target_minutes": {"tickets"},
    "resolution_target_hours": {"tickets"},
    "lead_response_target_hours": {"leads"},
    "hours": {"tickets", "leads"},
    "holidays": {"tickets", "leads"},
    "inactive_after_days": {"customers", "orders"},
    "csat_top": {"responses", "tickets"},
    "order_amount": {"orders", "order_lines"},
    "end_dates": {"subscriptions"},
    "clv_months": {"subscriptions", "customers", "orders", "deals"},
    "won_stages": {"deals", "deal_stages"},
    "stage_order": {"deal_stages"},
    "lost_stages": {"deals", "deal_stages"},
    "open_stages": {"deals", "deal_stages"},
    "states": {*schema.STATES, "deal_stages"},
    "competitor_reasons": {"deals"},
}


@dataclass(frozen=True)
class Definition:
    """The definition as canonical JSON, its SHA-256, and the tables of files that the figure is made from."""

    text: str
    digest: str
    tables: frozenset[str]


def definition(metric: Metric, catalog: Catalog, settings: Settings) -> Definition:
    """What the metric's value depends on besides the files."""
    parts = catalog.parts([metric])
    tables = tables_of(parts)
    blocks = {part.name: _block(part) for part in parts}
    text = json.dumps({"metrics": blocks, "settings": _settings(parts, tables, settings)}, sort_keys=True)
    return Definition(text, hashlib.sha256(text.encode()).hexdigest(), frozenset(tables))


def tables_of(parts: Iterable[Metric]) -> set[str]:
    """The tables of files that these aggregates are made from, those behind derived tables included."""
    aggregates = [part for part in parts if part.aggregate]
    bases = {base for part in aggregates for base in (schema.TABLES[part.table].bases or (part.table,))}
    return bases | set(
        schema.inputs((part.table, column) for part in aggregates for column in (*columns_of(part), *part.per))
    )


def changes(before: str, now: str) -> list[str]:
    """What differs between two definitions, a few words each; empty when nothing does."""
    old, new = json.loads(before), json.loads(now)
    differences = [f"setting {difference}" for difference in _differing(old["settings"], new["settings"])]
    for name in sorted({*old["metrics"], *new["metrics"]}):
        was, is_now = old["metrics"].get(name), new["metrics"].get(name)
        if was is None or is_now is None:
            differences.append(f"{name} is {'a new part of it' if was is None else 'no longer part of it'}")
        else:
            differences += [f"{name}, {difference}" for difference in _differing(was, is_now)]
    return differences


def _differing(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """The keys under which two blocks hold something else, each with both."""
    keys = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    return [f"{key}: {_said(old.get(key))} → {_said(new.get(key))}" for key in keys]


def _block(metric: Metric) -> dict[str, Any]:
    """The keys of a metric's block that decide its value, those left at their default aside."""
    kept: dict[str, Any] = {}
    for field in fields(metric):
        value = getattr(metric, field.name)
        if field.name in _SHOWN or (field.default is not MISSING and value == field.default):
            continue
        name = field.name.removesuffix("_text")
        kept[name] = " ".join(value.split()) if isinstance(value, str) else value
    return kept


def _settings(parts: list[Metric], tables: set[str], settings: Settings) -> dict[str, Any]:
    """The settings that differ from their default and change one of these metrics."""
    values: Mapping[str, Any] = plain(settings, changed=True)
    named = {name for part in parts for name in references(part)} | {part.lag for part in parts if part.lag}
    named |= _PREDICTING if any(part.table == "predictions" for part in parts) else set()
    kept = {
        name: value
        for name, value in values.items()
        if name not in _CHOOSING
        if (name in named if name in _NAMED else _OF_TABLES.get(name, tables) & tables)
    }
    if "goal_revenue_won" in named and settings.goal:
        of_revenue = [goal for goal in settings.goal if goal.metric == "revenue_won"]
        kept["goal"] = [plain(goal, changed=True) for goal in of_revenue]
    if "vendor_files" in kept:  # what they say counts, not where they lie
        kept["vendor_files"] = [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in settings.vendor_files]
    return kept


def _said(value: object) -> str:
    if value is None:
        return "not set"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:119]}…"
